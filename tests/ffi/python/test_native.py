"""Values, errors and futures that cross between Python and C: the C side is played by ctypes."""

import collections.abc
import ctypes
import gc
import os
import subprocess
import sys
import unittest

import rondo
from rondo import _errors, _ffi


def virtual():
    return rondo.new_event_loop(virtual_clock=True)


class Native(unittest.TestCase):
    def run_in_loop(self, main, *args):
        return rondo.run(main(*args), loop_factory=virtual)

    def make_future(self):
        """A rondo_future as a C library would return it: its address, with one reference."""
        out = ctypes.c_void_p()
        self.assertEqual(_ffi.future_create(rondo.get_running_loop().native, None, ctypes.addressof(out)), 0)
        return out.value

    def finish(self, address, **value):
        value = _ffi.Value(**value)
        self.assertEqual(_ffi.future_set_result(address, ctypes.addressof(value)), 0)

    def finish_badly(self, address, code, message=None, **options):
        error = ctypes.c_void_p()
        described = _ffi.ErrorOptions(code=code, message=message, **options)
        self.assertEqual(_ffi.error_create(ctypes.addressof(described), ctypes.addressof(error)), 0)
        self.assertEqual(_ffi.future_set_error(address, error), 0)
        _ffi.error_release(error)

    def test_native_values_become_objects(self):
        text = ctypes.create_string_buffer("Grüße\0!".encode())
        size = len("Grüße\0!".encode())
        cases = (
            ({}, None),
            (dict(kind=_ffi.BOOL, i64=1), True),
            (dict(kind=_ffi.I64, i64=-5), -5),
            (dict(kind=_ffi.U64, u64=2**64 - 1), 2**64 - 1),
            (dict(kind=_ffi.F64, f64=0.5), 0.5),
            (dict(kind=_ffi.PTR, ptr=4096), 4096),
            (dict(kind=_ffi.STR, ptr=ctypes.addressof(text), len=size), "Grüße\0!"),
            (dict(kind=_ffi.BYTES, ptr=ctypes.addressof(text), len=3), b"Gr\xc3"),
            (dict(kind=_ffi.BYTES, ptr=None, len=0), b""),
        )

        async def main():
            for value, expected in cases:
                address = self.make_future()
                future = rondo.wrap_native(address)
                self.assertEqual(future.native, address)
                rondo.get_running_loop().call_soon(lambda: self.finish(address, **value))
                for result in (await future, await future, future.result()):
                    self.assertEqual(result, expected)
                    self.assertIs(type(result), type(expected))
                self.assertEqual(await rondo.gather(future, future), [expected, expected])

        self.run_in_loop(main)

    def test_objects_become_native_values(self):
        async def main():
            for thing in (None, True, -5, 2**63, 0.5, "Grüße\0!", b"\0bytes", ""):
                future = rondo.get_running_loop().create_future()
                future.set_native_result(thing)
                self.assertEqual(await future, thing)
                self.assertIs(type(future.result()), type(thing))
            future = rondo.get_running_loop().create_future()
            for wrong, error in (([], TypeError), (2**64, OverflowError)):
                with self.assertRaises(error):
                    future.set_native_result(wrong)
            self.assertFalse(future.done())

        self.run_in_loop(main)

    def test_native_errors_become_exceptions(self):
        cases = (
            (_ffi.ETIMEDOUT, b"late", TimeoutError, "late"),
            (_ffi.ESTATE, b"state", rondo.InvalidStateError, "state"),
            (_ffi.EINTERRUPT, b"", KeyboardInterrupt, ""),
            (_ffi.EEXIT, b"", SystemExit, ""),
            (_ffi.ENOMEM, b"full", MemoryError, "full"),
            (_ffi.EFAILED, b"odd", rondo.RondoError, "odd"),
            (-2, b"no such file", rondo.RondoError, "no such file"),
        )

        async def main():
            for code, message, kind, text in cases:
                address = self.make_future()
                future = rondo.wrap_native(address)
                self.finish_badly(address, code, message)
                with self.assertRaises(kind) as caught:
                    await future
                self.assertEqual(str(caught.exception), text)
                self.assertIs(type(future.exception()), kind)
                if kind is rondo.RondoError:
                    self.assertEqual(caught.exception.code, code)
            self.assertEqual(caught.exception.name, "ENOENT")
            cancelled = rondo.wrap_native(self.make_future())
            self.assertTrue(_ffi.future_cancel(cancelled.native, b"from C"))
            self.assertTrue(cancelled.cancelled())
            with self.assertRaisesRegex(rondo.CancelledError, "from C"):
                await cancelled

        self.run_in_loop(main)

    def test_causes_and_groups(self):
        async def main():
            first, second = self.make_future(), self.make_future()
            self.finish_badly(first, _ffi.EFAILED, b"the cause")
            cause = ctypes.c_void_p()
            _ffi.future_error(first, ctypes.addressof(cause))
            children = (ctypes.c_void_p * 1)(cause.value)
            self.finish_badly(second, _ffi.EGROUP, b"many", cause=cause.value, context=cause.value, children=children, child_count=1)
            _ffi.error_release(cause)
            _ffi.future_release(first)
            with self.assertRaises(ExceptionGroup) as caught:
                await rondo.wrap_native(second)
            group = caught.exception
            self.assertEqual((group.message, [str(child) for child in group.exceptions]), ("many", ["the cause"]))
            self.assertEqual((str(group.__cause__), str(group.__context__)), ("the cause", "the cause"))

        self.run_in_loop(main)

    def test_exceptions_become_native_errors(self):
        cases = (
            (ValueError("v"), _ffi.EFAILED, b"v"),
            (TimeoutError("t"), _ffi.ETIMEDOUT, b"t"),
            (rondo.CancelledError("c"), _ffi.ECANCELED, b"c"),
            (SystemExit(3), _ffi.EEXIT, b"3"),
            (KeyboardInterrupt(), _ffi.EINTERRUPT, b""),
            (ExceptionGroup("g", [ValueError("a"), TimeoutError("b")]), _ffi.EGROUP, None),
        )

        async def main():
            for exception, code, message in cases:
                future = rondo.get_running_loop().create_future()
                future.set_exception(exception)
                error = ctypes.c_void_p()
                _ffi.future_error(future.native, ctypes.addressof(error))
                self.assertEqual(_ffi.error_code(error), code)
                if message is not None:
                    self.assertEqual(_ffi.error_message(error), message)
                else:
                    children = [_ffi.error_child(error, i) for i in range(_ffi.error_child_count(error))]
                    self.assertEqual([_ffi.error_message(child) for child in children], [b"a", b"b"])
                    self.assertIs(_errors.to_exception(children[0]), exception.exceptions[0])
                _ffi.error_release(error)

        self.run_in_loop(main)

    def test_wrapping(self):
        async def main():
            task = rondo.create_task(rondo.sleep(0, "slept"))
            again = rondo.wrap_native(_ffi.future_retain(task.native))
            self.assertIs(again, task)
            address = self.make_future()
            one, two = rondo.wrap_native(address), rondo.wrap_native(_ffi.future_retain(address))
            self.finish(address, kind=_ffi.I64, i64=7)
            self.assertEqual((await one, await two), (7, 7))
            self.assertEqual(await task, "slept")

        self.run_in_loop(main)
        with self.assertRaises(ValueError):
            rondo.wrap_native(None)

    def test_a_native_future_is_cancelled_by_the_task_that_awaits_it(self):
        async def main():
            future = rondo.wrap_native(self.make_future())

            async def wait():
                await future

            task = rondo.create_task(wait())
            await rondo.sleep(0)
            task.cancel()
            await rondo.gather(task, return_exceptions=True)
            self.assertTrue(task.cancelled())
            self.assertTrue(future.cancelled())

        self.run_in_loop(main)

    def test_a_future_finished_by_c_calls_python_callbacks(self):
        async def main():
            seen = []
            address = self.make_future()
            rondo.wrap_native(_ffi.future_retain(address)).add_done_callback(lambda future: seen.append(future.result()))
            gc.collect()
            self.finish(address, kind=_ffi.I64, i64=9)
            _ffi.future_release(address)
            await rondo.sleep(0)
            self.assertEqual(seen, [9])

        self.run_in_loop(main)

    def test_a_dropped_native_failure_is_reported(self):
        async def main():
            seen = []
            rondo.get_running_loop().set_exception_handler(lambda loop, context: seen.append(context))
            address = self.make_future()
            self.finish_badly(address, _ffi.EFAILED, b"lost")
            _ffi.future_release(address)
            (context,) = seen
            self.assertEqual(context["message"], "Future exception was never retrieved")
            self.assertEqual(str(context["exception"]), "lost")
            self.assertEqual(context["future"].native, address)

        self.run_in_loop(main)


class BadInput(unittest.TestCase):
    def test_a_callback_that_raises_becomes_a_report_and_a_task_that_raises_fails(self):
        async def boom():
            raise ValueError("task")

        def callback():
            raise ValueError("callback")

        async def main():
            reports = []
            loop = rondo.get_running_loop()
            loop.set_exception_handler(lambda loop, context: reports.append(str(context["exception"])))
            loop.call_soon(callback)
            with self.assertRaisesRegex(ValueError, "task"):
                await rondo.create_task(boom())
            self.assertEqual(reports, ["callback"])

        rondo.run(main())

    def test_exceptions_that_cannot_describe_themselves(self):
        class Odd(Exception):
            def __str__(self):
                raise RuntimeError("no text")

        class Odder(Exception):
            def __str__(self):
                return "\ud800"

        async def boom(error):
            raise error

        async def main():
            for error in (Odd(), Odder()):
                with self.assertRaises(type(error)) as caught:
                    await rondo.create_task(boom(error))
                self.assertIs(caught.exception, error)

        rondo.run(main())

    def test_coroutines_that_misbehave(self):
        class Misbehaving(collections.abc.Coroutine):
            def send(self, value):
                raise self.error

            def throw(self, *exc_info):
                raise self.error

            def close(self):
                pass

            def __await__(self):
                return self

        async def main():
            for error in (TypeError("t"), RuntimeError("r"), StopAsyncIteration("s")):
                coro = Misbehaving()
                coro.error = error
                with self.assertRaises(type(error)):
                    await rondo.create_task(coro)

        rondo.run(main())

    def test_names_with_anything_in_them(self):
        async def main():
            for name in ("", "Grüße", "a" * 10_000, "\ud800"):
                task = rondo.create_task(rondo.sleep(0), name=name)
                self.assertEqual(task.get_name(), name.encode("utf-8", "replace").decode())
                await task

        rondo.run(main())

    def test_a_closed_loop(self):
        loop = virtual()
        future = loop.create_future()
        loop.close()
        for use in (loop.create_future, lambda: loop.add_reader(0, print), lambda: loop.call_soon(print)):
            with self.assertRaisesRegex(RuntimeError, "Event loop is closed"):
                use()
        self.assertTrue(future.cancel())
        self.assertTrue(future.cancelled())
        self.assertIn("cancelled", repr(future))

    def test_the_library_is_found_or_the_error_says_how(self):
        environment = dict(os.environ, RONDO_LIBRARY="/nowhere/librondo.so")
        process = subprocess.run([sys.executable, "-c", "import rondo"], env=environment, capture_output=True, text=True)
        self.assertIn("set RONDO_LIBRARY to the path of librondo.so", process.stderr)


if __name__ == "__main__":
    unittest.main()
