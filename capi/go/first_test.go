package rondo_test

import (
	"context"
	"errors"
	"reflect"
	"rondo"
	"testing"
	"time"
)

var background = context.Background()

func virtual(t testing.TB) *rondo.Runner {
	t.Helper()
	r, err := rondo.NewRunner(rondo.Options{VirtualClock: true})
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
	r := virtual(t)
	err := r.Run(background, func(ctx context.Context) error {
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
		return nil
	})
	if err != nil || !reflect.DeepEqual(log, []string{"main", "a", "b", "a", "b"}) {
		t.Fatal(log, err)
	}
}

func TestCancel(t *testing.T) {
	r := virtual(t)
	err := r.Run(background, func(ctx context.Context) error {
		var inner error
		task := rondo.Go(ctx, func(ctx context.Context) (int, error) {
			inner = rondo.Sleep(ctx, time.Hour)
			return 1, inner
		})
		rondo.Yield(ctx)
		if !task.Cancel() {
			t.Error("not accepted")
		}
		_, err := task.Await(ctx)
		if !errors.Is(err, context.Canceled) || !errors.Is(inner, rondo.ErrCanceled) {
			t.Error(err, inner)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func BenchmarkYield(b *testing.B) {
	r := virtual(b)
	r.Run(background, func(ctx context.Context) error {
		f := func(ctx context.Context) (int, error) {
			for i := 0; i < b.N/2; i++ {
				rondo.Yield(ctx)
			}
			return 0, nil
		}
		x, y := rondo.Go(ctx, f), rondo.Go(ctx, f)
		x.Await(ctx)
		y.Await(ctx)
		return nil
	})
}

func BenchmarkYieldAlone(b *testing.B) {
	r := virtual(b)
	r.Run(background, func(ctx context.Context) error {
		for i := 0; i < b.N; i++ {
			rondo.Yield(ctx)
		}
		return nil
	})
}

func BenchmarkSpawnAwait(b *testing.B) {
	r := virtual(b)
	r.Run(background, func(ctx context.Context) error {
		for i := 0; i < b.N; i++ {
			rondo.Go(ctx, one).Await(ctx)
		}
		return nil
	})
}
func one(context.Context) (int, error) { return 1, nil }
