#!/usr/bin/env bash
# wheel.sh BUILD_DIR OUT PYTHON VERSION: makes a wheel that carries the library, installs it into a virtual environment,
# and uses it there while no other librondo is to be found; then the ways to install that use the system's librondo.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source=$(cd "$here/../.." && pwd)
build=$1 out=$2 python=$3 version=$4
unset RONDO_LIBRARY PYTHONPATH LD_LIBRARY_PATH
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INDEX=1 PYTHONDONTWRITEBYTECODE=1
rm -rf "$out"
mkdir -p "$out/empty" "$out/tests"
cp "$here/consumer/answer.py" "$source"/tests/ffi/python/*.py "$out/tests"
cd "$out/empty"

wheel=rondo-$version-py3-none-linux_$(uname -m).whl
for directory in "$out" "$out/again"; do "$python" "$source/capi/python/backend.py" "$build/wheel" "$directory"; done
cmp "$out/$wheel" "$out/again/$wheel"
"$python" "$here/record.py" "$out/$wheel"

venv=$out/venv pip=
if "$python" -m venv "$venv" >/dev/null 2>&1; then
    pip=$venv/bin/pip
    "$pip" install "$out/$wheel"
else
    echo "this Python has no pip: the wheel is unpacked by hand, and the ways that need pip are not tried"
    "$python" -m venv --without-pip --clear "$venv"
    "$python" -m zipfile -e "$out/$wheel" "$venv"/lib/python*/site-packages
fi
"$venv/bin/python" "$out/tests/answer.py" "$venv" "$version"
PYTHONPATH=$out/tests "$venv/bin/python" -m unittest -q test_runner test_taskgroups test_queues

[[ $pip ]] || exit 0
"$pip" uninstall -q -y rondo
if "$venv/bin/python" -c "import rondo" 2>/dev/null; then echo "rondo is still there" >&2; exit 1; fi

export LD_LIBRARY_PATH=$build # from here on the library counts as installed
"$pip" wheel -q --no-deps -w "$out" "$source/capi/python"
PYTHONPATH=$source/capi/python "$python" -c "import backend, sys; backend.build_sdist(sys.argv[1])" "$out"
tree=$source/capi/python
for way in "$out/rondo-$version-py3-none-any.whl" "$out/rondo-$version.tar.gz" "$tree" "--editable=$tree"; do
    "$pip" install -q --force-reinstall "$way"
    "$venv/bin/python" "$out/tests/answer.py" / "$version"
done
