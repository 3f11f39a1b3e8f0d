"""A Runner in debug mode, and one that is not."""

import rondo as asyncio


async def look():
    await asyncio.sleep(0.01)
    return asyncio.get_running_loop().get_debug()


for debug in (True, False):
    with asyncio.Runner(debug=debug) as runner:
        print("debug mode:", "on" if runner.run(look()) else "off")
