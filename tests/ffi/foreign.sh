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
        ;;
    go)
        command -v go >/dev/null || { echo "SKIPPED: no go on this machine"; exit 77; }
        export GOCACHE=$scratch/go-cache GOFLAGS=-mod=mod CGO_CFLAGS=-I$here/../../include
        export CGO_LDFLAGS="-L$library -lrondo -Wl,-rpath,$library"
        (cd "$here/go" && go build -o "$scratch/go_step" .)
        "$scratch/go_step"
        ;;
esac
