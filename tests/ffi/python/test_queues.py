"""semantics.md section 17: queues; and channels, which asyncio does not have."""

import collections
import gc
import threading
import unittest
import weakref

import rondo
from both import Same, count_turns, describe


def virtual():
    return rondo.new_event_loop(virtual_clock=True)


def run(main):
    return rondo.run(main, loop_factory=virtual)


def tell(log, function, *args):
    """Logs what a call answers or raises."""
    try:
        log(function.__name__, function(*args))
    except Exception as exception:
        log(function.__name__, describe(exception))


class Queues(Same, unittest.TestCase):
    def test_Q1_sizes(self):
        """Q1"""

        async def scenario(aio, log):
            for maxsize in (0, -1, 2, 1.5):
                queue = aio.Queue(maxsize)
                tell(log, queue.get_nowait)
                for item in range(3):
                    tell(log, queue.put_nowait, item)
                    log(queue.qsize(), queue.empty(), queue.full(), queue.maxsize)
                log(queue)

            queue = aio.Queue(1)

            async def producer():
                for item in range(3):
                    await queue.put(item)
                    log("put", item)

            task = aio.create_task(producer())
            for _ in range(3):
                await aio.sleep(1)
                log("got", await queue.get())
            await task

        self.assertSame(scenario)

    def test_Q2_without_a_wait_no_suspension(self):
        """Q2"""

        async def scenario(aio, log):
            queue = aio.Queue()
            aio.get_running_loop().call_soon(log, "another")
            await queue.put(1)
            log(await queue.get())

        self.assertSame(scenario, ["1", "another", "-> None"])

    def test_Q3_woken_ones_look_again(self):
        """Q3, Q4: who was called up may find nothing, and queues again at the tail"""

        async def scenario(aio, log):
            queue = aio.Queue()

            async def getter(name):
                log(name, await queue.get())

            a, b = [aio.create_task(getter(name)) for name in "ab"]
            await aio.sleep(0)
            queue.put_nowait(1)
            log("stolen", queue.get_nowait())
            await aio.sleep(0)
            queue.put_nowait(2)
            queue.put_nowait(3)
            await aio.wait([a, b])

        self.assertSame(scenario, ["stolen 1", "b 2", "a 3", "-> None"])

    def test_Q4_putters_are_overtaken(self):
        """Q4"""

        async def scenario(aio, log):
            queue = aio.Queue(1)
            queue.put_nowait("first")

            async def putter(item):
                await queue.put(item)
                log("put", item)

            tasks = [aio.create_task(putter(item)) for item in "abc"]
            stop = count_turns(aio, log)
            await aio.sleep(0)
            log("got", queue.get_nowait())
            queue.put_nowait("mine")
            await aio.sleep(0)
            while not all(task.done() for task in tasks):
                log("got", queue.get_nowait() if not queue.empty() else "nothing")
                await aio.sleep(0)
            log("got", queue.get_nowait())
            stop()

        self.assertSame(scenario)

    def test_Q5_cancelled_ones_pass_it_on(self):
        """Q5"""

        async def scenario(aio, log):
            queue = aio.Queue(1)

            async def getter(name):
                log(name, await queue.get())

            a, b = [aio.create_task(getter(name)) for name in "ab"]
            await aio.sleep(0)
            queue.put_nowait("item")
            a.cancel()
            await aio.wait([a, b])

            async def putter(item):
                await queue.put(item)
                log("put", item)

            queue.put_nowait("full")
            c, d = [aio.create_task(putter(item)) for item in "cd"]
            await aio.sleep(0)
            queue.get_nowait()
            c.cancel()
            await aio.wait([c, d])
            log(queue)
            e = aio.create_task(putter("e"))
            await aio.sleep(0)
            e.cancel()
            await aio.wait([e])
            log(queue)

        self.assertSame(scenario)

    def test_Q5_one_that_was_not_called_has_nothing_to_pass_on(self):
        """Q5: the others keep their places in line"""

        async def scenario(aio, log):
            queue = aio.Queue()

            async def getter(name):
                log(name, await queue.get())

            getters = [aio.create_task(getter(name)) for name in "abcd"]
            await aio.sleep(0)
            getters[1].cancel()
            queue.put_nowait(1)
            await aio.sleep(0)
            await aio.sleep(0)
            queue.put_nowait(2)
            queue.put_nowait(3)
            await aio.wait(getters)

        self.assertSame(scenario, ["a 1", "c 2", "d 3", "-> None"])

    def test_Q6_join(self):
        """Q6"""

        async def scenario(aio, log):
            queue = aio.Queue()
            tell(log, queue.task_done)
            await queue.join()

            async def worker():
                while True:
                    item = await queue.get()
                    await aio.sleep(item)
                    log("done", item)
                    queue.task_done()

            for item in (3, 1, 2):
                queue.put_nowait(item)
            workers = [aio.create_task(worker()) for _ in range(2)]
            joiners = [aio.create_task(queue.join()) for _ in range(2)]
            await queue.join()
            log(aio.get_running_loop().time(), queue)
            await aio.wait(joiners)
            for task in workers:
                task.cancel()

        self.assertSame(scenario)

    def test_Q7_orders(self):
        """Q7"""

        async def scenario(aio, log):
            for kind in (aio.Queue, aio.LifoQueue, aio.PriorityQueue):
                queue = kind(4)
                for item in (3, 1, 4, 2):
                    await queue.put(item)
                late = aio.create_task(queue.put(0))
                await aio.sleep(0)
                log(queue)
                log([await queue.get() for _ in range(5)], late.done())

        self.assertSame(scenario)

    def test_Q7_what_cannot_be_compared(self):
        """Q7"""

        async def scenario(aio, log):
            queue = aio.PriorityQueue()
            queue.put_nowait(1)
            try:
                queue.put_nowait("one")
            except TypeError:
                log(queue)
            log(queue.get_nowait())

        self.assertSame(scenario)

    def test_Q8_shutdown(self):
        """Q8, Q10"""

        async def scenario(aio, log):
            queue = aio.Queue(1)
            queue.put_nowait("left")

            async def use(name, function, *args):
                try:
                    log(name, await function(*args))
                except aio.QueueShutDown as error:
                    log(name, describe(error))

            empty = aio.Queue()
            putter = aio.create_task(use("put", queue.put, "more"))
            getter = aio.create_task(use("get", empty.get))
            await aio.sleep(0)
            for _ in range(2):
                queue.shutdown()
                empty.shutdown()
            log(queue)
            await aio.wait([putter, getter])
            tell(log, queue.put_nowait, 1)
            await use("get", queue.get)
            await use("get", queue.get)
            tell(log, queue.get_nowait)
            queue.task_done()
            await queue.join()

        self.assertSame(scenario)

    def test_Q8_a_woken_putter_raises_although_there_is_space(self):
        """Q10"""

        async def scenario(aio, log):
            queue = aio.Queue(1)
            queue.put_nowait(1)
            putter = aio.create_task(queue.put(2))
            await aio.sleep(0)
            queue.get_nowait()
            queue.shutdown()
            await aio.wait([putter])
            log(type(putter.exception()).__name__, queue)

        self.assertSame(scenario)

    def test_Q9_immediate(self):
        """Q9"""

        async def scenario(aio, log):
            queue = aio.Queue()
            for item in range(3):
                queue.put_nowait(item)
            await queue.get()
            joiner = aio.create_task(queue.join())
            await aio.sleep(0)
            queue.shutdown(immediate=True)
            log(queue, joiner.done())
            tell(log, queue.get_nowait)
            await aio.sleep(0)
            log(joiner.done())
            queue.task_done()
            await joiner
            tell(log, queue.task_done)

        self.assertSame(scenario)


class Containers(Same, unittest.TestCase):
    """Q1: what subclasses do to the container counts."""

    def test_Q1_a_container_that_takes_things_once(self):
        """Q1"""

        async def scenario(aio, log):
            class Unique(aio.Queue):
                def _init(self, maxsize):
                    self._queue = set()

                def _put(self, item):
                    self._queue.add(item)

                def _get(self):
                    return self._queue.pop()

            queue = Unique(2)
            for item in (1, 1, 1):
                await queue.put(item)
            log(queue.qsize(), queue.full(), await queue.get(), queue.empty())

            async def getter():
                log(await queue.get())

            tasks = [aio.create_task(getter()) for _ in range(2)]
            await aio.sleep(0)
            queue.put_nowait(5)
            queue.put_nowait(5)
            await aio.sleep(1)
            queue.put_nowait(6)
            await aio.wait(tasks)

        self.assertSame(scenario)

    def test_Q1_changed_behind_its_back(self):
        """Q1"""

        async def scenario(aio, log):
            queue = aio.Queue(3)
            for item in range(3):
                queue.put_nowait(item)
            queue._queue.clear()
            log(queue.empty(), queue.full())
            await queue.put("new")
            queue._queue.appendleft("in front")
            log(await queue.get(), await queue.get())
            tell(log, queue.get_nowait)
            del queue._queue
            queue._queue = collections.deque("ab")
            log(await queue.get(), queue)

        self.assertSame(scenario)

    def test_Q1_dropped_items(self):
        """Q1: the queue does not keep what was taken or thrown away"""

        class Thing:
            pass

        queue = rondo.Queue()
        refs = []
        for _ in range(3):
            thing = Thing()
            refs.append(weakref.ref(thing))
            queue.put_nowait(thing)
        del thing
        queue.get_nowait()
        self.assertEqual([ref() is None for ref in refs], [True, False, False])
        del queue
        self.assertEqual([ref() for ref in refs], [None] * 3)


class Channels(unittest.TestCase):
    def test_in_one_loop(self):
        async def main():
            channel = rondo.Channel(2)
            sent = []

            async def producer():
                for item in ("a", None, 3, 4.5):
                    await channel.send(item)
                    sent.append(item)
                channel.shutdown()

            task = rondo.create_task(producer())
            await rondo.sleep(0)
            self.assertEqual((len(sent), channel.qsize(), channel.capacity), (2, 2, 2))
            self.assertEqual([item async for item in channel], ["a", None, 3, 4.5])
            await task
            for use in (channel.receive_nowait, lambda: channel.send_nowait(1)):
                self.assertRaises(rondo.QueueShutDown, use)
            with self.assertRaises(rondo.QueueShutDown):
                await channel.receive()
            with self.assertRaises(rondo.QueueShutDown):
                await channel.send(1)

        run(main())

    def test_nowait(self):
        channel = rondo.Channel(1)
        self.assertRaises(rondo.QueueEmpty, channel.receive_nowait)
        channel.send_nowait([1])
        self.assertRaises(rondo.QueueFull, channel.send_nowait, 2)
        self.assertEqual(channel.receive_nowait(), [1])

    def test_cancelled_ones_lose_nothing(self):
        async def main():
            channel = rondo.Channel(1)
            receivers = [rondo.create_task(channel.receive()) for _ in range(3)]
            await rondo.sleep(0)
            channel.send_nowait("item")
            receivers[0].cancel()
            receivers[2].cancel()
            await rondo.wait(receivers)
            self.assertEqual([task.cancelled() for task in receivers], [True, False, True])
            self.assertEqual(receivers[1].result(), "item")

        run(main())

    def test_between_loops(self):
        """U6, B30: two loops in two threads"""
        there, back = rondo.Channel(4), rondo.Channel(4)

        async def echo():
            async for item in there:
                await back.send(item * 2)
            back.shutdown()

        async def main():
            async def feed():
                for i in range(200):
                    await there.send(i)
                there.shutdown()

            task = rondo.create_task(feed())
            answers = [item async for item in back]
            await task
            return answers

        thread = threading.Thread(target=lambda: rondo.run(echo()))
        thread.start()
        self.assertEqual(rondo.run(main()), [2 * i for i in range(200)])
        thread.join()

    def test_between_a_thread_and_a_loop(self):
        channel = rondo.Channel(1)

        def produce():
            for i in range(50):
                channel.send_blocking(i)
            channel.shutdown()

        async def main():
            return [item async for item in channel]

        thread = threading.Thread(target=produce)
        thread.start()
        self.assertEqual(rondo.run(main()), list(range(50)))
        thread.join()

    def test_between_threads(self):
        channel = rondo.Channel(1)
        thread = threading.Thread(target=lambda: [channel.send_blocking(i) for i in range(50)])
        thread.start()
        self.assertEqual([channel.receive_blocking(10) for _ in range(50)], list(range(50)))
        thread.join()

    def test_blocking_limits(self):
        channel = rondo.Channel(1)
        for timeout in (0, 0.12):
            self.assertRaises(TimeoutError, channel.receive_blocking, timeout)
        channel.send_blocking(1)
        self.assertRaises(TimeoutError, channel.send_blocking, 2, 0.01)
        caught = []

        def elsewhere():
            try:
                channel.send_blocking(3, timeout=0.01)
            except TimeoutError:
                caught.append("timeout")

        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        self.assertEqual(caught, ["timeout"])

        async def main():
            with self.assertRaisesRegex(RuntimeError, "stand still"):
                channel.send_blocking(2)

        run(main())

    def test_the_channel_owns_its_items(self):
        class Thing:
            pass

        thing = Thing()
        ref = weakref.ref(thing)
        channel = rondo.Channel()
        channel.send_nowait(thing)
        del thing
        self.assertIsNotNone(ref())
        self.assertIs(type(channel.receive_nowait()), Thing)
        gc.collect()
        self.assertIsNone(ref())
        thing = Thing()
        ref = weakref.ref(thing)
        channel.send_nowait(thing)
        del thing, channel
        self.assertIsNone(ref())

    def test_refused_items_are_let_go(self):
        class Thing:
            pass

        channel = rondo.Channel(1)
        channel.send_nowait(0)
        thing = Thing()
        ref = weakref.ref(thing)

        async def main():
            task = rondo.create_task(channel.send(thing))
            await rondo.sleep(0)
            task.cancel()
            await rondo.wait([task])

        for refuse in (lambda: channel.send_nowait(thing), lambda: channel.send_blocking(thing, 0)):
            with self.assertRaises((rondo.QueueFull, TimeoutError)):
                refuse()
        run(main())
        del thing, refuse, main
        gc.collect()
        self.assertIsNone(ref())


if __name__ == "__main__":
    unittest.main()
