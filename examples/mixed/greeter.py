"""A C fiber awaits a future which a Python coroutine resolves; Python awaits the fiber. One loop, no thread."""

import ctypes
import os

import rondo as asyncio

greeter = ctypes.PyDLL(os.environ.get("GREETER_LIBRARY", "./libgreeter.so"))


def greet(name):
    greeting = ctypes.c_void_p()
    status = greeter.greeter_greet(ctypes.c_void_p(name.native), ctypes.byref(greeting))
    if status < 0:
        raise RuntimeError(f"greeter_greet failed with {status}")
    return asyncio.wrap_native(greeting.value)


async def introduce(name):
    await asyncio.sleep(0.01)
    print("Python coroutine: it is Ada", flush=True)
    name.set_native_result("Ada")


async def main():
    name = asyncio.get_running_loop().create_future()
    greeting = greet(name)
    introduction = asyncio.create_task(introduce(name))
    print("Python main:", await greeting, flush=True)
    await introduction


asyncio.run(main())
