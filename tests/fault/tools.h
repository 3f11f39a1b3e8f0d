// The words of threads, synchronisation, queues and channels, and what they need of the world.
#ifndef RONDO_TESTS_TOOLS_H
#define RONDO_TESTS_TOOLS_H

#include "world.h"

// ---- of world.c

unsigned char *born(unsigned char *things, int *count);
void ends(unsigned char *thing);
rondo_value some_value(world *w);
rondo_error *make_error(world *w);
rondo_status or_drop(rondo_status status, rondo_value *value);
plan *make_plan(world *w, const op *program);
rondo_status run_program(void *plan, rondo_value *result);
rondo_status spawn(world *w, rondo_loop *loop, const op *program, const rondo_task_options *options,
                   rondo_task **out);
rondo_status submit(world *w, rondo_loop *loop, const op *program, rondo_submission **out);
void replace_future(world *w, int slot, rondo_future *future);

// ---- of tools.c

int waits_at_tool(word word);
// 1: it need not wait; 0: *op is to be awaited, or, NULL, the tool was never made.
rondo_status begin_wait(world *w, const op *o, rondo_future **op);
rondo_status wait_in_fiber(world *w, const op *o);
rondo_status use_tool(world *w, const op *o);
void hold_tool(world *w, int slot, tool *held);
void give_back(world *w, tool *held);
void release_tool(tool *t);

// ---- of work.c

rondo_status use_threads(world *w, const op *o);
// A thread will post it.
int result_is_on_its_way(world *w);
// Runs what lies on the pile.
void work_off(world *w);
void close_there(world *w);
// They have ended if what they lead to has, or never will.
void check_bridges(world *w);
void release_submissions(world *w, int have_ended);
// The last of the executor, the submissions and the other loop; waits for its threads.
void end_work(world *w);

#endif
