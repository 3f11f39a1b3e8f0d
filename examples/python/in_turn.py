"""A coroutine awaits two others, one after the other."""

import rondo as asyncio


async def fetch(what, delay):
    print("fetching", what)
    await asyncio.sleep(delay)
    print("fetched", what)
    return len(what)


async def main():
    bread = await fetch("bread", 0.02)
    butter = await fetch("butter", 0.01)
    print("together:", bread + butter)


asyncio.run(main())
