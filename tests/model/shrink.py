"""Makes a failing program smaller, and writes programs so that people can read them."""

import copy

from program import verb_of


def shrink(program, fails, budget=3000):
    """The smallest program found that still fails; fails(program) is asked at most `budget` times."""
    asked = 0

    def still_fails(candidate):
        nonlocal asked
        asked += 1
        return asked <= budget and fails(candidate)

    smaller = True
    while smaller and asked < budget:
        smaller = False
        for step in (_drop_items, _lift_blocks, _simplify_values):
            found = step(program, still_fails)
            if found is not None:
                program, smaller = found, True
    return program


def _places(node, path=()):
    """The paths of all lists and dictionaries in a program, the outer ones first."""
    yield path
    children = node.items() if isinstance(node, dict) else enumerate(node)
    for key, child in children:
        if isinstance(child, (list, dict)):
            yield from _places(child, (*path, key))


def _at(program, path):
    for key in path:
        program = program[key]
    return program


def _replaced(program, path, value):
    program = copy.deepcopy(program)
    _at(program, path[:-1])[path[-1]] = value
    return program


def _attempts(program, still_fails, variants):
    """Tries the variants of every place, over and over, and answers with the best program, or None."""
    best = None
    index = 0
    while True:
        paths = list(_places(program))
        if index >= len(paths):
            return best
        for candidate in variants(program, paths[index]):
            if candidate != program and still_fails(candidate):
                program = best = candidate
                break
        else:
            index += 1


def _drop_items(program, still_fails):
    """Leaves out items of lists that are no statements: big pieces first."""

    def variants(program, path):
        items = _at(program, path)
        if isinstance(items, dict) or verb_of(items) is not None:
            return
        if path in (("bodies",), ("shared",)):  # their numbers are their names
            return
        size = len(items)
        while size:
            for start in range(0, len(items), size):
                yield _replaced(program, path, items[:start] + items[start + size :])
            size //= 2

    return _attempts(program, still_fails, variants)


def _lift_blocks(program, still_fails):
    """Puts a block in the place of the statement that holds it."""

    def variants(program, path):
        statement = _at(program, path)
        if verb_of(statement) is None or not isinstance(path[-1], int):
            return
        block = _at(program, path[:-1])
        if verb_of(block) is not None:
            return
        for argument in statement[1:]:
            if isinstance(argument, list) and argument and all(verb_of(item) for item in argument):
                yield _replaced(program, path[:-1], block[: path[-1]] + argument + block[path[-1] + 1 :])

    return _attempts(program, still_fails, variants)


def _simplify_values(program, still_fails):
    """Makes numbers small and switches things off."""

    def variants(program, path):
        items = _at(program, path)
        if isinstance(items, dict):
            for key in ("eager", "debug"):
                if items.get(key):
                    yield _replaced(program, (*path, key), False)
            return
        start = 0 if verb_of(items) is None else 1
        for i, item in enumerate(items[start:], start):
            if item is True:
                yield _replaced(program, (*path, i), False)
            elif isinstance(item, int) and item > 1:
                yield _replaced(program, (*path, i), 1)
            elif isinstance(item, str) and item.startswith("m"):
                yield _replaced(program, (*path, i), None)

    return _attempts(program, still_fails, variants)


# ---- reading


def pseudo_code(program):
    """A program as indented lines."""
    lines = []
    flags = "".join(f", {flag}" for flag in ("eager", "debug") if program[flag])
    lines.append(f"{program['futures']} futures{flags}")
    for p, (kind, argument) in enumerate(program.get("shared", ())):
        lines.append(f"{p}: {kind}{'' if argument is None else f' {argument}'}")
    for number, block in enumerate(program["runs"]):
        lines += [f"run m{number}:", *_block(block)]
    for j, block in enumerate(program["bodies"]):
        if block:
            lines += [f"task t{j}:", *_block(block)]
    return "\n".join(lines)


def _block(block):
    lines = [line for statement in block for line in _statement(statement)] or ["pass"]
    return ["    " + line for line in lines]


def _reference(reference):
    kind = reference[0]
    if kind == "c":
        return f"coroutine {{{'; '.join(line.strip() for line in _block(reference[1]))}}}"
    if kind == "w":
        return f"operation {{{_statement(reference[1])[0]}}}"
    return {"b": "body t{}", "t": "t{}", "f": "f{}", "o": "slot {}"}.get(kind, "main").format(*reference[1:])


def _word(argument):
    if isinstance(argument, list):
        if verb_of(argument) is not None:
            return _reference(argument)
        return f"[{', '.join(map(_word, argument))}]"
    return str(argument)


def _acts(acts):
    return f" then {{{'; '.join(line.strip() for line in _block(acts))}}}" if acts else ""


def _statement(statement):
    verb, *arguments = statement
    if verb == "try":
        block, kind, handler, goes_on = arguments
        last = ["    raise"] if goes_on else []
        return ["try:", *_block(block), f"except {kind}:", *_block(handler), *last]
    if verb == "finally":
        return ["try:", *_block(arguments[0]), "finally:", *_block(arguments[1])]
    if verb == "call":
        return ["call:", *_block(arguments[0])]
    if verb == "hold":
        return [f"hold {arguments[0]}:", *_block(arguments[1])]
    if verb == "timeout":
        name, delay, block, absolute, gap = arguments
        late = f", entered {gap} later" if gap else ""
        return [f"timeout{'_at now +' if absolute else ''} {delay} as {name}{late}:", *_block(block)]
    if verb == "group":
        name, children, block = arguments
        return [f"group {name} of {', '.join(f't{j}' for j in children)}:", *_block(block)]
    if verb == "agen":
        name, items, cleanup, limit, end = arguments
        lines = [f"take {'all' if limit is None else limit} of async generator g{name}, then {end} it:"]
        for item in items:
            lines += [*_block(item), "    yield"]
        return [*lines, "  finally:", *_block(cleanup)]
    if verb in ("watch", "soon", "later", "at"):
        *arguments, acts = arguments
        return [f"{verb} {' '.join(map(_word, arguments))}{_acts(acts)}"]
    return [" ".join([verb, *map(_word, arguments)])]


def side_by_side(left_name, left, right_name, right):
    """Two traces in columns; a bar marks what differs."""
    width = max([len(left_name), *map(len, left)]) + 2
    lines = [f"  {left_name:{width}}{right_name}"]
    for i in range(max(len(left), len(right))):
        a = left[i] if i < len(left) else ""
        b = right[i] if i < len(right) else ""
        lines.append(f"{' ' if a == b else '!'} {a:{width}}{b}".rstrip())
    return "\n".join(lines)
