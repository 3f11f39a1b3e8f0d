#!/usr/bin/env bash
# debian.sh BUILD_DIR OUT VERSION: makes the packages, and installs them with dpkg into a copy of this system that has
# neither the source tree nor what only Rondo's own build needs. Programs are built and run there; then the packages are
# removed again. Exit 77 (skipped) where no such copy can be made.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source=$(cd "$here/../.." && pwd)
build=$1 out=$2 version=$3
library=librondo${version%%.*}
only_for_the_build=(libboost1.74-dev libgtest-dev valgrind)

skip() { echo "SKIPPED: $*"; exit 77; }

# expect WHAT TEXT PATTERN
expect() { [[ $2 == $3 ]] || { printf '%s is\n%s\ninstead of\n%s\n' "$1" "$2" "$3" >&2; exit 1; }; }

look_at_the_packages() {
    local arch libdir runtime dev python
    arch=$(dpkg --print-architecture)
    libdir=./usr/lib/$(dpkg-architecture -q DEB_HOST_MULTIARCH)
    runtime=$out/${library}_${version}_$arch.deb
    dev=$out/librondo-dev_${version}_$arch.deb
    python=$out/python3-rondo_${version}_all.deb

    expect "Depends of $library" "$(dpkg-deb -f "$runtime" Depends)" "libc6 (>= *libuv1 (>= *"
    expect "Depends of librondo-dev" "$(dpkg-deb -f "$dev" Depends)" "$library (= $version), libuv1-dev"
    expect "Depends of python3-rondo" "$(dpkg-deb -f "$python" Depends)" "python3 (>= 3.11), $library (>= $version)"
    expect "shlibs" "$(dpkg-deb -I "$runtime" shlibs)" "librondo ${version%%.*} $library (>= $version)"
    expect "triggers" "$(dpkg-deb -I "$runtime" triggers)" "activate-noawait ldconfig"

    files() { dpkg-deb -c "$1" | awk '{print $6}' | grep -v '/$' | grep -v '^./usr/share/doc/'; }
    expect "content of $library" "$(files "$runtime" | xargs)" "$libdir/librondo.so.0 $libdir/librondo.so.$version"
    expect "libraries in librondo-dev" "$(files "$dev" | grep "/librondo\." | xargs)" "$libdir/librondo.a $libdir/librondo.so"
    expect "content of python3-rondo elsewhere" "$(files "$python" | grep -v "^./usr/lib/python3/dist-packages/rondo.*[^c]$")" ""
}

copy_this_system() {
    mount -t tmpfs none "$1" && mkdir "$1/upper" "$1/work" "$1/root" &&
        mount -t overlay none -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root" &&
        mount -t tmpfs none "$1/root/tmp" &&
        mount --rbind /dev "$1/root/dev" &&
        mount -t proc none "$1/root/proc"
}

hide() {
    mkdir -p "$room/root$1"
    mount -t tmpfs none "$room/root$1"
}

# In a mount namespace of its own.
enter_copy() {
    room=$out/room
    mkdir "$room"
    copy_this_system "$room" || skip "no copy of this system by overlayfs"
    mkdir "$room/root/tmp/packages"
    cp "$out"/*.deb "$room/root/tmp/packages"
    cp -r "$here" "$room/root/tmp/tests"
    hide "$source"
    hide "$(cd "$build" && pwd)"
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        chroot "$room/root" /tmp/tests/debian.sh "" /tmp/out "$version" in-copy
}

# In the copy.
use_packages() {
    mkdir "$out"
    cd "$out"
    dpkg --remove --force-depends "${only_for_the_build[@]}" >/dev/null 2>&1
    dpkg --install /tmp/packages/*.deb
    dpkg --verify "$library" librondo-dev python3-rondo
    /tmp/tests/pkg_config.sh "" "$out/pkg_config" "$version"
    /tmp/tests/find_package.sh /usr "$out/find_package" "$version"
    /tmp/tests/meson.sh /usr "" "$out/meson" || [[ $? == 77 ]]
    /tmp/tests/foreign.sh rust /usr/share/rondo "" "$out/rust" || [[ $? == 77 ]]
    /tmp/tests/foreign.sh go /usr/share/rondo "" "$out/go" || [[ $? == 77 ]]
    /usr/bin/python3 "$here/consumer/answer.py" /usr/lib "$version"
    dpkg --purge python3-rondo librondo-dev "$library"
    expect "what is left after the removal" "$(find /usr /etc /var/lib -xdev -name "*rondo*")" ""
}

case ${4:-} in
    in-namespace) enter_copy; exit ;;
    in-copy) use_packages; exit ;;
esac
command -v dpkg-shlibdeps >/dev/null || skip "not a Debian system"
[[ $EUID == 0 ]] || skip "not root"
unshare --mount true || skip "no mount namespaces here"
rm -rf "$out"
cpack --config "$build/CPackConfig.cmake" -B "$out"
rm -r "$out/_CPack_Packages"
look_at_the_packages
unshare --mount "$here/debian.sh" "$build" "$out" "$version" in-namespace
