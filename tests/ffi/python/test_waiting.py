"""semantics.md section 7: wait, wait_for, as_completed, shield."""

import asyncio
import contextvars
import gc
import unittest
import weakref

import rondo
from both import Same, count_turns, describe


async def sleeper(aio, log, name, delay, outcome=None):
    """Logs its end; outcome is what it returns or raises."""
    try:
        await aio.sleep(delay)
    except aio.CancelledError:
        log(name, "cancelled")
        raise
    log(name, "ends")
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome or name


class Wait(Same, unittest.TestCase):
    def test_W1_what_can_be_waited_for(self):
        """W1"""

        async def scenario(aio, log):
            async def coroutine():
                pass

            future = aio.get_running_loop().create_future()
            single, inside = coroutine(), coroutine()
            for arguments in ((future,), (single,), ([],), ([inside],), ([future], "SOON")):
                try:
                    await aio.wait(arguments[0], return_when=arguments[1] if len(arguments) > 1 else aio.ALL_COMPLETED)
                except (TypeError, ValueError) as error:
                    log(describe(error))
            single.close()
            inside.close()
            future.set_result(1)
            done, pending = await aio.wait([future, future])
            log(len(done), done == {future}, pending)
            done, pending = await aio.wait(future for future in [future])
            log(len(done), pending)

        self.assertSame(scenario)

    def test_W1_a_future_of_another_loop_or_library(self):
        """W1"""

        async def main():
            for stranger in (5, asyncio.Future(loop=asyncio.new_event_loop()), rondo.get_running_loop()):
                with self.assertRaises(TypeError):
                    await rondo.wait([stranger])
                if isinstance(stranger, asyncio.Future):
                    stranger.get_loop().close()
            other = rondo.new_event_loop()
            with self.assertRaises(ValueError):
                await rondo.wait([other.create_future()])
            other.close()

        rondo.run(main())

    def test_W2_two_sets_and_nothing_raised_cancelled_or_retrieved(self):
        """W2, F15: the failure nobody looked at is reported"""

        async def scenario(aio, log):
            tasks = [
                aio.create_task(sleeper(aio, log, "a", 0.1, ValueError("lost")), name="a"),
                aio.create_task(sleeper(aio, log, "b", 0.2), name="b"),
                aio.create_task(sleeper(aio, log, "c", 0.9), name="c"),
            ]
            done, pending = await aio.wait(tasks, timeout=0.5)
            log(type(done).__name__, type(pending).__name__)
            log(sorted(task.get_name() for task in done), [task.get_name() for task in pending])
            log([task.cancelling() for task in tasks])
            tasks[2].cancel()

        self.assertSame(scenario)

    def test_W3_always_suspends(self):
        """W3, T21"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            future = loop.create_future()
            future.set_result(1)
            stop = count_turns(aio, log)
            loop.call_soon(log, "soon")
            await aio.wait([future])
            log("waited")
            stop()

        self.assertSame(scenario)

    def test_W3_latency(self):
        """W3, A16: two turns from the completion to the waiter"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            future = loop.create_future()

            async def waiter():
                await aio.wait([future])
                log("woken")

            task = aio.create_task(waiter())
            await aio.sleep(0)
            stop = count_turns(aio, log)
            future.set_result(1)
            log("set")
            await task
            stop()

        self.assertEqual(self.rows(self.assertSame(scenario)), [["set"], ["woken"], ["-> None"]])

    def test_W4_conditions(self):
        """W4"""

        async def scenario(aio, log):
            async def attempt(condition, *outcomes):
                tasks = [
                    aio.create_task(sleeper(aio, log, f"{i}", i / 10, outcome)) for i, outcome in enumerate(outcomes, 1)
                ]
                if condition == "CANCEL":
                    tasks[0].cancel()
                    condition = aio.FIRST_EXCEPTION
                done, pending = await aio.wait(tasks, return_when=condition)
                log(condition, len(done), len(pending), f"{aio.get_running_loop().time():.1f}")
                for task in tasks:
                    task.cancel()
                await aio.gather(*tasks, return_exceptions=True)

            await attempt(aio.ALL_COMPLETED, 1, ValueError(), 3)
            await attempt(aio.FIRST_COMPLETED, 1, 2)
            await attempt(aio.FIRST_EXCEPTION, 1, ValueError(), 3)
            await attempt(aio.FIRST_EXCEPTION, 1, 2, 3)
            await attempt("CANCEL", 1, 2, KeyError(), 4)

        self.assertSame(scenario)

    def test_W5_timeout(self):
        """W5"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            for timeout in (0, -1, 0.25):
                tasks = [aio.create_task(sleeper(aio, log, name, i)) for i, name in enumerate("ab")]
                done, pending = await aio.wait(tasks, timeout=timeout)
                log(timeout, len(done), len(pending), f"{loop.time():.2f}")
                await aio.wait(tasks)

        self.assertSame(scenario)

    def test_W5_done_in_the_turn_of_the_timeout_counts(self):
        """W5"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            future = loop.create_future()
            task = aio.create_task(aio.wait([future], timeout=1))
            await aio.sleep(0)
            loop.call_at(1 + 1e-10, future.set_result, None)  # behind the timeout, in the same turn
            done, pending = await task
            log(len(done), len(pending))

        self.assertSame(scenario, ["1 0", "-> None"])

    def test_W6_a_cancelled_wait_leaves_the_futures_alone(self):
        """W6"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            child = aio.create_task(sleeper(aio, log, "child", 1))
            waiter = aio.create_task(aio.wait([child], timeout=5))
            await aio.sleep(0)
            log(waiter.cancel("why"))
            try:
                await waiter
            except aio.CancelledError as error:
                log(repr(error), child.cancelling(), child.done())
            log(await child, f"{loop.time():.1f}")

        self.assertSame(scenario)

    def test_W6_nothing_is_left_on_the_futures(self):
        """W6"""

        async def main():
            loop = rondo.get_running_loop()
            future = loop.create_future()
            for _ in range(3):
                await rondo.wait([future], timeout=0.01)
            before = loop.dump().count("\n")
            alive = weakref.ref(future)
            del future
            gc.collect()
            self.assertIsNone(alive())
            self.assertEqual(before, loop.dump().count("\n"))

        rondo.run(main(), loop_factory=lambda: rondo.new_event_loop(virtual_clock=True))

    def test_a_thousand(self):
        async def main():
            tasks = [rondo.create_task(rondo.sleep(i % 7 / 100, i)) for i in range(1000)]
            done, pending = await rondo.wait(tasks)
            self.assertEqual((len(done), len(pending)), (1000, 0))
            self.assertEqual(sorted(task.result() for task in done), list(range(1000)))

        rondo.run(main(), loop_factory=lambda: rondo.new_event_loop(virtual_clock=True))


class WaitFor(Same, unittest.TestCase):
    def test_W10_without_timeout_it_is_an_await(self):
        """W10"""
        var = contextvars.ContextVar("var", default="unset")

        async def scenario(aio, log):
            async def inner():
                var.set("inner")
                return aio.current_task()

            for timeout in (None, 5):
                var.set("outer")
                stop = count_turns(aio, log)
                log(await aio.wait_for(inner(), timeout) is aio.current_task(), var.get())
                stop()

        self.assertSame(scenario)

    def test_W11_expiry_waits_for_the_cleanup(self):
        """W11"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()

            async def slow():
                try:
                    await aio.sleep(10)
                finally:
                    await aio.sleep(2)
                    log("cleaned")

            for argument in (slow(), aio.create_task(slow())):
                begun = loop.time()
                try:
                    await aio.wait_for(argument, 0.5)
                except TimeoutError as error:
                    log(repr(error), repr(error.__cause__), f"{loop.time() - begun:.1f}")
                log(aio.isfuture(argument) and argument.cancelled(), aio.current_task().cancelling())

        self.assertSame(scenario)

    def test_W11_shielded(self):
        """W11"""

        async def scenario(aio, log):
            child = aio.create_task(sleeper(aio, log, "child", 1))
            try:
                await aio.wait_for(aio.shield(child), 0.5)
            except TimeoutError:
                log("late", child.cancelling())
            log(await child)

        self.assertSame(scenario)

    def test_W12_no_time_at_all(self):
        """W12"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()

            async def never():
                log("must not start")

            async def stubborn():
                try:
                    await aio.sleep(10)
                except aio.CancelledError:
                    await aio.sleep(1)
                    return "stubborn"

            async def bad():
                try:
                    await aio.sleep(10)
                finally:
                    raise KeyError("cleanup")

            done = loop.create_future()
            done.set_result("done")
            for make in (lambda: done, never, lambda: aio.create_task(stubborn()), lambda: aio.create_task(bad())):
                for timeout in (0, -1):
                    argument = make()
                    await aio.sleep(0)
                    try:
                        log(timeout, await aio.wait_for(argument, timeout))
                    except TimeoutError as error:
                        log("late", repr(error), repr(error.__cause__))
                    except KeyError as error:
                        log("failed", describe(error))

        self.assertSame(scenario)

    def test_W12_cancelled_while_the_argument_takes_its_time(self):
        """W12"""

        async def scenario(aio, log):
            async def slow():
                try:
                    await aio.sleep(10)
                except aio.CancelledError:
                    await aio.sleep(5)
                    log("cleaned")
                    raise

            inner = aio.create_task(slow())
            await aio.sleep(0)
            outer = aio.create_task(aio.wait_for(inner, 0))
            await aio.sleep(1)
            outer.cancel("enough")
            try:
                await outer
            except aio.CancelledError as error:
                log(repr(error), inner.done(), inner.cancelling())
            await aio.wait([inner])
            log(inner.cancelled())

        self.assertSame(scenario)

    def test_W13_the_argument_does_not_obey(self):
        """W13"""

        async def scenario(aio, log):
            async def swallow():
                try:
                    await aio.sleep(10)
                except aio.CancelledError:
                    return "anyway"

            async def fail():
                try:
                    await aio.sleep(10)
                finally:
                    raise KeyError("cleanup")

            log(await aio.wait_for(swallow(), 1), aio.current_task().cancelling())
            try:
                await aio.wait_for(fail(), 1)
            except KeyError as error:
                context = error.__context__
                log(describe(error), repr(context), repr(context.__context__), repr(context.__cause__))
            log(aio.current_task().cancelling())

        self.assertSame(scenario)

    def test_W14_a_cancel_beside_the_result_is_not_lost(self):
        """W14, T32"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            future = loop.create_future()
            task = aio.create_task(aio.wait_for(future, 5))
            await aio.sleep(0)
            future.set_result("lost")
            task.cancel()
            try:
                log(await task)
            except aio.CancelledError as error:
                log(repr(error), f"{loop.time():.1f}")

        self.assertSame(scenario, ["CancelledError() 0.0", "-> None"])

    def test_W15_the_result_in_the_turn_of_the_deadline(self):
        """W15, O10"""

        async def scenario(aio, log):
            for behind in (False, True):
                loop = aio.get_running_loop()
                future = loop.create_future()
                now = loop.time()
                if not behind:
                    loop.call_at(now + 1, future.set_result, "in time")
                task = aio.create_task(aio.wait_for(future, 1 if not behind else 0.9))
                await aio.sleep(0)
                if behind:
                    loop.call_at(now + 0.9 + 1e-3, future.cancel)
                try:
                    log(await task)
                except TimeoutError as error:
                    log(repr(error), future.cancelled())

        self.assertSame(scenario)

    def test_a_future_that_is_done_needs_no_turn(self):
        """T21"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            future = loop.create_future()
            future.set_result(1)
            loop.call_soon(log, "soon")
            log(await aio.wait_for(future, 1))

        self.assertSame(scenario, ["1", "soon", "-> None"])


class AsCompleted(Same, unittest.TestCase):
    def test_W20_what_can_be_iterated(self):
        """W20"""

        async def scenario(aio, log):
            async def coroutine():
                return "once"

            single = coroutine()
            future = aio.get_running_loop().create_future()
            for argument in (single, future):
                try:
                    aio.as_completed(argument)
                except TypeError as error:
                    log(describe(error))
            single.close()
            log([await one for one in aio.as_completed([])], [one async for one in aio.as_completed([])])
            twice = aio.create_task(coroutine())
            log([await one for one in aio.as_completed([twice, twice])])
            log([await one for one in aio.as_completed({coroutine()})])

        self.assertSame(scenario)

    def test_W20_B6_coroutines_start_in_the_order_given(self):
        """W20, B6: asyncio starts them in the order of a set"""

        async def main():
            async def child(i):
                started.append(i)

            async for _ in rondo.as_completed([child(i) for i in range(20)]):
                pass

        started = []
        rondo.run(main())
        self.assertEqual(started, list(range(20)))

    def test_W20_without_a_loop(self):
        """W20"""

        async def coroutine():
            pass

        coro = coroutine()
        with self.assertRaises(RuntimeError):
            rondo.as_completed([coro])
        coro.close()

    def test_W21_plain_iteration(self):
        """W21"""

        async def scenario(aio, log):
            outcomes = {"a": (0.3, None), "b": (0.1, ValueError("b")), "c": (0.2, None)}
            tasks = [aio.create_task(sleeper(aio, log, name, *how)) for name, how in outcomes.items()]
            tasks.append(aio.create_task(sleeper(aio, log, "d", 9)))
            tasks[3].cancel()
            iterator = aio.as_completed(tasks)
            log(iter(iterator) is iterator, aio.iscoroutine(first := next(iterator)))
            for one in [first, *iterator]:
                try:
                    log(await one)
                except (ValueError, aio.CancelledError) as error:
                    log(describe(error))
            try:
                next(iterator)
            except StopIteration:
                log("over")

        self.assertSame(scenario)

    def test_W22_async_iteration(self):
        """W22"""

        async def scenario(aio, log):
            delays = {"a": 0.3, "b": 0.1}
            tasks = {aio.create_task(sleeper(aio, log, name, delay)): name for name, delay in delays.items()}
            future = aio.get_running_loop().create_future()
            aio.get_running_loop().call_later(0.2, future.set_exception, KeyError("future"))
            async for one in aio.as_completed([*tasks, future, sleeper(aio, log, "implicit", 0.4)]):
                log(one is future, tasks.get(one), one.done(), type(one).__name__)
                try:
                    log(await one)
                except KeyError as error:
                    log(describe(error))

        # Earlier versions have no async iteration.
        self.assertSame(scenario)

    def test_W22_one_object_for_both(self):
        """W21, W22"""

        async def scenario(aio, log):
            tasks = [aio.create_task(sleeper(aio, log, name, delay)) for name, delay in (("a", 0.2), ("b", 0.1))]
            iterator = aio.as_completed(tasks)
            log((await anext(iterator)) is tasks[1])
            log(await next(iterator))
            log([one async for one in iterator], list(iterator))

        self.assertSame(scenario)

    def test_W22_latency(self):
        """W22"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            futures = [loop.create_future() for _ in range(3)]

            async def consumer():
                async for one in aio.as_completed(futures):
                    log("got", one.result())

            task = aio.create_task(consumer())
            await aio.sleep(0)
            stop = count_turns(aio, log)
            for i, future in enumerate(futures):
                future.set_result(i)
            log("set")
            await task
            stop()

        self.assertSame(scenario)

    def test_W23_timeout(self):
        """W23"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            tasks = [aio.create_task(sleeper(aio, log, name, i)) for i, name in enumerate("abc")]
            for one in aio.as_completed(tasks, timeout=0.5):
                try:
                    log(await one)
                except TimeoutError as error:
                    log(repr(error), repr(error.__cause__), f"{loop.time():.1f}")
            log([task.cancelling() for task in tasks])
            try:
                async for one in aio.as_completed(tasks, timeout=0.5):
                    log(one.result())
            except TimeoutError as error:
                log(repr(error), f"{loop.time():.1f}")
            log(await tasks[2])

        self.assertSame(scenario)

    def test_W23_time_counts_from_the_call(self):
        """W23"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            iterator = aio.as_completed([aio.create_task(aio.sleep(1, "slow"))], timeout=1.5)
            await aio.sleep(2)
            log(await next(iterator))
            iterator = aio.as_completed([aio.create_task(aio.sleep(5))], timeout=1)
            await aio.sleep(2)
            try:
                await next(iterator)
            except TimeoutError:
                log("late", f"{loop.time():.1f}")

        self.assertSame(scenario)

    def test_W24_breaking_out(self):
        """W24, F15"""

        async def scenario(aio, log):
            tasks = [
                aio.create_task(sleeper(aio, log, "a", 0.1)),
                aio.create_task(sleeper(aio, log, "b", 0.2, ValueError("unseen"))),
            ]
            for one in aio.as_completed(tasks):
                log(await one)
                break
            await aio.sleep(1)
            log([task.done() for task in tasks])

        self.assertSame(scenario)

    def test_a_cancelled_turn_goes_to_the_next(self):
        async def scenario(aio, log):
            loop = aio.get_running_loop()
            future, other = loop.create_future(), loop.create_future()
            iterator = aio.as_completed([future, other])
            first, second = [aio.create_task(coro) for coro in (next(iterator), next(iterator))]
            await aio.sleep(0)
            first.cancel()
            await aio.sleep(0)
            future.set_result("first to end")
            log(await second, first.cancelled())

        self.assertSame(scenario, ["first to end True", "-> None"])

    def test_awaited_in_another_order_than_drawn(self):
        async def scenario(aio, log):
            tasks = [aio.create_task(sleeper(aio, log, name, delay)) for name, delay in (("a", 0.2), ("b", 0.1))]
            first, second = list(aio.as_completed(tasks))
            log(await second)
            log(await first)

        self.assertSame(scenario)


class Shield(Same, unittest.TestCase):
    def test_W40_arguments(self):
        """W40"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            future = loop.create_future()
            future.set_result(1)
            log(aio.shield(future) is future)
            pending = loop.create_future()
            outer = aio.shield(pending)
            log(outer is pending, outer.done())
            log(await aio.shield(sleeper(aio, log, "coroutine", 0.1)))
            try:
                aio.shield(5)
            except TypeError as error:
                log(describe(error))

        self.assertSame(scenario)

    def test_W41_the_inner_one_runs_on(self):
        """W41, A11"""

        async def scenario(aio, log):
            inner = aio.create_task(sleeper(aio, log, "inner", 1))
            outer = aio.shield(inner)

            async def waiter():
                try:
                    await outer
                except aio.CancelledError as error:
                    log(repr(error), outer.cancelled(), inner.cancelling(), inner.done())
                    raise

            task = aio.create_task(waiter())
            await aio.sleep(0)
            task.cancel("stop")
            await aio.wait([task])
            log(task.cancelled(), await inner)

        self.assertSame(scenario)

    def test_W42_copied_one_turn_later(self):
        """W42, A16"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            for end in (lambda f: f.set_result(1), lambda f: f.set_exception(KeyError("k")), lambda f: f.cancel("m")):
                inner = loop.create_future()
                outer = aio.shield(inner)
                outer.add_done_callback(lambda future: log("outer done"))

                async def waiter():
                    try:
                        log(await outer)
                    except BaseException as error:
                        log(repr(error), outer.cancelled())

                task = aio.create_task(waiter())
                await aio.sleep(0)
                stop = count_turns(aio, log)
                end(inner)
                log("set", outer.done())
                await task
                stop()

        self.assertSame(scenario)

    def test_W43_no_message(self):
        """W43"""

        async def scenario(aio, log):
            inner = aio.get_running_loop().create_future()
            outer = aio.shield(inner)
            inner.cancel("message")
            try:
                await outer
            except aio.CancelledError as error:
                log(repr(error), outer.cancelled())

        self.assertSame(scenario, ["CancelledError() True", "-> None"])

    def test_W44_an_error_after_the_outer_one_was_cancelled(self):
        """W44, F15"""

        async def scenario(aio, log):
            inner = aio.create_task(sleeper(aio, log, "inner", 1, ValueError("late")))
            outer = aio.shield(inner)
            outer.cancel()
            await aio.sleep(2)
            log(inner.done(), outer.cancelled())
            del inner, outer

        self.assertSame(scenario)

    def test_W45_no_shield_against_the_end(self):
        """W45"""

        async def scenario(aio, log):
            async def keeper():
                await aio.shield(inner)

            inner = aio.create_task(sleeper(aio, log, "inner", 100))
            aio.create_task(keeper())
            await aio.sleep(1)

        self.assertSame(scenario, ["-> None", "inner cancelled"])

    def test_W46_the_orphan_can_be_awaited_later(self):
        """W46"""

        async def scenario(aio, log):
            inner = aio.create_task(sleeper(aio, log, "inner", 2))
            try:
                async with aio.timeout(1):
                    await aio.shield(inner)
            except TimeoutError:
                log("late")
            log(await inner)

        self.assertSame(scenario)

    def test_a_gather_shielded(self):
        """W42, G4"""

        async def scenario(aio, log):
            log(await aio.shield(aio.gather(*[sleeper(aio, log, name, 0.1) for name in "ab"])))
            inner = aio.gather(sleeper(aio, log, "c", 0.1))
            outer = aio.shield(inner)
            await inner
            await aio.sleep(0)
            log(outer.done(), outer.result())
            twice = aio.shield(aio.shield(aio.gather(sleeper(aio, log, "d", 0.1))))
            log(await aio.gather(twice, aio.gather(aio.sleep(0, "e")), aio.sleep(0)))

        self.assertSame(scenario)

    def test_results_keep_their_identity(self):
        async def main():
            thing = object()
            inner = rondo.get_running_loop().create_future()
            outer = rondo.shield(inner)
            error = ValueError()
            failing = rondo.get_running_loop().create_future()
            shielded = rondo.shield(failing)
            inner.set_result(thing)
            failing.set_exception(error)
            self.assertIs(await outer, thing)
            with self.assertRaises(ValueError) as raised:
                await shielded
            self.assertIs(raised.exception, error)
            self.assertIs(failing.exception(), error)

        rondo.run(main())


class Constants(unittest.TestCase):
    def test_names(self):
        for name in ("ALL_COMPLETED", "FIRST_COMPLETED", "FIRST_EXCEPTION"):
            self.assertEqual(getattr(rondo, name), getattr(asyncio, name))


if __name__ == "__main__":
    unittest.main()
