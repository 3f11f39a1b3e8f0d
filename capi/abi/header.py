"""A C header as comments, blank lines, directives and declarations; its types, constants and structs."""

import re

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


RULE = re.compile(r"^ {2}([A-Z][A-Za-z]*) {2,}(?=\S)", re.M)


def read_manual(comment):
    """The comment at a header's top: its paragraphs, and the rules, each behind its name."""
    lines = [re.sub(r"^\s*\* ?", "", line) for line in comment.splitlines()]
    head, _, rules = "\n".join(lines).partition("\nRules that hold everywhere")
    head = head.replace("\nHow to read this file\n", "\n\n")
    head = re.sub(r"^  (?=\S)", "", head, flags=re.M)
    parts = RULE.split(rules)[1:]
    named = {name: SPACE.sub(" ", text).strip() for name, text in zip(parts[::2], parts[1::2])}
    return {"about": prose(re.sub("^", " * ", head.strip(), flags=re.M)).split("\n"), "rules": named}


def says(text, *patterns):
    return any(re.search(pattern, text) for pattern in patterns)


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
        kinds = ", ".join(p["type"] for p in split) or "void"
        shape = {
            "type": f"{result}{'' if result.endswith('*') else ' '}(*)({kinds})",
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
            if last := COMMENT.search(part):  # behind the last one stands no comma
                above = prose(last[1])
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
    order = "name type abi offset size direction ownership nullable members function doc".split()
    fields = [{key: field[key] for key in order if key in field} for field in fields]
    return {"name": name, "size": size, "align": largest, "grows": grows, "room": room, "doc": doc, "fields": fields}
