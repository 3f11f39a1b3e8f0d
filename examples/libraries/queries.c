/* SQLite through the thread pool. A query is a job; the fiber that asks awaits its future like any other, three at once
 * here. A query that nobody awaits any more is interrupted: SQLite looks up from its work every few thousand
 * instructions and asks whether it still is. */
#include <rondo/rondo.h>

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/queries-XXXXXX";
static atomic_int at_work;

static int unwanted(void *job) { return rondo_job_cancelled(job) == 1; }

/* Runs in a thread of the pool: opens the database, answers with the first column of the first row. */
static rondo_status ask(void *sql, rondo_job *job, rondo_value *result) {
    atomic_fetch_add(&at_work, 1);
    sqlite3 *db = NULL;
    sqlite3_stmt *query = NULL;
    rondo_status s = RONDO_OK;
    int code = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL);
    if (code == SQLITE_OK) {
        sqlite3_progress_handler(db, 4000, unwanted, job);
        code = sqlite3_prepare_v2(db, sql, -1, &query, NULL);
    }
    if (code == SQLITE_OK) code = sqlite3_step(query);
    if (code == SQLITE_ROW) {
        s = rondo_value_copy(RONDO_STR, sqlite3_column_text(query, 0), (size_t)sqlite3_column_bytes(query, 0), result);
    } else if (code == SQLITE_INTERRUPT) {
        s = RONDO_ECANCELED;
    } else if (code != SQLITE_DONE) {
        s = rondo_job_fail(job, RONDO_EFAILED, sqlite3_errmsg(db));
    }
    sqlite3_finalize(query);
    sqlite3_close(db);
    atomic_fetch_sub(&at_work, 1);
    return s;
}

static rondo_future *query(const char *sql) {
    rondo_future *answer = NULL;
    rondo_to_thread(NULL, ask, (void *)sql, NULL, &answer);
    return answer;
}

static rondo_status fill(void *arg, rondo_job *job, rondo_value *result) {
    (void)arg, (void)result;
    sqlite3 *db = NULL;
    int code = sqlite3_open(path, &db);
    if (code == SQLITE_OK) {
        code = sqlite3_exec(db,
                            "create table parcel (id integer primary key, city text, grams integer);"
                            "with recursive n(i) as (select 1 union all select i + 1 from n where i < 30000)"
                            "insert into parcel (city, grams) select case i % 3 when 0 then 'Oslo' when 1 then 'Rome' "
                            "else 'Bern' end, i % 1000 from n",
                            NULL, NULL, NULL);
    }
    rondo_status s = code == SQLITE_OK ? RONDO_OK : rondo_job_fail(job, RONDO_EFAILED, sqlite3_errmsg(db));
    sqlite3_close(db);
    return s;
}

static rondo_status side_by_side(void) {
    const char *questions[] = {
        "select count(*) || ' parcels' from parcel",
        "select group_concat(city, ', ') from (select distinct city from parcel order by city)",
        "select city || ' gets ' || (sum(grams) / 1000) || ' kg' from parcel group by city order by sum(grams) desc",
    };
    rondo_future *answers[3], *all;
    for (int i = 0; i < 3; ++i) answers[i] = query(questions[i]);
    rondo_status s = rondo_gather(NULL, answers, 3, 0, &all);
    if (s == RONDO_OK) s = rondo_await_release(all, NULL);
    for (int i = 0; i < 3; ++i) {
        rondo_value text;
        if (s == RONDO_OK && rondo_await(answers[i], &text) == RONDO_OK) printf("%s\n", (char *)text.as.ptr);
        rondo_future_release(answers[i]);
    }
    return s;
}

static rondo_status too_long(void) {
    rondo_timeout *limit;
    rondo_status s = rondo_timeout_begin(RONDO_MS(50), &limit);
    if (s < 0) return s;
    s = rondo_await_release(query("with recursive n(i) as (select 1 union all select i + 1 from n)"
                                  "select max(i) from n"), NULL);
    return rondo_timeout_end(limit, s);
}

static rondo_status report(void *arg, rondo_value *result) {
    (void)arg, (void)result;
    rondo_future *filled;
    rondo_status s = rondo_to_thread(NULL, fill, NULL, NULL, &filled);
    if (s == RONDO_OK) s = rondo_await_release(filled, NULL);
    if (s == RONDO_OK) s = side_by_side();
    if (s < 0) return s;
    if (rondo_await_release(query("select * from letter"), NULL) == RONDO_EFAILED)
        printf("about letters: %s\n", rondo_error_message(rondo_fiber_error()));
    printf("an endless query: %s\n", rondo_strerror(too_long()));
    return RONDO_OK;
}

int main(void) {
    int fd = mkstemp(path);
    if (fd < 0) return 1;
    close(fd);
    rondo_error *err = NULL;
    rondo_status s = rondo_run(report, NULL, NULL, &err); /* ends when the threads of its pool have */
    printf("queries at work: %d\n", at_work);
    if (s < 0) fprintf(stderr, "%s\n", rondo_error_message(err));
    rondo_error_release(err);
    unlink(path);
    return s == RONDO_OK ? 0 : 1;
}
