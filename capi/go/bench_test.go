package rondo_test

import (
	"context"
	"rondo"
	"rondo/internal/native"
	"testing"
	"unsafe"
)

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

func BenchmarkAwaitCFuture(b *testing.B) {
	r := virtual(b)
	r.Run(background, func(ctx context.Context) error {
		for i := 0; i < b.N; i++ {
			var raw unsafe.Pointer
			rondo.OnThread(ctx, func() { raw = native.Soon() })
			rondo.Adopt[int](raw).Await(ctx)
		}
		return nil
	})
}

func BenchmarkPromise(b *testing.B) {
	r := virtual(b)
	r.Run(background, func(ctx context.Context) error {
		for i := 0; i < b.N; i++ {
			p, _ := rondo.NewPromise[int](ctx)
			p.Resolve(1)
			p.Await(ctx)
		}
		return nil
	})
}

func BenchmarkToThread(b *testing.B) {
	r := virtual(b)
	r.Run(background, func(ctx context.Context) error {
		for i := 0; i < b.N; i++ {
			rondo.ToThread(ctx, one).Await(ctx)
		}
		return nil
	})
}

func BenchmarkRun(b *testing.B) {
	r := virtual(b)
	for i := 0; i < b.N; i++ {
		r.Run(background, func(ctx context.Context) error { return nil })
	}
}
