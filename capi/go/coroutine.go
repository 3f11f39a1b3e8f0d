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
	"time"
	"unsafe"
)

// A coroutine is a goroutine that runs when its task is stepped, and the context its function is given.
type coroutine struct {
	strand
	l         *Loop
	parent    context.Context
	body      func(*coroutine) error
	io        *C.rondo_step   // the letter of the step that runs
	self      *C.rondo_future // while it runs or will; guarded by l.mu
	future    *future         // nil: of a run
	started   bool
	bound     bool // to its parent's deadline
	ended     bool
	struck    bool // cancelled before its first step; guarded by l.mu
	disturbed bool // it may have been cancelled in the step that runs
	dead      bool // its task is gone: it unwinds
	exited    bool // it called runtime.Goexit
	panicked  *PanicError

	lock sync.Mutex // guards what follows
	done chan struct{}
	err  error
}

type coroutineKey struct{}

func (l *Loop) newCoroutine(parent context.Context, body func(*coroutine) error) *coroutine {
	c := &coroutine{strand: newStrand(), l: l, parent: parent, body: body}
	c.coroutine = c
	l.enlist(&c.strand)
	return c
}

// current is the coroutine that ctx belongs to, or nil.
func current(ctx context.Context) *coroutine {
	if c, ok := ctx.(*coroutine); ok {
		return c
	}
	c, _ := ctx.Value(coroutineKey{}).(*coroutine)
	return c
}

// ---- as a context

func (c *coroutine) Deadline() (deadline time.Time, ok bool) {
	if c.bound {
		return c.parent.Deadline()
	}
	return
}

func (c *coroutine) Done() <-chan struct{} {
	c.lock.Lock()
	defer c.lock.Unlock()
	if c.done == nil {
		c.done = make(chan struct{})
		if c.err != nil {
			close(c.done)
		}
	}
	return c.done
}

func (c *coroutine) Err() error {
	c.lock.Lock()
	defer c.lock.Unlock()
	return c.err
}

func (c *coroutine) Value(key any) any {
	if key == (coroutineKey{}) {
		return c
	}
	return c.parent.Value(key)
}

func (c *coroutine) end(err error) {
	c.lock.Lock()
	defer c.lock.Unlock()
	if c.err != nil {
		return
	}
	c.err = err
	if c.done != nil {
		close(c.done)
	}
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
				c.panicked = &PanicError{value, debug.Stack()}
				err = c.panicked
			} else {
				c.exited = !c.dead
				err = errExited
			}
		}
		c.finish(err)
	}()
	err = c.body(c)
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
func (c *coroutine) suspend() Status {
	c.l.running.Store(nil)
	c.l.attend(false)
	if c.l.exchange(&c.strand, nil) == C.EVENT_DESTROY {
		c.dead = true
		runtime.Goexit()
	}
	c.begin()
	return Status(c.io.status)
}

// raised is what the last wait failed with.
func (c *coroutine) raised() error {
	err := newError(c.io.error)
	if Status(c.io.status) == ErrCanceled && c.l.askOf(C.REQUEST_CANCELLING, unsafe.Pointer(c.self)) > 0 {
		c.end(context.Canceled)
	}
	return err
}

func (c *coroutine) finish(err error) {
	l := c.l
	if !c.dead {
		c.verdict(err)
	}
	c.end(context.Canceled)
	c.ended = true
	l.running.Store(nil)
	l.mu.Lock()
	c.self = nil
	l.attending = false
	if f := c.future; f != nil {
		if err == nil && !c.disturbed && !c.dead {
			l.meeting.spare, f.raw = f.raw, nil
			f.known.Store(true)
		} else if f.raw != nil {
			defer f.failed()
		}
	}
	l.mu.Unlock()
	c.leaves = true
	l.dismiss(&c.strand)
	l.exchange(&c.strand, nil)
}

func (c *coroutine) verdict(err error) {
	switch {
	case err == nil:
		c.io.verdict = C.RONDO_STEP_RETURN
		if c.future != nil && c.future.shared {
			encode(c.future.result(), &c.io.out)
		}
	case errors.Is(err, ErrCanceled), errors.Is(err, context.Canceled) && c.Err() != nil:
		c.io.verdict = C.RONDO_STEP_CANCELLED
		c.io.out_error = rawError(err, ErrCanceled)
	default:
		c.io.verdict = C.RONDO_STEP_RAISE
		c.io.out_error = rawError(err, codeOf(err))
	}
}

// strike cancels the task, from any goroutine; before its first step, when that comes.
func (c *coroutine) strike() bool {
	return c.l.cancel(func() *C.rondo_future {
		if c.self != nil {
			return c.self
		}
		if f := c.future; f != nil && f.raw != nil {
			return f.raw
		}
		c.struck = !c.ended
		return nil
	})
}

func codeOf(err error) Status {
	code := ErrFailed
	if errors.As(err, &code) && code == ErrCanceled {
		code = ErrFailed
	}
	return code
}

// ---- waiting

// here is the coroutine that ctx belongs to, if it is its turn.
func here(ctx context.Context) (*coroutine, error) {
	c := current(ctx)
	if c == nil {
		return nil, ErrNoTask
	}
	if c.dead {
		return nil, ErrClosed
	}
	if c.l.running.Load() != c {
		return nil, ErrThread
	}
	return c, nil
}

// Sleep suspends the coroutine for d, never less. It fails with [ErrCanceled] when its task is cancelled.
func Sleep(ctx context.Context, d time.Duration) error {
	c, err := here(ctx)
	if err != nil {
		return err
	}
	return c.sleep(d)
}

func (c *coroutine) sleep(d time.Duration) error {
	c.io.verdict = C.RONDO_STEP_SLEEP
	c.io.delay_ns = C.int64_t(d)
	if c.suspend() < 0 {
		return c.raised()
	}
	return nil
}

// nest makes a request in which other coroutines run.
func (c *coroutine) nest(q *C.request) {
	io := c.io
	c.l.running.Store(nil)
	c.l.attend(false)
	c.l.exchangeNested(&c.strand, q)
	c.l.meeting.io = io
	c.disturbed = true
	c.begin()
}

// Yield lets the others run for one turn.
func Yield(ctx context.Context) error { return Sleep(ctx, 0) }

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
	sync.Mutex
	fn       func()
	panicked *PanicError
}

//export goCall
func goCall(handle C.uint64_t) {
	call := cgo.Handle(handle).Value().(*call)
	call.Lock()
	defer call.Unlock()
	defer func() {
		if value := recover(); value != nil {
			call.panicked = &PanicError{value, debug.Stack()}
		}
	}()
	call.fn()
}
