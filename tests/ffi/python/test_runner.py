"""semantics.md section 1: Runner and run."""

import asyncio
import contextlib
import contextvars
import gc
import os
import threading
import unittest

import rondo
from both import Same, new_loop

VARIABLE = contextvars.ContextVar("VARIABLE", default="unset")


async def nothing():
    return "nothing"


def virtual():
    return rondo.new_event_loop(virtual_clock=True)


class States(unittest.TestCase):
    def test_R1_R2_a_runner_makes_its_loop_when_it_is_first_used(self):
        made = []

        def factory():
            made.append(virtual())
            return made[-1]

        runner = rondo.Runner(loop_factory=factory)
        self.assertEqual(made, [])
        loop = runner.get_loop()
        self.assertEqual(made, [loop])
        self.assertEqual(runner.run(nothing()), "nothing")
        self.assertEqual(len(made), 1)
        runner.close()
        for use in (lambda r: r.get_loop(), lambda r: r.__enter__()):
            runner = rondo.Runner(loop_factory=factory)
            use(runner)
            self.assertFalse(made[-1].is_closed())
            runner.close()
            self.assertTrue(made[-1].is_closed())

    def test_R2_an_unused_runner_costs_no_descriptor(self):
        before = os.listdir("/proc/self/fd")
        runner = rondo.Runner()
        self.assertEqual(os.listdir("/proc/self/fd"), before)
        runner.close()

    def test_a_run_that_never_waits_opens_no_descriptor(self):
        before = os.listdir("/proc/self/fd")
        with rondo.Runner() as runner:
            runner.run(nothing())
            self.assertEqual(os.listdir("/proc/self/fd"), before)

    def test_L40_a_main_task_that_never_began_begins_in_the_next_run(self):
        seen = []

        async def leave():
            raise SystemExit(3)

        async def first():
            rondo.get_running_loop().call_soon(rondo.create_task, leave())

        async def late():
            seen.append(rondo.current_task().cancelling())

        with rondo.Runner() as runner:
            runner.run(first())
            with self.assertRaises(SystemExit):
                runner.run(late())
            self.assertEqual(seen, [])
            runner.run(nothing())
        self.assertEqual(seen, [0])

    def test_R3_the_loop_stays_the_same_until_close(self):
        async def loop():
            return rondo.get_running_loop()

        with rondo.Runner() as runner:
            first = runner.run(loop())
            self.assertIs(runner.run(loop()), first)
            self.assertIs(runner.get_loop(), first)
        coro = nothing()
        for use in (runner.get_loop, runner.__enter__, lambda: runner.run(coro)):
            with self.assertRaisesRegex(RuntimeError, "Runner is closed"):
                use()
        coro.close()

    def test_R4_close_before_the_first_use_and_after_close_does_nothing(self):
        runner = rondo.Runner()
        runner.close()
        self.assertEqual(runner.run(nothing()), "nothing")
        runner.close()
        runner.close()

    def test_R6_debug(self):
        async def debug():
            return rondo.get_running_loop().get_debug()

        for wanted in (True, False):
            with rondo.Runner(debug=wanted) as runner:
                self.assertIs(runner.run(debug()), wanted)
        self.assertIs(rondo.run(debug(), debug=True), True)

    def test_R9_only_coroutines(self):
        loop = virtual()
        with rondo.Runner(loop_factory=lambda: loop) as runner:
            for wrong in (lambda: None, 1, nothing, loop.create_future()):
                with self.assertRaisesRegex(ValueError, "a coroutine was expected, got"):
                    runner.run(wrong)

    def test_R10_no_run_inside_a_run(self):
        async def main():
            coro = nothing()
            runner = rondo.Runner()
            with self.assertRaisesRegex(RuntimeError, r"Runner.run\(\) cannot be called from a running event loop"):
                runner.run(coro)
            self.assertIsNone(runner._loop)
            with self.assertRaisesRegex(RuntimeError, r"asyncio.run\(\) cannot be called from a running event loop"):
                rondo.run(coro)
            coro.close()
            return "ok"

        self.assertEqual(rondo.run(main()), "ok")

    def test_R10_another_thread_may_run(self):
        results = []

        async def main():
            thread = threading.Thread(target=lambda: results.append(rondo.run(nothing())))
            thread.start()
            while thread.is_alive():
                await rondo.sleep(0.001)

        rondo.run(main())
        self.assertEqual(results, ["nothing"])

    def test_R11_run_checks_its_argument_after_the_loop_was_made(self):
        made = []

        def factory():
            made.append(virtual())
            return made[-1]

        with self.assertRaises(ValueError):
            rondo.run("no coroutine", loop_factory=factory)
        self.assertTrue(made[0].is_closed())

    def test_R12_a_task_factory_makes_main_too(self):
        made = []

        def factory(loop, coro, **kwargs):
            made.append(coro.__name__)
            return rondo.Task(coro, loop=loop, **kwargs)

        with rondo.Runner() as runner:
            runner.get_loop().set_task_factory(factory)
            self.assertEqual(runner.run(nothing()), "nothing")
        self.assertEqual(made, ["nothing"])

    def test_R13_stopped_before_main_is_done(self):
        async def main():
            try:
                rondo.get_running_loop().stop()
                await rondo.sleep(10)
            except rondo.CancelledError:
                seen.append("cancelled")
                raise

        seen = []
        with self.assertRaisesRegex(RuntimeError, "Event loop stopped before Future completed."):
            rondo.run(main(), loop_factory=virtual)
        self.assertEqual(seen, ["cancelled"])

    def test_a_loop_factory_that_fails_or_answers_nonsense(self):
        coro = nothing()
        with self.assertRaises(ZeroDivisionError):
            rondo.run(coro, loop_factory=lambda: 1 / 0)
        with self.assertRaises(TypeError):
            rondo.run(coro, loop_factory=lambda: asyncio)
        coro.close()

    def test_close_inside_a_run_is_refused(self):
        with rondo.Runner() as runner:

            async def main():
                runner.close()

            with self.assertRaises(RuntimeError):
                runner.run(main())
            self.assertEqual(runner.run(nothing()), "nothing")

    def test_thousands_of_runs_on_one_loop(self):
        async def add(n):
            await rondo.sleep(0)
            return n

        with rondo.Runner() as runner:
            self.assertEqual(sum(runner.run(add(n)) for n in range(3000)), 3000 * 2999 // 2)

    def test_a_runner_nobody_closed(self):
        runner = rondo.Runner()
        runner.run(nothing())
        with self.assertWarns(ResourceWarning):
            del runner
            gc.collect()


class Both(Same, unittest.TestCase):
    def test_R7_R8_contexts(self):
        """R7, R8"""
        for aio in (asyncio, rondo):

            async def change(value):
                before = VARIABLE.get()
                VARIABLE.set(value)
                return before

            VARIABLE.set("outside")
            given = contextvars.copy_context()
            given.run(VARIABLE.set, "given")
            with aio.Runner(loop_factory=lambda: new_loop(aio)) as runner:
                self.assertEqual(runner.run(change("one")), "outside")
                VARIABLE.set("outside changed")
                self.assertEqual(runner.run(change("two")), "one")
                self.assertEqual(runner.run(change("three"), context=given), "given")
                self.assertEqual(runner.run(change("four")), "two")
            self.assertEqual(given[VARIABLE], "three")
            self.assertEqual(VARIABLE.get(), "outside changed")

    def test_R14_R20_R23_leftovers_end_before_the_result_is_seen(self):
        """R14, R20-R23"""

        async def scenario(aio, log):
            async def leftover(name, ending):
                try:
                    await aio.sleep(100)
                except aio.CancelledError as error:
                    log(name, "cancelled", error.args)
                    await aio.sleep(0.01)
                    log(name, "cleaned up")
                    if isinstance(ending, Exception):
                        raise ending
                    if ending == "raise":
                        raise
                return ending

            keep.append(aio.create_task(leftover("only", ValueError("late"))))
            await aio.sleep(0)
            log("main ends")
            raise LookupError("main")

        keep = []
        self.assertSame(scenario, [
            "main ends",
            "!! LookupError(main)",
            "only cancelled ()",
            "only cleaned up",
            "REPORT unhandled exception during asyncio.run() shutdown task ValueError(late)",
        ])

    def test_R22_a_task_that_swallows_its_cancellation_is_waited_for(self):
        """R22, R23"""

        async def scenario(aio, log):
            async def stubborn():
                for i in range(3):
                    try:
                        await aio.sleep(5)
                    except aio.CancelledError:
                        log("no", i)

            keep.append(aio.create_task(stubborn()))
            await aio.sleep(0)

        keep = []
        self.assertSame(scenario, ["-> None", "no 0"])

    def test_R24_async_generators_are_closed_after_the_tasks(self):
        """R24, A-3"""

        async def scenario(aio, log):
            async def numbers():
                try:
                    yield 1
                finally:
                    await aio.sleep(0.5)
                    log("generator closed")

            async def background():
                try:
                    await aio.sleep(100)
                finally:
                    await aio.sleep(1)
                    log("task ended")

            keep.append(aio.create_task(background()))
            generator = numbers()
            keep.append(generator)
            log(await generator.__anext__())

        keep = []
        self.assertSame(scenario, ["1", "-> None", "task ended", "generator closed"])

    def test_A2_a_dropped_async_generator_is_closed_by_a_new_task(self):
        """A-1, A-2"""

        async def scenario(aio, log):
            async def numbers():
                try:
                    yield 1
                finally:
                    await aio.sleep(0)
                    log("closed by", "main" if aio.current_task() is main else "another task")

            main = aio.current_task()
            async for n in numbers():
                log(n)
                break
            log("left")
            await aio.sleep(1)

        self.assertSame(scenario, ["1", "left", "closed by another task", "-> None"])

    def test_leaving_a_loop_over_a_generator(self):
        """A-4: it stays as it is, unless somebody closes it"""

        async def scenario(aio, log):
            async def numbers():
                try:
                    yield 1
                finally:
                    log("closed")

            generator = numbers()
            async for _ in generator:
                break
            log("left")
            await generator.aclose()
            async with contextlib.aclosing(numbers()) as generator:
                async for _ in generator:
                    break
            log("left again")

        self.assertSame(scenario, ["left", "closed", "closed", "left again", "-> None"])

    def test_R29_scheduled_callbacks_are_discarded(self):
        """R29"""

        async def scenario(aio, log):
            aio.get_running_loop().call_later(1, log, "later")

        self.assertSame(scenario, ["-> None"])

    def test_errors_keep_identity_and_traceback(self):
        for aio in (asyncio, rondo):
            error = KeyError("mine")

            async def inner():
                raise error

            async def main():
                await aio.create_task(inner())

            try:
                aio.run(main())
            except KeyError as caught:
                self.assertIs(caught, error)
            names = []
            trace = error.__traceback__
            while trace:
                names.append(trace.tb_frame.f_code.co_name)
                trace = trace.tb_next
            self.assertEqual([name for name in names if name in ("main", "inner")], ["main", "inner"])


class Replaced(unittest.TestCase):
    """Where Rondo does better (semantics.md section 30)."""

    def test_R21_B6_leftovers_are_cancelled_in_creation_order(self):
        async def leftover(i):
            try:
                await rondo.sleep(100)
            finally:
                seen.append(i)

        async def main():
            for i in range(20):
                rondo.create_task(leftover(i))
            await rondo.sleep(0)

        seen = []
        rondo.run(main())
        self.assertEqual(seen, list(range(20)))

    def test_R27_B7_tasks_born_while_others_end_are_ended_too(self):
        async def child():
            try:
                await rondo.sleep(100)
            finally:
                seen.append("child")

        async def parent():
            try:
                await rondo.sleep(100)
            finally:
                rondo.create_task(child())
                await rondo.sleep(0)
                await rondo.sleep(0)
                seen.append("parent")

        async def main():
            rondo.create_task(parent())
            await rondo.sleep(0)

        seen = []
        rondo.run(main(), loop_factory=virtual)
        self.assertEqual(seen, ["parent", "child"])

    def test_T61_B8_close_is_completed_after_a_fatal_error(self):
        async def leftover(name):
            try:
                await rondo.sleep(100)
            finally:
                seen.append(name)
                if name == "a":
                    raise SystemExit(3)

        async def main():
            rondo.create_task(leftover("a"))
            rondo.create_task(leftover("b"))
            await rondo.sleep(0)

        seen = []
        loop = virtual()
        with self.assertRaises(SystemExit) as caught:
            rondo.run(main(), loop_factory=lambda: loop)
        self.assertEqual(caught.exception.code, 3)
        self.assertEqual(seen, ["a", "b"])
        self.assertTrue(loop.is_closed())


if __name__ == "__main__":
    unittest.main()
