"""semantics.md section 9: TaskGroup."""

import gc
import unittest
import weakref

import rondo
from both import Same, count_turns, describe


def virtual():
    return rondo.new_event_loop(virtual_clock=True)


async def sleeper(aio, log, name, delay, error=None, cleanup=0):
    """Logs what happens to it."""
    try:
        await aio.sleep(delay)
    except aio.CancelledError:
        log(name, "cancelled")
        if cleanup:
            await aio.sleep(cleanup)
            log(name, "cleaned")
        raise
    log(name, "ends")
    if error is not None:
        raise error
    return name


class Life(Same, unittest.TestCase):
    def test_K1_entered_once_and_inside_a_task(self):
        """K1"""

        async def scenario(aio, log):
            group = aio.TaskGroup()
            log(group)
            async with group as entered:
                log(entered is group, group)
                try:
                    async with group:
                        pass
                except RuntimeError as error:
                    log(describe(error))
            try:
                async with group:
                    pass
            except RuntimeError as error:
                log(describe(error))

            def enter():
                try:
                    aio.TaskGroup().__aenter__().send(None)
                except RuntimeError as error:
                    log(describe(error))

            aio.get_running_loop().call_soon(enter)
            await aio.sleep(0)

        self.assertSame(scenario)

    def test_K2_when_tasks_can_be_made(self):
        """K2"""

        async def scenario(aio, log):
            async def child():
                pass

            def attempt(group):
                coro = child()
                try:
                    group.create_task(coro)
                except RuntimeError as error:
                    log(describe(error), coro.cr_frame is None)

            group = aio.TaskGroup()
            attempt(group)
            async with group:
                pass
            attempt(group)

            async def late():
                try:
                    await aio.sleep(10)
                finally:
                    attempt(group)

            try:
                async with aio.TaskGroup() as group:
                    group.create_task(late())
                    await aio.sleep(0)
                    raise KeyError
            except ExceptionGroup as error:
                log(describe(error))

        self.assertSame(scenario)

    def test_K2_K3_members_add_members_while_the_block_waits(self):
        """K2, K3"""

        async def scenario(aio, log):
            async def child(n):
                await aio.sleep(1)
                log(n)
                if n:
                    group.create_task(child(n - 1), name=f"child {n - 1}")

            async with aio.TaskGroup() as group:
                log(group.create_task(child(3), name="named").get_name())
                log(group)
            log(aio.get_running_loop().time())

        self.assertSame(scenario)

    def test_K3_an_empty_group_does_not_suspend(self):
        """K3, T21"""

        async def scenario(aio, log):
            aio.get_running_loop().call_soon(log, "soon")
            async with aio.TaskGroup():
                pass
            log("left")

        self.assertSame(scenario, ["left", "soon", "-> None"])

    def test_K3_K21_turns_of_a_normal_end(self):
        """K3, K21, A16"""

        async def scenario(aio, log):
            future = aio.get_running_loop().create_future()

            async def child():
                await future
                log("child")

            async def parent():
                async with aio.TaskGroup() as group:
                    group.create_task(child())
                log("left")

            task = aio.create_task(parent())
            for _ in range(3):
                await aio.sleep(0)
            stop = count_turns(aio, log)
            future.set_result(None)
            log("set")
            await task
            stop()

        self.assertEqual(self.rows(self.assertSame(scenario)), [["set"], ["child"], ["left"], ["-> None"]])

    def test_options_of_members(self):
        """K2, C4"""
        import contextvars

        var = contextvars.ContextVar("var", default=0)

        async def scenario(aio, log):
            async def child():
                var.set(var.get() + 1)
                return var.get(), aio.current_task().get_name()

            context = contextvars.copy_context()
            var.set(10)
            async with aio.TaskGroup() as group:
                tasks = [group.create_task(child(), name="own"), group.create_task(child(), name="x", context=context)]
            log([task.result() for task in tasks], var.get(), context[var])

        self.assertSame(scenario)


class Failures(Same, unittest.TestCase):
    def test_K4_the_first_failure_cancels_all(self):
        """K4, A5, B6"""

        async def scenario(aio, log):
            stop = count_turns(aio, log)
            try:
                async with aio.TaskGroup() as group:
                    group.create_task(sleeper(aio, log, "bad", 0, KeyError("bad")))
                    group.create_task(sleeper(aio, log, "other", 10))
                    try:
                        await aio.sleep(10)
                    except aio.CancelledError as error:
                        log("body", repr(error), aio.current_task().cancelling(), group)
                        raise
            except ExceptionGroup as error:
                log(describe(error), error.message, aio.current_task().cancelling(), repr(error.__context__))
            stop()

        self.assertSame(scenario)

    def test_B6_members_are_cancelled_in_the_order_they_were_made(self):
        """B6: asyncio cancels them in the order of a set"""

        async def main():
            async def child(i):
                try:
                    await rondo.sleep(10)
                finally:
                    cancelled.append(i)

            with self.assertRaises(ExceptionGroup):
                async with rondo.TaskGroup() as group:
                    for i in range(20):
                        group.create_task(child(i))
                    await rondo.sleep(1)
                    raise KeyError

        cancelled = []
        rondo.run(main(), loop_factory=virtual)
        self.assertEqual(cancelled, list(range(20)))

    def test_K4_later_failures_are_recorded(self):
        """K4, K6"""

        async def scenario(aio, log):
            async def stubborn(name):
                try:
                    await aio.sleep(10)
                finally:
                    raise ValueError(name)

            try:
                async with aio.TaskGroup() as group:
                    group.create_task(stubborn("one"))
                    group.create_task(sleeper(aio, log, "bad", 1, KeyError("bad")))
                    await stubborn("body")
            except ExceptionGroup as error:
                log(describe(error), aio.current_task().cancelling())

        self.assertSame(scenario)

    def test_K5_a_cancelled_member_is_no_failure(self):
        """K5"""

        async def scenario(aio, log):
            async with aio.TaskGroup() as group:
                one = group.create_task(sleeper(aio, log, "one", 10))
                group.create_task(sleeper(aio, log, "two", 1))
                await aio.sleep(0)
                one.cancel()
            log(one.cancelled(), aio.current_task().cancelling())

        self.assertSame(scenario, ["one cancelled", "two ends", "True 0", "-> None"])

    def test_K6_the_body_fails(self):
        """K6"""

        async def scenario(aio, log):
            for error in (KeyError("body"), aio.CancelledError("body")):
                try:
                    async with aio.TaskGroup() as group:
                        group.create_task(sleeper(aio, log, "child", 10, cleanup=1))
                        await aio.sleep(0)
                        raise error
                except BaseException as raised:
                    log(describe(raised), raised is error, aio.current_task().cancelling())

        self.assertSame(scenario)

    def test_K7_cancelled_again_and_again_while_it_waits(self):
        """K7"""

        async def scenario(aio, log):
            async def parent():
                async with aio.TaskGroup() as group:
                    group.create_task(sleeper(aio, log, "child", 100, cleanup=10))
                log("must not be")

            task = aio.create_task(parent())
            await aio.sleep(1)
            for i in range(3):
                task.cancel(f"number {i}")
                await aio.sleep(1)
            log(task.done(), task.cancelling())
            try:
                await task
            except aio.CancelledError as error:
                log(repr(error), task.cancelling(), aio.get_running_loop().time())

        self.assertSame(scenario)

    def test_K8_K9_errors_outrank_a_cancel_which_is_kept(self):
        """K8, K9"""

        async def scenario(aio, log):
            async def failing():
                try:
                    await aio.sleep(10)
                finally:
                    raise KeyError("cleanup")

            async def parent():
                try:
                    async with aio.TaskGroup() as group:
                        group.create_task(failing())
                except ExceptionGroup as error:
                    log(describe(error), aio.current_task().cancelling())
                log("still here")
                try:
                    await aio.sleep(1)
                except aio.CancelledError as error:
                    log(repr(error))
                    raise

            task = aio.create_task(parent())
            await aio.sleep(1)
            task.cancel("outside")
            await aio.wait([task])
            log(task.cancelled(), task.cancelling())

        self.assertSame(scenario)

    def test_K10_the_count_is_restored_when_the_body_swallows(self):
        """K10, K11"""

        async def scenario(aio, log):
            task = aio.current_task()
            try:
                async with aio.TaskGroup() as group:
                    group.create_task(sleeper(aio, log, "bad", 0, KeyError("bad")))
                    try:
                        await aio.sleep(10)
                    except aio.CancelledError:
                        log("swallowed", task.cancelling())
                    await aio.sleep(1)
                    log("ran on", task.cancelling())
            except ExceptionGroup as error:
                log(describe(error), task.cancelling())

        self.assertSame(scenario)

    def test_K12_nested_failures_in_one_turn(self):
        """K12"""

        async def scenario(aio, log):
            task = aio.current_task()
            try:
                async with aio.TaskGroup() as outer:
                    outer.create_task(sleeper(aio, log, "outer child", 1, KeyError("outer")))
                    try:
                        async with aio.TaskGroup() as inner:
                            inner.create_task(sleeper(aio, log, "inner child", 1, ValueError("inner")))
                    except ExceptionGroup as error:
                        log(describe(error), task.cancelling())
                    log("between")
                    await aio.sleep(1)
                    log("must not be")
            except ExceptionGroup as error:
                log(describe(error), task.cancelling())

        self.assertSame(scenario)

    def test_K13_inside_a_timeout(self):
        """K13"""

        async def scenario(aio, log):
            try:
                async with aio.timeout(1):
                    async with aio.TaskGroup() as group:
                        group.create_task(sleeper(aio, log, "child", 10))
            except TimeoutError as error:
                log(repr(error), aio.current_task().cancelling())

        self.assertSame(scenario)

    def test_K14_failures_of_one_turn_are_all_there(self):
        """K14, K15"""

        async def scenario(aio, log):
            try:
                async with aio.TaskGroup() as group:
                    for i in range(3):
                        group.create_task(sleeper(aio, log, i, 1, KeyError(i)))
            except ExceptionGroup as error:
                log(describe(error))

        self.assertSame(scenario)

    def test_K15_kinds_of_groups(self):
        """K15"""

        async def scenario(aio, log):
            for error in (KeyError("k"), GeneratorExit()):
                try:
                    async with aio.TaskGroup() as group:
                        group.create_task(sleeper(aio, log, "bad", 1, error))
                except BaseExceptionGroup as raised:
                    log(describe(raised), raised.exceptions[0] is error, raised.__cause__, raised.__suppress_context__)

        self.assertSame(scenario)

    def test_K16_a_generator_that_is_closed_inside(self):
        """K16: as in Python 3.14, GeneratorExit alone comes out bare"""

        async def main():
            async def child():
                try:
                    await rondo.sleep(10)
                finally:
                    ended.append("child")

            async def generator():
                async with rondo.TaskGroup() as group:
                    group.create_task(child())
                    await rondo.sleep(0)
                    yield 1

            producer = generator()
            await anext(producer)
            await producer.aclose()
            ended.append("closed")

        ended = []
        rondo.run(main(), loop_factory=virtual)
        self.assertEqual(ended, ["child", "closed"])

    def test_K8_K18_interrupts(self):
        """K8, K18, T60"""

        async def scenario(aio, log):
            async def interrupted():
                raise SystemExit("child")

            try:
                async with aio.TaskGroup() as group:
                    group.create_task(interrupted())
                    group.create_task(sleeper(aio, log, "other", 10))
            except SystemExit as error:
                log(describe(error))

        self.assertSame(scenario)

    def test_K8_an_interrupt_in_the_body(self):
        """K8, B31"""

        async def scenario(aio, log):
            try:
                async with aio.TaskGroup() as group:
                    group.create_task(sleeper(aio, log, "child", 10))
                    await aio.sleep(0)
                    raise SystemExit("body")
            except SystemExit as error:
                log(describe(error), aio.current_task().cancelling())

        self.assertSame(scenario)

    def test_B31_what_an_interrupt_outranks_is_reported(self):
        """B31, K8: as in Python 3.15"""

        async def main():
            async def failing():
                try:
                    await rondo.sleep(10)
                finally:
                    raise KeyError("beside")

            rondo.get_running_loop().set_exception_handler(lambda loop, context: told.append(context))
            try:
                async with rondo.TaskGroup() as group:
                    group.create_task(failing())
                    await rondo.sleep(0)
                    raise SystemExit("body")
            except SystemExit:
                pass

        told = []
        rondo.run(main(), loop_factory=virtual)
        self.assertEqual([repr(context["exception"]) for context in told], ["KeyError('beside')"])


class Cancel(unittest.TestCase):
    """K19: as in Python 3.15; there is nothing to compare with."""

    def run_virtual(self, coro):
        return rondo.run(coro, loop_factory=virtual)

    def test_K19_members_and_block_end_without_an_error(self):
        """K19"""

        async def main():
            async def child():
                try:
                    await rondo.sleep(10)
                finally:
                    log.append("child")

            async with rondo.TaskGroup() as group:
                group.create_task(child())
                await rondo.sleep(1)
                group.cancel()
                group.cancel()
                with self.assertRaises(RuntimeError):
                    group.create_task(child())
                try:
                    await rondo.sleep(10)
                finally:
                    log.append("body")
            group.cancel()
            self.assertEqual(rondo.current_task().cancelling(), 0)
            log.append(rondo.get_running_loop().time())

        log = []
        self.run_virtual(main())
        self.assertEqual(log, ["child", "body", 1.0])

    def test_K19_from_a_member_while_the_block_waits(self):
        """K19"""

        async def main():
            async def ender():
                await rondo.sleep(1)
                group.cancel()

            async with rondo.TaskGroup() as group:
                group.create_task(ender())
                other = group.create_task(rondo.sleep(10))
            self.assertTrue(other.cancelled())
            self.assertEqual((rondo.current_task().cancelling(), rondo.get_running_loop().time()), (0, 1.0))

        self.run_virtual(main())

    def test_K19_before_the_block(self):
        """K19"""

        async def main():
            group = rondo.TaskGroup()
            group.cancel()
            async with group:
                await rondo.sleep(0)
                self.fail("the block goes on")
            self.assertEqual(rondo.current_task().cancelling(), 0)

        self.run_virtual(main())

    def test_K19_errors_and_foreign_cancels_count(self):
        """K19"""

        async def main():
            async def failing():
                try:
                    await rondo.sleep(10)
                finally:
                    raise KeyError("cleanup")

            with self.assertRaises(ExceptionGroup):
                async with rondo.TaskGroup() as group:
                    group.create_task(failing())
                    await rondo.sleep(1)
                    group.cancel()

            async def parent():
                async with rondo.TaskGroup() as group:
                    group.create_task(slow())
                    await rondo.sleep(1)
                    group.cancel()

            async def slow():
                try:
                    await rondo.sleep(10)
                finally:
                    await rondo.sleep(10)

            task = rondo.create_task(parent())
            await rondo.sleep(2)
            task.cancel("outside")
            with self.assertRaises(rondo.CancelledError):
                await task
            self.assertTrue(task.cancelled())

        self.run_virtual(main())


class Factories(Same, unittest.TestCase):
    def test_members_made_by_a_factory(self):
        """T9, K4"""

        async def scenario(aio, log):
            class Named(aio.Task):
                pass

            def factory(loop, coro, **options):
                return Named(coro, loop=loop, **options)

            loop = aio.get_running_loop()
            loop.set_task_factory(factory)
            try:
                async with aio.TaskGroup() as group:
                    task = group.create_task(sleeper(aio, log, "good", 10), name="good")
                    group.create_task(sleeper(aio, log, "bad", 1, KeyError("bad")))
                    log(type(task).__name__, task.get_name())
            except ExceptionGroup as error:
                log(describe(error))

        self.assertSame(scenario)

    def test_E5_eager_members(self):
        """E5, K4: a member that fails in its first step cancels the block as any other"""

        async def main():
            async def fails():
                raise KeyError("at once")

            async def returns():
                return "at once"

            rondo.get_running_loop().set_task_factory(rondo.eager_task_factory)
            try:
                async with rondo.TaskGroup() as group:
                    good = group.create_task(returns())
                    bad = group.create_task(fails())
                    log.append((good.done(), bad.done(), rondo.current_task().cancelling()))
                    try:
                        await rondo.sleep(10)
                    except rondo.CancelledError:
                        log.append("body")
                        raise
            except ExceptionGroup as error:
                log.append(describe(error))

            rondo.get_running_loop().set_task_factory(None)
            async with rondo.TaskGroup() as group:
                log.append(group.create_task(returns(), eager_start=True).result())

        log = []
        rondo.run(main(), loop_factory=virtual)
        self.assertEqual(log, [(True, True, 0), "body", "ExceptionGroup(KeyError('at once'))", "at once"])


class Tidiness(unittest.TestCase):
    def test_nothing_keeps_the_errors(self):
        class Failure(Exception):
            pass

        async def main():
            async def fails():
                raise Failure

            try:
                async with rondo.TaskGroup() as group:
                    group.create_task(fails())
            except* Failure as failures:
                failure = weakref.ref(failures.exceptions[0])
            del group
            await rondo.sleep(0)
            gc.collect()
            self.assertIsNone(failure())

        rondo.run(main(), loop_factory=virtual)

    def test_a_group_that_is_never_left(self):
        async def main():
            async def careless():
                group = rondo.TaskGroup()
                await group.__aenter__()
                children.append(group.create_task(rondo.sleep(1, "child")))

            rondo.get_running_loop().set_exception_handler(lambda loop, context: told.append(context["message"]))
            await rondo.create_task(careless())
            gc.collect()
            await rondo.sleep(2)

        told, children = [], []
        rondo.run(main(), loop_factory=virtual)
        self.assertTrue(children[0].cancelled())
        self.assertEqual(told, ["task ended inside its task group"])


if __name__ == "__main__":
    unittest.main()
