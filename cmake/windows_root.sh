#!/usr/bin/env bash
# windows_root.sh ROOT: libuv for a Windows build that is linked and never run: the headers of Debian's package, which
# are those of all systems, and an import library for the functions they declare.
set -euo pipefail
root=$1
[[ -e $root/lib/libuv.dll.a ]] && exit

mkdir -p "$root"/{include,lib/pkgconfig}
cp -r /usr/include/uv.h /usr/include/uv "$root/include"
{
    echo EXPORTS
    tr '\n' ' ' <"$root/include/uv.h" | grep -oP 'UV_EXTERN [^;(]*?\Kuv_\w+(?= *\()' | sort -u
} >"$root/lib/uv.def"
x86_64-w64-mingw32-dlltool --input-def "$root/lib/uv.def" --dllname libuv.dll --output-lib "$root/lib/libuv.dll.a"
cat >"$root/lib/pkgconfig/libuv.pc" <<TEXT
Name: libuv
Description: what is needed to link with libuv
Version: $(pkg-config --modversion libuv)
Cflags: -I$root/include
Libs: -L$root/lib -luv
TEXT
