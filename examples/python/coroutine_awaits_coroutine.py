"""Awaiting a coroutine is a call: no task, no trip through the loop."""

import rondo as asyncio


async def leaf(n):
    if n % 2:
        await asyncio.sleep(0.01)
    return n


async def branch(n):
    return await leaf(n) + await leaf(n + 1)


async def tree():
    total = await branch(1) + await branch(3)
    print("the leaves add up to", total)


asyncio.run(tree())
