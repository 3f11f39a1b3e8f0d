"""semantics.md sections 10 and 11: other threads, executors, futures between loops."""

import concurrent.futures
import contextvars
import gc
import multiprocessing
import os
import threading
import time
import traceback
import unittest
import warnings

import rondo

LIMIT = 20  # seconds, for what must not take long
variable = contextvars.ContextVar("variable", default="none")


class LoopThread:
    """`with` it: a loop that runs in another thread."""

    def __enter__(self):
        self.loop = rondo.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        return self.loop

    def __exit__(self, *exc_info):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(LIMIT)
        self.loop.close()


async def add(a, b):
    await rondo.sleep(0)
    return a + b


async def fail():
    raise KeyError("why")


class Submitted(unittest.TestCase):
    def test_U1_ensure_future(self):
        """U1"""

        class Awaitable:
            def __await__(self):
                return (yield from add(1, 2).__await__())

        async def main():
            loop = rondo.get_running_loop()
            future = loop.create_future()
            self.assertIs(rondo.ensure_future(future), future)
            self.assertIsInstance(task := rondo.ensure_future(add(1, 2)), rondo.Task)
            self.assertEqual([await task, await rondo.ensure_future(Awaitable())], [3, 3])
            self.assertRaises(TypeError, rondo.ensure_future, 1)
            other = rondo.new_event_loop()
            self.assertRaises(ValueError, rondo.ensure_future, future, loop=other)
            other.close()

        rondo.run(main())

    def test_U2_a_thread_future(self):
        """U2, U3"""
        with LoopThread() as loop:
            future = rondo.run_coroutine_threadsafe(add(1, 2), loop)
            self.assertIsInstance(future, concurrent.futures.Future)
            self.assertEqual(future.result(LIMIT), 3)
            with self.assertRaisesRegex(KeyError, "why"):
                rondo.run_coroutine_threadsafe(fail(), loop).result(LIMIT)
            for wrong in (loop.create_future, lambda: 1):
                self.assertRaises(TypeError, rondo.run_coroutine_threadsafe, wrong, loop)

    def test_U2_the_context_of_the_caller(self):
        """U2"""

        async def look():
            return variable.get()

        def outside():
            variable.set("mine")
            return rondo.run_coroutine_threadsafe(look(), loop).result(LIMIT)

        with LoopThread() as loop:
            self.assertEqual(contextvars.copy_context().run(outside), "mine")

    def test_U3_cancelled_from_the_thread(self):
        """U3"""
        begun, ended = threading.Event(), threading.Event()

        async def endless():
            begun.set()
            try:
                await rondo.sleep(1000)
            except rondo.CancelledError:
                ended.set()
                raise

        with LoopThread() as loop:
            future = rondo.run_coroutine_threadsafe(endless(), loop)
            self.assertTrue(begun.wait(LIMIT))
            self.assertRaises(TimeoutError, future.result, 0.01)
            self.assertFalse(ended.is_set(), "a timeout does not cancel")
            self.assertTrue(future.cancel())
            self.assertTrue(ended.wait(LIMIT))
            self.assertTrue(future.cancelled())

    def test_U3_cancelled_on_the_loop(self):
        """U3"""

        async def give_up():
            rondo.current_task().cancel()
            await rondo.sleep(0)

        with LoopThread() as loop:
            future = rondo.run_coroutine_threadsafe(give_up(), loop)
            self.assertRaises(concurrent.futures.CancelledError, future.result, LIMIT)

    def test_U4_a_deadlock_is_seen(self):
        """U4, B24"""

        async def main():
            future = rondo.run_coroutine_threadsafe(add(1, 2), rondo.get_running_loop())
            for wait in (future.result, future.exception):
                with self.assertRaisesRegex(RuntimeError, "wait for itself"):
                    wait()
            self.assertRaises(TimeoutError, future.result, 0)
            self.assertEqual(await rondo.wrap_future(future), 3)
            return future.result()

        self.assertEqual(rondo.run(main()), 3)

    def test_U5_no_task_can_be_made(self):
        """U5"""
        reports = []

        def factory(loop, coro, **options):
            coro.close()
            raise NameError("no task")

        with LoopThread() as loop:
            loop.set_exception_handler(lambda loop, context: reports.append(context["exception"]))
            loop.set_task_factory(factory)
            future = rondo.run_coroutine_threadsafe(add(1, 2), loop)
            self.assertIsInstance(future.exception(LIMIT), NameError)
        self.assertEqual(reports, [future.exception()])

    def test_U6_wrapped(self):
        """U6"""

        async def main():
            source = concurrent.futures.Future()
            wrapped = rondo.wrap_future(source)
            self.assertIs(rondo.wrap_future(wrapped), wrapped)
            source.set_result(1)
            self.assertEqual(await wrapped, 1)
            source = concurrent.futures.Future()
            wrapped = rondo.wrap_future(source)
            wrapped.cancel()
            await rondo.sleep(0)
            self.assertTrue(source.cancelled())
            source = concurrent.futures.Future()
            wrapped = rondo.wrap_future(source)
            source.cancel()
            source.set_running_or_notify_cancel()
            with self.assertRaises(rondo.CancelledError):
                await wrapped
            self.assertRaises(TypeError, rondo.wrap_future, 1)
            return rondo.wrap_future(left := concurrent.futures.Future()), left

        wrapped, source = rondo.run(main())
        source.set_result("the loop is closed, and nobody minds")
        self.assertFalse(wrapped.done())


class Bridges(unittest.TestCase):
    def test_U6_between_loops(self):
        """U6"""
        thing = object()

        async def answer():
            await rondo.sleep(0.01)
            return thing

        async def main(loop):
            def there(coro):
                return loop.create_task(coro)

            async def make(coro):
                return rondo.ensure_future(coro)

            async def task_there(coro):
                return await rondo.wrap_future(rondo.run_coroutine_threadsafe(make(coro), loop))

            task = await task_there(answer())
            self.assertIs(await rondo.bridge(task), thing)
            self.assertIs(await rondo.bridge(task), thing, "the result stays where it was")
            with self.assertRaisesRegex(KeyError, "why"):
                await rondo.bridge(await task_there(fail()))
            task = await task_there(rondo.sleep(1000))
            here = rondo.bridge(task)
            here.cancel()
            with self.assertRaises(rondo.CancelledError):
                await here
            with self.assertRaises(rondo.CancelledError):
                await rondo.bridge(task)

            async def gathered():
                return await rondo.bridge(both)

            async def gather():
                return rondo.gather(answer(), add(1, 2))

            both = await rondo.wrap_future(rondo.run_coroutine_threadsafe(gather(), loop))
            self.assertEqual(await rondo.bridge(both), [thing, 3])
            mine = rondo.get_running_loop().create_future()
            self.assertIs(rondo.bridge(mine), mine)
            self.assertRaises(TypeError, rondo.bridge, 1)

        with LoopThread() as loop:
            rondo.run(main(loop))


class Executors(unittest.TestCase):
    def test_U20_the_default_pool(self):
        """U20"""

        async def main():
            loop = rondo.get_running_loop()
            self.assertIsNone(loop._default_executor)
            name = await loop.run_in_executor(None, lambda: threading.current_thread().name)
            self.assertRegex(name, r"^asyncio_\d")
            self.assertRaisesRegex(TypeError, "ThreadPoolExecutor", loop.set_default_executor, object())
            with concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="mine") as mine:
                self.assertEqual(
                    await loop.run_in_executor(mine, lambda: threading.current_thread().name), "mine_0"
                )
            pool = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="default")
            loop.set_default_executor(pool)
            self.assertEqual(await rondo.to_thread(lambda: threading.current_thread().name), "default_0")

        rondo.run(main())

    def test_U21_cancelled_before_it_began(self):
        """U21"""

        async def main():
            loop = rondo.get_running_loop()
            go, ran = threading.Event(), []
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                running = loop.run_in_executor(pool, go.wait, LIMIT)
                queued = loop.run_in_executor(pool, ran.append, 1)
                queued.cancel()
                await rondo.sleep(0.01)
                go.set()
                self.assertTrue(await running)
            return ran

        self.assertEqual(rondo.run(main()), [])

    def test_U21_cancelled_while_it_runs(self):
        """U21: the job goes on, nobody waits for it"""
        go, ended = threading.Event(), threading.Event()

        def job():
            go.wait(LIMIT)
            ended.set()

        async def main():
            reports = []
            rondo.get_running_loop().set_exception_handler(lambda loop, context: reports.append(context))
            with self.assertRaises(TimeoutError):
                async with rondo.timeout(0.02):
                    await rondo.to_thread(job)
            self.assertFalse(ended.is_set())
            go.set()
            await rondo.to_thread(ended.wait, LIMIT)
            await rondo.sleep(0.01)
            return reports

        self.assertEqual(rondo.run(main()), [])
        self.assertTrue(ended.is_set())

    def test_U22_contexts(self):
        """U22"""

        async def main():
            variable.set("mine")
            loop = rondo.get_running_loop()

            def change():
                before = variable.get()
                variable.set("changed")
                return before

            self.assertEqual(await rondo.to_thread(change), "mine")
            self.assertEqual(variable.get(), "mine", "it ran in a copy")
            self.assertEqual(await loop.run_in_executor(None, variable.get), "none")

        rondo.run(main())

    def test_U22_arguments(self):
        """U22"""

        def show(*args, **kwargs):
            return args, kwargs

        self.assertEqual(rondo.run(rondo.to_thread(show, 1, func=2)), ((1,), {"func": 2}))

    def test_U23_errors(self):
        """U23"""
        error = ValueError("this very one")

        def raise_it(what):
            raise what

        async def main():
            with self.assertRaises(ValueError) as caught:
                await rondo.to_thread(raise_it, error)
            self.assertIs(caught.exception, error)
            with self.assertRaisesRegex(RuntimeError, "StopIteration"):
                await rondo.to_thread(raise_it, StopIteration())
            for kind in (KeyboardInterrupt, SystemExit):
                with self.assertRaises(kind):
                    await rondo.to_thread(raise_it, kind())
            self.assertIsInstance(
                await rondo.gather(rondo.to_thread(raise_it, concurrent.futures.InvalidStateError()), return_exceptions=True),
                list,
            )

        rondo.run(main())

    def test_U24_after_the_shutdown(self):
        """U24"""

        async def main():
            loop = rondo.get_running_loop()
            await rondo.to_thread(int)
            await loop.shutdown_default_executor()
            with self.assertRaisesRegex(RuntimeError, "Executor shutdown has been called"):
                await rondo.to_thread(int)
            with concurrent.futures.ThreadPoolExecutor(1) as other:
                return await loop.run_in_executor(other, int)

        self.assertEqual(rondo.run(main()), 0)

    def test_U25_a_shutdown_that_takes_too_long(self):
        """U25"""
        go = threading.Event()

        async def main():
            loop = rondo.get_running_loop()
            loop.run_in_executor(None, go.wait, LIMIT)
            with self.assertWarnsRegex(RuntimeWarning, "did not finishing joining its threads within 0.02 seconds"):
                await loop.shutdown_default_executor(0.02)
            go.set()

        rondo.run(main())

    def test_U25_closing_a_runner_waits(self):
        """U25, R25, R28: after the tasks and the generators, which may need threads themselves"""
        order = []

        async def generator():
            try:
                yield
            finally:
                await rondo.to_thread(order.append, "generator")

        async def cleans_up():
            try:
                await rondo.sleep(1000)
            finally:
                await rondo.to_thread(order.append, "task")

        def job():
            time.sleep(0.1)
            order.append("job")

        async def main():
            async for _ in (kept := generator()):
                break
            kept_alive.append(kept)
            rondo.get_running_loop().run_in_executor(None, job)
            kept_alive.append(rondo.create_task(cleans_up()))
            await rondo.sleep(0)

        for options in ({}, {"virtual_clock": True}):
            kept_alive = []
            order.clear()
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                with rondo.Runner(**options) as runner:
                    loop = runner.get_loop()
                    runner.run(main())
            self.assertEqual(order, ["task", "generator", "job"])
            self.assertTrue(loop._executor_shutdown_called)

    def test_U25_a_pool_born_while_closing(self):
        """U25"""
        order = []

        async def cleans_up():
            try:
                await rondo.sleep(1000)
            finally:
                await rondo.to_thread(order.append, "first use")

        async def main():
            kept_alive.append(rondo.create_task(cleans_up()))
            await rondo.sleep(0)

        kept_alive = []
        threads = threading.active_count()
        rondo.run(main())
        self.assertEqual((order, threading.active_count()), (["first use"], threads))

    def test_U25_shutdown_asyncgens_leaves_the_pool_alone(self):
        """U25"""

        async def main():
            loop = rondo.get_running_loop()
            await rondo.to_thread(int)
            for _ in range(3):
                await loop.shutdown_asyncgens()
            return await rondo.to_thread(int)

        self.assertEqual(rondo.run(main()), 0)

    def test_U26_close_does_not_wait(self):
        """U26"""
        go = threading.Event()
        loop = rondo.new_event_loop()
        future = loop.run_in_executor(None, go.wait, LIMIT)
        loop.close()
        self.assertRaises(RuntimeError, loop.run_in_executor, None, int)
        go.set()
        del future
        gc.collect()

    def test_U27_many_at_once(self):
        """U27: a pool of the loop's own"""

        async def main():
            return await rondo.gather(*[rondo.to_thread(pow, i, 2) for i in range(200)])

        self.assertEqual(rondo.run(main()), [i * i for i in range(200)])

    def test_debug_mode_takes_no_coroutines(self):
        async def main():
            with self.assertRaisesRegex(TypeError, "run_in_executor"):
                rondo.get_running_loop().run_in_executor(None, add)

        rondo.run(main(), debug=True)

    def test_other_executors(self):
        class Inline(concurrent.futures.Executor):
            def submit(self, function, /, *args, **kwargs):
                future = concurrent.futures.Future()
                future.set_result(function(*args, **kwargs))
                return future

        async def main():
            return await rondo.get_running_loop().run_in_executor(Inline(), pow, 2, 5)

        self.assertEqual(rondo.run(main()), 32)


class Threadsafe(unittest.TestCase):
    def test_L17_order_and_wake_up(self):
        """L17: a thread's calls keep their order and wake the loop"""
        seen = []

        async def main():
            loop = rondo.get_running_loop()
            ended = loop.create_future()

            def post():
                for i in range(100):
                    loop.call_soon_threadsafe(seen.append, i)
                loop.call_soon_threadsafe(ended.set_result, None)

            thread = threading.Thread(target=post)
            thread.start()
            await rondo.wait_for(ended, LIMIT)
            thread.join()

        rondo.run(main())
        self.assertEqual(seen, list(range(100)))

    def test_a_closed_loop_refuses(self):
        loop = rondo.new_event_loop()
        loop.close()
        self.assertRaisesRegex(RuntimeError, "closed", loop.call_soon_threadsafe, print)
        coro = add(1, 2)
        self.assertRaisesRegex(RuntimeError, "closed", rondo.run_coroutine_threadsafe, coro, loop)
        coro.close()


@unittest.skipUnless(hasattr(os, "fork"), "no fork here")
class Forks(unittest.TestCase):
    """A loop stays with the process that made it."""

    def in_child(self, check):
        """Forks; the child ends with what check says."""
        child = os.fork()
        if child == 0:
            try:
                os._exit(0 if check() else 1)
            except BaseException:
                traceback.print_exc()
                os._exit(2)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)

    def test_the_child_has_no_loop_and_can_run_its_own(self):
        async def main():
            loop = rondo.get_running_loop()

            def check():
                self.assertRaises(RuntimeError, rondo.get_running_loop)
                self.assertRaises(RuntimeError, loop.call_soon_threadsafe, print)
                return rondo.run(add(1, 2)) == 3

            self.in_child(check)
            self.assertIs(rondo.get_running_loop(), loop)
            await rondo.sleep(0.001)

        rondo.run(main())

    def test_a_child_that_returns_into_the_run_leaves_it(self):
        parent = os.getpid()
        children = []

        async def main():
            children.append(os.fork())
            await rondo.sleep(0.001)

        try:
            rondo.run(main())
        except RuntimeError as error:
            os._exit(0 if os.getpid() != parent and "parent" in str(error) else 1)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]), 0)

    def test_multiprocessing_with_fork(self):
        async def main():
            context = multiprocessing.get_context("fork")
            queue = context.SimpleQueue()
            process = context.Process(target=lambda: queue.put(rondo.run(add(20, 22))))
            process.start()
            answer = await rondo.to_thread(queue.get)
            process.join()
            return answer

        self.assertEqual(rondo.run(main()), 42)


class VirtualClock(unittest.TestCase):
    def test_jobs_take_no_time_on_it(self):
        log = []
        asked, answered = threading.Event(), threading.Event()

        def job():
            asked.set()
            answered.wait(LIMIT)
            log.append("job")

        async def sleeper():
            await rondo.sleep(1)
            log.append("sleeper")

        async def main():
            loop = rondo.get_running_loop()
            elsewhere = threading.Thread(target=lambda: asked.wait(LIMIT) and answered.set())
            elsewhere.start()
            await rondo.gather(rondo.to_thread(job), sleeper())
            elsewhere.join()
            return loop.time()

        with rondo.Runner(virtual_clock=True) as runner:
            self.assertEqual(runner.run(main()), 1)
        self.assertEqual(log, ["job", "sleeper"])


if __name__ == "__main__":
    unittest.main()
