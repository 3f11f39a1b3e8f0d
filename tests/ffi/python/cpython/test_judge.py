"""CPython's own tests with Rondo in the place of asyncio: each module in a process of its own, see judge.py.

RONDO_JUDGE_PYTHON names the interpreter when it is not this one and python3.13 is not to be found.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import unittest

DIFFERENT = 77  # judge.py's exit status
JUDGE = pathlib.Path(__file__).with_name("judge.py")
MODULES = (
    "test_asyncgen",
    "test_base_events",
    "test_context",
    "test_contextlib_async",
    "test_eager_task_factory",
    "test_futures",
    "test_futures2",
    "test_locks",
    "test_pep492",
    "test_queues",
    "test_runners",
    "test_taskgroups",
    "test_tasks",
    "test_threads",
    "test_timeouts",
    "test_waitfor",
)
VERSION = (3, 13)
PROBE = f"import sys, test.test_asyncio.utils; sys.exit(sys.version_info[:2] != {VERSION})"


def is_fit(python):
    probe = subprocess.run([python, "-c", PROBE], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
    return probe.returncode == 0


def find_python():
    candidates = (os.environ.get("RONDO_JUDGE_PYTHON"), sys.executable, shutil.which("python3.13"))
    return next((python for python in candidates if python and is_fit(python)), None)


class Judge(unittest.TestCase):
    def setUp(self):
        self.python = find_python()
        if self.python is None:
            self.skip("CPython 3.13 with its test package is not here; RONDO_JUDGE_PYTHON can name it")

    def judge(self, module):
        done = subprocess.run(
            [self.python, JUDGE, module], capture_output=True, text=True, errors="replace", timeout=300
        )
        said = (done.stdout + done.stderr)[-20000:]
        if done.returncode == DIFFERENT:
            self.skip(f"this patch release is not the one the exceptions were written for\n{said}")
        self.assertEqual(done.returncode, 0, said)
        print(done.stdout.splitlines()[-1])

    def skip(self, reason):
        print("SKIPPED:", reason)
        self.skipTest(reason)


for _module in MODULES:
    setattr(Judge, _module, lambda self, module=_module: self.judge(module))


if __name__ == "__main__":
    unittest.main()
