#!/usr/bin/env python3
"""run.py BUILD_DIR [LANGUAGE/NAME ...]: runs the examples and compares what they print with expected/NAME.txt.

Without names: all of them. NAME_step, the form with a step function, prints what NAME prints.
"""

import difflib
import os
import pathlib
import subprocess
import sys

here = pathlib.Path(__file__).resolve().parent


def programs(build):
    """Label and command of each example."""
    for source in sorted([*here.glob("c/*.c"), *here.glob("cpp/*.cpp")]):
        name = f"{source.parent.name}/{source.stem}"
        yield name, [str(build / "examples" / name)]
    for source in sorted([*here.glob("python/*.py"), *here.glob("mixed/*.py")]):
        yield f"{source.parent.name}/{source.stem}", [os.environ.get("RONDO_PYTHON", sys.executable), str(source)]


def environment(build):
    return os.environ | {
        "RONDO_EXAMPLE_FAST": "1",
        "RONDO_LIBRARY": os.environ.get("RONDO_LIBRARY", str(build / "librondo.so")),
        "GREETER_LIBRARY": str(build / "examples/mixed/libgreeter.so"),
        "PYTHONPATH": str(here.parent / "capi/python"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def expected(name):
    stem = name.partition("/")[2]
    text = here / "expected" / f"{stem}.txt"
    return (text if text.exists() else text.with_name(f"{stem.removesuffix('_step')}.txt")).read_text()


def check(name, command, env):
    """What is wrong with the example, or nothing."""
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    wanted = expected(name)
    if done.returncode == 0 and done.stdout == wanted and not done.stderr:
        return ""
    diff = difflib.unified_diff(wanted.splitlines(), done.stdout.splitlines(), "expected", "printed", lineterm="")
    return "\n".join([f"exit status {done.returncode}", *diff, done.stderr])


def main(build, *names):
    build = pathlib.Path(build).resolve()
    env = environment(build)
    known = dict(programs(build))
    failures = 0
    for name in names or known:
        wrong = check(name, known[name], env)
        print("FAILED" if wrong else "passed", name)
        if wrong:
            failures += 1
            print(wrong)
    return failures > 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
