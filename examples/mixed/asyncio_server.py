"""A server of CPython's asyncio, its work done by C fibers, its clients Rondo coroutines. One thread, and nobody polls."""

import asyncio
import ctypes
import os

import rondo
from rondo.interop import Guest, from_asyncio, to_asyncio

greeter = ctypes.PyDLL(os.environ.get("GREETER_LIBRARY", "./libgreeter.so"))


def greet(name):
    greeting = ctypes.c_void_p()
    status = greeter.greeter_greet(ctypes.c_void_p(name.native), ctypes.byref(greeting))
    if status < 0:
        raise RuntimeError(f"greeter_greet failed with {status}")
    return rondo.wrap_native(greeting.value)


async def client(port, name):
    reader, writer = await from_asyncio(asyncio.open_connection("127.0.0.1", port))
    writer.write(f"{name}\n".encode())
    line = await from_asyncio(reader.readline())
    writer.close()
    return line.decode().strip()


async def main():
    async with Guest() as loop:

        async def serve(reader, writer):
            name = loop.create_future()
            greeting = to_asyncio(greet(name))
            line = await reader.readline()
            name.set_native_result(line.decode().strip())
            writer.write(f"{await greeting}\n".encode())
            await writer.drain()
            writer.close()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            for name in "Ada", "Grace":
                print(await to_asyncio(client(port, name), loop), flush=True)


asyncio.run(main())
