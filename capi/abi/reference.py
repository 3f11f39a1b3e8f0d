#!/usr/bin/env python3
"""reference.py DESCRIPTION OUT

Makes the reference of the C API from capi/rondo.abi.json: OUT/rondo.html, one page that needs nothing else, and
OUT/man3/*.3, a page for each entry of the header.
"""
import html
import json
import os
import re
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent

THREADS = {"loop": "the loop's", "any": "any", "signal": "any, and in signal handlers"}
OWNERSHIP = {
    ("in", "borrowed"): "borrowed",
    ("in", "copied"): "copied",
    ("in", "retained"): "retained",
    ("in", "kept"): "kept as long as it is used",
    ("in", "passed"): "passed on as it is",
    ("in", "moved"): "moved",
    ("out", "reference"): "receives a reference",
    ("out", "borrowed"): "shows, borrowed",
    ("out", "moved"): "receives a value, yours then",
    ("out", "buffer"): "filled",
    ("out", None): "filled",
    ("inout", "borrowed"): "read and filled",
}  # fmt: skip
RESULTS = {"borrowed": "borrowed", "reference": "one reference", "owned": "yours", "static": "static"}


class Description:
    def __init__(self, path):
        self.data = json.loads(Path(path).read_text())
        self.functions = {f["name"]: f for f in self.data["functions"]}
        self.statuses = {s["name"]: s for s in self.data["statuses"]}
        self.rooms = [room for room in self.data["rooms"] if room["header"] != "rondo/abi.h"]
        named = "functions scalars statuses constants handles callbacks structs inline_functions".split()
        self.names = {item["name"] for key in named for item in self.data[key]}
        self.names |= {c["name"] for enum in self.data["enums"] for c in enum["constants"]}
        self.names |= {macro["name"].split("(")[0] for macro in self.data["macros"]}

    def entries(self, room):
        """The room's functions, those of one comment together."""
        entries = {}
        for function in self.functions.values():
            if function["room"] == room["name"]:
                entries.setdefault(function["entry"], []).append(function)
        return list(entries.values())

    def used(self, kind, *declarations):
        """The callbacks, structs or enums (kind) that are named in the declarations or texts."""
        words = set(re.findall(r"\w+", " ".join(declarations)))
        names = (lambda e: {c["name"] for c in e["constants"]}) if kind == "enums" else (lambda item: {item["name"]})
        return [item for item in self.data[kind] if words & names(item)]


def has_own_text(function, entry):
    """A retain or release that stands in the paragraph of others."""
    return function is not entry[0] and function["doc"] not in entry[0]["doc"]


def prototype(function):
    parameters = [declaration(p) for p in function["parameters"]]
    return f"{declaration({**function['result'], 'name': function['name']})}(", parameters


def declaration(item):
    if "function" in item:
        parameters = ", ".join(map(declaration, item["function"]["parameters"])) or "void"
        return f"{declaration({**item['function']['result'], 'name': ''})}(*{item['name']})({parameters})"
    if "(*)" in item["type"]:
        return item["type"].replace("(*)", f"(*{item['name']})")
    return item["type"] + ("" if item["type"].endswith("*") else " ") + item["name"]


def ownership(parameter):
    text = OWNERSHIP[parameter.get("direction", "in"), parameter.get("ownership")]
    if parameter.get("always"):
        text += " in every case"
    return text + (", may be NULL" if parameter["nullable"] else "")


def facts(function):
    """(title, text) of what the description knows of a function, beside its comment."""
    known = [("thread", THREADS[function["thread"]])]
    if function["needs_fiber"]:
        known.append(("where", "inside a fiber; others may run before it returns"))
    if function["blocks"]:
        known.append(("blocks", "the calling thread"))
    owned = [f"{p['name']}: {ownership(p)}" for p in function["parameters"] if "nullable" in p]
    if owned:
        known.append(("ownership", "; ".join(owned)))
    result = function["result"]
    if "ownership" in result:
        known.append(("returns", RESULTS[result["ownership"]] + (", or NULL" if result["nullable"] else "")))
    if function["calls_back"]:
        known.append(("calls back", function["calls_back"]))
    if function["asyncio"] and not function["asyncio"].startswith("none"):
        known.append(("asyncio", function["asyncio"]))
    return known


def listed_errors(function):
    """(code or text, when) as the header lists them."""
    errors = function["errors"]
    listed = [(code, errors.get("when", {}).get(code, "")) for code in dict.fromkeys(errors.get("codes", []))]
    return listed + [(f"as {name}", "") for name in errors.get("as", [])] + [(o, "") for o in errors.get("other", [])]


def implied_errors(function):
    listed = function["errors"].get("codes", [])
    return [code for code in function["errors"].get("implied", []) if code not in listed]


# ---- HTML

WORD = re.compile(r"`([^`]+)`|\b(?:rondo|RONDO)_\w+")


class Html:
    def __init__(self, description):
        self.d = description

    def link(self, name):
        return f'<a href="#{name}">{name}</a>' if name in self.d.names else name

    def text(self, text):
        """Escaped, with links and `code`."""
        out, at = [], 0
        for match in WORD.finditer(text):
            out.append(html.escape(text[at : match.start()], quote=False))
            if match[1]:
                out.append(f"<code>{self.text(match[1])}</code>")
            else:
                out.append(self.link(match[0]))
            at = match.end()
        return "".join(out) + html.escape(text[at:], quote=False)

    def paragraphs(self, doc):
        """What is indented is code."""
        out, code = [], []
        for line in [*doc.split("\n"), ""]:
            if line.startswith("    "):
                code.append(line[4:])
                continue
            if code:
                out.append(f"<pre>{self.text(chr(10).join(code))}</pre>")
                code = []
            if line:
                out.append(f"<p>{self.text(line)}</p>")
        return "\n".join(out)

    def code(self, text, name):
        linked = self.text(text.replace(name, "\0", 1)) if name else self.text(text)
        return linked.replace("\0", f"<b>{name}</b>")

    def function(self, function, entry):
        head, parameters = prototype(function)
        one = f"{head}{', '.join(parameters) or 'void'});"
        many = f"{head}\n    " + ",\n    ".join(parameters) + ");"
        name = function["name"]
        own = self.paragraphs(function["doc"]) if has_own_text(function, entry) else ""
        rows = [(title, self.text(text)) for title, text in facts(function)]
        rows += [("errors", errors)] if (errors := self.errors(function)) else []
        table = "".join(f"<dt>{title}</dt><dd>{text}</dd>" for title, text in rows)
        text = self.code(one if len(one) <= 96 else many, name)
        return f'<div class="function" id="{name}"><pre>{text}</pre>{own}<dl class="facts">{table}</dl></div>'

    def errors(self, function):
        listed = [self.text(code) + (f" ({self.text(when)})" if when else "") for code, when in listed_errors(function)]
        implied = [f'<span class="implied">{self.link(code)}</span>' for code in implied_errors(function)]
        return ", ".join(listed + implied)

    def entry(self, entry):
        functions = "\n".join(self.function(f, entry) for f in entry)
        return f'<div class="entry">{self.paragraphs(entry[0]["doc"])}\n{functions}</div>'

    def section(self, anchor, title, aside, body):
        aside = f" <small>{self.text(aside)}</small>" if aside else ""
        return f'<section id="{anchor}"><h2>{title}{aside}</h2>\n{body}</section>'

    def room(self, room):
        aside = f"asyncio: {room['asyncio']}" if room["asyncio"] and room["asyncio"] != "none" else ""
        macros = [m for m in self.d.data["macros"] if m["room"] == room["name"]] if room["name"] == "Version" else []
        inlines = [f for f in self.d.data["inline_functions"] if f["room"] == room["name"]]
        body = [self.paragraphs(room["doc"]), *map(self.macro, macros), *map(self.inline, inlines)]
        body += map(self.entry, self.d.entries(room))
        return self.section(room_anchor(room), room["name"], aside, "\n".join(body))

    def macro(self, macro):
        name = macro["name"].split("(")[0]
        text = f"#define {macro['name']} {macro['value']}"
        return f'<div class="entry" id="{name}"><pre>{self.code(text, name)}</pre>{self.paragraphs(macro["doc"])}</div>'

    def inline(self, function):
        head, parameters = prototype(function)
        text = f"static inline {head}{', '.join(parameters) or 'void'});"
        return (f'<div class="entry" id="{function["name"]}"><pre>{self.code(text, function["name"])}</pre>'
                f'{self.paragraphs(function["doc"])}</div>')  # fmt: skip

    def table(self, titles, rows):
        head = "".join(f"<th>{title}</th>" for title in titles)
        body = "".join(f"<tr{anchor}>{''.join(cells)}</tr>\n" for anchor, cells in rows)
        return f"<table><tr>{head}</tr>\n{body}</table>"

    def struct(self, struct):
        rows = [("", [cell(field["offset"], "number"), cell(field["size"], "number"),
                      cell(f"<code>{self.field(field)}</code>"), cell(self.text(field["doc"]))])
                for field in struct["fields"]]  # fmt: skip
        grows = ", may grow: set <code>size</code>" if struct["grows"] else ""
        return (f'<div class="entry" id="{struct["name"]}"><h3>{struct["name"]}</h3>{self.paragraphs(struct["doc"])}'
                f"<p>{struct['size']} bytes (LP64){grows}.</p>"
                f"{self.table(['offset', 'bytes', 'field', ''], rows)}</div>")  # fmt: skip

    def field(self, field):
        if field["abi"] == "union":
            members = " ".join(declaration(m) + ";" for m in field["members"])
            return self.text(f"union {{ {members} }} {field['name']}")
        return self.text(declaration(field))

    def number(self, name, value, text):
        return f' id="{name}"', [cell(f"<code>{name}</code>"), cell(value, "number"), cell(text)]

    def enum(self, enum):
        rows = [self.number(c["name"], c["value"], self.text(c["doc"])) for c in enum["constants"]]
        flags = " Flags, to be combined with |." if enum["flags"] else ""
        return f'<div class="entry"><p>{self.text(enum["doc"])}{flags}</p>{self.table(["", "value", ""], rows)}</div>'

    def statuses(self):
        rows = [self.number(s["name"], s["value"], s["text"]) for s in self.d.data["statuses"]]
        scalar = self.d.data["scalars"][0]
        table = self.table(["", "code", "rondo_strerror"], rows)
        return (f'<div class="entry" id="{scalar["name"]}"><pre>typedef {declaration(scalar)};</pre>'
                f'{self.paragraphs(scalar["doc"])}{table}</div>')  # fmt: skip

    def handles(self):
        rows = [(f' id="{h["name"]}"', [cell(f"<code>{h['name']}</code>"), cell(self.text(h["doc"])),
                                        cell(self.text(" ".join(filter(None, (h["retain"], h["release"])))))])
                for h in self.d.data["handles"]]  # fmt: skip
        return f'<div class="entry">{self.table(["", "", "given back with"], rows)}</div>'

    def callback(self, callback):
        text = declaration({"name": callback["name"], "function": callback}) + ";"
        return (f'<div class="entry" id="{callback["name"]}"><pre>typedef {self.code(text, callback["name"])}</pre>'
                f'{self.paragraphs(callback["doc"])}</div>')  # fmt: skip

    def constants(self):
        data = self.d.data
        numbers = [{**c, "value": c["value"]} for c in data["constants"]]
        macros = [m for m in data["macros"] if m["room"] != "Version"]
        return "".join(map(self.macro, numbers + macros)) + "".join(map(self.enum, data["enums"]))

    def types(self):
        data = self.d.data
        return [
            self.section("statuses", "Status codes", "", self.statuses()),
            self.section("constants", "Constants", "", self.constants()),
            self.section("handles", "Handles", "", self.handles()),
            self.section("callbacks", "Callback types", "", "".join(map(self.callback, data["callbacks"]))),
            self.section("structs", "Structs", "", "".join(map(self.struct, data["structs"]))),
        ]

    def index(self):
        names = sorted(self.d.functions) + sorted(s["name"] for s in self.d.data["structs"])
        links = "".join(f'<a href="#{name}">{name}</a>' for name in names)
        return f'<section id="index"><h2>Index</h2><div class="index entry">{links}</div></section>'

    def rules(self):
        items = "".join(f"<dt>{name}</dt><dd>{self.text(text)}</dd>" for name, text in self.d.data["rules"].items())
        return f'<h3>Rules that hold everywhere</h3><dl class="rules">{items}</dl>'

    def navigation(self):
        rooms = "".join(f'<a href="#{room_anchor(room)}">{room["name"]}</a>' for room in self.d.rooms)
        types = "".join(f'<a href="#{a}">{t}</a>' for a, t in (
            ("statuses", "Status codes"), ("constants", "Constants"), ("handles", "Handles"),
            ("callbacks", "Callback types"), ("structs", "Structs"), ("index", "Index")))  # fmt: skip
        return (f'<nav><input type="search" placeholder="Search ( / )" aria-label="Search"><h2>Functions</h2>{rooms}'
                f"<h2>Types</h2>{types}</nav>")  # fmt: skip

    def page(self):
        title = f"Rondo {self.d.data['version']}: the C API"
        about = "\n".join(self.d.data["about"])
        body = "\n".join([*map(self.room, self.d.rooms), *self.types(), self.index()])
        return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{(HERE / "reference.css").read_text()}</style>
</head>
<body>
{self.navigation()}
<main>
<section class="front"><h1>{title}</h1>
<div class="entry">{self.paragraphs(about)}
{self.rules()}</div></section>
{body}
</main>
<script>
{(HERE / "reference.js").read_text()}</script>
</body>
</html>
"""


def cell(text, kind=""):
    return f'<td class="{kind}">{text}</td>' if kind else f"<td>{text}</td>"


def room_anchor(room):
    return "room-" + room["name"].lower().replace(" ", "-")


# ---- man pages

def roff(text):
    """Text for a line of its own."""
    text = text.replace("\\", "\\e").replace("`", "")
    return "\\&" + text if text.startswith((".", "'")) else text


def roff_code(text):
    return roff(text).replace("-", "\\-")


def roff_paragraphs(doc):
    out, code = [], False
    for line in doc.split("\n"):
        if line.startswith("    ") != code:
            code = not code
            out.append(".PP\n.EX" if code else ".EE")
        out.append(roff_code(line) if code else f".PP\n{roff(line)}")
    return out + [".EE"] * code


def field_lines(field):
    if field["abi"] != "union":
        return [declaration(field) + ";"]
    return ["union {", *(f"    {declaration(m)};" for m in field["members"]), f"}} {field['name']};"]


class Man:
    def __init__(self, description, date):
        self.d, self.date = description, date

    def begin(self, title, names, purpose, header):
        head = f'.TH {title.upper()} 3 "{self.date}" "Rondo {self.d.data["version"]}" "Rondo C API"'
        return [head, ".SH NAME", f"{names} \\- {roff(purpose)}", ".SH SYNOPSIS", ".EX", f"#include <{header}>"]

    def synopsis(self, function):
        head, parameters = prototype(function)
        lines = [f"{head}{', '.join(parameters) or 'void'});"]
        if len(lines[0]) > 78:
            lines = [head] + [f"    {p}{',' if p is not parameters[-1] else ');'}" for p in parameters]
        return "\n".join(map(roff_code, lines))

    def facts(self, function):
        rows = facts(function)
        listed = [code + (f" ({when})" if when else "") for code, when in listed_errors(function)]
        if errors := listed + implied_errors(function):
            rows = [*rows, ("errors", ", ".join(errors))]
        return [f".TP\n{title}\n{roff(text)}" for title, text in rows]

    def entry(self, entry):
        """The page of an entry of the header."""
        names = [f["name"] for f in entry]
        room = next(r for r in self.d.rooms if r["name"] == entry[0]["room"])
        lines = self.begin(names[0], ", ".join(names), summary(entry[0]["doc"]), room["header"])
        prototypes = ["".join(map(str, prototype(f))) for f in entry]
        callbacks = self.d.used("callbacks", *prototypes)
        lines += ["", *map(self.callback, callbacks), *([""] if callbacks else []), *map(self.synopsis, entry), ".EE",
                  ".SH DESCRIPTION", *roff_paragraphs(entry[0]["doc"])]  # fmt: skip
        lines += [f".PP\n.BR {c['name']} :\n{roff(c['doc'])}" for c in callbacks]
        for function in entry:
            if has_own_text(function, entry):
                lines += [".PP", f".BR {function['name']} ():", roff(function["doc"])]
        for function in entry:
            lines += [f".SS {function['name']}()", *self.facts(function)]
        lines += self.constants(*prototypes, *(f["doc"] for f in entry))
        structs = [s["name"] for s in self.d.used("structs", *prototypes)]
        others = [e[0]["name"] for e in self.d.entries(room) if e != entry]
        lines += [".SH SEE ALSO", *(f".BR {name} (3)," for name in ["rondo", *structs, *others])]
        lines[-1] = lines[-1].rstrip(",")
        return tidy(lines)

    def callback(self, callback):
        return roff_code(f"typedef {declaration({'name': callback['name'], 'function': callback})};")

    def constants(self, *texts):
        """What the constants mean that the texts name."""
        lines = []
        for enum in self.d.used("enums", *texts):
            lines += [".PP", roff(enum["doc"])]
            lines += [f".TP\n.B {c['name']}\n{roff(c['doc']) or roff_code(str(c['value']))}" for c in enum["constants"]]
        return [".SH CONSTANTS", *lines] if lines else []

    def overview(self):
        """rondo(3): the rules, and what there is."""
        data = self.d.data
        lines = self.begin("rondo", "rondo", data["about"][0].split(" - ")[1], "rondo/rondo.h")
        lines += [".EE", ".SH DESCRIPTION", *roff_paragraphs("\n".join(data["about"][1:])), ".SH RULES"]
        lines += [f".TP\n.B {name}\n{roff(text)}" for name, text in data["rules"].items()]
        for room in self.d.rooms:
            lines += [f".SH {room['name'].upper()}", *(roff_paragraphs(room["doc"]) if room["doc"] else [])]
            lines += [f".TP\n.BR {e[0]['name']} (3)\n{roff(summary(e[0]['doc']))}" for e in self.d.entries(room)]
        lines.append(".SH ERRORS")
        lines += [f".TP\n.B {s['name']}\n{roff_code(str(s['value']))}: {s['text']}" for s in data["statuses"]]
        return tidy(lines)

    def struct(self, struct):
        lines = self.begin(struct["name"], struct["name"], summary(struct["doc"]), "rondo/rondo.h")
        lines += ["", f"typedef struct {struct['name']} {{"]
        for field in struct["fields"]:
            lines += [roff_code(f"    {line}") for line in field_lines(field)]
        callbacks = self.d.used("callbacks", *(declaration(f) for f in struct["fields"] if f["abi"] != "union"))
        lines += [f"}} {struct['name']};", *([""] if callbacks else []), *map(self.callback, callbacks), ".EE",
                  ".SH DESCRIPTION", *roff_paragraphs(struct["doc"]), ".PP",
                  f"It has {struct['size']} bytes (LP64)."]  # fmt: skip
        lines += [f".TP\n.I {field['name']}\n{roff(field['doc'])}" for field in struct["fields"] if field["doc"]]
        lines += self.constants(struct["doc"], *(field["doc"] for field in struct["fields"]))
        return tidy([*lines, ".SH SEE ALSO", ".BR rondo (3)"])

    def write(self, directory):
        directory.mkdir(parents=True, exist_ok=True)
        pages = {"rondo": self.overview()}
        for room in self.d.rooms:
            for entry in self.d.entries(room):
                pages[entry[0]["name"]] = self.entry(entry)
                pages.update({f["name"]: f".so man3/{entry[0]['name']}.3" for f in entry[1:]})
        pages.update({struct["name"]: self.struct(struct) for struct in self.d.data["structs"]})
        for name, text in pages.items():
            (directory / f"{name}.3").write_text(text + "\n")


def summary(doc):
    """The first sentence of a comment, or as much of it as a line takes."""
    text = re.split(r"(?<!\.)\.(?:\s|$)(?![^(]*\))", doc.split("\n")[0], maxsplit=1)[0]
    if len(text) > 90:
        stops = [m.start() for m in re.finditer(r"[,;:] (?![^(]*\))", text[:90])]
        text = text[: stops[-1]] if stops else text
    return text[0].lower() + text[1:] if re.match(r"[A-Z][a-z ]", text) else text


def tidy(lines):
    """.PP behind a heading says nothing."""
    return re.sub(r"^(\.S[HS] .*)\n\.PP$", r"\1", "\n".join(lines), flags=re.M)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    description, out = Description(sys.argv[1]), Path(sys.argv[2])
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
    out.mkdir(parents=True, exist_ok=True)
    (out / "rondo.html").write_text(Html(description).page())
    Man(description, time.strftime("%Y-%m-%d", time.gmtime(seconds))).write(out / "man3")


if __name__ == "__main__":
    main()
