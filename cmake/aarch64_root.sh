#!/usr/bin/env bash
# aarch64_root.sh ROOT: unpacks Debian's libuv for arm64 into ROOT, with package lists of its own, so that neither root's
# rights nor a foreign architecture on this machine are needed.
set -euo pipefail
root=$1
[[ -e $root/usr/lib/aarch64-linux-gnu/libuv.so ]] && exit

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{state/lists,cache/archives}/partial
options=(-q -o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o APT::Sandbox::User="$(id -un)"
    -o Acquire::Languages=none -o Dir::State="$work/state" -o Dir::State::status=/dev/null -o Dir::Cache="$work/cache")
cd "$work"
apt-get "${options[@]}" update
apt-get "${options[@]}" download libuv1 libuv1-dev
mkdir -p "$root"
for package in *.deb; do dpkg-deb -x "$package" "$root"; done
