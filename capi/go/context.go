package rondo

// #include "meeting.h"
import "C"

import (
	"context"
	"sync"
	"time"
	"unsafe"
)

// A signal is the part of a context that ends.
type signal struct {
	lock sync.Mutex
	done chan struct{}
	err  error
}

func (s *signal) Done() <-chan struct{} {
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.done == nil {
		s.done = make(chan struct{})
		if s.err != nil {
			close(s.done)
		}
	}
	return s.done
}

func (s *signal) Err() error {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.err
}

func (s *signal) end(err error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.err != nil {
		return
	}
	s.err = err
	if s.done != nil {
		close(s.done)
	}
}

type coroutineKey struct{}
type ownKey struct{}

func (c *coroutine) Deadline() (deadline time.Time, ok bool) {
	if c.bound {
		return c.parent.Deadline()
	}
	return
}

func (c *coroutine) Value(key any) any {
	switch key {
	case coroutineKey{}, ownKey{}:
		return c
	}
	return c.parent.Value(key)
}

// current is the coroutine that ctx belongs to, or nil.
func current(ctx context.Context) *coroutine {
	if c, ok := ctx.(*coroutine); ok {
		return c
	}
	c, _ := ctx.Value(coroutineKey{}).(*coroutine)
	return c
}

// own is the context of a coroutine or block that ctx is or was made from, or nil.
func own(ctx context.Context) context.Context {
	it, _ := ctx.Value(ownKey{}).(context.Context)
	return it
}

// foreign is ctx without what belongs to a coroutine only, so that tasks that start tasks make no chain.
func foreign(ctx context.Context) context.Context {
	switch it := ctx.(type) {
	case *coroutine:
		return it.parent
	case *scope:
		return it.parent
	}
	return ctx
}

// endsAlone says whether ctx, made from a coroutine's, can be done when that is not.
func endsAlone(ctx context.Context) bool {
	switch ctx.(type) {
	case *coroutine, *scope:
		return false
	}
	done := ctx.Done()
	it := own(ctx)
	return done != nil && (it == nil || it.Done() != done)
}

// A scope is the context of a block of a coroutine: a timeout or a group.
type scope struct {
	signal
	c      *coroutine
	parent context.Context
	// Whether a cancellation that the coroutine gets is this block's, and then what it means there.
	struck func() error
}

func (s *scope) Deadline() (time.Time, bool) { return s.c.Deadline() }

func (s *scope) Value(key any) any {
	switch key {
	case coroutineKey{}:
		return s.c
	case ownKey{}:
		return s
	}
	return s.parent.Value(key)
}

func (c *coroutine) enter(ctx context.Context, struck func() error) *scope {
	s := &scope{c: c, parent: foreign(ctx), struck: struck}
	c.scopes = append(c.scopes, s)
	return s
}

func (c *coroutine) leave(s *scope) {
	c.scopes = c.scopes[:len(c.scopes)-1]
	s.end(context.Canceled)
}

// canceled ends the contexts that a cancellation is meant for: of the outermost block that has caused it, and of those
// inside; or of the whole task.
func (c *coroutine) canceled() {
	for i, s := range c.scopes {
		if err := s.struck(); err != nil {
			endAll(c.scopes[i:], err)
			return
		}
	}
	if c.l.askOf(C.function(C.rondo_task_cancelling), unsafe.Pointer(c.io.self)) > 0 {
		c.end(context.Canceled)
		endAll(c.scopes, context.Canceled)
	}
}

func endAll(scopes []*scope, err error) {
	for _, s := range scopes {
		s.end(err)
	}
}

// guard has do end early when ctx does, if that is not the coroutine's own context: as a timeout block whose time has
// come when ctx is done.
func (c *coroutine) guard(ctx context.Context, do func() error) error {
	if !endsAlone(ctx) {
		return do()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	t, err := c.beginTimeout(forever)
	if err != nil {
		return err
	}
	ended := make(chan struct{})
	inside := true
	go func() {
		select {
		case <-ended:
		case <-ctx.Done():
			c.l.post(func(*C.rondo_call) {
				if inside {
					c.l.askTime(C.function(C.rondo_timeout_reschedule), t, -forever)
				}
			})
		}
	}()
	s := c.enter(ctx, func() error { return c.hasExpired(t, ctx.Err()) })
	err = do()
	c.leave(s)
	close(ended)
	inside = false
	if c.endTimeout(t, err) {
		return ctx.Err()
	}
	return err
}
