"""What the comment above a function says of it, in the words of the rules at the top of rondo.h."""

import re
import sys

from header import SCALARS, abi_class, declarator, one_line, pointee, says, split_list

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


def match_prototype(text):
    match = PROTOTYPE.match(one_line(text))
    if not match or match[4] not in THREADS:
        sys.exit(f"not of the form RONDO_API result name(parameters) RONDO_LOOP_THREAD, or another thread: {text}")
    return match.groups()


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
    listed = function["errors"]["codes"]
    woken = "RONDO_ECLOSED" in listed and (function["thread"] == "any" or "RONDO_ESHUTDOWN" in listed)
    runs = (function["calls_back"] or "").startswith("all that") and not function["name"].endswith("_close")
    if woken or runs:
        implied.append("RONDO_EFORKED")
    return implied


def read_function(text, note, entry, room, handles):
    result_type, name, parameters, thread = match_prototype(text)
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
    answers = result["type"] == "rondo_status" or (result["abi"] == "i64" and listed)
    if not answers or says(said, r"\b[Nn]ever fails\b"):
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
