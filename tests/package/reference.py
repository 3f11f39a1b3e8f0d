#!/usr/bin/env python3
"""reference.py INCLUDE_DIR SYMBOLS SCRATCH

Every public symbol is documented, with ownership, thread and errors; the reference made from the headers has a place
for each, its links lead somewhere, and its man pages are well formed (as far as mandoc or groff is here to say so).
"""
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "capi/abi"))
import describe  # noqa: E402

ONE_PARAGRAPH = ("constants", "macros", "inline_functions")
NAMED = (*ONE_PARAGRAPH, "functions", "scalars", "structs", "handles", "callbacks", "statuses")

EXTRA = ("RONDO_DEBUG", "RONDO_LOOP_THREAD", "RONDO_ANY_THREAD", "RONDO_SIGNAL_SAFE")

failures = []


def check(holds, message):
    if not holds:
        failures.append(message)


# ---- the headers

def check_function(function, known_codes):
    name, errors = function["name"], function["errors"]
    check(re.search(r"[a-z0-9]", function["doc"]), f"{name} is not documented")
    check(function["thread"] in ("loop", "any", "signal"), f"{name}: in which thread?")
    for item in function["parameters"] + [function["result"]]:
        if item["abi"] == "pointer":
            owned = "ownership" in item or item.get("direction") == "out"
            check(owned and "nullable" in item, f"{name}: who owns {item.get('name', 'the result')}?")
    answers = function["result"]["type"] == "rondo_status" and function["parameters"]
    check(not answers or errors.get("all") or "never fails" in function["doc"], f"{name}: which errors?")
    for code in errors.get("all", []):
        check(code in known_codes, f"{name} names {code}, which is no status")


def check_documented(description):
    known_codes = {status["name"] for status in description["statuses"]}
    for function in description["functions"]:
        check_function(function, known_codes)
    for kind in ("structs", "handles", "callbacks", *ONE_PARAGRAPH):
        told = False
        for item in description[kind]:
            told = bool(item["doc"]) or (told and kind in ONE_PARAGRAPH)
            check(told, f"{item['name']} is not documented")
    for enum in description["enums"]:
        check(enum["doc"], f"the constants beside {enum['constants'][0]['name']} are not documented")


def all_texts(value):
    """(name of the thing, text) of every doc."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "doc":
                yield value.get("name", ""), item
            else:
                yield from all_texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from all_texts(item)


def check_names_in_texts(description):
    names = {item["name"].split("(")[0] for kind in NAMED for item in description[kind]}
    names |= {constant["name"] for enum in description["enums"] for constant in enum["constants"]}
    for owner, text in all_texts(description):
        for name in re.findall(r"\b(?:rondo|RONDO)_\w+", text):
            starts_names = name.endswith("_") and any(n.startswith(name) for n in names)
            known = name in names or starts_names or name in EXTRA
            check(known, f"the text of {owner} names {name}, which is not there")


# ---- the page

def check_page(text, symbols):
    anchors = re.findall(r'\bid="([^"]+)"', text)
    for name in symbols:
        check(name in anchors, f"{name} has no place on the page")
    twice = sorted({a for a in anchors if anchors.count(a) > 1})
    check(not twice, f"places with one name: {twice}")
    for target in set(re.findall(r'href="#([^"]+)"', text)):
        check(target in anchors, f"a link to {target}, which is not there")
    check(not re.search(r'\b(?:src|href)="(?!#)|@import|url\(', text), "the page needs something from outside")


# ---- the man pages

def check_man_pages(directory, symbols):
    pages = {page.stem: page for page in directory.glob("*.3")}
    for name in ["rondo", *symbols]:
        check(name in pages, f"{name} has no man page")
    whole = []
    for name, page in pages.items():
        text = page.read_text()
        if text.startswith(".so "):
            target = directory.parent / text.split()[1]
            check(target.exists() and name in target.read_text().split(".SH SYNOPSIS")[0], f"{name}.3 leads astray")
        else:
            whole.append(page)
            for other in re.findall(r"^\.BR (\w+) \(3\)", text, re.M):
                check(other in pages, f"{name}.3 refers to {other}(3)")
    if shutil.which("mandoc"):
        lint(["mandoc", "-Tlint", "-W", "warning", *whole])
    elif shutil.which("groff"):
        lint(["groff", "-ww", "-z", "-man", "-Tutf8", *whole])
    else:
        print("skipped: neither mandoc nor groff is here")


def lint(command):
    done = subprocess.run(command, capture_output=True, text=True)
    complaints = (done.stdout + done.stderr).strip()
    check(not complaints, f"{command[0]}: {complaints[:2000]}")


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    include_dir, symbols, scratch = sys.argv[1], Path(sys.argv[2]).read_text().split(), Path(sys.argv[3])
    description = describe.describe(include_dir)
    check_documented(description)
    check_names_in_texts(description)
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    (scratch / "rondo.abi.json").write_text(describe.dump(description))
    subprocess.run([sys.executable, ROOT / "capi/abi/reference.py", scratch / "rondo.abi.json", scratch], check=True)
    check_page((scratch / "rondo.html").read_text(), symbols)
    check_man_pages(scratch / "man3", symbols)
    print(*failures, sep="\n", end="\n" if failures else "")
    print(f"{len(symbols)} symbols, {len(list((scratch / 'man3').iterdir()))} man pages: {len(failures)} faults")
    sys.exit(bool(failures))


main()
