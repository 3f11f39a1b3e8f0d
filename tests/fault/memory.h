// Stands in for malloc and its kin, and for mmap: counts blocks, and fails what a thread asks for when told to.
#ifndef RONDO_TESTS_MEMORY_H
#define RONDO_TESTS_MEMORY_H

#include <stdint.h>

// Of this thread, allocation n (counted from 0, from now) fails; with all_later every one behind it too.
void memory_fail(uint64_t n, int all_later);

// No more failing. Answers how many were failed.
uint64_t memory_disarm(void);

// Allocations this thread has made.
uint64_t memory_allocations(void);

// Blocks of the process that were not freed.
int64_t memory_live(void);

#endif
