/* What the C and C++ programs share: clocks, memory, and the protocol.
 *
 *     program                    prints the workloads it has, one a line
 *     program WORKLOAD N SIZE    does N operations and prints figures, one "name value" a line; more may follow
 *
 * ns: per operation, wall clock unless the workload says otherwise. bytes: resident memory per task at the peak. p50,
 * p99: lateness in ns. early: how many woke before their time. */
#ifndef RONDO_BENCH_H
#define RONDO_BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#if defined(__has_include)
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#define BENCH_COUNT_FROM_HERE CALLGRIND_ZERO_STATS
#define BENCH_COUNTED(name) CALLGRIND_DUMP_STATS_AT(name)
#endif
#endif
#ifndef BENCH_COUNTED
#define BENCH_COUNT_FROM_HERE
#define BENCH_COUNTED(name) (void)(name)
#endif

typedef struct bench_workload {
    const char *name;
    void (*run)(int64_t n, int64_t size);
} bench_workload;

static inline int64_t bench_clock(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline int64_t bench_now(void) { return bench_clock(CLOCK_MONOTONIC); }
static inline int64_t bench_cpu(void) { return bench_clock(CLOCK_PROCESS_CPUTIME_ID); }

static inline void bench_print(const char *name, double value) { printf("%s %.2f\n", name, value); }

static int64_t bench_started;
static const char *bench_running;

/* What lies between them is measured; under callgrind (guard.py) its instructions are counted. */
static inline void bench_start(void) {
    bench_started = bench_now();
    BENCH_COUNT_FROM_HERE;
}
static inline void bench_stop(int64_t n) {
    BENCH_COUNTED(bench_running);
    bench_print("ns", (double)(bench_now() - bench_started) / (double)n);
}

static inline void bench_check(int ok, const char *what) {
    if (ok) return;
    fprintf(stderr, "bench: failed: %s\n", what);
    exit(1);
}

/* ---- Memory: "VmRSS:" is what is resident now, "VmHWM:" the most there was. ---- */

static inline int64_t bench_resident(const char *what) {
    char line[128];
    int64_t kilobytes = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status)) {
        if (strncmp(line, what, strlen(what)) == 0) kilobytes = atoll(line + strlen(what));
    }
    if (status) fclose(status);
    return kilobytes * 1024;
}

static int64_t bench_resident_before;

static inline void bench_start_bytes(void) { bench_resident_before = bench_resident("VmRSS:"); }
static inline void bench_stop_bytes(int64_t n) {
    bench_print("bytes", (double)(bench_resident("VmHWM:") - bench_resident_before) / (double)n);
}

/* ---- Sleepers: n tasks whose delays are spread evenly over one second, in a shuffled order. ---- */

typedef struct bench_sleeper {
    int64_t deadline, woke;
} bench_sleeper;

typedef struct bench_sleepers {
    bench_sleeper *all; /* not counted as memory of the tasks */
    int64_t n, cpu, burst_end;
} bench_sleepers;

static inline int64_t bench_delay(int64_t i, int64_t n) { return (i * 7919 % n + 1) * (1000000000 / n); }

static inline void bench_sleepers_begin(bench_sleepers *s, int64_t n) {
    s->n = n;
    s->all = (bench_sleeper *)malloc((size_t)n * sizeof *s->all);
    memset(s->all, 1, (size_t)n * sizeof *s->all);
    s->cpu = bench_cpu();
    bench_start_bytes();
}

/* Sleeper i begins: answers its delay. */
static inline int64_t bench_sleeper_begins(bench_sleepers *s, int64_t i) {
    int64_t now = bench_now(), delay = bench_delay(i, s->n);
    s->all[i].deadline = now + delay;
    if (i == s->n - 1) s->burst_end = now;
    return delay;
}
static inline void bench_sleeper_wakes(bench_sleepers *s, int64_t i) { s->all[i].woke = bench_now(); }

static inline int bench_compare(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static inline void bench_print_percentiles(int64_t *sorted, int64_t n) {
    qsort(sorted, (size_t)n, sizeof *sorted, bench_compare);
    bench_print("p50", (double)sorted[n / 2]);
    bench_print("p99", (double)sorted[n * 99 / 100]);
}

/* Lateness is that of those due after the last one began. */
static inline void bench_sleepers_end(bench_sleepers *s) {
    int64_t cpu = bench_cpu() - s->cpu, counted = 0, early = 0;
    bench_stop_bytes(s->n);
    bench_print("ns", (double)cpu / (double)s->n);
    int64_t *late = (int64_t *)malloc((size_t)s->n * sizeof *late);
    for (int64_t i = 0; i < s->n; ++i) {
        early += s->all[i].woke < s->all[i].deadline;
        if (s->all[i].deadline > s->burst_end) late[counted++] = s->all[i].woke - s->all[i].deadline;
    }
    if (counted > 0) bench_print_percentiles(late, counted);
    bench_print("early", (double)early);
    free(late);
    free(s->all);
}

/* ---- Naps: n sleeps of 100 us, one after the other. ns is the median. ---- */

enum { BENCH_NAP = 100000 };

static inline void bench_print_naps(int64_t *durations, int64_t n) {
    int64_t early = 0;
    for (int64_t i = 0; i < n; ++i) early += durations[i] < BENCH_NAP;
    qsort(durations, (size_t)n, sizeof *durations, bench_compare);
    bench_print("ns", (double)durations[n / 2]);
    bench_print("early", (double)early);
}

/* ---- The protocol ---- */

static inline const bench_workload *bench_find(const bench_workload *workloads, size_t count, const char *name) {
    for (size_t i = 0; i < count; ++i) {
        if (strcmp(workloads[i].name, name) == 0) return &workloads[i];
    }
    fprintf(stderr, "bench: no workload '%s'\n", name);
    exit(1);
}

static inline int bench_main(int argc, char **argv, const bench_workload *workloads, size_t count) {
    for (size_t i = 0; argc < 2 && i < count; ++i) puts(workloads[i].name);
    for (int i = 1; i < argc; i += 3) {
        const bench_workload *w = bench_find(workloads, count, bench_running = argv[i]);
        w->run(i + 1 < argc ? atoll(argv[i + 1]) : 1, i + 2 < argc ? atoll(argv[i + 2]) : 1);
    }
    return 0;
}

#endif
