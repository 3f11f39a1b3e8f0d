#!/usr/bin/env python3
"""headers.py INCLUDE_DIR

Each public header compiles alone and twice, the plain ones in every C and with every compiler at hand, the C++ ones in
C++20; all of them in both orders in every C++; and two translation units with all of them link, from two compilers.
"""
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

C = [("gcc", "c11"), ("gcc", "c17"), ("gcc", "c2x"), ("clang", "c11"), ("clang", "c17"), ("clang", "c2x")]
CPP = [("g++", "c++20"), ("clang++", "c++20"), ("g++", "c++23"), ("clang++", "c++2b")]
ALONE = CPP[:1]  # slow; and both compilers read the same standard library

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wconversion", "-Wsign-conversion", "-Wshadow"]
C_WARNINGS = ["-Wcast-qual", "-Wundef", "-Wstrict-prototypes", "-Wmissing-prototypes"]

# libuv's own header wants more of the system's headers than strict C11 shows, and is not as clean.
LIBUV = ["-D_GNU_SOURCE", *subprocess.check_output(["pkg-config", "--cflags", "libuv"], text=True).split()]


def run(command, source, title):
    done = subprocess.run(command, input=source, capture_output=True, text=True)
    if done.returncode:
        print(f"{title}\n{done.stderr}")
    return done.returncode == 0


def compile(include_dir, dialect, headers, output=("-fsyntax-only",)):
    compiler, standard = dialect
    language = "c++" if standard.startswith("c++") else "c"
    flags = (C_WARNINGS if language == "c" else []) + (LIBUV if "rondo/uv.h" in headers else [])
    source = "".join(f"#include <{h}>\n" for h in headers)
    command = [compiler, f"-std={standard}", *WARNINGS, *flags, *output, "-I", include_dir, "-x", language, "-"]
    return run(command, source, f"{compiler} -std={standard}: {' '.join(headers)}")


def link(include_dir, dialects, headers):
    """Two translation units with the same headers define nothing twice."""
    with tempfile.TemporaryDirectory() as directory:
        objects = [f"{directory}/{i}.o" for i in (0, 1)]
        units = list(zip(dialects, (headers, headers[::-1]), objects))
        if not all(compile(include_dir, d, h, ("-fPIC", "-c", "-o", o)) for d, h, o in units):
            return False
        return run([dialects[0][0], "-shared", *objects, "-o", f"{directory}/both.so"], "", "linking two units")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    include_dir = sys.argv[1]
    names = sorted(str(p.relative_to(include_dir)) for p in Path(include_dir).rglob("*.h*"))
    plain, faces = [n for n in names if n.endswith(".h")], [n for n in names if n.endswith(".hpp")]
    here = {compiler for compiler, _ in C + CPP if shutil.which(compiler)}
    for compiler in sorted({compiler for compiler, _ in C + CPP} - here):
        print(f"skipped: {compiler} is not here")
    dialects = {"C": [d for d in C if d[0] in here], "C++": [d for d in CPP if d[0] in here]}
    alone = [d for d in ALONE if d[0] in here] or dialects["C++"][:1]
    jobs = [(compile, dialect, [name, name]) for dialect in alone for name in faces]
    jobs += [(compile, dialect, [name, name]) for dialect in dialects["C"] + dialects["C++"] for name in plain]
    jobs += [(compile, dialect, order) for dialect in dialects["C"] for order in (plain, plain[::-1])]
    jobs += [(compile, dialect, order) for dialect in dialects["C++"] for order in (names, names[::-1])]
    jobs.append((link, (dialects["C++"] * 2)[:2], names))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda job: job[0](include_dir, *job[1:]), jobs))
    print(f"{len(names)} headers, {len(results)} compilations, {results.count(False)} failed")
    sys.exit(not (names and results and all(results)))


main()
