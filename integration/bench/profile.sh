#!/usr/bin/env bash
# Finds out which code of our programs is hot, and writes deploy/hot.profdata.zst for the compiler: calls to one node
# and to several, a cluster that comes up, the everyday questions, the offline commands. To be run again when such
# code has changed a lot; code that is not in the profile is compiled as if there were none. Needs root, zstd and
# half an hour.
set -euo pipefail
cd "$(dirname "$0")/../.."
tools=$(rustc --print sysroot)/lib/rustlib/x86_64-unknown-linux-gnu/bin
[ -x "$tools/llvm-profdata" ] || rustup component add llvm-tools
work=$(mktemp -d)
export TALOS_HOME=$work/talos TALOSCONFIG=$work/talosconfig KUBECONFIG=$work/kubeconfig
talosctl=_out/bin/talosctl
finish() {
    kill "${collector:-}" 2> /dev/null || true
    "$talosctl" cluster destroy --name profile > /dev/null 2>&1 || true
    rm -rf "$work" /dev/shm/*.profraw
}
trap finish EXIT

# The processes of a node count into one file. machined makes it, so the others, which are not root, have to be
# started again once they may write to it.
collect() {
    # Nodes end while they are looked at.
    set +e +o pipefail
    while sleep 1; do
        for init in $(pgrep -x init | grep -vx 1); do
            file=$(find "/proc/$init/root/dev/shm" -name '*.profraw' 2> /dev/null | head -1)
            [ -n "$file" ] || continue
            chmod 666 "$file"
            for daemon in $(pgrep -P "$init" -x 'apid|trustd|networkd'); do
                grep -q profraw "/proc/$daemon/maps" || kill -9 "$daemon"
            done
            cp "$file" "$work/new" && mv "$work/new" "$work/$init.profraw"
        done
    done
}

cargo xtask image --instrument
rm -f /dev/shm/*.profraw
collect 2> /dev/null &
collector=$!
integration/bench/run.sh --bench offline
integration/bench/run.sh --bench nodes -- calls
"$talosctl" cluster create --name profile --workers 1
nodes=$("$talosctl" get members -o jsonpath='{.spec.addresses[0]}' | paste -sd,)
for _ in 1 2 3 4 5; do
    for question in "get members" services "logs kubelet" "get addresses -o yaml" dmesg stats memory; do
        # shellcheck disable=SC2086 # a command and its arguments
        "$talosctl" --nodes "$nodes" $question > /dev/null
    done
done
sleep 3
kill "$collector"
"$talosctl" cluster destroy --name profile
"$tools/llvm-profdata" merge --sparse -o "$work/hot.profdata" /dev/shm/*.profraw "$work"/*.profraw
zstd -q -19 -f "$work/hot.profdata" -o deploy/hot.profdata.zst
cargo xtask image
ls -l deploy/hot.profdata.zst
