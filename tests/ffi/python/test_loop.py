"""semantics.md section 2: the loop, callbacks, timers, handles, descriptors, the exception handler."""

import asyncio
import contextvars
import gc
import logging
import os
import socket
import sys
import threading
import time
import unittest
import unittest.mock

import rondo
from both import CPYTHON_IS_REFERENCE, LIBRARIES, Same, count_turns, new_loop


def virtual():
    return rondo.new_event_loop(virtual_clock=True)


class Traces(Same, unittest.TestCase):
    def test_L2_what_a_callback_schedules_runs_in_the_next_turn(self):
        """L1, L2, L15"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            stop = count_turns(aio, log)

            def callback(n):
                log(n)
                if n < 3:
                    loop.call_soon(callback, n + 1)

            loop.call_soon(callback, 0)
            loop.call_soon(callback, 2)
            for _ in range(5):
                await aio.sleep(0)
            stop()

        lines = self.assertSame(scenario)
        self.assertEqual(self.rows(lines)[:4], [["0", "2"], ["1", "3"], ["2"], ["3"]])

    def test_L3_ready_then_descriptors_then_timers(self):
        """L3, A8"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            reading, writing = os.pipe()
            os.write(writing, b"x")

            def readable():
                log("io")
                loop.remove_reader(reading)

            def soon(n):
                log("soon", n)
                if n < 3:
                    loop.call_soon(soon, n + 1)

            loop.add_reader(reading, readable)
            loop.call_soon(soon, 0)
            loop.call_later(0, log, "T0")
            await aio.sleep(0.01)
            os.close(reading)
            os.close(writing)

        lines = self.assertSame(scenario) if CPYTHON_IS_REFERENCE else []
        self.assertEqual(lines[:3] or ["soon 0", "io", "T0"], ["soon 0", "io", "T0"])

    def test_L5_readers(self):
        """L5: replaced, removed, asked"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            a, b = socket.socketpair()
            log(loop.remove_reader(a), loop.remove_writer(a))
            loop.add_reader(a, log, "first")
            loop.add_reader(a, lambda: (log("second", a.recv(1)), loop.remove_reader(a)))
            loop.add_writer(b, lambda: (log("writable"), b.send(b"x"), log(loop.remove_writer(b))))
            await aio.sleep(0.01)
            log(loop.remove_reader(a), loop.remove_writer(b))
            a.close()
            b.close()

        self.assertSame(
            scenario, ["False False", "writable", "True", "second b'x'", "False False", "-> None"]
        )

    def test_L5_a_reader_is_level_triggered_and_removed_by_an_earlier_callback(self):
        """L5"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            a, b = socket.socketpair()
            c, d = socket.socketpair()
            b.send(b"xyz")
            d.send(b"w")
            loop.add_reader(a, lambda: log("a", a.recv(1), loop.remove_reader(c)))
            loop.add_reader(c, lambda: log("c", c.recv(1), loop.remove_reader(a)))
            await aio.sleep(0.01)
            loop.remove_reader(a)
            loop.remove_reader(c)
            for each in (a, b, c, d):
                each.close()

        lines = self.assertSame(scenario)
        self.assertEqual(sum(line.startswith("c ") for line in lines) + sum(line.startswith("a ") for line in lines), 3)

    def test_L6_after_close(self):
        """L6"""

        def closed_loop(aio, log):
            loop = new_loop(aio)
            quiet, watched = loop.create_future(), loop.create_future()
            watched.add_done_callback(log)
            loop.close()
            loop.close()
            log(loop.is_closed(), loop.is_running())
            coro = aio.sleep(0)
            for use in (
                lambda: loop.call_soon(log),
                lambda: loop.call_later(1, log),
                lambda: loop.call_at(1, log),
                lambda: loop.call_soon_threadsafe(log),
                lambda: loop.run_forever(),
                lambda: loop.run_until_complete(quiet),
                lambda: loop.create_task(coro),
            ):
                try:
                    use()
                except RuntimeError as error:
                    log(error)
            coro.close()
            quiet.set_result(1)
            log(quiet.result())
            try:
                watched.set_result(1)
            except RuntimeError as error:
                log(error, watched.done())

        traces = []
        for aio in LIBRARIES:
            lines = []
            closed_loop(aio, lambda *words: lines.append(" ".join(map(str, words))))
            traces.append(lines)
        self.assertEqual(*traces)
        self.assertEqual(traces[1].count("Event loop is closed"), 7)

    def test_L7_no_loop_inside_a_loop(self):
        """L7: and the running one stays as it was (CPython 3.13.0 forgets it)"""

        async def main():
            loop = rondo.get_running_loop()
            other = rondo.new_event_loop()
            for use, text in (
                (loop.run_forever, "This event loop is already running"),
                (other.run_forever, "Cannot run the event loop while another loop is running"),
                (loop.close, "Cannot close a running event loop"),
            ):
                with self.assertRaisesRegex(RuntimeError, text):
                    use()
            self.assertTrue(loop.is_running())
            self.assertFalse(other.is_running())
            self.assertIs(rondo.get_running_loop(), loop)
            other.close()
            return "ok"

        self.assertEqual(rondo.run(main()), "ok")

    def test_L8_stop(self):
        """L8: the turn is finished; what it scheduled waits for the next run"""
        for aio in LIBRARIES:
            loop = new_loop(aio)
            lines = []
            loop.call_soon(lines.append, "a")
            loop.call_soon(loop.stop)
            loop.call_soon(lines.append, "b")
            loop.call_soon(loop.call_soon, lines.append, "c")
            loop.run_forever()
            self.assertEqual(lines, ["a", "b"])
            loop.call_later(0, lines.append, "timer")
            loop.call_soon(loop.call_soon, lines.append, "d")
            loop.stop()
            loop.run_forever()
            self.assertEqual(lines, ["a", "b", "c", "timer"])
            loop.stop()
            loop.run_forever()
            self.assertEqual(lines, ["a", "b", "c", "timer", "d"])
            loop.close()

    def test_L9_run_until_complete(self):
        """L9"""
        for aio in LIBRARIES:
            loop = new_loop(aio)
            lines = []

            async def main():
                loop.call_soon(lines.append, "same turn")
                return "result"

            self.assertEqual(loop.run_until_complete(main()), "result")
            done = loop.create_future()
            done.set_result(5)
            loop.call_soon(lines.append, "one turn")
            self.assertEqual(loop.run_until_complete(done), 5)
            self.assertEqual(lines, ["same turn", "one turn"])
            with self.assertRaisesRegex(RuntimeError, "stopped before Future completed"):
                loop.call_soon(loop.stop)
                loop.run_until_complete(loop.create_future())
            failed = loop.create_future()
            failed.set_exception(LookupError("mine"))
            with self.assertRaisesRegex(LookupError, "mine"):
                loop.run_until_complete(failed)
            with self.assertRaises(TypeError):
                loop.run_until_complete(7)
            loop.close()

    def test_L12_L13_the_running_loop(self):
        """L12, L13, B9: current_task too"""
        for ask in (rondo.get_running_loop, rondo.current_task, rondo.all_tasks):
            with self.assertRaisesRegex(RuntimeError, "no running event loop"):
                ask()
        with self.assertRaisesRegex(RuntimeError, "no current event loop"):
            rondo.get_event_loop()
        for ask in (rondo.current_task, rondo.all_tasks):
            with self.assertRaises(TypeError):
                ask(unittest.mock.Mock())

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            log(aio.get_event_loop() is loop, aio.current_task() in aio.all_tasks())
            loop.call_soon(lambda: log(aio.current_task(), aio.get_running_loop() is loop))
            await aio.sleep(0)

        self.assertSame(scenario, ["True True", "None True", "-> None"])

    def test_L8_L16_what_is_due_already_on_the_real_clock(self):
        """L8, L16: behind what is ready, in the next turn, and in the order of the deadlines"""

        def before_a_run(aio):
            lines = []

            async def main():
                lines.append("main")

            loop = aio.new_event_loop()
            loop.call_later(-1, lines.append, "later")
            loop.call_later(-2, lines.append, "earlier")
            loop.run_until_complete(main())
            loop.close()
            return lines

        def inside_a_run(aio):
            lines = []

            async def main():
                loop = aio.get_running_loop()
                loop.call_at(loop.time(), lines.append, "now")
                loop.call_later(-1, lines.append, "before")
                for turn in range(3):
                    await aio.sleep(0)
                    lines.append(turn)

            aio.run(main())
            return lines

        for aio in LIBRARIES:
            self.assertEqual(before_a_run(aio), ["main", "earlier", "later"])
            self.assertEqual(inside_a_run(aio), [0, "before", "now", 1, 2])

    def test_L16_timers(self):
        """L16, L17: due timers go behind what is ready, ordered by deadline"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            loop.call_later(0.003, log, 3)
            loop.call_later(0.001, log, 1)
            loop.call_later(0.002, log, 2)
            loop.call_later(0, log, 0)
            loop.call_later(-5, log, -5)
            loop.call_soon(log, "soon")
            for wrong in (lambda: loop.call_later(None, log), lambda: loop.call_at(None, log)):
                try:
                    wrong()
                except TypeError as error:
                    log(error)
            await aio.sleep(0.01)

        self.assertSame(scenario)

    def test_L21_handles(self):
        """L21"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            later = loop.call_soon(log, "never")
            loop.call_soon(lambda: second.cancel())
            second = loop.call_soon(log, "never")
            timer = loop.call_later(0.001, log, "never")
            other = loop.call_at(5, log, "never")
            log(type(timer).__name__, isinstance(timer, aio.Handle), other.when(), timer.cancelled())
            later.cancel()
            later.cancel()
            timer.cancel()
            log(later.cancelled(), timer.cancelled(), second.cancelled())
            await aio.sleep(0.01)
            log(second.cancelled(), other.cancelled(), other < timer, timer < other, timer == timer)

        self.assertSame(scenario)

    def test_L24_one_queue_for_everything(self):
        """L24, A17"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()

            async def task(name):
                log(name)

            async def main():
                a = aio.create_task(task("A"))
                loop.call_soon(log, "cs1")
                b = aio.create_task(task("B"))
                loop.call_soon(log, "cs2")
                await b
                log("M after B")
                await a
                log("M after A")

            await main()

        self.assertSame(scenario, ["A", "cs1", "B", "cs2", "M after B", "M after A", "-> None"])

    def test_L30_a_failing_callback_is_reported(self):
        """L30, L31, L35"""

        async def scenario(aio, log):
            class Odd(BaseException):
                pass

            def fail(error):
                raise error

            loop = aio.get_running_loop()
            loop.call_soon(fail, ValueError("x"))
            loop.call_soon(fail, Odd("odd"))
            loop.call_soon(fail, aio.CancelledError())
            loop.call_soon(fail, GeneratorExit())
            loop.call_soon(fail, StopIteration(4))
            loop.call_soon(log, "next")
            loop.call_later(0.1, fail, KeyError("later"))
            future = loop.create_future()
            future.add_done_callback(lambda f: fail(LookupError("done")))
            future.add_done_callback(lambda f: log("runs all the same"))
            future.set_result(None)
            await aio.sleep(1)

        lines = self.assertSame(scenario)
        self.assertEqual(sum(line.startswith("REPORT Exception in callback") for line in lines), 7)

    def test_L33_L34_the_exception_handler(self):
        """L33, L34"""
        variable = contextvars.ContextVar("variable", default="unset")

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            before = loop.get_exception_handler()
            log(callable(before))

            def handler(loop, context):
                log(context["message"].split(" at ")[0].split("(")[0], variable.get(), *sorted(context))
                if variable.get() == "bad":
                    raise ValueError("handler failed")

            loop.set_exception_handler(handler)
            for value in ("good", "bad"):
                context = contextvars.copy_context()
                context.run(variable.set, value)
                loop.call_soon(lambda: 1 / 0, context=context)
            await aio.sleep(0)
            loop.call_exception_handler({"message": "by hand", "extra": 1})
            try:
                loop.set_exception_handler("wrong")
            except TypeError as error:
                log(error)
            loop.set_exception_handler(None)
            log(loop.get_exception_handler())

        with self.assertLogs("asyncio", logging.ERROR) as logged:
            self.assertSame(scenario)
        self.assertTrue(all("Unhandled error in exception handler" in line for line in logged.output))

    def test_L32_the_default_handler(self):
        """L32"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            loop.set_exception_handler(None)
            with self.assertLogs("asyncio", logging.ERROR) as logged:
                loop.call_exception_handler({"message": "hello", "b": 2, "a": [1]})
                loop.call_exception_handler({"exception": ValueError("x")})
                loop.call_exception_handler({})
            for record in logged.records:
                log(record.getMessage(), record.exc_info[0] if record.exc_info else None)

        self.assertSame(scenario, [
            "hello\na: [1]\nb: 2 None",
            "Unhandled exception in event loop <class 'ValueError'>",
            "Unhandled exception in event loop None",
            "-> None",
        ])

    def test_L40_fatal_errors_leave_the_loop_at_once(self):
        """L40, T60: the rest stays ready"""
        for aio in LIBRARIES:
            for fatal in (KeyboardInterrupt("key"), SystemExit(3)):
                for in_task in (False, True):
                    with self.subTest(aio=aio.__name__, fatal=fatal, in_task=in_task):
                        self.check_fatal(aio, fatal, in_task)

    def check_fatal(self, aio, fatal, in_task):
        loop = new_loop(aio)
        lines = []

        def fail():
            raise fatal

        async def fail_in_task():
            fail()

        loop.call_soon(lines.append, "before")
        task = loop.create_task(fail_in_task()) if in_task else loop.call_soon(fail)
        loop.call_soon(lines.append, "after")
        with self.assertRaises(type(fatal)) as caught:
            loop.run_forever()
        self.assertIs(caught.exception, fatal)
        self.assertEqual(lines, ["before"])
        self.assertFalse(loop.is_running())
        loop.stop()
        loop.run_forever()
        self.assertEqual(lines, ["before", "after"])
        if in_task:
            self.assertTrue(task.done())
            self.assertIs(task.exception(), fatal)
        loop.close()


class Handlers(unittest.TestCase):
    def test_fatal_errors_of_an_exception_handler_leave_the_run(self):
        """L33"""
        for when in ("callback", "dropped future"):

            def handler(loop, context):
                raise KeyboardInterrupt(when)

            async def main():
                loop = rondo.get_running_loop()
                loop.set_exception_handler(handler)
                if when == "callback":
                    loop.call_soon(lambda: 1 / 0)
                else:
                    loop.create_future().set_exception(ValueError())
                await rondo.sleep(1)

            loop = virtual()
            with self.assertRaisesRegex(KeyboardInterrupt, when):
                loop.run_until_complete(main())
            loop.set_exception_handler(lambda loop, context: None)
            loop.close()

    def test_the_report_names_the_callback(self):
        def unlucky():
            raise ValueError("no luck")

        async def main():
            loop = rondo.get_running_loop()
            loop.set_exception_handler(lambda loop, context: seen.append(context))
            handle = loop.call_soon(unlucky)
            await rondo.sleep(0)
            return handle

        seen = []
        handle = rondo.run(main())
        (context,) = seen
        self.assertRegex(context["message"], r"^Exception in callback .*unlucky\(\) at .*test_loop.py:\d+$")
        self.assertIs(context["handle"], handle)
        self.assertEqual(str(context["exception"]), "no luck")
        self.assertEqual(context["exception"].__traceback__.tb_frame.f_code.co_name, "unlucky")

    def test_handle_reprs(self):
        async def main():
            loop = rondo.get_running_loop()
            handle = loop.call_soon(print, "secret")
            timer = loop.call_at(7.5, print)
            self.assertEqual(repr(handle), "<Handle print()>")
            self.assertEqual(repr(timer), "<TimerHandle when=7.5 print()>")
            handle.cancel()
            timer.cancel()
            self.assertEqual(repr(handle), "<Handle cancelled>")
            self.assertEqual(repr(timer), "<TimerHandle cancelled when=7.5>")

        loop = virtual()
        loop.run_until_complete(main())
        self.assertRegex(repr(loop), "^<Loop running=False closed=False debug=False>$")
        loop.close()

    def test_D7_arguments_are_shown_in_debug_mode_only(self):
        async def main():
            loop = rondo.get_running_loop()
            loop.set_exception_handler(lambda loop, context: seen.append((repr(context["handle"]), context["message"])))
            loop.call_soon(unlucky, "secret")
            cancelled = loop.call_soon(unlucky, "secret")
            cancelled.cancel()
            seen.append((repr(cancelled),))
            await rondo.sleep(0)

        def unlucky(word):
            raise ValueError

        for debug in (False, True):
            seen = []
            rondo.run(main(), debug=debug)
            for text in [text for texts in seen for text in texts]:
                self.assertEqual("secret" in text, debug, text)

    def test_L14_hooks_during_a_run(self):
        async def main():
            return sys.get_asyncgen_hooks() != before, sys.get_coroutine_origin_tracking_depth()

        before = sys.get_asyncgen_hooks()
        for debug in (False, True):
            self.assertEqual(rondo.run(main(), debug=debug), (True, 10 if debug else 0))
            self.assertEqual(sys.get_asyncgen_hooks(), before)
            self.assertEqual(sys.get_coroutine_origin_tracking_depth(), 0)

    def test_D6_coroutines_never_awaited(self):
        async def forgotten():
            pass

        async def main():
            forgotten()

        for debug in (False, True):
            with self.assertWarnsRegex(RuntimeWarning, "forgotten' was never awaited") as caught:
                rondo.run(main(), debug=debug)
                gc.collect()
            self.assertEqual("in main" in str(caught.warning), debug)

    def test_B20_never_early(self):
        """B20, L19: also below a millisecond"""

        async def main():
            for delay in (0.00001, 0.0001, 0.0007, 0.001, 0.0013, 0.003):
                before = time.monotonic_ns()
                await rondo.sleep(delay)
                self.assertGreaterEqual(time.monotonic_ns() - before, delay * 1e9)

        rondo.run(main())

    def test_a_bad_file_descriptor(self):
        async def main():
            loop = rondo.get_running_loop()
            with self.assertRaises(OSError):
                loop.add_reader(9999, print)
            with self.assertRaises(OSError):
                loop.add_reader(-1, print)
            with self.assertRaises(AttributeError):
                loop.add_reader("no file", print)
            self.assertFalse(loop.remove_reader(9999))

        rondo.run(main())


class Time(unittest.TestCase):
    def test_L11_time_is_monotonic_seconds(self):
        async def main():
            loop = rondo.get_running_loop()
            before, start = loop.time(), time.monotonic()
            await rondo.sleep(0.02)
            took, really = loop.time() - before, time.monotonic() - start
            self.assertIsInstance(before, float)
            self.assertGreaterEqual(took, 0.02)
            self.assertAlmostEqual(took, really, delta=0.05)

        rondo.run(main())

    def test_L18_B4_equal_deadlines_run_in_the_order_of_the_calls(self):
        async def main():
            loop = rondo.get_running_loop()
            for i in range(100):
                loop.call_at(5.0, seen.append, i)
            await rondo.sleep(6)

        seen = []
        rondo.run(main(), loop_factory=virtual)
        self.assertEqual(seen, list(range(100)))

    def test_L19_never_early(self):
        async def main():
            loop = rondo.get_running_loop()
            for delay in (0.0001, 0.0005, 0.001, 0.0013, 0.002):
                for _ in range(20):
                    due = loop.time() + delay
                    done = loop.create_future()
                    loop.call_at(due, lambda: done.set_result(loop.time()))
                    self.assertGreaterEqual(await done, due)

        rondo.run(main())

    def test_the_virtual_clock(self):
        """B35"""

        async def main():
            loop = rondo.get_running_loop()
            self.assertEqual(loop.time(), 0)
            await rondo.sleep(0)
            self.assertEqual(loop.time(), 0)
            await rondo.gather(rondo.sleep(3600), rondo.sleep(86400 * 365))
            self.assertEqual(loop.time(), 86400 * 365)

        start = time.monotonic()
        with rondo.Runner(virtual_clock=True) as runner:
            runner.run(main())
        self.assertLess(time.monotonic() - start, 5)

    def test_an_idle_loop_burns_no_cpu(self):
        async def main():
            started = time.process_time()
            await rondo.sleep(0.3)
            return time.process_time() - started

        self.assertLess(rondo.run(main()), 0.1)


class Threads(unittest.TestCase):
    def test_L22_call_soon_threadsafe_wakes_the_loop_and_keeps_the_order(self):
        async def main():
            loop = rondo.get_running_loop()
            done = loop.create_future()

            def post():
                for i in range(1000):
                    loop.call_soon_threadsafe(seen.append, i)
                loop.call_soon_threadsafe(done.set_result, "posted")

            thread = threading.Thread(target=post)
            thread.start()
            result = await done
            thread.join()
            return result

        seen = []
        self.assertEqual(rondo.run(main()), "posted")
        self.assertEqual(seen, list(range(1000)))

    def test_other_python_threads_run_while_the_loop_sleeps(self):
        async def main():
            await rondo.sleep(0.2)

        def count():
            while not stop.is_set():
                counts.append(1)
                time.sleep(0.005)

        counts, stop = [], threading.Event()
        thread = threading.Thread(target=count)
        thread.start()
        rondo.run(main())
        stop.set()
        thread.join()
        self.assertGreater(len(counts), 10)

    def test_L23_other_threads_are_refused(self):
        """Where CPython leaves it undefined, Rondo refuses."""

        async def main():
            loop = rondo.get_running_loop()
            future = loop.create_future()
            coro = rondo.sleep(0)

            def foreign():
                for use in (
                    lambda: loop.call_soon(print),
                    lambda: loop.call_later(1, print),
                    lambda: future.set_result(1),
                    lambda: future.cancel(),
                    lambda: future.add_done_callback(print),
                    lambda: future.done(),
                    lambda: loop.create_task(coro),
                    lambda: loop.create_future(),
                    lambda: loop.stop(),
                ):
                    try:
                        use()
                    except RuntimeError as error:
                        refusals.append(str(error))

            thread = threading.Thread(target=foreign)
            thread.start()
            while thread.is_alive():
                await rondo.sleep(0.001)
            coro.close()
            self.assertFalse(future.done())

        refusals = []
        rondo.run(main())
        self.assertEqual(len(refusals), 9)
        self.assertEqual(set(refusals), {
            "Non-thread-safe operation invoked on an event loop other than the current one"
        })

    def test_futures_may_die_on_another_thread(self):
        async def main():
            loop = rondo.get_running_loop()
            boxes = [[loop.create_future() for _ in range(100)] for _ in range(4)]
            threads = [threading.Thread(target=box.clear) for box in boxes]
            for thread in threads:
                thread.start()
            while any(thread.is_alive() for thread in threads):
                await rondo.sleep(0.001)

        rondo.run(main())

    def test_two_loops_in_two_threads(self):
        async def main(n):
            total = 0
            for i in range(200):
                total += await rondo.create_task(rondo.sleep(0, i))
            return total

        results = []
        threads = [threading.Thread(target=lambda n=n: results.append(rondo.run(main(n)))) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(results, [199 * 100] * 4)


class Debug(Same, unittest.TestCase):
    def test_D3_callbacks_are_checked(self):
        """D3"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            coro = aio.sleep(0)
            for use in (lambda f: loop.call_soon(f), lambda f: loop.call_at(5, f), lambda f: loop.call_soon_threadsafe(f)):
                for wrong in (coro, 5, aio.sleep):
                    try:
                        use(wrong)
                    except TypeError as error:
                        log(error)
            coro.close()

        self.assertSame(scenario, debug=True)

    def test_D1_set_debug(self):
        loop = virtual()
        self.assertFalse(loop.get_debug())
        loop.set_debug(True)
        self.assertTrue(loop.get_debug())
        loop.close()

    def test_D4_slow_callbacks_are_logged(self):
        async def slow():
            time.sleep(0.03)

        async def main():
            loop = rondo.get_running_loop()
            loop.slow_callback_duration = 0.02
            await rondo.create_task(slow(), name="slow one")
            loop.call_soon(time.sleep, 0.03)
            await rondo.sleep(0)

        with self.assertLogs("asyncio", logging.WARNING) as logged:
            rondo.run(main(), debug=True)
        self.assertRegex(logged.output[0], r"Executing <Task .*name='slow one'.* took 0\.0\d\d seconds")
        self.assertRegex(logged.output[1], r"Executing <Handle sleep\(0\.03\).* took 0\.0\d\d seconds")

    def test_D5_creation_traces(self):
        async def main():
            loop = rondo.get_running_loop()
            loop.set_exception_handler(lambda loop, context: seen.append(context))
            loop.call_soon(lambda: 1 / 0)
            await rondo.sleep(0)
            loop.create_future().set_exception(ValueError())

        seen = []
        rondo.run(main(), debug=True)
        for context in seen:
            self.assertEqual(context["source_traceback"][-1].name, "main")


class Surface(unittest.TestCase):
    def test_unclosed_loops_warn(self):
        """D10"""
        with self.assertWarns(ResourceWarning):
            virtual()
            gc.collect()

    def test_all_names_are_there_and_asyncios_names_behave(self):
        for name in rondo.__all__:
            self.assertTrue(hasattr(rondo, name), name)
        ours = {"Channel", "Loop", "RondoError", "bridge", "current_deadline", "wrap_native"}
        later = {
            "FrameCallGraphEntry",
            "FutureCallGraph",
            "capture_call_graph",
            "format_call_graph",
            "future_add_to_awaited_by",
            "future_discard_from_awaited_by",
            "print_call_graph",
        }  # Python 3.14
        if sys.version_info < (3, 12):
            later |= {"create_eager_task_factory", "eager_task_factory"}
        if sys.version_info < (3, 13):
            later.add("QueueShutDown")
        for name in set(rondo.__all__) - ours - later:
            self.assertTrue(hasattr(asyncio, name), name)
        self.assertIs(rondo.CancelledError, asyncio.CancelledError)
        self.assertIs(rondo.InvalidStateError, asyncio.InvalidStateError)
        self.assertIs(rondo.TimeoutError, TimeoutError)

    def test_asyncios_and_rondos_future_keep_apart(self):
        async def main():
            theirs = asyncio.Future(loop=asyncio.new_event_loop())
            self.assertFalse(rondo.isfuture(theirs))
            with self.assertRaisesRegex(RuntimeError, "Task got bad yield|is attached to|got Future"):
                await theirs
            theirs.get_loop().close()

        rondo.run(main())


if __name__ == "__main__":
    unittest.main()
