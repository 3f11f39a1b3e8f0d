"""semantics.md sections 5, 6 and 10: sleep, gather, ensure_future."""

import asyncio
import gc
import inspect
import math
import unittest

import rondo
from both import Same, count_turns, describe, new_loop


class Sleep(Same, unittest.TestCase):
    def test_S1_no_delay_is_one_turn_and_no_timer(self):
        """S1, S5"""

        async def scenario(aio, log):
            stop = count_turns(aio, log)

            async def task(name):
                for i in range(3):
                    log(name, i, await aio.sleep(-i, result="r"))

            await aio.gather(*[task(name) for name in "abc"])
            stop()

        self.assertSame(scenario)

    def test_S2_one_more_turn_after_the_deadline(self):
        """S2, B4"""

        async def main():
            loop = rondo.get_running_loop()

            async def sleeper():
                await rondo.sleep(0.5)
                seen.append("slept")

            task = rondo.create_task(sleeper())
            await rondo.sleep(0)
            loop.call_at(0.5, lambda: (seen.append("due"), loop.call_soon(seen.append, "soon")))
            await task

        seen = []
        rondo.run(main(), loop_factory=lambda: rondo.new_event_loop(virtual_clock=True))
        self.assertEqual(seen, ["due", "slept", "soon"])

    def test_S3_what_is_no_delay(self):
        """S3"""

        async def scenario(aio, log):
            for delay in (math.nan, "soon", None):
                try:
                    await aio.sleep(delay)
                except (ValueError, TypeError) as error:
                    log(type(error).__name__, error)
            forever = aio.create_task(aio.sleep(math.inf))
            await aio.sleep(1e-12)
            log(forever.done(), forever.cancel())

        self.assertSame(scenario)

    def test_S4_cancelled_while_sleeping(self):
        """S4"""

        async def scenario(aio, log):
            task = aio.create_task(aio.sleep(100))
            await aio.sleep(0)
            task.cancel("up")
            try:
                await task
            except aio.CancelledError as error:
                log(repr(error), f"{aio.get_running_loop().time():.1f}")

        self.assertSame(scenario, ["CancelledError('up') 0.0", "-> None"])

    def test_sleepers_wake_in_the_order_of_their_deadlines(self):
        async def main():
            async def sleeper(i):
                await rondo.sleep(((i * 37) % 101) / 10)
                woken.append((i * 37) % 101)

            await rondo.gather(*[sleeper(i) for i in range(1, 101)])

        woken = []
        rondo.run(main(), loop_factory=lambda: rondo.new_event_loop(virtual_clock=True))
        self.assertEqual(woken, sorted(woken))


class Gather(Same, unittest.TestCase):
    def test_G1_nothing(self):
        """G1"""

        async def scenario(aio, log):
            outer = aio.gather()
            log(outer.done(), await outer, aio.isfuture(outer))

        self.assertSame(scenario, ["True [] True", "-> None"])
        with self.assertRaises(RuntimeError):
            rondo.gather()

    def test_G2_G3_G4_arguments_and_results(self):
        """G2, G3, G4"""

        async def scenario(aio, log):
            async def child(name, delay):
                log(name, "starts")
                await aio.sleep(delay)
                log(name, "ends")
                return name

            class Awaitable:
                def __await__(self):
                    return child("awaitable", 0.1).__await__()

            twice = child("twice", 0.15)
            future = aio.get_running_loop().create_future()
            future.set_result("future")
            outer = aio.gather(child("a", 0.3), twice, Awaitable(), twice, future, child("b", 0.05))
            log(outer.done())
            results = await outer
            log(*results)
            log(outer.result() is results, type(outer).__name__)

        self.assertSame(scenario)

    def test_G5_one_loop(self):
        """G5"""

        async def scenario(aio, log):
            other = new_loop(aio)
            mine, foreign = aio.get_running_loop().create_future(), other.create_future()
            for arguments in ((mine, foreign), (foreign, mine)):
                try:
                    aio.gather(*arguments)
                except ValueError as error:
                    log(error)
            try:
                aio.gather(mine, 5)
            except TypeError as error:
                log(error)
            other.close()

        self.assertSame(scenario)

    def test_G6_G7_the_first_failure(self):
        """G6, G7, A3"""

        async def scenario(aio, log):
            stop = count_turns(aio, log)

            async def child(name, yields, fails):
                for i in range(yields):
                    await aio.sleep(0)
                log(name, "raises" if fails else "returns")
                if fails:
                    raise LookupError(name)
                return name

            tasks = [aio.create_task(child(*a)) for a in (("A", 1, False), ("B", 1, True), ("C", 3, False), ("D", 5, True))]
            outer = aio.gather(*tasks)
            try:
                await outer
            except LookupError as error:
                log("except", error, outer.done(), tasks[2].cancelled())
            log(outer.cancel())
            for _ in range(5):
                await aio.sleep(0)
            stop()

        self.assertSame(scenario)

    def test_G8_G9_errors_as_results(self):
        """G8, G9"""

        async def scenario(aio, log):
            async def child(error):
                if error:
                    raise error
                return "fine"

            sleeper = aio.create_task(aio.sleep(10))
            await aio.sleep(0)
            sleeper.cancel()
            outer = aio.gather(child(None), child(ValueError("v")), sleeper, child(aio.CancelledError()), return_exceptions=True)
            for result in await outer:
                log(describe(result) if isinstance(result, BaseException) else result)
            log(outer.cancelled(), outer.exception())
            sleeper = aio.create_task(aio.sleep(10))
            other = aio.create_task(aio.sleep(0.5, "other"))
            outer = aio.gather(sleeper, other)
            await aio.sleep(0)
            sleeper.cancel("one child")
            try:
                await outer
            except aio.CancelledError as error:
                log(repr(error), outer.cancelled(), repr(outer.exception()))
            log(await other)

        self.assertSame(scenario)

    def test_G10_G11_G12_G13_G14_cancelling_it(self):
        """G10-G14, A4"""

        async def scenario(aio, log):
            async def child(name, swallow):
                try:
                    await aio.sleep(10)
                except aio.CancelledError as error:
                    log(name, repr(error))
                    await aio.sleep(0)
                    log(name, "cleaned")
                    if not swallow:
                        raise
                return name

            for return_exceptions in (False, True):
                for swallow in (False, True):
                    stop = count_turns(aio, log)
                    outer = aio.gather(child("A", swallow), child("B", swallow), return_exceptions=return_exceptions)

                    async def wait():
                        await outer

                    task = aio.create_task(wait())
                    await aio.sleep(0)
                    await aio.sleep(0)
                    log(task.cancel("msg"), outer.done(), outer.cancelled())
                    try:
                        await task
                    except aio.CancelledError as error:
                        log("M", repr(error), task.cancelled(), outer.cancelled(), repr(outer.exception()))
                    log(outer.cancel())
                    await aio.sleep(0)
                    await aio.sleep(0)
                    stop()

        self.assertSame(scenario)

    def test_G10_nobody_accepts(self):
        """G10"""

        async def scenario(aio, log):
            done = aio.get_running_loop().create_future()
            done.set_result(1)
            outer = aio.gather(done)
            log(outer.done(), outer.cancel(), await outer)

        self.assertSame(scenario, ["True False [1]", "-> None"])

    def test_G15_children_that_are_done(self):
        """G15"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            good, bad, pending = loop.create_future(), loop.create_future(), loop.create_future()
            good.set_result("good")
            bad.set_exception(LookupError("bad"))
            log(aio.gather(good).done(), aio.gather(good, pending).done())
            outer = aio.gather(pending, bad)
            log(outer.done(), repr(outer.exception()))

        self.assertSame(scenario)

    def test_T70_G20_who_answers_for_its_tasks(self):
        """T70, G20: what gather and run_until_complete make of coroutines is destroyed unfinished without a report"""
        for aio in (asyncio, rondo):
            reports = []
            loop = aio.new_event_loop()
            loop.set_exception_handler(lambda loop, context: reports.append(context["task"].get_name()))

            async def forever():
                await loop.create_future()

            async def main():
                kept.append(aio.gather(forever(), forever()))
                kept.append(loop.create_task(forever(), name="mine"))
                waived = loop.create_task(forever(), name="waived")
                waived._log_destroy_pending = False
                kept.append(waived)
                loop.call_soon(loop.stop)
                await forever()

            kept = []
            with self.assertRaisesRegex(RuntimeError, "stopped before"):
                loop.run_until_complete(main())
            loop.close()
            kept.clear()
            gc.collect()
            self.assertEqual(reports, ["mine"], aio)

    def test_G16_A16_latency(self):
        """G16, A16"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            future = loop.create_future()

            async def await_future():
                await future
                log("await")

            async def await_gather():
                await aio.gather(future)
                log("gather")

            async def await_task(task):
                await task
                log("task")

            direct = aio.create_task(await_future())
            tasks = [direct, aio.create_task(await_gather()), aio.create_task(await_task(direct))]
            await aio.sleep(0)
            await aio.sleep(0)
            stop = count_turns(aio, log)
            future.set_result(None)
            await aio.gather(*tasks)
            stop()

        lines = self.assertSame(scenario)
        self.assertEqual(self.rows(lines)[:2], [["await"], ["task", "gather"]])

    def test_G19_cancelled_when_the_outer_has_failed(self):
        """G19"""

        async def scenario(aio, log):
            async def boom():
                raise LookupError("dropped")

            async def wait():
                await aio.gather(boom())

            task = aio.create_task(wait())
            await aio.sleep(0)
            await aio.sleep(0)
            await aio.sleep(0)
            log(task.cancel())
            try:
                await task
            except BaseException as error:
                log(repr(error))

        self.assertSame(scenario)

    def test_G17_never_retrieved(self):
        """G17"""

        async def scenario(aio, log):
            async def boom():
                raise LookupError("lost")

            aio.gather(boom())
            await aio.sleep(0)
            await aio.sleep(0)
            await aio.sleep(0)

        self.assertSame(scenario, ["-> None", "REPORT _GatheringFuture exception was never retrieved future LookupError(lost)"])

    def test_A20_callbacks_between(self):
        """A20"""

        async def scenario(aio, log):
            stop = count_turns(aio, log)

            async def child(name, yields):
                log(name, "starts")
                for _ in range(yields):
                    await aio.sleep(0)
                log(name, "ends")
                return name

            a, b = aio.create_task(child("A", 2)), aio.create_task(child("B", 1))
            b.add_done_callback(lambda task: log("B's callback"))
            outer = aio.gather(a, b, child("C", 1))
            a.add_done_callback(lambda task: log("A's callback"))
            outer.add_done_callback(lambda future: log("outer's callback", future.result()))
            log("M awaits")
            await outer
            log("M continues")
            stop()

        lines = self.assertSame(scenario)
        self.assertEqual(self.rows(lines)[:6], [
            ["M awaits"],
            ["A starts", "B starts", "C starts"],
            ["B ends", "C ends"],
            ["A ends", "B's callback"],
            ["A's callback"],
            ["outer's callback ['A', 'B', 'C']", "M continues", "-> None"],
        ])

    def test_many(self):
        async def main():
            async def child(i):
                await rondo.sleep(0)
                return i if i % 3 else None

            results = await rondo.gather(*[child(i) for i in range(20_000)])
            return results == [i if i % 3 else None for i in range(20_000)]

        self.assertTrue(rondo.run(main()))


class EnsureFuture(Same, unittest.TestCase):
    def test_U1_a_coroutine_that_cannot_start_is_closed(self):
        async def never():
            pass

        loop = rondo.new_event_loop()
        loop.close()
        coro = never()
        with self.assertRaisesRegex(RuntimeError, "closed"):
            rondo.ensure_future(coro, loop=loop)
        self.assertEqual(inspect.getcoroutinestate(coro), inspect.CORO_CLOSED)

    def test_U1(self):
        """U1"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            future = loop.create_future()
            log(aio.ensure_future(future) is future, aio.ensure_future(future, loop=loop) is future)
            task = aio.ensure_future(aio.sleep(0, 1))
            log(isinstance(task, aio.Task), await task)

            class Awaitable:
                def __await__(self):
                    return aio.sleep(0, "awaitable").__await__()

            log(await aio.ensure_future(Awaitable()))
            other = new_loop(aio)
            for wrong in (lambda: aio.ensure_future(future, loop=other), lambda: aio.ensure_future(5)):
                try:
                    wrong()
                except (ValueError, TypeError) as error:
                    log(error)
            other.close()
            log(aio.iscoroutine(awaited := aio.sleep(0)), aio.iscoroutine(aio.sleep), aio.iscoroutinefunction(aio.sleep))
            awaited.close()
            log(aio.isfuture(future), aio.isfuture(task), aio.isfuture(5))

        self.assertSame(scenario)


if __name__ == "__main__":
    unittest.main()
