"""gather and errors: the first one is raised while the others run on, or all of them are results."""

import rondo as asyncio


async def work(name, delay):
    await asyncio.sleep(delay)
    if name == "bad":
        raise ValueError("bad luck")
    print(name, "is done")
    return name


async def raised():
    tasks = [asyncio.create_task(work(*a)) for a in (("good", 0.01), ("bad", 0.02), ("slow", 0.03))]
    try:
        await asyncio.gather(*tasks)
    except ValueError as error:
        print("raised:", error)
    print("slow was cancelled:", "yes" if tasks[2].cancelled() else "no")
    await tasks[2]


async def returned():
    results = await asyncio.gather(work("good", 0.01), work("bad", 0.02), work("slow", 0.03), return_exceptions=True)
    for result in results:
        print("error:" if isinstance(result, Exception) else "result:", result)


asyncio.run(raised())
asyncio.run(returned())
