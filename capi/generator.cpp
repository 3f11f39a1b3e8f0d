#include "border.h"

#include "base/pool.h"
#include "fiber/fiber.h"
#include "task/finalizer.h"
#include "task/generator.h"

using namespace rondo::capi;

// A finalizer of somebody outside.
struct rondo_finalizer final : Object, Finalizer, Node {
    using StartFn = void (*)(void *user, rondo_loop *loop, rondo_task **task);

    rondo_finalizer(rondo_loop &l, StartFn fn, void *u)
        : Object(Tag::finalizer), Finalizer(start), Node(end_here, Kind::urgent), loop(&l), start_fn(fn), user(u) {
        register_with(l);
        loop->hold_memory();
    }
    ~rondo_finalizer() { loop->let_memory_go(); }

    // On the loop's thread, wherever the handle was released.
    static void end_here(Node &node, Loop &) { destroy(static_cast<rondo_finalizer *>(&node)); }

    static void start(Finalizer &finalizer, rondo_loop &loop, FutureRef &task) {
        auto &self = static_cast<rondo_finalizer &>(finalizer);
        rondo_task *made = nullptr;
        self.start_fn(self.user, &loop, &made);
        if (check(made) == RONDO_OK) task = FutureRef::adopt(made);
    }

    rondo_loop *loop; // its memory is held
    StartFn start_fn;
    void *user;
};

namespace {

using Ask = Generator::Ask;

rondo_status enter(const rondo_generator *generator) {
    RONDO_TRY(check(generator));
    return rondo::capi::enter(*generator->loop);
}

// Inside a fiber, which waits as long as the generator does.
rondo_status ask_in_fiber(Fiber &fiber, Generator &generator, Ask what, rondo_value &value, ErrorRef &error) {
    for (;;) {
        rondo_status status = generator.ask(what, fiber.io(), value, error);
        if (status != Generator::waiting) return status;
        fiber.suspend();
    }
}

rondo_status ask(rondo_generator *generator, Ask what, rondo_step *io, rondo_value &value, rondo_error **err) {
    clear(err);
    if (rondo_status s = enter(generator); s < 0) return refuse(s, err, "generator");
    if (generator->loop->closed()) return refuse(RONDO_ECLOSED, err, "generator");
    Fiber *fiber = io ? nullptr : Fiber::current();
    if (!io && (!fiber || !fiber->may_suspend())) return refuse(RONDO_ENOFIBER, err, "io");
    ErrorRef error;
    rondo_status status = io ? generator->ask(what, *io, value, error)
                             : ask_in_fiber(*fiber, *generator, what, value, error);
    if (fiber) fiber->note(status < 0 ? status : RONDO_OK, error.get());
    if (error) give(err, std::move(error));
    return status;
}

rondo_status make_asker(rondo_generator *generator, Ask what, rondo_task **out) {
    RONDO_TRY(enter(generator));
    if (generator->loop->closed()) return RONDO_ECLOSED;
    Task *task = nullptr;
    RONDO_TRY(make_asking_task(*generator, what, task));
    give<rondo_task>(out, task);
    return RONDO_OK;
}

} // namespace

rondo_status rondo_generator_create(rondo_loop *loop, const rondo_coro_vtable *vtable, const void *init,
                                    rondo_generator **out) {
    RONDO_TRY(enter_open(loop));
    RONDO_TRY(check_vtable(vtable));
    Generator *generator = nullptr;
    RONDO_TRY(make_generator(*loop, *vtable, init, generator));
    give(out, generator);
    return RONDO_OK;
}

rondo_status rondo_generator_create_fiber(rondo_loop *loop, rondo_fiber_fn fn, void *arg, size_t stack_size,
                                          rondo_generator **out) {
    RONDO_TRY(enter_open(loop));
    if (!fn) return RONDO_EINVAL;
    if (stack_size > largest_stack_size) return RONDO_ENOMEM;
    FiberFrame frame{fn, arg, stack_size, nullptr};
    Generator *generator = nullptr;
    RONDO_TRY(make_generator(*loop, fiber_vtable(), &frame, generator));
    give(out, generator);
    return RONDO_OK;
}

rondo_generator *rondo_generator_retain(rondo_generator *generator) {
    if (check(generator) == RONDO_OK) generator->retain();
    return generator;
}

void rondo_generator_release(rondo_generator *generator) {
    if (check(generator) == RONDO_OK) generator->release();
}

rondo_status rondo_generator_next(rondo_generator *generator, rondo_step *io, rondo_value *out, rondo_error **err) {
    rondo_value value = no_value();
    rondo_status status = ask(generator, Ask::next, io, value, err);
    if (out) {
        *out = value;
    } else {
        drop_value(value);
    }
    return status;
}

rondo_status rondo_generator_close(rondo_generator *generator, rondo_step *io, rondo_error **err) {
    rondo_value value = no_value();
    return ask(generator, Ask::close, io, value, err);
}

rondo_status rondo_generator_next_task(rondo_generator *generator, rondo_task **out) {
    return make_asker(generator, Ask::next, out);
}

rondo_status rondo_generator_close_task(rondo_generator *generator, rondo_task **out) {
    return make_asker(generator, Ask::close, out);
}

rondo_status rondo_produce(rondo_value *value) {
    Fiber *fiber = Fiber::current();
    if (fiber && fiber->is_generator()) return fiber->produce(value ? take_value(*value) : no_value());
    if (value) drop_value(*value);
    return RONDO_ENOFIBER;
}

rondo_status rondo_finalizer_create(rondo_loop *loop, void (*start)(void *user, rondo_loop *loop, rondo_task **task),
                                    void *user, rondo_finalizer **out) {
    RONDO_TRY(enter_open(loop));
    if (!start || !out) return RONDO_EINVAL;
    *out = create<rondo_finalizer>(*loop, start, user);
    return *out ? RONDO_OK : RONDO_ENOMEM;
}

void rondo_finalizer_release(rondo_finalizer *finalizer) {
    if (check(finalizer) < 0) return;
    finalizer->tag = Tag::dead;
    if (finalizer->loop->home_thread() || !finalizer->loop->post_and_go(*finalizer)) destroy(finalizer);
}

rondo_status rondo_finalizer_start(rondo_finalizer *finalizer) {
    RONDO_TRY(check(finalizer));
    rondo_loop *loop = finalizer->loop;
    RONDO_TRY(enter_open(loop));
    if (!finalizer->Finalizer::linked()) return 0;
    finalizer->unregister();
    FutureRef task;
    rondo_finalizer::start(*finalizer, *loop, task);
    return task ? 1 : 0;
}

rondo_status rondo_loop_shutdown_generators(rondo_loop *loop, rondo_future **out) {
    RONDO_TRY(enter_open(loop));
    FutureRef all;
    RONDO_TRY(start_finalizers(*loop, all));
    give(out, all.detach());
    return RONDO_OK;
}
