// Asynchronous generators: a coroutine that is stepped inside the task that asks for its next value. What it awaits, that
// task awaits. From its first step to its end it is a finalizer of its loop.
#pragma once

#include "base/object.h"
#include "loop/node.h"
#include "task/finalizer.h"
#include "task/task.h"

#include <cstddef>

struct rondo_generator final : rondo::core::Object, rondo::core::Finalizer, rondo::core::Node {
    rondo_generator(rondo_loop &l, const rondo_coro_vtable &vt, std::size_t block_size);

    void release();

    enum class State : uint8_t { created, idle, inside, ended };
    enum class Ask : uint8_t { next, close };
    // What a step of the asking task has to do now.
    enum Answer : rondo_status { ended_now = RONDO_OK, produced = 1, waiting = 2 };

    // One of Answer, or the code of `error`. waiting: io is filled, return from the step and ask again in the next one.
    rondo_status ask(Ask what, rondo_step &io, rondo_value &out, rondo::core::ErrorRef &error);

    rondo_loop *loop; // its memory is held
    const rondo_coro_vtable *vtable;
    rondo_task *asker = nullptr; // who is inside
    std::size_t block_size;
    State state = State::created;
    bool closing = false;
    bool frame_alive = false;

    void *frame();

private:
    void begin(Ask what, rondo_task &task, rondo_step &letter);
    rondo_status act(rondo_step &letter, rondo_step &io, rondo_value &out, rondo::core::ErrorRef &error);
    rondo_status end(rondo::core::ErrorRef raised, rondo::core::ErrorRef &error);
    void end_frame();
};

namespace rondo::core {

using Generator = ::rondo_generator;

constexpr std::size_t generator_frame_offset = (sizeof(rondo_generator) + 15) / 16 * 16;

// RONDO_ENOMEM.
rondo_status make_generator(rondo_loop &loop, const rondo_coro_vtable &vtable, const void *init, Generator *&out);

// A task that asks once. Its result is the value; RONDO_EEXHAUSTED. RONDO_ENOMEM.
rondo_status make_asking_task(Generator &generator, Generator::Ask what, Task *&out);

} // namespace rondo::core
