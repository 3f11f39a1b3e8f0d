// What every test of the border uses: checks that name what failed, things that count how often they end, and step
// coroutines from plain functions.
#ifndef RONDO_TESTS_KIT_H
#define RONDO_TESTS_KIT_H

#include "rondo/rondo.h"

#include <stdio.h>
#include <string.h>

#define CHECK(condition) ((condition) ? (void)0 : kit_fail(__FILE__, __LINE__, #condition))

// GIVES(rondo_loop_close(loop), RONDO_ERUNNING);
#define GIVES(call, status) kit_gives(__FILE__, __LINE__, #call, (call), (status))

// The error has this code, and its message holds every word (a list that ends with NULL). Releases it.
#define TELLS(error, code, ...) kit_tells(__FILE__, __LINE__, (error), (code), (const char *[]){__VA_ARGS__, NULL})

#define RUN(test) (kit_begin(#test), test())

_Noreturn void kit_fail(const char *file, int line, const char *what);
void kit_gives(const char *file, int line, const char *call, rondo_status got, rondo_status wanted);
void kit_tells(const char *file, int line, rondo_error *error, rondo_status code, const char *const *words);
void kit_begin(const char *test);

// A value whose drop adds one to *drops.
rondo_value counted(int *drops);
void count_drop(void *drops, size_t len);
void count_end(void *drops); // for options->drop

// A callback that adds one to *user.
void count_call(void *user, rondo_call *call);

rondo_loop *virtual_loop(void);
rondo_runner *virtual_runner(rondo_loop **loop);
rondo_loop *quiet_loop(void); // on the real clock
rondo_future *pending_future(rondo_loop *loop);
rondo_future *done_future(rondo_loop *loop, int64_t result);

// A task whose every step is a call of `step`; frame->at counts them, from 0.
typedef struct kit_frame kit_frame;
typedef void (*kit_step)(kit_frame *frame, rondo_step *io);
struct kit_frame {
    kit_step step;
    void *user;
    int at;
    int *ends; // counts destroy, unless NULL
};
extern const rondo_coro_vtable kit_coro; // init: a kit_frame
rondo_task *start(rondo_loop *loop, kit_step step, void *user, int *ends);

// Steps: each step of these answers its verdict, the last one returns.
void step_return(kit_frame *frame, rondo_step *io);
void step_yield_once(kit_frame *frame, rondo_step *io);
void step_await_user(kit_frame *frame, rondo_step *io); // awaits the future in user, hands on how it ended
void step_park(kit_frame *frame, rondo_step *io);       // parks until cancelled or woken

// Verdicts with what they need.
void give_await(rondo_step *io, rondo_future *target); // adds the reference
void give_raise(rondo_step *io, rondo_status code, const char *message);
void give_error_on(rondo_step *io); // raises the error the suspension ended with

// Turns until nothing is ready and no deadline is left.
void run_until_idle(rondo_loop *loop);

// Counts what reaches the exception handler and keeps the last message.
typedef struct kit_reports {
    int count;
    rondo_status code; // of the last error, RONDO_OK without one
    char message[128];
} kit_reports;
void note_report(void *reports, rondo_loop *loop, const rondo_report *report);
rondo_loop *reporting_loop(kit_reports *reports); // virtual

rondo_loop_stats stats_of(rondo_loop *loop);

#endif
