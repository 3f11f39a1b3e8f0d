"""The Python examples print what is expected of the same program in every language, and on CPython's asyncio too."""

import os
import pathlib
import subprocess
import sys
import unittest

EXAMPLES = pathlib.Path(__file__).resolve().parents[3] / "examples"


class Examples(unittest.TestCase):
    def check(self, path, source):
        expected = (EXAMPLES / "expected" / f"{path.stem}.txt").read_text()
        environment = dict(os.environ, RONDO_EXAMPLE_FAST="1")
        process = subprocess.run([sys.executable, "-c", source], env=environment, capture_output=True, text=True, timeout=60)
        self.assertEqual((process.stdout, process.stderr), (expected, ""))

    def test_rondo(self):
        paths = sorted((EXAMPLES / "python").glob("*.py"))
        self.assertGreaterEqual(len(paths), 15)
        for path in paths:
            with self.subTest(path.stem):
                self.check(path, path.read_text())

    def test_asyncio(self):
        for path in sorted((EXAMPLES / "python").glob("*.py")):
            source = path.read_text().replace("import rondo as asyncio", "import asyncio")
            # The clock needs a virtual one to be quick; leftovers are cancelled in any order.
            if path.stem not in ("clock", "leftovers"):
                with self.subTest(path.stem):
                    self.check(path, source)


if __name__ == "__main__":
    unittest.main()
