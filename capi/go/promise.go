package rondo

// #include "meeting.h"
import "C"

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"unsafe"
)

// A Promise is a Future that [Promise.Resolve] or [Promise.Reject] ends.
type Promise[T any] struct {
	*Future[T]
	claimed atomic.Bool
}

// NewPromise makes one of the loop of ctx's coroutine.
func NewPromise[T any](ctx context.Context) (*Promise[T], error) {
	c, err := here(ctx)
	if err != nil {
		return nil, err
	}
	f, err := newOperation[T](c, nil)
	if err != nil {
		return nil, err
	}
	return &Promise[T]{Future: f}, nil
}

// Resolve ends the future with a result: at once in a coroutine, in the loop's next turn elsewhere. It may be called
// from any goroutine. It fails with [ErrState] if the future has ended, [ErrClosed] if the loop has.
func (p *Promise[T]) Resolve(value T) error { return p.end(value, nil) }

// Reject ends the future with an error, in the same way.
func (p *Promise[T]) Reject(err error) error {
	var none T
	if err == nil {
		return ErrInvalid
	}
	return p.end(none, err)
}

func (p *Promise[T]) end(value T, err error) error {
	if !p.claimed.CompareAndSwap(false, true) {
		return ErrState
	}
	return p.finish(value, err)
}

// ---- operations: futures that Go code ends

// newOperation makes one; cancel, if not nil, is called when somebody wants to cancel it, must not wait, and says how
// that goes: RONDO_CANCEL_.
func newOperation[T any](c *coroutine, cancel func() C.uint32_t) (*Future[T], error) {
	l := c.l
	var id uint64
	if cancel != nil {
		l.table.Lock()
		l.lastID++
		id = l.lastID
		l.operations[id] = cancel
		l.table.Unlock()
	}
	q := l.request(C.REQUEST_FUTURE)
	q.id = C.uint64_t(id)
	status, raw := l.ask(q)
	if status < 0 {
		return nil, status
	}
	f := adopt[T](l, (*C.rondo_future)(raw))
	f.operation = id
	f.result = func() any { return f.value }
	return f, nil
}

func (l *Loop) cancelOperation(id uint64) {
	l.table.Lock()
	cancel := l.operations[id]
	l.table.Unlock()
	if cancel != nil {
		l.meeting.cancel = cancel()
	}
}

// finish ends an operation, from any goroutine; once.
func (f *Future[T]) finish(value T, err error) error {
	l := f.l
	l.table.Lock()
	delete(l.operations, f.operation)
	l.table.Unlock()
	f.value = value
	f.written.Store(true)
	var out C.rondo_value
	var raised *C.rondo_error
	if err == nil {
		encode(value, &out)
	} else {
		code := ErrFailed
		errors.As(err, &code)
		raised = rawError(err, code)
	}
	defer runtime.KeepAlive(f)
	if q := l.request(C.REQUEST_SETTLE); q != nil {
		q.handle, q.out, q.value = unsafe.Pointer(f.raw), unsafe.Pointer(raised), out
		status, _ := l.ask(q)
		return status.orNil()
	}
	return Status(C.meeting_settle(l.meeting, C.rondo_future_retain(f.raw), &out, raised)).orNil()
}

// ---- goroutines beside the loop

// ToThread runs fn in a goroutine of its own, beside the loop: for work that blocks or computes. fn's context carries
// ctx's values; it is done when nobody awaits the result any more. A closing [Runner] waits for fn to return.
func ToThread[T any](ctx context.Context, fn func(context.Context) (T, error)) *Future[T] {
	c, err := here(ctx)
	if err != nil {
		return failedFuture[T](err)
	}
	job, cancel := context.WithCancel(values{foreign(ctx)})
	f, err := newOperation[T](c, func() C.uint32_t {
		cancel()
		return C.RONDO_CANCEL_NOW
	})
	if err != nil {
		cancel()
		return failedFuture[T](err)
	}
	c.l.jobs.Add(1)
	go func() {
		defer c.l.jobs.Done()
		defer cancel()
		value, err := runJob(job, fn)
		f.finish(value, err)
	}()
	return f
}

func runJob[T any](ctx context.Context, fn func(context.Context) (T, error)) (value T, err error) {
	err = errExited
	defer func() {
		if p := recover(); p != nil {
			err = newPanic(p)
		}
	}()
	return fn(ctx)
}

// values is a context of nothing but the values that are not a coroutine's.
type values struct{ context.Context }

func (values) Done() <-chan struct{} { return nil }
func (values) Err() error            { return nil }
func (v values) Value(key any) any {
	switch key {
	case coroutineKey{}, ownKey{}:
		return nil
	}
	return v.Context.Value(key)
}

// Receive receives from a Go channel while the loop goes on. ok is false when the channel is closed. A value that is
// there already is taken without waiting; none is lost when the coroutine is cancelled.
func Receive[T any](ctx context.Context, channel <-chan T) (value T, ok bool, err error) {
	select {
	case value, ok = <-channel:
		_, err = here(ctx)
		return
	default:
	}
	err = besides(ctx, func(stop <-chan struct{}) bool {
		select {
		case value, ok = <-channel:
			return true
		case <-stop:
			return false
		}
	})
	return
}

// Send sends to a Go channel while the loop goes on.
func Send[T any](ctx context.Context, channel chan<- T, value T) error {
	select {
	case channel <- value:
		_, err := here(ctx)
		return err
	default:
	}
	return besides(ctx, func(stop <-chan struct{}) bool {
		select {
		case channel <- value:
			return true
		case <-stop:
			return false
		}
	})
}

// besides awaits a goroutine that runs do, which returns false when it was stopped and has done nothing.
func besides(ctx context.Context, do func(stop <-chan struct{}) bool) error {
	c, err := here(ctx)
	if err != nil {
		return err
	}
	return c.guard(ctx, func() error {
		stop := make(chan struct{})
		stopped := false
		f, err := newOperation[bool](c, func() C.uint32_t {
			if !stopped {
				stopped = true
				close(stop)
			}
			return C.RONDO_CANCEL_LATER
		})
		if err != nil {
			return err
		}
		go func() {
			if do(stop) {
				f.finish(true, nil)
			} else {
				f.finish(false, ErrCanceled)
			}
		}()
		err = c.await(&f.future)
		if !f.written.Load() || !f.value {
			return err
		}
		if stopped || err != nil { // the cancel came too late: it strikes at the next wait
			c.strike()
			c.l.askOf(C.function(C.rondo_task_uncancel), unsafe.Pointer(c.io.self))
		}
		return nil
	})
}
