//! The declarations of rondo::sys against rondo.h: constants and layouts as a C compiler sees them, functions by their
//! prototypes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rondo::sys;

// The headers this crate came with, or those RONDO_INCLUDE_DIR names.
fn include_dir() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../include");
    let named = std::env::var_os("RONDO_INCLUDE_DIR").map_or(beside, PathBuf::from);
    if !named.join("rondo/rondo.h").exists() {
        eprintln!("SKIPPED: no rondo.h here; RONDO_INCLUDE_DIR may name its directory");
        return None;
    }
    Some(named)
}

// What a C program prints, "name value" a line.
fn ask_c(include: &Path, name: &str, questions: &[String]) -> BTreeMap<String, i64> {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let (source, program) = (directory.join(format!("{}.c", name)), directory.join(name));
    let asked: String =
        questions.iter().map(|q| format!("    printf(\"%s %lld\\n\", \"{}\", (long long)({}));\n", q, q)).collect();
    let text =
        format!("#include <rondo/rondo.h>\n#include <stdio.h>\nint main(void) {{\n{}    return 0;\n}}\n", asked);
    fs::write(&source, text).unwrap();
    let compiled =
        Command::new("cc").args(["-std=c11", "-I"]).arg(include).arg(&source).arg("-o").arg(&program).status();
    assert!(compiled.expect("a C compiler").success());
    let output = Command::new(&program).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| line.rsplit_once(' ').unwrap()).map(|(q, a)| (q.into(), a.parse().unwrap())).collect()
}

#[test]
fn the_version_is_that_of_the_library() {
    let version = unsafe { std::ffi::CStr::from_ptr(sys::rondo_version()) };
    assert_eq!(version.to_str(), Ok(env!("CARGO_PKG_VERSION")));
}

#[test]
fn constants_have_the_values_of_the_header() {
    let include = match include_dir() {
        Some(include) => include,
        None => return,
    };
    let constants = sys::constants();
    let answers =
        ask_c(&include, "constants", &constants.iter().map(|(name, _)| name.to_string()).collect::<Vec<_>>());
    for (name, value) in &constants {
        assert_eq!(answers[*name], *value, "{}", name);
    }
    let header = fs::read_to_string(include.join("rondo/abi.h")).unwrap();
    for name in enumerators(&header) {
        assert!(constants.iter().any(|(known, _)| *known == name), "{} is missing", name);
    }
}

// NAME = value, in enums and in the map of statuses.
fn enumerators(header: &str) -> Vec<String> {
    let mut names = Vec::new();
    for line in header.lines().map(str::trim_start) {
        if let Some((name, _)) = line.split_once(" = ") {
            if name.starts_with("RONDO_") && !name.ends_with('_') && !name.contains(' ') {
                names.push(name.to_string());
            }
        }
        if let Some(entry) = line.strip_prefix("X(") {
            names.push(format!("RONDO_{}", entry.split(',').next().unwrap()));
        }
    }
    assert!(names.len() > 100);
    names
}

#[test]
fn structs_have_the_layout_of_the_header() {
    let include = match include_dir() {
        Some(include) => include,
        None => return,
    };
    let in_c = |field: &str| match field {
        "this" => "self".to_string(),
        "event_loop" => "loop".to_string(),
        "data" => "as".to_string(),
        other => other.to_string(),
    };
    let mut expected = BTreeMap::new();
    for (name, size, fields) in sys::structs() {
        expected.insert(format!("sizeof({})", name), size);
        for (field, offset, size) in fields {
            expected.insert(format!("offsetof({}, {})", name, in_c(field)), offset);
            expected.insert(format!("sizeof((({} *)0)->{})", name, in_c(field)), size);
        }
    }
    let answers = ask_c(&include, "structs", &expected.keys().cloned().collect::<Vec<_>>());
    for (question, answer) in &expected {
        assert_eq!(answers[question], *answer as i64, "{}", question);
    }
    let declared = fs::read_to_string(include.join("rondo/abi.h")).unwrap()
        + &fs::read_to_string(include.join("rondo/rondo.h")).unwrap();
    for line in declared.lines().filter(|line| line.starts_with("typedef struct") && line.ends_with('{')) {
        let name = line.split_whitespace().nth(2).unwrap();
        assert!(expected.contains_key(&format!("sizeof({})", name)), "{} is missing", name);
    }
}

#[test]
fn functions_have_the_prototypes_of_the_header() {
    let include = match include_dir() {
        Some(include) => include,
        None => return,
    };
    let header = without_comments(&fs::read_to_string(include.join("rondo/rondo.h")).unwrap());
    let theirs: BTreeMap<_, _> = header
        .split("RONDO_API ")
        .skip(1)
        .filter_map(|text| text.split_once(';'))
        .filter(|(prototype, _)| prototype.contains(')') && !prototype.starts_with("__"))
        .map(|(prototype, _)| c_prototype(prototype))
        .collect();
    let ours: BTreeMap<_, _> =
        include_str!("../../src/sys.rs").split("pub fn rondo_").skip(1).map(rust_prototype).collect();
    assert!(theirs.len() > 250, "{}", theirs.len());
    for (name, types) in &theirs {
        assert_eq!(ours.get(name), Some(types), "{}", name);
    }
    assert_eq!(ours.len(), theirs.len());
}

fn without_comments(text: &str) -> String {
    let mut parts = text.split("/*");
    let first = parts.next().unwrap_or_default().to_string();
    parts.fold(first, |text, part| text + part.split_once("*/").map_or("", |(_, rest)| rest))
}

// Splits at commas outside of parentheses.
fn parameters(list: &str) -> Vec<String> {
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for c in list.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().unwrap().push(c);
    }
    parts.iter().map(|part| part.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|p| !p.is_empty()).collect()
}

// The name, and the types of the parameters and the result, as Rust writes them.
fn c_prototype(prototype: &str) -> (String, Vec<String>) {
    let (head, rest) = prototype.split_once('(').unwrap();
    let list = &rest[..rest.rfind(')').unwrap()];
    let mut depth = 0;
    let end = list.char_indices().find(|(_, c)| {
        depth += (*c == '(') as i32 - (*c == ')') as i32;
        depth < 0
    });
    let list = &list[..end.map_or(list.len(), |(at, _)| at)];
    let start = head.rfind("rondo_").unwrap();
    let mut types: Vec<_> = parameters(list).iter().filter(|p| *p != "void").map(|p| c_parameter(p)).collect();
    types.push(rust_type(&head[..start]));
    (head[start..].trim().to_string(), types)
}

fn c_parameter(parameter: &str) -> String {
    if let Some((result, rest)) = parameter.split_once("(*") {
        let (_, list) = rest.split_once(")(").unwrap();
        let types: Vec<_> = parameters(list.trim_end_matches(')')).iter().map(|p| c_parameter(p)).collect();
        return function_type(&types, &rust_type(result));
    }
    let end = parameter.rfind(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap();
    rust_type(&parameter[..=end])
}

fn function_type(parameters: &[String], result: &str) -> String {
    let result = if result == "c_void" { String::new() } else { format!(" -> {}", result) };
    format!("Option<unsafe extern \"C\" fn({}){}>", parameters.join(", "), result)
}

fn rust_type(c: &str) -> String {
    let spaced = c.replace('*', " * ");
    let mut tokens = spaced.split_whitespace().peekable();
    let mut constant = tokens.next_if_eq(&"const").is_some();
    let mut rust = match tokens.next().unwrap() {
        "void" => "c_void",
        "char" => "c_char",
        "double" => "f64",
        "size_t" => "usize",
        "int32_t" => "i32",
        "int64_t" => "i64",
        "uint32_t" => "u32",
        "uint64_t" => "u64",
        other => other,
    }
    .to_string();
    if rust.ends_with("_fn") {
        rust = format!("Option<{}>", rust);
    }
    for token in tokens {
        if token == "const" {
            constant = true;
        } else {
            rust = format!("{}{}", if constant { "*const " } else { "*mut " }, rust);
            constant = false;
        }
    }
    rust
}

fn rust_prototype(text: &str) -> (String, Vec<String>) {
    let (declaration, _) = text.split_once(';').unwrap();
    let (name, rest) = declaration.split_once('(').unwrap();
    let (list, result) = match rest.rsplit_once(") -> ") {
        Some((list, result)) if !result.contains(')') => (list, result),
        _ => (&rest[..rest.rfind(')').unwrap()], "c_void"),
    };
    let mut types: Vec<_> = parameters(list).iter().map(|p| without_names(p)).collect();
    types.push(result.to_string());
    (format!("rondo_{}", name), types)
}

fn without_names(parameter: &str) -> String {
    let (_, rust) = parameter.split_once(": ").unwrap();
    match rust.split_once("fn(") {
        None => rust.to_string(),
        Some((_, rest)) => {
            let (list, result) = rest.trim_end_matches('>').rsplit_once(')').unwrap();
            let types: Vec<_> = parameters(list).iter().map(|p| p.split_once(": ").unwrap().1.to_string()).collect();
            function_type(&types, result.strip_prefix(" -> ").unwrap_or("c_void"))
        }
    }
}
