package rondo_test

import (
	"context"
	"errors"
	"fmt"
	"rondo"
	"rondo/internal/native"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"
)

func TestToThread(t *testing.T) {
	r := runner(t, rondo.Options{})
	is(t, r.Run(background, func(ctx context.Context) error {
		ctx = context.WithValue(ctx, keyType{}, "value")
		text, err := rondo.ToThread(ctx, func(ctx context.Context) (string, error) {
			return fmt.Sprint(ctx.Value(keyType{})), rondo.Sleep(ctx, 1)
		}).Await(ctx)
		want(t, text, "")
		is(t, err, rondo.ErrNoTask)
		_, err = rondo.ToThread(ctx, func(ctx context.Context) (string, error) { panic("in a thread") }).Await(ctx)
		var p *rondo.PanicError
		want(t, errors.As(err, &p), true)
		all := make([]*rondo.Future[int], 50)
		for i := range all {
			i := i
			all[i] = rondo.ToThread(ctx, func(ctx context.Context) (int, error) { return i * i, nil })
		}
		squares, err := rondo.Gather(ctx, all...)
		want(t, squares[49], 49*49)
		is(t, err, nil)

		stopped := make(chan error, 1)
		task := rondo.Go(ctx, func(ctx context.Context) (int, error) {
			return rondo.ToThread(ctx, func(ctx context.Context) (int, error) {
				<-ctx.Done()
				stopped <- ctx.Err()
				return 0, nil
			}).Await(ctx)
		})
		rondo.Yield(ctx)
		task.Cancel()
		_, err = task.Await(ctx)
		is(t, err, context.Canceled)
		is(t, <-stopped, context.Canceled)
		return nil
	}), nil)
}

func TestClosingWaitsForJobs(t *testing.T) {
	var ended atomic.Bool
	_, err := rondo.Run(background, func(ctx context.Context) (int, error) {
		rondo.ToThread(ctx, func(ctx context.Context) (int, error) {
			time.Sleep(10 * time.Millisecond)
			ended.Store(true)
			return 0, nil
		})
		return 0, nil
	})
	is(t, err, nil)
	want(t, ended.Load(), true)
}

func TestChannels(t *testing.T) {
	r := runner(t, rondo.Options{})
	numbers, answers := make(chan int), make(chan int, 100)
	go func() {
		for i := 0; i < 100; i++ {
			numbers <- i
		}
		close(numbers)
	}()
	is(t, r.Run(background, func(ctx context.Context) error {
		for {
			n, ok, err := rondo.Receive(ctx, numbers)
			is(t, err, nil)
			if !ok {
				break
			}
			is(t, rondo.Send(ctx, answers, n*n), nil)
		}
		want(t, len(answers), 100)
		return nil
	}), nil)
}

// However a cancel and a value race, the value is received or stays in the channel; and the cancel is not lost.
func TestNoValueIsLost(t *testing.T) {
	r := runner(t, rondo.Options{})
	is(t, r.Run(background, func(ctx context.Context) error {
		for i := 0; i < 300; i++ {
			channel := make(chan int)
			received := false
			task := rondo.Go(ctx, func(ctx context.Context) (int, error) {
				_, ok, err := rondo.Receive(ctx, channel)
				received = ok && err == nil
				if received {
					err = rondo.Yield(ctx)
				}
				is(t, err, context.Canceled)
				return 0, err
			})
			rondo.Yield(ctx)
			go func() { channel <- 1 }()
			if i%3 == 1 {
				runtime.Gosched()
			}
			task.Cancel()
			_, err := task.Await(ctx)
			is(t, err, context.Canceled)
			if !received {
				<-channel
			}
		}
		return nil
	}), nil)
}

func TestFromOutside(t *testing.T) {
	r := runner(t, rondo.Options{})
	ready := make(chan *rondo.Promise[string])
	ended := make(chan error)
	go func() {
		ended <- r.Run(background, func(ctx context.Context) error {
			promise, err := rondo.NewPromise[string](ctx)
			is(t, err, nil)
			ready <- promise
			text, err := promise.Await(ctx)
			want(t, text, "from outside")
			return err
		})
	}()
	promise := <-ready
	var calls sync.WaitGroup
	calls.Add(1)
	is(t, r.Loop().CallSoonThreadsafe(calls.Done), nil)
	calls.Wait()
	task := rondo.GoOn(r.Loop(), func(ctx context.Context) (int, error) { return 6, rondo.Sleep(ctx, time.Millisecond) })
	n, err := task.Await(background)
	want(t, n, 6)
	is(t, err, nil)
	endless := rondo.GoOn(r.Loop(), func(ctx context.Context) (int, error) { return 0, rondo.Sleep(ctx, time.Hour) })
	short, cancel := context.WithTimeout(background, time.Millisecond)
	defer cancel()
	_, err = endless.Await(short)
	is(t, err, context.DeadlineExceeded)
	endless.Cancel()
	_, err = endless.Await(background)
	is(t, err, context.Canceled)
	is(t, promise.Resolve("from outside"), nil)
	is(t, <-ended, nil)
	is(t, r.Close(), nil)
	is(t, r.Loop().CallSoonThreadsafe(func() {}), rondo.ErrClosed)
	_, err = rondo.GoOn(r.Loop(), one).Await(background)
	is(t, err, rondo.ErrClosed)
}

func TestPanicOfACallback(t *testing.T) {
	var report rondo.Report
	r := runner(t, rondo.Options{Handler: func(r rondo.Report) { report = r }})
	is(t, r.Run(background, func(ctx context.Context) error {
		r.Loop().CallSoonThreadsafe(func() { panic("in a callback") })
		return rondo.Sleep(ctx, time.Millisecond)
	}), nil)
	var p *rondo.PanicError
	if !errors.As(report.Err, &p) || p.Value != "in a callback" {
		t.Error(report)
	}
}

func TestCloseWithin(t *testing.T) {
	var report rondo.Report
	r := runner(t, rondo.Options{Handler: func(r rondo.Report) { report = r }})
	var deferred, after bool
	is(t, r.Run(background, func(ctx context.Context) error {
		rondo.Go(ctx, func(ctx context.Context) (int, error) {
			defer func() {
				deferred = true
				is(t, rondo.Sleep(ctx, 1), rondo.ErrClosed)
			}()
			rondo.Sleep(ctx, time.Hour)
			rondo.Sleep(ctx, time.Hour) // it does not care
			after = true
			return 0, nil
		}, rondo.Name("stubborn"))
		return rondo.Yield(ctx)
	}), nil)
	err := r.CloseWithin(time.Millisecond)
	is(t, err, rondo.ErrDeadline)
	want(t, strings.Contains(err.Error(), "stubborn"), true)
	want(t, report.Task, "stubborn")
	want(t, []bool{deferred, after}, []bool{true, false})
}

func TestNothingIsLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	for i := 0; i < 20; i++ {
		_, err := rondo.Run(background, func(ctx context.Context) (int, error) {
			for j := 0; j < 20; j++ {
				later(ctx, 1, time.Duration(j)*1000)
			}
			return rondo.Go(ctx, one).Await(ctx)
		})
		is(t, err, nil)
	}
	for i := 0; i < 5000 && runtime.NumGoroutine() > before; i++ {
		time.Sleep(time.Millisecond)
	}
	if now := runtime.NumGoroutine(); now > before {
		t.Errorf("%d goroutines more", now-before)
	}
}

// Goroutines of the outside resolve, cancel and post while coroutines run.
func TestManyFromOutside(t *testing.T) {
	r := runner(t, rondo.Options{})
	var posted atomic.Int64
	is(t, r.Run(background, func(ctx context.Context) error {
		var all []*rondo.Future[int]
		for i := 0; i < 100; i++ {
			i := i
			promise, _ := rondo.NewPromise[int](ctx)
			all = append(all, promise.Future)
			rondo.Go(ctx, func(ctx context.Context) (int, error) { return promise.Await(ctx) })
			canceled := later(ctx, 0, 1000000)
			go func() {
				r.Loop().CallSoonThreadsafe(func() { posted.Add(1) })
				canceled.Cancel()
				promise.Resolve(i)
				promise.Done()
			}()
			rondo.Yield(ctx)
		}
		results, err := rondo.Gather(ctx, all...)
		is(t, err, nil)
		for i, n := range results {
			want(t, n, i)
		}
		return err
	}), nil)
	is(t, r.Close(), nil)
	want(t, posted.Load(), 100)
}

func TestValues(t *testing.T) {
	type own struct{ n int }
	run(t, func(ctx context.Context) {
		raw := func(value any) (raw unsafe.Pointer) {
			rondo.OnThread(ctx, func() {
				raw = native.New()
				native.Set(raw, value)
			})
			return raw
		}
		for _, value := range []any{nil, true, false, int64(-5), uint64(1 << 63), 2.5, "text", "", []byte("bytes")} {
			got, err := rondo.Adopt[any](raw(value)).Await(ctx)
			want(t, got, value)
			is(t, err, nil)
		}
		n, err := rondo.Adopt[uint8](raw(int64(255))).Await(ctx)
		want(t, n, 255)
		is(t, err, nil)
		for _, value := range []any{int64(-1), int64(256), 1.5, "1", nil} {
			if n, err := rondo.Adopt[uint8](raw(value)).Await(ctx); err == nil {
				t.Errorf("%v became %d", value, n)
			}
		}
		if n, err := rondo.Adopt[int64](raw(uint64(1 << 63))).Await(ctx); err == nil {
			t.Error(n)
		}
		_, err = rondo.Adopt[struct{}](raw(nil)).Await(ctx)
		is(t, err, nil)

		there := func(f rondo.Awaitable, raw unsafe.Pointer) any {
			is(t, rondo.Wait(ctx, rondo.AllCompleted, -1, f), nil)
			got, err := rondo.Adopt[any](raw).Await(ctx)
			is(t, err, nil)
			return got
		}
		later := rondo.Go(ctx, func(ctx context.Context) (*own, error) { return &own{7}, nil })
		want[any](t, there(later, later.Raw()), &own{7})
		want[any](t, there(later, later.Raw()), &own{7})
		done := rondo.Go(ctx, func(ctx context.Context) (string, error) { return "done", nil })
		done.Await(ctx)
		want[any](t, there(done, done.Raw()), "done")
		promise, _ := rondo.NewPromise[[]byte](ctx)
		given := promise.Raw()
		promise.Resolve([]byte{1, 2})
		want[any](t, there(promise, given), []byte{1, 2})
	})
}

// No reference is forgotten: with the garbage go the futures.
func TestNothingIsHeld(t *testing.T) {
	r := runner(t, rondo.Options{Handler: func(rondo.Report) {}})
	everything := func(ctx context.Context) error {
		lock, queue := rondo.NewLock(), rondo.NewQueue[int](1)
		is(t, lock.Lock(ctx), nil)
		waiting := rondo.Go(ctx, func(ctx context.Context) (int, error) { return 0, lock.Lock(ctx) })
		getting := rondo.Go(ctx, func(ctx context.Context) (int, error) { return queue.Get(ctx) })
		rondo.Yield(ctx)
		waiting.Cancel()
		is(t, queue.Put(ctx, 1), nil)
		rondo.Gather(ctx, getting, later(ctx, 1, 0))
		rondo.Wait(ctx, rondo.FirstCompleted, -1, waiting, later(ctx, 1, 0))
		it, _ := rondo.AsCompleted(ctx, -1, later(ctx, 1, 0), getting)
		it.Next(ctx)
		rondo.Shield(ctx, later(ctx, 1, 0)).Await(ctx)
		native.Release(later(ctx, 1, 0).Raw())
		native.Release(getting.Raw())
		promise, _ := rondo.NewPromise[string](ctx)
		promise.Reject(errors.New("unheard"))
		failing(ctx, errors.New("unheard"), 0)
		rondo.Timeout(ctx, 0, func(ctx context.Context) error { _, err := double(t, ctx, 1).Await(ctx); return err })
		rondo.WithGroup(ctx, func(ctx context.Context, g *rondo.Group) error {
			g.Go(func(ctx context.Context) error { return rondo.ErrFull })
			return nil
		})
		rondo.ToThread(ctx, one).Await(ctx)
		limited, cancel := context.WithCancel(ctx)
		defer cancel()
		go cancel()
		rondo.Receive(limited, make(chan int))
		return nil
	}
	alive := func() (n int) {
		is(t, r.Run(background, func(ctx context.Context) error {
			runtime.GC()
			rondo.Sleep(ctx, time.Millisecond) // the finalizers'
			return rondo.OnThread(ctx, func() { n = native.Alive() })
		}), nil)
		return n
	}
	before := alive()
	for i := 0; i < 20; i++ {
		is(t, r.Run(background, everything), nil)
	}
	after := alive()
	for i := 0; i < 1000 && after > before; i++ {
		after = alive()
	}
	if after > before {
		t.Errorf("%d futures more", after-before)
	}
}
