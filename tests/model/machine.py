"""Runs a program (see program.py) with asyncio or with Rondo and writes down what happens, event by event.

Events are lines; "@n" says that it is now tick n. Labels: m0 is the main task of run 0, t3 the task of body 3, c5
callback 5, g6 async generator 6. Every task also has a rank, its number; it waits only for tasks of higher ranks,
because asyncio does not survive the cancellation of tasks that wait in a circle.
"""

import contextvars

from basics import ANY_RANK, TICKS, VARIABLE, Actor, Oops
from shared import CALLS, OPERATIONS, Shared
from threads import Threads

REAP_AFTER = 1000  # ticks
REAPS = 60


class Machine(Shared, Threads):
    """One program's run."""

    def __init__(self, library, program):
        self.library = library
        self.aio = library.aio
        self.program = program
        self.trace = []
        self.now = 0
        self.begun = set()
        self.tasks = {}
        self.main_tasks = []
        self.slots = {}
        self.watches = {}
        self.handles = {}
        self.scopes = {}
        self.groups = {}
        self.generators = []
        self.runs = 0
        self.closing = False
        self.reaps = 0

    def play(self):
        """The trace of the whole program."""
        program = self.program
        runner = self.library.new_runner(program)
        self.loop = loop = runner.get_loop()
        loop.set_exception_handler(self.on_report)
        if program["eager"]:
            loop.set_task_factory(self.aio.eager_task_factory)
        self.futures = [loop.create_future() for _ in range(program["futures"])]
        self.make_shared()
        self.make_pool()
        loop.call_later(REAP_AFTER / TICKS, self.reap)
        for block in program["runs"]:
            self.run(runner, block)
        self.hear_threads(lambda block: self.run(runner, block))
        self.closing = True
        loop._default_executor = None  # the runner need not wait for its thread: that would take any number of turns
        try:
            runner.close()
        except BaseException as exception:
            self.log(f"close raises {self.describe(exception)}")
        self.pool.shutdown()
        self.log_ends()
        return self.trace

    def run(self, runner, block):
        number = self.runs
        self.runs += 1
        try:
            self.log(f"run {number} returns {runner.run(self.main(number, block))}")
        except BaseException as exception:
            self.log(f"run {number} raises {self.describe(exception)}")

    # ---- writing it down

    def log(self, event):
        now = round(self.loop.time() * TICKS)
        if now != self.now:
            self.now = now
            self.trace.append(f"@{now}")
        self.trace.append(event)

    def log_ends(self):
        for j in sorted(self.tasks):
            task = self.tasks[j]
            self.trace.append(f"t{j} is {self.state(task)} {task.cancelling()}")
        for k, future in enumerate(self.futures):
            self.trace.append(f"f{k} is {self.state(future)}")
        for name, (future, _) in sorted(self.submissions.items()):
            self.trace.append(f"s{name} is {self.state(future)}")
        for p, kind in enumerate(self.kinds):
            self.trace.append(f"{kind} {p} is {self.look_at(p)}")

    def describe(self, exception):
        if isinstance(exception, self.aio.CancelledError):
            return f"Cancelled({exception.args[0]})" if exception.args and exception.args[0] else "Cancelled"
        if isinstance(exception, Oops):
            return str(exception)
        if isinstance(exception, BaseExceptionGroup):
            return f"Group[{', '.join(map(self.describe, exception.exceptions))}]"
        if isinstance(exception, TimeoutError):
            return "Timeout"
        if isinstance(exception, SystemExit):
            return "Exit"
        if isinstance(exception, self.aio.InvalidStateError):
            return "InvalidState"
        if isinstance(exception, self.aio.BrokenBarrierError):
            return f"BrokenBarrier({exception})"
        if isinstance(exception, RuntimeError):
            return "RuntimeError"
        if isinstance(exception, ValueError):
            return "ValueError"
        if isinstance(exception, (self.aio.QueueFull, self.aio.QueueEmpty, self.aio.QueueShutDown)):
            return type(exception).__name__
        return f"{type(exception).__name__}: {exception}"

    def value(self, value):
        if isinstance(value, list):
            return f"[{', '.join(map(self.value, value))}]"
        return self.describe(value) if isinstance(value, BaseException) else str(value)

    def state(self, future):
        if not future.done():
            return "pending"
        if future.cancelled():
            return "cancelled"
        exception = future.exception()
        return f"failed {self.describe(exception)}" if exception else f"done {self.value(future.result())}"

    def on_report(self, loop, context):
        message = context["message"]
        if "never retrieved" in message or "was destroyed" in message:
            return  # the moment depends on the garbage collector
        for word in ("callback", "shutdown", "asynchronous generator"):
            if word in message:
                message = word
        exception = context.get("exception")
        self.log(f"report {message} {self.describe(exception) if exception else ''}")

    # ---- what ends a program that waits for nothing

    def reap(self):
        self.reaps += 1
        if self.reaps > REAPS:
            self.log("endless")
            raise SystemExit
        self.log("reap")
        for future in self.futures:
            future.cancel()
        for tasks in (self.tasks, self.strangers):
            for j in sorted(tasks):
                tasks[j].cancel()
        for task in self.main_tasks:
            task.cancel()
        self.free_locks()
        self.loop.call_later(REAP_AFTER / TICKS, self.reap)

    # ---- coroutines

    async def main(self, number, block):
        me = Actor(f"m{number}", -1)
        self.main_tasks.append(self.aio.current_task())
        return await self.life(me, block) or f"r{number}"

    async def body(self, j, tasks):
        tasks.setdefault(j, self.aio.current_task())
        return await self.life(Actor(f"t{j}", j), self.program["bodies"][j]) or f"r{j}"

    async def life(self, me, block):
        self.log(f"{me.label} starts {VARIABLE.get()}")
        try:
            value = await self.block(me, block)
        except BaseException as exception:
            self.log(f"{me.label} fails {self.describe(exception)}")
            if self.closing and isinstance(exception, SystemExit):
                return None  # asyncio would give up closing (R26, B8)
            raise
        self.log(f"{me.label} ends")
        return value

    async def block(self, me, block):
        """None, or the value of a return statement."""
        for verb, *arguments in block:
            if quick := QUICK.get(verb):
                quick(self, me, *arguments)
            elif value := await SLOW[verb](self, me, *arguments):
                return value

    async def nested(self, me, block):
        return await self.block(me, block) or "nothing"

    def claim(self, j, tasks=None):
        """The coroutine of body j, once; nothing new begins while the runner closes (B7)."""
        if self.closing or j in self.begun:
            return None
        self.begun.add(j)
        return self.body(j, self.tasks if tasks is None else tasks)

    def spawn_with(self, create, j, **options):
        coro = self.claim(j)
        if coro is not None:
            self.tasks.setdefault(j, create(coro, **options))

    def resolve(self, me, reference):
        """What a reference names and the lowest rank behind it; None if it is not there or must not be waited for."""
        kind, name = (*reference, None)[:2]
        if kind == "c":
            return self.nested(me, name), ANY_RANK
        if kind == "w":
            return None if self.closing else (self.operation(*name), ANY_RANK)
        if kind == "f":
            return self.futures[name], ANY_RANK
        if kind == "o":
            found = self.slots.get(name)
            return found if found and found[1] > me.rank else None
        if name <= me.rank:
            return None
        found = self.tasks.get(name) if kind == "t" else self.claim(name)
        return None if found is None else (found, name)

    def resolve_all(self, me, references):
        """The awaitables, the lowest rank among them, and their labels."""
        awaitables, labels, lowest = [], [], ANY_RANK
        for reference in references:
            if found := self.resolve(me, reference):
                awaitables.append(found[0])
                labels.append(f"{'t' if reference[0] == 'b' else reference[0]}{reference[1]}")
                lowest = min(lowest, found[1])
        return awaitables, lowest, labels

    def look_up(self, reference):
        """A future that is there already, whoever asks."""
        kind, name = (*reference, None)[:2]
        if kind == "m":
            return self.main_tasks[-1]
        if kind == "f":
            return self.futures[name]
        if kind == "o":
            return self.slots[name][0] if name in self.slots else None
        return self.tasks.get(name)

    # ---- callbacks

    def act(self, name, acts):
        me = Actor(f"c{name}", ANY_RANK, in_task=False)
        for verb, *arguments in acts:
            QUICK[verb](self, me, *arguments)

    def callback(self, name, acts):
        def run():
            self.log(f"c{name} runs {VARIABLE.get()}")
            self.act(name, acts)

        return run

    def do_soon(self, me, name, acts):
        self.handles[name] = self.loop.call_soon(self.callback(name, acts))

    def do_later(self, me, name, delay, acts):
        self.handles[name] = self.loop.call_later(delay / TICKS, self.callback(name, acts))

    def do_at(self, me, name, delay, acts):
        self.handles[name] = self.loop.call_at(self.loop.time() + delay / TICKS, self.callback(name, acts))

    def do_drop(self, me, name):
        if name in self.handles:
            self.handles[name].cancel()

    def do_watch(self, me, name, reference, acts):
        future = self.look_up(reference)
        if future is None:
            return

        def done(future):
            self.log(f"c{name} sees {self.state(future)} {VARIABLE.get()}")
            self.act(name, acts)

        self.watches[name] = future, done
        future.add_done_callback(done)

    def do_watch_again(self, me, name):
        if name in self.watches:
            future, done = self.watches[name]
            future.add_done_callback(done)

    def do_unwatch(self, me, name):
        if name in self.watches:
            future, done = self.watches[name]
            self.log(f"{me.label} unwatches {name} {future.remove_done_callback(done)}")

    def do_ticks(self, me, count):
        """Shows the loop's turns."""

        def tick(left):
            self.log("|")
            if left > 1:
                self.loop.call_soon(tick, left - 1)

        self.loop.call_soon(tick, count)

    # ---- statements that do not suspend

    def do_spawn(self, me, j):
        self.spawn_with(self.aio.create_task, j)

    def do_spawn_in_context(self, me, j, value):
        context = contextvars.copy_context()
        context.run(VARIABLE.set, value)
        self.spawn_with(self.aio.create_task, j, context=context)

    def do_cancel(self, me, reference, message):
        future = self.look_up(reference)
        if future is not None:
            done = future.cancel() if message is None else future.cancel(message)
            self.log(f"{me.label} cancels {''.join(map(str, reference))} {done}")

    def do_set(self, me, k, value):
        try:
            self.futures[k].set_result(value)
        except self.aio.InvalidStateError:
            self.log(f"{me.label} sets f{k} too late")

    def do_fail(self, me, k, error):
        try:
            self.futures[k].set_exception(Oops(error) if error else self.aio.CancelledError())
        except self.aio.InvalidStateError:
            self.log(f"{me.label} fails f{k} too late")

    def do_fresh(self, me, k):
        if self.futures[k].done():
            self.futures[k] = self.loop.create_future()

    def do_var(self, me, value):
        self.log(f"{me.label} had {VARIABLE.get()}")
        VARIABLE.set(value)

    def do_look(self, me, reference):
        future = self.look_up(reference)
        if future is not None:
            count = future.cancelling() if reference[0] == "t" else ""
            self.log(f"{me.label} looks {''.join(map(str, reference))} {self.state(future)} {count}")

    def do_all_tasks(self, me):
        living = self.aio.all_tasks(self.loop)
        self.log(f"{me.label} knows {' '.join(f't{j}' for j in sorted(self.tasks) if self.tasks[j] in living)}")

    def do_raise(self, me, error):
        raise Oops(error)

    def do_stop(self, me):
        if not self.closing:  # asyncio's close gives up when somebody stops it (B8)
            self.loop.stop()

    def do_exit(self, me):
        if not self.closing:
            raise SystemExit

    def do_factory(self, me, eager):
        self.loop.set_task_factory(self.aio.eager_task_factory if eager else None)

    def do_gather(self, me, slot, references, return_exceptions):
        awaitables, lowest, _ = self.resolve_all(me, references)
        self.slots[slot] = self.aio.gather(*awaitables, return_exceptions=return_exceptions), lowest

    def do_shield(self, me, slot, reference):
        if found := self.resolve(me, reference):
            self.slots[slot] = self.aio.shield(found[0]), found[1]

    def do_reschedule(self, me, name, delay):
        if name in self.scopes:
            try:
                self.scopes[name].reschedule(None if delay is None else self.loop.time() + delay / TICKS)
            except RuntimeError:
                self.log(f"{me.label} reschedules {name} in vain")

    def do_spawn_in(self, me, name, j):
        if name in self.groups:
            group, rank = self.groups[name]
            if j > rank and not self.closing:
                try:
                    self.spawn_with(group.create_task, j)
                except RuntimeError:
                    self.log(f"{me.label} adds t{j} in vain")

    def do_uncancel(self, me):
        self.log(f"{me.label} uncancels {self.aio.current_task().uncancel()}")

    def do_cancelling(self, me):
        self.log(f"{me.label} counts {self.aio.current_task().cancelling()}")

    def do_raise_cancelled(self, me, message):
        raise self.aio.CancelledError() if message is None else self.aio.CancelledError(message)

    # ---- statements that may suspend

    async def do_yield(self, me):
        await self.aio.sleep(0)
        self.log(f"{me.label} yielded")

    async def do_sleep(self, me, ticks):
        await self.aio.sleep(ticks / TICKS)
        self.log(f"{me.label} slept")

    async def do_await(self, me, reference):
        if found := self.resolve(me, reference):
            self.log(f"{me.label} got {self.value(await found[0])}")

    async def do_return(self, me, value):
        return value

    async def do_call(self, me, block):
        self.log(f"{me.label} called {await self.nested(me, block)}")

    async def do_try(self, me, block, kind, handler, goes_on):
        caught = {
            "all": BaseException,
            "errors": Exception,
            "cancelled": self.aio.CancelledError,
        }[kind]
        try:
            return await self.block(me, block)
        except caught as exception:
            if isinstance(exception, GeneratorExit):
                raise
            self.log(f"{me.label} catches {self.describe(exception)}")
            value = await self.block(me, handler)
            if goes_on and value is None:
                raise
            return value

    async def do_finally(self, me, block, cleanup):
        try:
            value = await self.block(me, block)
        finally:
            self.log(f"{me.label} cleans up")
            instead = await self.block(me, cleanup)
        return value or instead

    async def do_wait(self, me, references, return_when, timeout):
        awaitables, _, labels = self.resolve_all(me, references)
        if not awaitables:
            return
        seconds = None if timeout is None else timeout / TICKS
        done, pending = await self.aio.wait(awaitables, timeout=seconds, return_when=return_when)
        by_label = dict(zip(labels, awaitables))
        done = sorted(label for label, future in by_label.items() if future in done)
        pending = sorted(label for label, future in by_label.items() if future in pending)
        self.log(f"{me.label} waited {' '.join(done)} / {' '.join(pending)}")

    async def do_wait_for(self, me, reference, timeout):
        if found := self.resolve(me, reference):
            seconds = None if timeout is None else timeout / TICKS
            self.log(f"{me.label} got {self.value(await self.aio.wait_for(found[0], seconds))}")

    async def do_as_completed(self, me, references, timeout, plain, limit):
        awaitables, _, labels = self.resolve_all(me, references)
        finished = self.aio.as_completed(awaitables, timeout=None if timeout is None else timeout / TICKS)
        left = len(set(labels)) if limit is None else limit
        if plain:
            await self.each_completed(me, finished, left)
        elif left:
            async for future in finished:
                self.log(f"{me.label} takes {self.label_of(future)} {self.state(future)}")
                left -= 1
                if not left:
                    break

    async def each_completed(self, me, finished, left):
        while left and (coro := next(finished, None)) is not None:
            left -= 1
            try:
                self.log(f"{me.label} takes {self.value(await coro)}")
            except Exception as exception:
                self.log(f"{me.label} takes {self.describe(exception)}")

    def label_of(self, future):
        for j, task in self.tasks.items():
            if task is future:
                return f"t{j}"
        return "?"

    async def do_timeout(self, me, name, delay, block, absolute, gap):
        seconds = None if delay is None else delay / TICKS
        if absolute and delay is not None:
            scope = self.aio.timeout_at(self.loop.time() + seconds)
        else:
            scope = self.aio.timeout(seconds)
        self.scopes[name] = scope
        if gap:
            await self.aio.sleep(gap / TICKS)
        try:
            async with scope:
                return await self.block(me, block)
        finally:
            count = self.aio.current_task().cancelling()
            when = scope.when()
            when = "never" if when is None else round(when * TICKS)
            self.log(f"{me.label} leaves {name} {'expired' if scope.expired() else 'in time'} {when} {count}")

    async def do_group(self, me, name, children, block):
        group = self.aio.TaskGroup()
        self.groups[name] = group, me.rank
        try:
            async with group:
                for j in children:
                    self.do_spawn_in(me, name, j)
                return await self.block(me, block)
        finally:
            self.log(f"{me.label} leaves {name} {self.aio.current_task().cancelling()}")

    async def do_agen(self, me, name, items, cleanup, limit, end):
        generator = self.items(name, items, cleanup)
        if self.closing:
            end = "close"  # asyncio leaves those that begin so late as they are, Rondo closes them (B7)
        dropped = end == "drop" and me.rank < 0
        if not dropped:
            self.generators.append(generator)
        count = 0
        if limit != 0:
            async for item in generator:
                self.log(f"{me.label} takes {item}")
                count += 1
                if count == limit:
                    break
        if end == "close":
            await generator.aclose()
        if dropped:
            # Its last words are a task of their own, which asyncio forgets if it is born while the runner closes.
            del generator
            await self.aio.sleep(1 / TICKS)

    async def items(self, name, items, cleanup):
        # Who closes it may be anybody: it must not wait for tasks.
        me = Actor(f"g{name}", ANY_RANK)
        try:
            for item, block in enumerate(items):
                await self.block(me, block)
                yield item
        finally:
            self.log(f"{me.label} cleans up")
            await self.block(me, cleanup)


def _verbs(names):
    names = names.split() if isinstance(names, str) else names
    return {verb: getattr(Machine, "do_" + verb) for verb in names}


QUICK = _verbs(
    "soon later at drop watch watch_again unwatch ticks spawn spawn_in_context cancel set fail fresh var look "
    "all_tasks raise exit stop factory gather shield reschedule spawn_in uncancel cancelling raise_cancelled bump peek "
    "job submit unsubmit submission"
) | _verbs(CALLS)
SLOW = _verbs(
    "yield sleep await return call try finally wait wait_for as_completed timeout group agen hold to_thread"
) | _verbs(OPERATIONS)
