#!/usr/bin/env python3
"""symbols.py LIBRARY INCLUDE_DIR GOLDEN [--update]

The library exports what its headers declare and nothing else, and that equals the golden list.
--update rewrites the list; read its diff, since a symbol once released stays.
"""
import re
import subprocess
import sys
from pathlib import Path


def exported(library):
    if library.endswith(".dll"):
        table = subprocess.run(["objdump", "-p", library], check=True, capture_output=True, text=True).stdout
        names = table.partition("[Ordinal/Name Pointer] Table")[2]
        return set(re.findall(r"^\s*\[ *\d+\] (?:\+base\[ *\d+\] +[0-9a-f]+ )?(\w+)$", names, flags=re.M))
    lines = subprocess.run(
        ["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    # Type A is the name of the version itself.
    return {fields[-1].split("@")[0] for fields in map(str.split, lines) if fields[-2] != "A"}


def declared(include_dir):
    names = set()
    for header in Path(include_dir).rglob("*.h"):
        text = re.sub(r"/\*.*?\*/|//[^\n]*", " ", header.read_text(), flags=re.S)
        text = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", " ", text, flags=re.M)
        names.update(re.findall(r"\bRONDO_API\b[^;]*?\b(\w+)\s*[(;]", text))
    return names


def differences(what, names):
    for name in sorted(names):
        print(f"{what}: {name}")
    return bool(names)


def main():
    arguments = [a for a in sys.argv[1:] if a != "--update"]
    if len(arguments) != 3:
        sys.exit(__doc__)
    library, include_dir, golden_file = arguments[0], arguments[1], Path(arguments[2])
    symbols, api = exported(library), declared(include_dir)
    if "--update" in sys.argv:
        golden_file.write_text("".join(f"{name}\n" for name in sorted(symbols)))
    lines = golden_file.read_text().splitlines() if golden_file.exists() else []
    golden = set(lines)
    failures = [
        differences("exported, but no rondo_ name", {s for s in symbols if not s.startswith("rondo_")}),
        differences("exported, but not declared RONDO_API", symbols - api),
        differences("declared RONDO_API, but not exported", api - symbols),
        differences("exported, but not in the golden list", symbols - golden),
        differences("in the golden list, but not exported", golden - symbols),
    ]
    if lines != sorted(golden):
        print("the golden list is not sorted, or names a symbol twice")
        failures.append(True)
    print(f"{len(symbols)} symbols exported, {len(api)} declared, {len(lines)} in the golden list")
    sys.exit(any(failures) or not symbols)


main()
