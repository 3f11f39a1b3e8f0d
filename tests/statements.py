"""Which statements have no test: statements.txt against the ids in the tests' names, comments and docstrings.

    python tests/statements.py [--list]

Fails when a statement has no test and no entry under [not here], or an entry there although it has a test.
"""

import ast
import io
import pathlib
import re
import sys
import tokenize

HERE = pathlib.Path(__file__).parent
ID = re.compile(r"(?<![A-Za-z0-9])(?:A[-_]\d|[A-Z]{1,2}\d+)(?![A-Za-z0-9])")
C_LIKE = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|(?P<name>[A-Za-z0-9]+(?:_[A-Za-z0-9]+)+)""",
    re.DOTALL,
)
SUFFIXES = {".c", ".h", ".cpp", ".hpp", ".rs", ".go"}


def read_statements():
    """Two dictionaries by id: what the statements are about, and why some need no test here."""
    wanted, excused = {}, {}
    table = wanted
    for line in (HERE / "statements.txt").read_text(encoding="utf-8").splitlines():
        if line == "[not here]":
            table = excused
        elif line and not line.startswith("#"):
            name, about = line.split(maxsplit=1)
            if name in table:
                raise SystemExit(f"statements.txt names {name} twice")
            table[name] = about
    return wanted, excused


def texts_of_python(source):
    """Names of functions and classes, docstrings and comments."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
            yield ast.get_docstring(node) or ""
        elif isinstance(node, ast.Module):
            yield ast.get_docstring(node) or ""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def texts_of_c(source):
    """Comments, and names that have several parts."""
    for match in C_LIKE.finditer(source):
        yield match["comment"] or match["name"] or ""


def ids_in(text):
    for match in ID.finditer(text):
        yield match[0].replace("_", "-")


def read_citations():
    """{id: files that cite it}"""
    cited = {}
    for path in sorted(HERE.rglob("*")):
        if path == pathlib.Path(__file__):
            continue
        if path.suffix == ".py":
            texts = texts_of_python(path.read_text(encoding="utf-8"))
        elif path.suffix in SUFFIXES:
            texts = texts_of_c(path.read_text(encoding="utf-8"))
        else:
            continue
        for text in texts:
            for name in ids_in(text):
                cited.setdefault(name, set()).add(str(path.relative_to(HERE)))
    return cited


def main(*arguments):
    wanted, excused = read_statements()
    cited = read_citations()
    if "--list" in arguments:
        for name, about in wanted.items():
            print(f"{name:4} {about}: {', '.join(sorted(cited.get(name, ()))) or excused.get(name, 'NO TEST')}")
    untested = [name for name in wanted if name not in cited and name not in excused]
    needless = [name for name in excused if name in cited or name not in wanted]
    for name in untested:
        print(f"{name:4} has no test: {wanted[name]}")
    for name in needless:
        print(f"{name:4} stands under [not here], but {'has a test' if name in cited else 'is no statement'}")
    print(f"{len(wanted)} statements, {len(wanted) - len(untested) - len(excused)} tested, {len(excused)} not here")
    return 1 if untested or needless else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
