#include "task/generator.h"

#include "base/pool.h"
#include "task/value.h"

#include <new>

using namespace rondo::core;

namespace {

void end_here(Node &node, Loop &) {
    auto &generator = static_cast<Generator &>(node);
    generator.retain();
    generator.release();
}

void start_closing(Finalizer &finalizer, rondo_loop &, FutureRef &task) {
    auto &generator = static_cast<Generator &>(finalizer);
    Task *closing = nullptr;
    if (generator.state != Generator::State::idle) return;
    if (make_asking_task(generator, Generator::Ask::close, closing) == RONDO_OK) task = FutureRef::adopt(closing);
}

void free_block(Generator &generator) {
    std::size_t size = generator.block_size;
    rondo_loop *loop = generator.loop;
    generator.tag = Tag::dead;
    generator.~rondo_generator();
    deallocate(&generator, size);
    loop->let_memory_go();
}

// ---- the task that asks once

struct AskFrame {
    Generator *generator; // one reference
    Generator::Ask what;
};

void step_asking(void *frame, rondo_step *io) {
    auto &asking = *static_cast<AskFrame *>(frame);
    bool begun = asking.generator->asker == io->self;
    ErrorRef error;
    if (io->status < 0 && !begun) { // cancelled before it began
        io->verdict = RONDO_STEP_CANCELLED;
        return;
    }
    rondo_value value = no_value();
    rondo_status status = asking.generator->ask(asking.what, *io, value, error);
    if (status == Generator::waiting) return;
    if (status == RONDO_OK && asking.what == Generator::Ask::next) {
        status = RONDO_EEXHAUSTED;
        error = make_error(status);
    }
    io->verdict = status < 0 ? RONDO_STEP_RAISE : RONDO_STEP_RETURN;
    io->out = value;
    io->out_error = error.detach();
}

void end_asking(void *frame) { static_cast<AskFrame *>(frame)->generator->release(); }

constexpr rondo_coro_vtable asking_vtable{
    sizeof(rondo_coro_vtable), 0, sizeof(AskFrame), alignof(AskFrame), nullptr, step_asking, end_asking, nullptr};

} // namespace

rondo_generator::rondo_generator(rondo_loop &l, const rondo_coro_vtable &vt, std::size_t size)
    : Object(Tag::generator), Finalizer(start_closing), Node(end_here, Kind::urgent), loop(&l), vtable(&vt),
      block_size(size) {
    loop->hold_memory();
}

void *rondo_generator::frame() {
    char *place = reinterpret_cast<char *>(this) + generator_frame_offset;
    return vtable->frame_size ? place : *reinterpret_cast<void **>(place);
}

// One that is left unfinished closes itself: a task of its own takes over the last reference.
void rondo_generator::release() {
    if (!drop_reference()) return;
    if (!loop->home_thread() && loop->post_and_go(*this)) return;
    if (state == State::idle && !loop->closed() && !loop->closing()) {
        Task *closing_task = nullptr;
        refs.store(1);
        if (make_asking_task(*this, Ask::close, closing_task) == RONDO_OK) {
            unregister();
            closing_task->release_here();
            (void)drop_reference(); // the task's frame holds it now
            return;
        }
    }
    end_frame();
    free_block(*this);
}

void rondo_generator::end_frame() {
    state = State::ended;
    unregister();
    if (std::exchange(frame_alive, false) && vtable->destroy) vtable->destroy(frame());
}

// A fresh request: what the coroutine is resumed with where it produced its last value.
void rondo_generator::begin(Ask what, rondo_task &task, rondo_step &letter) {
    if (state == State::created && what == Ask::next) register_with(*loop);
    state = State::inside;
    asker = &task;
    closing = what == Ask::close;
    letter.status = closing ? RONDO_ECLOSING : RONDO_OK;
}

rondo_status rondo_generator::ask(Ask what, rondo_step &io, rondo_value &out, ErrorRef &error) {
    if (state == State::ended) return ended_now;
    if (state == State::inside && asker != io.self) {
        error = make_error(RONDO_ESTATE, "another task is inside this generator");
        return RONDO_ESTATE;
    }
    if (state == State::created && what == Ask::close) {
        end_frame();
        return ended_now;
    }
    rondo_value none = no_value();
    rondo_step letter{};
    letter.size = sizeof letter;
    letter.self = io.self;
    letter.loop = loop;
    letter.sent = &none;
    ErrorRef reason;
    if (state == State::inside) {
        letter.status = io.status;
        letter.error = io.error;
        letter.sent = io.sent;
    } else {
        begin(what, *io.self, letter);
        if (closing) reason = make_error(RONDO_ECLOSING);
        letter.error = reason.get();
    }
    retain(); // the step may let go of the last handle
    try {
        vtable->step(frame(), &letter);
    } catch (...) {
        letter.verdict = RONDO_STEP_RAISE;
        letter.out_error = stray_exception().detach();
    }
    rondo_status status = act(letter, io, out, error);
    release();
    return status;
}

rondo_status rondo_generator::act(rondo_step &letter, rondo_step &io, rondo_value &out, ErrorRef &error) {
    switch (letter.verdict) {
    case RONDO_STEP_PRODUCE:
        asker = nullptr;
        state = State::idle;
        if (!closing) {
            if (!Finalizer::linked()) register_with(*loop); // a shutdown has passed it by while a task was inside
            out = take_value(letter.out);
            return produced;
        }
        drop_value(letter.out);
        return end(make_error(RONDO_ESTATE, "the generator produced a value when it was to close"), error);
    case RONDO_STEP_RETURN:
        drop_value(letter.out);
        return end({}, error);
    case RONDO_STEP_RAISE:
    case RONDO_STEP_CANCELLED: {
        ErrorRef raised = adopt_given(letter.out_error);
        bool cancelled = letter.verdict == RONDO_STEP_CANCELLED;
        if (!raised) raised = cancelled ? cancelled_error() : make_error(RONDO_EINVAL, "RONDO_STEP_RAISE needs out_error");
        if (closing && raised->code == RONDO_ECLOSING) raised = {};
        return end(std::move(raised), error);
    }
    case RONDO_STEP_AWAIT:
    case RONDO_STEP_SLEEP:
    case RONDO_STEP_YIELD:
    case RONDO_STEP_PARK:
        io.verdict = letter.verdict;
        io.target = letter.target;
        io.delay_ns = letter.delay_ns;
        return waiting;
    default:
        return end(make_error(RONDO_EFAULT), error);
    }
}

rondo_status rondo_generator::end(ErrorRef raised, ErrorRef &error) {
    asker = nullptr;
    end_frame();
    error = std::move(raised);
    return error ? error->code : RONDO_OK;
}

namespace rondo::core {

rondo_status make_generator(rondo_loop &loop, const rondo_coro_vtable &vtable, const void *init, Generator *&out) {
    std::size_t frame_size = vtable.frame_size ? vtable.frame_size : sizeof(void *);
    std::size_t size = generator_frame_offset + frame_size;
    auto *block = static_cast<char *>(allocate(size));
    if (!block) return RONDO_ENOMEM;
    out = new (block) Generator(loop, vtable, size);
    fill_frame(block + generator_frame_offset, frame_size, vtable, init);
    out->frame_alive = true;
    return RONDO_OK;
}

rondo_status make_asking_task(Generator &generator, Generator::Ask what, Task *&out) {
    AskFrame frame{&generator, what};
    rondo_status status = make_task(*generator.loop, asking_vtable, &frame, {}, out);
    if (status == RONDO_OK) generator.retain();
    return status;
}

} // namespace rondo::core
