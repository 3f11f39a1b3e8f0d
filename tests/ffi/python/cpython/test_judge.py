"""CPython's own tests with Rondo in the place of asyncio: each module in a process of its own, see judge.py.

RONDO_JUDGE_PYTHON names the interpreter when it is not this one and python3.13 is not to be found.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import unittest

JUDGE = pathlib.Path(__file__).with_name("judge.py")
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
            reason = "CPython 3.13 with its test package is not here; RONDO_JUDGE_PYTHON can name it"
            print("SKIPPED:", reason)
            self.skipTest(reason)

    def judge(self, module):
        done = subprocess.run(
            [self.python, JUDGE, module], capture_output=True, text=True, errors="replace", timeout=300
        )
        if done.returncode != 0:
            self.fail(f"exit status {done.returncode}\n{(done.stdout + done.stderr)[-20000:]}")
        print(done.stdout.splitlines()[-1])

    def test_context(self):
        self.judge("test_context")

    def test_eager_task_factory(self):
        self.judge("test_eager_task_factory")

    def test_futures(self):
        self.judge("test_futures")

    def test_futures2(self):
        self.judge("test_futures2")

    def test_pep492(self):
        self.judge("test_pep492")

    def test_runners(self):
        self.judge("test_runners")

    def test_taskgroups(self):
        self.judge("test_taskgroups")

    def test_tasks(self):
        self.judge("test_tasks")

    def test_timeouts(self):
        self.judge("test_timeouts")

    def test_waitfor(self):
        self.judge("test_waitfor")


if __name__ == "__main__":
    unittest.main()
