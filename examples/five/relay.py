"""The host, and the last leg: a program of CPython whose loop runs the coroutines of five languages."""

import ctypes
import os

import rondo as asyncio

library = ctypes.PyDLL(os.environ["RELAY_LIBRARY"])
Leg = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
library.relay.argtypes = [ctypes.c_void_p, Leg, ctypes.c_int]
library.relay.restype = ctypes.c_void_p


async def leg(baton, finish):
    try:
        finish.set_native_result(await baton + ", Python")
    except asyncio.CancelledError:
        print("Python: cancelled", flush=True)
        raise


@Leg
def start_leg(baton, finish):
    loop = asyncio.get_running_loop()
    futures = [loop.wrap_native(address, retain=True) for address in (baton, finish)]
    return loop.create_task(leg(*futures), name="Python").native


def relay(loop, stuck):
    return asyncio.wrap_native(library.relay(loop.native, start_leg, stuck))


async def main():
    loop = asyncio.get_running_loop()
    print("the baton went through", await relay(loop, stuck=False), flush=True)

    stuck = relay(loop, stuck=True)
    await asyncio.sleep(0.001)
    print(loop.dump().replace(os.path.dirname(__file__) + "/", ""), end="", flush=True)
    stuck.cancel()
    await asyncio.wait([stuck])


asyncio.run(main())
