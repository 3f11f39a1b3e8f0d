"""A coroutine, run: says hello after ten milliseconds."""

import rondo as asyncio


async def hello():
    await asyncio.sleep(0.01)
    print("hello from a coroutine")
    return 42


print("run returned", asyncio.run(hello()))
