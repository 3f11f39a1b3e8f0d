#!/usr/bin/env bash
# subdirectory.sh SOURCE_DIR OUT PYTHON: a CMake project brings Rondo in, by FetchContent or add_subdirectory, and has all of it
# optimised at link time.
set -euo pipefail
source=$1 out=$2 python=$3
rm -rf "$out"
launcher=()
if ccache=$(command -v ccache); then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER="$ccache"); fi
configure() {
    cmake -S "$(dirname "$0")/consumer/subdirectory" -G Ninja -DRONDO_SOURCE_DIR="$source" -DRONDO_STATIC=ON \
        -DCMAKE_BUILD_TYPE=Release -DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON "${launcher[@]}" "$@"
}
configure -B "$out/configured" >/dev/null
configure -B "$out/build" -DFETCH=ON
cmake --build "$out/build"
ctest --test-dir "$out/build" --output-on-failure --no-tests=error
"$python" "$source/examples/run.py" "$out/build" c/concurrency
cmake --install "$out/build" --prefix "$out/prefix"
if [[ -e $out/prefix ]]; then
    echo "rondo installs itself together with its host:" >&2
    find "$out/prefix" >&2
    exit 1
fi
