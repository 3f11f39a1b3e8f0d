"""Two runs on one Runner: one loop for both."""

import rondo as asyncio

loops = []


async def say(text):
    loops.append(asyncio.get_running_loop())
    await asyncio.sleep(0.01)
    print(text)


with asyncio.Runner() as runner:
    runner.run(say("first run"))
    runner.run(say("second run"))
    print("the same loop:", "yes" if loops[0] is loops[1] is runner.get_loop() else "no")
