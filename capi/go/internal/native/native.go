// Package native is a C library that speaks rondo, for the tests.
package native

/*
#cgo pkg-config: rondo
#include <rondo/rondo.h>
#include <stdlib.h>
#include <string.h>

static rondo_status slow_double(void *arg, rondo_value *result) {
    int64_t n = (int64_t)(intptr_t)arg;
    rondo_status s = rondo_sleep(RONDO_MS(1));
    if (s < 0) return s;
    if (n < 0) return rondo_fail(RONDO_EFAILED, "negative");
    *result = rondo_i64(2 * n);
    return RONDO_OK;
}

static rondo_future *double_later(int64_t n) {
    rondo_task *task = NULL;
    rondo_fiber_create(NULL, slow_double, (void *)(intptr_t)n, NULL, &task);
    return task;
}

static void set(void *future, rondo_call *call) {
    rondo_value value = rondo_i64(1);
    (void)call;
    rondo_future_set_result(future, &value);
    rondo_future_release(future);
}

static rondo_future *one_turn_later(void) {
    rondo_future *future = rondo_future_new(NULL);
    rondo_loop_call_soon(NULL, set, rondo_future_retain(future), NULL, NULL);
    return future;
}

static rondo_status await_it(void *arg, rondo_value *result) {
    rondo_value view;
    rondo_status s = rondo_await(arg, &view);
    if (s == RONDO_OK) *result = view.drop ? rondo_i64((int64_t)view.len) : view;
    rondo_future_release(arg);
    return s;
}

static rondo_future *forward(rondo_future *f) {
    rondo_task *task = NULL;
    rondo_fiber_create(NULL, await_it, f, NULL, &task);
    return task;
}

static void text(rondo_future *f, uint32_t kind, const char *bytes, size_t len) {
    rondo_value value;
    rondo_value_copy(kind, bytes, len, &value);
    rondo_future_set_result(f, &value);
}
static void number(rondo_future *f, uint32_t kind, uint64_t bits) {
    rondo_value value = rondo_none();
    value.kind = kind;
    value.as.u64 = bits;
    rondo_future_set_result(f, &value);
}
*/
import "C"

import (
	"math"
	"unsafe"
)

// Double is a fiber that returns 2n after a while, or fails with "negative".
func Double(n int64) unsafe.Pointer { return unsafe.Pointer(C.double_later(C.int64_t(n))) }

// Soon is a future that a callback ends in the next turn.
func Soon() unsafe.Pointer { return unsafe.Pointer(C.one_turn_later()) }

// Forward is a fiber that awaits the future, whose reference it takes over, and returns what it does.
func Forward(future unsafe.Pointer) unsafe.Pointer {
	return unsafe.Pointer(C.forward((*C.rondo_future)(future)))
}

// New is a pending future.
func New() unsafe.Pointer { return unsafe.Pointer(C.rondo_future_new(nil)) }

// Release gives a reference back.
func Release(future unsafe.Pointer) { C.rondo_future_release((*C.rondo_future)(future)) }

// Done says whether the future has ended.
func Done(future unsafe.Pointer) bool { return C.rondo_future_done((*C.rondo_future)(future)) == 1 }

// Set ends the future with a value of one of the library's kinds.
func Set(future unsafe.Pointer, value any) {
	f := (*C.rondo_future)(future)
	switch v := value.(type) {
	case nil:
		C.number(f, C.RONDO_NONE, 0)
	case bool:
		var bit C.uint64_t
		if v {
			bit = 1
		}
		C.number(f, C.RONDO_BOOL, bit)
	case int64:
		C.number(f, C.RONDO_I64, C.uint64_t(v))
	case uint64:
		C.number(f, C.RONDO_U64, C.uint64_t(v))
	case float64:
		C.number(f, C.RONDO_F64, C.uint64_t(math.Float64bits(v)))
	case string:
		text := C.CString(v)
		C.text(f, C.RONDO_STR, text, C.size_t(len(v)))
		C.free(unsafe.Pointer(text))
	case []byte:
		bytes := C.CBytes(v)
		C.text(f, C.RONDO_BYTES, (*C.char)(bytes), C.size_t(len(v)))
		C.free(bytes)
	}
}

// Fail ends it with an error.
func Fail(future unsafe.Pointer, code int32, message string) {
	text := C.CString(message)
	defer C.free(unsafe.Pointer(text))
	err := C.rondo_error_new(C.rondo_status(code), text)
	C.rondo_future_set_error((*C.rondo_future)(future), err)
	C.rondo_error_release(err)
}

// Alive is how many futures and tasks of the loop that runs here hold memory.
func Alive() int {
	stats := C.rondo_loop_stats{size: C.sizeof_rondo_loop_stats}
	C.rondo_loop_get_stats(C.rondo_loop_running(), &stats)
	return int(stats.futures)
}

// A Loop is run by C, in the calling thread: what turn does in every turn, until it says false.
func Loop(begin func(loop unsafe.Pointer), more func() bool) {
	var loop *C.rondo_loop
	C.rondo_loop_create(nil, &loop)
	begin(unsafe.Pointer(loop))
	for more() {
		C.rondo_loop_run_once(loop, 1000000)
	}
	C.rondo_loop_close(loop)
	C.rondo_loop_release(loop)
}
