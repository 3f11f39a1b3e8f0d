#!/usr/bin/env bash
# subdirectory.sh SOURCE_DIR OUT: a CMake project brings Rondo in by add_subdirectory.
set -euo pipefail
source=$1 out=$2
rm -rf "$out"
launcher=()
if ccache=$(command -v ccache); then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER="$ccache"); fi
cmake -S "$(dirname "$0")/consumer/subdirectory" -B "$out" -G Ninja -DRONDO_SOURCE_DIR="$source" "${launcher[@]}"
cmake --build "$out"
ctest --test-dir "$out" --output-on-failure --no-tests=error
cmake --install "$out" --prefix "$out/prefix"
if [[ -e $out/prefix ]]; then
    echo "rondo installs itself together with its host:" >&2
    find "$out/prefix" >&2
    exit 1
fi
