#!/usr/bin/env bash
# run.sh BUILD_DIR: a library of each language, linked to the librondo of the build directory, and the program that
# loads them. Exit status 77 where a tool is missing.
set -euo pipefail
build=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")"
root=$(realpath ../..)
out=$build/examples/five
mkdir -p "$out"

for tool in gcc g++ cargo go pkg-config; do
    command -v $tool >/dev/null || { echo "SKIPPED: no $tool on this machine"; exit 77; }
done
for package in rust/Cargo.toml go/go.mod; do
    [[ -e $root/capi/$package ]] || { echo "SKIPPED: no capi/$package"; exit 77; }
done

cat >"$out/rondo.pc" <<PC
Name: rondo
Description: the one of the build directory
Version: 0
Cflags: -I$root/include
Libs: -L$build -lrondo -Wl,-rpath,$build
PC
export PKG_CONFIG_PATH=$out GOCACHE=$build/go-cache GOPROXY=off
read -ra rondo < <(pkg-config --cflags --libs rondo)

compile() {
    (cd rust && cargo build --offline --target-dir "$out/rust") &&
    cp "$out/rust/debug/librust_leg.so" "$out" &&
    (cd go && go build -buildmode=c-shared -o "$out/libgo_leg.so" .) &&
    g++ -std=c++20 -shared -fPIC leg.cpp -o "$out/libcpp_leg.so" "${rondo[@]}" &&
    gcc -shared -fPIC relay.c -o "$out/librelay.so" -L"$out" -Wl,-rpath,"$out" -lrust_leg -lgo_leg -lcpp_leg "${rondo[@]}"
}
compile >"$out/compile.log" 2>&1 || { cat "$out/compile.log" >&2; exit 1; }

export RONDO_LIBRARY=$build/librondo.so RELAY_LIBRARY=$out/librelay.so PYTHONPATH=$root/capi/python
exec "${RONDO_PYTHON:-python3}" relay.py
