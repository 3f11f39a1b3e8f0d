#!/usr/bin/env python3
"""Counts instructions per operation under callgrind: the same on every run, however busy the machine is.

    guard.py BUILD             compares with baseline.json: more than 3 % above it fails
    guard.py BUILD --update    makes what is counted now the baseline
    guard.py BUILD --account   prints in which functions the instructions are (Markdown)

BUILD is an optimised one. There is a baseline for each compiler and build type; others are skipped (status 77).
"""

import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

MARGIN = 0.03
SKIPPED = 77  # CTest's SKIP_RETURN_CODE
BASELINE = pathlib.Path(__file__).resolve().parent / "baseline.json"
KINDS = ("step", "fiber", "cpp")
# Name, operations, size: those that no clock, thread or kernel has a say in.
WORKLOADS = [("spawn", 20_000, 1), ("gather", 20_000, 1000), ("yield", 100_000, 1), ("handoff", 50_000, 1),
             ("timeout", 20_000, 1), ("run", 20_000, 1), ("fresh", 5_000, 1), ("queue", 50_000, 64),
             ("lock", 50_000, 1), ("group", 20_000, 1000), ("cancel", 5_000, 1)]
OPERATIONS = {name: n for name, n, _ in WORKLOADS}


def kind_of(build):
    """GNU 12 Release, Clang 14 RelWithDebInfo."""
    text = "".join(path.read_text() for path in build.glob("CMakeFiles/*/CMakeCXXCompiler.cmake"))
    name, version = (re.search(rf'CMAKE_CXX_COMPILER_{what} "([^"]*)"', text) for what in ("ID", "VERSION"))
    build_type = re.search(r"CMAKE_BUILD_TYPE:STRING=(.*)", (build / "CMakeCache.txt").read_text())
    return f"{name[1]} {version[1].split('.')[0]} {build_type[1]}"


def profile(text):
    """What one dump of callgrind says: the workload, and {function: its own instructions}."""
    workload, functions, program, function, call = None, {}, "", "", False
    for line in text.splitlines():
        key, _, value = line.partition("=")
        if line.startswith("desc: Trigger: Client Request: "):
            workload = line.rpartition(" ")[2]
        elif key == "ob":
            program = pathlib.Path(value).name.split(".so")[0]
        elif key == "fn":
            function = f"{program}: {value}"
        elif key == "calls":
            call = True
        elif line[:1].isdigit():
            if not call:  # the line after calls= is the callee's
                functions[function] = functions.get(function, 0) + int(line.split()[1])
            call = False
    return workload, functions


def copy_for_valgrind(build, name, folder):
    """The program and the library without debug information, not all of which valgrind can read."""
    for path in (build / "tests/bench" / name, (build / "librondo.so").resolve()):
        copy = folder / (path.name if path.name == name else "librondo.so.0")
        subprocess.run(["strip", "--strip-debug", "-o", copy, path], check=True)
    return folder / name


def count(build, name):
    """{workload: {function: its own instructions per operation}}."""
    with tempfile.TemporaryDirectory() as folder:
        program = copy_for_valgrind(build, name, pathlib.Path(folder))
        command = [shutil.which("valgrind"), "--tool=callgrind", "--compress-strings=no", "--compress-pos=no",
                   f"--callgrind-out-file={folder}/out", program]
        # (Not in our environment: its length is instructions too.)
        done = subprocess.run([*command, *(str(word) for workload in WORKLOADS for word in workload)],
                              capture_output=True, text=True, env={"LD_LIBRARY_PATH": folder})
        if done.returncode != 0:
            sys.exit(f"{program} failed under valgrind:\n{done.stderr}")
        dumps = [profile(path.read_text(errors="replace")) for path in pathlib.Path(folder).glob("out.*")]
    return {name: {function: cost / OPERATIONS[name] for function, cost in functions.items()}
            for name, functions in dumps if name in OPERATIONS}


def count_all(build):
    return {kind: count(build, f"rondo_bench_{kind}") for kind in KINDS}


def totals(counted):
    return {kind: {name: round(sum(functions.values()), 1) for name, functions in sorted(by_name.items())}
            for kind, by_name in counted.items()}


def compare(now, baseline):
    """Prints a table; answers whether all is within the margin."""
    worse = better = 0
    print(f"{'instructions per operation':<28}{'baseline':>10}{'now':>10}")
    for kind, figures in now.items():
        for name, value in figures.items():
            before = baseline.get(kind, {}).get(name)
            change = value / before - 1 if before else 0.0
            verdict = "no baseline" if before is None else "WORSE" if change > MARGIN else ""
            verdict = verdict or ("better" if change < -MARGIN else "")
            worse += verdict in ("WORSE", "no baseline")
            better += verdict == "better"
            print(f"{kind + ' ' + name:<28}{before or 0:>10,.1f}{value:>10,.1f}{change:>+8.1%}  {verdict}")
    if better:
        print(f"\n{better} got better: keep it so with cmake/dev.sh bench --guard --update.")
    if worse:
        print(f"\n{worse} got worse by more than {MARGIN:.0%}, or are new. If that is how it has to be: --update.")
    return not worse


def short_name(function):
    """Without arguments and namespaces of ours."""
    program, _, name = function.partition(": ")
    name = re.sub(r"\(anonymous namespace\)::|rondo::(core|capi|detail)::", "", name)
    name = re.sub(r"<.*>", "<>", name).partition("(")[0].rpartition(" ")[2]
    return f"`{name}`" if program == "librondo" else f"`{name}` ({program.replace('rondo_bench_', 'program ')})"


def account(build):
    """Where the instructions are, in Markdown."""
    lines = []
    for kind, by_name in count_all(build).items():
        lines += ["", f"| Rondo {kind} | instructions | where |", "|---|---:|---|"]
        for name in OPERATIONS:
            functions = by_name.get(name, {})
            top = sorted(functions.items(), key=lambda item: -item[1])[:5]
            where = ", ".join(f"{short_name(function)} {cost:,.0f}" for function, cost in top)
            lines.append(f"| {name} | {sum(functions.values()):,.0f} | {where} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--account", action="store_true")
    arguments = parser.parse_args()
    if shutil.which("valgrind") is None:
        print("skipped: no valgrind")
        return SKIPPED
    build = kind_of(arguments.build)
    baselines = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    if build not in baselines and not (arguments.update or arguments.account):
        print(f"skipped: no baseline for {build}")
        return SKIPPED
    if arguments.account:
        print(account(arguments.build))
        return 0
    counted = count_all(arguments.build)
    if arguments.update:
        baselines[build] = totals(counted)
        BASELINE.write_text(json.dumps(baselines, indent=2, sort_keys=True) + "\n")
    return 0 if compare(totals(counted), baselines[build]) else 1


if __name__ == "__main__":
    sys.exit(main())
