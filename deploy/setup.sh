#!/usr/bin/env bash
# Installs what building and running needs and the machine lacks, through apt.
# Says nothing when nothing is missing.
set -euo pipefail

if [[ $(uname -s)-$(uname -m) != Linux-x86_64 ]]; then
    echo "setup: nodes are built for and run on Linux on x86_64; this is $(uname -s) on $(uname -m)" >&2
    exit 1
fi

for tool in cargo:"Rust 1.95 or newer (https://rustup.rs)" go:"Go 1.26 or newer (https://go.dev/dl)"; do
    if ! command -v "${tool%%:*}" >/dev/null; then
        echo "setup: ${tool%%:*} is missing: install ${tool#*:}; Debian's own is too old" >&2
        exit 1
    fi
done

# A command, or a file, and the package that brings it.
needs=(
    "cc build-essential"
    "dpkg-deb dpkg"
    "ip iproute2"
    "nft nftables"
    "openssl openssl"
    "pkg-config pkg-config"
    "unshare util-linux"
    "mkfs.xfs xfsprogs"
    "mdir mtools"
    "fsck.vfat dosfstools"
    "/usr/include/seccomp.h libseccomp-dev"
    "/etc/ssl/certs/ca-certificates.crt ca-certificates"
)
missing=()
for need in "${needs[@]}"; do
    thing=${need% *} package=${need#* }
    case $thing in
    /*) [[ -e $thing ]] || missing+=("$package") ;;
    *) PATH=$PATH:/usr/sbin:/sbin command -v "$thing" >/dev/null || missing+=("$package") ;;
    esac
done

# The parts of the root image come from the package index too.
index() { compgen -G '/var/lib/apt/lists/*Packages*' >/dev/null; }

if [[ ${#missing[@]} == 0 ]] && index; then
    exit 0
fi
if [[ $(id -u) != 0 ]]; then
    echo "setup: these packages are missing and installing them needs root: run 'sudo apt-get update && sudo apt-get install ${missing[*]}'" >&2
    exit 1
fi
if ! command -v apt-get >/dev/null; then
    echo "setup: this machine has no apt-get; install what these packages bring by hand: ${missing[*]}" >&2
    exit 1
fi

# One source of many may fail (a third party's): the installation says whether it mattered.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt-get update -q >"$log" 2>&1 || true
if [[ ${#missing[@]} != 0 ]]; then
    echo "setup: installing ${missing[*]}"
    if ! DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1; then
        cat "$log" >&2
        exit 1
    fi
fi
