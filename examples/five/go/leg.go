package main

import "C"

import (
	"context"
	"fmt"
	"rondo"
	"unsafe"
)

//export go_leg
func go_leg(raw, baton unsafe.Pointer) unsafe.Pointer {
	loop, err := rondo.Attach(raw)
	if err != nil {
		return nil
	}
	text := rondo.FromRaw[string](baton)
	return rondo.GoOn(loop, func(ctx context.Context) (string, error) {
		text, err := text.Await(ctx)
		if err != nil {
			fmt.Println("Go: cancelled")
			return "", err
		}
		return text + ", Go", nil
	}, rondo.Name("Go")).Raw()
}

func main() {}
