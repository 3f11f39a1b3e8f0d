package rondo_test

import (
	"context"
	"errors"
	"rondo"
	"testing"
	"time"
)

func TestTimeout(t *testing.T) {
	r := virtual(t)
	is(t, r.Run(background, func(ctx context.Context) error {
		err := rondo.Timeout(ctx, time.Second, func(ctx context.Context) error {
			err := rondo.Sleep(ctx, time.Hour)
			is(t, ctx.Err(), context.DeadlineExceeded)
			return err
		})
		is(t, err, context.DeadlineExceeded, rondo.ErrTimeout)
		want(t, errors.Is(err, context.Canceled), false)
		want(t, r.Loop().Time(), time.Second)
		is(t, ctx.Err(), nil)

		is(t, rondo.Timeout(ctx, time.Second, func(ctx context.Context) error { return nil }), nil)
		is(t, rondo.Timeout(ctx, time.Second, func(ctx context.Context) error { return rondo.ErrFull }), rondo.ErrFull)

		// the outer deadline passes the inner block
		var inner error
		err = rondo.Timeout(ctx, time.Second, func(ctx context.Context) error {
			inner = rondo.Timeout(ctx, time.Minute, func(ctx context.Context) error {
				err := rondo.Sleep(ctx, time.Hour)
				is(t, ctx.Err(), context.DeadlineExceeded)
				return err
			})
			return inner
		})
		is(t, inner, context.Canceled)
		is(t, err, rondo.ErrTimeout)

		// and so does somebody else's cancel
		task := rondo.Go(ctx, func(ctx context.Context) (int, error) {
			return 0, rondo.Timeout(ctx, time.Minute, func(ctx context.Context) error { return rondo.Sleep(ctx, time.Hour) })
		})
		rondo.Yield(ctx)
		task.Cancel()
		_, err = task.Await(ctx)
		is(t, err, context.Canceled)

		n, err := rondo.WaitFor(ctx, later(ctx, 3, 5), time.Second)
		want(t, n, 3)
		is(t, err, nil)
		_, err = rondo.WaitFor(ctx, later(ctx, 3, 5), time.Millisecond)
		is(t, err, rondo.ErrTimeout)
		return nil
	}), nil)
}

func TestGroup(t *testing.T) {
	run(t, func(ctx context.Context) {
		var sum int
		err := rondo.WithGroup(ctx, func(ctx context.Context, g *rondo.Group) error {
			for i := 1; i <= 3; i++ {
				i := i
				g.Go(func(ctx context.Context) error {
					sum += i
					return rondo.Sleep(ctx, time.Second)
				})
			}
			n, err := rondo.Go(ctx, one, rondo.In(g)).Await(ctx)
			sum += n
			return err
		})
		is(t, err, nil)
		want(t, sum, 7)
	})
}

func TestGroupThatFails(t *testing.T) {
	run(t, func(ctx context.Context) {
		first, second := errors.New("first"), errors.New("second")
		var block, member error
		err := rondo.WithGroup(ctx, func(ctx context.Context, g *rondo.Group) error {
			g.Go(func(ctx context.Context) error {
				rondo.Sleep(ctx, time.Millisecond)
				return first
			})
			g.Go(func(ctx context.Context) error {
				member = rondo.Sleep(ctx, time.Hour)
				return second
			})
			block = rondo.Sleep(ctx, time.Hour)
			is(t, ctx.Err(), context.Canceled)
			return block
		})
		is(t, err, first, second, rondo.ErrGroup)
		is(t, member, context.Canceled)
		is(t, block, context.Canceled)
		is(t, ctx.Err(), nil)
		var group *rondo.Error
		if !errors.As(err, &group) || len(group.Errors()) != 2 || group.Errors()[0] != first {
			t.Error(err)
		}
		is(t, rondo.Sleep(ctx, time.Millisecond), nil)
	})
}

func TestGroupIsCancelled(t *testing.T) {
	run(t, func(ctx context.Context) {
		var member error
		is(t, rondo.WithGroup(ctx, func(ctx context.Context, g *rondo.Group) error {
			g.Go(func(ctx context.Context) error {
				member = rondo.Sleep(ctx, time.Hour)
				return member
			})
			rondo.Yield(ctx)
			g.Cancel()
			return rondo.Sleep(ctx, time.Hour)
		}), nil)
		is(t, member, context.Canceled)

		task := rondo.Go(ctx, func(ctx context.Context) (int, error) {
			return 0, rondo.WithGroup(ctx, func(ctx context.Context, g *rondo.Group) error {
				g.Go(func(ctx context.Context) error { return rondo.Sleep(ctx, time.Hour) })
				return nil
			})
		})
		rondo.Yield(ctx)
		rondo.Yield(ctx)
		task.Cancel()
		_, err := task.Await(ctx)
		is(t, err, context.Canceled)

		err = rondo.Timeout(ctx, time.Second, func(ctx context.Context) error {
			return rondo.WithGroup(ctx, func(ctx context.Context, g *rondo.Group) error {
				g.Go(func(ctx context.Context) error { return rondo.Sleep(ctx, time.Hour) })
				return nil
			})
		})
		is(t, err, rondo.ErrTimeout)
	})
}

func TestPanicInABlock(t *testing.T) {
	run(t, func(ctx context.Context) {
		var member error
		task := rondo.Go(ctx, func(ctx context.Context) (int, error) {
			return 0, rondo.WithGroup(ctx, func(ctx context.Context, g *rondo.Group) error {
				g.Go(func(ctx context.Context) error {
					member = rondo.Sleep(ctx, time.Hour)
					return member
				})
				rondo.Yield(ctx)
				panic("in a block")
			})
		})
		_, err := task.Await(ctx)
		var p *rondo.PanicError
		if !errors.As(err, &p) || p.Value != "in a block" {
			t.Error(err)
		}
		is(t, member, context.Canceled)
	})
}

func TestGather(t *testing.T) {
	run(t, func(ctx context.Context) {
		a, b := later(ctx, 1, 20), later(ctx, 2, 10)
		known := rondo.Go(ctx, one)
		known.Await(ctx)
		all, err := rondo.Gather(ctx, a, b, known, a)
		want(t, all, []int{1, 2, 1, 1})
		is(t, err, nil)
		all, err = rondo.Gather[int](ctx)
		want(t, len(all), 0)
		is(t, err, nil)

		lost := errors.New("lost")
		slow := later(ctx, 3, 50)
		_, err = rondo.Gather(ctx, slow, failing(ctx, lost, 1))
		is(t, err, lost)
		want(t, slow.Done(), false)

		all2 := rondo.Go(ctx, func(ctx context.Context) (any, error) { return rondo.Gather(ctx, slow) })
		rondo.Yield(ctx)
		all2.Cancel()
		_, err = all2.Await(ctx)
		is(t, err, context.Canceled)
		want(t, slow.Done(), true)
	})
}

func TestWait(t *testing.T) {
	run(t, func(ctx context.Context) {
		a, b := later(ctx, 1, 20), later(ctx, 2, 10)
		is(t, rondo.Wait(ctx, rondo.FirstCompleted, -1, a, b), nil)
		want(t, []bool{a.Done(), b.Done()}, []bool{false, true})
		is(t, rondo.Wait(ctx, rondo.AllCompleted, time.Millisecond, a, b), nil)
		want(t, a.Done(), false)
		is(t, rondo.Wait(ctx, rondo.AllCompleted, -1, a, b), nil)
		want(t, a.Done(), true)
		is(t, rondo.Wait(ctx, rondo.FirstError, -1, failing(ctx, errors.New("quietly"), 1), later(ctx, 0, 50)), nil)
	})
}

func TestShield(t *testing.T) {
	run(t, func(ctx context.Context) {
		type text string
		inner := rondo.Go(ctx, func(ctx context.Context) (text, error) { return "kept", rondo.Sleep(ctx, time.Second) })
		task := rondo.Go(ctx, func(ctx context.Context) (text, error) { return rondo.Shield(ctx, inner).Await(ctx) })
		rondo.Yield(ctx)
		task.Cancel()
		_, err := task.Await(ctx)
		is(t, err, context.Canceled)
		kept, err := rondo.Shield(ctx, inner).Await(ctx)
		want(t, kept, "kept")
		is(t, err, nil)
	})
}

func TestAsCompleted(t *testing.T) {
	run(t, func(ctx context.Context) {
		it, err := rondo.AsCompleted(ctx, -1, later(ctx, 1, 30), later(ctx, 2, 10), failing(ctx, rondo.ErrFull, 20))
		is(t, err, nil)
		var order []int
		for {
			f, err := it.Next(ctx)
			is(t, err, nil)
			if f == nil {
				break
			}
			n, err := f.Await(ctx)
			if err != nil {
				n = -1
			}
			order = append(order, n)
		}
		want(t, order, []int{2, -1, 1})
		it, err = rondo.AsCompleted(ctx, time.Millisecond, later(ctx, 1, 30))
		is(t, err, nil)
		_, err = it.Next(ctx)
		is(t, err, rondo.ErrTimeout)
	})
}

func TestEager(t *testing.T) {
	var log []string
	run(t, func(ctx context.Context) {
		eager := rondo.Go(ctx, func(ctx context.Context) (int, error) {
			log = append(log, "begins")
			inner, err := rondo.Go(ctx, one, rondo.Eager()).Await(ctx)
			rondo.Yield(ctx)
			log = append(log, "ends")
			return 1 + inner, err
		}, rondo.Eager())
		log = append(log, "main")
		n, err := eager.Await(ctx)
		want(t, n, 2)
		is(t, err, nil)
		failed := rondo.Go(ctx, func(ctx context.Context) (int, error) { return 0, rondo.ErrFull }, rondo.Eager())
		_, err = failed.Await(ctx)
		is(t, err, rondo.ErrFull)
	})
	want(t, log, []string{"begins", "main", "ends"})
}
