//! The examples print what they do in every language.

use std::path::{Path, PathBuf};
use std::process::Command;

// Cargo builds the examples with the tests, beside them.
fn directory() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().and_then(Path::parent).unwrap().join("examples")
}

fn check(name: &str) {
    let expected =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/expected").join(name).with_extension("txt");
    let expected = match std::fs::read_to_string(&expected) {
        Ok(text) => text,
        Err(_) => {
            eprintln!("SKIPPED: {} is not there", expected.display());
            return;
        }
    };
    let output = Command::new(directory().join(name)).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success());
}

#[test]
fn hello() {
    check("hello");
}

#[test]
fn gather() {
    check("gather");
}

#[test]
fn timeout() {
    check("timeout");
}

#[test]
fn task_group() {
    check("task_group");
}

#[test]
fn threads() {
    check("threads");
}
