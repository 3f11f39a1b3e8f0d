#!/usr/bin/env bash
# The developer's commands; see usage below.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

needed=(build-essential cmake ninja-build pkg-config libuv1-dev libboost-context-dev libgtest-dev
        clang libclang-rt-14-dev clang-format clang-tidy python3 valgrind git file meson abigail-tools mandoc
        golang-go rustc cargo libsqlite3-dev libcurl4-openssl-dev)
optional=(ccache python3-venv)
# For the presets aarch64 and windows, which are skipped without.
cross=(g++-aarch64-linux-gnu qemu-user-static g++-mingw-w64-x86-64-posix)
# Whom bench compares with; who is missing is left out.
peers=(libboost-dev librust-tokio-dev python3-uvloop)

usage() {
    cat <<'TEXT'
usage: cmake/dev.sh VERB

  setup             install the Debian packages that are missing (as root), or say how
  demo              build the release preset and run the tour in C, C++ and Python
  test [--quick]    build and test the presets dev, asan, tsan, clang, portable, lto, aarch64 and windows, the last two
                    where their cross compilers are; --quick: dev only
  bench [ARG...]    build the release preset and the peers' programs, print the benchmarks (--help: how);
                    --guard: compare instructions with the baseline, --account: say where they are
  docs              make the reference of the C API (a page and man pages) in build/reference
  install [PREFIX]  build the release preset and install it (default: /usr/local)
  packages          make the Debian packages in build/packages
  wheel             make the Python wheel that carries the library in build/wheel

RONDO_PYTHON names the Python interpreter to use; else a Python 3.13 is looked for, then python3.
TEXT
}

say() { printf '\n== %s\n' "$*"; }
die() { printf 'dev.sh: %s\n' "$*" >&2; exit 1; }

is_installed() { [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

setup() {
    if ! command -v dpkg-query >/dev/null; then
        say "not a Debian system, so please see to it that these are here: ${needed[*]}"
        return
    fi
    install_missing "${needed[@]}"
}

# install_missing PACKAGE...: as root; else says how.
install_missing() {
    local package missing=()
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    [[ ${#missing[@]} -gt 0 ]] || return 0
    if [[ $EUID -ne 0 ]]; then
        die "packages are missing; install them with:
    sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}"
    fi
    say "installing ${missing[*]}"
    apt-get update -q || true # a source that is out of order need not be ours
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
}

# install_if_possible PACKAGE...: what is nice to have; who cannot install it goes without.
install_if_possible() {
    [[ $EUID -eq 0 ]] && command -v apt-get >/dev/null || return 0
    (install_missing "$@") || say "not installed: some of $*"
}

is_python() { "$1" -c "import sys; sys.exit(sys.version_info < (3, $2))" 2>/dev/null; }

# Prints the interpreter to use.
find_python() {
    local python
    if [[ -n ${RONDO_PYTHON:-} ]]; then
        is_python "$RONDO_PYTHON" 11 || die "RONDO_PYTHON=$RONDO_PYTHON is not a Python >= 3.11"
        command -v "$RONDO_PYTHON"
        return
    fi
    for python in "$(command -v python3.13 || true)" "$(pyenv root 2>/dev/null || true)"/versions/3.13*/bin/python3; do
        if [[ -x $python ]] && is_python "$python" 13; then
            echo "$python"
            return
        fi
    done
    python=$(command -v python3) && is_python "$python" 11 || die "no Python >= 3.11 found; set RONDO_PYTHON"
    echo "dev.sh: no Python 3.13 found, using $("$python" --version) instead; asyncio means 3.13 here" >&2
    echo "$python"
}

# build PRESET: configures and builds it.
build() {
    cmake --preset "$1" --no-warn-unused-cli -DRONDO_PYTHON="$RONDO_PYTHON" >/dev/null && cmake --build --preset "$1" -j "$(nproc)"
}

# Why the preset cannot be checked here, if it cannot.
obstacle() {
    local tool tools
    case $1 in
        aarch64) tools=(aarch64-linux-gnu-g++ qemu-aarch64-static) ;;
        windows) tools=(x86_64-w64-mingw32-g++-posix) ;;
        *) return ;;
    esac
    for tool in "${tools[@]}"; do
        command -v "$tool" >/dev/null || { echo "no $tool; the packages for it: ${cross[*]}"; return; }
    done
    mkdir -p build
    "cmake/$1_root.sh" "$PWD/build/$1-root" >"build/$1-root.log" 2>&1 ||
        echo "no libuv for it: $(grep -m 1 '^[EW]:' "build/$1-root.log" || echo "see build/$1-root.log")"
}

summary=()

# check PRESET: builds it, runs its tests, notes how that went.
check() {
    local start=$SECONDS result obstacle
    obstacle=$(obstacle "$1")
    if [[ -n $obstacle ]]; then
        say "$1: SKIPPED, $obstacle"
        summary+=("$(printf '%-8s SKIPPED, %s' "$1" "$obstacle")")
        return
    fi
    say "$1: build"
    if ! build "$1"; then
        result="build failed"
    else
        say "$1: test"
        if ctest --preset "$1" -j "$(nproc)"; then result=passed; else result="TESTS FAILED"; fi
    fi
    summary+=("$(printf '%-8s %-13s %4d s' "$1" "$result" $((SECONDS - start)))")
    [[ $result == passed ]]
}

run_tests() {
    local preset failed=0 presets=(dev asan tsan clang portable lto aarch64 windows)
    case ${1:-} in
        "") install_if_possible "${cross[@]}" ;;
        --quick) presets=(dev) ;;
        *) usage >&2; exit 2 ;;
    esac
    for preset in "${presets[@]}"; do
        check "$preset" || failed=1
    done
    say "summary (Python: $("$RONDO_PYTHON" --version))"
    printf '%s\n' "${summary[@]}"
    return $failed
}

run_demo() {
    build release
    examples/tour.sh build/release
}

run_bench() {
    local guard=("$RONDO_PYTHON" tests/bench/guard.py build/release)
    build release
    case ${1:-} in
        --guard) "${guard[@]}" "${@:2}" ;;
        --account) "${guard[@]}" --account ;;
        *)
            install_if_possible "${peers[@]}"
            "$RONDO_PYTHON" tests/bench/run.py build/release "$@"
            ;;
    esac
}

run_docs() {
    "$RONDO_PYTHON" capi/abi/describe.py include capi/rondo.abi.json --update
    "$RONDO_PYTHON" capi/abi/reference.py capi/rondo.abi.json build/reference
    say "build/reference/rondo.html; man -l build/reference/man3/rondo.3"
}

run_install() {
    local prefix=${1:-/usr/local}
    build release
    cmake --install build/release --prefix "$prefix" || die "could not install into $prefix"
    if [[ $EUID -eq 0 && $prefix == /usr* ]]; then ldconfig; fi
}

# Builds what is given away, with the flags for which Debian has tools: those of its own packages, hardened.
build_dist() {
    local language flags
    if command -v dpkg-buildflags >/dev/null; then
        export DEB_BUILD_MAINT_OPTIONS=hardening=+bindnow
        for language in C CXX; do
            flags=$(dpkg-buildflags --get ${language}FLAGS)
            export ${language}FLAGS="${flags#-g } $(dpkg-buildflags --get CPPFLAGS)"
        done
        LDFLAGS=$(dpkg-buildflags --get LDFLAGS)
        export LDFLAGS
    fi
    build dist
}

run_packages() {
    build_dist
    rm -rf build/packages
    cpack --config build/dist/CPackConfig.cmake -B "$PWD/build/packages"
    rm -r build/packages/_CPack_Packages
}

run_wheel() {
    build_dist
    "$RONDO_PYTHON" capi/python/backend.py build/dist/wheel build/wheel
}

[[ $# -gt 0 ]] || { usage >&2; exit 2; }
verb=$1
shift
case $verb in
    setup | demo | test | bench | docs | install | packages | wheel) ;;
    help | -h | --help) usage; exit ;;
    *) usage >&2; exit 2 ;;
esac
setup
if [[ $verb == setup ]]; then
    install_if_possible "${cross[@]}"
    say "everything needed is here (optional: ${optional[*]} ${cross[*]})"
    exit
fi
RONDO_PYTHON=$(find_python)
export RONDO_PYTHON
case $verb in
    demo) run_demo ;;
    test) run_tests "$@" ;;
    bench) run_bench "$@" ;;
    docs) run_docs ;;
    install) run_install "$@" ;;
    packages) run_packages ;;
    wheel) run_wheel ;;
esac
