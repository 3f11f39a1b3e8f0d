#!/usr/bin/env bash
# meson.sh PREFIX PC_DIR OUT: a Meson project finds the library, by pkg-config and by CMake; exit 77 without Meson.
set -euo pipefail
prefix=$1 out=$3
command -v meson >/dev/null || { echo "SKIPPED: no meson on this machine"; exit 77; }
export PKG_CONFIG_PATH=$2
libdir=$(pkg-config --variable=libdir rondo)
archive=false
if [[ -e $libdir/librondo.a ]]; then archive=true; fi
rm -rf "$out"
mkdir -p "$out"
cp -r "$(dirname "$0")/consumer" "$out"
meson setup "$out/build" "$out/consumer/meson" -Dcmake_prefix_path="$prefix" -Darchive=$archive
ninja -C "$out/build"
LD_LIBRARY_PATH=$libdir meson test -C "$out/build" --no-rebuild --print-errorlogs
if [[ $archive == true ]] && ldd "$out/build/answer_static" | grep librondo; then
    echo "the static program needs the shared library" >&2
    exit 1
fi
