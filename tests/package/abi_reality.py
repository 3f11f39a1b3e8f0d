#!/usr/bin/env python3
"""abi_reality.py DESCRIPTION INCLUDE_DIR SYMBOLS LIBRARY

capi/rondo.abi.json against the truth: the C compiler's structs, constants and function types, the golden symbols, the
status texts of the library, and what the Python binding declares.
"""
import ast
import ctypes
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
failures = []


def check(holds, message):
    if not holds:
        failures.append(message)


# ---- the C compiler

def function_pointer(function, name):
    parameters = ", ".join(p["type"] for p in function["parameters"]) or "void"
    return f"{function['result']['type']} (*{name})({parameters})"


def probe(description):
    """A C file that compiles only if all that the description says is so."""
    lines = ["#include <rondo/rondo.h>", "#include <rondo/uv.h>"]
    for struct in description["structs"]:
        name = struct["name"]
        lines.append(f'_Static_assert(sizeof({name}) == {struct["size"]}, "sizeof {name}");')
        lines.append(f'_Static_assert(_Alignof({name}) == {struct["align"]}, "_Alignof {name}");')
        for field in struct["fields"]:
            place = f"{name}.{field['name']}"
            member = f"(({name} *)0)->{field['name']}"
            offset = f"offsetof({name}, {field['name']}) == {field['offset']}"
            lines.append(f'_Static_assert({offset}, "offsetof {place}");')
            lines.append(f'_Static_assert(sizeof({member}) == {field["size"]}, "sizeof {place}");')
            if "function" in field:
                called = f"{name}_{field['name']}"
                pointer = function_pointer(field["function"], "pointer")
                lines.append(f"void set_{called}({name} *s, {pointer}) {{ s->{field['name']} = pointer; }}")
            elif field["abi"] != "union":
                same = f"_Generic(&{member}, {field['type']} *: 1, default: 0)"
                lines.append(f'_Static_assert({same}, "type of {place}");')
    constants = [c for group in description["enums"] for c in group["constants"]]
    for constant in [*constants, *description["statuses"], *description["constants"]]:
        lines.append(f'_Static_assert({constant["name"]} == {constant["value"]}, "value of {constant["name"]}");')
    for function in description["functions"]:
        lines.append(f"{function_pointer(function, 'is_' + function['name'])} = {function['name']};")
    for callback in description["callbacks"]:
        lines.append(f"{function_pointer(callback, 'is_' + callback['name'])} = ({callback['name']})0;")
    for scalar in ("int32_t", "uint32_t", "int64_t", "uint64_t", "size_t"):
        lines.append(f'_Static_assert(sizeof({scalar}) == {4 if "32" in scalar else 8}, "{scalar}");')
    return "\n".join(lines) + "\n"


def check_compiler(description, include_dir):
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc")
    libuv = subprocess.check_output(["pkg-config", "--cflags", "libuv"], text=True).split()
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "probe.c")
        file.write_text(probe(description))
        command = [compiler, "-std=gnu11", "-Wall", "-Werror", "-fsyntax-only", "-I", include_dir, *libuv, file]
        done = subprocess.run(command, capture_output=True, text=True)
    check(done.returncode == 0, f"the compiler disagrees:\n{done.stderr[:4000]}")


def check_whole(description, include_dir):
    """Nothing that the compiler sees in the headers is missing from the description."""
    command = ["cc", "-std=gnu11", "-E", "-P", "-I", include_dir, "-x", "c", "-"]
    source = "#include <stddef.h>\n#include <stdint.h>\nint mark_of_this_test;\n#include <rondo/rondo.h>\n"
    text = subprocess.run(command, input=source, capture_output=True, text=True, check=True).stdout
    text = text[text.index("mark_of_this_test") :]
    known = {item["name"] for key in ("structs", "handles", "callbacks", "statuses", "constants", "inline_functions")
             for item in description[key]}  # fmt: skip
    known |= {c["name"] for group in description["enums"] for c in group["constants"]}
    known |= {f["name"] for f in description["functions"]} | {"rondo_status", "RONDO_STATUS_LAST_"}
    for name in sorted(set(re.findall(r"\b(?:rondo|RONDO)_\w+", text)) - known):
        failures.append(f"{name} stands in the headers and not in the description")


# ---- the library

def check_symbols(description, golden):
    described = {f["name"] for f in description["functions"]}
    golden = set(Path(golden).read_text().split())
    check(described == golden, f"described and exported differ: {sorted(described ^ golden)}")


def check_library(description, path):
    library = ctypes.CDLL(path)
    library.rondo_strerror.restype = library.rondo_status_name.restype = ctypes.c_char_p
    for status in description["statuses"]:
        code, text = ctypes.c_int32(status["value"]), status["text"].encode()
        check(library.rondo_strerror(code) == text, f"rondo_strerror({status['name']})")
        check(b"RONDO_" + library.rondo_status_name(code) == status["name"].encode(), f"name of {status['name']}")


# ---- the border's source

DEFINITION = re.compile(r"^[\w *]*?\b(rondo_\w+)\([^;{]*\)\s*\{([^\n]*\}$|.*?^\})", re.S | re.M)
REFUSED = re.compile(r"if \(!(\w+)(?: \|\| [^&)]*)?\) return RONDO_EINVAL;")


def bodies():
    for file in sorted((ROOT / "capi").glob("*.cpp")):
        for match in DEFINITION.finditer(file.read_text()):
            yield match[1], match[2]


def check_border(description):
    """The codes that a function of capi returns by name are documented, and what may not be NULL is."""
    functions = {f["name"]: f for f in description["functions"]}
    seen = 0
    for name, body in bodies():
        function = functions.get(name)
        if not function:
            continue
        seen += 1
        answers = re.sub(r"[=!]= RONDO_E\w+", "", " ".join(re.findall(r"\breturn ([^;]*);", body)))
        returned = set(re.findall(r"\bRONDO_E[A-Z0-9]+\b", answers))
        for code in sorted(returned - set(function["errors"].get("all", []))):
            check(False, f"{name} returns {code}, which is not documented")
        for parameter in function["parameters"]:
            refused = parameter["name"] in REFUSED.findall(body)
            check(not (refused and parameter["nullable"]), f"{name} refuses NULL for {parameter['name']}: say so")
    check(seen > 200, f"only {seen} definitions found in capi")


# ---- the Python binding

CTYPES = {
    "None": "void",
    "c_int32": "i32",
    "c_uint32": "u32",
    "c_int64": "i64",
    "c_uint64": "u64",
    "c_size_t": "size",
}
CALLBACKS = {
    "ReportCallback": "rondo_exception_handler_fn",
    "LoopFactoryCallback": "rondo_runner_options.loop_factory",
    "DrainCallback": "rondo_ring_options.drain",
    "DropCallback": "rondo_drop_fn",
    "DescribeCallback": "rondo_ring_options.describe",
    "WriteCallback": "rondo_write_fn",
    "StartCallback": "rondo_finalizer_create.start",
}


def abi_of(node):
    return CTYPES.get(ast.unparse(node), "pointer")


def shape(function):
    return [function["result"]["abi"], *(p["abi"] for p in function["parameters"])]


def python_declarations(tree):
    """(name, [result, parameter, ...], blocks) of each _function(...), as ABI classes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_function":
            keywords = {k.arg: k.value for k in node.keywords}
            result = abi_of(keywords["result"]) if "result" in keywords else "i32"
            yield f"rondo_{node.args[0].value}", [result, *map(abi_of, node.args[1:])], "blocks" in keywords


def check_python_functions(description):
    functions = {f["name"]: f for f in description["functions"]}
    tree = ast.parse((ROOT / "capi/python/rondo/_ffi.py").read_text())
    count = 0
    for name, declared, blocks in python_declarations(tree):
        count += 1
        check(name in functions, f"_ffi.py declares {name}, which is not there")
        if name in functions:
            function = functions[name]
            check(declared == shape(function), f"_ffi.py declares {name} as {declared}, not {shape(function)}")
            does = "keeps" if function["blocks"] else "lets go of"
            check(blocks == function["blocks"], f"_ffi.py: {name} {does} the GIL")
    check(count > 100, f"only {count} declarations found in _ffi.py")
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("CFUNCTYPE("):
            check_python_callback(node, functions, description)


def check_python_callback(node, functions, description):
    name = node.targets[0].id
    place, _, member = CALLBACKS[name].partition(".")
    if not member:
        function = next(c for c in description["callbacks"] if c["name"] == place)
    elif place in functions:
        function = next(p for p in functions[place]["parameters"] if p["name"] == member)["function"]
    else:
        struct = next(s for s in description["structs"] if s["name"] == place)
        function = next(f for f in struct["fields"] if f["name"] == member)["function"]
    declared = list(map(abi_of, node.value.args))
    check(declared == shape(function), f"_ffi.py: {name} is {declared}, not {shape(function)}")


def struct_name(python_name):
    return "rondo" + re.sub(r"([A-Z])", lambda m: "_" + m[1].lower(), python_name)


def check_python_structs(description):
    ffi = importlib.import_module("rondo._ffi")
    structs = {s["name"]: s for s in description["structs"]}
    seen = 0
    for name, kind in vars(ffi).items():
        is_struct = isinstance(kind, type) and issubclass(kind, ctypes.Structure) and not name.startswith("_")
        if not is_struct or kind is ctypes.Structure:
            continue
        seen += 1
        struct = structs[struct_name(name)]
        check(ctypes.sizeof(kind) == struct["size"], f"_ffi.py: {name} has {ctypes.sizeof(kind)} bytes")
        names = {"payload": "as"} if name == "Value" else {}
        places = [(names.get(field[0], field[0]), getattr(kind, field[0])) for field in kind._fields_]
        declared = [(field, place.offset, place.size) for field, place in places]
        described = [(f["name"], f["offset"], f["size"]) for f in struct["fields"]]
        check(declared == described, f"_ffi.py: {name} is {declared}, not {described}")
    check(seen > 8, "the structs of _ffi.py were not found")
    check_python_constants(ffi, description)


def check_python_constants(ffi, description):
    groups = [description["statuses"], description["constants"], *(e["constants"] for e in description["enums"])]
    values = {c["name"].removeprefix("RONDO_"): c["value"] for group in groups for c in group}
    for name, value in vars(ffi).items():
        if name.isupper() and type(value) is int and not name.startswith(("HOST_", "RING_CALLBACK")):
            check(values.get(name) == value, f"_ffi.py: {name} is {value}, not {values.get(name)}")


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    description, include_dir, symbols, library = json.loads(Path(sys.argv[1]).read_text()), *sys.argv[2:]
    check_compiler(description, include_dir)
    check_whole(description, include_dir)
    check_symbols(description, symbols)
    check_library(description, library)
    os.environ["RONDO_LIBRARY"] = library
    sys.path.insert(0, str(ROOT / "capi/python"))
    check_border(description)
    check_python_functions(description)
    check_python_structs(description)
    print(*failures, sep="\n", end="\n" if failures else "")
    counts = ", ".join(f"{len(description[key])} {key}" for key in ("functions", "structs", "callbacks", "statuses"))
    print(f"{counts}: {len(failures)} untrue")
    sys.exit(bool(failures))


main()
