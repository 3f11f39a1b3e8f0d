package rondo_test

import (
	"context"
	"errors"
	"rondo"
	"rondo/internal/native"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"
)

func double(t testing.TB, ctx context.Context, n int64) *rondo.Future[int] {
	var raw unsafe.Pointer
	if err := rondo.OnThread(ctx, func() { raw = native.Double(n) }); err != nil {
		t.Error(err)
	}
	return rondo.Adopt[int](raw)
}

func TestAwaitingC(t *testing.T) {
	err := virtual(t).Run(background, func(ctx context.Context) error {
		if n, err := double(t, ctx, 21).Await(ctx); n != 42 || err != nil {
			t.Error(n, err)
		}
		_, err := double(t, ctx, -1).Await(ctx)
		var native *rondo.Error
		if !errors.As(err, &native) || native.Message != "negative" || !errors.Is(err, rondo.ErrFailed) {
			t.Error(err)
		}
		slow := double(t, ctx, 1)
		rondo.Yield(ctx)
		slow.Cancel()
		if _, err := slow.Await(ctx); !errors.Is(err, context.Canceled) || ctx.Err() != nil {
			t.Error(err, ctx.Err())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAwaitedByC(t *testing.T) {
	err := virtual(t).Run(background, func(ctx context.Context) error {
		task := rondo.Go(ctx, func(ctx context.Context) (int, error) { return 7, rondo.Sleep(ctx, time.Second) })
		var raw unsafe.Pointer
		rondo.OnThread(ctx, func() { raw = native.Forward(task.Raw()) })
		if n, err := rondo.Adopt[int](raw).Await(ctx); n != 7 || err != nil {
			t.Error(n, err)
		}
		lost := errors.New("lost")
		task = rondo.Go(ctx, func(ctx context.Context) (int, error) { return 0, lost })
		rondo.OnThread(ctx, func() { raw = native.Forward(task.Raw()) })
		if _, err := rondo.Adopt[int](raw).Await(ctx); err != lost {
			t.Error(err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestLoopOfAnother(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var ended atomic.Bool
	var joined *rondo.Loop
	begin := func(raw unsafe.Pointer) {
		l, err := rondo.Attach(raw)
		if err != nil {
			t.Fatal(err)
		}
		joined = l
		task := rondo.GoOn(l, func(ctx context.Context) (int, error) { return double(t, ctx, 4).Await(ctx) })
		rondo.GoOn(l, func(ctx context.Context) (int, error) {
			if n, err := task.Await(ctx); n != 8 || err != nil {
				t.Error(n, err)
			}
			ended.Store(true)
			return 0, nil
		})
	}
	native.Loop(begin, func() bool { return !ended.Load() })
	joined.Detach()
}

// What has not ended when another language closes its loop unwinds, as far as it had begun.
func TestLoopOfAnotherCloses(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var began, unwound atomic.Bool
	var joined *rondo.Loop
	begin := func(raw unsafe.Pointer) {
		joined, _ = rondo.Attach(raw)
		again, _ := rondo.Attach(raw)
		want(t, again, joined)
		rondo.GoOn(joined, func(ctx context.Context) (int, error) {
			defer unwound.Store(true)
			limited, cancel := context.WithCancel(ctx)
			defer cancel()
			rondo.Go(limited, func(ctx context.Context) (int, error) { panic("begins") })
			began.Store(true)
			return 0, rondo.Sleep(ctx, time.Hour)
		})
	}
	native.Loop(begin, func() bool { return !began.Load() })
	want(t, unwound.Load(), true)
	joined.Detach()
}
