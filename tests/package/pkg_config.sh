#!/usr/bin/env bash
# pkg_config.sh PC_DIR OUT VERSION: a Makefile finds the library by the rondo.pc in PC_DIR.
set -euo pipefail
export PKG_CONFIG_PATH=$1
out=$2 version=$3
[[ $(pkg-config --modversion rondo) == "$version" ]]
if pkg-config --atleast-version=99 rondo; then echo "rondo $version claims to be a rondo 99" >&2; exit 1; fi
libdir=$(pkg-config --variable=libdir rondo)
if [[ -e $libdir/librondo.so && $(pkg-config --libs rondo) == *uv* ]]; then
    echo "libuv leaks into the flags of users" >&2
    exit 1
fi

static=
if [[ -e $libdir/librondo.a ]]; then static=1; fi
rm -rf "$out"
mkdir -p "$out"
cp -r "$(dirname "$0")/consumer" "$out"
make -C "$out" -f "$out/consumer/pkg_config/Makefile" STATIC=$static
export LD_LIBRARY_PATH=$libdir
"$out/answer_c"
"$out/answer_cpp"
[[ $static ]] || exit 0
"$out/answer_whole"
"$out/answer_static"
if ldd "$out/answer_static" | grep -E 'librondo|libuv'; then
    echo "the program with the archive needs a shared library of ours" >&2
    exit 1
fi
