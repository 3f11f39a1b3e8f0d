"""The builtins that the library makes for Python: what they take, what they hand on, and that they keep nothing."""

import collections.abc
import contextvars
import gc
import sys
import types
import unittest
import weakref

import rondo
from rondo import _builtins, _ffi


@unittest.skipUnless(_ffi.BUILTINS, "ctypes makes all calls here")
class Builtins(unittest.TestCase):
    def run_in_loop(self, body):
        async def main():
            return await body(rondo.get_running_loop())

        return rondo.run(main())

    def test_functions_and_methods_are_builtins(self):
        self.assertIsInstance(_ffi.future_done, types.BuiltinFunctionType)
        self.assertEqual(_ffi.future_done.__name__, "rondo_future_done")
        for name in ("done", "result", "set_result", "__del__"):
            self.assertIs(type(rondo.Future.__dict__[name]), types.MethodDescriptorType)

    def test_what_is_no_int_goes_to_ctypes(self):
        async def body(loop):
            future = loop.create_future()
            self.assertEqual(_ffi.future_cancel(future.native, b"why"), 1)
            with self.assertRaises(rondo.CancelledError) as caught:
                await future
            self.assertEqual(caught.exception.args, ("why",))
            for arguments in ((), (1.5,)):
                with self.assertRaises((TypeError, _ffi.ctypes.ArgumentError)):
                    _ffi.future_done(*arguments)

        self.run_in_loop(body)

    def test_integers_of_all_sizes(self):
        async def body(loop):
            self.assertEqual(_ffi.loop_set_slow_callback(loop.native, 2**63 - 1), 0)
            self.assertEqual(_ffi.loop_get_slow_callback(loop.native), 2**63 - 1)
            self.assertEqual(_ffi.future_done(None), _ffi.EINVAL)
            self.assertIsNone(_ffi.future_retain(None))
            semaphore = rondo.Semaphore(2**63)
            self.assertEqual(_ffi.semaphore_value(semaphore.native), 2**63)

        self.run_in_loop(body)

    def test_a_future_that_was_not_initialised(self):
        future = rondo.Future.__new__(rondo.Future)
        for use in (future.done, future.result, lambda: future.set_result(1)):
            with self.assertRaisesRegex(RuntimeError, "not initialized"):
                use()

    def test_arguments_of_methods(self):
        async def body(loop):
            future = loop.create_future()
            for use in (lambda: future.done(1), lambda: future.set_result(), lambda: future.set_result(1, 2)):
                with self.assertRaises(TypeError):
                    use()
            self.assertIs(future.done(), False)
            self.assertIsNone(future.set_result(self))
            self.assertIs(future.done(), True)
            self.assertIs(future.result(), self)
            with self.assertRaises(rondo.InvalidStateError):
                future.set_result(2)
            self.assertIs(rondo.Future.result(future), self)

        self.run_in_loop(body)

    def test_subclasses_and_replaced_methods(self):
        class Mine(rondo.Future):
            def set_result(self, result):
                super().set_result([result])

        async def body(loop):
            future = Mine(loop=loop)
            loop.call_soon(future.set_result, 1)
            self.assertEqual(await future, [1])

        self.run_in_loop(body)

    def test_a_weak_reference_in_the_end_of_the_result(self):
        """What the end of a future sets free may look for the future."""
        seen = []

        class Result:
            def __del__(self):
                seen.append(reference())

        async def body(loop):
            nonlocal reference
            future = loop.create_future()
            reference = weakref.ref(future)
            future.set_result(Result())
            del future
            if seen[0] is not None:
                self.assertTrue(seen[0].done())

        reference = None
        self.run_in_loop(body)
        self.assertEqual(len(seen), 1)

    def test_coroutines_that_python_does_not_know(self):
        class Countdown(collections.abc.Coroutine):
            left = 3

            def send(self, value):
                if not self.left:
                    raise StopIteration("done")
                self.left -= 1

            def throw(self, *exc_info):
                raise exc_info[0]

            def close(self):
                pass

            def __await__(self):
                return self

        async def body(loop):
            self.assertEqual(await loop.create_task(Countdown()), "done")

        self.run_in_loop(body)

    def test_a_context_that_is_entered_already(self):
        async def body(loop):
            told = []
            loop.set_exception_handler(lambda loop, context: told.append(context["exception"]))
            context = contextvars.copy_context()

            async def nothing():
                pass

            def enter():
                context.run(lambda: None)

            loop.call_soon(enter, context=context)
            coro = nothing()
            with self.assertRaises(RuntimeError):
                await loop.create_task(coro, context=running)
            coro.close()
            await rondo.sleep(0)
            self.assertIsInstance(told[0], RuntimeError)

        running = contextvars.copy_context()
        running.run(self.run_in_loop, body)

    def test_errors_of_callbacks_reach_the_handler(self):
        async def body(loop):
            told = []
            loop.set_exception_handler(lambda loop, context: told.append(repr(context["exception"])))
            future = loop.create_future()
            future.add_done_callback(lambda future: 1 / 0)
            future.set_result(1)
            loop.call_soon(lambda: [][0])
            loop.call_soon(next, iter(()))
            await rondo.sleep(0)
            await rondo.sleep(0)
            return told

        self.assertEqual(
            self.run_in_loop(body),
            ["ZeroDivisionError('division by zero')", "IndexError('list index out of range')", "StopIteration()"],
        )

    def test_nothing_is_kept(self):
        async def child(thing):
            await rondo.sleep(0)
            return thing

        async def fails(thing):
            raise LookupError(thing)

        async def use(loop, thing):
            future = loop.create_future()
            future.add_done_callback(lambda future: None)
            loop.call_soon(future.set_result, thing)
            loop.call_soon_threadsafe(lambda thing: None, thing)
            loop.call_soon(lambda: None).cancel()
            self.assertIs(await future, thing)
            self.assertIs(await loop.create_task(child(thing)), thing)
            self.assertEqual(await rondo.gather(child(thing), child(thing)), [thing] * 2)
            with self.assertRaises(LookupError):
                await loop.create_task(fails(thing))
            lock, queue = rondo.Lock(), rondo.Queue()
            async with lock:
                waiting = loop.create_task(lock.acquire())
                await rondo.sleep(0)
            self.assertTrue(await waiting)
            getting = loop.create_task(queue.get())
            await rondo.sleep(0)
            queue.put_nowait(thing)
            self.assertIs(await getting, thing)

        async def body(loop):
            thing, blocks = object(), []
            for _ in range(6):
                for _ in range(50):
                    await use(loop, thing)
                await rondo.sleep(0)
                gc.collect()
                blocks.append(sys.getallocatedblocks())
            self.assertEqual(sys.getrefcount(thing), 2)
            self.assertLess(blocks[-1] - blocks[2], 50)

        self.run_in_loop(body)

    def test_places_of_slots(self):
        class Slots:
            __slots__ = ("a", "b")

        probe, places = Slots(), [_builtins._place_of(Slots, name) for name in ("a", "b")]
        probe.a, probe.b = values = object(), object()
        found = [_ffi.c_void_p.from_address(id(probe) + place).value for place in places]
        self.assertEqual(found, [id(value) for value in values])


if __name__ == "__main__":
    unittest.main()
