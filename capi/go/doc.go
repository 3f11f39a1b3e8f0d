/*
Package rondo runs goroutines as coroutines of a Rondo loop: one at a time, in asyncio's order, together with the
coroutines of C, C++, Python and every other language on that loop, each awaiting the others.

	answer, err := rondo.Run(ctx, func(ctx context.Context) (int, error) {
		task := rondo.Go(ctx, fetch)
		if err := rondo.Sleep(ctx, time.Second); err != nil {
			return 0, err
		}
		return task.Await(ctx)
	})

# Where you are

A coroutine's function gets a context. It says which coroutine calls: hand it on, as contexts are, and every function
here takes it. It carries the values of the context the task was started with, and it is done when the task is
cancelled. Coroutines of one loop never run at the same time, and another one runs only while this one waits: in Await,
Sleep, Yield, Gather, Lock and the other functions that say so. What they share needs no locks.

A coroutine must not block its goroutine otherwise, for the loop and everything on it would stand still: [ToThread] is
for that, and [Receive] and [Send] for Go's channels. Of what is made elsewhere, a coroutine's own context serves on the
coroutine's own goroutine only; other goroutines use their own.

# Tasks and futures

[Go] starts a task and gives its [Future]. [Gather], [Wait] and [AsCompleted] await several, [WithGroup] is a block that
ends when all tasks made in it have, [Timeout] a block with a deadline, and [Shield] keeps a cancel away. A [Promise] is
a future that you end yourself, from whatever goroutine.

The library lets go of what nobody holds: nothing needs a release, but for a [Runner] its Close. [Run] does that too.

# Cancelling

Cancel asks a task to end: what it waits for fails with [ErrCanceled], for which errors.Is(err, context.Canceled) holds,
and a function that returns this error, wrapped or not, has ended cancelled. As in asyncio a request strikes once:
cleanup may wait again. It works in both directions with Go's own contexts: a context that is done cancels the run it
was given to; made from a coroutine's by context.WithTimeout and the like, it ends what waits with it, and cancels the
tasks started with it.

# Errors

An error that ends a task is the error of who awaits it: the same Go value, however many coroutines of other languages
passed it on. Errors of other languages are an [*Error]: errors.Is finds their [Status], errno values of libuv, causes,
and each error of a group. A panic ends its task with a [*PanicError], to be awaited like any other error; that of a
run's main function comes out of Run as a panic. runtime.Goexit of a main function ends Run's caller too, so that
t.Fatal works. What fails and is awaited by nobody is told to [Options].Handler.

# Other languages

A library that returns a rondo_future is called with [OnThread], and [Adopt] makes a Future of what it returned;
[Future.Raw] is the way back. Numbers, text and bytes become those of the other language, other values come back as they
were. [Attach] joins a loop that C or Python runs.

# Threads

The loop has a thread of its own, always the same one, as the coroutines of other languages expect. Go code cannot run
on it, as a goroutine that is tied to a thread cannot take turns with others there: so the loop's thread waits while a
goroutine runs, and does what needs to be done on it for that goroutine. Both sides look for the other for some
microseconds before they sleep: a turn costs about a microsecond on idle processors, and two switches of threads, some
ten microseconds, on busy ones. Let coroutines do something worth that, and leave the rest to goroutines.
*/
package rondo
