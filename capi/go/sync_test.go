package rondo_test

import (
	"context"
	"rondo"
	"testing"
	"time"
)

func TestLock(t *testing.T) {
	var log []int
	run(t, func(ctx context.Context) {
		lock := rondo.NewLock()
		is(t, rondo.WithGroup(ctx, func(ctx context.Context, g *rondo.Group) error {
			for i := 0; i < 3; i++ {
				i := i
				g.Go(func(ctx context.Context) error {
					if err := lock.Lock(ctx); err != nil {
						return err
					}
					defer lock.Unlock(ctx)
					want(t, lock.Locked(ctx), true)
					log = append(log, i)
					rondo.Sleep(ctx, time.Second)
					log = append(log, i)
					return nil
				})
			}
			return nil
		}), nil)
		is(t, lock.Unlock(ctx), rondo.ErrState)
	})
	want(t, log, []int{0, 0, 1, 1, 2, 2})
}

func TestEventAndCond(t *testing.T) {
	run(t, func(ctx context.Context) {
		event, lock := rondo.NewEvent(), rondo.NewLock()
		cond := rondo.NewCond(lock)
		items := 0
		waiting := rondo.Go(ctx, func(ctx context.Context) (int, error) {
			is(t, event.Wait(ctx), nil)
			is(t, lock.Lock(ctx), nil)
			for items == 0 {
				is(t, cond.Wait(ctx), nil)
			}
			return items, lock.Unlock(ctx)
		})
		rondo.Yield(ctx)
		want(t, event.IsSet(ctx), false)
		is(t, event.Set(ctx), nil)
		want(t, event.IsSet(ctx), true)
		is(t, event.Clear(ctx), nil)
		rondo.Sleep(ctx, time.Second)
		is(t, cond.NotifyAll(ctx), rondo.ErrState)
		is(t, lock.Lock(ctx), nil)
		items = 3
		is(t, cond.Notify(ctx, 1), nil)
		is(t, lock.Unlock(ctx), nil)
		n, err := waiting.Await(ctx)
		want(t, n, 3)
		is(t, err, nil)
	})
}

func TestSemaphore(t *testing.T) {
	most, now := 0, 0
	run(t, func(ctx context.Context) {
		semaphore := rondo.NewSemaphore(2)
		is(t, rondo.WithGroup(ctx, func(ctx context.Context, g *rondo.Group) error {
			for i := 0; i < 6; i++ {
				g.Go(func(ctx context.Context) error {
					is(t, semaphore.Acquire(ctx), nil)
					now++
					if now > most {
						most = now
					}
					rondo.Sleep(ctx, time.Second)
					now--
					return semaphore.Release(ctx)
				})
			}
			return nil
		}), nil)
	})
	want(t, []int{most, now}, []int{2, 0})
}

func TestQueue(t *testing.T) {
	run(t, func(ctx context.Context) {
		queue := rondo.NewQueue[int](2)
		sum := 0
		consumer := rondo.Go(ctx, func(ctx context.Context) (int, error) {
			for {
				n, err := queue.Get(ctx)
				if err != nil {
					return sum, err
				}
				sum += n
				is(t, queue.TaskDone(ctx), nil)
			}
		})
		for i := 1; i <= 10; i++ {
			is(t, queue.Put(ctx, i), nil)
		}
		is(t, queue.Join(ctx), nil)
		want(t, sum, 55)
		want(t, queue.Len(), 0)
		is(t, queue.TryPut(ctx, 1), nil)
		is(t, queue.TryPut(ctx, 1), nil)
		is(t, queue.TryPut(ctx, 1), rondo.ErrFull)
		is(t, queue.Shutdown(ctx), nil)
		_, err := consumer.Await(ctx)
		is(t, err, rondo.ErrShutdown)
		want(t, sum, 57)
		is(t, queue.Put(ctx, 1), rondo.ErrShutdown)
	})
}

func TestOrdersOfQueues(t *testing.T) {
	run(t, func(ctx context.Context) {
		drain := func(queue *rondo.Queue[string]) (all []string) {
			for _, item := range []string{"b1", "a", "c", "b2"} {
				is(t, queue.Put(ctx, item), nil)
			}
			for {
				item, err := queue.TryGet(ctx)
				if err != nil {
					is(t, err, rondo.ErrEmpty)
					return all
				}
				all = append(all, item)
			}
		}
		want(t, drain(rondo.NewQueue[string](0)), []string{"b1", "a", "c", "b2"})
		want(t, drain(rondo.NewLifoQueue[string](0)), []string{"b2", "c", "a", "b1"})
		byFirst := func(a, b string) bool { return a[0] < b[0] }
		want(t, drain(rondo.NewPriorityQueue(0, byFirst)), []string{"a", "b1", "b2", "c"})
	})
}
