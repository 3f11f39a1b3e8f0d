#!/usr/bin/env bash
# find_package.sh PREFIX OUT VERSION: a CMake project finds the installed package.
set -euo pipefail
prefix=$1 out=$2 version=$3
rm -rf "$out"
cmake -S "$(dirname "$0")/consumer/find_package" -B "$out" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DVERSION="$version"
cmake --build "$out"
ctest --test-dir "$out" --output-on-failure --no-tests=error
