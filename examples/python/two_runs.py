"""Two runs: each makes a loop of its own and closes it."""

import rondo as asyncio

loops = []


async def say(text):
    loops.append(asyncio.get_running_loop())
    await asyncio.sleep(0.01)
    print(text)


asyncio.run(say("first run"))
asyncio.run(say("second run"))
print("the same loop:", "yes" if loops[0] is loops[1] else "no")
