"""What main leaves running is cancelled when the runner closes, and gets to clean up."""

import rondo as asyncio


tasks = []


async def background(name):
    print(name, "starts")
    try:
        await asyncio.sleep(3600)
    finally:
        await asyncio.sleep(0)
        print(name, "cleans up")


async def main():
    tasks.append(asyncio.create_task(background("first")))
    tasks.append(asyncio.create_task(background("second")))
    await asyncio.sleep(0.01)
    print("main ends")
    return "result"


result = asyncio.run(main())
print("after the run:", result)
