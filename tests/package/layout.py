#!/usr/bin/env python3
"""layout.py DESCRIPTION GOLDEN [--update | --break]

What programs have compiled in, struct sizes, field offsets and numbers, equals the golden list capi/rondo.layout.
--update takes additions: new structs, constants, and fields at the end of structs that begin with their size.
--break takes anything: only before a release, or with a new major version and soname.
"""
import json
import re
import sys
from pathlib import Path


def layout(description):
    """name -> what must stay."""
    known = {}
    for struct in description["structs"]:
        known[struct["name"]] = f"{struct['size']} bytes, aligned to {struct['align']}"
        for field in struct["fields"]:
            known[f"{struct['name']}.{field['name']}"] = f"{field['abi']} at {field['offset']}, {field['size']} bytes"
    enums = [enum["constants"] for enum in description["enums"]]
    groups = [description["statuses"], description["constants"], *enums]
    for constant in (c for group in groups for c in group):
        if not constant["name"].startswith("RONDO_VERSION_"):
            known[constant["name"]] = str(constant["value"])
    return known


def read(file):
    lines = file.read_text().splitlines() if file.exists() else []
    return dict(line.split(": ", 1) for line in lines)


def size_of(text):
    return int(text.split()[0])


def offset_of(text):
    return int(re.search(r"at (\d+)", text)[1])


def may_change(name, before, now, growing):
    return name in growing and size_of(now) > size_of(before)


def compare(golden, now, growing):
    """(breaks, additions)"""
    breaks = [f"{name} is gone" for name in golden if name not in now]
    additions = [f"{name} is new: {now[name]}" for name in now if name not in golden]
    for name, before in golden.items():
        if name in now and now[name] != before:
            grown = may_change(name, before, now[name], growing)
            (additions if grown else breaks).append(f"{name} was {before}, is {now[name]}")
    for name in now.keys() - golden.keys():
        struct, _, field = name.partition(".")
        if field and struct in golden and (struct not in growing or offset_of(now[name]) < size_of(golden[struct])):
            breaks.append(f"{name} is new, and not at the end of a struct that may grow")
    return breaks, additions


def main():
    arguments = [a for a in sys.argv[1:] if not a.startswith("--")]
    if len(arguments) != 2:
        sys.exit(__doc__)
    description, file = json.loads(Path(arguments[0]).read_text()), Path(arguments[1])
    now = layout(description)
    growing = {struct["name"] for struct in description["structs"] if struct["grows"]}
    breaks, additions = compare(read(file), now, growing)
    taken = "--break" in sys.argv or ("--update" in sys.argv and not breaks)
    if taken:
        file.write_text("".join(f"{name}: {text}\n" for name, text in now.items()))
    for text in breaks:
        print(f"the ABI breaks: {text}")
    for text in additions:
        print(f"the ABI grows: {text}" + ("" if taken else " (take it with --update)"))
    print(f"{len(now)} sizes, offsets and numbers, {len(breaks)} broken, {len(additions)} added")
    sys.exit(not taken and bool(breaks or additions))


main()
