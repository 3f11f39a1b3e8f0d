"""semantics.md section 4.5 and T9: eager tasks and task factories; tasks that treat cancel requests better."""

import contextvars
import gc
import unittest

import rondo
from both import Same, count_turns, describe

var = contextvars.ContextVar("var", default="unset")


def virtual():
    return rondo.new_event_loop(virtual_clock=True)


def eager(aio, coro, **options):
    return aio.Task(coro, loop=aio.get_running_loop(), eager_start=True, **options)


class Start(Same, unittest.TestCase):
    def test_E1_the_first_step_runs_in_the_constructor(self):
        """E1, E2, E3, E5, A9"""

        async def scenario(aio, log):
            async def child(name, *awaits):
                log(name, "begins")
                for make in awaits:
                    await make()
                log(name, "ends")
                return name

            future = aio.get_running_loop().create_future()
            aio.get_running_loop().call_soon(log, "soon")
            stop = count_turns(aio, log)
            tasks = [
                eager(aio, child("none")),
                eager(aio, child("yield", lambda: aio.sleep(0), lambda: aio.sleep(0))),
                eager(aio, child("sleep", lambda: aio.sleep(0.1))),
                eager(aio, child("future", lambda: future)),
                eager(aio, child("done", lambda: aio.gather())),
                eager(aio, child("task", lambda: aio.create_task(aio.sleep(0)))),
            ]
            log([task.done() for task in tasks])
            tasks[0].add_done_callback(lambda task: log("callback", task.result()))
            log("goes on")
            await aio.sleep(0)
            future.set_result(1)
            await tasks[3]
            stop()
            log(await aio.gather(*tasks))

        self.assertSame(scenario)

    def test_E1_E5_current_task_and_context(self):
        """E1, E5, C6, T10"""

        async def scenario(aio, log):
            async def child():
                task = aio.current_task()
                log(task is outer, task.get_name(), task in aio.all_tasks(), var.get())
                var.set("child")
                await aio.sleep(0)
                log(aio.current_task() is task, var.get())

            outer = aio.current_task()
            var.set("creator")
            task = eager(aio, child(), name="mine")
            log(aio.current_task() is outer, var.get(), task in aio.all_tasks(), len(aio.all_tasks()))
            await task
            context = contextvars.copy_context()
            context.run(var.set, "given")
            await eager(aio, child(), name="other", context=context)
            log(context[var], var.get())

        self.assertSame(scenario)

    def test_E2_a_done_one_is_in_no_list(self):
        """E2, T10"""

        async def scenario(aio, log):
            async def child():
                return 1

            task = eager(aio, child())
            log(task.done(), task.result(), len(aio.all_tasks()), task.cancel(), await task)

        self.assertSame(scenario, ["True 1 1 False 1", "-> None"])

    def test_E4_errors_stay_in_the_task(self):
        """E4"""

        async def scenario(aio, log):
            async def fails(error):
                raise error

            task = eager(aio, fails(KeyError("k")))
            log(task.done(), describe(task.exception()))
            task = eager(aio, fails(aio.CancelledError("c")))
            log(task.cancelled())
            for error in (SystemExit(3), KeyboardInterrupt()):
                try:
                    eager(aio, fails(error))
                except BaseException as raised:
                    log(describe(raised), raised is error)
            log(aio.current_task() is not None, len(aio.all_tasks()))

        self.assertSame(scenario)

    def test_E4_the_loop_goes_on_after_an_interrupt(self):
        """E4, L40"""

        async def scenario(aio, log):
            async def fails():
                raise KeyboardInterrupt

            try:
                eager(aio, fails())
            except KeyboardInterrupt:
                log("told")
            await aio.sleep(0.1)
            return "went on"

        self.assertEqual(self.assertSame(scenario)[:2], ["told", "-> went on"])

    def test_E6_without_a_running_loop_it_starts_later(self):
        """E6"""

        async def child(log):
            log.append("begins")

        log = []
        loop = virtual()
        task = rondo.Task(child(log), loop=loop, eager_start=True)
        log.append("made")
        loop.run_until_complete(task)
        loop.close()
        self.assertEqual(log, ["made", "begins"])

    def test_nested(self):
        """E1"""

        async def scenario(aio, log):
            async def child(depth):
                name = aio.current_task().get_name()
                log("in", name)
                if depth:
                    task = eager(aio, child(depth - 1), name=f"depth {depth - 1}")
                    log("back", aio.current_task().get_name() == name)
                    await aio.sleep(0)
                    await task
                log("out", name)

            await eager(aio, child(3), name="depth 3")

        self.assertSame(scenario)

    def test_cancelled_in_its_first_step(self):
        """T34"""

        async def scenario(aio, log):
            async def child():
                aio.current_task().cancel("self")
                try:
                    await aio.sleep(1)
                except aio.CancelledError as error:
                    log(repr(error))
                    raise

            task = eager(aio, child())
            log(task.done(), task.cancelling())
            await aio.wait([task])
            log(task.cancelled())

        self.assertSame(scenario)

    def test_in_callbacks(self):
        async def scenario(aio, log):
            async def child():
                log(aio.current_task().get_name())
                await aio.sleep(0)
                return "done"

            def callback():
                tasks.append(eager(aio, child(), name="from a callback"))
                log(aio.current_task())

            tasks = []
            aio.get_running_loop().call_soon(callback)
            await aio.sleep(0)
            log(await tasks[0])

        self.assertSame(scenario)

    def test_bad_yields(self):
        """T22, T24"""

        class Odd:
            def __await__(self):
                yield "odd"

        async def scenario(aio, log):
            async def child(what):
                try:
                    await what
                except RuntimeError as error:
                    log(describe(error))

            await eager(aio, child(Odd()))

        self.assertSame(scenario)


class Contexts(unittest.TestCase):
    def test_C6_the_creators_own_context(self):
        """C6: refused before anything has changed; asyncio 3.13.0 is stuck afterwards"""

        async def main():
            async def child():
                started.append(1)

            coro = child()
            outer = rondo.current_task()
            with self.assertRaises(RuntimeError):
                rondo.Task(coro, eager_start=True, context=outer.get_context())
            self.assertIs(rondo.current_task(), outer)
            self.assertEqual((started, rondo.all_tasks()), ([], {outer}))
            await coro
            await rondo.sleep(0.01)

        started = []
        rondo.run(main(), loop_factory=virtual)
        self.assertEqual(started, [1])


class Factories(Same, unittest.TestCase):
    def test_the_eager_factory(self):
        """E1, T9"""

        async def scenario(aio, log):
            async def child(name):
                log(name, "begins")
                await aio.sleep(0)
                return name

            loop = aio.get_running_loop()
            loop.set_task_factory(aio.eager_task_factory)
            log(loop.get_task_factory() is aio.eager_task_factory)
            task = aio.create_task(child("a"))
            log("made")
            log(await aio.gather(child("b"), child("c")), await task, await aio.wait_for(child("d"), 1))
            loop.set_task_factory(None)
            task = aio.create_task(child("e"))
            log("made")
            await task

        self.assertSame(scenario)

    def test_a_constructor_of_ones_own(self):
        """T9"""

        async def scenario(aio, log):
            class Mine(aio.Task):
                pass

            async def child():
                return "result"

            loop = aio.get_running_loop()
            loop.set_task_factory(aio.create_eager_task_factory(Mine))
            task = aio.create_task(child(), name="named")
            log(type(task).__name__, task.get_name(), task.done(), await task)
            seen = []

            def constructor(coro, **options):
                seen.append(sorted(options))
                return aio.Task(coro, **options)

            loop.set_task_factory(aio.create_eager_task_factory(constructor))
            await aio.create_task(child())
            log(seen)

        self.assertSame(scenario)

    def test_many(self):
        async def main():
            async def tree(width, depth):
                if depth:
                    async with rondo.TaskGroup() as group:
                        for _ in range(width):
                            group.create_task(tree(width, depth - 1))
                made.append(depth)

            rondo.get_running_loop().set_task_factory(rondo.eager_task_factory)
            await tree(4, 4)
            self.assertEqual(len(rondo.all_tasks()), 1)

        made = []
        rondo.run(main(), loop_factory=virtual)
        self.assertEqual(len(made), 4**4 + 4**3 + 4**2 + 4 + 1)


class Options(unittest.TestCase):
    def test_T9_eager_start_of_create_task(self):
        """T9: as in Python 3.14"""

        async def main():
            async def child():
                return "result"

            loop = rondo.get_running_loop()
            for make in (rondo.create_task, loop.create_task):
                self.assertTrue(make(child(), eager_start=True).done())
                self.assertFalse((task := make(child(), eager_start=False)).done())
                await task
            loop.set_task_factory(rondo.eager_task_factory)
            task = rondo.create_task(child(), eager_start=False)
            self.assertFalse(task.done())
            await task

        rondo.run(main(), loop_factory=virtual)

    def test_B2_result_wins(self):
        """B2, T32"""

        async def main():
            async def worker():
                got.append(await future)
                try:
                    await rondo.sleep(1)
                except rondo.CancelledError:
                    got.append("cancelled")
                    raise

            for options in ({}, {"result_wins": True}):
                got.clear()
                future = rondo.get_running_loop().create_future()
                task = rondo.create_task(worker(), **options)
                await rondo.sleep(0)
                future.set_result("value")
                task.cancel()
                await rondo.wait([task])
                self.assertTrue(task.cancelled())
                self.assertEqual(got, ["value", "cancelled"] if options else [])

        got = []
        rondo.run(main(), loop_factory=virtual)

    def test_B2_cancel_sticks(self):
        """B2, T35"""

        async def main():
            async def swallows():
                try:
                    await rondo.sleep(10)
                except rondo.CancelledError:
                    return "swallowed"

            async def outer():
                return await rondo.create_task(swallows())

            for options in ({}, {"cancel_sticks": True}):
                task = rondo.create_task(outer(), **options)
                await rondo.sleep(1)
                task.cancel()
                await rondo.wait([task])
                self.assertEqual(task.cancelled(), bool(options))

        rondo.run(main(), loop_factory=virtual)

    def test_T9_factories_get_the_options_they_are_given(self):
        """T9"""

        async def main():
            async def child():
                pass

            def factory(loop, coro, **options):
                seen.append(options)
                return rondo.Task(coro, loop=loop, **options)

            rondo.get_running_loop().set_task_factory(factory)
            context = contextvars.copy_context()
            for options in ({}, {"context": context}, {"result_wins": True}):
                await rondo.create_task(child(), **options)
            self.assertEqual(seen, [{}, {"context": context}, {"result_wins": True}])
            named = rondo.create_task(child(), name="named")
            self.assertEqual(named.get_name(), "named")
            await named

        seen = []
        rondo.run(main(), loop_factory=virtual)


class Memory(unittest.TestCase):
    def test_nothing_is_kept(self):
        async def main():
            class Thing:
                pass

            async def returns():
                return Thing()

            async def fails():
                raise KeyError

            for _ in range(100):
                await rondo.create_task(returns(), eager_start=True)
                with self.assertRaises(KeyError):
                    await rondo.create_task(fails(), eager_start=True)
            await rondo.sleep(0)
            gc.collect()
            return [thing for thing in gc.get_objects() if isinstance(thing, (Thing, KeyError))]

        self.assertEqual(rondo.run(main(), loop_factory=virtual), [])


if __name__ == "__main__":
    unittest.main()
