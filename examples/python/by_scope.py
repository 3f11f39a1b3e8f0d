"""A Runner closed by the end of its block."""

import rondo as asyncio


async def work(name):
    await asyncio.sleep(0.01)
    print("working on", name)


with asyncio.Runner() as runner:
    runner.run(work("the first thing"))
    runner.run(work("the second thing"))
    loop = runner.get_loop()
    print("inside: closed is", "yes" if loop.is_closed() else "no")
print("outside: closed is", "yes" if loop.is_closed() else "no")
