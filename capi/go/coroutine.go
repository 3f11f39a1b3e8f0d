package rondo

// #include "meeting.h"
import "C"

import (
	"context"
	"errors"
	"runtime"
	"runtime/cgo"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// A coroutine is a goroutine that runs when its task is stepped, and the context its function is given.
type coroutine struct {
	strand
	signal
	l       *Loop
	parent  context.Context // for values: none of the loop's own
	body    func(*coroutine) error
	future  *future       // nil: the main coroutine of a run
	io      *C.rondo_step // the letter of the step that runs
	scopes  []*scope      // the blocks it is in, the innermost last
	started bool
	bound   bool          // to its parent's deadline
	watched chan struct{} // closed: its parent needs not be watched any more
	expired atomic.Bool   // its parent was done first
	dead    bool          // its task is gone: it unwinds
	ended   bool

	self   *C.rondo_future // between its first step and its end; guarded by l.mu
	struck bool            // cancelled before its first step; guarded by l.mu

	exited   bool // how it ended: by runtime.Goexit
	panicked *PanicError
}

func (l *Loop) newCoroutine(ctx context.Context, body func(*coroutine) error) *coroutine {
	c := &coroutine{strand: newStrand(), l: l, parent: foreign(ctx), body: body}
	c.coroutine = c
	l.enlist(&c.strand)
	return c
}

// abandon is for one that will never begin.
func (c *coroutine) abandon() {
	c.unwatch()
	c.l.dismiss(&c.strand)
}

// here is the coroutine that ctx belongs to. It must be its turn.
func here(ctx context.Context) (*coroutine, error) {
	c := current(ctx)
	switch {
	case c == nil:
		return nil, ErrNoTask
	case c.dead:
		return nil, ErrClosed
	case c.l.running.Load() != c:
		return nil, ErrThread
	}
	return c, nil
}

// ---- the goroutine

func (c *coroutine) main() {
	c.begin()
	c.l.mu.Lock()
	c.self = c.io.self
	struck := c.struck
	c.l.mu.Unlock()
	if struck {
		c.strike()
	}
	var err error
	returned := false
	defer func() {
		if !returned {
			if value := recover(); value != nil {
				c.panicked = newPanic(value)
				err = c.panicked
			} else {
				c.exited = !c.dead
				err = errExited
			}
		}
		c.finish(err)
	}()
	if err = c.outcome(); err == nil {
		err = c.body(c)
	}
	returned = true
}

var errExited = errors.New("the coroutine called runtime.Goexit")

func (c *coroutine) begin() {
	c.io = c.l.meeting.io
	c.l.running.Store(c)
	c.l.attend(true)
}

// suspend gives the turn back, with the verdict written, until the task is stepped again: how the wait ended. When the
// task is gone the goroutine unwinds.
func (c *coroutine) suspend() error {
	c.l.running.Store(nil)
	c.l.attend(false)
	if c.l.exchange(&c.strand, nil) == C.EVENT_DESTROY {
		c.dead = true
		runtime.Goexit()
	}
	c.begin()
	return c.outcome()
}

// outcome is how what the step continues from has ended.
func (c *coroutine) outcome() error {
	if c.io.status == C.RONDO_OK {
		return nil
	}
	if Status(c.io.status) == ErrCanceled {
		c.canceled()
	}
	return newError(c.io.error)
}

// nest makes a request in which other coroutines run.
func (c *coroutine) nest(q *C.request) {
	io := c.io
	c.l.running.Store(nil)
	c.l.attend(false)
	c.l.exchangeNested(&c.strand, q)
	c.l.meeting.io = io
	c.begin()
	c.disturb()
}

// disturb notes that the task may be cancelled in the step that runs, and so not end as its function does.
func (c *coroutine) disturb() {
	c.l.mu.Lock()
	c.l.disturbed = true
	c.l.mu.Unlock()
}

func (c *coroutine) finish(err error) {
	code := c.codeOf(err)
	c.unwatch()
	c.end(context.Canceled)
	l, f := c.l, c.future
	l.running.Store(nil)
	l.mu.Lock()
	l.attending = false
	c.self = nil
	c.ended = true
	failed, shared := false, false
	if f != nil {
		shared = f.shared
		if err == nil && !l.disturbed && !c.dead {
			l.meeting.spare, f.raw = f.raw, nil
			f.known.Store(true)
		} else {
			failed = f.raw != nil
		}
	}
	l.mu.Unlock()
	if failed {
		f.failed()
	}
	switch {
	case c.dead:
	case err != nil:
		c.io.verdict = C.RONDO_STEP_RAISE
		c.io.out_error = rawError(err, code)
	default:
		c.io.verdict = C.RONDO_STEP_RETURN
		if shared {
			encode(f.result(), &c.io.out)
		}
	}
	c.leaves = true
	l.dismiss(&c.strand)
	l.exchange(&c.strand, nil)
}

// codeOf is the code of an error that ends the coroutine or a block of it.
func (c *coroutine) codeOf(err error) Status {
	var code Status
	switch {
	case err == nil:
		return 0
	case errors.Is(err, ErrCanceled), errors.Is(err, context.Canceled) && c.Err() != nil:
		return ErrCanceled
	case errors.As(err, &code):
		return code
	case errors.Is(err, context.DeadlineExceeded):
		return ErrTimeout
	}
	return ErrFailed
}

// strike cancels the task, from any goroutine; before its first step, when that comes.
func (c *coroutine) strike() bool {
	early := false
	accepted := c.l.cancel(func() *C.rondo_future {
		if c.self != nil {
			return c.self
		}
		if f := c.future; f != nil && f.raw != nil {
			return f.raw
		}
		early = !c.ended
		c.struck = early
		return nil
	})
	return accepted || early
}

// ---- waiting

// Sleep suspends the coroutine for d, never less. It fails with [ErrCanceled] when its task is cancelled.
func Sleep(ctx context.Context, d time.Duration) error {
	c, err := here(ctx)
	if err != nil {
		return err
	}
	return c.guard(ctx, func() error { return c.sleep(d) })
}

func (c *coroutine) sleep(d time.Duration) error {
	c.io.verdict = C.RONDO_STEP_SLEEP
	c.io.delay_ns = C.int64_t(d)
	return c.suspend()
}

// Yield lets the others run for one turn.
func Yield(ctx context.Context) error { return Sleep(ctx, 0) }

// awaitRaw waits for an operation, whose reference it takes over.
func (c *coroutine) awaitRaw(raw unsafe.Pointer) error {
	c.io.verdict = C.RONDO_STEP_AWAIT
	c.io.target = (*C.rondo_future)(raw)
	c.l.meeting.spare = c.io.target
	return c.suspend()
}

// Cancelling is how many requests to cancel ctx's task are not undone by [Uncancel].
func Cancelling(ctx context.Context) int { return count(ctx, C.function(C.rondo_task_cancelling)) }

// Uncancel undoes one request to cancel ctx's task, for who has caught [ErrCanceled] and goes on, and returns how many
// are left. A context that is done stays so.
func Uncancel(ctx context.Context) int { return count(ctx, C.function(C.rondo_task_uncancel)) }

func count(ctx context.Context, call C.function) int {
	c, err := here(ctx)
	if err != nil {
		return 0
	}
	return int(c.l.askOf(call, unsafe.Pointer(c.io.self)))
}

// OnThread calls fn on the loop's own thread and waits for it to return: the place to call C functions that must be
// called there, as most that take or return a rondo_future. fn must not wait for anything of the loop.
func OnThread(ctx context.Context, fn func()) error {
	c, err := here(ctx)
	if err != nil {
		return err
	}
	call := &call{fn: fn}
	handle := cgo.NewHandle(call)
	defer handle.Delete()
	c.nest(&C.request{what: C.REQUEST_GO, id: C.uint64_t(handle)})
	call.Lock()
	defer call.Unlock()
	if call.panicked != nil {
		panic(call.panicked)
	}
	return nil
}

type call struct {
	sync.Mutex // tells the race detector what comes first
	fn         func()
	panicked   *PanicError
}

//export goCall
func goCall(handle C.uint64_t) {
	call := cgo.Handle(handle).Value().(*call)
	call.Lock()
	defer call.Unlock()
	defer func() {
		if value := recover(); value != nil {
			call.panicked = newPanic(value)
		}
	}()
	call.fn()
}

func newPanic(value any) *PanicError {
	if again, ok := value.(*PanicError); ok {
		return again
	}
	return &PanicError{value, debug.Stack()}
}
