#!/usr/bin/env bash
# foreign.sh LANGUAGE SOURCES PC_DIR OUT: builds a program in rust or go with the binding that is installed in SOURCES; the
# library is found by the rondo.pc in PC_DIR. Exit 77 (skipped) without the language.
set -euo pipefail
language=$1 source=$2/$1 out=$4
export PKG_CONFIG_PATH=$3
libdir=$(pkg-config --variable=libdir rondo)
export LD_LIBRARY_PATH=$libdir
skip() { echo "SKIPPED: $*"; exit 77; }

use_rust() {
    command -v cargo >/dev/null || skip "no cargo on this machine"
    export CARGO_TARGET_DIR=$out/target
    echo "rondo = { path = \"$source\" }" >>Cargo.toml
    cp -r "$source/examples" src/bin
    [[ $(cargo run --offline --bin answer) == "Rust 42" ]]
    cargo run --offline --bin hello
}

use_go() {
    command -v go >/dev/null || skip "no go on this machine"
    export GOPROXY=off GOCACHE=$out/cache
    go mod init answer
    go mod edit -require rondo@v0.0.0 -replace rondo="$source"
    [[ $(go run .) == "Go 42" ]]
}

rm -rf "$out"
mkdir -p "$out"
cp -r "$(dirname "$0")/consumer/$language"/* "$out"
listing=$(find "$source" | sort)
[[ $(find "$source" -name '*test*') == "" ]]
cd "$out"
case $language in
    rust) use_rust ;;
    go) use_go ;;
esac
if [[ $(find "$source" | sort) != "$listing" ]]; then
    echo "building a program leaves something in $source" >&2
    exit 1
fi
