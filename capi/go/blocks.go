package rondo

// #include "meeting.h"
import "C"

import (
	"context"
	"math"
	"runtime"
	"time"
	"unsafe"
)

const forever = math.MaxInt64

// ---- timeouts

// Timeout runs fn as a block with a deadline, d from now. When it has passed, what the block waits for fails with
// [ErrCanceled], and fn's context is done; if fn returns that error, Timeout returns an [ErrTimeout], which is a
// context.DeadlineExceeded. Only what this deadline has caused: somebody else's cancel passes.
func Timeout(ctx context.Context, d time.Duration, fn func(context.Context) error) error {
	c, err := here(ctx)
	if err != nil {
		return err
	}
	t, err := c.beginTimeout(int64(d))
	if err != nil {
		return err
	}
	s := c.enter(ctx, func() error { return c.hasExpired(t, context.DeadlineExceeded) })
	err = protect(s, fn)
	c.leave(s)
	if c.endTimeout(t, err) {
		return ErrTimeout
	}
	return rethrow(err)
}

func (c *coroutine) beginTimeout(d int64) (unsafe.Pointer, error) {
	q := c.l.request(C.REQUEST_TIMEOUT)
	q.number = C.int64_t(d)
	status, t := c.l.ask(q)
	return t, status.orNil()
}

func (c *coroutine) hasExpired(t unsafe.Pointer, err error) error {
	if c.l.askOf(C.function(C.rondo_timeout_expired), t) == 1 {
		return err
	}
	return nil
}

// endTimeout says whether it has turned the block's end into ErrTimeout.
func (c *coroutine) endTimeout(t unsafe.Pointer, body error) bool {
	q := c.l.request(C.REQUEST_CALL_STATUS)
	q.call = C.function(C.rondo_timeout_end)
	q.handle = t
	code := c.codeOf(body)
	q.number = C.int64_t(code)
	status, _ := c.l.ask(q)
	return status == ErrTimeout && code == ErrCanceled
}

// WaitFor awaits the future for at most d. Then it is cancelled, and once it has ended the error is an [ErrTimeout].
func WaitFor[T any](ctx context.Context, f *Future[T], d time.Duration) (result T, err error) {
	err = Timeout(ctx, d, func(ctx context.Context) (err error) {
		result, err = f.Await(ctx)
		return err
	})
	return result, err
}

// protect runs a block; its panic goes on behind rethrow.
func protect(ctx context.Context, fn func(context.Context) error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = newPanic(value)
		}
	}()
	return fn(ctx)
}

func rethrow(err error) error {
	if p, ok := err.(*PanicError); ok {
		panic(p)
	}
	return err
}

// ---- groups

// A Group is a block that ends when all tasks made in it have ended, see [WithGroup].
type Group struct {
	c      *coroutine
	handle unsafe.Pointer
	scope  *scope
	status Status // of entering
}

// WithGroup runs fn, which starts tasks in the group, and returns when fn and all of them have ended. The first that
// fails cancels the others, and what fn waits for; what failed comes back as one [*Error] with the code [ErrGroup], in
// which errors.Is and errors.As find each.
func WithGroup(ctx context.Context, fn func(context.Context, *Group) error) error {
	c, err := here(ctx)
	if err != nil {
		return err
	}
	status, handle := c.l.ask(c.l.request(C.REQUEST_GROUP))
	if status < 0 {
		return status
	}
	g := &Group{c: c, handle: handle}
	g.scope = c.enter(ctx, func() error {
		if c.l.askOf(C.function(C.rondo_task_group_state), handle) == C.RONDO_GROUP_ABORTING {
			return context.Canceled
		}
		return nil
	})
	err = protect(g.scope, func(ctx context.Context) error { return fn(ctx, g) })
	result := g.exit(err)
	c.leave(g.scope)
	C.rondo_task_group_release((*C.rondo_task_group)(handle))
	rethrow(err)
	return result
}

func (g *Group) exit(err error) error {
	for {
		q := g.c.l.request(C.REQUEST_GROUP_EXIT)
		q.handle = g.handle
		if err != nil {
			q.out = unsafe.Pointer(rawError(err, g.c.codeOf(err)))
		}
		status, out := g.c.l.ask(q)
		if status != 1 {
			raw := (*C.rondo_error)(out)
			return takeError(&raw, status)
		}
		err = g.c.awaitRaw(out)
	}
}

// In starts a task as a member of the group.
func In(g *Group) TaskOption { return func(o *taskOptions) { o.group = g.handle } }

// Go starts fn as a member of the group; [Go] with [In] is for one with a result.
func (g *Group) Go(fn func(context.Context) error, options ...TaskOption) *Future[struct{}] {
	member := func(ctx context.Context) (struct{}, error) { return struct{}{}, fn(ctx) }
	return Go(g.scope, member, append(options, In(g))...)
}

// Cancel ends the group early: members and block are cancelled, and the block ends without an error, unless there is
// another reason for one.
func (g *Group) Cancel() {
	g.c.disturb()
	g.c.l.askOf(C.function(C.rondo_task_group_cancel), g.handle)
}

// ---- futures over futures

// An Awaitable is a [Future] of whatever type.
type Awaitable interface{ core() *future }

func (f *future) core() *future { return f }

// raws are references to native futures, in C memory.
func (c *coroutine) raws(futures []*future) (unsafe.Pointer, error) {
	array := C.calloc(C.size_t(len(futures)+1), C.size_t(unsafe.Sizeof(uintptr(0))))
	list := unsafe.Slice((**C.rondo_future)(array), len(futures)+1)
	for i, f := range futures {
		raw, err := c.rawOf(f)
		if err != nil {
			freeRaws(array, i)
			return nil, err
		}
		list[i] = raw
	}
	return array, nil
}

func freeRaws(array unsafe.Pointer, n int) {
	for _, raw := range unsafe.Slice((**C.rondo_future)(array), n) {
		C.rondo_future_release(raw)
	}
	C.free(array)
}

// rawOf is a reference to the native future; a new one if the library has let go of it.
func (c *coroutine) rawOf(f *future) (*C.rondo_future, error) {
	defer runtime.KeepAlive(f)
	for !f.known.Load() {
		if f.raw != nil {
			return C.rondo_future_retain(f.raw), nil
		}
		if err := c.sleep(0); err != nil {
			return nil, err
		}
	}
	return c.l.ended(f)
}

// ended makes a native future that has ended as f has.
func (l *Loop) ended(f *future) (*C.rondo_future, error) {
	status, raw := l.ask(l.request(C.REQUEST_FUTURE))
	if status < 0 {
		return nil, status
	}
	q := l.request(C.REQUEST_SETTLE)
	q.handle = raw
	if f.err != nil {
		q.out = unsafe.Pointer(rawError(f.err, ErrFailed))
	} else {
		encode(f.result(), &q.value)
	}
	status, _ = l.ask(q)
	return (*C.rondo_future)(raw), status.orNil()
}

// over makes a future over futures.
func (c *coroutine) over(what, condition C.uint32_t, timeout int64, futures []*future) (unsafe.Pointer, error) {
	array, err := c.raws(futures)
	if err != nil {
		return nil, err
	}
	defer freeRaws(array, len(futures))
	q := c.l.request(what)
	q.handle, q.id = array, C.uint64_t(len(futures))
	q.condition, q.number = condition, C.int64_t(timeout)
	status, out := c.l.ask(q)
	return out, status.orNil()
}

func cores[T any](futures []*Future[T]) []*future {
	all := make([]*future, len(futures))
	for i, f := range futures {
		all[i] = &f.future
	}
	return all
}

// Gather awaits all the futures and returns their results, in order. The first that fails fails it at once; the others
// run on. When the coroutine is cancelled, so are they all.
func Gather[T any](ctx context.Context, futures ...*Future[T]) ([]T, error) {
	c, err := here(ctx)
	if err != nil {
		return nil, err
	}
	err = c.guard(ctx, func() error {
		all, err := c.over(C.REQUEST_GATHER, 0, 0, cores(futures))
		if err != nil {
			return err
		}
		return c.awaitRaw(all)
	})
	if err != nil {
		return nil, err
	}
	results := make([]T, len(futures))
	for i, f := range futures {
		if results[i], err = f.Await(c); err != nil {
			return nil, err
		}
	}
	return results, nil
}

// A Condition says when [Wait] is over.
type Condition uint32

const (
	AllCompleted   Condition = C.RONDO_ALL_COMPLETED   // when every future has ended
	FirstCompleted Condition = C.RONDO_FIRST_COMPLETED // when one has
	FirstError     Condition = C.RONDO_FIRST_EXCEPTION // when one has failed, being cancelled aside, or all have ended
)

// Wait waits until the condition holds or d has passed, which is no error; d < 0 is for ever. It leaves the futures
// alone: see [Future.Done].
func Wait(ctx context.Context, condition Condition, d time.Duration, futures ...Awaitable) error {
	c, err := here(ctx)
	if err != nil {
		return err
	}
	all := make([]*future, len(futures))
	for i, f := range futures {
		all[i] = f.core()
	}
	return c.guard(ctx, func() error {
		wait, err := c.over(C.REQUEST_WAIT, C.uint32_t(condition), orForever(d), all)
		if err != nil {
			return err
		}
		return c.awaitRaw(wait)
	})
}

func orForever(d time.Duration) int64 {
	if d < 0 {
		return forever
	}
	return int64(d)
}

// Shield is a future that ends as f does, one turn later; cancelling it, or who awaits it, leaves f running.
func Shield[T any](ctx context.Context, f *Future[T]) *Future[T] {
	c, err := here(ctx)
	if err != nil {
		return failedFuture[T](err)
	}
	if f.known.Load() {
		return f
	}
	raw, err := c.rawOf(&f.future)
	if err != nil {
		return failedFuture[T](err)
	}
	defer C.rondo_future_release(raw)
	q := c.l.request(C.REQUEST_CALL_OUT)
	q.call = C.function(C.rondo_shield)
	q.handle = unsafe.Pointer(raw)
	status, out := c.l.ask(q)
	if status < 0 {
		return failedFuture[T](status)
	}
	shield := adopt[T](c.l, (*C.rondo_future)(out))
	shield.inner = f
	return shield
}

func failedFuture[T any](err error) *Future[T] {
	f := &Future[T]{}
	f.settle(err)
	return f
}

// Completed are futures in the order in which they end, see [AsCompleted].
type Completed[T any] struct {
	iteration *Future[struct{}]
	futures   []*Future[T]
	left      int
}

// AsCompleted gives the futures in the order in which they end, all of them within d; d < 0 is for ever.
func AsCompleted[T any](ctx context.Context, d time.Duration, futures ...*Future[T]) (*Completed[T], error) {
	c, err := here(ctx)
	if err != nil {
		return nil, err
	}
	raw, err := c.over(C.REQUEST_AS_COMPLETED, 0, orForever(d), cores(futures))
	if err != nil {
		return nil, err
	}
	return &Completed[T]{adopt[struct{}](c.l, (*C.rondo_future)(raw)), futures, len(futures)}, nil
}

// Next is the next future to end; nil when there are no more. It fails with [ErrTimeout] when the time is over.
func (it *Completed[T]) Next(ctx context.Context) (*Future[T], error) {
	c, err := here(ctx)
	if err != nil {
		return nil, err
	}
	defer runtime.KeepAlive(it)
	q := c.l.request(C.REQUEST_CALL_OUT)
	q.call = C.function(C.rondo_as_completed_next)
	q.handle = unsafe.Pointer(it.iteration.raw)
	status, ticket := c.l.ask(q)
	if status <= 0 {
		return nil, status.orNil()
	}
	raw := (*C.rondo_future)(ticket)
	defer C.rondo_future_release(raw)
	C.rondo_future_retain(raw)
	if err := c.guard(ctx, func() error { return c.awaitRaw(ticket) }); err != nil {
		return nil, err
	}
	q = c.l.request(C.REQUEST_CHILD)
	q.handle = ticket
	c.l.exchange(&c.l.visitor, q)
	index := q.id
	c.l.mu.Unlock()
	return it.futures[index], nil
}
