package main

import (
	"context"
	"fmt"
	"rondo"
	"time"
)

func main() {
	answer, err := rondo.Run(context.Background(), func(ctx context.Context) (int, error) {
		return 42, rondo.Sleep(ctx, time.Millisecond)
	})
	if err != nil {
		panic(err)
	}
	fmt.Println("Go", answer)
}
