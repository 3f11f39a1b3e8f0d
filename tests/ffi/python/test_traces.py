"""The trace tables A1 to A20, turn by turn, but those of locks and queues."""

import os
import unittest

from both import CPYTHON_IS_REFERENCE, LIBRARIES, Same, count_turns, trace


class AppendixA(Same, unittest.TestCase):
    def assertRows(self, scenario, expected):
        for debug in (None, True):
            lines = self.assertSame(scenario, debug=debug)
            rows = [row for row in self.rows(lines) if row != ["-> None"]]
            if rows[-1][-1] == "-> None":
                rows[-1].pop()
            self.assertEqual(rows, expected)

    def test_A1_sleep_0_round_robin(self):
        async def scenario(aio, log):
            stop = count_turns(aio, log)

            async def task(name):
                log(f"{name}0")
                await aio.sleep(0)
                log(f"{name}1")
                await aio.sleep(0)
                log(f"{name}2")

            tasks = [aio.create_task(task(name)) for name in "ABC"]
            log("M0")
            await aio.sleep(0)
            log("M1")
            await aio.wait(tasks)
            log("M2")
            stop()

        self.assertRows(scenario, [["M0"], ["A0", "B0", "C0", "M1"], ["A1", "B1", "C1"], ["A2", "B2", "C2"], ["M2"]])

    def test_A2_one_completed_task_several_waiters(self):
        async def scenario(aio, log):
            stop = count_turns(aio, log)

            async def work():
                log("T1")
                await aio.sleep(0)
                log("T2")

            async def wait(name):
                log(name, "waits")
                await task
                log(name, "wakes")

            task = aio.create_task(work())
            task.add_done_callback(lambda t: log("cb1"))
            a, b = aio.create_task(wait("A")), aio.create_task(wait("B"))
            log("M awaits")
            await task
            log("M wakes")
            await a
            await b
            log("M ends")
            stop()

        self.assertRows(scenario, [
            ["M awaits"], ["T1", "A waits", "B waits"], ["T2"], ["cb1", "M wakes", "A wakes", "B wakes"], ["M ends"]
        ])

    def test_A3_gather_failure(self):
        async def scenario(aio, log):
            stop = count_turns(aio, log)

            async def child(name, yields, fail=False):
                for _ in range(yields):
                    await aio.sleep(0)
                log(name, "raises" if fail else "returns")
                if fail:
                    raise ValueError(name)

            try:
                await aio.gather(child("A", 1), child("B", 1, True), child("C", 3))
            except ValueError:
                log("M except")
            await aio.sleep(0)
            stop()

        self.assertRows(scenario, [["A returns", "B raises"], ["M except", "C returns"]])

    def test_A4_gather_cancelled(self):
        async def scenario(aio, log):
            async def child(name):
                try:
                    await aio.sleep(10)
                except aio.CancelledError:
                    log(name, "cancelled")
                    await aio.sleep(0)
                    log(name, "cleaned")
                    raise

            async def outer():
                try:
                    await aio.gather(child("A"), child("B"))
                except aio.CancelledError:
                    log("O cancelled")
                    raise

            task = aio.create_task(outer())
            await aio.sleep(0)
            await aio.sleep(0)
            stop = count_turns(aio, log)
            log("M", task.cancel(), task.done())
            try:
                await task
            except aio.CancelledError:
                log("M except")
            stop()

        self.assertRows(scenario, [
            ["M True False"], ["A cancelled", "B cancelled"], ["A cleaned", "B cleaned"], ["O cancelled"], ["M except"]
        ])

    def test_A5_a_group_fails(self):
        async def scenario(aio, log):
            stop = count_turns(aio, log)

            async def child():
                log("A starts")
                try:
                    await aio.sleep(10)
                except aio.CancelledError:
                    log("A cancelled")
                    await aio.sleep(0)
                    log("A cleaned")
                    raise

            async def bad():
                log("Bad starts")
                await aio.sleep(0)
                log("Bad raises")
                raise ValueError("bad")

            try:
                async with aio.TaskGroup() as group:
                    group.create_task(child())
                    group.create_task(bad())
                    log("body sleeps")
                    try:
                        await aio.sleep(10)
                    except aio.CancelledError:
                        log("body cancelled")
                        raise
            except* ValueError:
                log("M except")
            stop()

        self.assertRows(scenario, [
            ["body sleeps"], ["A starts", "Bad starts"], ["Bad raises"], ["A cancelled", "body cancelled"], ["A cleaned"],
            ["M except"],
        ])

    def test_A6_the_order_of_cancellations(self):
        async def scenario(aio, log):
            async def sleeper(name):
                try:
                    await aio.sleep(10)
                except aio.CancelledError:
                    log(name, "cancelled")
                    raise

            a, b, c = (aio.create_task(sleeper(name)) for name in "ABC")
            await aio.sleep(0)
            stop = count_turns(aio, log)
            for task in (c, a, b):
                task.cancel()
            log("M cancels")
            for name, task in zip("ABC", (a, b, c)):
                task.add_done_callback(lambda task, name=name: log("done", name))
            await aio.wait([a, b, c])
            log("M")
            stop()

        self.assertRows(scenario, [
            ["M cancels"], ["C cancelled", "A cancelled", "B cancelled"], ["done C", "done A", "done B"], ["M"]
        ])

    def test_A7_lock_hand_over(self):
        async def scenario(aio, log):
            lock = aio.Lock()

            async def worker(name):
                log(name, "requests")
                async with lock:
                    log(name, "in")
                    await aio.sleep(0)
                    log(name, "releases")

            tasks = [aio.create_task(worker(name)) for name in "ABC"]
            stop = count_turns(aio, log)
            await aio.wait(tasks)
            stop()

        self.assertRows(scenario, [
            ["A requests", "A in", "B requests", "C requests"], ["A releases"], ["B in"], ["B releases"], ["C in"],
            ["C releases"],
        ])  # fmt: skip

    def test_A8_ready_descriptor_timer(self):
        async def scenario(aio, log):
            loop = aio.get_running_loop()
            reading, writing = os.pipe()
            os.write(writing, b"x")

            def soon(n):
                log("soon", n)
                if n < 3:
                    loop.call_soon(soon, n + 1)

            loop.add_reader(reading, lambda: (log("IO"), loop.remove_reader(reading)))
            loop.call_soon(soon, 0)
            loop.call_later(0, log, "T0")
            await aio.sleep(0.01)
            os.close(reading)
            os.close(writing)

        lines = self.assertSame(scenario)
        self.assertEqual(lines, ["soon 0", "IO", "T0", "soon 1", "soon 2", "soon 3", "-> None"])

    def test_A9_eager_against_lazy(self):
        async def scenario(aio, log):
            async def child(name):
                log(name, 1)
                await aio.sleep(0)
                log(name, 2)

            loop = aio.get_running_loop()
            stop = count_turns(aio, log)
            log("M1")
            eager = aio.Task(child("E"), loop=loop, eager_start=True)
            log("M2")
            lazy = aio.create_task(child("Z"))
            log("M3")
            await eager
            log("M4")
            await lazy
            log("M5")
            stop()

        self.assertRows(scenario, [["M1", "E 1", "M2", "M3"], ["E 2", "Z 1"], ["M4", "Z 2"], ["M5"]])

    def test_A10_condition(self):
        async def scenario(aio, log):
            condition = aio.Condition()

            async def waiter(name):
                async with condition:
                    log(name, "waits")
                    await condition.wait()
                    log(name, "woke")

            async def notifier():
                async with condition:
                    condition.notify_all()
                    log("M notify_all")
                    await aio.sleep(0)
                    await aio.sleep(0)
                    log("M releases")

            tasks = [aio.create_task(coro) for coro in (waiter("A"), waiter("B"), notifier())]
            stop = count_turns(aio, log)
            await aio.wait(tasks)
            stop()

        self.assertRows(scenario, [
            ["A waits", "B waits", "M notify_all"], ["M releases"], ["A woke"], ["B woke"]
        ])  # fmt: skip

    def test_A11_shield(self):
        async def scenario(aio, log):
            async def inner():
                await aio.sleep(0.01)
                log("I done")

            async def outer():
                try:
                    await aio.shield(work)
                except aio.CancelledError:
                    log("O cancelled")
                    raise

            work = aio.create_task(inner())
            task = aio.create_task(outer())
            await aio.sleep(0)
            stop = count_turns(aio, log)
            log("M cancels", task.cancel())
            try:
                await task
            except aio.CancelledError:
                log("M except", work.done())
            stop()
            await work
            log("M goes on")

        self.assertRows(scenario, [["M cancels True"], ["O cancelled"], ["M except False", "I done", "M goes on"]])

    def test_A12_timeout_against_result(self):
        """A12: f is set in the turn in which the timeout expires, ahead of it; a turn earlier; never"""

        def case(set_f_at):
            async def scenario(aio, log):
                loop = aio.get_running_loop()
                future = loop.create_future()

                async def wait():
                    try:
                        async with aio.timeout_at(deadline):
                            log("W got", await future)
                    except TimeoutError:
                        log("W timed out")

                deadline = loop.time() + 0.005
                loop.call_at(set_f_at(deadline), lambda: (log("f set"), future.done() or future.set_result("value")))
                task = aio.create_task(wait())
                await task
                log("cancelled" if future.cancelled() else "done")

            return scenario

        self.assertSame(case(lambda deadline: deadline), ["f set", "W timed out", "done", "-> None"])
        self.assertSame(case(lambda deadline: deadline - 0.001), ["f set", "W got value", "done", "-> None"])
        self.assertSame(case(lambda deadline: deadline + 1), ["W timed out", "cancelled", "-> None"])

    def test_A13_cancel_through_a_chain(self):
        async def scenario(aio, log):
            async def inner():
                try:
                    await aio.sleep(10)
                finally:
                    log("inner's finally")

            async def mid():
                try:
                    await inner_task
                except aio.CancelledError as error:
                    log("mid", error, inner_task.done())
                    raise

            inner_task = aio.create_task(inner())
            mid_task = aio.create_task(mid())
            await aio.sleep(0)
            await aio.sleep(0)
            stop = count_turns(aio, log)
            log("cancel", mid_task.cancel("m"))
            try:
                await mid_task
            except aio.CancelledError as error:
                log("M", error)
            stop()

        self.assertRows(scenario, [["cancel True"], ["inner's finally"], ["mid m True"], ["M m"]])

    def test_A15_cancel_while_ready(self):
        async def scenario(aio, log):
            async def wait():
                try:
                    log("value", await future)
                except aio.CancelledError:
                    log("w cancelled")
                    await aio.sleep(0)
                    log("w ends")

            future = aio.get_running_loop().create_future()
            task = aio.create_task(wait())
            await aio.sleep(0)
            stop = count_turns(aio, log)
            future.set_result(1)
            log("M", task.cancel(), future.cancelled())
            await task
            log("M", task.cancelled(), task.cancelling())
            stop()

        self.assertRows(scenario, [["M True False"], ["w cancelled"], ["w ends"], ["M False 1"]])

    def test_A16_turns_until_the_wake_up(self):
        async def scenario(aio, log):
            async def directly(future):
                await future

            async def by_wait_for(future):
                await aio.wait_for(future, 10)

            async def in_timeout(future):
                async with aio.timeout(10):
                    await future

            async def by_gather(future):
                await aio.gather(future)

            async def by_wait(future):
                await aio.wait([future])

            async def by_shield(future):
                await aio.shield(future)

            async def by_task(future):
                await aio.create_task(directly(future))

            async def by_group(future):
                async with aio.TaskGroup() as group:
                    group.create_task(directly(future))

            async def measure(wait):
                future = aio.get_running_loop().create_future()
                task = aio.create_task(wait(future))
                task.add_done_callback(lambda task: log(wait.__name__, turn - started))
                for _ in range(3):
                    await aio.sleep(0)
                turn = started = 0
                future.set_result(None)
                while not task.done():
                    await aio.sleep(0)
                    turn += 1
                await aio.sleep(0)

            waits = (directly, by_wait_for, in_timeout, by_gather, by_wait, by_shield, by_task, by_group)
            for wait in waits:
                await measure(wait)

        for debug in (None, True):
            lines = self.assertSame(scenario, debug=debug)
            self.assertEqual(lines, [
                "directly 1", "by_wait_for 1", "in_timeout 1", "by_gather 2", "by_wait 2", "by_shield 2", "by_task 2",
                "by_group 3", "-> None",
            ])

    def test_A18_a_bounded_queue(self):
        async def scenario(aio, log):
            queue = aio.Queue(1)

            async def producer():
                for item in range(3):
                    await queue.put(item)
                    log("put", item)

            async def consumer():
                for _ in range(3):
                    log("got", await queue.get())

            stop = count_turns(aio, log)
            await aio.gather(producer(), consumer())
            stop()

        self.assertRows(scenario, [["put 0", "got 0"], ["put 1"], ["got 1"], ["put 2"], ["got 2"]])

    def test_A19_shutdown(self):
        """A19, B6: cancelled in the order they were made"""

        async def scenario(aio, log):
            async def background(name, end):
                try:
                    await aio.sleep(10)
                except aio.CancelledError:
                    log(name, "cancelled")
                    await end()

            async def cancelled():
                raise aio.CancelledError

            async def fails():
                raise ValueError("b")

            async def swallows():
                await aio.sleep(0.01)
                log("c done")

            async def generate():
                try:
                    yield 1
                finally:
                    log("generator's finally")
                    await aio.sleep(0)
                    log("generator ends")

            for name, end in (("a", cancelled), ("b", fails), ("c", swallows)):
                aio.create_task(background(name, end))
            generator = generate()
            KEPT.append(generator)
            await anext(generator)
            await aio.sleep(0)
            log("M ends")

        traces = [trace(aio, scenario) for aio in LIBRARIES]
        KEPT.clear()
        self.assertEqual(traces[1], [
            "M ends", "-> None", "a cancelled", "b cancelled", "c cancelled", "c done",
            "REPORT unhandled exception during asyncio.run() shutdown task ValueError(b)",
            "generator's finally", "generator ends",
        ])
        if CPYTHON_IS_REFERENCE:
            theirs = traces[0]
            theirs[2:5] = sorted(theirs[2:5])
            self.assertEqual(*traces)


KEPT = []


if __name__ == "__main__":
    unittest.main()
