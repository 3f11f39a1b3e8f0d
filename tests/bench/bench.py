"""The Python workloads, run with the module named on the command line: asyncio, uvloop or rondo."""

import importlib
import sys
import time

SWITCHES = 100_000  # per task, two tasks
SPAWNS = 50_000
GATHER = 1_000_000
RUNS = 5_000


def line(workload, kind, seconds, operations):
    print(f"{workload}\t{kind}\t{seconds * 1e9 / operations:.2f}", flush=True)


def main(name, gather_count):
    aio = importlib.import_module("asyncio" if name == "uvloop" else name)
    options = {"loop_factory": importlib.import_module("uvloop").new_event_loop} if name == "uvloop" else {}
    kind = f"Python {name}"
    sleep = aio.sleep

    async def countdown(yields):
        for _ in range(yields):
            await sleep(0)

    async def switch():
        start = time.perf_counter()
        await aio.gather(countdown(SWITCHES), countdown(SWITCHES))
        line("switch", kind, time.perf_counter() - start, 2 * SWITCHES)

    async def spawn():
        start = time.perf_counter()
        for _ in range(SPAWNS):
            await aio.create_task(countdown(0))
        line("spawn+await", kind, time.perf_counter() - start, SPAWNS)

    async def gather():
        start = time.perf_counter()
        await aio.gather(*[countdown(1) for _ in range(gather_count)])
        line("gather 1M", kind, time.perf_counter() - start, gather_count)

    async def nothing():
        pass

    for workload in (switch, spawn, gather):
        with aio.Runner(**options) as runner:
            runner.run(workload())
    with aio.Runner(**options) as runner:
        runner.run(nothing())
        start = time.perf_counter()
        for _ in range(RUNS):
            runner.run(nothing())
        line("run, reused", kind, time.perf_counter() - start, RUNS)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else GATHER)
