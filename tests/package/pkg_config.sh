#!/usr/bin/env bash
# pkg_config.sh PREFIX OUT VERSION: a Makefile finds the installed library by pkg-config.
set -euo pipefail
prefix=$1 out=$2 version=$3
pc=$(find "$prefix" -name rondo.pc)
libdir=$(dirname "$(dirname "$pc")")
export PKG_CONFIG_PATH=$libdir/pkgconfig
[[ $(pkg-config --modversion rondo) == "$version" ]]
[[ $(pkg-config --libs rondo) != *uv* ]] || { echo "libuv leaks into the flags of users" >&2; exit 1; }

static=
if [[ -e $libdir/librondo.a ]]; then static=1; fi
makefile=$(cd "$(dirname "$0")" && pwd)/consumer/pkg_config/Makefile
rm -rf "$out"
mkdir -p "$out"
make -C "$out" -f "$makefile" STATIC=$static
"$out/answer_c"
"$out/answer_cpp"
if [[ $static ]]; then "$out/answer_static"; fi
