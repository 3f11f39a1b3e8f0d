"""The same pages by the same C library, awaited in Python: python3 server.py python3 pages_in_python.py"""

import ctypes
import os
import sys

import rondo as asyncio

library = ctypes.PyDLL(os.environ.get("FETCH_LIBRARY", "./libfetch.so"))
library.fetcher_new.argtypes = library.fetcher_free.argtypes = [ctypes.c_void_p]
library.fetcher_new.restype = library.fetch.restype = ctypes.c_void_p
library.fetch.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
library.fetcher_free.restype = None


class Fetcher:
    def __enter__(self):
        self.handle = library.fetcher_new(asyncio.get_running_loop().native)
        return self

    def __exit__(self, *exc_info):
        library.fetcher_free(self.handle)

    def fetch(self, url):
        return asyncio.wrap_native(library.fetch(self.handle, url.encode()))


async def main(server):
    with Fetcher() as fetcher:
        names = ["oslo", "rome", "bern"]
        pages = await asyncio.gather(*[fetcher.fetch(f"{server}/{name}") for name in names])
        for name, text in zip(names, pages):
            print(f"{name}: {text}")
        try:
            await fetcher.fetch(f"{server}/nowhere")
        except asyncio.RondoError as error:
            print(f"nowhere: {error}")
        try:
            await asyncio.wait_for(fetcher.fetch(f"{server}/slow"), 0.05)
        except TimeoutError:
            print("slow: timed out")


asyncio.run(main(sys.argv[1]))
