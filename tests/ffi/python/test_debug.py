"""semantics.md section 26: debug mode; B28, B35: options of the loop for those who look for errors."""

import asyncio
import gc
import logging
import os
import subprocess
import sys
import threading
import time
import unittest
import warnings

import rondo
from both import CPYTHON_IS_REFERENCE, LIBRARIES, Same, count_turns, describe

HERE = __file__


def virtual(**options):
    return rondo.new_event_loop(virtual_clock=True, **options)


class Records(logging.Handler):
    """What the logger "asyncio" is told in a with block."""

    def __enter__(self):
        self.records = []
        logger = logging.getLogger("asyncio")
        logger.addHandler(self)
        self._propagate, logger.propagate = logger.propagate, False
        return self

    def __exit__(self, *exc_info):
        logger = logging.getLogger("asyncio")
        logger.removeHandler(self)
        logger.propagate = self._propagate

    def emit(self, record):
        self.records.append(record)

    @property
    def texts(self):
        return [record.getMessage() for record in self.records]


class Switch(Same, unittest.TestCase):
    def test_D1_by_the_runner_the_loop_or_the_environment(self):
        """D1"""

        async def main():
            return rondo.get_running_loop().get_debug()

        self.assertEqual([rondo.run(main(), debug=wanted) for wanted in (True, False, None)], [True, False, False])
        program = "import rondo; loop = rondo.new_event_loop(); print(loop.get_debug()); loop.close()"
        for setting, wanted in ({"PYTHONASYNCIODEBUG": "1"}, "True"), ({"PYTHONASYNCIODEBUG": ""}, "False"):
            done = subprocess.run([sys.executable, "-c", program], env={**os.environ, **setting}, capture_output=True, text=True)
            self.assertEqual(done.stdout.strip(), wanted, done.stderr)
        done = subprocess.run([sys.executable, "-X", "dev", "-c", program], capture_output=True, text=True)
        self.assertEqual(done.stdout.strip(), "True", done.stderr)

    def test_D1_while_it_runs(self):
        """D1, D6"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            for on in (True, False):
                loop.set_debug(on)
                await aio.sleep(0)
                await aio.sleep(0)
                log(loop.get_debug(), sys.get_coroutine_origin_tracking_depth() > 0)

        before = sys.get_coroutine_origin_tracking_depth()
        self.assertSame(scenario, ["True True", "False False", "-> None"])
        self.assertEqual(sys.get_coroutine_origin_tracking_depth(), before)

    def test_D11_order_and_results_are_the_same(self):
        """D11"""

        async def scenario(aio, log):
            async def child(name, n, fails=False):
                for i in range(n):
                    log(name, i)
                    await aio.sleep(0)
                if fails:
                    raise KeyError(name)

            stop = count_turns(aio, log)
            try:
                async with aio.timeout(10), aio.TaskGroup() as group:
                    group.create_task(child("a", 3))
                    group.create_task(child("b", 2, True))
                    group.create_task(child("c", 5))
                    aio.get_running_loop().call_soon(log, "soon")
                    await aio.wait([aio.create_task(child("d", 1))])
                    log("waited")
            except ExceptionGroup as error:
                log(describe(error))
            stop()

        self.assertEqual(self.assertSame(scenario, debug=True), self.assertSame(scenario, debug=False))


class Threads(Same, unittest.TestCase):
    def test_D2_calls_from_other_threads(self):
        """D2"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            future = loop.create_future()
            future.add_done_callback(lambda future: None)

            def attempt():
                for call in (
                    lambda: loop.call_soon(print),
                    lambda: loop.call_later(1, print),
                    lambda: loop.call_at(1, print),
                    lambda: future.set_result(1),
                ):
                    try:
                        call()
                        log("done")
                    except RuntimeError as error:
                        log(describe(error))
                loop.call_soon_threadsafe(log, "safe")

            thread = threading.Thread(target=attempt)
            thread.start()
            while thread.is_alive():
                time.sleep(0.001)
            await aio.sleep(0)
            await aio.sleep(0)

        self.assertSame(scenario, debug=True)

    def test_D2_while_it_does_not_run(self):
        """D2"""
        loop = virtual()
        loop.set_debug(True)
        thread = threading.Thread(target=lambda: loop.call_soon(seen.append, 1))
        seen = []
        thread.start()
        thread.join()
        loop.call_soon(loop.stop)
        loop.run_forever()
        loop.close()
        self.assertEqual(seen, [1])


class Slow(unittest.TestCase):
    def attempt(self, aio, main, duration=0.01):
        """What is logged as slow, without the figures."""
        with Records() as told:
            with aio.Runner(debug=True) as runner:
                runner.get_loop().slow_callback_duration = duration
                runner.run(main(aio))
        return [(record.levelname, record.getMessage()) for record in told.records if "Executing" in record.getMessage()]

    def both(self, main, **options):
        if CPYTHON_IS_REFERENCE:
            yield self.attempt(asyncio, main, **options)
        yield self.attempt(rondo, main, **options)

    def test_D4_steps_and_callbacks(self):
        """D4"""

        def slow_callback():
            time.sleep(0.03)

        async def main(aio):
            aio.current_task().set_name("slow one")
            time.sleep(0.03)
            await aio.sleep(0)
            aio.get_running_loop().call_soon(slow_callback)
            aio.get_running_loop().call_later(0, slow_callback)
            await aio.sleep(0.01)

        for told in self.both(main):
            self.assertEqual([level for level, _ in told], ["WARNING"] * 3, told)
            step, soon, later = [text for _, text in told]
            self.assertRegex(step, r"^Executing <Task .*name='slow one'.*> took 0\.0[3-9]\d seconds$")
            self.assertIn("Slow.test_D4_steps_and_callbacks.<locals>.main() ", step)
            self.assertRegex(soon, r"^Executing <Handle .*slow_callback\(\) at .*> took 0\.0[3-9]\d seconds$")
            self.assertRegex(later, r"^Executing <TimerHandle .*slow_callback\(\) at .*> took 0\.0[3-9]\d seconds$")

    def test_D4_the_limit(self):
        """D4"""

        async def main(aio):
            await aio.sleep(0)

        for told in self.both(main, duration=0):
            self.assertGreaterEqual(len(told), 2)
        for told in self.both(main, duration=100):
            self.assertEqual(told, [])
        loop = virtual()
        self.assertEqual(loop.slow_callback_duration, 0.1)
        loop.slow_callback_duration = 0.25
        self.assertEqual(loop.slow_callback_duration, 0.25)
        loop.close()

    def test_D4_silent_without_debug_mode(self):
        """D4"""

        async def main():
            rondo.get_running_loop().slow_callback_duration = 0
            time.sleep(0.01)

        with Records() as told:
            rondo.run(main(), debug=False)
        self.assertEqual(told.texts, [])

    def test_D4_a_task_that_ends_slowly(self):
        """D4"""

        async def main(aio):
            async def ends():
                time.sleep(0.03)

            async def fails():
                time.sleep(0.03)
                raise KeyError("k")

            await aio.create_task(ends(), name="ends")
            await aio.gather(aio.create_task(fails(), name="fails"), return_exceptions=True)

        for told in self.both(main):
            self.assertEqual(len(told), 2, told)
            self.assertIn("name='ends'", told[0][1])
            self.assertIn("name='fails'", told[1][1])
            self.assertIn("exception=KeyError('k')", told[1][1])


class Origins(unittest.TestCase):
    def test_D5_futures_tasks_and_handles(self):
        """D5"""

        def nothing():
            pass

        async def main(aio):
            loop = aio.get_running_loop()
            things = [loop.create_future(), aio.create_task(aio.sleep(0)), loop.call_soon(nothing)]
            things.append(loop.call_later(0.01, nothing))
            lines = []
            for thing in things:
                frame = [frame for frame in thing._source_traceback if frame.filename == HERE][-1]
                lines.append(frame.line.split("(")[0])
                self.assertIn(" created at ", repr(thing))
            return lines

        for aio in LIBRARIES:
            lines = aio.run(main(aio), debug=True)
            self.assertEqual(lines, ["things = [loop.create_future"] * 3 + ["things.append"], aio)

    def test_D5_in_reports(self):
        """D5"""

        async def main(aio, told):
            def fails():
                raise KeyError("k")

            loop = aio.get_running_loop()
            loop.set_exception_handler(lambda loop, context: told.append(context))
            loop.call_soon(fails)
            future = loop.create_future()
            future.set_exception(ValueError("v"))
            del future
            gc.collect()
            await aio.sleep(0)
            await aio.sleep(0)

        for aio in LIBRARIES:
            told = []
            aio.run(main(aio, told), debug=True)
            self.assertEqual(len(told), 2, aio)
            for context in told:
                self.assertTrue(any(frame.name == "main" for frame in context["source_traceback"]), context)

    def test_D5_the_default_handler_prints_them(self):
        """D5"""

        async def main(aio):
            future = aio.get_running_loop().create_future()
            future.set_exception(ValueError("v"))
            del future
            gc.collect()
            await aio.sleep(0)
            await aio.sleep(0)

        for aio in LIBRARIES:
            with Records() as told:
                aio.run(main(aio), debug=True)
            text = "\n".join(told.texts)
            self.assertIn("source_traceback: Object created at (most recent call last):", text)
            self.assertIn(f'File "{HERE}"', text)

    def test_D5_the_callback_in_whose_time_something_was_told(self):
        """D5"""

        async def main(aio):
            loop = aio.get_running_loop()

            def tell():
                loop.call_exception_handler({"message": "told from a callback"})

            loop.call_soon(tell)
            await aio.sleep(0)
            await aio.sleep(0)

        for aio in LIBRARIES:
            with Records() as told:
                aio.run(main(aio), debug=True)
            [text] = [text for text in told.texts if "told" in text]
            self.assertRegex(text, r"(?s)^told from a callback\nhandle_traceback: Handle created at \(most recent call last\):\n")
            self.assertIn("loop.call_soon(tell)", text)

    def test_D6_never_awaited(self):
        """D6"""

        async def never():
            pass

        async def main():
            never()

        for debug in (True, False):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                rondo.run(main(), debug=debug)
                gc.collect()
            [text] = [str(warning.message) for warning in caught if "never awaited" in str(warning.message)]
            self.assertEqual("Coroutine created at" in text, debug)

    def test_D7_arguments_are_shown_in_debug_mode_only(self):
        """D7"""

        async def main(aio, debug):
            loop = aio.get_running_loop()
            handle = loop.call_later(100, print, "secret")
            self.assertEqual("secret" in repr(handle), debug)
            handle.cancel()
            self.assertEqual("print" in repr(handle), debug)
            self.assertIn("cancelled", repr(handle))

        for aio in LIBRARIES if CPYTHON_IS_REFERENCE else (rondo,):
            for debug in (False, True):
                aio.run(main(aio, debug), debug=debug)


class Options(unittest.TestCase):
    def test_B28_errors_are_told_early(self):
        """B28, F15"""

        async def main():
            async def fails():
                raise KeyError("k")

            loop = rondo.get_running_loop()
            loop.set_exception_handler(lambda loop, context: told.append(describe(context["exception"])))
            task = rondo.create_task(fails())
            await rondo.sleep(1)
            early = list(told)
            seen = rondo.create_task(fails())
            with self.assertRaises(KeyError):
                await seen
            return early, task

        for options, wanted in ({}, []), ({"report_early": True}, ["KeyError('k')"]):
            told = []
            with rondo.Runner(virtual_clock=True, **options) as runner:
                early, task = runner.run(main())
                self.assertEqual(early, wanted)
                del task
                gc.collect()
            self.assertEqual(told, ["KeyError('k')"], "exactly once")

    def test_B35_shuffled_turns(self):
        """B35"""

        async def main():
            async def child(i):
                order.append(i)

            order = []
            async with rondo.TaskGroup() as group:
                for i in range(50):
                    group.create_task(child(i))
            return tuple(order)

        def run(seed):
            with rondo.Runner(virtual_clock=True, shuffle_seed=seed) as runner:
                return runner.run(main())

        straight = tuple(range(50))
        self.assertEqual(run(0), straight)
        first = run(1)
        self.assertNotEqual(first, straight)
        self.assertEqual(sorted(first), list(straight))
        self.assertEqual(run(1), first)
        self.assertNotEqual(run(2), first)

    def test_B35_the_clock_jumps(self):
        """B35"""

        async def main():
            await rondo.sleep(1_000_000)
            return rondo.get_running_loop().time()

        with rondo.Runner(virtual_clock=True) as runner:
            self.assertEqual(runner.run(main()), 1_000_000)

    def test_a_factory_and_options(self):
        with self.assertRaises(TypeError):
            rondo.Runner(loop_factory=rondo.new_event_loop, virtual_clock=True)

    def test_B16_gather_that_cancels(self):
        """B16"""

        async def main():
            async def fails():
                await rondo.sleep(1)
                raise KeyError

            for options in ({}, {"cancel_on_error": True}):
                other = rondo.create_task(rondo.sleep(10))
                with self.assertRaises(KeyError):
                    await rondo.gather(fails(), other, **options)
                await rondo.sleep(1)
                self.assertEqual(other.cancelled(), bool(options))
                other.cancel()

        rondo.run(main(), loop_factory=virtual)

    def test_B16_gather_that_tells_of_later_failures(self):
        """B16, G7"""

        async def main(**options):
            async def fails(delay, error):
                await rondo.sleep(delay)
                raise error

            rondo.get_running_loop().set_exception_handler(
                lambda loop, context: told.append(describe(context["exception"]))
            )
            with self.assertRaises(KeyError):
                await rondo.gather(fails(1, KeyError("first")), fails(2, ValueError("second")), **options)
            await rondo.sleep(5)

        for options, wanted in ({}, []), ({"report_late": True}, ["ValueError(second)"]):
            told = []
            rondo.run(main(**options), loop_factory=virtual)
            gc.collect()
            self.assertEqual(told, wanted)


if __name__ == "__main__":
    unittest.main()
