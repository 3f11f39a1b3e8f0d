"""Three sleepers at once: they end as they wake, the results come in the order of the arguments."""

import rondo as asyncio


async def sleeper(name, delay):
    print(name, "starts")
    await asyncio.sleep(delay)
    print(name, "ends")
    return name.upper()


async def main():
    results = await asyncio.gather(sleeper("a", 0.2), sleeper("b", 0.1), sleeper("c", 0.3))
    print(*results)


asyncio.run(main())
