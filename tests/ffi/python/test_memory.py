"""What tasks and futures cost, and that nothing stays behind."""

import ctypes
import gc
import os
import resource
import sys
import unittest
import weakref

import rondo
from rondo import _ffi


def virtual():
    return rondo.new_event_loop(virtual_clock=True)


def stats(loop):
    out = _ffi.LoopStats()
    _ffi.loop_get_stats(loop.native, ctypes.addressof(out))
    return out


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


class Memory(unittest.TestCase):
    def test_a_task_takes_at_most_1_2_kilobytes(self):
        async def child():
            await rondo.sleep(0)

        async def main():
            loop = rondo.get_running_loop()
            await rondo.gather(*[child() for _ in range(1000)])
            gc.collect()
            before = resident()
            tasks = [loop.create_task(child()) for _ in range(50_000)]
            await rondo.sleep(0)
            cost = (resident() - before) / len(tasks)
            await rondo.gather(*tasks)
            return cost

        self.assertLess(rondo.run(main()), 1200)

    def test_futures_and_tasks_are_given_back(self):
        async def child(i):
            await rondo.sleep(i % 3)
            if i % 4 == 0:
                raise ValueError(i)
            return object()

        async def round_of_work():
            tasks = [rondo.create_task(child(i)) for i in range(50)]
            tasks[1].cancel()
            await rondo.gather(*tasks, return_exceptions=True)
            future = rondo.get_running_loop().create_future()
            future.add_done_callback(lambda f: None)
            future.set_exception(LookupError())
            try:
                await future
            except LookupError:
                pass

        async def main():
            loop = rondo.get_running_loop()
            counts = []
            for _ in range(4):
                await rondo.create_task(round_of_work())
                await rondo.sleep(0)
                await rondo.sleep(0)
                gc.collect()
                counts.append((stats(loop).futures, stats(loop).tasks, len(gc.get_objects())))
            self.assertEqual(counts[1][:2], counts[3][:2])
            self.assertLess(counts[3][2] - counts[1][2], 20)

        rondo.run(main(), loop_factory=virtual)

    def check_freed(self, scenario):
        """Runs a scenario that answers with weak references, and expects them dead."""

        async def main():
            for gone in await rondo.create_task(scenario()):
                for _ in range(3):
                    await rondo.sleep(0)
                gc.collect()
                self.assertIsNone(gone())

        rondo.run(main(), loop_factory=virtual)

    def test_an_exception_whose_traceback_leads_to_its_task(self):
        class Thing:
            pass

        async def boom(thing):
            me = rondo.current_task()
            raise ValueError(me)

        async def scenario():
            thing = Thing()
            task = rondo.create_task(boom(thing))
            try:
                await task
            except ValueError as error:
                kept = error
            return [weakref.ref(thing), weakref.ref(task)]

        self.check_freed(scenario)

    def test_an_object_that_holds_the_task_that_runs_its_method(self):
        class Service:
            async def run(self):
                await rondo.sleep(1)
                raise LookupError("failed")

        async def scenario():
            gone = []
            for end in ("fail", "cancel", "gather"):
                service = Service()
                service.task = rondo.create_task(service.run())
                await rondo.sleep(0)
                if end == "cancel":
                    service.task.cancel()
                if end == "gather":
                    service.all = rondo.gather(service.task)
                    try:
                        await service.all
                    except LookupError as error:
                        service.error = error
                else:
                    await rondo.gather(service.task, return_exceptions=True)
                gone.append(weakref.ref(service))
                del service
            return gone

        self.check_freed(scenario)

    def test_an_exception_set_on_a_future_it_leads_to(self):
        async def scenario():
            future = rondo.get_running_loop().create_future()
            try:
                raise ValueError(future)
            except ValueError as error:
                future.set_exception(error)
            try:
                await future
            except ValueError:
                pass
            return [weakref.ref(future)]

        self.check_freed(scenario)

    def test_a_pending_future_with_callbacks_that_nobody_can_finish(self):
        async def scenario():
            future = rondo.get_running_loop().create_future()
            future.add_done_callback(print)
            return [weakref.ref(future)]

        self.check_freed(scenario)

    def test_a_loop_and_its_runner_go_away(self):
        async def main():
            rondo.create_task(rondo.sleep(100))
            rondo.get_running_loop().call_later(5, print)
            await rondo.sleep(0.01)

        gone = []
        for _ in range(3):
            runner = rondo.Runner()
            runner.run(main())
            gone.append(weakref.ref(runner.get_loop()))
            runner.close()
            del runner
        gc.collect()
        self.assertEqual([ref() for ref in gone], [None] * 3)

    def test_results_are_not_kept(self):
        class Thing:
            pass

        async def make():
            return Thing()

        async def scenario():
            thing = await rondo.create_task(make())
            return [weakref.ref(thing)]

        self.check_freed(scenario)

    def test_reference_counts_of_results(self):
        async def main():
            thing = object()
            before = sys.getrefcount(thing)
            for _ in range(100):
                future = rondo.get_running_loop().create_future()
                future.set_result(thing)
                self.assertIs(await future, thing)
                self.assertIs(future.result(), thing)
                (same,) = await rondo.gather(future)
                self.assertIs(await rondo.create_task(rondo.sleep(0, thing)), same)
            del future, same
            await rondo.sleep(0)
            await rondo.sleep(0)
            self.assertEqual(sys.getrefcount(thing), before)

        rondo.run(main())

    def test_descriptors_are_given_back(self):
        async def main():
            await rondo.sleep(0.001)

        rondo.run(main())
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(20):
            rondo.run(main())
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)


class Interleaving(unittest.TestCase):
    """The garbage collector runs anybody's code between any two lines."""

    def setUp(self):
        self.addCleanup(gc.set_threshold, *gc.get_threshold())
        gc.set_threshold(1)

    def test_nothing_made_in_between_is_mistaken_for_ones_own(self):
        class Trash:
            def __init__(self):
                self.myself = self

            def __del__(self):
                if rondo._running.running.loop is loop:
                    made.append(loop.create_future())
                    made[-1].set_result("made in between")
                    made.append(loop.create_task(child("made in between"), name="made in between"))
                    self.seen = made[-2].result()

        async def child(result):
            Trash()
            return result

        async def main():
            futures, tasks = [], []
            for i in range(60):
                Trash()
                futures.append(loop.create_future())
                futures[-1].set_result(i)
                tasks.append(loop.create_task(child(i), name=f"number {i}" if i % 2 else None))
                async with rondo.timeout(100 + i) as limit, rondo.TaskGroup() as group:
                    group.create_task(child(i), name="in a group", eager_start=i % 3 == 0)
                    self.assertEqual(limit.when(), limit.when())
                self.assertEqual(repr(limit), "<Timeout [finished]>")
            self.assertEqual([future.result() for future in futures], list(range(60)))
            self.assertEqual(await rondo.gather(*tasks), list(range(60)))
            self.assertEqual({task.get_name() for task in tasks[1::2]}, {f"number {i}" for i in range(1, 60, 2)})
            addresses = {thing.native for thing in futures + tasks + made}
            self.assertEqual(len(addresses), len(futures + tasks + made))

        made = []
        loop = rondo.new_event_loop(virtual_clock=True)
        with rondo.Runner(loop_factory=lambda: loop) as runner:
            runner.run(main())
        self.assertGreater(len(made), 60)


if __name__ == "__main__":
    unittest.main()
