package rondo

/*
#cgo pkg-config: rondo
#cgo CFLAGS: -std=c11 -D_POSIX_C_SOURCE=200809L
#cgo LDFLAGS: -pthread
#include "meeting.h"
*/
import "C"

import (
	"fmt"
	"log"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// A Loop runs coroutines, on one thread, one at a time. A [Runner] has one; [Attach] joins one that another language
// runs. Its methods may be called from any goroutine.
type Loop struct {
	meeting *C.meeting
	owner   *owner
	joined  bool // by Attach
	handler func(Report)
	running atomic.Pointer[coroutine] // whose turn it is

	table      sync.Mutex // guards what follows
	strands    []*strand
	free       []uint64
	callbacks  map[uint64]func(*C.rondo_call)
	operations map[uint64]func() C.uint32_t // how to cancel them
	lastID     uint64

	jobs sync.WaitGroup // of ToThread

	mu        sync.Mutex // guards what follows, and a request while it is made
	attending bool       // the loop's thread waits for requests
	disturbed bool       // see coroutine.disturb
	visitor   strand     // stands for every goroutine that makes one
	reports   []Report

	failures    map[*C.rondo_future]uint64 // see failed
	lastFailure uint64
}

// A strand is a goroutine that takes part. One of them has the turn, while the loop's thread waits for it; or one
// listens to the loop's thread and gives the turn to whom it calls. The others wait for their turns.
type strand struct {
	id        uint64
	turn      chan C.int32_t
	coroutine *coroutine // nil: somebody outside, who waits for a request
	leaves    bool       // it does not wait for another turn
}

func newStrand() strand { return strand{turn: make(chan C.int32_t, 1)} }

func newLoop(handler func(Report)) (*Loop, error) {
	l := &Loop{
		meeting:    C.meeting_new(),
		handler:    handler,
		callbacks:  map[uint64]func(*C.rondo_call){},
		operations: map[uint64]func() C.uint32_t{},
		visitor:    newStrand(),
		failures:   map[*C.rondo_future]uint64{},
	}
	if l.meeting == nil {
		return nil, ErrNoMemory
	}
	l.owner = &owner{l.meeting}
	runtime.SetFinalizer(l.owner, func(o *owner) { C.meeting_free(o.meeting) })
	l.enlist(&l.visitor)
	return l, nil
}

// An owner frees the meeting with the last that knows the loop.
type owner struct{ meeting *C.meeting }

// Those that are not closed or detached.
var loops = registry{known: map[unsafe.Pointer]*Loop{}}

type registry struct {
	sync.Mutex
	known map[unsafe.Pointer]*Loop
}

func (r *registry) forget(l *Loop) bool {
	r.Lock()
	defer r.Unlock()
	known := r.known[l.Raw()] == l
	delete(r.known, l.Raw())
	return known
}

// Attach joins a loop, a rondo_loop, that is run by another language: [GoOn] starts coroutines there. The same loop
// gives the same Loop until it is detached.
func Attach(raw unsafe.Pointer) (*Loop, error) {
	loops.Lock()
	defer loops.Unlock()
	if l := loops.known[raw]; l != nil {
		return l, nil
	}
	l, err := newLoop(nil)
	if err != nil {
		return nil, err
	}
	l.meeting.loop = C.rondo_loop_retain((*C.rondo_loop)(raw))
	l.joined = true
	loops.known[raw] = l
	go func() {
		porter := strand{leaves: true}
		l.follow(&porter, C.meeting_listen(l.meeting))
	}()
	return l, nil
}

// Detach leaves an attached loop that has no coroutines of Go any more.
func (l *Loop) Detach() {
	if l.joined && loops.forget(l) {
		l.forgetFailures(func(raw *C.rondo_future) { C.rondo_future_release(raw) })
		C.meeting_dismiss(l.meeting)
	}
}

// Raw is the rondo_loop, borrowed.
func (l *Loop) Raw() unsafe.Pointer { return unsafe.Pointer(l.meeting.loop) }

// Time is the loop's clock: monotonic, from an unspecified start; a virtual one from 0.
func (l *Loop) Time() time.Duration { return time.Duration(C.rondo_loop_time(l.meeting.loop)) }

// CallSoonThreadsafe has the loop call fn in its next turn. fn must not wait. It fails with [ErrClosed].
func (l *Loop) CallSoonThreadsafe(fn func()) error {
	return l.post(func(call *C.rondo_call) { fn() })
}

func (l *Loop) post(fn func(*C.rondo_call)) error {
	l.table.Lock()
	defer l.table.Unlock()
	l.lastID++
	if status := C.meeting_call_soon(l.meeting, C.uint64_t(l.lastID)); status < 0 {
		return Status(status)
	}
	l.callbacks[l.lastID] = fn
	return nil
}

// call runs a callback in a turn of its own.
func (l *Loop) call(id uint64) {
	l.table.Lock()
	fn := l.callbacks[id]
	delete(l.callbacks, id)
	l.table.Unlock()
	call := l.meeting.call
	l.attend(true)
	defer func() {
		if value := recover(); value != nil {
			call.error = rawError(&PanicError{value, debug.Stack()}, ErrFailed)
		}
		l.attend(false)
		l.exchange(&strand{leaves: true}, nil)
	}()
	fn(call)
}

// ---- strands

func (l *Loop) enlist(s *strand) {
	l.table.Lock()
	defer l.table.Unlock()
	if n := len(l.free); n > 0 {
		s.id = l.free[n-1]
		l.free = l.free[:n-1]
		l.strands[s.id] = s
	} else {
		s.id = uint64(len(l.strands))
		l.strands = append(l.strands, s)
	}
}

func (l *Loop) dismiss(s *strand) {
	l.table.Lock()
	defer l.table.Unlock()
	l.strands[s.id] = nil
	l.free = append(l.free, s.id)
}

func (l *Loop) find(id C.uint64_t) *strand {
	l.table.Lock()
	defer l.table.Unlock()
	return l.strands[id]
}

// exchange makes a request, or with nil answers the last event, and returns the event that gives s its next turn.
func (l *Loop) exchange(s *strand, q *C.request) C.int32_t {
	return l.follow(s, C.meeting_exchange(l.meeting, q))
}

// follow gives the turn to whom the event is for.
func (l *Loop) follow(s *strand, kind C.int32_t) C.int32_t {
	for ; ; kind = C.meeting_exchange(l.meeting, nil) {
		switch kind {
		case C.EVENT_DISMISS:
			return 0
		case C.EVENT_REPORT:
			l.note()
			continue
		case C.EVENT_CANCEL:
			l.cancelOperation(uint64(l.meeting.id))
			continue
		case C.EVENT_CALL:
			go l.call(uint64(l.meeting.id))
		default:
			next := l.find(l.meeting.id)
			if next == s {
				return kind
			}
			if !next.give(kind) {
				next.coroutine.abandon()
				continue
			}
		}
		if s.leaves {
			return 0
		}
		return <-s.turn
	}
}

// give hands the turn over. False: there is nobody to take it, and nothing to be done.
func (s *strand) give(kind C.int32_t) bool {
	if c := s.coroutine; c != nil && !c.started {
		if kind == C.EVENT_DESTROY {
			return false
		}
		c.started = true
		go c.main()
	} else {
		s.turn <- kind
	}
	return true
}

// ---- requests

// attend says whether the loop's thread waits for requests.
func (l *Loop) attend(yes bool) {
	l.mu.Lock()
	l.attending = yes
	l.disturbed = false
	reports := l.reports
	if yes {
		l.reports = nil
	}
	l.mu.Unlock()
	if yes {
		l.deliver(reports)
	}
}

// request is an empty one, and everything locked until its end; nil: the loop's thread does not wait for requests, and
// nothing is locked.
func (l *Loop) request(what C.uint32_t) *C.request {
	l.mu.Lock()
	if !l.attending {
		l.mu.Unlock()
		return nil
	}
	return l.newRequest(what)
}

func (l *Loop) newRequest(what C.uint32_t) *C.request {
	q := &l.meeting.request
	*q = C.request{what: what, strand: C.uint64_t(l.visitor.id)}
	return q
}

// ask makes the request, for the coroutine whose turn it is or any other goroutine, and unlocks.
func (l *Loop) ask(q *C.request) (Status, unsafe.Pointer) {
	l.exchange(&l.visitor, q)
	status, out := Status(q.status), q.out
	l.mu.Unlock()
	return status, out
}

func (l *Loop) askLike(q C.request) (Status, unsafe.Pointer) {
	like := l.request(q.what)
	q.strand = like.strand
	*like = q
	return l.ask(like)
}

// askOf calls something that takes a handle alone, in a coroutine.
func (l *Loop) askOf(call C.function, handle unsafe.Pointer) Status {
	q := l.request(C.REQUEST_CALL)
	q.call, q.handle = call, handle
	status, _ := l.ask(q)
	return status
}

func (l *Loop) askTime(call C.function, handle unsafe.Pointer, time int64) Status {
	q := l.request(C.REQUEST_CALL_TIME)
	q.call, q.handle, q.number = call, handle, C.int64_t(time)
	status, _ := l.ask(q)
	return status
}

// exchangeNested exchanges a request in which coroutines may run.
func (l *Loop) exchangeNested(s *strand, q *C.request) {
	copied := (*C.request)(C.malloc(C.sizeof_request))
	*copied = *q
	copied.strand = C.uint64_t(s.id)
	l.exchange(s, copied)
	*q = *copied
	C.free(unsafe.Pointer(copied))
}

// ---- reports

// A Report tells of something that failed and that nobody awaits.
type Report struct {
	Message string
	Err     error
	Task    string // the name of the task concerned, if there is one
	Origin  string // where it was made, a line per frame: debug mode only
	Warning bool   // nothing failed: debug mode has seen something that should not be
}

// String is what the standard logger is given.
func (r Report) String() string {
	if r.Err != nil {
		return fmt.Sprintf("rondo: %s: %v", r.Message, r.Err)
	}
	return "rondo: " + r.Message
}

func (l *Loop) note() {
	m := l.meeting
	l.reports = append(l.reports, Report{C.GoString(m.report.message), newError(m.report.error),
		C.GoString(m.report_task), C.GoString(m.report.origin), m.report.flags&C.RONDO_REPORT_WARNING != 0})
}

// deliver calls the handler, with nothing locked.
func (l *Loop) deliver(reports []Report) {
	for _, report := range reports {
		if l.handler != nil {
			l.handler(report)
		} else {
			log.Print(report)
		}
	}
}
