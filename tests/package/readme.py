#!/usr/bin/env python3
"""readme.py MARKDOWN LIBRARY

Compiles and runs the fenced c, cpp, python, go and rust blocks that follow a line <!-- run: NAME -->, and compares what they
print with the text block that follows <!-- output: NAME -->, where there is one. Blocks of one name are parts of one
program, in their order.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

BLOCK = re.compile(r"^<!-- (run|output): ([\w-]+) -->\n+```(\w+)\n(.*?)^```$", re.M | re.S)
MARK = re.compile(r"^<!-- (?:run|output): ", re.M)
ROOT = Path(__file__).resolve().parents[2]
COMPILERS = {"c": ["gcc", "-std=c11"], "cpp": ["g++", "-std=c++20"]}
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
TOOLS = {"go": "go", "rust": "cargo"}
GO_MODULE = f"module snippet\n\ngo 1.19\n\nrequire rondo v0.0.0\n\nreplace rondo => {ROOT}/capi/go\n"
CARGO_PACKAGE = f"""\
[package]
name = "snippet"
version = "0.0.0"
edition = "2021"

[[bin]]
name = "snippet"
path = "snippet.rust"

[dependencies]
rondo = {{ path = "{ROOT}/capi/rust" }}
"""
PKG_CONFIG = "Name: rondo\nDescription: not installed\nVersion: 0\nCflags: -I{include}\nLibs: -L{lib} -lrondo -Wl,-rpath,{lib}\n"


def run(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, **options)
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} exits with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def run_snippet(language, code, library, directory):
    source = Path(directory, f"snippet.{language}")
    source.write_text(code)
    if language == "python":
        environment = {"PYTHONPATH": str(ROOT / "capi/python"), "RONDO_LIBRARY": str(library)}
        return run([sys.executable, source], env={**os.environ, **environment, "PYTHONDONTWRITEBYTECODE": "1"})
    program = Path(directory, "snippet")
    if language == "go":
        Path(directory, "go.mod").write_text(GO_MODULE)
        Path(directory, "rondo.pc").write_text(PKG_CONFIG.format(include=ROOT / "include", lib=library.parent))
        environment = {"PKG_CONFIG_PATH": directory, "GOFLAGS": "-mod=mod", "GOPROXY": "off",
                       "GOCACHE": str(library.parent / "go-cache")}
        run(["go", "build", "-o", program, "."], env={**os.environ, **environment}, cwd=directory)
        return run([program])
    if language == "rust":
        Path(directory, "Cargo.toml").write_text(CARGO_PACKAGE)
        environment = {"RONDO_LIB_DIR": str(library.parent), "LD_LIBRARY_PATH": str(library.parent),
                       "CARGO_TARGET_DIR": str(library.parent / "cargo-cache"), "RUSTFLAGS": "-D warnings"}
        return run(["cargo", "run", "--quiet", "--offline"], env={**os.environ, **environment}, cwd=directory)
    run([*COMPILERS[language], *WARNINGS, "-I", ROOT / "include", source, "-o", program, library,
         f"-Wl,-rpath,{library.parent}"])
    return run([program])


def programs(parts):
    whole = {}
    for name, language, code in parts:
        whole[name, language] = "\n".join(filter(None, [whole.get((name, language)), code]))
    return [(name, language, code) for (name, language), code in whole.items()]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    markdown, library = Path(sys.argv[1]).read_text(), Path(sys.argv[2]).resolve()
    blocks = BLOCK.findall(markdown)
    outputs = {name: text for kind, name, _, text in blocks if kind == "output"}
    snippets = programs((name, language, code) for kind, name, language, code in blocks if kind == "run")
    failed = len(MARK.findall(markdown)) != len(blocks)
    if failed:
        print("a mark without its code block")
    for name in sorted(outputs.keys() - {name for name, _, _ in snippets}):
        failed = True
        print(f"{name}: an output without a program")
    for name, language, code in snippets:
        if language in TOOLS and not shutil.which(TOOLS[language]):
            print(f"{name} ({language}): SKIPPED, no {TOOLS[language]} on this machine")
            continue
        with tempfile.TemporaryDirectory() as directory:
            try:
                printed = run_snippet(language, code, library, directory)
                if name in outputs and printed != outputs[name]:
                    raise RuntimeError(f"prints\n{printed}instead of\n{outputs[name]}")
                print(f"{name} ({language}): ok")
            except (RuntimeError, KeyError, subprocess.TimeoutExpired) as error:
                failed = True
                print(f"{name} ({language}): {error}")
    if not snippets:
        print("no program to run")
    sys.exit(failed or not snippets)


main()
