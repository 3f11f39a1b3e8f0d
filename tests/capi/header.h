// The prototypes of rondo.h and uv.h, read from the files themselves, so that a new function cannot be forgotten.
#ifndef RONDO_TESTS_HEADER_H
#define RONDO_TESTS_HEADER_H

#include <stddef.h>

typedef struct parameter {
    char type[96]; // "rondo_loop *"
    char name[32];
} parameter;

typedef struct prototype {
    char name[64];
    char returns[32];
    char thread[32]; // RONDO_LOOP_THREAD, RONDO_ANY_THREAD or RONDO_SIGNAL_SAFE
    size_t parameter_count;
    parameter parameters[8];
} prototype;

enum { most_prototypes = 512 };

// Answers how many there are.
size_t read_prototypes(prototype *out);

// "rondo_loop *" → "loop"; NULL when the type is no handle. rondo_task is "future".
const char *handle_kind(const char *type);

#endif
