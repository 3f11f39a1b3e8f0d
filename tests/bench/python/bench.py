"""The workloads in Python: bench.py asyncio|uvloop|rondo [WORKLOAD N SIZE]. The protocol is in ../bench.h."""

import contextlib
import importlib
import os
import sys
import threading
import time

KIND = sys.argv[1]
aio = importlib.import_module("asyncio" if KIND == "uvloop" else KIND)
OPTIONS = {"loop_factory": importlib.import_module("uvloop").new_event_loop} if KIND == "uvloop" else {}
NAP = 100_000
now = time.perf_counter_ns


def show(name, value):
    print(f"{name} {value:.2f}", flush=True)


@contextlib.contextmanager
def timed(operations):
    start = now()
    yield
    show("ns", (now() - start) / operations)


def resident(what):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(what))


async def countdown(yields):
    for _ in range(yields):
        await aio.sleep(0)


async def spawn(n, size):
    with timed(n):
        for _ in range(n):
            await aio.create_task(countdown(0))


async def gather(n, size):
    before = resident("VmRSS:")
    with timed(n // size * size):
        for _ in range(n // size):
            await aio.gather(*[countdown(1) for _ in range(size)])
    show("bytes", (resident("VmHWM:") - before) / size)


async def yields(n, size):
    with timed(n):
        await aio.gather(countdown(n // 2), countdown(n // 2))


async def handoff(n, size):
    new_future = aio.get_running_loop().create_future
    batons = [new_future(), new_future()]

    async def first(left):
        while left:
            batons[1].set_result(left)
            await batons[0]
            batons[0] = new_future()
            left -= 1

    async def second(left):
        while left:
            await batons[1]
            batons[1] = new_future()
            batons[0].set_result(left)
            left -= 1

    with timed(n):
        await aio.gather(first(n // 2), second(n // 2))


async def sleepers(n, size):
    deadlines, woken = [0] * n, [0] * n
    delays = [(i * 7919 % n + 1) * (1_000_000_000 // n) for i in range(n)]

    async def sleeper(i):
        deadlines[i] = now() + delays[i]
        await aio.sleep(delays[i] / 1e9)
        woken[i] = now()

    before, cpu = resident("VmRSS:"), time.process_time_ns()
    await aio.gather(*[sleeper(i) for i in range(n)])
    show("ns", (time.process_time_ns() - cpu) / n)
    show("bytes", (resident("VmHWM:") - before) / n)
    burst_end = deadlines[-1] - delays[-1]
    late = sorted(woke - due for due, woke in zip(deadlines, woken) if due > burst_end)
    if late:
        show("p50", late[len(late) // 2])
        show("p99", late[len(late) * 99 // 100])
    show("early", sum(woke < due for due, woke in zip(deadlines, woken)))


async def timeout(n, size):
    with timed(n):
        for _ in range(n):
            async with aio.timeout(3600):
                await aio.sleep(0)


async def post(n, size):
    loop, total, arrived = aio.get_running_loop(), n // size * size, 0
    done, go = loop.create_future(), threading.Barrier(size + 1)

    def arrive():
        nonlocal arrived
        arrived += 1
        if arrived == total:
            done.set_result(None)

    def poster():
        go.wait()
        for _ in range(n // size):
            loop.call_soon_threadsafe(arrive)

    threads = [threading.Thread(target=poster) for _ in range(size)]
    for thread in threads:
        thread.start()
    with timed(total):
        go.wait()
        await done
    for thread in threads:
        thread.join()


def no_job():
    pass


async def thread(n, size):
    async def jobs():
        for _ in range(n // size):
            await aio.to_thread(no_job)

    with timed(n // size * size):
        await aio.gather(*[jobs() for _ in range(size)])


async def queue(n, size):
    items = aio.Queue(size)

    async def producer():
        for i in range(n):
            await items.put(i)

    async def consumer():
        return sum([await items.get() for _ in range(n)])

    with timed(n):
        _, total = await aio.gather(producer(), consumer())
    assert total == n * (n - 1) // 2


async def nap(n, size):
    durations = []
    for _ in range(n):
        start = now()
        await aio.sleep(NAP / 1e9)
        durations.append(now() - start)
    show("ns", sorted(durations)[n // 2])
    show("early", sum(duration < NAP for duration in durations))


async def lock(n, size):
    shared = aio.Lock()

    async def locker(left):
        await shared.acquire()
        await aio.sleep(0)  # now the other one is in line
        for _ in range(left - 1):
            shared.release()
            await shared.acquire()
        shared.release()

    with timed(n):
        await aio.gather(locker(n // 2), locker(n // 2))


async def group(n, size):
    with timed(n // size * size):
        for _ in range(n // size):
            async with aio.TaskGroup() as members:
                for _ in range(size):
                    members.create_task(countdown(1))


async def cancel(n, size):
    tasks = [aio.create_task(aio.sleep(3600)) for _ in range(n)]
    await aio.sleep(0)
    with timed(n):
        for task in tasks:
            task.cancel()
        await aio.gather(*tasks, return_exceptions=True)


def run(n, size):
    with aio.Runner(**OPTIONS) as runner:
        with timed(n):
            for _ in range(n):
                runner.run(countdown(0))


def fresh(n, size):
    with timed(n):
        for _ in range(n):
            with aio.Runner(**OPTIONS) as runner:
                runner.run(countdown(0))


def fresh_io(n, size):
    fd, other = os.pipe()
    os.write(other, b"x")

    async def wait_for_descriptor():
        loop = aio.get_running_loop()
        readable = loop.create_future()

        def is_readable():
            loop.remove_reader(fd)
            readable.set_result(None)

        loop.add_reader(fd, is_readable)
        await readable

    with timed(n):
        for _ in range(n):
            with aio.Runner(**OPTIONS) as runner:
                runner.run(wait_for_descriptor())


IN_A_LOOP = {"spawn": spawn, "gather": gather, "yield": yields, "handoff": handoff, "sleepers": sleepers,
             "timeout": timeout, "post": post, "thread": thread, "queue": queue, "nap": nap, "lock": lock,
             "group": group, "cancel": cancel}
BY_ITSELF = {"run": run, "fresh": fresh, "fresh-io": fresh_io}


def main():
    if len(sys.argv) == 2:
        print("\n".join([*IN_A_LOOP, *BY_ITSELF]))
        return
    name, (n, size) = sys.argv[2], map(int, (*sys.argv[3:5], 1)[:2])
    if name in BY_ITSELF:
        BY_ITSELF[name](n, size)
    else:
        with aio.Runner(**OPTIONS) as runner:
            runner.run(IN_A_LOOP[name](n, size))


main()
