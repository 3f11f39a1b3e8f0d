#!/usr/bin/env bash
# archive.sh SOURCE_DIR ARCHIVE OUT: OUT becomes a build tree that has the archive and no shared library.
set -euo pipefail
source=$1 archive=$2 out=$3
rm -rf "$out"
cmake -S "$source" -B "$out" -G Ninja -DBUILD_SHARED_LIBS=OFF -DRONDO_TESTS=OFF -DRONDO_EXAMPLES=OFF -DRONDO_BENCH=OFF
cp "$archive" "$out"
