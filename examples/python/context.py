"""Context variables: what a run sets, the next run sees; a run may be given a context of its own."""

from contextvars import ContextVar, copy_context

import rondo as asyncio

user = ContextVar("user", default="nobody")


async def log_in(name):
    print("before:", user.get())
    user.set(name)
    await asyncio.sleep(0.01)
    print("after:", user.get())


guest = copy_context()
guest.run(user.set, "guest")

with asyncio.Runner() as runner:
    runner.run(log_in("ada"))
    runner.run(log_in("grace"))
    runner.run(log_in("alan"), context=guest)
    runner.run(log_in("edsger"))
print("in the given context:", guest.run(user.get))
print("outside:", user.get())
