"""Random programs, run by CPython's asyncio and by Rondo: the traces must be equal.

    python compare.py --count 10000              programs of seeds that depend on the date
    python compare.py --seed 7 --count 1         one program
    python compare.py --seed 7 --count 1 --show  the same, with its text and both traces
    python compare.py --program FILE             a program from a file
    python compare.py --store FILE --count 300   writes programs and asyncio's traces, for other interpreters

A program that differs, crashes or hangs is made smaller and printed with both traces; the exit status is then 1.
"""

import argparse
import collections
import gc
import json
import logging
import os
import select
import signal
import sys
import time
import warnings

import program as programs
from libraries import Asyncio, Rondo
from machine import Machine
from shrink import pseudo_code, shrink, side_by_side

STALLED_AFTER = 30  # seconds without a finished program
VERSION = sys.version_info[:2]

# Where CPython older than 3.13 is another asyncio (section 28 of the semantics).
OLDER = {
    (3, 12): {"group", "spawn_in", "uncancel", "as_completed", "shutdown", "wait_on", "wait_until"},
    (3, 11): {
        "group", "spawn_in", "uncancel", "as_completed", "wait_for", "gather", "factory", "timeout", "reschedule",
        "shutdown", "wait_on", "wait_until",
    },
}

class Comparison:
    """Makes programs, runs them with both libraries, and counts what had to be left out."""

    def __init__(self, unwanted=(), rondo=True):
        self.asyncio = Asyncio()
        self.rondo = Rondo() if rondo else None
        self.missing = OLDER.get(VERSION, set()) | set(unwanted)

    def program(self, seed):
        return programs.without(programs.generate(seed), self.missing)

    def traces(self, program):
        return Machine(self.asyncio, program).play(), Machine(self.rondo, program).play()

    def agrees(self, program):
        theirs, ours = self.traces(program)
        return theirs == ours


def in_child(work, timeout):
    """Calls work() in a child process: its exit status, 'hangs' or 'crashes'."""
    pid = os.fork()
    if pid == 0:
        status = 3
        try:
            _silence()
            signal.alarm(timeout)
            status = work()
        finally:
            os._exit(status)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return "hangs" if os.WTERMSIG(status) == signal.SIGALRM else "crashes"
    return os.WEXITSTATUS(status)


def _silence():
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)


def outcome(comparison, program, timeout=5):
    """'agrees', 'differs', 'crashes' or 'hangs'; 'breaks' when not even the machine can run it."""
    found = in_child(lambda: 0 if comparison.agrees(program) else 1, timeout)
    return {0: "agrees", 1: "differs"}.get(found, found if isinstance(found, str) else "breaks")


def run_all(comparison, seeds):
    """Yields (seed, what happened) for every program that is not equal; a child does the work and may die of it."""
    left = list(seeds)
    while left:
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            _work(comparison, left, writer)
        os.close(writer)
        done = yield from _watch(pid, reader, left)
        left = left[done:]


def _work(comparison, seeds, writer):
    status = 3
    try:
        gc.disable()
        for number, seed in enumerate(seeds):
            program, dropped = comparison.program(seed)
            theirs, ours = comparison.traces(program)
            os.write(writer, f"{int(theirs == ours)} {dropped} {len(theirs)}\n".encode())
            if number % 50 == 49:
                gc.collect()
        status = 0
    finally:
        os._exit(status)


def _watch(pid, reader, seeds):
    """Reads what the child tells, and returns how many seeds are dealt with."""
    done, rest = 0, b""
    while True:
        if not select.select([reader], [], [], STALLED_AFTER)[0]:
            os.kill(pid, signal.SIGKILL)
        data = os.read(reader, 65536)
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            agrees, dropped, events = map(int, line.split())
            yield seeds[done], agrees, dropped, events
            done += 1
        if not data:
            break
    os.close(reader)
    _, status = os.waitpid(pid, 0)
    if status and done < len(seeds):
        yield seeds[done], 0, 0, 0
        done += 1
    return done


def report(comparison, seed, program):
    """Prints the smallest program that fails like this one."""
    how = outcome(comparison, program)
    if how == "agrees":
        print(f"seed {seed} failed once and does not fail alone")
        return
    small = shrink(program, lambda candidate: outcome(comparison, candidate) == how)
    print(f"seed {seed} {how}; replay: python {sys.argv[0]} --seed {seed} --count 1\n")
    show(comparison, small, how)


def show(comparison, program, how):
    print(pseudo_code(program))
    print(f"\n{json.dumps(program, separators=(',', ':'))}\n")
    if how not in ("crashes", "hangs"):
        theirs, ours = comparison.traces(program)
        print(side_by_side("asyncio", theirs, "rondo", ours))
    sys.stdout.flush()


def store(comparison, path, seeds, wanted):
    """Programs and asyncio's traces, one JSON list per line."""
    with open(path, "w", encoding="ascii") as file:
        for seed in seeds:
            program, _ = comparison.program(seed)
            program = portable(program)
            if wanted and not wanted & programs.verbs(program):
                continue
            trace = Machine(comparison.asyncio, program).play()
            json.dump([seed, program, trace], file, separators=(",", ":"))
            file.write("\n")


def portable(program):
    """A program for the other interpreters.

    What drops an async generator is Python's affair, and a closing runner starts to close native ones one turn earlier
    than asyncio does, which callbacks can tell. An eager native task does not raise an exit in its creator (E4), and a
    native submission does not know the task factory.
    """
    used = programs.verbs(program)
    if program["eager"] or "factory" in used:
        program, _ = programs.without(program, {"exit", "submit"})
    left = "close" if used & {"soon", "later", "at", "watch", "ticks"} else "leave"
    for node in programs.walk(program):
        if programs.verb_of(node) == "agen":
            node[-1] = "close" if node[-1] == "close" else left
    return program


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000, help="how many programs")
    parser.add_argument("--seed", type=int, help="the first one; by default it depends on the date")
    parser.add_argument("--failures", type=int, default=1, help="stop after so many")
    parser.add_argument("--show", action="store_true", help="print each program and its traces")
    parser.add_argument("--program", help="run the program in this file")
    parser.add_argument("--store", help="write programs and asyncio's traces to this file")
    parser.add_argument("--using", nargs="*", default=(), metavar="VERB", help="store only programs with one of these")
    parser.add_argument("--plain", action="store_true", help="do not make failing programs smaller")
    parser.add_argument("--without", nargs="*", default=(), metavar="VERB", help="leave these statements out")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable()
    comparison = Comparison(options.without, rondo=not options.store)
    if options.program:
        with open(options.program, encoding="utf-8") as file:
            program = json.load(file)
        how = outcome(comparison, program)
        show(comparison, program, how)
        return how != "agrees"
    first = options.seed if options.seed is not None else int(time.strftime("%Y%m%d")) * 100000
    seeds = range(first, first + options.count)
    if options.store:
        store(comparison, options.store, seeds, set(options.using))
        return 0
    if options.show:
        for seed in seeds:
            show(comparison, comparison.program(seed)[0], "")
        return 0
    return compare(comparison, seeds, options.failures, options.plain)


def compare(comparison, seeds, max_failures, plain):
    if comparison.missing:
        print(f"left out: {' '.join(sorted(comparison.missing))}")
    started = time.monotonic()
    counts = collections.Counter()
    for seed, agrees, dropped, events in run_all(comparison, seeds):
        counts["programs"] += 1
        counts["statements left out"] += dropped
        counts["events"] += events
        if not agrees:
            counts["failures"] += 1
            if not plain:
                report(comparison, seed, comparison.program(seed)[0])
            if counts["failures"] == max_failures:
                break
    print(
        f"seeds {seeds[0]} to {seeds[0] + counts['programs'] - 1}: "
        + ", ".join(f"{counts[what]} {what}" for what in ("programs", "events", "failures", "statements left out"))
        + f", {time.monotonic() - started:.1f} s"
    )
    return 1 if counts["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
