#!/usr/bin/env python3
"""describe.py INCLUDE_DIR [DESCRIPTION] [--update]

Reads rondo/abi.h, rondo.h and uv.h and prints what they say as data: capi/rondo.abi.json, from which bindings are
generated and checked and the reference is made. With DESCRIPTION compares with that file; --update rewrites it.

The header is written for people. It is read by the rules at its top and by these habits, which it keeps:
  /* ==== Room ==== */ begins a room, and a comment that follows without a blank line is about the room;
  a comment is about the declarations below it, up to a blank line or the next comment; at a line's end it adds to that;
  "Errors: CODE (when), CODE; verb: CODE." "Calls back: what." and "asyncio: name." are clauses of their own;
  "name is moved", "(copied", "*name is borrowed", "name may be NULL" say what differs from the rules.
"""
import difflib
import json
import re
import sys
from pathlib import Path

from header import (
    CPP_ONLY,
    abi_class,
    constant_value,
    declarator,
    one_line,
    prose,
    read_enum,
    read_manual,
    read_statuses,
    read_struct,
    scan,
    split_list,
)
from words import CODE, clauses, match_prototype, read_function

HEADERS = ["rondo/abi.h", "rondo/rondo.h", "rondo/uv.h"]

VOCABULARY = {
    "thread": {
        "loop": "the thread that runs the loop; while no thread runs it, any one thread at a time",
        "any": "any thread, any time",
        "signal": "any thread, and inside a signal handler",
    },
    "direction": {"in": "read", "out": "written", "inout": "read and written"},
    "ownership": {
        "borrowed": "stays the owner's; in: valid for the call; out and results: valid as long as the text says",
        "copied": "the library keeps a copy",
        "retained": "the library takes a reference of its own",
        "kept": "the library keeps the pointer: alive as long as anything made with it",
        "passed": "handed to your callbacks as it is",
        "moved": "in: the library's then, if the call succeeds (always: also if not); out: yours, to be dropped",
        "reference": "one reference for you, to be given back with the noun's _release",
        "owned": "memory for you, to be given back as the text says",
        "static": "alive as long as the library",
        "buffer": "your memory, filled by the call",
    },
    "parameters and fields": "without direction they are read; without ownership they own nothing",
    "errors": "codes: what the text lists; implied: what the rules add; as: all that these functions answer; "
    "other: told in words. when: the circumstances of a code",
    "calls_back": "what foreign code may run before the call returns; null: none",
    "needs_fiber": "works only inside a fiber; others may run before it returns",
    "blocks": "may block the calling thread",
    "entry": "functions of one entry share a comment",
}

# ---- the whole

class Reader:
    def __init__(self):
        self.manual, self.rooms, self.handles, self.callbacks = {}, [], {}, []
        self.scalars, self.statuses, self.enums, self.constants, self.macros = [], [], [], [], []
        self.structs, self.functions, self.inlines = {}, [], []

    def read(self, header, text):
        text = CPP_ONLY.sub(lambda m: m[2] or "", text)
        self.header, self.room = header, None
        self.entry, self.waiting, self.behind_heading = None, [], False
        if header == "rondo/uv.h":
            self.begin_room("libuv")
        for kind, part in scan(text):
            if kind in ("comment", "blank", "declaration"):
                getattr(self, kind)(part)
            elif kind == "note" and self.waiting:
                self.waiting[-1][1] = prose(part)
            elif kind == "note":
                self.note(prose(part))
            elif kind == "directive":
                self.directive(part)
        self.blank("")

    def begin_room(self, name):
        self.room = name
        self.rooms.append({"name": name, "header": self.header, "asyncio": None, "doc": ""})
        self.behind_heading = True

    def comment(self, text):
        self.flush()
        if heading := re.match(r" (?:====|----) (.*?) [=-]+ $", text):
            self.begin_room(heading[1])
        elif self.header not in self.manual:
            self.manual[self.header] = read_manual(text)
        elif self.behind_heading and self.header == "rondo/rondo.h":
            found, doc = clauses(prose(text))
            self.rooms[-1].update(doc=doc, asyncio=next((t for title, t in found if title == "asyncio"), None))
            self.rooms[-1]["found"] = found
        else:
            self.entry = {"doc": prose(text), "functions": []}
        self.last = None

    def blank(self, _):
        self.flush()
        self.entry, self.behind_heading, self.last = None, False, None

    def flush(self):
        """An entry's functions are read together, for its clauses speak of them all."""
        if self.waiting:
            entry = self.entry or {"doc": "", "functions": []}
            entry["functions"] = [match_prototype(text)[1] for text, _ in self.waiting]
            for text, note in self.waiting:
                self.functions.append(read_function(text, note, entry, self.room, self.handles))
        self.waiting = []

    def note(self, text):
        if self.last is not None:
            self.last["doc"] = " ".join(filter(None, [self.last["doc"], text]))

    def directive(self, text):
        if text.startswith("#define RONDO_STATUS_MAP"):
            self.statuses = [{"name": "RONDO_OK", "value": 0, "text": "success"}, *read_statuses(text)]
        elif define := re.match(r"#define (RONDO_\w+)(\([\w, ]+\))? (.*)", text):
            doc = self.entry["doc"] if self.entry else ""
            item = {"name": define[1] + (define[2] or ""), "value": define[3], "room": self.room, "doc": doc}
            known = define[2] is None and re.fullmatch(r"-?\d+|INT64_MAX", define[3])
            if known:
                item["value"] = constant_value(define[3])
                self.constants.append(item)
            elif define[3] and define[1] != "RONDO_API":
                self.macros.append(item)
        self.behind_heading, self.last = False, None

    def declaration(self, text):
        self.behind_heading = False
        doc = self.entry["doc"] if self.entry else ""
        flat = one_line(text)
        self.last = None
        if flat.startswith("RONDO_API"):
            self.waiting.append([text, ""])
        elif flat.startswith("enum") and "RONDO_STATUS_MAP" not in flat:
            self.enums.append(read_enum(text, doc, self.room))
        elif struct := re.match(r"typedef struct (\w+) \{", flat):
            self.structs[struct[1]] = read_struct(struct[1], text, doc, self.room, self.structs)
        elif handle := re.match(r"typedef struct (\w+) (\w+);", flat):
            self.last = {"name": handle[2], "same_as": handle[1] if handle[1] != handle[2] else None, "doc": ""}
            self.handles[handle[2]] = self.last
        elif callback := re.match(r"typedef (.*);$", flat):
            if "(*" in flat:
                shape = declarator(callback[1])
                self.callbacks.append({"name": shape["name"], **shape["function"], "room": self.room, "doc": doc})
            else:
                self.scalars.append({**declarator(callback[1]), "doc": doc})
        elif inline := re.match(r"static inline (.*?)(\w+)\((.*?)\) \{", flat):
            parameters = [declarator(p) for p in split_list(inline[3])]
            result = {"type": inline[1].strip(), "abi": abi_class(inline[1].strip())}
            self.inlines.append({"name": inline[2], "room": self.room, "result": result,
                                 "parameters": parameters, "doc": doc})  # fmt: skip


BOTH_FORMS = "Errors of both forms"


def add_waiting_errors(functions, found):
    """What the room "Synchronisation" says of all functions that wait, in a fiber or in their _async form."""
    text = next(text for title, text in found if title.startswith(BOTH_FORMS))
    both, fiber = (CODE.findall(part) for part in text.split("; of the first: "))
    for name, function in functions.items():
        waits = f"{name}_async" in functions
        codes = both * (waits or name.endswith("_async")) + fiber * waits
        known = function["errors"].get("codes", [])
        known.extend(code for code in codes if code not in known)


def model_of(function, before):
    """The function of the entry before of which "The same" speaks: the one this name goes on, else the first."""
    return next((f for f in before if function["name"].startswith(f["name"])), before[0])


def inherit(functions):
    """"The same ...": what the text does not say again is as in the entry before."""
    entry, before = [], []
    for function in functions:
        if entry and entry[0]["entry"] != function["entry"]:
            entry, before = [], entry
        entry.append(function)
        if not function["doc"].startswith("The same") or function["name"].endswith(("_retain", "_release")):
            continue
        model = model_of(function, before)
        function["asyncio"] = function["asyncio"] or model["asyncio"]
        if function["thread"] == model["thread"]:
            function["calls_back"] = function["calls_back"] or model["calls_back"]
        if function["errors"] and not any(function["errors"][key] for key in ("codes", "as", "other")):
            function["errors"]["as"] = [model["name"]]
        for parameter in function["parameters"]:
            for twin in model["parameters"]:
                if (twin["name"], twin["type"]) == (parameter["name"], parameter["type"]) and "nullable" in twin:
                    parameter["nullable"] = twin["nullable"]
                    if parameter.get("ownership") == "borrowed":
                        parameter["ownership"] = twin["ownership"]


def all_codes(function, functions, seen=()):
    errors = function["errors"]
    if not errors:
        return set()
    codes = set(errors.get("codes", [])) | set(errors["implied"])
    for name in errors.get("as", []):
        if name not in seen:
            codes |= all_codes(functions[name], functions, (*seen, name))
    return codes


def describe(include_dir):
    reader = Reader()
    for header in HEADERS:
        reader.read(header, (Path(include_dir) / header).read_text())
    functions = {f["name"]: f for f in reader.functions}
    found = [clause for room in reader.rooms for clause in room.pop("found", [])]
    add_waiting_errors(functions, found)
    inherit(reader.functions)
    for function in functions.values():
        codes = sorted(all_codes(function, functions))
        errors = {**function["errors"], "all": codes} if codes else {}
        function["errors"] = {key: value for key, value in errors.items() if value}
        has_letter = any(p["name"] == "io" for p in function["parameters"])
        function["needs_fiber"] = "RONDO_ENOFIBER" in codes and not has_letter
        function["blocks"] = "RONDO_EDEADLOCK" in codes
    for name, handle in reader.handles.items():
        base = (handle["same_as"] or name).removeprefix("rondo_")
        handle["retain"] = f"rondo_{base}_retain" if f"rondo_{base}_retain" in functions else None
        handle["release"] = f"rondo_{base}_release" if f"rondo_{base}_release" in functions else None
    version = ".".join(str(c["value"]) for c in reader.constants if c["name"].startswith("RONDO_VERSION_"))
    return {
        "library": "rondo",
        "version": version,
        "data_model": "LP64, little or big endian",
        "vocabulary": VOCABULARY,
        "about": reader.manual["rondo/rondo.h"]["about"],
        "rules": reader.manual["rondo/rondo.h"]["rules"],
        "rooms": reader.rooms,
        "scalars": reader.scalars,
        "statuses": reader.statuses,
        "constants": reader.constants,
        "macros": reader.macros,
        "enums": reader.enums,
        "handles": list(reader.handles.values()),
        "callbacks": reader.callbacks,
        "structs": list(reader.structs.values()),
        "functions": reader.functions,
        "inline_functions": reader.inlines,
    }


def dump(value, indent=""):
    """JSON in which everything that fits into a line stands in one."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) + len(indent) <= 160 or not isinstance(value, (dict, list)):
        return flat
    inner = indent + "  "
    if isinstance(value, dict):
        items = [f"{json.dumps(key)}: {dump(item, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(inner + item for item in items) + "\n" + indent + "}"
    return "[\n" + ",\n".join(inner + dump(item, inner) for item in value) + "\n" + indent + "]"


def main():
    arguments = [a for a in sys.argv[1:] if a != "--update"]
    if not 1 <= len(arguments) <= 2:
        sys.exit(__doc__)
    text = dump(describe(arguments[0])) + "\n"
    if len(arguments) == 1:
        print(text, end="")
        return
    file = Path(arguments[1])
    if "--update" in sys.argv:
        file.write_text(text)
    before = file.read_text() if file.exists() else ""
    lines = before.splitlines(), text.splitlines()
    difference = list(difflib.unified_diff(*lines, str(file), "the headers", n=1, lineterm=""))
    print(*difference[:200], sep="\n", end="\n" if difference else "")
    sys.exit(f"{file.name} is not in step with the headers: run describe.py with --update" if difference else 0)


if __name__ == "__main__":
    main()