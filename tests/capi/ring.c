// Room "Rings": a host of counted objects whose tasks and callbacks are handed over in batches.
#include "kit.h"

// ---- the host: an object is a script of answers

typedef struct object object;
typedef void (*reaction)(object *self, uint32_t i);
struct object {
    reaction react;
    void *user;
    int references; // of the library
    int at;         // how often it was handed over
    char letter;
};

static int lock_depth;
static int32_t lock(void) { return ++lock_depth; }
static void unlock(int32_t state) {
    CHECK(state == lock_depth);
    --lock_depth;
}
static void retain(void *o) { ++((object *)o)->references; }
static void release(void *o) {
    CHECK(lock_depth > 0);
    CHECK(--((object *)o)->references >= 0);
}
static const rondo_host host = {.size = sizeof host, .lock = lock, .unlock = unlock, .retain = retain, .release = release};

static object none;
static rondo_loop *loop;
static rondo_ring *ring;
static rondo_ring_view view;
static char trace[256];
static uint32_t stop_before; // the host returns early before this entry
static uint32_t batches;
static uint32_t largest;

static void say(char letter) {
    size_t length = strlen(trace);
    trace[length] = letter;
    trace[length + 1] = '\0';
}

static void drain(void *user, uint32_t count) {
    CHECK(user == &view);
    CHECK(*view.current == UINT32_MAX);
    ++batches;
    if (count > largest) largest = count;
    for (uint32_t i = 0; i < count && i < stop_before; ++i) {
        if (view.status[i] == RONDO_RING_PAUSE) return;
        CHECK(view.answer[i] == RONDO_STEP_FAULT);
        *view.current = i;
        if (view.status[i] == RONDO_RING_SKIP) continue;
        object *o = view.object[i];
        if (o->letter) say(o->letter);
        o->react(o, i);
        ++o->at;
    }
}

static void open_ring(uint32_t capacity) {
    loop = virtual_loop();
    RONDO_INIT(rondo_ring_options, options);
    options.capacity = capacity;
    options.host = &host;
    options.none = &none;
    options.drain = drain;
    options.user = &view;
    GIVES(rondo_ring_create(loop, &options, &ring), RONDO_OK);
    view.size = sizeof view;
    GIVES(rondo_ring_get_view(ring, &view), RONDO_OK);
    CHECK(view.capacity == (capacity ? capacity : 256) && *view.current == UINT32_MAX);
    trace[0] = '\0';
    stop_before = UINT32_MAX;
    batches = largest = 0;
}

static void close_ring(void) {
    rondo_ring_release(ring);
    rondo_loop_release(loop);
    CHECK(none.references == 0 && lock_depth == 0);
}

static rondo_task *task_of(object *o) {
    rondo_task *task = rondo_ring_task_new(ring, o, NULL);
    CHECK(task);
    return task;
}

// ---- reactions

static void answer(uint32_t i, uint64_t verdict, uint64_t value) {
    view.answer[i] = verdict;
    view.value[i] = value;
}

static void finish(object *self, uint32_t i) {
    (void)self;
    answer(i, RONDO_STEP_RETURN, 0);
}

static void return_user(object *self, uint32_t i) { answer(i, RONDO_STEP_RETURN, (uint64_t)(uintptr_t)self->user); }

static void forget(object *self, uint32_t i) {
    (void)self;
    (void)i;
}

static void raise_error(object *self, uint32_t i) {
    answer(i, RONDO_STEP_RAISE, (uint64_t)(uintptr_t)rondo_error_new(-44, self->user));
}

static void raise_nothing(object *self, uint32_t i) {
    (void)self;
    answer(i, RONDO_STEP_RAISE, 0);
}

static void yield_twice(object *self, uint32_t i) { answer(i, self->at < 2 ? RONDO_STEP_YIELD : RONDO_STEP_RETURN, 0); }

static void sleep_once(object *self, uint32_t i) {
    if (self->at == 0) {
        answer(i, RONDO_STEP_SLEEP, (uint64_t)RONDO_S(5));
    } else {
        finish(self, i);
    }
}

// Awaits the future in user, and returns the object it was sent.
static void await_user(object *self, uint32_t i) {
    if (self->at == 0) {
        answer(i, (uint64_t)(uintptr_t)self->user, 0);
    } else {
        CHECK(view.status[i] == RONDO_RING_SEND);
        answer(i, RONDO_STEP_RETURN, view.sent[i] == &none ? 0 : (uint64_t)(uintptr_t)view.sent[i]);
    }
}

// Awaits the future in user, and keeps how that ended.
static uint32_t seen_status;
static int64_t seen_number;
static void await_and_note(object *self, uint32_t i) {
    if (self->at == 0) {
        answer(i, (uint64_t)(uintptr_t)self->user, 0);
        return;
    }
    seen_status = view.status[i];
    const void *native = (const void *)(uintptr_t)view.native[i];
    if (seen_status == RONDO_RING_SEND_NATIVE) seen_number = ((const rondo_value *)native)->as.i64;
    if (seen_status == RONDO_RING_THROW_NATIVE) seen_number = rondo_error_code(native);
    answer(i, RONDO_STEP_RETURN, 0);
}

// ---- creation

static void a_loop_has_one_ring(void) {
    open_ring(4);
    RONDO_INIT(rondo_ring_options, options);
    rondo_ring *another = NULL;
    GIVES(rondo_ring_create(loop, NULL, &another), RONDO_EINVAL);
    options.none = &none;
    options.drain = drain;
    GIVES(rondo_ring_create(loop, &options, &another), RONDO_EINVAL);
    options.host = &host;
    options.none = NULL;
    GIVES(rondo_ring_create(loop, &options, &another), RONDO_EINVAL);
    options.none = &none;
    options.drain = NULL;
    GIVES(rondo_ring_create(loop, &options, &another), RONDO_EINVAL);
    options.drain = drain;
    options.capacity = 4097;
    GIVES(rondo_ring_create(loop, &options, &another), RONDO_EINVAL);
    options.capacity = 4096;
    GIVES(rondo_ring_create(loop, &options, &another), RONDO_ESTATE);
    CHECK(another == NULL);
    GIVES(rondo_loop_close(loop), RONDO_OK);
    GIVES(rondo_ring_create(loop, &options, &another), RONDO_ECLOSED);
    close_ring();
    open_ring(0);
    close_ring();
    loop = virtual_loop();
    GIVES(rondo_ring_create(loop, &options, NULL), RONDO_OK);
    rondo_loop_release(loop);
}

static void the_ring_outlives_its_loop_but_does_nothing_then(void) {
    open_ring(4);
    object waiting = {.react = forget};
    rondo_task *task = task_of(&waiting);
    CHECK(waiting.references == 1);
    rondo_loop_release(loop);
    CHECK(waiting.references == 0 && waiting.at == 0);
    GIVES(rondo_ring_task_create(ring, &waiting, NULL, NULL), RONDO_ECLOSED);
    GIVES(rondo_ring_get_view(ring, &view), RONDO_OK);
    CHECK(view.object[0] == &none);
    rondo_future_release(task);
    rondo_ring_release(ring);
    rondo_ring_release(NULL);
}

// ---- tasks

static void the_object_of_a_task_is_known_until_it_is_done(void) {
    open_ring(0);
    object o = {.react = finish};
    rondo_task *task = task_of(&o);
    CHECK(rondo_ring_task_object(task) == &o && o.references == 2);
    --o.references;
    run_until_idle(loop);
    CHECK(o.references == 0 && rondo_ring_task_object(task) == &none);
    rondo_future *future = rondo_future_new(loop);
    CHECK(rondo_ring_task_object(future) == &none && none.references == 2);
    none.references = 0;
    rondo_future_release(future);
    rondo_future_release(task);
    close_ring();
    loop = virtual_loop();
    future = rondo_future_new(loop);
    CHECK(rondo_ring_task_object(future) == NULL);
    rondo_future_release(future);
    rondo_loop_release(loop);
}

static void neighbours_are_handed_over_as_one_batch(void) {
    open_ring(4);
    object objects[10];
    for (int i = 0; i < 10; ++i) {
        objects[i] = (object){.react = yield_twice, .letter = (char)('a' + i)};
        rondo_future_release(task_of(&objects[i]));
    }
    GIVES(rondo_loop_run_once(loop, 0), 1);
    CHECK(strcmp(trace, "abcdefghij") == 0 && batches == 3 && largest == 4);
    run_until_idle(loop);
    CHECK(strcmp(trace, "abcdefghijabcdefghijabcdefghij") == 0);
    for (int i = 0; i < 10; ++i) CHECK(objects[i].references == 0 && objects[i].at == 3);
    close_ring();
}

static void say_dot(void *user, rondo_call *call) {
    (void)user;
    (void)call;
    say('.');
}

static void the_order_among_others_is_kept(void) {
    open_ring(0);
    object objects[4];
    for (int i = 0; i < 4; ++i) {
        objects[i] = (object){.react = finish, .letter = (char)('a' + i)};
        rondo_future_release(task_of(&objects[i]));
        if (i != 1) GIVES(rondo_loop_call_soon(loop, say_dot, NULL, NULL, NULL), RONDO_OK);
    }
    run_until_idle(loop);
    CHECK(strcmp(trace, "a.bc.d.") == 0);
    close_ring();
}

static void in_debug_mode_batches_have_one_entry(void) {
    open_ring(0);
    GIVES(rondo_loop_set_debug(loop, 1), RONDO_OK);
    object a = {.react = finish, .letter = 'a'};
    object b = {.react = finish, .letter = 'b'};
    rondo_future_release(task_of(&a));
    rondo_future_release(task_of(&b));
    run_until_idle(loop);
    CHECK(strcmp(trace, "ab") == 0 && largest == 1 && batches == 2);
    close_ring();
}

static void results_are_objects(void) {
    open_ring(0);
    object result = {.react = NULL};
    object made = {.react = return_user, .user = &result};
    object waiting = {.react = await_user};
    object plain = {.react = return_user, .user = NULL};
    rondo_task *task = task_of(&made);
    waiting.user = task;
    rondo_task *waiter = task_of(&waiting);
    rondo_task *nothing = task_of(&plain);
    run_until_idle(loop);
    CHECK(rondo_future_result_object(task) == &result);
    CHECK(rondo_future_result_object(waiter) == &result);
    CHECK(rondo_future_result_object(nothing) == &none && none.references == 1);
    none.references = 0;
    GIVES(rondo_future_result(nothing, NULL, NULL), RONDO_OK);
    CHECK(result.references == 4); // two results, two looks
    CHECK(rondo_future_result_object_or(task, &waiting) == &result && result.references-- == 5);
    rondo_future *pending = rondo_future_new(loop);
    CHECK(rondo_future_result_object_or(pending, &waiting) == &waiting && waiting.references-- == 1);
    rondo_future_release(pending);
    result.references -= 2;
    rondo_future_release(task);
    rondo_future_release(waiter);
    rondo_future_release(nothing);
    CHECK(result.references == 0);
    close_ring();
}

static void sleeping_ring_tasks_sleep(void) {
    open_ring(0);
    object sleeper = {.react = sleep_once};
    rondo_task *task = task_of(&sleeper);
    GIVES(rondo_loop_run_until_complete(loop, task, NULL), RONDO_OK);
    CHECK(rondo_loop_time(loop) == RONDO_S(5));
    rondo_future_release(task);
    close_ring();
}

static void native_results_and_errors_are_shown_as_such(void) {
    open_ring(0);
    rondo_error *error = rondo_error_new(-44, NULL);
    for (int how = 0; how < 4; ++how) {
        rondo_future *future = pending_future(loop);
        object waiting = {.react = await_and_note, .user = future};
        rondo_task *task = task_of(&waiting);
        GIVES(rondo_loop_run_once(loop, 0), 0);
        rondo_value value = rondo_i64(5);
        if (how == 0) GIVES(rondo_future_set_result(future, &value), RONDO_OK);
        if (how == 1) GIVES(rondo_future_set_error(future, error), RONDO_OK);
        if (how == 2) GIVES(rondo_future_cancel(task, NULL), 1);
        if (how == 3) {
            GIVES(rondo_future_set_result(future, &value), RONDO_OK);
            GIVES(rondo_future_take(future, NULL, NULL), RONDO_OK);
        }
        seen_number = 0;
        run_until_idle(loop);
        static const uint32_t statuses[] = {RONDO_RING_SEND_NATIVE, RONDO_RING_THROW_NATIVE, RONDO_RING_THROW_NATIVE,
                                            RONDO_RING_THROW_NATIVE};
        static const int64_t numbers[] = {5, -44, RONDO_ECANCELED, RONDO_ETAKEN};
        CHECK(seen_status == statuses[how] && seen_number == numbers[how]);
        rondo_future_release(task);
        rondo_future_release(future);
    }
    rondo_error_release(error);
    close_ring();
}

static void an_exception_of_the_host_comes_back_as_itself(void) {
    open_ring(0);
    object exception = {.react = NULL};
    RONDO_INIT(rondo_error_options, options);
    rondo_value payload = {.kind = RONDO_OBJECT, .len = (size_t)(uintptr_t)&host};
    payload.as.ptr = &exception;
    options.code = -44;
    options.payload = &payload;
    rondo_error *error = NULL;
    GIVES(rondo_error_create(&options, &error), RONDO_OK);
    rondo_future *future = pending_future(loop);
    GIVES(rondo_future_set_error(future, error), RONDO_OK);
    object waiting = {.react = await_and_note, .user = future};
    rondo_task *task = task_of(&waiting);
    run_until_idle(loop);
    CHECK(seen_status == RONDO_RING_THROW);
    CHECK(view.sent[0] == &exception);
    rondo_future_release(task);
    rondo_future_release(future);
    rondo_error_release(error);
    close_ring();
}

static void answer_cancelled(object *self, uint32_t i) {
    answer(i, RONDO_STEP_CANCELLED, (uint64_t)(uintptr_t)self->user);
}

static void a_cancelled_answer_keeps_the_exception(void) {
    open_ring(0);
    object exception = {.react = NULL};
    object with = {.react = answer_cancelled, .user = &exception};
    object without = {.react = answer_cancelled};
    rondo_task *one = task_of(&with);
    rondo_task *two = task_of(&without);
    run_until_idle(loop);
    rondo_error *err = NULL;
    GIVES(rondo_future_error(one, &err), RONDO_ECANCELED);
    CHECK(rondo_error_payload(err)->as.ptr == &exception && exception.references == 1);
    rondo_error_release(err);
    GIVES(rondo_future_result(two, NULL, NULL), RONDO_ECANCELED);
    rondo_future_release(one);
    rondo_future_release(two);
    CHECK(exception.references == 0);
    close_ring();
}

static void answer_user(object *self, uint32_t i) {
    if (self->at == 0) {
        answer(i, *(uint64_t *)self->user, 0);
    } else {
        finish(self, i);
    }
}

static void bad_answers_fail_the_task(void) {
    open_ring(0);
    object forgetful = {.react = forget};
    object raising_nothing = {.react = raise_nothing};
    object raising = {.react = raise_error, .user = "mine"};
    uint64_t no_verdict = 4000;
    object unknown = {.react = answer_user, .user = &no_verdict};
    const struct {
        object *object;
        rondo_status ends;
    } rows[] = {{&forgetful, RONDO_EFAULT}, {&raising_nothing, RONDO_EINVAL}, {&raising, -44}, {&unknown, RONDO_EFAULT}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
        rondo_task *task = task_of(rows[i].object);
        run_until_idle(loop);
        GIVES(rondo_future_result(task, NULL, NULL), rows[i].ends);
        rondo_future_release(task);
        CHECK(rows[i].object->references == 0);
    }
    GIVES(rondo_ring_task_create(ring, NULL, NULL, NULL), RONDO_EINVAL);
    close_ring();
}

static void awaiting_no_future_is_raised_at_the_await(void) {
    open_ring(0);
    uint64_t bare = RONDO_STEP_AWAIT;
    object without_target = {.react = await_and_note};
    without_target.react = answer_user;
    without_target.user = &bare;
    rondo_task *task = task_of(&without_target);
    run_until_idle(loop);
    CHECK(without_target.at == 2); // it was told, and returned
    GIVES(rondo_future_result(task, NULL, NULL), RONDO_OK);
    rondo_future_release(task);
    object wrong_kind = {.react = await_and_note, .user = loop};
    task = task_of(&wrong_kind);
    run_until_idle(loop);
    CHECK(seen_status == RONDO_RING_THROW_NATIVE && seen_number == RONDO_EKIND);
    rondo_future_release(task);
    close_ring();
}

// ---- what the library sees while an entry runs

static rondo_task *watched;
static void look_at_the_one_before(object *self, uint32_t i) {
    GIVES(rondo_future_done(watched), 1);
    CHECK(rondo_loop_current_task(loop) == self->user);
    GIVES(rondo_loop_run_once(loop, 0), RONDO_ERUNNING);
    answer(i, RONDO_STEP_RETURN, 0);
}

static void calls_see_the_answers_of_the_entries_before(void) {
    open_ring(0);
    object first = {.react = finish};
    object second = {.react = look_at_the_one_before};
    watched = task_of(&first);
    rondo_task *task = task_of(&second);
    second.user = task;
    run_until_idle(loop);
    CHECK(batches == 1 && second.at == 1);
    GIVES(rondo_future_result(task, NULL, NULL), RONDO_OK);
    rondo_future_release(task);
    rondo_future_release(watched);
    close_ring();
}

static void cancel_the_next(object *self, uint32_t i) {
    GIVES(rondo_future_cancel(self->user, NULL), 1);
    answer(i, RONDO_STEP_RETURN, 0);
}

static void note_status(object *self, uint32_t i) {
    (void)self;
    seen_status = view.status[i];
    answer(i, RONDO_STEP_CANCELLED, 0);
}

static void a_cancel_strikes_a_task_of_the_same_batch(void) {
    open_ring(0);
    object first = {.react = cancel_the_next};
    object second = {.react = note_status};
    rondo_future_release(task_of(&first));
    rondo_task *task = task_of(&second);
    first.user = task;
    run_until_idle(loop);
    CHECK(batches == 1 && seen_status == RONDO_RING_THROW_NATIVE);
    GIVES(rondo_future_cancelled(task), 1);
    rondo_future_release(task);
    close_ring();
}

static void entries_not_begun_are_handed_over_again(void) {
    open_ring(0);
    object objects[3];
    for (int i = 0; i < 3; ++i) {
        objects[i] = (object){.react = finish, .letter = (char)('a' + i)};
        rondo_future_release(task_of(&objects[i]));
    }
    stop_before = 2;
    CHECK(rondo_loop_run_once(loop, 0) >= 0);
    stop_before = UINT32_MAX;
    run_until_idle(loop);
    CHECK(strcmp(trace, "abc") == 0);
    close_ring();
}

static void a_host_that_begins_nothing_does_not_hold_up_the_turn(void) {
    open_ring(0);
    object a = {.react = finish, .letter = 'a'};
    rondo_future_release(task_of(&a));
    GIVES(rondo_loop_call_soon(loop, say_dot, NULL, NULL, NULL), RONDO_OK);
    stop_before = 0;
    GIVES(rondo_loop_run_once(loop, 0), 1);
    CHECK(strcmp(trace, ".") == 0);
    stop_before = UINT32_MAX;
    run_until_idle(loop);
    CHECK(strcmp(trace, ".a") == 0);
    close_ring();
}

// ---- callbacks

static void callbacks_go_through_the_ring(void) {
    open_ring(0);
    object a = {.react = finish, .letter = 'a'};
    object b = {.react = finish, .letter = 'b'};
    object c = {.react = finish, .letter = 'c'};
    rondo_future *future = pending_future(loop);
    GIVES(rondo_loop_call_later(loop, RONDO_S(1), rondo_ring_callback(), &b, NULL, NULL), RONDO_OK);
    GIVES(rondo_loop_call_soon(loop, rondo_ring_callback(), &a, NULL, NULL), RONDO_OK);
    GIVES(rondo_future_add_done_callback(future, rondo_ring_callback(), &c, NULL), RONDO_OK);
    CHECK(a.references == 1 && b.references == 1 && c.references == 1);
    run_until_idle(loop);
    CHECK(strcmp(trace, "ab") == 0);
    GIVES(rondo_future_set_result(future, NULL), RONDO_OK);
    run_until_idle(loop);
    CHECK(strcmp(trace, "abc") == 0);
    CHECK(a.references == 0 && b.references == 0 && c.references == 0);
    rondo_future_release(future);
    close_ring();
}

static void bad_answers_of_callbacks_are_reported(void) {
    kit_reports reports = {0};
    open_ring(0);
    GIVES(rondo_loop_set_exception_handler(loop, note_report, &reports), RONDO_OK);
    object forgetful = {.react = forget};
    object raising = {.react = raise_error, .user = "mine"};
    object raising_nothing = {.react = raise_nothing};
    object *const objects[] = {&forgetful, &raising, &raising_nothing};
    static const rondo_status codes[] = {RONDO_EFAULT, -44, RONDO_EINVAL};
    for (int i = 0; i < 3; ++i) {
        GIVES(rondo_loop_call_soon(loop, rondo_ring_callback(), objects[i], NULL, NULL), RONDO_OK);
        run_until_idle(loop);
        CHECK(reports.count == i + 1 && reports.code == codes[i]);
        CHECK(objects[i]->references == 0);
    }
    close_ring();
}

static void ring_callbacks_need_a_ring_and_an_object_and_no_drop(void) {
    open_ring(0);
    object a = {.react = finish};
    RONDO_INIT(rondo_call_options, options);
    options.drop = count_end;
    GIVES(rondo_loop_call_soon(loop, rondo_ring_callback(), &a, &options, NULL), RONDO_EINVAL);
    GIVES(rondo_loop_call_soon(loop, rondo_ring_callback(), NULL, NULL, NULL), RONDO_EINVAL);
    rondo_loop *without = virtual_loop();
    GIVES(rondo_loop_call_soon(without, rondo_ring_callback(), &a, NULL, NULL), RONDO_ESTATE);
    GIVES(rondo_loop_call_soon_threadsafe(without, rondo_ring_callback(), &a, NULL, NULL), RONDO_ESTATE);
    rondo_loop_release(without);
    CHECK(a.references == 0);
    close_ring();
}

static rondo_handle *victim;
static void cancel_the_victim(object *self, uint32_t i) {
    (void)self;
    GIVES(rondo_handle_cancel(victim), RONDO_OK);
    answer(i, RONDO_STEP_RETURN, 0);
}

static void a_callback_cancelled_by_its_neighbour_is_skipped(void) {
    open_ring(0);
    object first = {.react = cancel_the_victim, .letter = 'a'};
    object second = {.react = finish, .letter = 'b'};
    GIVES(rondo_loop_call_soon(loop, rondo_ring_callback(), &first, NULL, NULL), RONDO_OK);
    GIVES(rondo_loop_call_soon(loop, rondo_ring_callback(), &second, NULL, &victim), RONDO_OK);
    run_until_idle(loop);
    CHECK(strcmp(trace, "a") == 0 && batches == 1);
    CHECK(second.references == 0 && second.at == 0);
    rondo_handle_release(victim);
    close_ring();
}

static void closing_the_loop_gives_every_object_back(void) {
    open_ring(0);
    object objects[4] = {{.react = finish}, {.react = finish}, {.react = finish}, {.react = finish}};
    rondo_future *future = pending_future(loop);
    rondo_future_release(task_of(&objects[0]));
    GIVES(rondo_loop_call_soon(loop, rondo_ring_callback(), &objects[1], NULL, NULL), RONDO_OK);
    GIVES(rondo_loop_call_later(loop, 1, rondo_ring_callback(), &objects[2], NULL, NULL), RONDO_OK);
    GIVES(rondo_future_add_done_callback(future, rondo_ring_callback(), &objects[3], NULL), RONDO_OK);
    rondo_future_release(future);
    close_ring();
    for (int i = 0; i < 4; ++i) CHECK(objects[i].references == 0 && objects[i].at == 0);
}

// ---- runs

static rondo_loop *kept;
static void give_kept(void *user, rondo_loop **out) {
    (void)user;
    *out = rondo_loop_retain(kept);
}

static void a_ring_task_can_be_the_main_task(void) {
    open_ring(0);
    kept = loop;
    RONDO_INIT(rondo_runner_options, options);
    options.loop_factory = give_kept;
    rondo_runner *runner = NULL;
    GIVES(rondo_runner_create(&options, &runner), RONDO_OK);
    object result = {.react = NULL};
    object main = {.react = return_user, .user = &result};
    object bad = {.react = raise_error, .user = "mine"};
    rondo_task *task = NULL;
    GIVES(rondo_runner_run_ring(runner, ring, &main, NULL, &task, NULL), RONDO_OK);
    CHECK(rondo_future_result_object(task) == &result);
    --result.references;
    rondo_future_release(task);
    GIVES(rondo_runner_run_ring(runner, ring, &main, NULL, NULL, NULL), RONDO_OK);
    rondo_error *err = NULL;
    GIVES(rondo_runner_run_ring(runner, ring, &bad, NULL, &task, &err), -44);
    TELLS(err, -44, "mine");
    rondo_future_release(task);
    CHECK(result.references == 0 && main.references == 0 && bad.references == 0);

    GIVES(rondo_runner_run_ring(runner, ring, NULL, NULL, &task, &err), RONDO_EINVAL);
    TELLS(err, RONDO_EINVAL, "object");
    GIVES(rondo_runner_run_ring(runner, NULL, &main, NULL, &task, &err), RONDO_EINVAL);
    TELLS(err, RONDO_EINVAL, "ring");
    CHECK(task == NULL);
    rondo_runner *other = virtual_runner(NULL);
    GIVES(rondo_runner_run_ring(other, ring, &main, NULL, &task, &err), RONDO_EOTHERLOOP);
    TELLS(err, RONDO_EOTHERLOOP, "ring");
    rondo_runner_release(other);
    GIVES(rondo_runner_close(runner, RONDO_FOREVER, NULL), RONDO_OK);
    GIVES(rondo_runner_run_ring(runner, ring, &main, NULL, &task, &err), RONDO_ECLOSED);
    TELLS(err, RONDO_ECLOSED, "closed");
    rondo_runner_release(runner);
    close_ring();
}

// ---- the big lock

static int inside;
static int blocks;
static void *block_enter(void) {
    CHECK(inside);
    inside = 0;
    ++blocks;
    return &inside;
}
static void block_leave(void *token) {
    CHECK(token == &inside && !inside);
    inside = 1;
}

static void the_host_lets_go_of_its_lock_only_while_the_loop_sleeps(void) {
    static const rondo_host sleepy = {.size = sizeof sleepy, .block_enter = block_enter, .block_leave = block_leave};
    RONDO_INIT(rondo_loop_options, options);
    options.host = &sleepy;
    rondo_loop *real = NULL;
    GIVES(rondo_loop_create(&options, &real), RONDO_OK);
    inside = 1;
    int calls = 0;
    GIVES(rondo_loop_call_soon(real, count_call, &calls, NULL, NULL), RONDO_OK);
    GIVES(rondo_loop_run_once(real, RONDO_S(1)), 0);
    CHECK(calls == 1 && blocks == 0);
    GIVES(rondo_loop_call_later(real, RONDO_MS(1), count_call, &calls, NULL, NULL), RONDO_OK);
    while (calls < 2) CHECK(rondo_loop_run_once(real, RONDO_FOREVER) >= 0);
    CHECK(inside && blocks >= 1);
    rondo_loop_release(real);
}

int main(void) {
    RUN(a_loop_has_one_ring);
    RUN(the_ring_outlives_its_loop_but_does_nothing_then);
    RUN(the_object_of_a_task_is_known_until_it_is_done);
    RUN(neighbours_are_handed_over_as_one_batch);
    RUN(the_order_among_others_is_kept);
    RUN(in_debug_mode_batches_have_one_entry);
    RUN(results_are_objects);
    RUN(sleeping_ring_tasks_sleep);
    RUN(native_results_and_errors_are_shown_as_such);
    RUN(an_exception_of_the_host_comes_back_as_itself);
    RUN(a_cancelled_answer_keeps_the_exception);
    RUN(bad_answers_fail_the_task);
    RUN(awaiting_no_future_is_raised_at_the_await);
    RUN(calls_see_the_answers_of_the_entries_before);
    RUN(a_cancel_strikes_a_task_of_the_same_batch);
    RUN(entries_not_begun_are_handed_over_again);
    RUN(a_host_that_begins_nothing_does_not_hold_up_the_turn);
    RUN(callbacks_go_through_the_ring);
    RUN(bad_answers_of_callbacks_are_reported);
    RUN(ring_callbacks_need_a_ring_and_an_object_and_no_drop);
    RUN(a_callback_cancelled_by_its_neighbour_is_skipped);
    RUN(closing_the_loop_gives_every_object_back);
    RUN(a_ring_task_can_be_the_main_task);
    RUN(the_host_lets_go_of_its_lock_only_while_the_loop_sleeps);
    return 0;
}
