"""Prints the clock every second, ten times; then, on the same Runner, sleeps for five seconds.

With RONDO_EXAMPLE_FAST in the environment the clock is virtual: it jumps when everyone sleeps.
"""

import os

import rondo as asyncio


async def show_clock():
    loop = asyncio.get_running_loop()
    start = loop.time()
    for _ in range(10):
        print("clock:", round(loop.time() - start))
        await asyncio.sleep(1)


async def sleep_long():
    loop = asyncio.get_running_loop()
    start = loop.time()
    await asyncio.sleep(5)
    print("slept for", round(loop.time() - start))


options = {"virtual_clock": True} if os.environ.get("RONDO_EXAMPLE_FAST") else {}
with asyncio.Runner(**options) as runner:
    runner.run(show_clock())
    runner.run(sleep_long())
