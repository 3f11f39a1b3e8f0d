package rondo

// #include "meeting.h"
import "C"

import (
	"context"
	"errors"
	"math"
	"runtime"
	"sync"
	"time"
	"unsafe"
)

// Options of a [Runner]. The zero value is a good choice.
type Options struct {
	// Debug switches the library's debug mode on, as RONDO_DEBUG in the environment does.
	Debug bool
	// VirtualClock makes time stand still while any coroutine can run and jump when all sleep. For tests.
	VirtualClock bool
	// ShuffleSeed, if not 0, runs every turn of the loop in a random order that depends on the seed alone. For tests.
	ShuffleSeed uint64
	// ReportEarly reports an error that nobody waits for in the turn after it happened.
	ReportEarly bool
	// Handler hears of failures that nobody awaits. nil: they go to the standard logger.
	Handler func(Report)
}

func (o *Options) flags() (flags C.int64_t) {
	if o.Debug {
		flags |= C.RONDO_LOOP_DEBUG
	}
	if o.VirtualClock {
		flags |= C.RONDO_LOOP_VIRTUAL_CLOCK
	}
	if o.ReportEarly {
		flags |= C.RONDO_LOOP_REPORT_EARLY
	}
	return flags
}

// A Runner owns a loop and a thread for it, and runs main coroutines on it, one after another. Close it when it is not
// needed any more. It may be used from any goroutine, for one thing at a time: Run
// and Close fail with [ErrRunning] during a run.
type Runner struct {
	loop   *Loop
	ended  chan struct{} // the loop's thread has
	runs   sync.Mutex    // one run or close at a time
	closed bool
}

// NewRunner starts a loop in a thread of its own.
func NewRunner(options Options) (*Runner, error) {
	l, err := newLoop(options.Handler)
	if err != nil {
		return nil, err
	}
	r := &Runner{loop: l, ended: make(chan struct{})}
	go r.serve()
	status, _ := r.order(C.request{what: C.REQUEST_OPEN, number: options.flags(), id: C.uint64_t(options.ShuffleSeed)})
	if status < 0 {
		r.stop()
		return nil, status
	}
	loops.Lock()
	loops.known[l.Raw()] = l
	loops.Unlock()
	return r, nil
}

// The loop's thread.
func (r *Runner) serve() {
	runtime.LockOSThread() // and never unlocked: the thread ends with the loop
	C.meeting_serve(r.loop.meeting)
	close(r.ended)
}

func (r *Runner) stop() {
	_, _ = r.order(C.request{what: C.REQUEST_STOP})
	<-r.ended
}

// order makes a request in which coroutines may run.
func (r *Runner) order(q C.request) (Status, error) {
	l := r.loop
	caller := newStrand()
	l.enlist(&caller)
	l.exchangeNested(&caller, &q)
	l.dismiss(&caller)
	l.attend(true) // the last reports
	l.attend(false)
	status := Status(q.status)
	return status, takeError(&l.meeting.error, status)
}

// Loop is the runner's loop, the same for all runs.
func (r *Runner) Loop() *Loop { return r.loop }

// Run runs fn as the main coroutine until it ends, and returns its error. When ctx is done the coroutine is cancelled;
// if it ends by that, Run returns ctx.Err(). Tasks that are left go on in the next run. If fn panics, so does Run, with
// a [*PanicError].
func (r *Runner) Run(ctx context.Context, fn func(context.Context) error) error {
	_, err := RunOn(ctx, r, func(ctx context.Context) (struct{}, error) { return struct{}{}, fn(ctx) })
	return err
}

// RunOn is [Runner.Run] for a coroutine with a result.
func RunOn[T any](ctx context.Context, r *Runner, fn func(context.Context) (T, error)) (T, error) {
	var result, none T
	err := r.run(ctx, func(c *coroutine) (err error) {
		result, err = fn(c)
		return err
	})
	if err != nil {
		return none, err
	}
	return result, nil
}

// Run runs fn as the main coroutine on a loop of its own and closes everything after it: tasks that are left are
// cancelled and have ended when Run returns.
func Run[T any](ctx context.Context, fn func(context.Context) (T, error)) (T, error) {
	r, err := NewRunner(Options{})
	if err != nil {
		var none T
		return none, err
	}
	defer r.Close()
	return RunOn(ctx, r, fn)
}

func (r *Runner) run(ctx context.Context, fn func(*coroutine) error) error {
	if !r.runs.TryLock() {
		return ErrRunning
	}
	defer r.runs.Unlock()
	if r.closed {
		return ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	main := r.loop.newCoroutine(ctx, fn)
	main.watch(ctx)
	_, err := r.order(C.request{what: C.REQUEST_RUN, id: C.uint64_t(main.id)})
	if !main.started {
		main.abandon()
	}
	switch {
	case main.exited:
		runtime.Goexit()
	case main.panicked != nil:
		panic(main.panicked)
	case main.expired.Load() && errors.Is(err, ErrCanceled):
		return ctx.Err()
	}
	return err
}

// watch cancels the coroutine when ctx is done.
func (c *coroutine) watch(ctx context.Context) {
	c.bound = true
	done := ctx.Done()
	if done == nil {
		return
	}
	c.watched = make(chan struct{})
	go func() {
		select {
		case <-c.watched:
		case <-done:
			c.expired.Store(true)
			c.strike()
		}
	}()
}

func (c *coroutine) unwatch() {
	if c.watched != nil {
		close(c.watched)
	}
}

// Close cancels all tasks that are left and runs the loop until they have ended. A closed Runner stays closed.
func (r *Runner) Close() error { return r.CloseWithin(math.MaxInt64) }

// How long a closing runner waits for jobs of [ToThread], as asyncio does.
const longestJobs = 5 * time.Minute

// CloseWithin is Close with a deadline. What has not ended then is abandoned: its goroutine unwinds, running deferred
// functions only, and the error, an [ErrDeadline], says what was left.
func (r *Runner) CloseWithin(limit time.Duration) error {
	if !r.runs.TryLock() {
		return ErrRunning
	}
	defer r.runs.Unlock()
	if r.closed {
		return nil
	}
	r.closed = true
	loops.forget(r.loop)
	r.loop.forgetFailures(func(raw *C.rondo_future) {
		_, _ = r.order(C.request{what: C.REQUEST_RELEASE, handle: unsafe.Pointer(raw)})
	})
	begun := time.Now()
	_, err := r.order(C.request{what: C.REQUEST_CLOSE, number: C.int64_t(limit)})
	r.waitForJobs(limit - time.Since(begun))
	r.stop()
	return err
}

func (r *Runner) waitForJobs(limit time.Duration) {
	if limit > longestJobs {
		limit = longestJobs
	}
	ended := make(chan struct{})
	go func() {
		r.loop.jobs.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(limit):
	}
}
