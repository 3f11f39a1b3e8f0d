"""semantics.md section 8: timeout, timeout_at."""

import contextlib
import gc
import math
import unittest

import rondo
from both import Same, count_turns, describe


def virtual():
    return rondo.new_event_loop(virtual_clock=True)


def chain(exception):
    """An exception and what it came from."""
    names = []
    while exception is not None:
        names.append(type(exception).__name__)
        exception = exception.__context__
    return " < ".join(names)


class States(Same, unittest.TestCase):
    def test_O1_states(self):
        """O1"""

        async def scenario(aio, log):
            def show(limit):
                log(repr(limit), limit.when(), limit.expired())

            limit = aio.timeout_at(5)
            show(limit)
            async with limit as entered:
                show(entered)
            show(limit)
            late = aio.timeout_at(1)
            try:
                async with late:
                    try:
                        await aio.sleep(10)
                    finally:
                        show(late)
            except TimeoutError:
                show(late)
            for again in (limit, late):
                try:
                    async with again:
                        pass
                except RuntimeError as error:
                    log(describe(error))
            async with aio.timeout(None) as never:
                show(never)

        self.assertSame(scenario)

    def test_O1_entered_twice_at_a_time(self):
        """O1"""

        async def scenario(aio, log):
            async with aio.timeout(5) as limit:
                try:
                    async with limit:
                        pass
                except RuntimeError as error:
                    log(describe(error))
                await aio.sleep(1)
            log(limit)

        self.assertSame(scenario)

    def test_O1_outside_a_task(self):
        """O1"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()

            def enter():
                try:
                    aio.timeout(1).__aenter__().send(None)
                except RuntimeError as error:
                    log(describe(error))

            loop.call_soon(enter)
            await aio.sleep(0)
            await aio.sleep(0)

        self.assertSame(scenario, ["RuntimeError(Timeout should be used inside a task)", "-> None"])

    def test_O1_without_a_loop(self):
        """O1"""
        with self.assertRaises(RuntimeError):
            rondo.timeout(1)
        limit = rondo.timeout_at(1)
        self.assertEqual((repr(limit), limit.when()), ("<Timeout [created]>", 1))
        self.assertEqual(rondo.Timeout(None).when(), None)

    def test_O2_counts_from_construction(self):
        """O2"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            limit = aio.timeout(2)
            log(limit.when())
            await aio.sleep(1.5)
            try:
                async with limit:
                    await aio.sleep(10)
            except TimeoutError:
                log(f"{loop.time():.1f}", limit.when())

        self.assertSame(scenario, ["2.0", "2.0 2.0", "-> None"])

    def test_O9_reschedule(self):
        """O9"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            limit = aio.timeout(1)
            try:
                limit.reschedule(5)
            except RuntimeError as error:
                log(describe(error))
            try:
                async with limit:
                    limit.reschedule(loop.time() + 3)
                    await aio.sleep(2)
                    log(limit.when(), limit)
                    limit.reschedule(None)
                    await aio.sleep(10)
                    log(limit.when(), limit)
                    stop = count_turns(aio, log)
                    limit.reschedule(loop.time() - 1)
                    try:
                        await aio.sleep(1)
                    finally:
                        log("struck")
                        stop()
                        try:
                            limit.reschedule(100)
                        except RuntimeError as error:
                            log(describe(error))
            except TimeoutError:
                log(limit.when())
            async with aio.timeout(1) as other:
                pass
            for left in (limit, other):
                try:
                    left.reschedule(100)
                except RuntimeError as error:
                    log(describe(error))

        self.assertSame(scenario)


class Expiry(Same, unittest.TestCase):
    def test_O4_one_cancel_without_a_message(self):
        """O4, O14, T31"""

        async def scenario(aio, log):
            task = aio.current_task()
            try:
                async with aio.timeout(1) as limit:
                    try:
                        await aio.sleep(10)
                    except aio.CancelledError as error:
                        log(repr(error), task.cancelling(), limit.expired())
                        raise
            except TimeoutError as error:
                log(repr(error), repr(error.__cause__), chain(error), task.cancelling(), limit.expired())

        self.assertSame(scenario)

    def test_O4_order_of_the_turns(self):
        """O3, O4, S2"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()

            async def body():
                try:
                    async with aio.timeout(1):
                        await aio.sleep(10)
                except TimeoutError:
                    log("late")

            task = aio.create_task(body())
            await aio.sleep(0)
            loop.call_at(1 + 1e-10, lambda: (log("due"), loop.call_soon(log, "soon")))
            await task

        self.assertSame(scenario, ["due", "late", "soon", "-> None"])

    def test_O5_other_errors_pass_and_get_the_timeout_into_their_history(self):
        """O5"""

        async def scenario(aio, log):
            async def attempt(cleanup):
                try:
                    async with aio.timeout(1):
                        try:
                            await aio.sleep(10)
                        except aio.CancelledError:
                            cleanup()
                except BaseException as error:
                    log(describe(error), chain(error))
                    for member in getattr(error, "exceptions", ()):
                        log(describe(member), chain(member))

            def plain():
                raise KeyError("k")

            def twice():
                try:
                    raise KeyError("k")
                except KeyError:
                    raise ValueError("v")

            def group():
                members = []
                for kind in (KeyError, ValueError):
                    try:
                        raise kind("m")
                    except kind as error:
                        members.append(error)
                raise ExceptionGroup("g", members)

            def base_group():
                raise BaseExceptionGroup("g", [SystemError("s"), GeneratorExit()])

            for cleanup in (plain, twice, group, base_group):
                await attempt(cleanup)
            log(aio.current_task().cancelling())

        self.assertSame(scenario)

    def test_O5_no_history_is_changed_before_the_deadline(self):
        """O5, O6"""

        async def scenario(aio, log):
            try:
                async with aio.timeout(1) as limit:
                    try:
                        raise aio.CancelledError
                    except aio.CancelledError:
                        raise KeyError("k")
            except KeyError as error:
                log(chain(error), limit)

        self.assertSame(scenario, ["KeyError < CancelledError <Timeout [finished]>", "-> None"])

    def test_O5_an_outside_cancel_wins(self):
        """O5, O14"""

        async def scenario(aio, log):
            async def body():
                try:
                    async with aio.timeout(1) as limit:
                        try:
                            await aio.sleep(10)
                        finally:
                            await aio.sleep(10)
                except TimeoutError:
                    log("must not be")
                finally:
                    log(limit.expired(), aio.current_task().cancelling())

            async def failing():
                try:
                    async with aio.timeout(1):
                        try:
                            await aio.sleep(10)
                        except aio.CancelledError:
                            try:
                                await aio.sleep(10)
                            except aio.CancelledError:
                                raise KeyError("k")
                except KeyError as error:
                    log(chain(error))

            for coro in (body(), failing()):
                task = aio.create_task(coro)
                await aio.sleep(2)
                task.cancel("outside")
                await aio.wait([task])
                log(task.cancelled())

        self.assertSame(scenario)

    def test_O6_errors_and_cancels_pass(self):
        """O6"""

        async def scenario(aio, log):
            async def body():
                async with aio.timeout(5):
                    await aio.sleep(10)

            task = aio.create_task(body())
            await aio.sleep(1)
            task.cancel("outside")
            try:
                await task
            except aio.CancelledError as error:
                log(repr(error), task.cancelling())
            try:
                async with aio.timeout(5):
                    raise KeyError("k")
            except KeyError as error:
                log(chain(error))
            await aio.sleep(10)

        self.assertSame(scenario)

    def test_O7_swallowed_is_no_timeout(self):
        """O7"""

        async def scenario(aio, log):
            task = aio.current_task()
            async with aio.timeout(1) as limit:
                with contextlib.suppress(aio.CancelledError):
                    await aio.sleep(10)
                await aio.sleep(1)
                log(task.cancelling())
            log(limit.expired(), limit, task.cancelling(), aio.get_running_loop().time())

        self.assertSame(scenario, ["1", "True <Timeout [expired]> 0 2.0", "-> None"])

    def test_O8_no_time(self):
        """O8"""

        async def scenario(aio, log):
            future = aio.get_running_loop().create_future()
            future.set_result("done")
            for delay in (0, -1):
                async with aio.timeout(delay) as limit:
                    log(await future)
                log(limit.expired(), aio.current_task().cancelling())
                stop = count_turns(aio, log)
                try:
                    async with aio.timeout(delay):
                        await aio.sleep(0)
                        log("must not be")
                except TimeoutError:
                    log("late")
                stop()
            await aio.sleep(0)

        self.assertSame(scenario)

    def test_O10_result_and_deadline_in_one_turn(self):
        """O10, A12"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()

            async def attempt(what):
                async def body():
                    nonlocal limit
                    try:
                        async with aio.timeout(100) as limit:
                            log(what, await future)
                    except TimeoutError:
                        log(what, "late", future.cancelled())

                def strike():
                    limit.reschedule(loop.time() - 1)

                limit, future = None, loop.create_future()
                task = aio.create_task(body())
                await aio.sleep(0)
                if what == "the wake-up stands before the deadline":
                    future.set_result("value")
                    strike()
                elif what == "the deadline stands before the result":
                    strike()
                    loop.call_soon(lambda: future.done() or future.set_result("dropped"))
                elif what == "the result comes in the turn of the deadline, before it":
                    loop.call_soon(future.set_result, "dropped")
                    strike()
                await task
                log(limit, task.cancelling())

            await attempt("the wake-up stands before the deadline")
            await attempt("the deadline stands before the result")
            await attempt("the result comes in the turn of the deadline, before it")

        self.assertSame(scenario)

    def test_O11_nested(self):
        """O11"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()

            async def attempt(outer_at, inner_at, cleanup=0):
                begun = loop.time()
                try:
                    async with aio.timeout(outer_at) as outer:
                        try:
                            async with aio.timeout(inner_at) as inner:
                                try:
                                    await aio.sleep(10)
                                finally:
                                    if cleanup:
                                        await aio.sleep(cleanup)
                        except TimeoutError:
                            log("inner")
                            raise KeyError from None
                        finally:
                            log(outer.expired(), inner.expired(), aio.current_task().cancelling())
                except TimeoutError:
                    log("outer")
                except KeyError:
                    log("passed")
                log(outer, inner, aio.current_task().cancelling(), f"{loop.time() - begun:.1f}")

            await attempt(2, 1)
            await attempt(1, 2)
            await attempt(1, 1)
            await attempt(2, 1, cleanup=5)
            await attempt(1, 2, cleanup=5)

        self.assertSame(scenario)

    def test_O12_inside_the_cleanup_of_a_cancelled_task(self):
        """O12"""

        async def scenario(aio, log):
            async def body():
                try:
                    await aio.sleep(10)
                finally:
                    try:
                        async with aio.timeout(1):
                            await aio.sleep(10)
                    except TimeoutError as error:
                        log("late", chain(error), aio.current_task().cancelling())

            task = aio.create_task(body())
            await aio.sleep(0)
            task.cancel()
            await aio.wait([task])
            log(task.cancelled(), task.cancelling())

        self.assertSame(scenario)

    def test_O13_a_cancel_before_a_timeout_without_time(self):
        """O13"""

        async def scenario(aio, log):
            async def body():
                aio.current_task().cancel("earlier")
                try:
                    async with aio.timeout(0):
                        await aio.sleep(1)
                except TimeoutError:
                    log("late", aio.current_task().cancelling())
                await aio.sleep(0)
                log("went on")

            task = aio.create_task(body())
            await aio.wait([task])
            log(task.cancelled())

        self.assertSame(scenario)

    def test_O8_deadlines_out_of_this_world(self):
        """O8"""

        async def scenario(aio, log):
            for delay in (math.inf, 1e300, -1e300, -math.inf):
                try:
                    async with aio.timeout(delay) as limit:
                        await aio.sleep(0)
                        await aio.sleep(0)
                    log(delay, limit)
                    async with aio.timeout(1) as limit:
                        limit.reschedule(-delay)
                        await aio.sleep(0)
                        await aio.sleep(0)
                except TimeoutError:
                    log(delay, "late")
                log(len((await aio.wait([aio.create_task(aio.sleep(0))], timeout=delay))[0]))

        self.assertSame(scenario)

    def test_O15_the_class(self):
        """O15"""
        self.assertIs(rondo.TimeoutError, TimeoutError)


class Tidiness(unittest.TestCase):
    def test_nothing_is_left_behind(self):
        def used(loop):
            stats = rondo._ffi.LoopStats()
            rondo._ffi.loop_get_stats(loop.native, rondo._loop.addressof(stats))
            return stats.deadlines, stats.futures

        async def main():
            loop = rondo.get_running_loop()
            before = used(loop)
            for i in range(100):
                async with rondo.timeout(1000):
                    await rondo.sleep(0)
                with contextlib.suppress(TimeoutError):
                    async with rondo.timeout(0.001):
                        await rondo.sleep(10)
            self.assertEqual(used(loop), before)

        rondo.run(main(), loop_factory=virtual)

    def test_one_that_is_entered_and_dropped(self):
        async def main():
            async def careless():
                await rondo.timeout(1).__aenter__()
                await rondo.sleep(0)

            await rondo.create_task(careless())
            gc.collect()
            await rondo.sleep(5)
            self.assertEqual(rondo.current_task().cancelling(), 0)

        rondo.run(main(), loop_factory=virtual)

    def test_left_twice(self):
        async def main():
            async with rondo.timeout(1) as limit:
                pass
            with self.assertRaises(RuntimeError):
                await limit.__aexit__(None, None, None)

        rondo.run(main(), loop_factory=virtual)


class Deadline(unittest.TestCase):
    def test_B34_the_earliest_deadline(self):
        """B34"""

        async def main():
            self.assertIsNone(rondo.current_deadline())
            async with rondo.timeout(5):
                self.assertEqual(rondo.current_deadline(), 5)
                async with rondo.timeout(9):
                    self.assertEqual(rondo.current_deadline(), 5)
                    async with rondo.timeout(None), rondo.timeout(2) as limit:
                        self.assertEqual(rondo.current_deadline(), 2)
                        limit.reschedule(7)
                        self.assertEqual(rondo.current_deadline(), 5)
                        seen = []
                        rondo.get_running_loop().call_soon(lambda: seen.append(rondo.current_deadline()))
                        await rondo.create_task(note(seen))
                        self.assertEqual(seen, [None, None])
                self.assertEqual(rondo.current_deadline(), 5)
            self.assertIsNone(rondo.current_deadline())

        async def note(seen):
            seen.append(rondo.current_deadline())

        self.assertIsNone(rondo.current_deadline())
        rondo.run(main(), loop_factory=virtual)


if __name__ == "__main__":
    unittest.main()
