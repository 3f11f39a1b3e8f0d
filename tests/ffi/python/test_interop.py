"""CPython's asyncio and Rondo in one program: in two threads, and in one."""

import asyncio
import contextvars
import ctypes
import gc
import os
import selectors
import signal
import threading
import unittest
import warnings

import rondo
from rondo import _ffi
from rondo.interop import Guest, from_asyncio, run, to_asyncio

LIMIT = 20  # seconds, for what must not take long
FAR = 1000  # for what shall not happen
variable = contextvars.ContextVar("variable", default="none")


class RondoThread:
    """`async with` it: a Rondo loop that runs in another thread."""

    async def __aenter__(self):
        self.loop = rondo.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        return self.loop

    async def __aexit__(self, *exc_info):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(LIMIT)
        self.loop.close()


class AsyncioThread:
    """`with` it: an asyncio loop that runs in another thread."""

    def __enter__(self):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        return self.loop

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(LIMIT)

    def __exit__(self, *exc_info):
        if not self.loop.is_closed():
            self.stop()
            self.loop.close()


class CountingSelector(selectors.DefaultSelector):
    looks = 0

    def select(self, timeout=None):
        self.looks += 1
        return super().select(timeout)


def play(program, *, selector=None):
    """Runs an asyncio program. Whatever it leaves to the exception handler is a failure."""
    reports = []

    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: reports.append(context))
        return await asyncio.wait_for(program, LIMIT)

    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:
        result = runner.run(main())
    gc.collect()
    if reports:
        raise AssertionError(reports)
    return result


async def give_up(awaitable, message=None):
    """Cancels an asyncio task that waits for it; what it ended with."""
    task = asyncio.ensure_future(awaitable)
    await asyncio.sleep(0)
    task.cancel(message)
    (outcome,) = await asyncio.gather(task, return_exceptions=True)
    return outcome


class Two:
    """The tests for both situations; the subclasses make the Rondo loop."""

    def play(self, test, **options):
        async def program():
            async with self.Loop() as loop:
                await test(loop)

        play(program(), **options)

    # ---- asyncio waits for Rondo

    def test_results(self):
        async def test(loop):
            thing = object()

            async def give():
                await rondo.sleep(0.001)
                self.assertIs(rondo.get_running_loop(), loop)
                return thing

            async def make():
                return loop.create_task(give())

            self.assertIs(await to_asyncio(give(), loop), thing)
            task = await to_asyncio(make(), loop)
            self.assertIs(await to_asyncio(task), thing)
            self.assertIs(await to_asyncio(task), thing, "it is done already")
            self.assertIs((await asyncio.gather(to_asyncio(task), to_asyncio(give(), loop)))[1], thing)

            async def gathered():
                return rondo.gather(give(), give())

            self.assertEqual(await to_asyncio(await to_asyncio(gathered(), loop)), [thing, thing])

        self.play(test)

    def test_exceptions(self):
        async def test(loop):
            error = KeyError("why")

            async def fail():
                await rondo.sleep(0)
                raise error

            with self.assertRaises(KeyError) as caught:
                await to_asyncio(fail(), loop)
            self.assertIs(caught.exception, error)

        self.play(test)

    def test_native_errors_have_their_kind(self):
        async def test(loop):
            async def fail(code):
                future = loop.create_future()
                options = _ffi.ErrorOptions(code=code, message=b"native")
                error = ctypes.c_void_p()
                _ffi.error_create(ctypes.addressof(options), ctypes.addressof(error))
                _ffi.future_set_error(future.native, error)
                _ffi.error_release(error)
                return future

            with self.assertRaisesRegex(TimeoutError, "native"):
                await to_asyncio(await to_asyncio(fail(_ffi.ETIMEDOUT), loop))
            with self.assertRaisesRegex(rondo.RondoError, "native") as caught:
                await to_asyncio(await to_asyncio(fail(_ffi.EFAILED), loop))
            self.assertEqual(caught.exception.name, "EFAILED")

        self.play(test)

    def test_native_values(self):
        async def test(loop):
            async def give():
                future = loop.create_future()
                future.set_native_result("text")
                return future

            self.assertEqual(await to_asyncio(await to_asyncio(give(), loop)), "text")

        self.play(test)

    def test_cancelling_the_awaiting_asyncio_task(self):
        async def test(loop):
            begun, ended = asyncio.Event(), asyncio.get_running_loop().create_future()
            host = asyncio.get_running_loop()

            async def endless():
                host.call_soon_threadsafe(begun.set)
                try:
                    await rondo.sleep(FAR)
                except rondo.CancelledError as cancelled:
                    await rondo.sleep(0)  # a cleanup that waits
                    host.call_soon_threadsafe(ended.set_result, cancelled.args)
                    raise

            task = asyncio.ensure_future(to_asyncio(endless(), loop))
            await begun.wait()
            task.cancel("enough")
            with self.assertRaisesRegex(asyncio.CancelledError, "enough"):
                await task
            self.assertEqual(await ended, ("enough",))

        self.play(test)

    def test_cancelled_before_it_began(self):
        async def test(loop):
            async def never():
                await rondo.sleep(FAR)

            self.assertIsInstance(await give_up(to_asyncio(never(), loop)), asyncio.CancelledError)

            async def others():
                return rondo.all_tasks() - {rondo.current_task()}

            while await to_asyncio(others(), loop):
                pass

        self.play(test)

    def test_a_rondo_future_that_is_cancelled(self):
        async def test(loop):
            async def cancelled():
                future = loop.create_future()
                future.cancel("gone")
                return future

            future = await to_asyncio(cancelled(), loop)
            with self.assertRaisesRegex(asyncio.CancelledError, "gone"):
                await to_asyncio(future)

        self.play(test)

    def test_timeouts_of_both_kinds(self):
        async def test(loop):
            async def in_rondo():
                with self.assertRaises(TimeoutError):
                    async with rondo.timeout(0.001):
                        await from_asyncio(asyncio.sleep(FAR), host)
                return 1

            host = asyncio.get_running_loop()
            with self.assertRaises(TimeoutError):
                async with asyncio.timeout(0.001):
                    await to_asyncio(rondo.sleep(FAR), loop)
            self.assertEqual(await to_asyncio(in_rondo(), loop), 1)

        self.play(test)

    # ---- Rondo waits for asyncio

    def in_rondo(self, test):
        """The test runs on the Rondo loop and is given the asyncio loop."""

        async def program(loop):
            await to_asyncio(test(asyncio.get_running_loop()), loop)

        self.play(program)

    def test_asyncio_results(self):
        async def test(host):
            thing = object()

            async def give():
                await asyncio.sleep(0.001)
                self.assertIs(asyncio.get_running_loop(), host)
                self.assertIsNotNone(asyncio.current_task())
                return thing

            self.assertIs(await from_asyncio(give(), host), thing)

            async def make():
                return asyncio.create_task(give())

            task = await from_asyncio(make(), host)
            self.assertIs(await from_asyncio(task), thing)
            self.assertIs(await from_asyncio(task), thing, "it is done already")
            self.assertIs((await rondo.gather(from_asyncio(give(), host), from_asyncio(task)))[0], thing)

        self.in_rondo(test)

    def test_asyncio_exceptions(self):
        async def test(host):
            error = LookupError("why")

            async def fail():
                await asyncio.sleep(0)
                raise error

            with self.assertRaises(LookupError) as caught:
                await from_asyncio(fail(), host)
            self.assertIs(caught.exception, error)
            with self.assertRaises(TimeoutError):
                await from_asyncio(asyncio.wait_for(asyncio.sleep(FAR), 0.001), host)

        self.in_rondo(test)

    def test_cancelling_the_awaiting_rondo_task(self):
        async def test(host):
            begun, ended = rondo.Event(), rondo.get_running_loop().create_future()
            loop = rondo.get_running_loop()

            async def endless():
                loop.call_soon_threadsafe(begun.set)
                try:
                    await asyncio.sleep(FAR)
                except asyncio.CancelledError as cancelled:
                    await asyncio.sleep(0)
                    loop.call_soon_threadsafe(ended.set_result, cancelled.args)
                    raise

            async def wait():
                await from_asyncio(endless(), host)

            task = rondo.create_task(wait())
            await begun.wait()
            task.cancel("enough")
            with self.assertRaisesRegex(rondo.CancelledError, "enough"):
                await task
            self.assertEqual(await ended, ("enough",))

        self.in_rondo(test)

    def test_an_asyncio_future_that_is_cancelled(self):
        async def test(host):
            async def cancelled():
                future = host.create_future()
                future.cancel("gone")
                return future

            future = await from_asyncio(cancelled(), host)
            with self.assertRaisesRegex(rondo.CancelledError, "gone"):
                await from_asyncio(future)

        self.in_rondo(test)

    def test_back_and_forth(self):
        async def test(loop):
            host = asyncio.get_running_loop()

            async def in_asyncio(n):
                return n if n == 0 else 1 + await to_asyncio(in_rondo(n - 1), loop)

            async def in_rondo(n):
                return n if n == 0 else 1 + await from_asyncio(in_asyncio(n - 1), host)

            self.assertEqual(await in_asyncio(50), 50)
            self.assertEqual(await asyncio.gather(*[in_asyncio(n) for n in range(20)]), list(range(20)))

        self.play(test)

    def test_the_context_of_the_caller(self):
        async def test(loop):
            host = asyncio.get_running_loop()

            async def look():
                return variable.get()

            async def in_rondo():
                before = variable.get()
                variable.set("deeper")
                return before, await from_asyncio(look(), host)

            variable.set("mine")
            self.assertEqual(await to_asyncio(in_rondo(), loop), ("mine", "deeper"))
            self.assertEqual(variable.get(), "mine")

        self.play(test)

    def test_wrong_arguments(self):
        async def test(loop):
            host = asyncio.get_running_loop()

            async def wrong_in_rondo():
                future = loop.create_future()
                self.assertRaises(TypeError, from_asyncio, future, host)
                with self.assertRaises(TypeError):
                    await from_asyncio(5, host)

            await to_asyncio(wrong_in_rondo(), loop)
            never = asyncio.sleep(0)
            self.assertRaises(TypeError, to_asyncio, never)
            never.close()
            with self.assertRaises(TypeError):
                await to_asyncio(5, loop)

        self.play(test)
        self.assertRaises(RuntimeError, from_asyncio, None)
        self.assertRaises(RuntimeError, to_asyncio, None)

    # ---- sleeping

    def test_nobody_polls(self):
        selector = CountingSelector()

        async def test(loop):
            host = asyncio.get_running_loop()

            async def turns():
                return self.turns(loop)

            await to_asyncio(rondo.sleep(0.001), loop)
            looks = selector.looks
            await to_asyncio(rondo.sleep(0.05), loop)
            self.assertLess(selector.looks - looks, 8)

            async def both_asleep():
                before = self.turns(loop)
                await from_asyncio(asyncio.sleep(0.05), host)
                return self.turns(loop) - before

            self.assertLess(await to_asyncio(both_asleep(), loop), 8)

        self.play(test, selector=selector)

    @staticmethod
    def turns(loop):
        # rondo_loop_stats: two uint32, then the turns
        stats = (ctypes.c_uint64 * 9)(72)
        _ffi.loop_get_stats(loop.native, ctypes.addressof(stats))
        return stats[1]

    def test_the_busy_one_does_not_hold_up_the_other(self):
        async def test(loop):
            async def spin(sleep, until):
                while not until.is_set():
                    await sleep(0)

            over = threading.Event()
            spinning = [asyncio.ensure_future(spin(asyncio.sleep, over)), to_asyncio(spin(rondo.sleep, over), loop)]
            host = asyncio.get_running_loop()

            async def sleep_there():
                await from_asyncio(asyncio.sleep(0.001), host)

            await to_asyncio(rondo.sleep(0.001), loop)
            await to_asyncio(sleep_there(), loop)
            over.set()
            await asyncio.gather(*spinning)

        self.play(test)


class TwoThreads(Two, unittest.TestCase):
    Loop = RondoThread

    # ---- a loop is closed while the other one waits

    def test_the_rondo_loop_is_closed(self):
        async def program():
            there = RondoThread()
            loop = await there.__aenter__()

            async def make():
                return loop.create_future()

            futures = [to_asyncio(await to_asyncio(make(), loop))]
            await to_asyncio(rondo.sleep(0), loop)
            loop.call_soon_threadsafe(loop.stop)
            there.thread.join(LIMIT)
            futures.append(to_asyncio(loop.create_future()))  # the loop has stopped: it is not even asked
            loop.close()
            for future in futures:
                with self.assertRaises(rondo.RondoError) as caught:
                    await future
                self.assertEqual(caught.exception.name, "ECLOSED")
            never = rondo.sleep(0)
            with self.assertRaisesRegex(RuntimeError, "closed"):
                to_asyncio(never, loop)
            never.close()

        play(program())

    def test_the_rondo_program_ends(self):
        """Its runner cancels what is left: so is who waits for it."""

        async def program():
            started = asyncio.get_running_loop().create_future()
            host = asyncio.get_running_loop()
            over = threading.Event()

            async def endless():
                await rondo.sleep(FAR)

            async def main():
                loop = rondo.get_running_loop()
                host.call_soon_threadsafe(started.set_result, loop.create_task(endless()))
                await rondo.to_thread(over.wait, LIMIT)

            thread = threading.Thread(target=rondo.run, args=[main()])
            thread.start()
            future = to_asyncio(await started)
            await asyncio.sleep(0.001)
            over.set()
            with self.assertRaises(asyncio.CancelledError):
                await future
            thread.join(LIMIT)

        play(program())

    def asyncio_closed_while_rondo_waits(self, make, stopped_before=False):
        async def main():
            there = AsyncioThread()
            with there as loop:
                if stopped_before:
                    there.stop()
                awaitable = make(loop)
                future = from_asyncio(awaitable, loop)
                await rondo.sleep(0.001)
                if not stopped_before:
                    there.stop()
                loop.close()
                with self.assertRaises(rondo.RondoError) as caught:
                    await rondo.wait_for(future, LIMIT)
                self.assertEqual(caught.exception.name, "ECLOSED")

        rondo.run(main())

    def test_the_asyncio_loop_is_closed(self):
        kept = []

        def future(loop):
            kept.append(loop.create_future())
            return kept[0]

        self.asyncio_closed_while_rondo_waits(future)

    def test_the_asyncio_loop_is_closed_before_it_heard(self):
        self.asyncio_closed_while_rondo_waits(lambda loop: loop.create_future(), stopped_before=True)

    def test_a_closed_asyncio_loop(self):
        async def main():
            loop = asyncio.new_event_loop()
            loop.close()
            with self.assertRaisesRegex(RuntimeError, "closed"):
                from_asyncio(loop.create_future())

        rondo.run(main())

    def test_who_waited_is_gone(self):
        """The other one ends in peace."""
        reports = []

        async def fail():
            await rondo.to_thread(over.wait, LIMIT)
            raise KeyError("nobody is there")

        async def ask():
            to_asyncio(fail(), loop)

        over = threading.Event()
        loop = rondo.new_event_loop()
        loop.set_exception_handler(lambda loop, context: reports.append(context))
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        asyncio.run(ask())
        over.set()

        async def all_over():
            while rondo.all_tasks() - {rondo.current_task()}:
                await rondo.sleep(0.001)

        rondo.run_coroutine_threadsafe(all_over(), loop).result(LIMIT)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(LIMIT)
        loop.close()
        self.assertEqual(reports, [])

    # ---- others

    def test_cancelled_while_the_result_is_on_its_way(self):
        async def test(loop):
            future = to_asyncio(rondo.sleep(0), loop)
            while not future.done():  # asyncio does not run
                arrived = threading.Event()
                loop.call_soon_threadsafe(loop.call_soon, loop.call_soon, loop.call_soon, arrived.set)
                arrived.wait(LIMIT)
                future.cancel()
            await asyncio.sleep(0)
            self.assertTrue(future.cancelled())

        self.play(test)

    def test_a_virtual_clock_stands_still(self):
        async def main():
            with AsyncioThread() as there:
                before = rondo.get_running_loop().time()
                timer = rondo.create_task(rondo.sleep(FAR))
                await from_asyncio(asyncio.sleep(0.01), there)
                self.assertEqual(rondo.get_running_loop().time(), before)
                timer.cancel()

        with rondo.Runner(virtual_clock=True) as runner:
            runner.run(main())

    def test_many_threads_at_once(self):
        async def test(loop):
            async def add(a, b):
                await rondo.sleep(0)
                return a + b

            def other_program():
                async def main():
                    return sum(await asyncio.gather(*[to_asyncio(add(i, 1), loop) for i in range(50)]))

                sums.append(asyncio.run(main()))

            sums = []
            threads = [threading.Thread(target=other_program) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                await asyncio.to_thread(thread.join, LIMIT)
            self.assertEqual(sums, [sum(range(50)) + 50] * 4)

        self.play(test)


class OneThread(Two, unittest.TestCase):
    Loop = Guest

    def test_run(self):
        async def main(x):
            self.assertIs(rondo.get_running_loop()._host, asyncio.get_running_loop())
            await from_asyncio(asyncio.sleep(0.001))
            if x == 0:
                raise KeyError("why")
            return x

        self.assertEqual(play(run(main(5))), 5)
        with self.assertRaises(KeyError):
            play(run(main(0)))

    def test_what_is_left_over_ends_while_asyncio_runs(self):
        trace = []

        async def leftover(name):
            try:
                await rondo.sleep(FAR)
            finally:
                await from_asyncio(asyncio.sleep(0.001))
                trace.append(name)
                if name == "first":
                    rondo.create_task(leftover("born late"))
                    await rondo.sleep(0)

        async def generate():
            try:
                yield 1
            finally:
                await from_asyncio(asyncio.sleep(0.001))
                trace.append("generator")

        async def main():
            rondo.create_task(leftover("first"))
            rondo.create_task(leftover("second"))
            generator = generate()
            await anext(generator)
            trace.append(await rondo.to_thread(lambda: "thread"))
            return generator

        play(run(main()))
        self.assertEqual(trace, ["thread", "first", "second", "born late", "generator"])

    def test_the_end_of_the_block_cannot_be_cut_short(self):
        trace = []
        leaving = asyncio.Event()

        async def leftover():
            try:
                await rondo.sleep(FAR)
            finally:
                await from_asyncio(leaving.wait())
                trace.append("cleaned up")

        async def block():
            async with Guest() as loop:
                loop.create_task(leftover())
                await asyncio.sleep(0)

        async def program():
            task = asyncio.create_task(block())
            for _ in range(20):
                await asyncio.sleep(0)
            for _ in range(2):
                task.cancel()
                await asyncio.sleep(0.001)
                self.assertEqual(trace, [])
            leaving.set()
            with self.assertRaises(asyncio.CancelledError):
                await task
            self.assertEqual(trace, ["cleaned up"])

        play(program())

    def test_the_guest_is_closed_and_its_descriptors_with_it(self):
        async def block():
            async with Guest() as loop:
                await to_asyncio(rondo.sleep(0.001), loop)
            self.assertTrue(loop.is_closed())

        async def program():
            await block()
            before = os.listdir("/proc/self/fd")
            for _ in range(3):
                await block()
            self.assertEqual(os.listdir("/proc/self/fd"), before)

        play(program())

    def test_two_guests(self):
        async def program():
            async with Guest() as one, Guest() as two:
                async def cross():
                    return await rondo.bridge(two.create_task(rondo.sleep(0.001, "from two")))

                self.assertEqual(await to_asyncio(cross(), one), "from two")

        play(program())

    def test_no_guest(self):
        async def program():
            with self.assertRaises(rondo.RondoError) as caught:
                async with Guest(virtual_clock=True):
                    self.fail("it runs")
            self.assertEqual(caught.exception.name, "ENOTSUP")
            guest = Guest()
            async with guest:
                with self.assertRaisesRegex(RuntimeError, "guest already"):
                    async with guest:
                        self.fail("it runs")
            with self.assertRaisesRegex(RuntimeError, "closed"):
                async with guest:
                    self.fail("it runs")

        play(program())

    def test_work_from_asyncio_between_the_turns(self):
        async def test(loop):
            host = asyncio.get_running_loop()
            done = host.create_future()
            future = loop.create_future()

            async def follow():
                done.set_result(await future)

            loop.create_task(follow())
            await asyncio.sleep(0.001)
            future.set_result("between")
            self.assertEqual(await done, "between")
            timer = host.create_future()
            loop.call_later(0.001, timer.set_result, 1)
            self.assertEqual(await timer, 1)
            called = host.create_future()
            threading.Thread(target=loop.call_soon_threadsafe, args=[called.set_result, 2]).start()
            self.assertEqual(await called, 2)

        self.play(test)

    def test_descriptors(self):
        async def test(loop):
            reading, writing = os.pipe()
            got = loop.create_future()

            async def watch():
                loop.add_reader(reading, lambda: got.set_result(os.read(reading, 8)) or loop.remove_reader(reading))

            await to_asyncio(watch(), loop)
            asyncio.get_running_loop().call_later(0.001, os.write, writing, b"here")
            self.assertEqual(await to_asyncio(got), b"here")
            os.close(reading)
            os.close(writing)

        self.play(test)

    def test_an_interrupt_goes_through(self):
        """SIGINT cancels asyncio's main task, wherever it struck; another exit leaves asyncio's run."""

        async def strike():
            os.kill(os.getpid(), signal.SIGINT)
            await rondo.sleep(FAR)

        async def exit_now():
            await rondo.sleep(0)
            raise SystemExit(3)

        with self.assertRaises(KeyboardInterrupt):
            play(run(strike()))
        with self.assertRaises(SystemExit), warnings.catch_warnings():
            play(run(exit_now()))

    def test_signals_are_asyncios(self):
        async def test(loop):
            host = asyncio.get_running_loop()
            seen = host.create_future()
            host.add_signal_handler(signal.SIGUSR1, seen.set_result, "seen")

            async def strike():
                await rondo.sleep(0.001)
                os.kill(os.getpid(), signal.SIGUSR1)
                await rondo.sleep(0.001)

            await to_asyncio(strike(), loop)
            self.assertEqual(await seen, "seen")
            host.remove_signal_handler(signal.SIGUSR1)

        self.play(test)

    def test_nothing_crosses_by_way_of_another_thread(self):
        async def test(loop):
            for one in (loop, asyncio.get_running_loop()):
                one.call_soon_threadsafe = self.fail

            async def in_rondo():
                return await from_asyncio(asyncio.sleep(0.001, 1))

            self.assertEqual(await to_asyncio(in_rondo(), loop), 1)
            await give_up(to_asyncio(in_rondo(), loop))
            del loop.call_soon_threadsafe, asyncio.get_running_loop().call_soon_threadsafe

        self.play(test)

    def test_debug_mode(self):
        async def test(loop):
            loop.set_debug(True)
            self.assertEqual(await to_asyncio(rondo.sleep(0.001, 1), loop), 1)

            async def in_rondo():
                return await from_asyncio(asyncio.sleep(0.001, 2))

            self.assertEqual(await to_asyncio(in_rondo(), loop), 2)

        self.play(test)


if __name__ == "__main__":
    unittest.main()
