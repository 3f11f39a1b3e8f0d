#!/usr/bin/env python3
"""headers.py INCLUDE_DIR

Each public header compiles alone and twice, and all of them in reverse order, in every language and with every
compiler at hand.
"""
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

C = [("gcc", "c11"), ("gcc", "c17"), ("gcc", "c2x"), ("clang", "c11"), ("clang", "c17"), ("clang", "c2x")]
CPP = [("g++", "c++20"), ("clang++", "c++20")]
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]

# libuv's own header wants more of the system's headers than strict C11 shows.
LIBUV = ["-D_GNU_SOURCE", *subprocess.check_output(["pkg-config", "--cflags", "libuv"], text=True).split()]


def compile(job):
    include_dir, (compiler, standard), headers = job
    source = "".join(f"#include <{h}>\n" for h in headers)
    language = "c++" if standard.startswith("c++") else "c"
    flags = LIBUV if "rondo/uv.h" in headers else []
    done = subprocess.run(
        [compiler, f"-std={standard}", *WARNINGS, "-fsyntax-only", "-I", include_dir, *flags, "-x", language, "-"],
        input=source, capture_output=True, text=True,
    )
    if done.returncode:
        print(f"{compiler} -std={standard}: {' '.join(headers)}\n{done.stderr}")
    return done.returncode == 0


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    include_dir = sys.argv[1]
    names = sorted(str(p.relative_to(include_dir)) for p in Path(include_dir).rglob("*.h*"))
    plain = [n for n in names if n.endswith(".h")]
    present = {c for c, _ in C + CPP if shutil.which(c)}
    jobs = [
        (include_dir, dialect, headers)
        for dialects, group in ((C, plain), (CPP, names))
        for dialect in dialects
        if dialect[0] in present
        for headers in [[n, n] for n in group] + [group[::-1]]
    ]
    for compiler in sorted({c for c, _ in C + CPP} - present):
        print(f"skipped: {compiler} is not here")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(compile, jobs))
    print(f"{len(names)} headers, {len(results)} compilations, {results.count(False)} failed")
    sys.exit(not (names and results and all(results)))


main()
