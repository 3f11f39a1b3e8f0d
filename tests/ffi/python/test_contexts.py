"""semantics.md section 19: contexts are Python's own; the binding enters the right one."""

import contextvars
import os
import unittest

import rondo
from both import Same

variable = contextvars.ContextVar("variable", default="unset")


class Contexts(Same, unittest.TestCase):
    def test_C1_captured_where_something_is_scheduled(self):
        """C1"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            variable.set("before")
            future = loop.create_future()
            reading, writing = os.pipe()
            os.write(writing, b"x")

            def show(name, *_):
                log(name, variable.get())

            async def task():
                show("task")

            loop.call_soon(show, "soon")
            loop.call_later(0.001, show, "later")
            loop.call_soon_threadsafe(show, "threadsafe")
            future.add_done_callback(lambda f: show("done"))
            loop.add_reader(reading, lambda: (show("reader"), loop.remove_reader(reading)))
            child = aio.create_task(task())
            given = contextvars.copy_context()
            given.run(variable.set, "given")
            loop.call_soon(show, "soon, given", context=given)
            loop.call_at(0.002, show, "at, given", context=given)
            variable.set("after")
            future.set_result(None)
            await child
            await aio.sleep(0.01)
            os.close(reading)
            os.close(writing)

        self.assertSame(scenario)

    def test_C2_C3_T7_a_task_has_one_context(self):
        """C2, C3, T7"""

        async def scenario(aio, log):
            async def called():
                variable.set("by the called")

            async def task():
                log(variable.get())
                variable.set("in the task")
                await aio.sleep(0)
                log(variable.get())

            variable.set("at creation")
            own = aio.create_task(task())
            variable.set("later")
            await own
            log(variable.get())
            given = contextvars.copy_context()
            await aio.create_task(task(), context=given)
            log(given[variable], variable.get())
            await called()
            log(variable.get())

        self.assertSame(scenario)

    def test_C4_each_child_of_gather_has_a_copy(self):
        """C4"""

        async def scenario(aio, log):
            async def child(i):
                log(i, variable.get())
                variable.set(i)
                await aio.sleep(0)
                log(i, variable.get())

            variable.set("parent")
            await aio.gather(child(1), child(2))
            log(variable.get())

        self.assertSame(scenario)

    def test_C5_a_wake_up_runs_in_the_tasks_context(self):
        """C5"""

        async def scenario(aio, log):
            future = aio.get_running_loop().create_future()

            async def waiter():
                variable.set("waiter")
                await future
                log(variable.get())

            task = aio.create_task(waiter())
            await aio.sleep(0)
            variable.set("completer")
            future.set_result(None)
            await task

        self.assertSame(scenario)

    def test_C6_two_tasks_in_one_context(self):
        """C6"""

        async def scenario(aio, log):
            async def child(name):
                for _ in range(3):
                    log(name, variable.get())
                    variable.set(name)
                    await aio.sleep(0)

            shared = contextvars.copy_context()
            await aio.gather(aio.create_task(child("a"), context=shared), aio.create_task(child("b"), context=shared))
            own = contextvars.copy_context()
            aio.current_task().get_context()
            log(own.get(variable))

        self.assertSame(scenario)

    def test_C6_the_context_one_is_in(self):
        """C6: a callback that runs in the context it came from"""

        async def main():
            here = rondo.current_task().get_context()
            rondo.get_running_loop().call_soon(variable.set, "by a callback", context=here)
            await rondo.sleep(0)
            return variable.get()

        self.assertEqual(rondo.run(main()), "by a callback")

    def test_a_context_that_is_entered_elsewhere(self):
        async def main():
            seen = []
            rondo.get_running_loop().set_exception_handler(lambda loop, context: seen.append(context["exception"]))
            context = contextvars.copy_context()

            def inside():
                async def child():
                    return 1

                return child()

            task = rondo.create_task(inside(), context=context)
            self.assertEqual(await task, 1)
            self.assertEqual(seen, [])

        rondo.run(main())


if __name__ == "__main__":
    unittest.main()
