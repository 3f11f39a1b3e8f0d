package rondo

// #include "meeting.h"
import "C"

import (
	"container/heap"
	"container/list"
	"context"
	"runtime"
	"unsafe"
)

// A primitive is a counted object of the library for the tasks of one loop. It belongs to the loop on which somebody
// first had to wait.
type primitive struct {
	handle  unsafe.Pointer
	release func(unsafe.Pointer)
}

func newPrimitive(handle unsafe.Pointer, release func(unsafe.Pointer)) *primitive {
	p := &primitive{handle, release}
	runtime.SetFinalizer(p, func(p *primitive) { p.release(p.handle) })
	return p
}

// operate does or begins something, and waits for its end.
func (p *primitive) operate(ctx context.Context, what C.uint32_t, begin C.function) error {
	c, err := here(ctx)
	if err != nil {
		return err
	}
	return c.guard(ctx, func() error {
		defer runtime.KeepAlive(p)
		q := c.l.request(what)
		q.call, q.handle = begin, p.handle
		status, operation := c.l.ask(q)
		if status != 0 || operation == nil {
			return status.orNil()
		}
		return c.awaitRaw(operation)
	})
}

// call is for what does not wait.
func (p *primitive) call(ctx context.Context, what C.uint32_t, call C.function, n uint64) Status {
	c, err := here(ctx)
	if err != nil {
		return err.(Status)
	}
	defer runtime.KeepAlive(p)
	q := c.l.request(what)
	q.call, q.handle, q.id, q.number = call, p.handle, C.uint64_t(n), C.int64_t(n)
	status, _ := c.l.ask(q)
	return status
}

// A Lock is for the tasks of one loop, first come, first served. It is not reentrant.
type Lock struct{ *primitive }

// NewLock makes an unlocked one.
func NewLock() *Lock {
	var raw *C.rondo_lock
	C.rondo_lock_create(&raw)
	return &Lock{newPrimitive(unsafe.Pointer(raw), func(p unsafe.Pointer) { C.rondo_lock_release((*C.rondo_lock)(p)) })}
}

// Lock waits until it is free and locks it.
func (l *Lock) Lock(ctx context.Context) error {
	return l.operate(ctx, C.REQUEST_CALL_OUT, C.function(C.rondo_lock_acquire_async))
}

// Unlock fails with [ErrState] if it is not locked. Any task may unlock it.
func (l *Lock) Unlock(ctx context.Context) error {
	return l.call(ctx, C.REQUEST_CALL, C.function(C.rondo_lock_unlock), 0).orNil()
}

// Locked says whether it is locked.
func (l *Lock) Locked(ctx context.Context) bool {
	return l.call(ctx, C.REQUEST_CALL, C.function(C.rondo_lock_locked), 0) == 1
}

// An Event is set or not; tasks wait for it to be set.
type Event struct{ *primitive }

// NewEvent makes one that is not set.
func NewEvent() *Event {
	var raw *C.rondo_event
	C.rondo_event_create(&raw)
	return &Event{newPrimitive(unsafe.Pointer(raw), func(p unsafe.Pointer) { C.rondo_event_release((*C.rondo_event)(p)) })}
}

// Wait waits until it is set.
func (e *Event) Wait(ctx context.Context) error {
	return e.operate(ctx, C.REQUEST_CALL_OUT, C.function(C.rondo_event_wait_async))
}

// Set sets it and wakes all who wait.
func (e *Event) Set(ctx context.Context) error {
	return e.call(ctx, C.REQUEST_CALL, C.function(C.rondo_event_set), 0).orNil()
}

// Clear makes it unset.
func (e *Event) Clear(ctx context.Context) error {
	return e.call(ctx, C.REQUEST_CALL, C.function(C.rondo_event_clear), 0).orNil()
}

// IsSet says whether it is set.
func (e *Event) IsSet(ctx context.Context) bool {
	return e.call(ctx, C.REQUEST_CALL, C.function(C.rondo_event_is_set), 0) == 1
}

// A Semaphore has a number of permits.
type Semaphore struct{ *primitive }

// NewSemaphore makes one with so many permits.
func NewSemaphore(permits uint64) *Semaphore {
	var raw *C.rondo_semaphore
	C.rondo_semaphore_create(C.uint64_t(permits), 0, &raw)
	release := func(p unsafe.Pointer) { C.rondo_semaphore_release((*C.rondo_semaphore)(p)) }
	return &Semaphore{newPrimitive(unsafe.Pointer(raw), release)}
}

// Acquire takes a permit, and waits for one if there is none.
func (s *Semaphore) Acquire(ctx context.Context) error {
	return s.operate(ctx, C.REQUEST_CALL_OUT, C.function(C.rondo_semaphore_acquire_async))
}

// Release gives a permit back.
func (s *Semaphore) Release(ctx context.Context) error {
	return s.call(ctx, C.REQUEST_CALL, C.function(C.rondo_semaphore_give_back), 0).orNil()
}

// A Cond lets tasks wait, under a lock, for something to change.
type Cond struct {
	*primitive
	L *Lock
}

// NewCond makes one with this lock.
func NewCond(lock *Lock) *Cond {
	var raw *C.rondo_condition
	C.rondo_condition_create((*C.rondo_lock)(lock.handle), &raw)
	release := func(p unsafe.Pointer) { C.rondo_condition_release((*C.rondo_condition)(p)) }
	return &Cond{newPrimitive(unsafe.Pointer(raw), release), lock}
}

// Wait unlocks L, waits to be notified, and has L again when it returns, however that is. Wake-ups may be spurious.
func (c *Cond) Wait(ctx context.Context) error {
	return c.operate(ctx, C.REQUEST_CALL_OUT, C.function(C.rondo_condition_wait_async))
}

// Notify wakes the n tasks that wait longest.
func (c *Cond) Notify(ctx context.Context, n int) error {
	return c.call(ctx, C.REQUEST_CALL_SIZE, C.function(C.rondo_condition_notify), uint64(n)).orNil()
}

// NotifyAll wakes all tasks that wait.
func (c *Cond) NotifyAll(ctx context.Context) error {
	return c.call(ctx, C.REQUEST_CALL, C.function(C.rondo_condition_notify_all), 0).orNil()
}

// A Queue hands items from tasks to tasks of one loop. The library counts them and keeps the lines.
type Queue[T any] struct {
	*primitive
	put func(T)
	get func() T
	len func() int
}

func newQueue[T any](capacity int) *Queue[T] {
	options := C.rondo_queue_options{size: C.sizeof_rondo_queue_options, flags: C.RONDO_QUEUE_COUNTS_ONLY}
	options.capacity = C.uint64_t(capacity)
	var raw *C.rondo_queue
	C.rondo_queue_create(&options, &raw)
	release := func(p unsafe.Pointer) { C.rondo_queue_release((*C.rondo_queue)(p)) }
	return &Queue[T]{primitive: newPrimitive(unsafe.Pointer(raw), release)}
}

// NewQueue makes a queue, first in, first out. capacity 0: unbounded.
func NewQueue[T any](capacity int) *Queue[T] {
	q := newQueue[T](capacity)
	items := list.New()
	q.put = func(item T) { items.PushBack(item) }
	q.get = func() T { return items.Remove(items.Front()).(T) }
	q.len = items.Len
	return q
}

// NewLifoQueue makes one in which the item that came in last goes out first.
func NewLifoQueue[T any](capacity int) *Queue[T] {
	q := newQueue[T](capacity)
	items := list.New()
	q.put = func(item T) { items.PushBack(item) }
	q.get = func() T { return items.Remove(items.Back()).(T) }
	q.len = items.Len
	return q
}

// NewPriorityQueue makes one in which the smallest item goes out first; of equal ones the one that came in first.
func NewPriorityQueue[T any](capacity int, less func(a, b T) bool) *Queue[T] {
	q := newQueue[T](capacity)
	items := &byPriority[T]{less: less}
	q.put = func(item T) { heap.Push(items, item) }
	q.get = func() T { return heap.Pop(items).(T) }
	q.len = items.Len
	return q
}

type byPriority[T any] struct {
	less  func(a, b T) bool
	items []ranked[T]
	count uint64
}

type ranked[T any] struct {
	item  T
	count uint64
}

func (h *byPriority[T]) Len() int      { return len(h.items) }
func (h *byPriority[T]) Swap(i, j int) { h.items[i], h.items[j] = h.items[j], h.items[i] }
func (h *byPriority[T]) Less(i, j int) bool {
	a, b := h.items[i], h.items[j]
	return h.less(a.item, b.item) || !h.less(b.item, a.item) && a.count < b.count
}
func (h *byPriority[T]) Push(item any) {
	h.count++
	h.items = append(h.items, ranked[T]{item.(T), h.count})
}
func (h *byPriority[T]) Pop() any {
	last := h.items[len(h.items)-1]
	h.items = h.items[:len(h.items)-1]
	return last.item
}

// Put puts an item in, and waits while the queue is full. It fails with [ErrShutdown].
func (q *Queue[T]) Put(ctx context.Context, item T) error {
	err := q.operate(ctx, C.REQUEST_CALL_ITEM_OUT, C.function(C.rondo_queue_put_async))
	if err == nil {
		q.put(item)
	}
	return err
}

// Get takes an item out, and waits while the queue is empty. It fails with [ErrShutdown] when it was shut down and
// nothing is left.
func (q *Queue[T]) Get(ctx context.Context) (item T, err error) {
	if err = q.operate(ctx, C.REQUEST_CALL_ITEM_OUT, C.function(C.rondo_queue_get_async)); err == nil {
		item = q.get()
	}
	return item, err
}

// TryPut is Put without waiting: [ErrFull].
func (q *Queue[T]) TryPut(ctx context.Context, item T) error {
	status := q.call(ctx, C.REQUEST_CALL_ITEM, C.function(C.rondo_queue_put_nowait), 0)
	if status == 0 {
		q.put(item)
	}
	return status.orNil()
}

// TryGet is Get without waiting: [ErrEmpty].
func (q *Queue[T]) TryGet(ctx context.Context) (item T, err error) {
	status := q.call(ctx, C.REQUEST_CALL_ITEM, C.function(C.rondo_queue_get_nowait), 0)
	if status == 0 {
		item = q.get()
	}
	return item, status.orNil()
}

// Len is how many items are in it.
func (q *Queue[T]) Len() int { return q.len() }

// TaskDone says that an item that was taken is finished; [Queue.Join] waits for all.
func (q *Queue[T]) TaskDone(ctx context.Context) error {
	return q.call(ctx, C.REQUEST_CALL, C.function(C.rondo_queue_task_done), 0).orNil()
}

// Join waits until every item that was put in is finished.
func (q *Queue[T]) Join(ctx context.Context) error {
	return q.operate(ctx, C.REQUEST_CALL_OUT, C.function(C.rondo_queue_join_async))
}

// Shutdown ends it: puts fail with [ErrShutdown], gets when nothing is left.
func (q *Queue[T]) Shutdown(ctx context.Context) error {
	return q.call(ctx, C.REQUEST_CALL_STATUS, C.function(C.rondo_queue_shutdown), 0).orNil()
}
