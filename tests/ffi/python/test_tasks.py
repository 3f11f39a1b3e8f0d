"""semantics.md section 4: tasks, awaiting, cancellation, the end of life."""

import collections.abc
import gc
import io
import types
import unittest
import weakref

import rondo
from both import Same, count_turns, new_loop


class Creation(Same, unittest.TestCase):
    def test_T1_T3_tasks_start_in_the_next_turn(self):
        """T1, T2, T3"""

        async def scenario(aio, log):
            stop = count_turns(aio, log)

            async def child(name):
                log(name, "starts")
                await aio.sleep(0)
                log(name, "goes on")

            task = aio.create_task(child("a"))
            log("created")
            await task
            log("awaited")
            stop()

        lines = self.assertSame(scenario)
        self.assertEqual(self.rows(lines)[:4], [["created"], ["a starts"], ["a goes on"], ["awaited", "-> None"]])

    def test_T5_names(self):
        """T5"""

        async def scenario(aio, log):
            task = aio.create_task(aio.sleep(0), name="mine")
            log(task.get_name())
            task.set_name(12)
            log(task.get_name())
            log(aio.create_task(aio.sleep(0), name=5).get_name())
            unnamed = aio.create_task(aio.sleep(0)).get_name(), aio.create_task(aio.sleep(0)).get_name()
            numbers = [int(name.removeprefix("Task-")) for name in unnamed]
            log(numbers[1] - numbers[0])

        self.assertSame(scenario, ["mine", "12", "5", "1", "-> None"])

    def test_T6_wrong_arguments(self):
        """T6"""

        async def scenario(aio, log):
            for wrong in (None, 5, lambda: None, aio.get_running_loop().create_future()):
                try:
                    aio.create_task(wrong)
                except TypeError as error:
                    log(str(error).split("<")[0])

        self.assertSame(scenario)
        coro = rondo.sleep(0)
        with self.assertRaisesRegex(RuntimeError, "no running event loop"):
            rondo.create_task(coro)
        coro.close()

    def test_T8_only_the_coroutine_ends_a_task(self):
        """T8"""

        async def scenario(aio, log):
            task = aio.create_task(aio.sleep(0, "own"))
            for end in (lambda: task.set_result(1), lambda: task.set_exception(ValueError())):
                try:
                    end()
                except RuntimeError as error:
                    log(error)
            log(await task)

        self.assertSame(scenario, [
            "Task does not support set_result operation",
            "Task does not support set_exception operation",
            "own",
            "-> None",
        ])

    def test_T9_task_factory(self):
        """T9"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()

            def factory(loop, coro, **kwargs):
                log("factory", sorted(kwargs))
                return aio.Task(coro, loop=loop, **kwargs)

            log(loop.get_task_factory())
            loop.set_task_factory(factory)
            log(await aio.create_task(aio.sleep(0, 1)))
            log(await aio.gather(aio.sleep(0, 2), aio.sleep(0, 3)))
            loop.set_task_factory(None)
            log(await aio.create_task(aio.sleep(0, 4)))
            try:
                loop.set_task_factory(5)
            except TypeError as error:
                log(error)

        self.assertSame(scenario)

    def test_T10_all_tasks_and_current_task(self):
        """T10"""

        async def scenario(aio, log):
            async def child():
                log(aio.current_task() is tasks[0], len(aio.all_tasks()))

            tasks = [aio.create_task(child()), aio.create_task(aio.sleep(1))]
            main = aio.current_task()
            log(aio.all_tasks() == {main, *tasks}, main in aio.all_tasks(aio.get_running_loop()))
            await tasks[0]
            log(aio.all_tasks() == {main, tasks[1]}, aio.current_task() is main)

        self.assertSame(scenario, ["True True", "True 3", "True True", "-> None"])

    def test_all_sorts_of_coroutines(self):
        """A coroutine is what has send, throw and close"""

        async def scenario(aio, log):
            @types.coroutine
            def generator():
                yield
                return "from a generator"

            async def outer():
                return await generator()

            class Handmade(collections.abc.Coroutine):
                steps = 0

                def send(self, value):
                    self.steps += 1
                    if self.steps == 3:
                        raise StopIteration("handmade")

                def throw(self, *exc_info):
                    raise exc_info[0]

                def close(self):
                    pass

                def __await__(self):
                    return self

            log(await aio.create_task(outer()))
            log(await aio.create_task(Handmade()))

        self.assertSame(scenario, ["from a generator", "handmade", "-> None"])


class Awaiting(Same, unittest.TestCase):
    def test_T20_T21_no_turn_for_what_is_done(self):
        """T20, T21"""

        async def scenario(aio, log):
            stop = count_turns(aio, log)

            async def inner(depth):
                return depth if depth == 0 else await inner(depth - 1)

            done = aio.get_running_loop().create_future()
            done.set_result("done")
            task = aio.create_task(inner(0))
            await aio.sleep(0)
            log("begin")
            log(await inner(50), await done, await task, await aio.gather(), await aio.gather(done, task))
            stop()

        lines = self.assertSame(scenario)
        self.assertIn(["begin", "0 done 0 [] ['done', 0]", "-> None"], self.rows(lines))

    def test_T22_T23_T24_what_cannot_be_awaited(self):
        """T22, T23, T24: the error comes in the next turn"""

        async def scenario(aio, log):
            stop = count_turns(aio, log)
            loop = aio.get_running_loop()

            async def attempt(awaitable):
                try:
                    await awaitable()
                except RuntimeError as error:
                    log(str(error).split("<")[0].split(":")[0].replace(" in task", ""))

            @types.coroutine
            def garbage(thing):
                yield thing

            def generator():
                yield

            other = new_loop(aio)
            done_there = other.create_future()
            done_there.set_result("elsewhere, but done")
            await aio.create_task(attempt(lambda: aio.current_task()))
            log(await done_there)
            await attempt(lambda: garbage(5))
            await attempt(lambda: garbage(generator()))
            await attempt(lambda: garbage(loop.create_future()))
            await attempt(lambda: garbage(None))
            stop()
            other.close()

        self.assertSame(scenario)

    def test_T23_a_future_of_another_loop(self):
        async def main(foreign):
            with self.assertRaisesRegex(RuntimeError, "Task <Task.* got Future <Future pending.* attached to a different loop"):
                await foreign
            return "survived"

        other = rondo.new_event_loop(virtual_clock=True)
        self.assertEqual(rondo.run(main(other.create_future())), "survived")
        other.close()

    def test_a_million_awaits_need_no_stack(self):
        async def one():
            return 1

        async def main():
            total = 0
            for _ in range(200_000):
                total += await one()
            return total

        self.assertEqual(rondo.run(main()), 200_000)


class Cancelling(Same, unittest.TestCase):
    def test_T30_T31_cancel(self):
        """T30, T31, T36, T42"""

        async def scenario(aio, log):
            async def wait(future):
                try:
                    await future
                finally:
                    log("finally")

            future = aio.get_running_loop().create_future()
            task = aio.create_task(wait(future))
            await aio.sleep(0)
            log(task.cancel("msg"), task.done(), task.cancelled(), task.cancelling(), future.cancelled())
            try:
                await task
            except aio.CancelledError as error:
                log(repr(error))
            log(task.cancelled(), task.cancelling(), task.cancel(), task.cancelling())

        self.assertSame(scenario, [
            "True False False 1 True", "finally", "CancelledError('msg')", "True 1 False 1", "-> None"
        ])

    def test_T32_the_value_of_a_cancelled_wait_is_dropped(self):
        """T32, A15"""

        async def scenario(aio, log):
            async def wait():
                try:
                    log("value", await future)
                except aio.CancelledError:
                    log("cancelled")
                    await aio.sleep(0)

            stop = count_turns(aio, log)
            future = aio.get_running_loop().create_future()
            task = aio.create_task(wait())
            await aio.sleep(0)
            future.set_result(1)
            log(task.cancel(), future.cancelled())
            await task
            log(task.cancelled(), task.cancelling())
            stop()

        self.assertSame(scenario)

    def test_T33_cancelled_before_the_first_step(self):
        """T33, A14"""

        async def scenario(aio, log):
            async def body():
                try:
                    log("never")
                finally:
                    log("nor this")

            task = aio.create_task(body())
            log(task.cancel("early"), task.done(), task.cancelling())
            try:
                await task
            except aio.CancelledError as error:
                log(repr(error), task.cancelled())

        self.assertSame(scenario, ["True False 1", "CancelledError('early') True", "-> None"])

    def test_T34_cancelling_oneself(self):
        """T34"""

        async def scenario(aio, log):
            done = aio.get_running_loop().create_future()
            done.set_result("done")

            async def goes_on():
                aio.current_task().cancel("self")
                log(await done)
                for awaitable in (lambda: aio.sleep(0), lambda: aio.sleep(5), lambda: aio.get_running_loop().create_future()):
                    try:
                        await awaitable()
                    except aio.CancelledError as error:
                        log(repr(error))
                        aio.current_task().cancel("again")

            async def returns():
                aio.current_task().cancel()
                return 5

            async def raises():
                aio.current_task().cancel()
                raise LookupError("stands")

            for body in (goes_on, returns, raises):
                task = aio.create_task(body())
                await aio.gather(task, return_exceptions=True)
                log(task.cancelled(), task.cancelling())

        self.assertSame(scenario)

    def test_T34_the_next_await_passes_it_on_before_later_entries_run(self):
        """T34 inside one batch of the ring"""

        async def scenario(aio, log):
            async def child():
                log("the child must not start")

            async def main():
                aio.current_task().cancel()
                await second

            first = aio.create_task(main())
            second = aio.create_task(child())
            await aio.gather(first, second, return_exceptions=True)
            log(first.cancelled(), second.cancelled())

        self.assertSame(scenario, ["True True", "-> None"])

    def test_T35_cancelling_a_chain(self):
        """T35, T43, A13"""

        async def scenario(aio, log):
            async def inner(swallow):
                try:
                    await aio.sleep(10)
                except aio.CancelledError as error:
                    log("inner", repr(error), aio.current_task().cancelling())
                    if not swallow:
                        raise
                return "inner's value"

            async def middle(task):
                try:
                    return await task
                except aio.CancelledError as error:
                    log("middle", repr(error), aio.current_task().cancelling())
                    raise

            for swallow in (False, True):
                inner_task = aio.create_task(inner(swallow))
                middle_task = aio.create_task(middle(inner_task))
                await aio.sleep(0)
                await aio.sleep(0)
                middle_task.cancel("chain")
                try:
                    log(await middle_task)
                except aio.CancelledError as error:
                    log("main", repr(error), aio.current_task().cancelling())
                log(inner_task.cancelled(), middle_task.cancelled(), inner_task.cancelling(), middle_task.cancelling())

        self.assertSame(scenario)

    def test_T36_T41_ending_with_an_error_of_ones_own(self):
        """T36, T41"""

        async def scenario(aio, log):
            async def invents():
                raise aio.CancelledError("made up")

            async def translates():
                try:
                    await aio.sleep(10)
                except aio.CancelledError:
                    raise ValueError("translated") from None

            for body in (invents, translates):
                task = aio.create_task(body())
                await aio.sleep(0)
                task.cancel()
                try:
                    await task
                except BaseException as error:
                    log(repr(error))
                log(task.cancelled(), task.cancelling())

        self.assertSame(scenario)

    def test_T37_T38_swallowed_and_repeated(self):
        """T37, T38"""

        async def scenario(aio, log):
            async def stubborn():
                for i in range(3):
                    try:
                        await aio.sleep(1)
                        log("slept", i)
                    except aio.CancelledError as error:
                        log(i, repr(error), aio.current_task().cancelling())

            task = aio.create_task(stubborn())
            await aio.sleep(0)
            log(task.cancel("one"), task.cancel("two"), task.cancelling())
            await aio.sleep(0)
            await aio.sleep(0)
            log(task.cancel("three"))
            await task
            log(task.cancelled(), task.cancelling())

        self.assertSame(scenario)

    def test_T39_uncancel(self):
        """T39"""

        async def scenario(aio, log):
            async def body():
                task = aio.current_task()
                task.cancel()
                task.cancel()
                log(task.uncancel(), task.uncancel(), task.uncancel())
                await aio.sleep(0)
                log("not cancelled")
                task.cancel()
                log(task.cancelling(), task.uncancel())

            task = aio.create_task(body())
            await task
            log(task.cancelled())

        self.assertSame(scenario)

    def test_T40_messages(self):
        """T40: any object; the same for everybody in the chain"""

        async def scenario(aio, log):
            async def wait():
                await aio.sleep(10)

            for message in ("text", "Grüße\n", ("a", 1), 5, None, ""):
                task = aio.create_task(wait())
                await aio.sleep(0)
                task.cancel(msg=message)
                try:
                    await task
                except aio.CancelledError as error:
                    log(error.args)

        self.assertSame(scenario)

    def test_A6_the_order_of_cancel_calls(self):
        """A6"""

        async def scenario(aio, log):
            async def wait(name):
                try:
                    await aio.sleep(10)
                except aio.CancelledError:
                    log(name, "cancelled")
                    raise

            tasks = {name: aio.create_task(wait(name)) for name in "ABC"}
            await aio.sleep(0)
            for name in "CAB":
                tasks[name].cancel()
            for name in "ABC":
                tasks[name].add_done_callback(lambda task, name=name: log("done", name))
            await aio.gather(*tasks.values(), return_exceptions=True)
            log("M")

        self.assertSame(scenario, [
            "C cancelled", "A cancelled", "B cancelled", "done C", "done A", "done B", "M", "-> None"
        ])


class End(Same, unittest.TestCase):
    def test_T60_T62_base_exceptions(self):
        """T62; T60 is in test_loop"""

        async def scenario(aio, log):
            class Odd(BaseException):
                pass

            async def boom(error):
                raise error

            for error in (Odd("odd"), GeneratorExit("g")):
                try:
                    await aio.create_task(boom(error))
                except BaseException as caught:
                    log(caught is error)

        self.assertSame(scenario, ["True", "True", "-> None"])

    def test_T70_destroyed_but_pending(self):
        """T70: at the loop's close; the coroutine is closed too"""
        seen, log = [], []

        async def forever():
            try:
                await rondo.get_running_loop().create_future()
            finally:
                log.append("closed")

        loop = rondo.new_event_loop(virtual_clock=True)
        loop.set_exception_handler(lambda loop, context: seen.append(context))
        task = loop.create_task(forever())
        loop.run_until_complete(rondo.sleep(0))
        loop.close()
        (context,) = seen
        self.assertEqual(context["message"], "Task was destroyed but it is pending!")
        self.assertIs(context["task"], task)
        del task, context
        seen.clear()
        gc.collect()
        self.assertEqual(log, ["closed"])

    def test_T71_B1_the_loop_keeps_tasks_alive(self):
        """T71, B1"""

        async def forget():
            await rondo.get_running_loop().create_future()

        async def main():
            gone = weakref.ref(rondo.create_task(forget()))
            await rondo.sleep(0)
            gc.collect()
            self.assertIsNotNone(gone())
            self.assertEqual(len(rondo.all_tasks()), 2)

        rondo.run(main())

    def test_T72_stacks(self):
        async def inner():
            await rondo.sleep(1)

        async def boom():
            raise ValueError("boom")

        async def main():
            task = rondo.create_task(inner())
            await rondo.sleep(0)
            (frame,) = task.get_stack()
            self.assertEqual(frame.f_code.co_name, "inner")
            out = io.StringIO()
            task.print_stack(file=out)
            self.assertRegex(out.getvalue(), r"(?s)^Stack for <Task pending.*in inner")
            failed = rondo.create_task(boom())
            await rondo.gather(failed, return_exceptions=True)
            self.assertEqual([frame.f_code.co_name for frame in failed.get_stack()], ["boom"])
            self.assertEqual(failed.get_stack(limit=0), [])
            out = io.StringIO()
            failed.print_stack(file=out)
            self.assertRegex(out.getvalue(), r"(?s)^Traceback for <Task finished.*in boom.*ValueError: boom")

        rondo.run(main())

    def test_reprs(self):
        async def work():
            await rondo.sleep(0)
            return 5

        async def main():
            task = rondo.create_task(work(), name="worker")
            self.assertRegex(repr(task), r"^<Task pending name='worker' coro=<.*work\(\) running at .*test_tasks.py:\d+>>$")
            task.cancel()
            self.assertRegex(repr(task), "^<Task cancelling name='worker' ")
            await rondo.gather(task, return_exceptions=True)
            self.assertRegex(repr(task), r"^<Task cancelled name='worker' coro=<.*work\(\) done, defined at ")
            self.assertIs(task.get_coro().__name__, "work")
            self.assertEqual(str(rondo.Task[int]), "rondo._tasks.Task[int]")

        rondo.run(main())

    def test_the_report_shows_the_task_itself(self):
        """F15"""
        seen = []

        async def boom():
            raise ValueError("lost")

        async def main():
            rondo.get_running_loop().set_exception_handler(lambda loop, context: seen.append(context))
            rondo.create_task(boom(), name="dropped")
            await rondo.sleep(0)
            await rondo.sleep(0)

        rondo.run(main())
        (context,) = seen
        self.assertEqual(context["message"], "Task exception was never retrieved")
        self.assertEqual(context["future"].get_name(), "dropped")
        self.assertRegex(repr(context["future"]), "^<Task finished name='dropped' .*exception=ValueError.'lost'.>$")


if __name__ == "__main__":
    unittest.main()
