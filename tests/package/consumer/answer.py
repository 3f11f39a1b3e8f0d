"""answer.py PLACE VERSION: runs a program with rondo, whose module and libraries must be those below PLACE."""
import importlib.metadata
import pathlib
import sys

import rondo as asyncio


async def answer():
    await asyncio.sleep(0.001)
    return 42


def libraries():
    """The files of the libraries in this process that are Rondo's."""
    files = {line.split()[-1] for line in pathlib.Path("/proc/self/maps").read_text().splitlines()}
    return sorted(f for f in files if "librondo" in f or "libuv" in f)


place, version = sys.argv[1:]
assert asyncio.run(answer()) == 42
assert asyncio.__version__ == importlib.metadata.version("rondo") == version
assert len(libraries()) == 2, libraries()
for file in (asyncio.__file__, *libraries()):
    assert pathlib.Path(file).is_relative_to(place), file
print("Python 42")
