"""A task runs beside its creator."""

import rondo as asyncio


async def child():
    print("child: starts")
    await asyncio.sleep(0.01)
    print("child: ends")
    return "done"


async def main():
    task = asyncio.create_task(child())
    print("main: the child has not started")
    await asyncio.sleep(0)
    print("main: the child has started")
    print("main: the child says", await task)


asyncio.run(main())
