package rondo

// #include "meeting.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/cgo"
	"syscall"
	"unsafe"
)

// A Status is an error code of the library. errors.Is(err, rondo.ErrClosed) asks for one. Codes of libuv are negative
// errno values: errors.Is(err, syscall.ECONNREFUSED) works for those.
type Status int32

// The codes of rondo/abi.h.
const (
	ErrInvalid      Status = C.RONDO_EINVAL
	ErrNoMemory     Status = C.RONDO_ENOMEM
	ErrCanceled     Status = C.RONDO_ECANCELED // also context.Canceled
	ErrFailed       Status = C.RONDO_EFAILED
	ErrTimeout      Status = C.RONDO_ETIMEDOUT // also context.DeadlineExceeded
	ErrState        Status = C.RONDO_ESTATE
	ErrClosed       Status = C.RONDO_ECLOSED
	ErrRunning      Status = C.RONDO_ERUNNING
	ErrReentrant    Status = C.RONDO_EREENTRANT
	ErrThread       Status = C.RONDO_ETHREAD
	ErrKind         Status = C.RONDO_EKIND
	ErrTooBig       Status = C.RONDO_E2BIG
	ErrFault        Status = C.RONDO_EFAULT
	ErrOtherLoop    Status = C.RONDO_EOTHERLOOP
	ErrSelf         Status = C.RONDO_ESELF
	ErrNoLoop       Status = C.RONDO_ENOLOOP
	ErrNoFiber      Status = C.RONDO_ENOFIBER
	ErrStopped      Status = C.RONDO_ESTOPPED
	ErrInterrupt    Status = C.RONDO_EINTERRUPT
	ErrExit         Status = C.RONDO_EEXIT
	ErrGroup        Status = C.RONDO_EGROUP
	ErrTaken        Status = C.RONDO_ETAKEN
	ErrEntered      Status = C.RONDO_EENTERED
	ErrToken        Status = C.RONDO_ETOKEN
	ErrNoValue      Status = C.RONDO_ENOVALUE
	ErrNotSupported Status = C.RONDO_ENOTSUP
	ErrDeadline     Status = C.RONDO_EDEADLINE
	ErrStack        Status = C.RONDO_ESTACK
	ErrNoTask       Status = C.RONDO_ENOTASK
	ErrClosing      Status = C.RONDO_ECLOSING
	ErrExhausted    Status = C.RONDO_EEXHAUSTED
	ErrBroken       Status = C.RONDO_EBROKEN
	ErrFull         Status = C.RONDO_EFULL
	ErrEmpty        Status = C.RONDO_EEMPTY
	ErrShutdown     Status = C.RONDO_ESHUTDOWN
	ErrDeadlock     Status = C.RONDO_EDEADLOCK
	ErrForked       Status = C.RONDO_EFORKED
)

// Error is the text of the code.
func (s Status) Error() string { return C.GoString(C.rondo_strerror(C.rondo_status(s))) }

// Name is the code's name without its prefix: "ECANCELED".
func (s Status) Name() string { return C.GoString(C.rondo_status_name(C.rondo_status(s))) }

func (s Status) orNil() error {
	if s < 0 {
		return s
	}
	return nil
}

// Is makes ErrCanceled a context.Canceled, ErrTimeout a context.DeadlineExceeded, and libuv's codes errno values.
func (s Status) Is(target error) bool {
	switch target {
	case context.Canceled:
		return s == ErrCanceled
	case context.DeadlineExceeded:
		return s == ErrTimeout
	}
	errno, ok := target.(syscall.Errno)
	return ok && Status(-int32(errno)) == s
}

// An Error is an error of the library or of a coroutine of another language. errors.Is finds its code, its causes and,
// in the error of a group, those of all its members.
type Error struct {
	Code    Status
	Message string
	Domain  string // the language or library that raised it

	raw *C.rondo_error
}

// Error is the message, or the text of the code.
func (e *Error) Error() string {
	if e.Message == "" {
		return e.Code.Error()
	}
	return e.Message
}

// Unwrap is the cause, or nil.
func (e *Error) Unwrap() error {
	defer runtime.KeepAlive(e)
	if cause := C.rondo_error_cause(e.raw); cause != nil {
		return newError(cause)
	}
	return nil
}

// Errors are what failed in a group, in the order of their ends.
func (e *Error) Errors() []error {
	defer runtime.KeepAlive(e)
	var children []error
	for i := C.size_t(0); i < C.rondo_error_child_count(e.raw); i++ {
		children = append(children, newError(C.rondo_error_child(e.raw, i)))
	}
	return children
}

// Is reports whether the code, or an error of the group, is target.
func (e *Error) Is(target error) bool {
	if code, ok := target.(Status); ok && code == e.Code || e.Code.Is(target) {
		return true
	}
	for _, child := range e.Errors() {
		if errors.Is(child, target) {
			return true
		}
	}
	return false
}

// As finds target among the errors of the group, and makes the code a [Status].
func (e *Error) As(target any) bool {
	if code, ok := target.(*Status); ok {
		*code = e.Code
		return true
	}
	for _, child := range e.Errors() {
		if errors.As(child, target) {
			return true
		}
	}
	return false
}

// A PanicError is how a coroutine ends that panicked.
type PanicError struct {
	Value any    // what panic was called with
	Stack []byte // where
}

// Error is the value and the stack.
func (p *PanicError) Error() string { return fmt.Sprintf("panic: %v\n\n%s", p.Value, p.Stack) }

// Unwrap is Value if that is an error.
func (p *PanicError) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// newError is the Go error that a native one carries, or stands for. It takes a reference of its own.
func newError(raw *C.rondo_error) error {
	if raw == nil {
		return nil
	}
	if payload := C.rondo_error_payload(raw); payload != nil {
		if err, ok := goValue(payload); ok {
			return err.(error)
		}
	}
	if C.error_is_plain(raw) != 0 {
		return Status(C.rondo_error_code(raw))
	}
	e := &Error{Status(C.rondo_error_code(raw)), C.GoString(C.rondo_error_message(raw)),
		C.GoString(C.rondo_error_domain(raw)), C.rondo_error_retain(raw)}
	runtime.SetFinalizer(e, func(e *Error) { C.rondo_error_release(e.raw) })
	return e
}

// takeError makes an error of one that was given away, and of a mere status.
func takeError(raw **C.rondo_error, status Status) error {
	if *raw == nil {
		if status < 0 {
			return status
		}
		return nil
	}
	err := newError(*raw)
	C.rondo_error_release(*raw)
	*raw = nil
	return err
}

var goDomain = C.CString("go")

// rawError is one reference to a native error that carries err.
func rawError(err error, code Status) *C.rondo_error {
	if e, ok := err.(*Error); ok && e.Code == code {
		defer runtime.KeepAlive(e)
		return C.rondo_error_retain(e.raw)
	}
	if status, ok := err.(Status); ok && status == code {
		return C.rondo_error_new(C.rondo_status(code), nil)
	}
	message := C.CString(err.Error())
	defer C.free(unsafe.Pointer(message))
	var cause *C.rondo_error
	var native *Error
	if errors.As(err, &native) {
		cause = native.raw
	}
	raw := C.error_of_go(C.rondo_status(code), message, goDomain, cause, C.size_t(cgo.NewHandle(err)))
	runtime.KeepAlive(native)
	return raw
}
