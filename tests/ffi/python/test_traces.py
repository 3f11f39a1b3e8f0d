"""semantics.md appendix A: the trace tables, turn by turn. (A4, A14-A17 and A20 stand with what they show.)"""

import os
import unittest

from both import CPYTHON_IS_REFERENCE, Same, count_turns


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
            await aio.gather(*tasks)
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

    def test_A9_lazy_tasks(self):
        """A9 without its eager half"""

        async def scenario(aio, log):
            stop = count_turns(aio, log)

            async def child():
                log("Z1")
                await aio.sleep(0)
                log("Z2")

            log("M1")
            task = aio.create_task(child())
            log("M2")
            await task
            log("M3")
            stop()

        self.assertRows(scenario, [["M1", "M2"], ["Z1"], ["Z2"], ["M3"]])

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


if __name__ == "__main__":
    unittest.main()
