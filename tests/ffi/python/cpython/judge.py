"""Runs one of CPython's test modules with Rondo in the place of asyncio.

    python judge.py test_tasks [-v] [PATTERN...]

Every test must pass but those in exceptions.txt, and those must fail: the list is as short as it can be. With patterns,
only the tests that contain one are run, and nothing is compared.
"""

import faulthandler
import fnmatch
import importlib.util
import pathlib
import signal
import sys
import unittest

import standin

HERE = pathlib.Path(__file__).parent
HELD_TO = (3, 13, 0)  # other patch releases have other tests: what differs there is told, and no failure
DIFFERENT = 77
SECONDS_PER_TEST = 30
SECONDS = 280
PACKAGES = ("test.test_asyncio.", "test.test_unittest.", "test.")
# It takes for granted that there is a second set of classes, written in C. Elsewhere those variants are skipped.
NAMES_C_CLASSES = ("test_futures2",)
# Of a module that is about more than Rondo offers, the tests that are judged.
PARTS = {
    "test_base_events": (
        "*.BaseEventLoopTests.*_default_executor*",
        "*.RunningLoopTests.test_running_loop_within_a_loop",
        "*.test_asyncgen_finalization_by_gc_in_other_thread",
        "*.test_call_coroutine",
    ),
}


class TookTooLong(BaseException):
    pass


def read_exceptions(module):
    """{pattern: kind} of the tests that need not pass, and the patterns of those that are not even run."""
    expected, unrun, kind = {}, set(), None
    for line in (HERE / "exceptions.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            kind = line[1 : line.index("]")]
        elif line and not line.startswith("#"):
            pattern = line.split()[0]
            if pattern.lstrip("!").startswith(module + "."):
                expected[pattern.lstrip("!")] = kind
                if pattern.startswith("!"):
                    unrun.add(pattern[1:])
    return expected, unrun


def matching(name, patterns):
    return [pattern for pattern in patterns if fnmatch.fnmatchcase(name, pattern)]


def name_of(test):
    name = test.id()
    return name.removeprefix(next(package for package in PACKAGES if name.startswith(package)))


class Record(unittest.TextTestResult):
    """Notes how each test ended, and ends those that hang."""

    def __init__(self, *args, **keywords):
        super().__init__(*args, **keywords)
        self.outcomes = {}

    def startTest(self, test):
        super().startTest(test)
        signal.alarm(SECONDS_PER_TEST)

    def stopTest(self, test):
        signal.alarm(0)
        self.outcomes.setdefault(name_of(test), "passed")
        super().stopTest(test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.outcomes[name_of(test)] = "failed"

    def addError(self, test, err):
        super().addError(test, err)
        self.outcomes[name_of(test)] = "failed"

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.outcomes[name_of(test)] = "failed"

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.outcomes[name_of(test)] = "skipped"


def raise_took_too_long(signum, frame):
    raise TookTooLong


def fail_on_every_exception(case):
    """KeyboardInterrupt is an answer like others here, not the wish to stop judging."""
    call = case._callTestMethod

    def call_test_method(self, method):
        try:
            return call(self, method)
        except (KeyboardInterrupt, TookTooLong) as exception:
            raise AssertionError(f"{type(exception).__name__} left the test") from exception

    case._callTestMethod = call_test_method


def flatten(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flatten(test)
        else:
            yield test


def load(module):
    """The module's tests, on stand-ins for asyncio and for the loops of their fixtures."""
    standin.install(with_c_classes=module in NAMES_C_CLASSES)
    from test.test_asyncio import utils

    utils.TestLoop = standin.TestLoop
    full_name = next(package + module for package in PACKAGES if importlib.util.find_spec(package + module))
    tests = list(flatten(unittest.defaultTestLoader.loadTestsFromModule(importlib.import_module(full_name))))
    return [test for test in tests if matching(name_of(test), PARTS.get(module, "*"))]


def run(tests, verbose):
    for case in (unittest.TestCase, unittest.IsolatedAsyncioTestCase):
        fail_on_every_exception(case)
    signal.signal(signal.SIGALRM, raise_took_too_long)
    faulthandler.dump_traceback_later(SECONDS, exit=True)
    runner = unittest.TextTestRunner(resultclass=Record, verbosity=1 + verbose, stream=sys.stdout)
    return runner.run(unittest.TestSuite(tests)).outcomes


def complaints(outcomes, expected, unrun, names):
    for name, outcome in sorted(outcomes.items()):
        patterns = matching(name, expected)
        if outcome == "failed" and not patterns:
            yield f"{name} fails"
        elif outcome == "passed" and patterns:
            yield f"{name} passes, but is an exception ({expected[patterns[0]]})"
    for pattern in expected:
        if not fnmatch.filter(names, pattern):
            yield f"{pattern} is an exception, but no test"


def describe_exceptions(names, outcomes, expected):
    excused = [name for name in names if matching(name, expected) and outcomes.get(name) != "skipped"]
    kinds = [expected[matching(name, expected)[0]] for name in excused]
    each = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(expected.values()))
    return f"{len(excused)} exceptions" + (f" ({each})" if each else "")


def main(module, *arguments):
    verbose = "-v" in arguments
    wanted = [argument for argument in arguments if argument != "-v"]
    tests = load(module)
    expected, unrun = read_exceptions(module)
    names = [name_of(test) for test in tests]
    if wanted:
        tests = [test for test in tests if matching(name_of(test), [f"*{word}*" for word in wanted])]
    else:
        tests = [test for test in tests if not matching(name_of(test), unrun)]
    outcomes = run(tests, verbose)
    if wanted:
        return 0
    found = list(complaints(outcomes, expected, unrun, names))
    print(*found, sep="\n")
    counts = {outcome: list(outcomes.values()).count(outcome) for outcome in ("passed", "failed", "skipped")}
    print(f"{module}: {counts['passed']} pass, {counts['skipped']} skipped, {describe_exceptions(names, outcomes, expected)}")
    if not found and counts["passed"]:
        return 0
    return 1 if sys.version_info[:3] == HELD_TO else DIFFERENT


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
