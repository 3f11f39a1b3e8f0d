package rondo_test

import (
	"context"
	"errors"
	"fmt"
	"rondo"
	"rondo/internal/native"
	"time"
	"unsafe"
)

func fetch(ctx context.Context, name string, delay time.Duration) (string, error) {
	if err := rondo.Sleep(ctx, delay); err != nil {
		fmt.Println(name+":", err)
		return "", err
	}
	return "page of " + name, nil
}

func Example() {
	page, err := rondo.Run(context.Background(), func(ctx context.Context) (string, error) {
		oslo := rondo.Go(ctx, func(ctx context.Context) (string, error) { return fetch(ctx, "oslo", 2*time.Millisecond) })
		rome := rondo.Go(ctx, func(ctx context.Context) (string, error) { return fetch(ctx, "rome", time.Hour) })
		if err := rondo.Wait(ctx, rondo.FirstCompleted, -1, oslo, rome); err != nil {
			return "", err
		}
		return oslo.Await(ctx)
	})
	fmt.Println(page, err)
	// Output:
	// rome: cancelled
	// page of oslo <nil>
}

func ExampleRunner() {
	runner, err := rondo.NewRunner(rondo.Options{VirtualClock: true})
	if err != nil {
		panic(err)
	}
	defer runner.Close()
	for i := 0; i < 2; i++ {
		err = runner.Run(context.Background(), func(ctx context.Context) error { return rondo.Sleep(ctx, time.Hour) })
		fmt.Println(runner.Loop().Time(), err)
	}
	// Output:
	// 1h0m0s <nil>
	// 2h0m0s <nil>
}

func ExampleTimeout() {
	_, err := rondo.Run(context.Background(), func(ctx context.Context) (any, error) {
		return nil, rondo.Timeout(ctx, time.Millisecond, func(ctx context.Context) error {
			_, err := fetch(ctx, "rome", time.Hour)
			return err
		})
	})
	fmt.Println(err, errors.Is(err, context.DeadlineExceeded))
	// Output:
	// rome: cancelled
	// timed out true
}

func ExampleWithGroup() {
	_, err := rondo.Run(context.Background(), func(ctx context.Context) (any, error) {
		return nil, rondo.WithGroup(ctx, func(ctx context.Context, group *rondo.Group) error {
			group.Go(func(ctx context.Context) error {
				_, err := fetch(ctx, "rome", time.Hour)
				return err
			})
			group.Go(func(ctx context.Context) error { return errors.New("connection refused") })
			return nil
		})
	})
	var group *rondo.Error
	errors.As(err, &group)
	fmt.Println(group.Errors())
	// Output:
	// rome: cancelled
	// [connection refused]
}

func ExamplePromise() {
	answer, err := rondo.Run(context.Background(), func(ctx context.Context) (int, error) {
		promise, err := rondo.NewPromise[int](ctx)
		if err != nil {
			return 0, err
		}
		go promise.Resolve(42) // a goroutine like any other
		return promise.Await(ctx)
	})
	fmt.Println(answer, err)
	// Output: 42 <nil>
}

func ExampleReceive() {
	numbers := make(chan int)
	go func() {
		defer close(numbers)
		for i := 1; i <= 3; i++ {
			numbers <- i
		}
	}()
	sum, err := rondo.Run(context.Background(), func(ctx context.Context) (sum int, err error) {
		for {
			n, ok, err := rondo.Receive(ctx, numbers)
			if !ok {
				return sum, err
			}
			sum += n
		}
	})
	fmt.Println(sum, err)
	// Output: 6 <nil>
}

func ExampleToThread() {
	sum, err := rondo.Run(context.Background(), func(ctx context.Context) (int, error) {
		return rondo.ToThread(ctx, func(context.Context) (int, error) {
			sum := 0
			for i := 1; i <= 1000; i++ {
				sum += i
			}
			return sum, nil
		}).Await(ctx)
	})
	fmt.Println(sum, err)
	// Output: 500500 <nil>
}

// A C library starts a coroutine of its own and returns its rondo_future.
func ExampleAdopt() {
	answer, err := rondo.Run(context.Background(), func(ctx context.Context) (int, error) {
		var raw unsafe.Pointer
		if err := rondo.OnThread(ctx, func() { raw = native.Double(21) }); err != nil {
			return 0, err
		}
		return rondo.Adopt[int](raw).Await(ctx)
	})
	fmt.Println(answer, err)
	// Output: 42 <nil>
}
