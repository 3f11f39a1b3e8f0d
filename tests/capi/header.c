#include "header.h"

#include "kit.h"

#include <ctype.h>
#include <stdlib.h>

static char *read_file(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) kit_fail(path, 0, "the header can be read");
    enum { capacity = 1 << 18 };
    char *text = malloc(capacity);
    size_t length = fread(text, 1, capacity - 1, file);
    text[length] = '\0';
    fclose(file);
    return text;
}

static void blank(char *from, const char *to) {
    for (; from < to; ++from) *from = ' ';
}

static void blank_comments(char *text) {
    while ((text = strstr(text, "/*"))) {
        char *end = strstr(text, "*/");
        CHECK(end != NULL);
        blank(text, end + 2);
    }
}

static void blank_directives(char *text) {
    for (char *line = text; line && *line;) {
        char *end = strchr(line, '\n');
        if (*line == '#') blank(line, end);
        line = end ? end + 1 : NULL;
    }
}

// Copies without blanks at the ends, and with single ones inside.
static void tidy(char *to, size_t capacity, const char *from, const char *end) {
    size_t length = 0;
    for (; from < end; ++from) {
        char c = isspace((unsigned char)*from) ? ' ' : *from;
        if (c == ' ' && (length == 0 || to[length - 1] == ' ')) continue;
        CHECK(length + 1 < capacity);
        to[length++] = c;
    }
    if (length && to[length - 1] == ' ') --length;
    to[length] = '\0';
}

static int in_name(char c) { return isalnum((unsigned char)c) || c == '_'; }

// Splits "const rondo_loop *loop" before its last word.
static void split_declarator(const char *text, char *type, size_t type_capacity, char *name, size_t name_capacity) {
    const char *end = text + strlen(text);
    const char *at = end;
    while (at > text && in_name(at[-1])) --at;
    tidy(name, name_capacity, at, end);
    tidy(type, type_capacity, text, at);
}

// The parenthesis that ends what `open` begins.
static const char *matching(const char *open) {
    int depth = 0;
    for (;; ++open) {
        depth += (*open == '(') - (*open == ')');
        CHECK(*open);
        if (depth == 0) return open;
    }
}

static const char *end_of_parameter(const char *from, const char *end) {
    for (; from < end && *from != ','; ++from) {
        if (*from == '(') from = matching(from);
    }
    return from;
}

static void read_parameters(prototype *out, const char *from, const char *end) {
    while (from < end) {
        const char *stop = end_of_parameter(from, end);
        char text[128];
        tidy(text, sizeof text, from, stop);
        if (strcmp(text, "void") != 0) {
            CHECK(out->parameter_count < sizeof out->parameters / sizeof out->parameters[0]);
            parameter *p = &out->parameters[out->parameter_count++];
            split_declarator(text, p->type, sizeof p->type, p->name, sizeof p->name);
        }
        from = stop + 1;
    }
}

static size_t read_prototypes_of(const char *path, prototype *out, size_t count) {
    char *text = read_file(path);
    blank_comments(text);
    blank_directives(text);
    const char *marker = "RONDO_API ";
    for (char *at = text; (at = strstr(at, marker));) {
        at += strlen(marker);
        char *open = strchr(at, '(');
        const char *close = matching(open);
        char *end = strchr(close, ';');
        CHECK(count < most_prototypes);
        prototype *p = &out[count++];
        memset(p, 0, sizeof *p);
        char declarator[128];
        tidy(declarator, sizeof declarator, at, open);
        split_declarator(declarator, p->returns, sizeof p->returns, p->name, sizeof p->name);
        read_parameters(p, open + 1, close);
        tidy(p->thread, sizeof p->thread, close + 1, end);
        at = end;
    }
    free(text);
    return count;
}

size_t read_prototypes(prototype *out) {
    size_t count = read_prototypes_of(RONDO_INCLUDE_DIR "/rondo/rondo.h", out, 0);
    count = read_prototypes_of(RONDO_INCLUDE_DIR "/rondo/uv.h", out, count);
    CHECK(count > 100);
    return count;
}

const char *handle_kind(const char *type) {
    static const char *const kinds[] = {"runner", "loop",  "future", "handle", "waker", "error",
                                        "context", "ctxvar", "token",  "ring", "timeout", "task_group",
                                        "generator", "finalizer", "lock", "event", "condition", "semaphore", "barrier",
                                        "queue", "channel", "executor", "submission"};
    char handle[48];
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; ++i) {
        snprintf(handle, sizeof handle, "rondo_%s *", kinds[i]);
        if (strcmp(type, handle) == 0) return kinds[i];
        snprintf(handle, sizeof handle, "const rondo_%s *", kinds[i]);
        if (strcmp(type, handle) == 0) return kinds[i];
    }
    if (strcmp(type, "rondo_task *") == 0 || strcmp(type, "const rondo_task *") == 0) return "future";
    return NULL;
}
