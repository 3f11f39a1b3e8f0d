#!/usr/bin/env python3
"""Runs every benchmark program in turn, several rounds, and prints the medians as a table.

    run.py BUILD_DIR [--rounds N] [--quick]

All figures of a table come from one run on one machine; compare them with each other, not with other tables.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORKLOADS = ("switch", "spawn+await", "gather 1M", "run, reused")


def programs(build, python, quick):
    count = ["20000"] if quick else []
    yield [str(build / "tests/bench/rondo_bench_c")]
    yield [str(build / "tests/bench/rondo_bench_cpp")]
    yield [python, str(HERE / "bench.py"), "rondo", *count]
    yield [python, str(HERE / "bench.py"), "asyncio", *count]
    probe = subprocess.run([python, "-c", "import uvloop"], capture_output=True)
    if probe.returncode == 0:
        yield [python, str(HERE / "bench.py"), "uvloop", *count]


def measure(command, build):
    environment = dict(os.environ, RONDO_LIBRARY=str(build / "librondo.so"))
    environment["PYTHONPATH"] = str(ROOT / "capi/python")
    out = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    for line in out.splitlines():
        workload, kind, ns = line.split("\t")
        yield (workload, kind), float(ns)


def table(figures):
    kinds = list(dict.fromkeys(kind for _, kind in figures))
    yield "| ns per operation (median) | " + " | ".join(kinds) + " |"
    yield "|---|" + "---:|" * len(kinds)
    for workload in WORKLOADS:
        cells = [figures.get((workload, kind)) for kind in kinds]
        texts = ["–" if ns is None else f"{statistics.median(ns):,.0f}" for ns in cells]
        yield f"| {workload} | " + " | ".join(texts) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one round, small numbers in Python")
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    python = os.environ.get("RONDO_PYTHON", sys.executable)
    figures = {}
    for _ in range(1 if arguments.quick else arguments.rounds):
        for command in programs(build, python, arguments.quick):
            for key, ns in measure(command, build):
                figures.setdefault(key, []).append(ns)
    version = subprocess.run([python, "-c", "import platform; print(platform.python_version())"],
                             capture_output=True, text=True).stdout.strip()
    print("\n".join(table(figures)))
    print(f"\nCPython {version}; one run, {os.cpu_count()} cores.")


if __name__ == "__main__":
    main()
