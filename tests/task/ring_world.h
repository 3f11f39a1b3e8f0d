// A world on a ready ring: a host in C++ with counted objects under a big lock, whose coroutines are the same scripts
// and whose callbacks are the same lambdas, but reach the library through rondo_ring alone.
#pragma once

#include "script.h"

#include <atomic>

namespace rondo::test {

// The host language's object: a number, a coroutine, a callback, or an exception.
struct Thing : Numbered {
    explicit Thing(int64_t n = 0) {
        number = n;
        ++alive;
    }
    ~Thing() { --alive; }
    Thing(const Thing &) = delete;
    Thing &operator=(const Thing &) = delete;

    static inline int alive = 0;
    static inline std::atomic<int> locks = 0; // how often the big lock is held

    int references = 1;
    std::unique_ptr<Conductor> coroutine;
    Callback function;
    std::function<void()> when_gone;

    void retain() { ++references; }
    void release() {
        if (--references > 0) return;
        if (when_gone) when_gone();
        delete this;
    }
};

inline const rondo_host thing_host = {
    sizeof(rondo_host),
    0,
    []() -> void * {
        --Thing::locks;
        return nullptr;
    },
    [](void *) { ++Thing::locks; },
    []() -> int32_t { return ++Thing::locks; },
    [](int32_t state) { EXPECT_EQ(Thing::locks--, state); },
    [](void *object) { static_cast<Thing *>(object)->retain(); },
    [](void *object) {
        EXPECT_GT(Thing::locks, 0);
        static_cast<Thing *>(object)->release();
    },
};

class RingWorld : public TaskWorld {
public:
    // Which tasks and callbacks go through the ring; the others are the library's own.
    enum class Through { ring, every_second };

    explicit RingWorld(Through who = Through::ring, uint32_t capacity = 0, rondo_loop_options loop_options = test::loop_options())
        : TaskWorld(loop_options), who_(who) {
        Thing::locks = 1;
        auto options = sized<rondo_ring_options>();
        options.capacity = capacity;
        options.host = &thing_host;
        options.none = none_;
        options.drain = [](void *user, uint32_t count) { static_cast<RingWorld *>(user)->drain(count); };
        options.user = this;
        EXPECT_EQ(rondo_ring_create(loop, &options, &ring), RONDO_OK);
        view_ = sized<rondo_ring_view>();
        EXPECT_EQ(rondo_ring_get_view(ring, &view_), RONDO_OK);
    }
    ~RingWorld() override {
        rondo_ring_release(ring);
        rondo_loop_close(loop);
        clear_kept();
        none_->release();
    }

    rondo_ring_view &view() { return view_; }
    Thing *none() { return none_; }
    uint32_t current() const { return *view_.current; }

    rondo_ring *ring = nullptr;
    std::vector<uint32_t> batches; // how many entries each drain was given
    std::function<bool(uint32_t)> return_early_after = [](uint32_t) { return false; };
    std::function<void()> when_thing_goes; // of coroutines made from now on
    std::function<bool()> refuse_to_begin = [] { return false; };
    std::function<void(uint32_t)> before_entry = [](uint32_t) {};
    bool forget_to_answer = false;
    bool looks_before_it_awaits = true; // as a Future.__await__ does: something done is not answered to the ring

protected:
    rondo_status make_task(std::unique_ptr<Conductor> conductor, const rondo_task_options *options,
                           rondo_task **out) override {
        if (!through_ring()) return TaskWorld::make_task(std::move(conductor), options, out);
        auto *thing = new Thing;
        thing->coroutine = std::move(conductor);
        thing->when_gone = when_thing_goes;
        rondo_status status = rondo_ring_task_create(ring, thing, options, out);
        thing->release();
        return status;
    }

    Packed pack(Callback function, rondo_context *context) override {
        if (!through_ring()) return TaskWorld::pack(std::move(function), context);
        auto *thing = new Thing;
        thing->function = std::move(function);
        auto options = sized<rondo_call_options>();
        options.context = context;
        return {rondo_ring_callback(), thing, options, [](void *user) { static_cast<Thing *>(user)->release(); }, true};
    }

private:
    bool through_ring() { return who_ == Through::ring || ++asked_ % 2 == 0; }

    void drain(uint32_t count) {
        EXPECT_EQ(Thing::locks, 1);
        clear_kept();
        batches.push_back(count);
        if (refuse_to_begin()) return;
        for (uint32_t i = 0; i < count; ++i) {
            if (view_.status[i] == RONDO_RING_PAUSE) return;
            *view_.current = i;
            before_entry(i);
            if (!forget_to_answer) run_entry(i);
            if (raised_something_fatal(i) || return_early_after(i)) return;
        }
    }

    bool raised_something_fatal(uint32_t i) const {
        if (view_.answer[i] != RONDO_STEP_RAISE) return false;
        rondo_status code = rondo_error_code(reinterpret_cast<rondo_error *>(view_.value[i]));
        return code == RONDO_EINTERRUPT || code == RONDO_EEXIT;
    }

    void run_entry(uint32_t i) {
        if (view_.status[i] == RONDO_RING_SKIP) return;
        auto &thing = *static_cast<Thing *>(view_.object[i]);
        if (view_.status[i] == RONDO_RING_CALL) {
            call(i, thing);
        } else {
            resume(i, thing);
        }
    }

    void call(uint32_t i, Thing &thing) {
        auto call = sized<rondo_call>();
        call.loop = loop;
        Callback function = thing.function;
        function(call);
        if (!call.error && call.status < 0) call.error = rondo_error_new(call.status, nullptr);
        view_.value[i] = reinterpret_cast<uint64_t>(call.error);
        view_.answer[i] = call.error ? RONDO_STEP_RAISE : RONDO_STEP_RETURN;
    }

    void resume(uint32_t i, Thing &thing) {
        rondo_value sent = rondo_none();
        auto io = sized<rondo_step>();
        io.sent = &sent;
        rondo_error *thrown = nullptr;
        switch (view_.status[i]) {
        case RONDO_RING_SEND:
            sent = rondo_i64(static_cast<Thing *>(view_.sent[i])->number);
            break;
        case RONDO_RING_SEND_NATIVE:
            sent = rondo_i64(number_in(*reinterpret_cast<rondo_value *>(view_.native[i])));
            break;
        case RONDO_RING_THROW: // the error that carries it stands in native
        case RONDO_RING_THROW_NATIVE:
            thrown = rondo_error_retain(reinterpret_cast<rondo_error *>(view_.native[i]));
            io.error = thrown;
            io.status = rondo_error_code(thrown);
            break;
        default:
            ADD_FAILURE() << "status " << view_.status[i];
        }
        Conductor::vtable.step(thing.coroutine.get(), &io);
        while (looks_before_it_awaits && io.verdict == RONDO_STEP_AWAIT && rondo_future_done(io.target) == 1) {
            rondo_error_release(std::exchange(thrown, nullptr));
            Future done(io.target);
            io.status = rondo_future_result(done.get(), &sent, &thrown);
            io.error = thrown;
            Conductor::vtable.step(thing.coroutine.get(), &io);
        }
        rondo_error_release(thrown);
        answer(i, thing, io);
    }

    void answer(uint32_t i, Thing &thing, rondo_step &io) {
        view_.answer[i] = io.verdict;
        switch (io.verdict) {
        case RONDO_STEP_RETURN: {
            thing.coroutine.reset();
            auto *result = new Thing(io.out.as.i64);
            kept_things_.push_back(result);
            view_.value[i] = reinterpret_cast<uint64_t>(result);
            break;
        }
        case RONDO_STEP_RAISE:
            thing.coroutine.reset();
            view_.value[i] = reinterpret_cast<uint64_t>(io.out_error);
            break;
        case RONDO_STEP_AWAIT:
            if (!io.target) break;
            kept_futures_.push_back(Future(io.target));
            view_.answer[i] = reinterpret_cast<uint64_t>(io.target);
            break;
        case RONDO_STEP_SLEEP:
            view_.value[i] = static_cast<uint64_t>(io.delay_ns);
            break;
        default:
            break;
        }
    }

    void clear_kept() {
        for (Thing *thing : std::exchange(kept_things_, {})) thing->release();
        kept_futures_.clear();
    }

    Through who_;
    unsigned asked_ = 0;
    rondo_ring_view view_{};
    Thing *none_ = new Thing;
    std::vector<Thing *> kept_things_; // results, until the library has taken them
    std::vector<Future> kept_futures_;
};

} // namespace rondo::test
