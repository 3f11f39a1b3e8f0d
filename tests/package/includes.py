#!/usr/bin/env python3
"""includes.py SOURCE_DIR

Arrows point one way: tests, examples -> rondo.hpp, bindings -> rondo.h -> capi -> src/{sync,work,io,fiber,debug}
-> src/task -> src/loop -> src/base, and rondo/abi.h below all. Headers of operating systems are included where one system
is meant.
"""
import re
import sys
from pathlib import Path

PUBLIC = "include/rondo/"
ABI = PUBLIC + "abi.h"
C_API = [PUBLIC + name for name in ("abi.h", "rondo.h", "uv.h")]
CORE = ["src/base/", "src/loop/", "src/task/"]

# Which of our files a file may include: the first line that fits decides. A room may always include itself.
ALLOWED = [
    ("src/base/", [ABI]),
    ("src/loop/", [ABI, *CORE[:1]]),
    ("src/task/", [ABI, *CORE[:2]]),
    ("src/", [ABI, *CORE]),
    ("capi/python/", [PUBLIC]),
    ("capi/rust/", [PUBLIC]),
    ("capi/go/", [PUBLIC]),
    ("capi/", [*C_API, "src/"]),
    ("include/rondo/abi.h", []),
    ("include/rondo/rondo.h", [ABI]),
    ("include/rondo/uv.h", C_API),
    ("include/", [PUBLIC]),
    ("examples/", [PUBLIC]),
    ("tests/capi/", C_API),
    ("tests/cpp/", [PUBLIC]),
    ("tests/ffi/", [PUBLIC]),
    ("tests/package/", [PUBLIC]),
    ("tests/", ["src/", "capi/", PUBLIC, "tests/"]),
]

# Who may include a foreign header; for libuv also by way of another file.
LIBUV_USERS = ["src/loop/", "src/io/", "capi/io.cpp", "include/rondo/uv.h", "tests/", "examples/"]
FOREIGN = [
    (r"uv(\.h|/.*)", LIBUV_USERS),
    (r"boost/.*", ["src/fiber/", "tests/fiber/", "tests/bench/"]),
]

# Operating systems: only in files named WHAT_KIND, of which the build takes the fitting one.
SYSTEM = r"(sys/.*|dlfcn|execinfo|fcntl|io|poll|pthread|pthread_np|semaphore|signal|unistd|windows)\.h"
KINDS = "epoll|execinfo|glibc|linux|none|pipe|posix|semaphore|timerfd|uv|windows"
KIND_FILE = rf"src/.*_({KINDS})\.cpp"

# Public headers and bindings have the standard library and nothing else.
STANDARD_ONLY = ["include/", "capi/python/", "capi/rust/", "capi/go/"]
STANDARD = r"[a-z_]+|(assert|cxxabi|errno|float|inttypes|limits|math|signal|std[a-z]+|string|time)\.h"
OF_CGO = r"(_cgo_export|pthread|semaphore|unistd)\.h"

SOURCES = {".c", ".h", ".cpp", ".hpp", ".go", ".rs"}


def fits(path, places):
    """A place is a file or, with a slash at its end, a directory."""
    return any(path.startswith(p) if p.endswith("/") else path == p for p in places)


def resolve(root, file, quoted, name):
    """The included file's path inside the project, or None for a foreign header."""
    for base in ([file.parent] if quoted else []) + [root / "include", root / "src", root / "capi"]:
        target = (base / name).resolve()
        if target.is_file() and target.is_relative_to(root):
            return str(target.relative_to(root))
    return None


def scan(root):
    """All includes: (file, line number, name, the included file of ours or None)."""
    for top in ("include", "src", "capi", "tests", "examples"):
        for file in sorted((root / top).rglob("*")):
            if file.suffix not in SOURCES or not file.is_file():
                continue
            for number, line in enumerate(file.read_text().splitlines(), 1):
                match = re.match(r"\s*(?://|\*)?\s*#\s*include\s*([<\"])([^>\"]+)", line)
                if match:
                    target = resolve(root, file, match[1] == '"', match[2])
                    yield str(file.relative_to(root)), number, match[2], target


def bring_libuv(includes):
    """The files of ours that include uv.h, directly or by another one."""
    carriers = set()
    while True:
        more = {file for file, _, name, target in includes if target in carriers or (name == "uv.h" and not target)}
        if more <= carriers:
            return carriers
        carriers |= more


def complaint(file, name, target, carriers):
    if target:
        allowed = next((a for place, a in ALLOWED if fits(file, [place])), [])
        room = str(Path(file).parent) + "/"
        if not (target.startswith(room) and room != PUBLIC) and not fits(target, allowed):
            return "an arrow that points up or sideways"
        if target in carriers and not fits(file, LIBUV_USERS):
            return "brings libuv in, which is not for this room"
        return None
    in_core = fits(file, ["src/", "capi/"]) and not fits(file, STANDARD_ONLY)
    if in_core and re.fullmatch(SYSTEM, name) and not re.fullmatch(KIND_FILE, file):
        return "of an operating system, in a file for all of them"
    for pattern, users in FOREIGN:
        if re.fullmatch(pattern, name):
            return None if fits(file, users) else "not for this room"
    if fits(file, ["capi/go/"]) and re.fullmatch(OF_CGO, name):
        return None
    if fits(file, STANDARD_ONLY) and not re.fullmatch(STANDARD, name):
        return "neither of Rondo nor of the standard library"
    return None


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    includes = list(scan(Path(sys.argv[1]).resolve()))
    carriers = bring_libuv(includes)
    bad = 0
    for file, number, name, target in includes:
        reason = complaint(file, name, target, carriers)
        if reason:
            bad += 1
            print(f"{file}:{number}: {name}: {reason}")
    print(f"{len(includes)} includes, {bad} not allowed")
    sys.exit(bad > 0 or not includes)


main()
