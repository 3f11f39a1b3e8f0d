"""A job that blocks for 200 ms beside a coroutine that sleeps for 100: neither waits for the other."""

import time

import rondo as asyncio


def block(duration):
    time.sleep(duration)  # in a thread: the loop goes on
    return "the job has ended"


async def sleeper():
    print("the sleeper sleeps")
    await asyncio.sleep(0.1)
    print("the sleeper is awake")


async def main():
    said, _ = await asyncio.gather(asyncio.to_thread(block, 0.2), sleeper())
    print(said)


asyncio.run(main())
