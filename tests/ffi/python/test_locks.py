"""semantics.md sections 12 to 16: locks, events, conditions, semaphores, barriers."""

import asyncio
import unittest

import rondo
from both import Same, count_turns, describe


async def turns(aio, n):
    for _ in range(n):
        await aio.sleep(0)


def virtual():
    return rondo.new_event_loop(virtual_clock=True)


def run(main):
    return rondo.run(main, loop_factory=virtual)


class Locks(Same, unittest.TestCase):
    def test_Y1_not_owned_not_reentrant(self):
        """Y1"""

        async def scenario(aio, log):
            lock = aio.Lock()
            try:
                lock.release()
            except RuntimeError as error:
                log(describe(error))
            await lock.acquire()

            async def other():
                lock.release()
                log("released by another", lock.locked())

            await aio.create_task(other())
            await lock.acquire()
            try:
                await aio.wait_for(lock.acquire(), 1)
            except TimeoutError:
                log("its own second acquire waits", lock.locked())
            lock.release()
            log(lock.locked())

        self.assertSame(scenario)

    def test_Y2_no_barging(self):
        """Y2"""

        async def scenario(aio, log):
            lock = aio.Lock()
            await lock.acquire()

            async def a():
                await lock.acquire()
                log("a")
                lock.release()

            aio.create_task(a())
            await aio.sleep(0)
            lock.release()
            await lock.acquire()
            log("me")

        self.assertSame(scenario, ["a", "me", "-> None"])

    def test_Y3_free_between_release_and_resume(self):
        """Y3"""

        async def scenario(aio, log):
            lock = aio.Lock()
            await lock.acquire()
            waiter = aio.create_task(lock.acquire())
            await aio.sleep(0)
            lock.release()
            log(lock.locked())
            await aio.sleep(0)
            log(lock.locked(), await waiter)

        self.assertSame(scenario, ["False", "True True", "-> None"])

    def test_Y4_a_cancelled_waiter_passes_it_on(self):
        """Y4"""

        async def scenario(aio, log):
            lock = aio.Lock()
            await lock.acquire()

            async def worker(name):
                try:
                    async with lock:
                        log(name, "has it")
                        await aio.sleep(0)
                except aio.CancelledError:
                    log(name, "cancelled", lock.locked())
                    raise

            a, b, c = [aio.create_task(worker(name)) for name in "abc"]
            await aio.sleep(0)
            lock.release()
            a.cancel()  # it was its turn
            await aio.sleep(0)
            log("turn over")
            c.cancel()  # it was not
            await aio.gather(a, b, c, return_exceptions=True)
            log(lock.locked())

        self.assertSame(scenario)

    def test_Y4_cancelled_before_the_release(self):
        """Y4: those who were cancelled do not keep newcomers from a free lock"""

        async def scenario(aio, log):
            lock = aio.Lock()
            await lock.acquire()
            waiters = [aio.create_task(lock.acquire()) for _ in range(3)]
            await aio.sleep(0)
            for waiter in waiters:
                waiter.cancel()
            lock.release()
            log(await lock.acquire(), lock.locked())
            await aio.gather(*waiters, return_exceptions=True)
            log(lock.locked())

        self.assertSame(scenario)

    def test_Y5_first_come_first_served(self):
        """Y5, A7"""

        async def scenario(aio, log):
            lock = aio.Lock()

            async def worker(name):
                async with lock:
                    log(name, "in")
                    await aio.sleep(0)
                    log(name, "out")

            stop = count_turns(aio, log)
            await aio.gather(*[worker(name) for name in "abc"])
            stop()

        self.assertSame(scenario)

    def test_Y6_released_on_every_exit(self):
        """Y6"""

        async def scenario(aio, log):
            lock = aio.Lock()
            log(await lock.acquire())
            lock.release()
            async with lock as nothing:
                log(nothing, lock.locked())
            try:
                async with lock:
                    raise KeyError("why")
            except KeyError:
                log(lock.locked())

            async def waits():
                async with lock:
                    await aio.sleep(10)

            task = aio.create_task(waits())
            await aio.sleep(0)
            task.cancel()
            await aio.wait([task])
            log(lock.locked())

        self.assertSame(scenario)

    def test_Y7_bound_where_somebody_waited(self):
        """Y7"""

        async def contend(aio, thing, wait):
            waiter = aio.create_task(wait())
            await aio.sleep(0)
            waiter.cancel()
            await aio.wait([waiter])

        def uses(aio):
            lock, event, semaphore, queue = aio.Lock(), aio.Event(), aio.Semaphore(0), aio.Queue()
            condition = aio.Condition()

            async def locked():
                if not lock.locked():
                    await lock.acquire()
                await lock.acquire()

            async def noticed():
                async with condition:
                    await condition.wait()

            return locked, event.wait, semaphore.acquire, queue.get, noticed

        for aio in (asyncio, rondo):
            for wait in uses(aio):
                with self.subTest(library=aio.__name__, wait=wait.__name__):
                    aio.run(contend(aio, None, wait))
                    with self.assertRaisesRegex(RuntimeError, "is bound to a different event loop"):
                        aio.run(wait())

    def test_Y7_uncontended_use_binds_nothing(self):
        """Y7"""
        lock, event, queue = rondo.Lock(), rondo.Event(), rondo.Queue()

        async def use():
            async with lock:
                event.set()
                await event.wait()
                await queue.put(1)
                return await queue.get()

        self.assertEqual([rondo.run(use()), rondo.run(use())], [1, 1])

    def test_Y8_description(self):
        """Y8: none of them is for threads; their descriptions are asyncio's"""

        async def scenario(aio, log):
            def show(thing):
                log(repr(thing).split(" at 0x")[1].split(" ", 1)[1])

            lock, event, condition, semaphore = aio.Lock(), aio.Event(), aio.Condition(), aio.Semaphore(2)
            barrier = aio.Barrier(2)
            things = [lock, event, condition, semaphore, barrier]
            for thing in things:
                show(thing)
            await lock.acquire()
            await semaphore.acquire()

            async def notice():
                async with condition:
                    await condition.wait()

            waits = [lock.acquire(), lock.acquire(), event.wait(), notice(), semaphore.acquire(), semaphore.acquire()]
            tasks = [aio.create_task(wait) for wait in [*waits, barrier.wait()]]
            await aio.sleep(0)
            for thing in things:
                show(thing)
            event.set()
            show(event)
            for task in tasks:
                task.cancel()
            await aio.wait(tasks)
            for thing in things:
                show(thing)
            await barrier.abort()
            show(barrier)

        self.assertSame(scenario)

    def test_attributes_and_subclasses(self):
        class Named(rondo.Lock):
            def __init__(self, name):
                super().__init__()
                self.name = name

        lock = Named("mine")
        lock.note = "more"
        self.assertEqual((lock.name, lock.note, lock.locked()), ("mine", "more", False))
        self.assertGreater(lock.native, 0)
        for kind in (rondo.Lock, rondo.Event, rondo.Condition, rondo.Semaphore, rondo.Barrier):
            with self.assertRaises(TypeError):
                kind(loop=None)

    def test_without_a_loop(self):
        lock = rondo.Lock()
        with self.assertRaises(StopIteration) as stop:
            lock.acquire().send(None)
        self.assertIs(stop.exception.value, True)
        with self.assertRaisesRegex(RuntimeError, "no running event loop"):
            lock.acquire().send(None)


class Events(Same, unittest.TestCase):
    def test_Y10_set_wakes_all_in_order(self):
        """Y10"""

        async def scenario(aio, log):
            event = aio.Event()

            async def waiter(name):
                log(name, await event.wait(), event.is_set())

            tasks = [aio.create_task(waiter(name)) for name in "abc"]
            await aio.sleep(0)
            event.set()
            event.clear()
            event.set()
            event.clear()
            log(event.is_set())
            await aio.wait(tasks)

        self.assertSame(scenario, ["False", "a True False", "b True False", "c True False", "-> None"])

    def test_Y11_a_set_event_is_no_wait(self):
        """Y11"""

        async def scenario(aio, log):
            event = aio.Event()
            event.set()
            aio.get_running_loop().call_soon(log, "another")
            log(await event.wait())
            event.clear()
            task = aio.create_task(event.wait())
            await aio.sleep(0)
            event.set()
            task.cancel()
            await aio.wait([task])
            log(task.cancelled())

        self.assertSame(scenario, ["True", "another", "True", "-> None"])


class Conditions(Same, unittest.TestCase):
    def test_Y20_needs_the_lock(self):
        """Y20"""

        async def scenario(aio, log):
            lock = aio.Lock()
            condition, same = aio.Condition(lock), aio.Condition(lock)
            for use in (condition.notify, condition.notify_all):
                try:
                    use()
                except RuntimeError as error:
                    log(describe(error))
            try:
                await condition.wait()
            except RuntimeError as error:
                log(describe(error))
            async with same:
                log(lock.locked(), condition.locked())
                condition.notify()  # by whoever holds it

        self.assertSame(scenario)

    def test_Y21_the_lock_is_held_again_however_it_ends(self):
        """Y21"""

        async def scenario(aio, log):
            condition = aio.Condition()

            async def waiter():
                async with condition:
                    try:
                        await condition.wait()
                    except aio.CancelledError as error:
                        log("cancelled", error.args, condition.locked())
                        raise

            task = aio.create_task(waiter())
            await aio.sleep(0)
            await condition.acquire()
            task.cancel("first")
            await turns(aio, 3)
            log(task.done())
            for message in ("second", "third"):
                task.cancel(message)
                await turns(aio, 3)
                log(task.done())
            condition.release()
            await aio.wait([task])
            log(task.cancelled(), condition.locked())

        self.assertSame(scenario, ["False", "False", "False", "cancelled ('third',) True", "True False", "-> None"])

    def test_Y22_notify_some(self):
        """Y22, A10"""

        async def scenario(aio, log):
            condition = aio.Condition()

            async def waiter(name):
                async with condition:
                    log(name, await condition.wait())
                    await aio.sleep(0)
                    log(name, "leaves")

            tasks = [aio.create_task(waiter(name)) for name in "abcde"]
            await aio.sleep(0)
            stop = count_turns(aio, log)
            async with condition:
                condition.notify(0)
                condition.notify(2)
                log("notified")
                await aio.sleep(0)
                log("lets go")
            await turns(aio, 8)
            async with condition:
                condition.notify()
            await turns(aio, 5)
            async with condition:
                condition.notify_all()
            await aio.wait(tasks)
            stop()

        self.assertSame(scenario)

    def test_Y23_a_cancelled_one_passes_the_notification_on(self):
        """Y23"""

        async def scenario(aio, log):
            condition = aio.Condition()

            async def waiter(name):
                async with condition:
                    await condition.wait()
                    log(name)

            a, b = [aio.create_task(waiter(name)) for name in "ab"]
            await aio.sleep(0)
            async with condition:
                condition.notify()
            a.cancel()
            await aio.wait([a, b])
            log(a.cancelled())

        self.assertSame(scenario, ["b", "True", "-> None"])

    def test_Y24_wait_for(self):
        """Y24"""

        async def scenario(aio, log):
            condition = aio.Condition()
            values = [0, [], "well"]

            async def waiter():
                async with condition:
                    log(await condition.wait_for(lambda: values.pop(0)))

            task = aio.create_task(waiter())
            for _ in range(2):
                await aio.sleep(0.1)
                async with condition:
                    condition.notify()
            await task
            async with condition:
                log(await condition.wait_for(lambda: "at once"))

        self.assertSame(scenario, ["well", "at once", "-> None"])

    def test_Y20_takes_its_own_locks_only(self):
        with self.assertRaises(TypeError):
            rondo.Condition(asyncio.Lock())


class Semaphores(Same, unittest.TestCase):
    def test_Y30_a_permit_is_handed_over(self):
        """Y30"""

        async def scenario(aio, log):
            for kind in (aio.Semaphore, aio.BoundedSemaphore):
                try:
                    kind(-1)
                except ValueError as error:
                    log(describe(error))
            semaphore = aio.Semaphore()
            await semaphore.acquire()
            waiter = aio.create_task(semaphore.acquire())
            await aio.sleep(0)
            semaphore.release()
            log(semaphore._value, semaphore.locked())
            log(await waiter, semaphore._value, semaphore.locked())
            semaphore.release()
            semaphore.release()
            log(semaphore._value, semaphore.locked())

        self.assertSame(scenario)

    def test_Y31_order(self):
        """Y31"""

        async def scenario(aio, log):
            semaphore = aio.Semaphore(2)

            async def worker(name, delay):
                async with semaphore:
                    log(name, "in", semaphore._value)
                    await aio.sleep(delay)
                log(name, "out", semaphore._value)

            tasks = [aio.create_task(worker(name, delay)) for name, delay in zip("abcde", (0.3, 0.1, 0, 0.2, 0))]
            await aio.sleep(0.05)
            tasks[2].cancel()
            await aio.sleep(0.05)
            async with semaphore:
                log("me")
            await aio.wait(tasks)
            log(semaphore._value)

        self.assertSame(scenario)

    def test_Y31_cancelled_with_the_permit_in_hand(self):
        """Y31, Y33: permits, those handed over and those held stay the same"""

        async def scenario(aio, log):
            semaphore = aio.Semaphore(0)

            async def worker(name):
                await semaphore.acquire()
                log(name)

            a, b, c = [aio.create_task(worker(name)) for name in "abc"]
            await aio.sleep(0)
            semaphore.release()
            semaphore.release()
            a.cancel()
            log(semaphore._value)
            await aio.wait([a, b, c])
            log(semaphore._value, semaphore.locked(), a.cancelled())

        self.assertSame(scenario, ["0", "b", "c", "0 True True", "-> None"])

    def test_Y32_bounded(self):
        """Y32"""

        async def scenario(aio, log):
            for value in (0, 1, 2):
                semaphore = aio.BoundedSemaphore(value)
                try:
                    semaphore.release()
                except ValueError as error:
                    log(value, describe(error))
                if value:
                    async with semaphore:
                        log(semaphore._value)

        self.assertSame(scenario)


class Barriers(Same, unittest.TestCase):
    def test_Y40_indices(self):
        """Y40"""

        async def scenario(aio, log):
            try:
                aio.Barrier(0)
            except ValueError as error:
                log(describe(error))
            barrier = aio.Barrier(3)

            async def party(name):
                for _ in range(2):
                    log(name, await barrier.wait(), barrier.n_waiting)
                async with barrier as index:
                    log(name, index)

            await aio.gather(*[party(name) for name in "abc"])
            log(barrier.parties, barrier.n_waiting, barrier.broken)

        lines = self.assertSame(scenario)
        self.assertEqual([line[:3] for line in lines[1:4]], ["c 2", "a 0", "b 1"])

    def test_Y40_alone(self):
        """Y40: who need not wait does not give way"""

        async def scenario(aio, log):
            barrier = aio.Barrier(1)
            aio.get_running_loop().call_soon(log, "another")
            log(await barrier.wait(), await barrier.wait())
            await barrier.reset()
            await barrier.abort()
            log(barrier.broken)

        self.assertSame(scenario, ["0 0", "True", "another", "-> None"])

    def test_Y41_a_cancelled_waiter_frees_its_place(self):
        """Y41: each index is given once (B14)"""

        async def main():
            barrier = rondo.Barrier(3)
            first, *others = [rondo.create_task(barrier.wait()) for _ in range(2)]
            await rondo.sleep(0)
            first.cancel()
            await rondo.wait([first])
            self.assertEqual((barrier.n_waiting, barrier.broken), (1, False))
            others += [rondo.create_task(barrier.wait()) for _ in range(2)]
            return sorted(await rondo.gather(*others))

        self.assertEqual(run(main()), [0, 1, 2])

    def test_Y42_reset_and_abort(self):
        """Y42"""

        async def scenario(aio, log):
            barrier = aio.Barrier(3)

            async def party(name):
                try:
                    log(name, await barrier.wait())
                except aio.BrokenBarrierError as error:
                    log(name, describe(error))

            tasks = [aio.create_task(party(name)) for name in "ab"]
            await aio.sleep(0)
            await barrier.reset()
            log(barrier.n_waiting, barrier.broken)
            await aio.wait(tasks)
            await aio.gather(*[party(name) for name in "cde"])
            tasks = [aio.create_task(party(name)) for name in "fg"]
            await aio.sleep(0)
            await barrier.abort()
            log(barrier.broken)
            await aio.wait(tasks)
            await party("h")

        self.assertSame(scenario)

    def test_Y42_newcomers_wait_while_others_leave(self):
        """Y40, Y42"""

        async def scenario(aio, log):
            barrier = aio.Barrier(2)

            async def party(name):
                log(name, await barrier.wait())

            tasks = [aio.create_task(party(name)) for name in "abcdef"]
            stop = count_turns(aio, log)
            await aio.wait(tasks)
            stop()

        self.assertSame(scenario)


class Eager(Same, unittest.TestCase):
    def test_first_steps_that_wait(self):
        async def scenario(aio, log):
            aio.get_running_loop().set_task_factory(aio.eager_task_factory)
            lock, barrier = aio.Lock(), aio.Barrier(2)

            async def worker(name):
                async with lock:
                    log(name, "in")
                    await aio.sleep(0)
                await barrier.wait()
                log(name, "out")

            tasks = [aio.create_task(worker(name)) for name in "ab"]
            log("made")
            await aio.gather(*tasks)

        self.assertSame(scenario)


if __name__ == "__main__":
    unittest.main()
