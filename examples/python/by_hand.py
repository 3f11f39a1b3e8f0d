"""A Runner closed by hand."""

import rondo as asyncio


async def work():
    await asyncio.sleep(0.01)
    print("working")


runner = asyncio.Runner()
try:
    runner.run(work())
finally:
    runner.close()

late = work()
try:
    runner.run(late)
except RuntimeError:
    print("a closed runner runs nothing")
late.close()
