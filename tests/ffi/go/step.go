// The ABI from Go through cgo: a step coroutine in Go sleeps, awaits a task, and returns a value. The frame holds an
// integer, so no Go pointer crosses.
package main

/*
#include <rondo/rondo.h>

extern const rondo_coro_vtable child, parent;
*/
import "C"

import (
	"fmt"
	"os"
	"runtime"
	"unsafe"
)

func turn(frame unsafe.Pointer) int32 {
	count := (*int32)(frame)
	*count++
	return *count
}

func number(value *C.rondo_value) *int64 { return (*int64)(unsafe.Pointer(&value.as)) }

//export goChild
func goChild(frame unsafe.Pointer, io *C.rondo_step) {
	if turn(frame) == 1 {
		io.verdict = C.RONDO_STEP_SLEEP
		io.delay_ns = 1000000
		return
	}
	io.verdict = C.RONDO_STEP_RETURN
	io.out.kind = C.RONDO_I64
	*number(&io.out) = 42
}

//export goParent
func goParent(frame unsafe.Pointer, io *C.rondo_step) {
	if turn(frame) == 1 {
		if C.rondo_task_create(io.loop, &C.child, nil, nil, &io.target) == C.RONDO_OK {
			io.verdict = C.RONDO_STEP_AWAIT
		}
		return
	}
	io.verdict = C.RONDO_STEP_RETURN
	io.out.kind = C.RONDO_I64
	*number(&io.out) = *number(io.sent) + 1
}

func main() {
	runtime.LockOSThread()
	var out C.rondo_value
	status := C.rondo_run_coro(&C.parent, nil, &out, nil)
	if status != C.RONDO_OK || *number(&out) != 43 {
		fmt.Println("status", status, "result", *number(&out))
		os.Exit(1)
	}
	fmt.Println("43 from Go")
}
