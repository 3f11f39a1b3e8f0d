#!/usr/bin/env bash
# find_package.sh PREFIX OUT VERSION: a CMake project finds the package in PREFIX, which may be a build tree.
set -euo pipefail
prefix=$1 out=$2 version=$3
rm -rf "$out"
mkdir -p "$out"
cp -r "$(dirname "$0")/consumer" "$out"

configure() {
    local build=$1
    shift
    cmake -S "$out/consumer/find_package" -B "$build" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DVERSION="$version" "$@"
}

static=OFF
if [[ $(find "$prefix" -maxdepth 4 -name librondo.a) ]]; then static=ON; fi
configure "$out/build" -DSTATIC=$static
cmake --build "$out/build"
ctest --test-dir "$out/build" --output-on-failure --no-tests=error

# A project in C alone links the archive too, which has C++ in it.
if [[ $static == ON ]]; then
    cmake -S "$out/consumer/c_only" -B "$out/c_only" -G Ninja -DCMAKE_PREFIX_PATH="$prefix"
    cmake --build "$out/c_only"
    "$out/c_only/answer"
fi

# Who does not link the archive needs nothing of what it needs; who must, is told so.
if [[ $(find "$prefix" -maxdepth 4 -name librondo.so) ]]; then
    configure "$out/without_libuv" -DSTATIC=OFF -DPKG_CONFIG_EXECUTABLE=/bin/false >/dev/null
elif configure "$out/without_libuv" -DPKG_CONFIG_EXECUTABLE=/bin/false >"$out/log" 2>&1; then
    echo "the archive was found without libuv" >&2
    exit 1
else
    grep "needs threads and libuv" "$out/log"
fi
