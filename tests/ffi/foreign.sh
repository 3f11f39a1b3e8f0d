#!/usr/bin/env bash
# foreign.sh LANGUAGE LIBRARY_DIR SCRATCH: builds and runs the program of a language; exit 77 (skipped) without its tool.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
language=$1 library=$2 scratch=$3
mkdir -p "$scratch"
case $language in
    rust)
        command -v rustc >/dev/null || { echo "SKIPPED: no rustc on this machine"; exit 77; }
        rustc --edition 2021 -D warnings -L "$library" -C link-arg=-Wl,-rpath,"$library" "$here/rust/step.rs" \
            -o "$scratch/rust_step"
        "$scratch/rust_step"

        command -v cargo >/dev/null || { echo "SKIPPED: no cargo on this machine"; exit 77; }
        export PKG_CONFIG_PATH=$library CARGO_TARGET_DIR=$scratch/cargo
        export RUSTFLAGS="-D warnings" RUSTDOCFLAGS="-D warnings" RUST_BACKTRACE=0
        cd "$here/../../capi/rust"
        cargo test --offline --locked
        cargo doc --offline --locked --no-deps
        command -v valgrind >/dev/null || { echo "SKIPPED: no valgrind on this machine"; exit 77; }
        suite=$(find "$CARGO_TARGET_DIR/debug/deps" -name 'suite-*' -type f -executable -printf '%T@ %p\n' | sort -n | tail -1)
        valgrind -q --error-exitcode=1 --leak-check=full --errors-for-leak-kinds=definite,indirect \
            "${suite#* }" --test-threads=1
        ;;
    go)
        command -v go >/dev/null || { echo "SKIPPED: no go on this machine"; exit 77; }
        cat >"$scratch/rondo.pc" <<PC
Name: rondo
Description: not installed
Version: 0
Cflags: -I$here/../../include
Libs: -L$library -lrondo -Wl,-rpath,$library
PC
        export PKG_CONFIG_PATH=$scratch GOCACHE=$library/go-cache GOFLAGS=-mod=mod GOPROXY=off
        cd "$here/../../capi/go"
        go vet ./...
        GODEBUG=cgocheck=2 go test -race -count 1 ./...
        ;;
esac
