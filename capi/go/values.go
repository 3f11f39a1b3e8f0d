package rondo

// #include "meeting.h"
import "C"

import (
	"fmt"
	"reflect"
	"runtime/cgo"
	"unsafe"
)

//export goDrop
func goDrop(handle C.size_t) { cgo.Handle(handle).Delete() }

// goValue is the Go value that a native one carries.
func goValue(value *C.rondo_value) (any, bool) {
	if C.value_is_go(value) == 0 {
		return nil, false
	}
	return cgo.Handle(value.len).Value(), true
}

// encode makes a native value: numbers, text and bytes become those of every language, other values are carried for
// Go alone.
func encode(x any, out *C.rondo_value) {
	bits := (*[8]byte)(&out.as)
	switch v := reflect.ValueOf(x); v.Kind() {
	case reflect.Invalid:
	case reflect.Bool:
		out.kind = C.RONDO_BOOL
		if v.Bool() {
			*(*int64)(unsafe.Pointer(bits)) = 1
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		out.kind = C.RONDO_I64
		*(*int64)(unsafe.Pointer(bits)) = v.Int()
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		out.kind = C.RONDO_U64
		*(*uint64)(unsafe.Pointer(bits)) = v.Uint()
	case reflect.Float32, reflect.Float64:
		out.kind = C.RONDO_F64
		*(*float64)(unsafe.Pointer(bits)) = v.Float()
	case reflect.String:
		copyOut(C.RONDO_STR, []byte(v.String()), out)
	case reflect.UnsafePointer:
		out.kind = C.RONDO_PTR
		*(*uintptr)(unsafe.Pointer(bits)) = v.Pointer()
	default:
		if b, ok := x.([]byte); ok {
			copyOut(C.RONDO_BYTES, b, out)
		} else if _, ok := x.(struct{}); !ok {
			C.value_of_go(out, C.size_t(cgo.NewHandle(x)))
		}
	}
}

func copyOut(kind C.uint32_t, b []byte, out *C.rondo_value) {
	var first unsafe.Pointer
	if len(b) > 0 {
		first = unsafe.Pointer(&b[0])
	}
	C.rondo_value_copy(kind, first, C.size_t(len(b)), out)
}

// decode reads a native value.
func decode(value *C.rondo_value) any {
	bits := unsafe.Pointer(&value.as)
	switch value.kind {
	case C.RONDO_NONE:
		return nil
	case C.RONDO_BOOL:
		return *(*int64)(bits) != 0
	case C.RONDO_I64:
		return *(*int64)(bits)
	case C.RONDO_U64:
		return *(*uint64)(bits)
	case C.RONDO_F64:
		return *(*float64)(bits)
	case C.RONDO_STR:
		return C.GoStringN(*(**C.char)(bits), C.int(value.len))
	case C.RONDO_BYTES:
		return C.GoBytes(*(*unsafe.Pointer)(bits), C.int(value.len))
	}
	if x, ok := goValue(value); ok {
		return x
	}
	return *(*unsafe.Pointer)(bits)
}

// convert makes a T of what another language has given: itself, or the same number in T's kind.
func convert[T any](x any) (T, error) {
	var none T
	if t, ok := x.(T); ok {
		return t, nil
	}
	to := reflect.TypeOf(&none).Elem()
	if x == nil {
		switch to.Kind() {
		case reflect.Struct, reflect.Interface, reflect.Pointer, reflect.UnsafePointer, reflect.Slice, reflect.Map,
			reflect.Chan, reflect.Func:
			return none, nil
		}
		return none, fmt.Errorf("rondo: there is no result, %v is wanted", to)
	}
	from := reflect.ValueOf(x)
	if isNumber(from.Kind()) && isNumber(to.Kind()) {
		result := from.Convert(to)
		if back := result.Convert(from.Type()); back.Interface() == x && negative(from) == negative(result) {
			return result.Interface().(T), nil
		}
		return none, fmt.Errorf("rondo: the result %v is no %v", x, to)
	}
	if from.Kind() == to.Kind() && from.CanConvert(to) {
		return from.Convert(to).Interface().(T), nil
	}
	return none, fmt.Errorf("rondo: the result is a %T, %v is wanted", x, to)
}

func isNumber(k reflect.Kind) bool { return k >= reflect.Int && k <= reflect.Float64 }

func negative(v reflect.Value) bool {
	return v.CanInt() && v.Int() < 0 || v.CanFloat() && v.Float() < 0
}
