"""Two downloads as tasks, then gathered."""

import rondo as asyncio


async def download(name, parts):
    for part in range(1, parts + 1):
        await asyncio.sleep(0.02 * parts)
        print(f"{name}: {part}/{parts}")
    return parts * 100


async def main():
    first = asyncio.create_task(download("atlas", 3))
    second = asyncio.create_task(download("poem", 2))
    sizes = await asyncio.gather(first, second)
    print("sizes:", *sizes)


asyncio.run(main())
