#!/usr/bin/env python3
"""generate.py [--check]: writes src/sys.rs from capi/rondo.abi.json, or says whether it is up to date.

That the result is right is for tests/suite/abi.rs to say, which asks a C compiler.
"""

import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESERVED = {"self": "this", "loop": "event_loop", "as": "data", "fn": "function"}
TYPES = {"void": "c_void", "char": "c_char", "double": "f64", "size_t": "usize",
         "int32_t": "i32", "uint32_t": "u32", "int64_t": "i64", "uint64_t": "u64"}

PREFACE = """\
//! The C ABI as it is: every function, struct and constant of `rondo/rondo.h`, which is the manual.
//!
//! Names are C's, but for fields and parameters that are keywords in Rust: `self` is `this`, `loop` is `event_loop`,
//! `as` is `data`, `fn` is `function`. Written by generate.py; tests/suite/abi.rs compares all of it with the header.
#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(missing_docs, missing_debug_implementations, non_camel_case_types)]

use std::os::raw::{c_char, c_void};
"""

TABLES = """\
macro_rules! constants {
    ($($name:ident: $type:ty = $value:expr;)*) => {
        $(pub const $name: $type = $value;)*

        #[doc(hidden)]
        pub fn constants() -> Vec<(&'static str, i64)> {
            vec![$((stringify!($name), $name as i64)),*]
        }
    };
}

macro_rules! structs {
    ($(pub struct $name:ident { $(pub $field:ident: $type:ty,)* })*) => {
        $(
            #[repr(C)]
            #[derive(Clone, Copy)]
            pub struct $name {
                $(pub $field: $type,)*
            }
        )*

        // Name, size, and each field with its offset and size.
        #[doc(hidden)]
        #[allow(clippy::type_complexity)]
        pub fn structs() -> Vec<(&'static str, usize, Vec<(&'static str, usize, usize)>)> {
            vec![$({
                let zeroed = std::mem::MaybeUninit::<$name>::zeroed();
                let base = zeroed.as_ptr();
                let offset = |field: *const u8| field as usize - base as usize;
                let fields = vec![$((
                    stringify!($field),
                    offset(unsafe { std::ptr::addr_of!((*base).$field) } as *const u8),
                    std::mem::size_of::<$type>(),
                )),*];
                (stringify!($name), std::mem::size_of::<$name>(), fields)
            }),*]
        }
    };
}

macro_rules! opaque {
    ($($name:ident)*) => {$(
        #[repr(C)]
        pub struct $name {
            _private: [u8; 0],
            _not_send: std::marker::PhantomData<(*mut u8, std::marker::PhantomPinned)>,
        }
    )*};
}
"""




def rust_type(c):
    tokens = re.findall(r"\w+|\*", c)
    constant = tokens[0] == "const"
    base, *rest = tokens[constant:]
    rust = TYPES.get(base, base)
    if base.endswith("_fn"):
        rust = f"Option<{rust}>"
    for token in rest:
        if token == "const":
            constant = True
        else:
            rust, constant = f"*{'const' if constant else 'mut'} {rust}", False
    return rust


def signature(function):
    listed = ", ".join(": ".join(declaration(parameter)) for parameter in function["parameters"])
    result = function["result"]["type"]
    return f"({listed})" + ("" if result == "void" else f" -> {rust_type(result)}")


def declaration(described, owner=""):
    """Name and type of a parameter or field."""
    name = described["name"]
    if "function" in described:
        kind = f'Option<unsafe extern "C" fn{signature(described["function"])}>'
    elif "members" in described:
        kind = f"{owner}_{name}"
    else:
        kind = rust_type(described["type"])
    return RESERVED.get(name, name), kind


def aliases(abi):
    for scalar in abi["scalars"]:
        yield f"pub type {scalar['name']} = {rust_type(scalar['type'])};"
    for handle in abi["handles"]:
        if handle["same_as"]:
            yield f"pub type {handle['name']} = {handle['same_as']};"
    for callback in abi["callbacks"]:
        yield f'pub type {callback["name"]} = unsafe extern "C" fn{signature(callback)};'


def constants(abi):
    for status in abi["statuses"]:
        yield f"{status['name']}: rondo_status = {status['value']};"
    for constant in abi["constants"]:
        kind = "i64" if constant["room"] == "Time" else "i32"
        yield f"{constant['name']}: {kind} = {constant['value']};"
    for enum in abi["enums"]:
        for constant in enum["constants"]:
            yield f"{constant['name']}: u32 = {constant['value']};"


def block(head, lines):
    return [head + " {", *("    " + line for line in lines), "}"]


def fields(described, owner=""):
    return [": ".join(declaration(field, owner)) + "," for field in described]


def unions(abi):
    for struct in abi["structs"]:
        for field in struct["fields"]:
            if "members" in field:
                lines = [f"pub {line}" for line in fields(field["members"])]
                yield from ["#[repr(C)]", "#[derive(Clone, Copy)]"]
                yield from block(f"pub union {struct['name']}_{field['name']}", lines)


def structs(abi):
    for struct in abi["structs"]:
        yield from block(f"pub struct {struct['name']}", [f"pub {line}" for line in fields(struct["fields"], struct["name"])])


def functions(abi):
    for function in abi["functions"]:
        line = f"pub fn {function['name']}{signature(function)};"
        if "uv_loop_t" not in line:  # for those who use libuv, whose types are not here
            yield line


def text(abi):
    opaque = [handle["name"] for handle in abi["handles"] if not handle["same_as"]]
    rooms = [aliases(abi), unions(abi), block("opaque!", opaque), block("constants!", constants(abi)),
             block("structs!", structs(abi)), block('extern "C"', functions(abi))]
    return "\n".join([PREFACE, TABLES, *("\n".join(room) + "\n" for room in rooms)])


def main():
    generated = text(json.loads((HERE.parent / "rondo.abi.json").read_text()))
    target = HERE / "src/sys.rs"
    if sys.argv[1:] != ["--check"]:
        target.write_text(generated)
    elif target.read_text() != generated:
        sys.exit("capi/rust/src/sys.rs is not what capi/rust/generate.py makes of capi/rondo.abi.json")


main()
