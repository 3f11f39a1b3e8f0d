#!/usr/bin/env python3
"""abi.py LIBRARY INCLUDE_DIR BASELINE [--update]

abidiff (abigail-tools) finds the library compatible with the baseline: functions, constants and fields at the end of
structs that begin with their size may come, and nothing else may change. --update makes the library the baseline: at a
release. Skipped where the baseline says nothing: it was made by gcc for x86_64, and debug information is needed.
"""
import platform
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree
from pathlib import Path

SKIPPED = 77

# libuv's types, which rondo_loop_uv hands out, are libuv's business.
FOREIGN = """[suppress_type]
name_regexp = ^(uv_|__pthread|pthread|__atomic).*
drop = yes
"""

# A struct that has grown at its end, and changed nowhere else. (abidiff's own has_data_member_inserted_at hides more.)
GROWN = """[suppress_type]
name = {name}
has_data_member_inserted_at = end
"""

ABIDW = ["abidw", "--drop-private-types", "--no-show-locs", "--no-corpus-path", "--no-comp-dir-path", "--no-elf-needed",
         "--no-architecture", "--no-write-default-sizes", "--no-parameter-names", "--type-id-style", "hash",
         "--exported-interfaces-only", "--drop-undefined-syms"]  # fmt: skip


def skip(reason):
    print(f"SKIPPED: {reason}")
    sys.exit(SKIPPED)


def structs(dumped):
    """name -> its members as (name, offset, type)."""
    found = {}
    for struct in xml.etree.ElementTree.parse(dumped).iter("class-decl"):
        members = [(m.find("var-decl").attrib, m.attrib["layout-offset-in-bits"]) for m in struct.findall("data-member")]
        if members:
            found[struct.attrib["name"]] = [(v["name"], offset, v["type-id"]) for v, offset in members]
    return found


def grown_structs(baseline, now):
    """Those that begin with their size and have their old members where they were, and more behind."""
    before, after = structs(baseline), structs(now)
    for name, members in before.items():
        longer = after.get(name, [])
        if members[0][0] == "size" and len(longer) > len(members) and longer[: len(members)] == members:
            yield name


def readelf(library, *options):
    return subprocess.run(["readelf", *options, library], check=True, capture_output=True, text=True).stdout


def dump(library, include_dir, out, suppressions):
    command = [*ABIDW, "--headers-dir", include_dir, "--suppressions", suppressions, "--out-file", out, library]
    subprocess.run(command, check=True)


def main():
    arguments = [a for a in sys.argv[1:] if a != "--update"]
    if len(arguments) != 3:
        sys.exit(__doc__)
    library, include_dir, baseline = arguments
    if not shutil.which("abidiff") or not shutil.which("abidw"):
        skip("abidiff is not here (Debian: abigail-tools)")
    if platform.machine() != "x86_64":
        skip(f"the baseline is of x86_64, this is {platform.machine()}")
    if "clang" in readelf(library, "-p", ".comment"):
        skip("the baseline is of gcc, this is clang")
    if ".debug_info" not in readelf(library, "-SW"):
        skip("the library was built without debug information")
    with tempfile.TemporaryDirectory() as directory:
        suppressions, now = Path(directory, "suppressions"), Path(directory, "now.abi")
        suppressions.write_text(FOREIGN)
        if "--update" in sys.argv:
            dump(library, include_dir, baseline, suppressions)
        dump(library, include_dir, now, suppressions)
        suppressions.write_text(FOREIGN + "".join(GROWN.format(name=name) for name in grown_structs(baseline, now)))
        command = ["abidiff", "--no-added-syms", "--suppressions", suppressions, baseline, now]
        done = subprocess.run(command, capture_output=True, text=True)
    print(done.stdout + done.stderr)
    sys.exit(done.returncode != 0)


main()
