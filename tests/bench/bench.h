/* What the C and C++ benchmark programs share: the clock and the line they print. */
#ifndef RONDO_BENCH_H
#define RONDO_BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <time.h>

static inline double bench_now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* workload <tab> kind <tab> ns per operation */
static inline void bench_line(const char *workload, const char *kind, double total_ns, double operations) {
    printf("%s\t%s\t%.2f\n", workload, kind, total_ns / operations);
    fflush(stdout);
}

enum {
    BENCH_SWITCHES = 2000000, /* per task, two tasks */
    BENCH_SPAWNS = 1000000,
    BENCH_GATHER = 1000000,
    BENCH_RUNS = 500000
};

#endif
