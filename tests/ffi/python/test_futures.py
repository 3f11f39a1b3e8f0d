"""semantics.md section 3: futures."""

import contextvars
import gc
import unittest
import weakref

import rondo
from both import Same, count_turns


class Traces(Same, unittest.TestCase):
    def test_T24_a_step_takes_note_once_that_a_future_is_awaited(self):
        async def scenario(aio, log):
            future = aio.get_running_loop().create_future()

            class Bare:  # yields the future without awaiting it
                def __await__(self):
                    yield future

            async def wait():
                log(await future)

            async def yield_bare():
                try:
                    await Bare()
                except RuntimeError as error:
                    log("await or yield from" in str(error) or "yield was used" in str(error))

            waiting, bare = aio.create_task(wait()), aio.create_task(yield_bare())
            await aio.sleep(0)
            log(future._asyncio_future_blocking)
            future.set_result(1)
            await waiting
            await bare

        self.assertSame(scenario)

    def test_F1_F2_states(self):
        """F1, F2, F16"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()

            def show(future):
                log(future.done(), future.cancelled())
                for ask in (future.result, future.exception):
                    try:
                        log(ask())
                    except BaseException as error:
                        log(type(error).__name__, error)

            def try_all(future):
                for change in (lambda: future.set_result(1), lambda: future.set_exception(ValueError())):
                    try:
                        change()
                    except aio.InvalidStateError as error:
                        log("refused", error)
                log(future.cancel())

            for end in (
                lambda f: None,
                lambda f: f.set_result(None),
                lambda f: f.set_result([1]),
                lambda f: f.set_exception(LookupError("x")),
                lambda f: f.set_exception(LookupError),
                lambda f: f.cancel(),
                lambda f: f.cancel("why"),
                lambda f: f.cancel(("any", "object")),
                lambda f: f.cancel(msg=""),
            ):
                future = loop.create_future()
                end(future)
                show(future)
                show(future)
                if future.done():
                    try_all(future)
                    show(future)

        self.assertSame(scenario)

    def test_F3_cancel_turns_the_log_off(self):
        """F3"""

        async def scenario(aio, log):
            future = aio.get_running_loop().create_future()
            future.set_exception(ValueError())
            log(future.cancel())

        self.assertSame(scenario, ["False", "-> None"])

    def test_F4_F5_F6_callbacks_are_scheduled_in_registration_order(self):
        """F4, F5, F6"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            stop = count_turns(aio, log)
            future = loop.create_future()

            async def wait(name):
                log(name, await future)

            future.add_done_callback(lambda f: log("first", f is future))
            tasks = [aio.create_task(wait("task"))]
            await aio.sleep(0)
            future.add_done_callback(lambda f: log("last", f.result()))
            future.set_result(7)
            log("set")
            future.add_done_callback(lambda f: log("after the fact"))
            await aio.sleep(0)
            log("main")
            future.add_done_callback(lambda f: log("much later"))
            await aio.sleep(0)
            stop()
            del tasks

        self.assertSame(scenario)

    def test_F6_C1_the_context_of_a_callback(self):
        """F6, C1"""
        variable = contextvars.ContextVar("variable", default="unset")

        async def scenario(aio, log):
            future = aio.get_running_loop().create_future()
            variable.set("at registration")
            future.add_done_callback(lambda f: log(variable.get()))
            given = contextvars.copy_context()
            given.run(variable.set, "given")
            future.add_done_callback(lambda f: (log(variable.get()), variable.set("changed")), context=given)
            variable.set("at completion")
            future.set_result(None)
            await aio.sleep(0)
            log(variable.get(), given[variable])

        self.assertSame(scenario)

    def test_F7_remove_done_callback(self):
        """F7"""

        async def scenario(aio, log):
            future = aio.get_running_loop().create_future()

            class Callback:
                def __init__(self, key):
                    self.key = key

                def __eq__(self, other):
                    return self.key == other.key

                def __call__(self, future):
                    log("called", self.key)

            for key in "abab":
                future.add_done_callback(Callback(key))
            log(future.remove_done_callback(Callback("a")), future.remove_done_callback(Callback("c")))
            log(future.remove_done_callback(Callback("a")))
            future.set_result(None)
            log(future.remove_done_callback(Callback("b")))
            await aio.sleep(0)

        self.assertSame(scenario, ["2 0", "0", "0", "called b", "called b", "-> None"])

    def test_F9_set_exception(self):
        """F9, F20"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            future = loop.create_future()
            try:
                future.set_exception(5)
            except TypeError as error:
                log(error)
            future.set_exception(StopIteration(3))
            log(type(future.exception()).__name__, repr(future.exception().__cause__))
            cancelled = loop.create_future()
            cancelled.set_exception(aio.CancelledError("as an error"))
            log(cancelled.cancelled(), repr(cancelled.exception()))
            for fatal in (KeyboardInterrupt("k"), SystemExit(4)):
                future = loop.create_future()
                future.set_exception(fatal)
                try:
                    await future
                except BaseException as error:
                    log(error is fatal)

        self.assertSame(scenario)

    def test_F11_all_awaiters_get_the_same_error(self):
        """F11: and each the traceback it had at first"""

        async def scenario(aio, log):
            future = aio.get_running_loop().create_future()

            async def wait():
                try:
                    await future
                except LookupError as error:
                    trace, depth = error.__traceback__, 0
                    while trace:
                        depth += trace.tb_frame.f_code.co_name == "wait"
                        trace = trace.tb_next
                    log(error is mine, depth)

            tasks = [aio.create_task(wait()) for _ in range(3)]
            await aio.sleep(0)
            mine = LookupError("shared")
            future.set_exception(mine)
            await aio.gather(*tasks)
            await wait()

        self.assertSame(scenario, ["True 1"] * 4 + ["-> None"])

    def test_F10_F13_await(self):
        """F10, F13"""

        async def scenario(aio, log):
            future = aio.get_running_loop().create_future()

            async def wait():
                return await future

            driven = wait()
            log(driven.send(None) is future)
            try:
                driven.send(None)
            except RuntimeError as error:
                log(error)
            future.set_result("done")
            log(await future)

        self.assertSame(scenario, ["True", "await wasn't used with future", "done", "-> None"])

    def test_F14_F15_errors_nobody_looked_at(self):
        """F14, F15: result, exception, await and gather look; a done callback does not"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()

            def failed(name):
                future = loop.create_future()
                future.set_exception(LookupError(name))
                return future

            failed("dropped")
            failed("cancelled").cancel()
            failed("asked").exception()
            watched = failed("watched")
            watched.add_done_callback(lambda f: None)
            await aio.sleep(0)
            del watched
            try:
                failed("result").result()
            except LookupError:
                pass
            try:
                await failed("awaited")
            except LookupError:
                pass
            await aio.gather(failed("gathered"), return_exceptions=True)
            aio.gather(failed("dropped gather"))
            await aio.sleep(0)

            async def boom():
                raise LookupError("dropped task")

            task = aio.create_task(boom())
            await aio.sleep(0)
            del task
            await aio.sleep(0)

        lines = self.assertSame(scenario)
        self.assertEqual(len(lines), 5)


class Future(unittest.TestCase):
    def setUp(self):
        self.loop = rondo.new_event_loop(virtual_clock=True)
        self.addCleanup(self.loop.close)

    def test_T5_reprs(self):
        future = self.loop.create_future()
        self.assertEqual(repr(future), "<Future pending>")
        future.add_done_callback(print)
        self.assertEqual(repr(future), "<Future pending cb=[print()]>")
        future.set_result([future])
        self.assertEqual(repr(future), "<Future finished result=[...]>")

    def test_more_reprs(self):
        for end, text in (
            (lambda f: f.set_result("x" * 100), "<Future finished result='xxxxxxxxxxxx...xxxxxxxxxxxxx'>"),
            (lambda f: f.set_exception(ValueError(3)), "<Future finished exception=ValueError(3)>"),
            (lambda f: f.cancel(), "<Future cancelled>"),
        ):
            future = self.loop.create_future()
            end(future)
            self.assertEqual(repr(future), text)
            future.cancel()

    def test_F12_its_loop(self):
        self.assertIs(self.loop.create_future().get_loop(), self.loop)
        self.assertIs(rondo.Future(loop=self.loop).get_loop(), self.loop)
        with self.assertRaises(RuntimeError):
            rondo.Future()

    def test_F15_the_report_shows_the_future_itself(self):
        seen = []
        self.loop.set_exception_handler(lambda loop, context: seen.append(context))
        future = self.loop.create_future()
        error = ValueError("lost")
        future.set_exception(error)
        del future
        (context,) = seen
        self.assertEqual(context["message"], "Future exception was never retrieved")
        self.assertIs(context["exception"], error)
        # Whoever keeps it can still look at it.
        kept = context["future"]
        self.assertIs(type(kept), rondo.Future)
        self.assertTrue(kept.done())
        self.assertFalse(kept.cancelled())
        self.assertIs(kept.exception(), error)
        with self.assertRaises(ValueError):
            kept.result()
        self.assertIn("finished exception=ValueError('lost')", repr(kept))
        del kept, context
        seen.clear()
        gc.collect()
        self.assertEqual(seen, [])

    def test_F13_stepped_by_hand(self):
        loop = rondo.new_event_loop()
        future = loop.create_future()
        steps = iter(future)
        self.assertIs(next(steps), future)
        future.set_result(42)
        with self.assertRaises(StopIteration) as stop:
            next(steps)
        self.assertEqual(stop.exception.value, 42)
        loop.close()

    def test_F2_the_state_is_looked_at_first(self):
        loop = rondo.new_event_loop()
        future = loop.create_future()
        future.set_result(1)
        with self.assertRaises(rondo.InvalidStateError):
            future.set_exception("no exception")
        loop.close()

    def test_init_was_not_called(self):
        class Forgetful(rondo.Future):
            def __init__(self):
                pass

        with self.assertRaisesRegex(RuntimeError, "not initialized"):
            Forgetful().get_loop()

    def test_F14_libraries_may_say_that_an_error_was_dealt_with(self):
        reports = []
        loop = rondo.new_event_loop()
        loop.set_exception_handler(lambda loop, context: reports.append(context))
        future = loop.create_future()
        future.set_exception(ValueError())
        with self.assertRaises(ValueError):
            future._log_traceback = True
        future._log_traceback = False
        del future
        gc.collect()
        loop.close()
        self.assertEqual(reports, [])

    def test_subclasses(self):
        class Mine(rondo.Future):
            def __init__(self, *, loop):
                super().__init__(loop=loop)
                self.extra = 1

        async def main(future):
            self.loop.call_soon(future.set_result, "mine")
            return await future

        self.assertEqual(self.loop.run_until_complete(main(Mine(loop=self.loop))), "mine")
        self.assertEqual(str(rondo.Future[int]), "rondo._futures.Future[int]")

    def test_dropped_futures_free_what_they_hold(self):
        class Thing:
            pass

        for end in ("result", "exception", "callback"):
            future, thing = self.loop.create_future(), Thing()
            gone = weakref.ref(thing)
            if end == "result":
                future.set_result(thing)
            elif end == "exception":
                error = ValueError(thing)
                future.set_exception(error)
                future.exception()
                del error
            else:
                future.add_done_callback(lambda f, thing=thing: None)
            del thing
            self.assertIsNotNone(gone(), end)
            del future
            gc.collect()
            self.assertIsNone(gone(), end)


if __name__ == "__main__":
    unittest.main()
