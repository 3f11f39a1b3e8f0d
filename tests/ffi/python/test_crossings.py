"""How often Python calls the library: once for each operation, never for a yield. The calls are counted, not timed: where
ctypes makes them all, since methods that are builtins are called without a trace."""

import collections
import ctypes
import gc
import sys
import unittest
from unittest import mock

import rondo
from rondo import _ffi


class Crossings:
    """Counts the calls of the library's functions, by name, while it is entered."""

    def __enter__(self):
        gc.disable()  # what earlier tests left would be released here
        self.calls = collections.Counter()
        self._patches = []
        for name, module in list(sys.modules.items()):
            if name.startswith("rondo"):
                for variable, value in list(vars(module).items()):
                    if isinstance(value, ctypes._CFuncPtr) and hasattr(value, "__name__"):
                        self._patches.append(mock.patch.object(module, variable, self._counted(value)))
        for patch in self._patches:
            patch.start()
        return self.calls

    def __exit__(self, *exc_info):
        gc.enable()
        for patch in self._patches:
            patch.stop()

    def _counted(self, function):
        def counted(*arguments):
            self.calls[function.__name__] += 1
            return function(*arguments)

        return counted


@unittest.skipIf(_ffi.BUILTINS, "builtins are not seen; python.ctypes.crossings counts")
class CrossingsTest(unittest.TestCase):
    def count(self, operation):
        """The calls that operation() makes, in a task of a running loop."""

        async def main():
            await operation()
            with Crossings() as calls:
                await operation()
            return dict(calls)

        return rondo.run(main())

    def test_a_call_is_counted(self):
        async def ask():
            rondo.get_running_loop().is_closed()

        self.assertEqual(self.count(ask), {"rondo_loop_is_closed": 1})

    def test_a_queue_with_room_and_items(self):
        async def put_and_get():
            queue = rondo.Queue(2)
            await queue.put(1)
            queue.put_nowait(2)
            self.assertEqual([await queue.get(), queue.get_nowait()], [1, 2])
            queue.task_done()
            queue.task_done()
            await queue.join()

        self.assertEqual(
            self.count(put_and_get),
            {
                "rondo_queue_create": 1,
                "rondo_queue_put_nowait": 2,
                "rondo_queue_get_nowait": 2,
                "rondo_queue_task_done": 2,
                "rondo_queue_join_async": 1,
            },
        )

    def test_a_future_that_is_done_when_it_is_awaited(self):
        async def use():
            future = rondo.get_running_loop().create_future()
            self.assertFalse(future.done())
            future.set_result(1)
            self.assertEqual(await future, 1)

        self.assertEqual(
            self.count(use),
            {
                "rondo_future_new": 1,
                "rondo_future_done": 2,  # asked, and by await
                "rondo_future_set_object": 1,
                "rondo_future_result_object_or": 1,
            },
        )

    def test_a_future_one_task_waits_for(self):
        async def hand_over():
            await rondo.sleep(0)  # the call it takes to make this task is not counted
            future.set_result(1)

        async def main():
            nonlocal future
            future = rondo.get_running_loop().create_future()
            task = rondo.create_task(hand_over())
            await rondo.sleep(0)
            with Crossings() as calls:
                await future
            await task
            return dict(calls)

        future = None
        self.assertEqual(rondo.run(main()), {"rondo_future_done": 1, "rondo_future_set_object": 1})

    def test_a_yield(self):
        self.assertEqual(self.count(lambda: rondo.sleep(0)), {})


if __name__ == "__main__":
    unittest.main()
