#!/usr/bin/env bash
# install.sh BUILD_DIR OUT: installs into a prefix and moves it to OUT/prefix, which the installed files must survive.
set -euo pipefail
build=$1 out=$2
rm -rf "$out"
cmake --install "$build" --prefix "$out/first" >/dev/null
mv "$out/first" "$out/prefix"
if grep -rlI "$out/first" "$out/prefix"; then
    echo "these files know where they were installed first" >&2
    exit 1
fi
if grep -rlI "$(cd "$(dirname "$0")/../.." && pwd)" "$out/prefix"; then
    echo "these files know the source tree" >&2
    exit 1
fi
