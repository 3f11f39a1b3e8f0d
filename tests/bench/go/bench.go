// Goroutines. The protocol is in ../bench.h. What needs no second thread runs with GOMAXPROCS 1, which is faster for
// Go there; post has as many processors as there are.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

func print(name string, value float64) { fmt.Printf("%s %.2f\n", name, value) }

func stop(start time.Time, n int) { print("ns", float64(time.Since(start).Nanoseconds())/float64(n)) }

func countdown(yields int) {
	for ; yields > 0; yields-- {
		runtime.Gosched()
	}
}

// all runs n goroutines and waits for them.
func all(n int, body func(i int)) {
	var done sync.WaitGroup
	done.Add(n)
	for i := 0; i < n; i++ {
		go func(i int) {
			defer done.Done()
			body(i)
		}(i)
	}
	done.Wait()
}

func spawn(n, _ int) {
	start := time.Now()
	for i := 0; i < n; i++ {
		done := make(chan struct{})
		go func() { close(done) }()
		<-done
	}
	stop(start, n)
}

func resident(what string) float64 {
	status, _ := os.ReadFile("/proc/self/status")
	for _, line := range strings.Split(string(status), "\n") {
		if strings.HasPrefix(line, what) {
			kilobytes, _ := strconv.Atoi(strings.Fields(line)[1])
			return float64(kilobytes) * 1024
		}
	}
	return 0
}

func gather(n, size int) {
	before := resident("VmRSS:")
	start := time.Now()
	for left := n; left >= size; left -= size {
		all(size, func(int) { runtime.Gosched() })
	}
	stop(start, n/size*size)
	print("bytes", (resident("VmHWM:")-before)/float64(size))
}

func yield(n, _ int) {
	start := time.Now()
	all(2, func(int) { countdown(n / 2) })
	stop(start, n)
}

func handoff(n, _ int) {
	batons := [2]chan int{make(chan int), make(chan int)}
	start := time.Now()
	all(2, func(i int) {
		for left := n / 2; left > 0; left-- {
			if i == 0 {
				batons[0] <- left
				<-batons[1]
			} else {
				batons[1] <- <-batons[0]
			}
		}
	})
	stop(start, n)
}

func cpu() int64 {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return usage.Utime.Nano() + usage.Stime.Nano()
}

func percentiles(late []int64) {
	sort.Slice(late, func(i, j int) bool { return late[i] < late[j] })
	print("p50", float64(late[len(late)/2]))
	print("p99", float64(late[len(late)*99/100]))
}

func sleepers(n, _ int) {
	deadline, woke := make([]int64, n), make([]int64, n)
	for i := range woke {
		deadline[i], woke[i] = 1, 1
	}
	before, start, cpuBefore := resident("VmRSS:"), time.Now(), cpu()
	delay := func(i int) int64 { return (int64(i)*7919%int64(n) + 1) * (1e9 / int64(n)) }
	all(n, func(i int) {
		deadline[i] = time.Since(start).Nanoseconds() + delay(i)
		time.Sleep(time.Duration(delay(i)))
		woke[i] = time.Since(start).Nanoseconds()
	})
	print("ns", float64(cpu()-cpuBefore)/float64(n))
	print("bytes", (resident("VmHWM:")-before)/float64(n))
	burstEnd, early := deadline[n-1]-delay(n-1), 0
	var late []int64
	for i := range woke {
		if woke[i] < deadline[i] {
			early++
		}
		if deadline[i] > burstEnd {
			late = append(late, woke[i]-deadline[i])
		}
	}
	percentiles(late)
	print("early", float64(early))
}

func timeout(n, _ int) {
	start := time.Now()
	for i := 0; i < n; i++ {
		_, cancel := context.WithTimeout(context.Background(), time.Hour)
		runtime.Gosched()
		cancel()
	}
	stop(start, n)
}

func post(n, size int) {
	runtime.GOMAXPROCS(runtime.NumCPU())
	posts := make(chan func(), 1024)
	total, arrived := n/size*size, 0
	arrive := func() { arrived++ }
	begin := make(chan struct{})
	for t := 0; t < size; t++ {
		go func() {
			<-begin
			for i := 0; i < n/size; i++ {
				posts <- arrive
			}
		}()
	}
	time.Sleep(time.Millisecond)
	start := time.Now()
	close(begin)
	for arrived < total {
		(<-posts)()
	}
	stop(start, total)
}

func queue(n, size int) {
	items := make(chan int, size)
	start := time.Now()
	all(2, func(i int) {
		if i == 0 {
			for item := 1; item <= n; item++ {
				items <- item
			}
			close(items)
			return
		}
		sum := 0
		for item := range items {
			sum += item
		}
		if sum != n*(n+1)/2 {
			panic("the sum of the items")
		}
	})
	stop(start, n)
}

func nap(n, _ int) {
	const length = 100 * time.Microsecond
	durations, early := make([]int64, n), 0
	for i := range durations {
		start := time.Now()
		time.Sleep(length)
		durations[i] = time.Since(start).Nanoseconds()
		if durations[i] < int64(length) {
			early++
		}
	}
	sort.Slice(durations, func(i, j int) bool { return durations[i] < durations[j] })
	print("ns", float64(durations[n/2]))
	print("early", float64(early))
}

// A channel with room for one is Go's lock that serves in order; a sync.Mutex would go to whoever let it go.
func lock(n, _ int) {
	lock := make(chan struct{}, 1)
	start := time.Now()
	all(2, func(int) {
		lock <- struct{}{}
		runtime.Gosched() // now the other one is in line
		for left := n/2 - 1; left > 0; left-- {
			<-lock
			lock <- struct{}{}
		}
		<-lock
	})
	stop(start, n)
}

func cancel(n, _ int) {
	var done sync.WaitGroup
	done.Add(n)
	cancels := make([]context.CancelFunc, n)
	for i := range cancels {
		var ctx context.Context
		ctx, cancels[i] = context.WithCancel(context.Background())
		go func() {
			defer done.Done()
			hour := time.NewTimer(time.Hour)
			defer hour.Stop()
			select {
			case <-ctx.Done():
			case <-hour.C:
			}
		}()
	}
	runtime.Gosched()
	start := time.Now()
	for _, cancel := range cancels {
		cancel()
	}
	done.Wait()
	stop(start, n)
}

func main() {
	workloads := []struct {
		name string
		run  func(n, size int)
	}{
		{"spawn", spawn}, {"gather", gather}, {"yield", yield}, {"handoff", handoff}, {"sleepers", sleepers},
		{"timeout", timeout}, {"post", post}, {"queue", queue}, {"nap", nap}, {"lock", lock}, {"group", gather},
		{"cancel", cancel},
	}
	number := func(i int) int {
		if i < len(os.Args) {
			n, _ := strconv.Atoi(os.Args[i])
			return n
		}
		return 1
	}
	runtime.GOMAXPROCS(1)
	for _, w := range workloads {
		if len(os.Args) < 2 {
			fmt.Println(w.name)
		} else if os.Args[1] == w.name {
			w.run(number(2), number(3))
			return
		}
	}
	if len(os.Args) > 1 {
		fmt.Fprintf(os.Stderr, "no workload '%s'\n", os.Args[1])
		os.Exit(1)
	}
}
