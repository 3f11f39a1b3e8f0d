#!/usr/bin/env bash
# tour.sh BUILD_DIR: the same small programs in C, C++ and Python, then all of them on one loop.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
build=$(cd .. && cd "$1" && pwd)
export RONDO_LIBRARY=$build/librondo.so PYTHONPATH=../capi/python GREETER_LIBRARY=$build/examples/mixed/libgreeter.so
export PYTHONDONTWRITEBYTECODE=1
python=${RONDO_PYTHON:-python3}

show() {
    printf '\n-- %s\n' "$1"
    shift
    "$@"
}

for name in hello gather leftovers; do
    show "$name in C (examples/c/$name.c)" "$build/examples/c/$name"
    show "$name in C++ (examples/cpp/$name.cpp)" "$build/examples/cpp/$name"
    show "$name in Python (examples/python/$name.py)" "$python" "python/$name.py"
done
show "libuv handles in C (examples/c/uv_handles.c)" "$build/examples/c/uv_handles"
show "a C fiber and a Python coroutine, awaiting each other on one loop (examples/mixed)" "$python" mixed/greeter.py
printf '\nThe tour is over: one loop, three languages.\n'
