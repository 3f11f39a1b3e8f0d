package rondo_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"rondo"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

var background = context.Background()

func runner(t testing.TB, options rondo.Options) *rondo.Runner {
	t.Helper()
	r, err := rondo.NewRunner(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func virtual(t testing.TB) *rondo.Runner {
	return runner(t, rondo.Options{VirtualClock: true, Handler: func(r rondo.Report) { t.Error(r) }})
}

// run runs fn on a virtual clock and wants no error.
func run(t testing.TB, fn func(ctx context.Context)) {
	t.Helper()
	err := virtual(t).Run(background, func(ctx context.Context) error {
		fn(ctx)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func want[T any](t testing.TB, got, wanted T) {
	t.Helper()
	if !reflect.DeepEqual(got, wanted) {
		t.Errorf("%v instead of %v", got, wanted)
	}
}

// is wants an error that is all of these.
func is(t testing.TB, err error, targets ...error) {
	t.Helper()
	for _, target := range targets {
		if !errors.Is(err, target) {
			t.Errorf("%v is not %v", err, target)
		}
	}
}

// later returns n after so many milliseconds.
func later(ctx context.Context, n int, ms time.Duration) *rondo.Future[int] {
	return rondo.Go(ctx, func(ctx context.Context) (int, error) { return n, rondo.Sleep(ctx, ms*time.Millisecond) })
}

func failing(ctx context.Context, err error, ms time.Duration) *rondo.Future[int] {
	return rondo.Go(ctx, func(ctx context.Context) (int, error) {
		if canceled := rondo.Sleep(ctx, ms*time.Millisecond); canceled != nil {
			return 0, canceled
		}
		return 0, err
	})
}

func TestRun(t *testing.T) {
	answer, err := rondo.Run(background, func(ctx context.Context) (int, error) {
		task := rondo.Go(ctx, func(ctx context.Context) (int, error) {
			return 41, rondo.Sleep(ctx, time.Millisecond)
		})
		n, err := task.Await(ctx)
		return n + 1, err
	})
	if answer != 42 || err != nil {
		t.Fatal(answer, err)
	}
}

func TestOrder(t *testing.T) {
	var log []string
	run(t, func(ctx context.Context) {
		for _, name := range []string{"a", "b"} {
			name := name
			rondo.Go(ctx, func(ctx context.Context) (int, error) {
				for i := 0; i < 2; i++ {
					log = append(log, name)
					rondo.Yield(ctx)
				}
				return 0, nil
			})
		}
		log = append(log, "main")
		rondo.Sleep(ctx, 1)
	})
	want(t, log, []string{"main", "a", "b", "a", "b"})
}

// asyncio's order of a promise, its waiters and a task made meanwhile.
func TestOrderOfWakeUps(t *testing.T) {
	var log []string
	note := func(text string) { log = append(log, text) }
	run(t, func(ctx context.Context) {
		promise, err := rondo.NewPromise[int](ctx)
		is(t, err, nil)
		for _, name := range []string{"first", "second"} {
			name := name
			rondo.Go(ctx, func(ctx context.Context) (int, error) {
				n, err := promise.Await(ctx)
				note(name)
				return n, err
			})
		}
		rondo.Yield(ctx)
		is(t, promise.Resolve(1), nil)
		want(t, promise.Done(), true)
		rondo.Go(ctx, func(ctx context.Context) (int, error) { note("third"); return 0, nil })
		n, err := promise.Await(ctx) // does not suspend
		note("main")
		want(t, n, 1)
		is(t, err, nil)
		is(t, promise.Resolve(2), rondo.ErrState)
		rondo.Yield(ctx)
	})
	want(t, log, []string{"main", "first", "second", "third"})
}

func TestRunner(t *testing.T) {
	r := virtual(t)
	var left *rondo.Future[int]
	for i := 0; i < 3; i++ {
		n, err := rondo.RunOn(background, r, func(ctx context.Context) (int, error) {
			if i == 0 {
				left = later(ctx, 7, 5)
			}
			is(t, r.Run(background, nil), rondo.ErrRunning)
			is(t, r.Close(), rondo.ErrRunning)
			return i, rondo.Sleep(ctx, 2*time.Millisecond)
		})
		want(t, n, i)
		is(t, err, nil)
	}
	n, err := rondo.RunOn(background, r, left.Await)
	want(t, n, 7)
	is(t, err, nil)
	want(t, r.Loop().Time(), 6*time.Millisecond)
	is(t, r.Close(), nil)
	is(t, r.Run(background, func(context.Context) error { return nil }), rondo.ErrClosed)
}

func TestCancel(t *testing.T) {
	run(t, func(ctx context.Context) {
		var inner error
		task := rondo.Go(ctx, func(ctx context.Context) (int, error) {
			inner = rondo.Sleep(ctx, time.Hour)
			is(t, ctx.Err(), context.Canceled)
			<-ctx.Done()
			want(t, rondo.Cancelling(ctx), 1)
			return 1, inner
		})
		rondo.Yield(ctx)
		want(t, task.Cancel(), true)
		_, err := task.Await(ctx)
		is(t, err, context.Canceled, rondo.ErrCanceled)
		is(t, inner, context.Canceled)
		want(t, task.Cancel(), false)
		is(t, ctx.Err(), nil)
	})
}

func TestCancelIsRefused(t *testing.T) {
	run(t, func(ctx context.Context) {
		task := rondo.Go(ctx, func(ctx context.Context) (int, error) {
			is(t, rondo.Sleep(ctx, time.Hour), context.Canceled)
			want(t, rondo.Uncancel(ctx), 0)
			is(t, rondo.Sleep(context.WithValue(ctx, keyType{}, 1), time.Second), nil)
			return 5, rondo.Sleep(ctx, time.Second)
		})
		rondo.Yield(ctx)
		task.Cancel()
		n, err := task.Await(ctx)
		want(t, n, 5)
		is(t, err, nil)
	})
}

// A task that cancels itself and returns is cancelled, as in asyncio; so is one that was cancelled before it began.
func TestCancelWithoutSuspension(t *testing.T) {
	run(t, func(ctx context.Context) {
		var task *rondo.Future[int]
		task = rondo.Go(ctx, func(ctx context.Context) (int, error) {
			want(t, task.Cancel(), true)
			return 1, nil
		})
		for i := 0; i < 2; i++ {
			_, err := task.Await(ctx)
			is(t, err, context.Canceled)
		}
		task = rondo.Go(ctx, func(ctx context.Context) (int, error) {
			is(t, rondo.Yield(ctx), nil)
			t.Error("it began")
			return 1, nil
		})
		task.Cancel()
		_, err := task.Await(ctx)
		is(t, err, context.Canceled)
	})
}

// A task is not cancelled with the one that started it, whatever values it was given.
func TestTasksAreIndependent(t *testing.T) {
	run(t, func(ctx context.Context) {
		var child *rondo.Future[int]
		task := rondo.Go(ctx, func(ctx context.Context) (int, error) {
			child = later(context.WithValue(ctx, keyType{}, 1), 5, 1000)
			return 0, rondo.Sleep(ctx, time.Hour)
		})
		rondo.Yield(ctx)
		task.Cancel()
		_, err := task.Await(ctx)
		is(t, err, context.Canceled)
		n, err := child.Await(ctx)
		want(t, n, 5)
		is(t, err, nil)
	})
}

func TestErrors(t *testing.T) {
	run(t, func(ctx context.Context) {
		lost := errors.New("lost")
		task := failing(ctx, fmt.Errorf("in the wood: %w", lost), 1)
		for i := 0; i < 2; i++ {
			_, err := task.Await(ctx)
			is(t, err, lost)
			want(t, err.Error(), "in the wood: lost")
		}
		outer := rondo.Go(ctx, func(ctx context.Context) (int, error) { return task.Await(ctx) })
		_, err := outer.Await(ctx)
		is(t, err, lost)
		_, err = failing(ctx, rondo.ErrFull, 1).Await(ctx)
		want(t, err, error(rondo.ErrFull))
		is(t, rondo.Status(-int32(syscall.ECONNREFUSED)), syscall.ECONNREFUSED)
		want(t, rondo.ErrFull.Name(), "EFULL")
	})
}

func TestUnawaitedErrorsAreReported(t *testing.T) {
	var reports []string
	r := runner(t, rondo.Options{Handler: func(r rondo.Report) { reports = append(reports, r.Task+": "+r.Err.Error()) }})
	var tasks []*rondo.Future[int] // none of them is garbage before the loop ends
	err := r.Run(background, func(ctx context.Context) error {
		for _, name := range []string{"one", "two", "three"} {
			err := errors.New(name + " is lost")
			task := rondo.Go(ctx, func(ctx context.Context) (int, error) { return 0, err }, rondo.Name(name))
			if name == "two" {
				_, _ = task.Await(ctx)
			}
			tasks = append(tasks, task)
		}
		return rondo.Yield(ctx)
	})
	is(t, err, nil)
	is(t, r.Close(), nil)
	want(t, reports, []string{"one: one is lost", "three: three is lost"})
	runtime.KeepAlive(tasks)
}

func TestPanic(t *testing.T) {
	run(t, func(ctx context.Context) {
		cause := errors.New("cause")
		task := rondo.Go(ctx, func(ctx context.Context) (int, error) { panic(cause) })
		_, err := task.Await(ctx)
		var p *rondo.PanicError
		if !errors.As(err, &p) || p.Value != cause || !strings.Contains(string(p.Stack), "TestPanic") {
			t.Error(err)
		}
		is(t, err, cause)
	})
	defer func() {
		p, _ := recover().(*rondo.PanicError)
		if p == nil || p.Value != "main" {
			t.Error(p)
		}
	}()
	run(t, func(ctx context.Context) { panic("main") })
	t.Error("no panic")
}

func TestGoexit(t *testing.T) {
	ended := make(chan bool)
	go func() {
		ok := true
		defer func() { ended <- ok }()
		run(t, func(ctx context.Context) {
			task := rondo.Go(ctx, func(ctx context.Context) (int, error) { runtime.Goexit(); return 0, nil })
			if _, err := task.Await(ctx); err == nil {
				t.Error("no error")
			}
			runtime.Goexit()
		})
		ok = false
	}()
	want(t, <-ended, true)
}

// ---- contexts

type keyType struct{}

func TestContextOfARun(t *testing.T) {
	r := virtual(t)
	ctx, cancel := context.WithCancel(context.WithValue(background, keyType{}, "value"))
	err := r.Run(ctx, func(ctx context.Context) error {
		want[any](t, ctx.Value(keyType{}), "value")
		inner := rondo.Go(ctx, func(ctx context.Context) (any, error) { return ctx.Value(keyType{}), nil })
		value, err := inner.Await(ctx)
		want[any](t, value, "value")
		is(t, err, nil)
		cancel()
		promise, _ := rondo.NewPromise[int](ctx)
		_, err = promise.Await(ctx)
		is(t, err, context.Canceled)
		is(t, ctx.Err(), context.Canceled)
		return err
	})
	is(t, err, context.Canceled)
	is(t, r.Run(ctx, func(context.Context) error { panic("runs") }), context.Canceled)
	ctx, cancel = context.WithTimeout(background, time.Millisecond)
	defer cancel()
	err = r.Run(ctx, func(ctx context.Context) error {
		_, bound := ctx.Deadline()
		want(t, bound, true)
		promise, _ := rondo.NewPromise[int](ctx)
		_, err := promise.Await(ctx)
		return err
	})
	is(t, err, context.DeadlineExceeded)
}

func TestContextOfAnAwait(t *testing.T) {
	run(t, func(ctx context.Context) {
		promise, _ := rondo.NewPromise[int](ctx)
		limited, cancel := context.WithCancel(ctx)
		rondo.Go(ctx, func(context.Context) (int, error) { cancel(); return 0, nil })
		_, err := promise.Await(limited)
		is(t, err, context.Canceled)
		is(t, rondo.Sleep(limited, 0), context.Canceled)
		short, stop := context.WithTimeout(ctx, time.Millisecond)
		defer stop()
		another, _ := rondo.NewPromise[int](ctx)
		_, err = another.Await(short)
		is(t, err, context.DeadlineExceeded)
		is(t, ctx.Err(), nil)
		is(t, rondo.Sleep(ctx, time.Hour), nil)
		want(t, promise.Done(), true) // it was cancelled, as what a timeout interrupts

		limited, cancel = context.WithCancel(ctx)
		is(t, rondo.Sleep(limited, time.Hour), nil)
		task := rondo.Go(limited, func(ctx context.Context) (int, error) {
			promise, _ := rondo.NewPromise[int](ctx)
			return promise.Await(ctx)
		})
		rondo.Yield(ctx)
		cancel()
		_, err = task.Await(ctx)
		is(t, err, context.Canceled)
		is(t, ctx.Err(), nil)
	})
}

func TestWrongContexts(t *testing.T) {
	is(t, rondo.Sleep(background, 1), rondo.ErrNoTask)
	_, err := rondo.Go(background, one).Await(background)
	is(t, err, rondo.ErrNoTask)
	run(t, func(ctx context.Context) {
		task := rondo.Go(ctx, func(inner context.Context) (int, error) {
			is(t, rondo.Sleep(ctx, 1), rondo.ErrThread) // another's
			return 0, nil
		})
		_, err := task.Await(ctx)
		is(t, err, nil)
		var self *rondo.Future[int]
		self = rondo.Go(ctx, func(ctx context.Context) (int, error) { return self.Await(ctx) })
		_, err = self.Await(ctx)
		is(t, err, rondo.ErrSelf)
		promise, _ := rondo.NewPromise[int](ctx)
		run(t, func(other context.Context) {
			_, err := promise.Await(other)
			is(t, err, rondo.ErrOtherLoop)
		})
	})
}

func one(context.Context) (int, error) { return 1, nil }
