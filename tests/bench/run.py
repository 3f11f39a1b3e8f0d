#!/usr/bin/env python3
"""Runs the workloads in Rondo's languages and in its peers, in turn, and prints the medians, ratios and verdicts.

All figures of a report come from one run on one machine: compare them with each other, not with another report's.
"""

import argparse
import json
import os
import pathlib
import platform
import statistics
import sys

import guard
import picture
import report
from contestants import HERE, ROOT, contestants
from workloads import STEPS, WORKLOADS


def selected(pattern):
    names = pattern.split(",") if pattern else []
    return [w for w in WORKLOADS + STEPS if not names or any(w.key.startswith(name) for name in names)]


def figures_of(lines):
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def measure(present, workloads, rounds):
    """Returns {workload: {contestant: {figure: [one per round]}}}; the contestants take turns in every round."""
    samples = {w.key: {} for w in workloads}
    for number in range(rounds):
        for w in workloads:
            if number >= w.rounds:
                continue
            print(f"\rround {number + 1} of {rounds}: {w.key:<20}", end="", file=sys.stderr, flush=True)
            for contestant in present[number % len(present):] + present[:number % len(present)]:
                n = w.operations(contestant.language)
                if n == 0 or w.name not in contestant.workloads:
                    continue
                try:
                    figures = figures_of(contestant.run(w.name, n, w.size))
                except Exception as error:
                    print(f"\n{error}", file=sys.stderr)
                    continue
                for name, value in figures.items():
                    samples[w.key].setdefault(contestant.key, {}).setdefault(name, []).append(value)
    print("\r" + " " * 60, end="\r", file=sys.stderr)
    return samples


def medians(samples):
    return {workload: {who: {name: statistics.median(values) for name, values in figures.items()}
                       for who, figures in by_who.items()} for workload, by_who in samples.items()}


def results_of(arguments):
    if arguments.results:
        return json.loads(arguments.results.read_text())
    build = arguments.build.resolve()
    present, missing = contestants(build, os.environ.get("RONDO_PYTHON", sys.executable))
    for name, reason in missing:
        print(f"skipped: {name}: {reason}", file=sys.stderr)
    if arguments.who:
        present = [c for c in present if c.key in arguments.who.split(",")]
    load = os.getloadavg()[0]
    if load > 0.5:
        print(f"somebody else is at work here (load {load:.1f}): do not trust the figures", file=sys.stderr)
    figures = medians(measure(present, selected(arguments.only), arguments.rounds))
    results = {"titles": {c.key: c.title for c in present}, "missing": missing, "figures": figures,
               "rounds": arguments.rounds, "machine": f"{os.cpu_count()} processors, {platform.machine()}, load before {load:.1f}"}
    (build / "bench.json").write_text(json.dumps(results, indent=1))
    return results


def update_readme(text):
    begin, end = "<!-- bench -->\n", "<!-- /bench -->"
    path = ROOT / "README.md"
    before, _, rest = path.read_text().partition(begin)
    _, _, after = rest.partition(end)
    if not after:
        sys.exit(f"README.md has no {begin.strip()} ... {end}")
    path.write_text(before + begin + text + "\n" + end + after)


def main():
    parser = argparse.ArgumentParser(prog="cmake/dev.sh bench", description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", help="these workloads: keys or their beginnings, with commas between")
    parser.add_argument("--who", help="these contestants: " + "step,fiber,cpp,floor,tokio,go,libuv,asio,python,...")
    parser.add_argument("--markdown", action="store_true", help="tables in Markdown")
    parser.add_argument("--results", type=pathlib.Path, help="print an earlier run's: build/release/bench.json")
    parser.add_argument("--update-readme", action="store_true",
                        help="put the tables into README.md and tests/bench/results, with the picture and an account")
    arguments = parser.parse_args()
    results = results_of(arguments)
    print(report.whole(results, arguments.markdown))
    if arguments.update_readme:
        folder = HERE / "results"
        folder.mkdir(exist_ok=True)
        where = "\n\n## Where the instructions go, per operation\n" + guard.account(arguments.build.resolve())
        (folder / "README.md").write_text("# Results\n\n" + report.whole(results, markdown=True) + where + "\n")
        (folder / "bench.svg").write_text(picture.svg(results))
        update_readme(report.short(results))


if __name__ == "__main__":
    main()
