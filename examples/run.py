#!/usr/bin/env python3
"""run.py BUILD_DIR [LANGUAGE/NAME ...]: runs the examples and compares what they print with expected/NAME.txt.

Without names: all of them. NAME_step, the form with a step function, prints what NAME prints, and so does
NAME_in_python. What was not built, for want of a library, is skipped.
"""

import difflib
import os
import pathlib
import re
import subprocess
import sys

here = pathlib.Path(__file__).resolve().parent
python = os.environ.get("RONDO_PYTHON", sys.executable)
SKIPPED = 77


def is_missing(name, build):
    """The library an example needs was not there when the examples were built."""
    needed = {"queries": "queries", "pages": "pages", "pages_in_python": "libfetch.so"}
    room, _, stem = name.partition("/")
    return room == "libraries" and not (build / "examples" / room / needed[stem]).exists()


def programs(build):
    """Label and command of each example."""
    for source in sorted([*here.glob("c/*.c"), *here.glob("cpp/*.cpp")]):
        name = f"{source.parent.name}/{source.stem}"
        yield name, [str(build / "examples" / name)]
    for source in sorted([*here.glob("python/*.py"), *here.glob("mixed/*.py")]):
        yield f"{source.parent.name}/{source.stem}", [python, str(source)]
    libraries = build / "examples/libraries"
    served = [python, str(here / "libraries/server.py")]
    yield "five/relay", ["bash", str(here / "five/run.sh"), str(build)]
    yield "libraries/queries", [str(libraries / "queries")]
    yield "libraries/pages", [*served, str(libraries / "pages")]
    yield "libraries/pages_in_python", [*served, python, str(here / "libraries/pages_in_python.py")]


def environment(build):
    return os.environ | {
        "RONDO_EXAMPLE_FAST": "1",
        "RONDO_LIBRARY": os.environ.get("RONDO_LIBRARY", str(build / "librondo.so")),
        "FETCH_LIBRARY": str(build / "examples/libraries/libfetch.so"),
        "GREETER_LIBRARY": str(build / "examples/mixed/libgreeter.so"),
        "PYTHONPATH": str(here.parent / "capi/python"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def expected(name):
    stem = name.partition("/")[2]
    text = here / "expected" / f"{stem}.txt"
    return (text if text.exists() else text.with_stem(re.sub("_(step|in_python)$", "", stem))).read_text()


def check(name, command, env):
    """What is wrong with the example, or nothing; SKIPPED without the tools it needs."""
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
    if done.returncode == SKIPPED:
        return SKIPPED
    wanted = expected(name)
    if done.returncode == 0 and done.stdout == wanted and not done.stderr:
        return ""
    diff = difflib.unified_diff(wanted.splitlines(), done.stdout.splitlines(), "expected", "printed", lineterm="")
    return "\n".join([f"exit status {done.returncode}", *diff, done.stderr])


def main(build, *names):
    build = pathlib.Path(build).resolve()
    env = environment(build)
    known = dict(programs(build))
    failures = skipped = 0
    for name in names or known:
        wrong = SKIPPED if is_missing(name, build) else check(name, known[name], env)
        if wrong == SKIPPED:
            skipped += 1
            print("SKIPPED", name, "(a library or a tool it needs is not here)")
            continue
        print("FAILED" if wrong else "passed", name)
        if wrong:
            failures += 1
            print(wrong)
    return 1 if failures else SKIPPED if skipped else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
