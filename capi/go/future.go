package rondo

// #include "meeting.h"
import "C"

import (
	"context"
	"runtime"
	"sort"
	"sync/atomic"
	"unsafe"
)

// A Future is what can be awaited: a task that [Go] has started, an operation, a promise, or a future that a library in
// another language has made.
type Future[T any] struct {
	future
	value T
	inner *Future[T] // ends as that does
}

type future struct {
	holder *holder
	l      *Loop           // nil: of a loop that Go knows nothing of
	raw    *C.rondo_future // one reference; nil: not made yet, or known; guarded by l.mu
	known  atomic.Bool     // it has ended, and value and err say how
	err    error
	task   *coroutine
	result func() any // value, which Go code has set; nil: the result is raw's
	shared bool       // other languages may look at it

	operation uint64      // its number, if Go code ends it
	written   atomic.Bool // and value is set
}

// A holder gives a reference back when nobody can reach it any more. It stands alone: what leads back to itself has no
// finalizer run.
type holder struct{ raw *C.rondo_future }

func (f *future) hold(release func(*holder)) {
	f.holder = &holder{f.raw}
	runtime.SetFinalizer(f.holder, release)
}

// A TaskOption says something about a task that [Go] starts.
type TaskOption func(*taskOptions)

type taskOptions struct {
	name  string
	flags C.int64_t
	group unsafe.Pointer
}

// Name names a task, for reports and dumps.
func Name(name string) TaskOption { return func(o *taskOptions) { o.name = name } }

// Eager makes the task run to its first wait before [Go] returns.
func Eager() TaskOption { return func(o *taskOptions) { o.flags |= C.RONDO_TASK_EAGER } }

// Go starts fn as a task of the loop that runs ctx's coroutine: a goroutine that runs when its turn has come, never
// beside another coroutine of the loop. It begins in the next turn. fn's context carries ctx's values; it is done when
// the task is cancelled.
//
// As in asyncio, a task does not end with the one that started it; see [WithGroup] for one that does. But with a ctx
// that was made by context.WithCancel or the like, the task is cancelled when that is done.
func Go[T any](ctx context.Context, fn func(context.Context) (T, error), options ...TaskOption) *Future[T] {
	from, err := here(ctx)
	if err != nil {
		f := &Future[T]{}
		f.settle(err)
		return f
	}
	f := newTask(from.l, ctx, fn)
	if endsAlone(ctx) {
		f.task.watch(ctx)
	}
	from.spawn(f.task, options)
	return f
}

// GoOn starts fn as a task of the loop, from any goroutine that is no coroutine of it; [Go] is for those. On the loop's
// own thread, in a function that another language has called, the task is there at once; else in the loop's next turn.
func GoOn[T any](l *Loop, fn func(context.Context) (T, error), options ...TaskOption) *Future[T] {
	f := newTask(l, context.Background(), fn)
	l.spawn(f.task, options)
	return f
}

func newTask[T any](l *Loop, parent context.Context, fn func(context.Context) (T, error)) *Future[T] {
	f := &Future[T]{}
	f.l = l
	f.result = func() any { return f.value }
	f.task = l.newCoroutine(parent, func(c *coroutine) (err error) {
		f.value, err = fn(c)
		return err
	})
	f.task.future = &f.future
	return f
}

func (f *future) settle(err error) {
	f.err = err
	f.known.Store(true)
}

func (c *coroutine) spawnRequest(options []TaskOption) (q C.request) {
	var o taskOptions
	for _, option := range options {
		option(&o)
	}
	q = C.request{what: C.REQUEST_SPAWN, id: C.uint64_t(c.id), number: o.flags, handle: o.group}
	if o.name != "" {
		q.out = unsafe.Pointer(C.CString(o.name))
	}
	return q
}

func (from *coroutine) spawn(c *coroutine, options []TaskOption) {
	q := c.spawnRequest(options)
	name := q.out
	if q.number&C.RONDO_TASK_EAGER != 0 {
		from.nest(&q)
		c.spawned(Status(q.status), q.out)
	} else {
		c.spawned(c.l.askLike(q))
	}
	C.free(name)
}

func (l *Loop) spawn(c *coroutine, options []TaskOption) {
	q := c.spawnRequest(options)
	if C.meeting_spawn_here(l.meeting, &q) != 0 {
		c.spawned(Status(q.status), q.out)
		return
	}
	q.number &^= C.RONDO_TASK_EAGER
	if err := l.post(func(*C.rondo_call) { c.spawned(l.askLike(q)) }); err != nil {
		c.spawned(err.(Status), nil)
	}
}

// spawned is told how the request went.
func (c *coroutine) spawned(status Status, task unsafe.Pointer) {
	f := c.future
	if status < 0 {
		c.abandon()
		f.settle(status)
		return
	}
	raw := (*C.rondo_future)(task)
	c.l.mu.Lock()
	known := f.known.Load()
	if !known {
		f.raw = raw
	}
	c.l.mu.Unlock()
	switch {
	case known: // it was eager, and quick
		C.rondo_future_release(raw)
	case c.ended:
		f.failed()
	}
}

// FromRaw makes a Future of a rondo_future, made by whatever language, of the loop whose coroutines await it. It takes
// a reference of its own. Its result is converted to a T: an any is nil, a bool, an int64, a uint64, a float64, a
// string, a []byte or an unsafe.Pointer, or what Go code has put there.
func FromRaw[T any](raw unsafe.Pointer) *Future[T] {
	return adopt[T](nil, C.rondo_future_retain((*C.rondo_future)(raw)))
}

// Adopt is FromRaw for a reference that it takes over, as functions that start something return it.
func Adopt[T any](raw unsafe.Pointer) *Future[T] { return adopt[T](nil, (*C.rondo_future)(raw)) }

// adopt takes over a reference.
func adopt[T any](l *Loop, raw *C.rondo_future) *Future[T] {
	f := &Future[T]{}
	if l == nil {
		loops.Lock()
		l = loops.known[unsafe.Pointer(C.rondo_future_loop(raw))]
		loops.Unlock()
	}
	f.l, f.raw = l, raw
	f.hold(func(h *holder) { C.rondo_future_release(h.raw) })
	return f
}

// Await suspends ctx's coroutine until the future has ended, not at all if it has. It returns the result, or the error
// it ended with; if the coroutine's own task is cancelled meanwhile, so is the future, and the error is [ErrCanceled].
func (f *Future[T]) Await(ctx context.Context) (T, error) {
	var none T
	if current(ctx) == nil {
		return f.outside(ctx)
	}
	c, err := here(ctx)
	if err != nil {
		return none, err
	}
	if err := c.guard(ctx, func() error { return c.await(&f.future) }); err != nil {
		return none, err
	}
	if f.inner != nil {
		return f.inner.Await(c)
	}
	if f.known.Load() || f.written.Load() || f.result != nil {
		return f.value, nil
	}
	return convert[T](decode(c.io.sent))
}

// await is without the result, which is in c.io if the future does not know it.
func (c *coroutine) await(f *future) error {
	defer runtime.KeepAlive(f)
	for !f.known.Load() {
		if f.raw == nil { // GoOn's is on its way
			if err := c.sleep(0); err != nil {
				return err
			}
			continue
		}
		c.io.verdict = C.RONDO_STEP_AWAIT
		c.io.target = f.raw
		return c.suspend()
	}
	return f.err
}

type outcome[T any] struct {
	value T
	err   error
}

// outside awaits in a goroutine that is no coroutine: a task does, and that is told of.
func (f *Future[T]) outside(ctx context.Context) (T, error) {
	var none T
	if f.known.Load() {
		return f.value, f.err
	}
	if f.l == nil {
		return none, ErrNoTask
	}
	ended := make(chan outcome[T], 1)
	waiter := GoOn(f.l, func(ctx context.Context) (struct{}, error) {
		value, err := Shield(ctx, f).Await(ctx)
		ended <- outcome[T]{value, err}
		return struct{}{}, nil
	})
	if waiter.known.Load() && waiter.err != nil {
		return none, waiter.err
	}
	select {
	case it := <-ended:
		return it.value, it.err
	case <-ctx.Done():
		waiter.Cancel()
		return none, ctx.Err()
	}
}

// Done says whether it has ended. In a goroutine that is no coroutine it may be late to know.
func (f *Future[T]) Done() bool {
	defer runtime.KeepAlive(f)
	if f.known.Load() || f.l == nil && f.raw == nil {
		return true
	}
	if f.l == nil {
		return false
	}
	q := f.l.request(C.REQUEST_CALL)
	if q == nil {
		return false
	}
	if f.raw == nil {
		f.l.mu.Unlock()
		return f.known.Load()
	}
	q.call, q.handle = C.function(C.rondo_future_done), unsafe.Pointer(f.raw)
	status, _ := f.l.ask(q)
	return status == 1
}

// Cancel asks the future to end. A task gets [ErrCanceled] from what it waits for, in a later turn; and whether it ends
// then is up to it. Cancel may be called from any goroutine. False: it has ended already.
func (f *Future[T]) Cancel() bool { return f.cancel() }

func (f *future) cancel() bool {
	defer runtime.KeepAlive(f)
	switch {
	case f.known.Load():
		return false
	case f.l == nil:
		return C.rondo_future_cancel_threadsafe(f.raw, nil) >= 0
	case f.task != nil:
		return f.task.strike()
	}
	return f.l.cancel(func() *C.rondo_future { return f.raw })
}

func (l *Loop) cancel(find func() *C.rondo_future) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	raw := find()
	if raw == nil {
		return false
	}
	if !l.attending {
		return C.rondo_future_cancel_threadsafe(raw, nil) >= 0
	}
	if c := l.running.Load(); c != nil && c.self == raw {
		l.disturbed = true
	}
	q := l.newRequest(C.REQUEST_CANCEL)
	q.handle = unsafe.Pointer(raw)
	l.exchange(&l.visitor, q)
	return q.status == 1
}

// Raw is a rondo_future for other languages: one reference, to be given back with rondo_future_release; nil outside
// coroutines and callbacks of the loop. A result that is no number, text or bytes is opaque to them.
func (f *Future[T]) Raw() unsafe.Pointer {
	defer runtime.KeepAlive(f)
	if f.l == nil {
		return unsafe.Pointer(C.rondo_future_retain(f.raw))
	}
	f.l.mu.Lock()
	raw, attending := C.rondo_future_retain(f.raw), f.l.attending
	if raw != nil {
		f.shared = true
	}
	f.l.mu.Unlock()
	if raw == nil && attending && f.known.Load() {
		raw, _ = f.l.ended(&f.future)
	}
	return unsafe.Pointer(raw)
}

// ---- tasks that failed
//
// Whether anybody looks at a failed task is known when its Future is garbage, or its loop about to close. Then the
// library reports the error, unless it was looked at.

func (f *future) failed() {
	l := f.l
	l.mu.Lock()
	l.failures[f.raw] = l.lastFailure
	l.lastFailure++
	l.mu.Unlock()
	f.hold(func(h *holder) {
		l.mu.Lock()
		_, kept := l.failures[h.raw]
		delete(l.failures, h.raw)
		l.mu.Unlock()
		if kept {
			C.rondo_future_release(h.raw)
		}
	})
}

func (l *Loop) forgetFailures(release func(*C.rondo_future)) {
	l.mu.Lock()
	order, all := l.failures, []*C.rondo_future(nil)
	l.failures = map[*C.rondo_future]uint64{}
	l.mu.Unlock()
	for raw := range order {
		all = append(all, raw)
	}
	sort.Slice(all, func(i, j int) bool { return order[all[i]] < order[all[j]] })
	for _, raw := range all {
		release(raw)
	}
}
