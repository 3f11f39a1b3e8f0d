#include "tools.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

// ---- executors

enum { most_jobs = 32 };

// What an executor of the world has been given; its own memory, for it may outlive the rest.
typedef struct pile {
    int kind;
    int count;
    struct {
        void (*run)(void *work);
        void *work;
    } jobs[most_jobs];
    sem_t ended;
} pile;

static void *run_alone(void *user) {
    pile *p = user;
    p->jobs[0].run(p->jobs[0].work);
    return NULL;
}

static void take_job(void *user, void (*run)(void *work), void *work) {
    pile *p = user;
    CHECK(p->count < most_jobs);
    p->jobs[p->count].run = run;
    p->jobs[p->count].work = work;
    if (p->kind == PILE) {
        ++p->count;
    } else if (p->kind == AT_ONCE) {
        run(work);
    } else {
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, run_alone, p) == 0);
        CHECK(pthread_join(thread, NULL) == 0);
    }
}

static void end_pile(void *user) { sem_post(&((pile *)user)->ended); }

static rondo_status make_executor(world *w, const op *o) {
    pile *p = calloc(1, sizeof *p);
    if (!p) return RONDO_ENOMEM;
    p->kind = o->a;
    sem_init(&p->ended, 0, 0);
    RONDO_INIT(rondo_executor_options, options);
    options.threads = 2;
    options.submit = o->a == POOL ? NULL : take_job;
    options.drop = end_pile;
    options.user = p;
    rondo_status status = rondo_executor_create(&options, &w->executor);
    if (status == RONDO_OK) {
        w->pile = p;
        status = rondo_loop_set_default_executor(w->loop, w->executor);
    } else {
        free(p);
    }
    return status;
}

void work_off(world *w) {
    pile *p = w->pile;
    int count = p ? p->count : 0;
    for (int i = 0; i < count; ++i) p->jobs[i].run(p->jobs[i].work);
    if (p) p->count = 0;
}

// ---- jobs

// What a job answers with is made before it begins: counting is for the loop's thread.
typedef struct {
    unsigned char *alive;
    int fails;
    rondo_value answer;
    rondo_error *error;
} job_plan;

static rondo_status run_job(void *arg, rondo_job *job, rondo_value *result) {
    job_plan *j = arg;
    CHECK(*j->alive == 1 && rondo_job_cancelled(job) >= 0);
    if (j->fails) return rondo_job_fail(job, RONDO_EFAILED, "failed in a thread");
    if (j->error) {
        rondo_error *error = j->error;
        j->error = NULL;
        return rondo_job_raise(job, error);
    }
    *result = j->answer;
    j->answer = rondo_none();
    return RONDO_OK;
}

static void drop_job(void *arg) {
    job_plan *j = arg;
    rondo_value_drop(&j->answer);
    rondo_error_release(j->error);
    ends(j->alive);
    free(j);
}

static void expect(world *w, rondo_future *future) {
    CHECK(w->promised_count < 2 * slots);
    w->promised[w->promised_count++] = rondo_future_retain(future);
}

static rondo_status start_job(world *w, const op *o) {
    job_plan *j = malloc(sizeof *j);
    if (!j) return RONDO_ENOMEM;
    *j = (job_plan){.alive = born(w->users, &w->user_count), .fails = o->b == 2};
    if (o->b == 0) j->answer = some_value(w);
    if (o->b == 1) j->error = make_error(w);
    RONDO_INIT(rondo_job_options, options);
    options.drop = drop_job;
    rondo_future *future = NULL;
    rondo_status status = rondo_to_thread(NULL, run_job, j, &options, &future);
    if (status < 0) drop_job(j); // ours still
    if (status == RONDO_OK) {
        expect(w, future);
        replace_future(w, o->a, future);
    }
    return status == RONDO_ESHUTDOWN ? RONDO_OK : status;
}

static rondo_status end_jobs(world *w, const op *o) {
    rondo_future *ended = NULL;
    rondo_status status = rondo_loop_shutdown_executor(w->loop, &ended);
    if (status < 0) return status;
    expect(w, ended);
    replace_future(w, o->a, ended);
    return RONDO_OK;
}

int result_is_on_its_way(world *w) {
    if (!w->pile || w->pile->kind != POOL || rondo_loop_is_closed(w->loop) == 1) return 0;
    for (int i = 0; i < w->promised_count; ++i) {
        if (rondo_future_done(w->promised[i]) == 0) return 1;
    }
    return 0;
}

// ---- submissions

static rondo_status make_submission(world *w, const op *o) {
    rondo_loop *loop = o->b ? w->other : w->loop;
    rondo_submission *made = NULL;
    rondo_status status = loop ? submit(w, loop, o->program, &made) : RONDO_ECLOSED;
    if (status == RONDO_OK) {
        rondo_submission_release(w->submissions[o->a]);
        w->submissions[o->a] = made;
    }
    return status == RONDO_ECLOSED ? RONDO_OK : status;
}

static void ask_submission(world *w, rondo_submission *submission) {
    int done = rondo_submission_done(submission);
    rondo_value value;
    rondo_error *error = NULL;
    rondo_status status = rondo_submission_wait(submission, 0, &value, &error);
    CHECK(done ? status != RONDO_ETIMEDOUT && status != RONDO_EDEADLOCK
               : status == RONDO_ETIMEDOUT || status == RONDO_EDEADLOCK);
    if (!done) CHECK(error == NULL);
    if (error && !w->scarce) CHECK(rondo_error_code(error) == status);
    CHECK(status != RONDO_ENOMEM || w->scarce);
    rondo_error_release(error);
    rondo_value_drop(&value);
}

static rondo_status withdraw(rondo_submission *submission) {
    rondo_status status = submission ? rondo_submission_cancel(submission) : RONDO_OK;
    return status == RONDO_ECLOSED ? RONDO_OK : status;
}

void release_submissions(world *w, int have_ended) {
    for (int i = 0; i < slots; ++i) {
        if (!w->submissions[i]) continue;
        if (have_ended) GIVES(rondo_submission_done(w->submissions[i]), 1);
        ask_submission(w, w->submissions[i]);
        rondo_submission_release(w->submissions[i]);
        w->submissions[i] = NULL;
    }
}

// ---- the other loop

static rondo_status make_other_loop(world *w) {
    RONDO_INIT(rondo_loop_options, options);
    options.flags = RONDO_LOOP_VIRTUAL_CLOCK;
    return rondo_loop_create(&options, &w->other);
}

static rondo_status spawn_there(world *w, const op *o) {
    rondo_task *task = NULL;
    rondo_status status = w->other ? spawn(w, w->other, o->program, NULL, &task) : RONDO_OK;
    if (task) replace_future(w, o->a, task);
    return status;
}

static rondo_status make_future_there(world *w, const op *o) {
    rondo_future *future = NULL;
    rondo_status status = w->other ? rondo_future_create(w->other, NULL, &future) : RONDO_OK;
    if (future) replace_future(w, o->a, future);
    return status;
}

static rondo_status make_bridge(world *w, const op *o) {
    rondo_loop *to = o->word == BRIDGE ? w->loop : w->other;
    rondo_future *end = NULL;
    rondo_status status = to && w->futures[o->b] ? rondo_future_bridge(to, w->futures[o->b], &end) : RONDO_OK;
    if (!end) return status;
    rondo_future *source = rondo_future_retain(w->futures[o->b]);
    replace_future(w, o->a, end);
    w->bridged[o->a] = source;
    return status;
}

void check_bridges(world *w) {
    for (int i = 0; i < slots; ++i) {
        if (!w->bridged[i]) continue;
        int there =
            rondo_loop_is_closed(rondo_future_loop(w->bridged[i])) == 1 || rondo_future_done(w->bridged[i]) == 1;
        if (there && rondo_loop_is_closed(rondo_future_loop(w->futures[i])) == 0)
            GIVES(rondo_future_done(w->futures[i]), 1);
    }
}

void close_there(world *w) {
    if (w->other) GIVES(rondo_loop_close(w->other), RONDO_OK);
}

void end_work(world *w) {
    for (int i = 0; i < w->promised_count; ++i) rondo_future_release(w->promised[i]);
    release_submissions(w, 1); // for their loops were closed
    rondo_loop_release(w->other);
    rondo_executor_release(w->executor);
    if (!w->pile) return;
    while (sem_wait(&w->pile->ended) != 0) {
    }
    sem_destroy(&w->pile->ended);
    free(w->pile);
}

// ---- words

static rondo_status unless_closed(rondo_status status) { return status == RONDO_ECLOSED ? RONDO_OK : status; }

rondo_status use_threads(world *w, const op *o) {
    switch (o->word) {
    case EXECUTOR:
        return make_executor(w, o);
    case JOB:
        return start_job(w, o);
    case WORK:
        work_off(w);
        return RONDO_OK;
    case NO_MORE_JOBS:
        return end_jobs(w, o);
    case SUBMIT:
        return make_submission(w, o);
    case ASK:
        if (w->submissions[o->a]) ask_submission(w, w->submissions[o->a]);
        return RONDO_OK;
    case WITHDRAW:
        return withdraw(w->submissions[o->a]);
    case OTHER_LOOP:
        return make_other_loop(w);
    case SPAWN_THERE:
        return unless_closed(spawn_there(w, o));
    case FUTURE_THERE:
        return unless_closed(make_future_there(w, o));
    case BRIDGE:
    case BRIDGE_THERE:
        return unless_closed(make_bridge(w, o));
    case CLOSE_THERE:
        close_there(w);
        return RONDO_OK;
    default:
        kit_fail(__FILE__, (int)o->word, "a word is known");
    }
}
