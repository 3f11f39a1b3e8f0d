"""semantics.md section 18: async generators, A-1 to A-5."""

import contextvars
import gc
import threading
import unittest
import warnings

import rondo
from both import Same, describe

var = contextvars.ContextVar("var", default="unset")


def virtual():
    return rondo.new_event_loop(virtual_clock=True)


async def numbers(aio, log, name="generator", cleanup=0):
    """Produces for ever; logs its end."""
    try:
        for i in range(1000):
            yield i
            await aio.sleep(0)
    finally:
        if cleanup:
            await aio.sleep(cleanup)
        log(name, "closed")


class Hooks(Same, unittest.TestCase):
    def test_A_1_hooks_are_there_only_while_a_loop_runs(self):
        """A-1"""
        import sys

        async def main():
            return sys.get_asyncgen_hooks()

        before = sys.get_asyncgen_hooks()
        self.assertNotEqual(rondo.run(main()), before)
        self.assertEqual(sys.get_asyncgen_hooks(), before)

    def test_A_2_dropped_unfinished(self):
        """A-2: its cleanup runs in a task and a context of its own"""

        async def scenario(aio, log):
            async def generator():
                try:
                    var.set("inside")
                    yield 1
                    yield 2
                finally:
                    await aio.sleep(0)
                    log("closed", aio.current_task() is outer, var.get())

            outer = aio.current_task()
            var.set("outside")
            async for _ in generator():
                break
            gc.collect()
            log("left", var.get())
            for i in range(5):
                await aio.sleep(0)
                log(i)

        self.assertSame(scenario)

    def test_A_2_dropped_in_another_thread(self):
        """A-2"""

        async def main():
            producer = [numbers(rondo, lambda *words: log.append(words))]
            await anext(producer[0])
            thread = threading.Thread(target=producer.clear)
            thread.start()
            while thread.is_alive() or not log:
                await rondo.sleep(0.001)
            thread.join()

        log = []
        rondo.run(main())
        self.assertEqual(log, [("generator", "closed")])

    def test_A_2_dropped_after_the_loop(self):
        """A-2: nothing can be done"""

        async def main():
            producer = numbers(rondo, lambda *words: log.append(words))
            await anext(producer)
            return producer

        log = []
        loop = virtual()
        producer = loop.run_until_complete(main())
        loop.close()
        del producer
        gc.collect()
        self.assertEqual(log, [])

    def test_A_4_leaving_the_loop_does_not_close(self):
        """A-4"""

        async def scenario(aio, log):
            producer = numbers(aio, log)
            async for i in producer:
                if i == 3:
                    break
            for _ in range(5):
                await aio.sleep(0)
            log("still open", await anext(producer))
            await producer.aclose()
            log("explicitly")

        self.assertSame(scenario)

    def test_exhausted_ones_are_forgotten(self):
        """A-1"""

        async def main():
            async def two():
                yield 1
                yield 2

            loop = rondo.get_running_loop()
            for _ in range(100):
                self.assertEqual([i async for i in two()], [1, 2])
            gc.collect()
            self.assertEqual(len(loop._generators), 0)

        rondo.run(main(), loop_factory=virtual)


class Closing(Same, unittest.TestCase):
    def test_A_3_the_end_of_a_run(self):
        """A-3, R24: after the tasks"""

        async def scenario(aio, log):
            async def task():
                try:
                    await aio.sleep(100)
                finally:
                    await aio.sleep(0.1)
                    log("task ended")

            kept.append(aio.create_task(task()))
            kept.append(numbers(aio, log, cleanup=0.1))
            await anext(kept[-1])

        kept = []
        self.assertSame(scenario, ["-> None", "task ended", "generator closed"])

    def test_A_3_all_at_once(self):
        """A-3: concurrently"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            producers = [numbers(aio, lambda *words: None, cleanup=1) for _ in range(3)]
            for producer in producers:
                await anext(producer)
            begun = loop.time()
            await loop.shutdown_asyncgens()
            log(loop.time() - begun)
            log([await anext(producer, "over") for producer in producers])

        self.assertSame(scenario, ["1.0", "['over', 'over', 'over']", "-> None"])

    def test_A_5_the_newest_first(self):
        """A-5, B6: asyncio closes them in the order of a set"""

        async def main():
            for i in range(5):
                kept.append(numbers(rondo, lambda name, _: log.append(name), i))
                await anext(kept[-1])

        kept, log = [], []
        rondo.run(main(), loop_factory=virtual)
        self.assertEqual(log, [4, 3, 2, 1, 0])

    def test_A_3_errors_are_reported(self):
        """A-3"""

        async def main():
            async def fails():
                try:
                    yield 1
                finally:
                    raise KeyError("cleanup")

            rondo.get_running_loop().set_exception_handler(lambda loop, context: told.append(context))
            producers.append(fails())
            await anext(producers[0])

        told, producers = [], []
        rondo.run(main(), loop_factory=virtual)
        [context] = told
        self.assertEqual(sorted(context), ["asyncgen", "exception", "message"])
        self.assertEqual(describe(context["exception"]), "KeyError('cleanup')")
        self.assertIs(context["asyncgen"], producers[0])
        self.assertTrue(context["message"].startswith("an error occurred during closing of asynchronous generator <"))

    def test_A_3_errors_are_reported_as_asyncio_does(self):
        """A-3"""

        async def scenario(aio, log):
            async def fails():
                try:
                    yield 1
                finally:
                    raise KeyError("cleanup")

            loop = aio.get_running_loop()
            loop.set_exception_handler(lambda loop, context: log(sorted(context), describe(context["exception"])))
            producer = fails()
            await anext(producer)
            await loop.shutdown_asyncgens()
            log("shut down")

        self.assertSame(scenario)

    def test_A_3_those_that_begin_afterwards(self):
        """A-3: they work, with a warning, and a later shutdown closes them"""

        async def scenario(aio, log):
            loop = aio.get_running_loop()
            await loop.shutdown_asyncgens()
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                producer = numbers(aio, log)
                log(await anext(producer))
            log([warning.category.__name__ for warning in caught])
            log(str(caught[0].message).split("<")[0], str(caught[0].message).split(">")[-1])
            await loop.shutdown_asyncgens()
            log("shut down")

        self.assertSame(scenario)

    def test_nothing_to_close(self):
        async def scenario(aio, log):
            loop = aio.get_running_loop()
            await loop.shutdown_asyncgens()
            await loop.shutdown_asyncgens()

        self.assertSame(scenario, ["-> None"])

    def test_one_that_awaits_in_its_cleanup_and_is_cancelled_too(self):
        """A-3, R24"""

        async def scenario(aio, log):
            async def consumer():
                async for _ in producer:
                    pass

            producer = numbers(aio, log, cleanup=1)
            task = aio.create_task(consumer())
            await aio.sleep(0.1)
            log(task.done())

        self.assertSame(scenario)

    def test_several_runs(self):
        """A-1, A-3"""

        async def begin(name):
            kept.append(numbers(rondo, lambda *words: log.append(words), name))
            await anext(kept[-1])

        kept, log = [], []
        with rondo.Runner(virtual_clock=True) as runner:
            runner.run(begin("first"))
            self.assertEqual(log, [])
            runner.run(begin("second"))
        self.assertEqual(log, [("second", "closed"), ("first", "closed")])

    def test_a_generator_that_begins_while_another_is_closed(self):
        """A-3: nothing hangs"""

        async def main():
            async def outer():
                try:
                    yield 1
                finally:
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore")
                        kept.append(numbers(rondo, lambda *words: log.append(words), "late"))
                        await anext(kept[-1])

            kept.append(outer())
            await anext(kept[0])

        kept, log = [], []
        rondo.run(main(), loop_factory=virtual)
        self.assertIn(log, ([], [("late", "closed")]))


if __name__ == "__main__":
    unittest.main()
