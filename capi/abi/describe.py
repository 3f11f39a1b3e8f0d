#!/usr/bin/env python3
"""describe.py INCLUDE_DIR [DESCRIPTION] [--update]

Reads rondo/abi.h, rondo.h and uv.h and prints what they say as data: capi/rondo.abi.json, from which bindings are
generated and checked and the reference is made. With DESCRIPTION compares with that file; --update rewrites it.

The header is written for people. It is read by the rules at its top and by these habits, which it keeps:
  /* ==== Room ==== */ begins a room, and a comment that follows without a blank line is about the room;
  a comment is about the declarations below it, up to a blank line or the next comment; one at a line's end adds to it;
  "Errors: CODE (when), CODE; verb: CODE." "Calls back: what." and "asyncio: name." are clauses of their own;
  "name is moved", "(copied", "*name is borrowed", "name may be NULL" say what differs from the rules.
"""
import difflib
import json
import re
import sys
from pathlib import Path

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
        "moved": "in: the library's from then on, if the call succeeds (always: also if not); out: yours, to be dropped",
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

# ---- the header as a sequence of comments, blank lines, directives and declarations

SPACE = re.compile(r"\s+")
COMMENT = re.compile(r"/\*(.*?)\*/", re.S)
DIRECTIVE = re.compile(r"#(?:[^\n\\]|\\.|/\*.*?\*/)*", re.S)
CPP_ONLY = re.compile(r"^#ifdef __cplusplus\n(.*?)(?:^#else[^\n]*\n(.*?))?^#endif[^\n]*\n", re.S | re.M)


def declaration_end(text, start, separators):
    """Behind the separator that ends the declaration, or behind an inline function's body."""
    depth, at = 0, start
    while at < len(text):
        if text.startswith("/*", at):
            at = text.index("*/", at) + 2
            continue
        if text[at] in "({":
            depth += 1
        elif text[at] in ")}":
            depth -= 1
            if depth == 0 and text[at] == "}" and text.startswith("static inline", start):
                return at + 1
        elif text[at] in separators and depth == 0:
            return at + 1
        at += 1
    return at


def scan(text, separators=";"):
    """Yields (kind, text): blank, comment, note (a comment at a line's end), directive, declaration."""
    at = 0
    fresh_line = True
    while at < len(text):
        if space := SPACE.match(text, at):
            if space[0].count("\n") > 1:
                yield "blank", ""
            fresh_line = fresh_line or "\n" in space[0]
            at = space.end()
        elif comment := COMMENT.match(text, at):
            yield ("comment" if fresh_line else "note"), comment[1]
            at = comment.end()
        elif text[at] == "#":
            directive = DIRECTIVE.match(text, at)
            yield "directive", directive[0]
            at, fresh_line = directive.end(), False
        else:
            end = declaration_end(text, at, separators)
            yield "declaration", text[at:end]
            at, fresh_line = end, False


def prose(comment):
    """A comment's paragraphs, one a line; what is indented keeps its lines and its indentation."""
    lines = [re.sub(r"^\s*\*? ?", "", line, count=1).rstrip() for line in comment.strip().splitlines()]
    paragraphs = []
    open_paragraph = False
    for line in lines:
        if line.startswith("    "):
            paragraphs.append(line)
            open_paragraph = False
        elif not line:
            open_paragraph = False
        elif open_paragraph:
            paragraphs[-1] += " " + line
        else:
            paragraphs.append(line)
            open_paragraph = True
    return "\n".join(paragraphs)


def one_line(text):
    return SPACE.sub(" ", COMMENT.sub(" ", text)).strip()


# ---- types

SCALARS = {
    "int32_t": ("i32", 4), "uint32_t": ("u32", 4), "int64_t": ("i64", 8), "uint64_t": ("u64", 8),
    "double": ("f64", 8), "size_t": ("size", 8), "rondo_status": ("i32", 4), "void": ("void", 0),
}  # fmt: skip
FUNCTION_POINTER = re.compile(r"(.*?)\(\*(\w*)\)\((.*)\)$", re.S)


def split_list(text):
    """Splits at the commas that stand in no parentheses."""
    return [part.strip() for part in re.split(r",(?![^(]*\))", text) if part.strip() not in ("", "void")]


def declarator(text):
    """("const rondo_loop *loop") -> type, name; a function pointer's type has its result and parameters beside it."""
    text = one_line(text)
    if function := FUNCTION_POINTER.match(text):
        result, name, parameters = function[1].strip(), function[2], function[3]
        split = [declarator(p) for p in split_list(parameters)]
        shape = {
            "type": f"{result}{'' if result.endswith('*') else ' '}(*)({', '.join(p['type'] for p in split) or 'void'})",
            "abi": "pointer",
            "function": {"result": {"type": result, "abi": abi_class(result)}, "parameters": split},
        }
        return {"name": name, **shape}
    kind, name = re.match(r"(.*?)(\w+)$", text).groups()
    return {"name": name, "type": kind.strip(), "abi": abi_class(kind.strip())}


def abi_class(kind):
    if kind.endswith("*") or kind.endswith("_fn"):
        return "pointer"
    return SCALARS[kind][0] if kind in SCALARS else kind.removeprefix("const ")


def pointee(kind):
    """The type behind a pointer, without const; None for others."""
    return kind.rstrip("*").replace("const", "").strip(" *") if kind.endswith("*") else None


# ---- constants

FLAG = re.compile(r"(\d+)u << (\d+)$")


def constant_value(text):
    if flag := FLAG.match(text):
        return int(flag[1]) << int(flag[2])
    return {"INT64_MAX": 2**63 - 1}.get(text) or int(text)


def common_prefix(names):
    """RONDO_STEP_ of RONDO_STEP_FAULT, RONDO_STEP_RETURN, ..."""
    split = [name.split("_") for name in names]
    count = 0
    while all(len(s) > count + 1 and s[count] == split[0][count] for s in split):
        count += 1
    return "".join(word + "_" for word in split[0][:count])


def read_enum(text, doc, room):
    body = text[text.index("{") + 1 : text.rindex("}")]
    constants = []
    above = ""
    for kind, part in scan(body, ","):
        if kind == "comment":
            above = prose(part)
        elif kind == "note":
            constants[-1]["doc"] = " ".join(filter(None, [constants[-1]["doc"], prose(part)]))
        elif kind == "declaration":
            name, value = one_line(part).rstrip(",").split(" = ")
            constants.append({"name": name, "value": constant_value(value), "doc": above})
            above = ""
    prefix = common_prefix([c["name"] for c in constants])
    return {"prefix": prefix, "flags": "<<" in body, "room": room, "doc": doc, "constants": constants}


def read_statuses(directive):
    rows = re.findall(r'X\((\w+), (-\d+), "([^"]*)"\)', directive)
    return [{"name": f"RONDO_{name}", "value": int(number), "text": text} for name, number, text in rows]


# ---- structs

SECTION = re.compile(r"(in|out): ")
FIELD_OUT = re.compile(r"out\b")
FIELD_OWNERSHIP = re.compile(r"\b(borrowed|copied|retained|moved|one reference|static)\b")


def field_facts(field, doc, section):
    """Direction and ownership of a struct's field, from the words of its comment."""
    direction = "out" if FIELD_OUT.match(doc) else section
    facts = {"direction": direction} if direction != "in" else {}
    if field["abi"] == "pointer" and "function" not in field and not field["type"].endswith("_fn"):
        word = FIELD_OWNERSHIP.search(doc)
        facts["ownership"] = word[1].replace("one ", "") if word else "borrowed"
        if direction == "out" and facts["ownership"] in ("borrowed", "reference"):
            facts["ownership"] = "moved"  # given to the library
        if field["type"] == "void *" and re.match(r".*user$", field["name"]):
            facts["ownership"] = "passed"
    if field["abi"] == "pointer":
        facts["nullable"] = says(doc, r"(?<!never )\bNULL\b", r"\b[Oo]ptional\b")
    return facts


def read_fields(body):
    fields, above, section = [], "", "in"
    for kind, part in scan(body):
        if kind == "comment":
            above = prose(part)
            if heading := SECTION.match(above):
                section, above = heading[1], ""
        elif kind == "note":
            fields[-1]["doc"] = " ".join(filter(None, [fields[-1]["doc"], prose(part)]))
        elif kind == "declaration":
            part = part.rstrip(";")
            if one_line(part).startswith("union"):
                inner = part[part.index("{") + 1 : part.rindex("}")]
                members = [declarator(p.rstrip(";")) for k, p in scan(inner) if k == "declaration"]
                field = {"name": part.split()[-1], "type": "union", "abi": "union", "members": members}
            else:
                field = declarator(part)
            fields.append({**field, "doc": above, "section": section})
            above = ""
    for field in fields:
        field.update(field_facts(field, field["doc"], field.pop("section")))
        field["doc"] = field.pop("doc")  # last, to be read last
    return fields


def size_and_alignment(field, structs):
    if field["abi"] == "union":
        sizes = [size_and_alignment(member, structs) for member in field["members"]]
        return max(s for s, _ in sizes), max(a for _, a in sizes)
    if field["abi"] == "pointer":
        return 8, 8
    if field["type"] in SCALARS:
        size = SCALARS[field["type"]][1]
        return size, size
    struct = structs[field["type"]]
    return struct["size"], struct["align"]


def read_struct(name, text, doc, room, structs):
    fields = read_fields(text[text.index("{") + 1 : text.rindex("}")])
    offset, largest = 0, 1
    for field in fields:
        size, alignment = size_and_alignment(field, structs)
        offset = -(-offset // alignment) * alignment
        field["offset"], field["size"] = offset, size
        offset, largest = offset + size, max(largest, alignment)
    grows = fields[0]["name"] == "size"
    size = -(-offset // largest) * largest
    order = ["name", "type", "abi", "offset", "size", "direction", "ownership", "nullable", "members", "function", "doc"]
    fields = [{key: field[key] for key in order if key in field} for field in fields]
    return {"name": name, "size": size, "align": largest, "grows": grows, "room": room, "doc": doc, "fields": fields}


# ---- what a comment says about a function

CODE = re.compile(r"RONDO_E\w+")
CLAUSE = re.compile(r"(Errors(?: of [^:]+)?|Calls back|asyncio): (.*?)(?=\.(?:\s|$)|$)", re.S)


def balanced(text, start, end):
    """The end of a clause: the first full stop from there on that stands in no parentheses."""
    while text.count("(", start, end) > text.count(")", start, end):
        stop = re.compile(r"\.(?=\s|$)").search(text, end + 1)
        end = stop.start() if stop else len(text)
    return end


def clauses(doc):
    """[(title, text)] and the doc without them."""
    found, rest, at = [], "", 0
    while match := CLAUSE.search(doc, at):
        end = balanced(doc, match.start(2), match.end())
        found.append((match[1], doc[match.start(2) : end]))
        rest, at = rest + doc[at : match.start()], end + 1
    return found, (rest + doc[at:]).strip()


def split_outside(text, separator):
    return [p.strip() for p in re.split(rf"{separator}(?![^(]*\))", text) if p.strip()]


def verbs(label):
    return [v.strip("_ ") for v in re.split(r",| and ", label)]


def is_for(function, label):
    return any(f"_{verb}_" in f"{function}_" for verb in verbs(label))


LABEL = re.compile(r"(?:^|(?<=[.;] )|(?<=\n))([a-z_]+(?:, [a-z_]+)*): ")


def own_part(function, siblings, doc):
    """The text without what stands behind another function's label: "put: ... get: ..."."""
    text, end, mine = "", 0, True
    for label in LABEL.finditer(doc):
        if any(is_for(s, label[1]) for s in siblings):
            text += doc[end : label.start()] if mine else ""
            mine, end = is_for(function, label[1]), label.end()
    return text + (doc[end:] if mine else "")


def read_errors(function, siblings, found):
    """The clauses "Errors:" of an entry, as far as they concern this function."""
    errors = {"codes": [], "as": [], "other": [], "when": {}}
    for title, text in found:
        if not title.startswith("Errors") or (" of " in title and not is_for(function, title.split(" of ")[1])):
            continue
        for part in split_outside(text, ";"):
            label = re.match(r"([a-z_, ]+): ", part)
            if label:
                if not is_for(function, label[1]):
                    continue
                part = part[label.end() :]
            for item in split_outside(part, "(?:,| and)"):
                add_error(errors, function, siblings, item)
    return errors


def add_error(errors, function, siblings, item):
    item = item.removeprefix("and ")
    code = re.match(r"(RONDO_E\w+)(?: for (.*)| \((.*)\))?$", item, re.S)
    if code:
        when = code[2] or code[3] or ""
        label = re.match(r"([a-z_, ]+?)(?:: |$)", when)
        known = label and any(is_for(s, label[1]) for s in siblings)
        if known and not is_for(function, label[1]):
            return
        when = when[label.end() :] if known else when
        errors["codes"].append(code[1])
        if when:
            errors["when"][code[1]] = when
    elif named := re.match(r"(?:and )?as (rondo_\w+)$", item):
        errors["as"].append(named[1])
    else:
        errors["other"].append(item)


def calls_back(function, siblings, found):
    texts = [own_part(function, siblings, text) for title, text in found if title == "Calls back"]
    return next(filter(None, texts), None)


def asyncio_name(function, siblings, found):
    texts = [text for title, text in found if title == "asyncio"]
    if not texts:
        return None
    names = split_outside(texts[0], ",")
    return names[siblings.index(function)] if len(names) == len(siblings) else texts[0]


def says(doc, *patterns):
    return any(re.search(pattern, doc) for pattern in patterns)


def is_handle(kind, handles):
    return pointee(kind) in handles


def may_be_null(name, doc):
    return says(
        doc,
        rf"\b{name} may be NULL",
        rf"(?<!\*)\b{name}:? NULL\b",
        rf"\bNULL {name}\b",
        rf"\b{name}(?:, [^,.]*,)? (?:is |are |\()[^.]*?NULL: ",
        rf"\b{name}: [^.;]*\bNULL\b",
        rf"^(?=.*\b{name} is moved).*\bend\(NULL, ",
    )


def parameter_facts(function, parameter, doc, handles):
    """Direction, ownership and whether it may be NULL: the rules at the header's top, then the words of the text."""
    name, kind = parameter["name"], parameter["type"]
    if parameter["abi"] != "pointer":
        return {}
    facts = pointer_facts(function, name, kind, handles)
    if facts["direction"] == "out" and says(doc, rf"\*{name} (is )?borrowed"):
        facts["ownership"] = "borrowed"
    if facts["direction"] == "in":
        if word := re.search(rf"\b{name}(?:, [^,.]*,)? (?:is |are |\()(moved|copied|retained)( in every case)?", doc):
            facts["ownership"] = word[1]
            if word[2]:
                facts["always"] = True
    if says(doc, rf"\b{name} is needed", rf"\b{name}->.* needed"):
        facts["nullable"] = False
    elif facts["direction"] != "out" and may_be_null(name, doc):
        facts["nullable"] = True
    return facts


def pointer_facts(function, name, kind, handles):
    """By the rules alone."""
    to = pointee(kind)
    if kind.endswith("_fn") or "(*)" in kind:
        return {"direction": "in", "ownership": "kept", "nullable": False}
    if to == "rondo_value":
        if name in ("view", "out", "result"):
            return {"direction": "out", "ownership": "borrowed" if name == "view" else "moved", "nullable": True}
        return {"direction": "in", "ownership": "moved", "nullable": False}
    if "*const *" in kind:
        return {"direction": "in", "ownership": "borrowed", "nullable": False, "array": "count"}
    if kind.endswith("**"):
        return {"direction": "out", "ownership": "reference" if to in handles or to == "void" else "borrowed",
                "nullable": True}  # fmt: skip
    if to in handles:
        moved = function.endswith("_release")
        nullable = moved or function.endswith("_retain") or to == "rondo_context" or kind == "rondo_loop *"
        return {"direction": "in", "ownership": "moved" if moved else "borrowed", "nullable": nullable}
    if to == "void" and name in ("object", "otherwise"):  # a host's
        return {"direction": "in", "ownership": "retained", "nullable": False}
    if to == "void":
        if function.endswith("_free"):
            return {"direction": "in", "ownership": "moved", "nullable": True}
        if kind.startswith("const"):
            return {"direction": "in", "ownership": "copied", "nullable": True}
        return {"direction": "in", "ownership": "passed", "nullable": True}
    if to == "char":
        if kind.startswith("const"):
            return {"direction": "in", "ownership": "copied", "nullable": False}
        return {"direction": "out", "ownership": "buffer", "nullable": True}
    if to in SCALARS:
        return {"direction": "out", "nullable": True}
    if to == "rondo_coro_vtable":
        return {"direction": "in", "ownership": "kept", "nullable": False}
    if kind.startswith("const"):
        return {"direction": "in", "ownership": "copied", "nullable": name == "options"}
    return {"direction": "inout", "ownership": "borrowed", "nullable": False}


def result_facts(function, result, doc):
    kind = result["type"]
    if result["abi"] != "pointer":
        return {}
    static = says(doc, r"\b[Ss]tatic\b")
    if static or kind.endswith("_fn"):
        return {"ownership": "static", "nullable": False}
    if says(doc, r"\bNever fails\b"):
        return {"ownership": "reference", "nullable": False}
    if function.endswith(("_retain", "_new", "_start")) or says(doc, r"\bnew reference\b"):
        return {"ownership": "reference", "nullable": True}
    if says(doc, r"\bis yours\b"):
        return {"ownership": "owned", "nullable": True}
    return {"ownership": "borrowed", "nullable": True}


THREADS = {"RONDO_LOOP_THREAD": "loop", "RONDO_ANY_THREAD": "any", "RONDO_SIGNAL_SAFE": "signal"}
PROTOTYPE = re.compile(r"RONDO_API (.*?)(\w+)\((.*)\) (RONDO_\w+);$", re.S)
RETAIN = "One more reference; returns its argument."
RELEASE = "Gives one reference back. NULL does nothing."


def implied_errors(function):
    """What the rules at the header's top add for every function of its kind."""
    implied = ["RONDO_EINVAL", "RONDO_ENOMEM"]
    pointers = [p for p in function["parameters"] if "handle" in p and p["direction"] == "in"]
    if any(p["handle"] != "rondo_job" for p in pointers):
        implied.append("RONDO_EKIND")
    if function["thread"] == "loop" and pointers:
        implied.append("RONDO_ETHREAD")
    if any(p["handle"] == "rondo_loop" and p["nullable"] for p in pointers):
        implied.append("RONDO_ENOLOOP")
    return implied


def read_function(text, note, entry, room, handles):
    result_type, name, parameters, thread = PROTOTYPE.match(one_line(text)).groups()
    own = entry["functions"][0] == name
    if name.endswith(("_retain", "_release")) and not own:
        found, doc = [], RETAIN if name.endswith("_retain") else RELEASE
        if note and not re.match(r"(returns )?its argument$", note):
            doc += f" {note[0].upper()}{note[1:]}."
    else:
        found, doc = clauses(" ".join(filter(None, [entry["doc"], note])))
    said = own_part(name, entry["functions"], f"{doc} {note}")
    result = {"type": result_type.strip(), "abi": abi_class(result_type.strip())}
    result.update(result_facts(name, result, said))
    function = {
        "name": name,
        "room": room,
        "entry": entry["functions"][0],
        "thread": THREADS[thread],
        "result": result,
        "parameters": [],
        "errors": read_errors(name, entry["functions"], found),
        "calls_back": calls_back(name, entry["functions"], found),
        "asyncio": asyncio_name(name, entry["functions"], found),
        "doc": doc,
    }
    listed = function["errors"]["codes"] or function["errors"]["as"]
    if says(said, r"\b[Nn]ever fails\b") or result["type"] != "rondo_status" and not (result["abi"] == "i64" and listed):
        function["errors"] = {}
    for part in split_list(parameters):
        parameter = declarator(part)
        if is_handle(parameter["type"], handles):
            parameter["handle"] = pointee(parameter["type"])
        parameter.update(parameter_facts(name, parameter, said, handles))
        function["parameters"].append(parameter)
    if function["errors"]:
        function["errors"]["implied"] = implied_errors(function)
    return function


# ---- the whole

class Reader:
    def __init__(self):
        self.rules, self.rooms, self.handles, self.callbacks = [], [], {}, []
        self.statuses, self.enums, self.constants, self.macros = [], [], [], []
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
        elif self.room is None:
            self.rules.append(prose(text))
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
            entry["functions"] = [PROTOTYPE.match(one_line(text))[2] for text, _ in self.waiting]
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
            elif define[1] not in ("RONDO_API", "RONDO_INIT"):
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
        "manual": [rule.split("\n") for rule in reader.rules],
        "rooms": reader.rooms,
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
    difference = list(difflib.unified_diff(before.splitlines(), text.splitlines(), str(file), "the headers", "", "", 1))
    print("\n".join(difference[:200]))
    sys.exit(f"{file.name} is not in step with the headers: run describe.py with --update" if difference else 0)


if __name__ == "__main__":
    main()
