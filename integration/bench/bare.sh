#!/usr/bin/env bash
# The floor that `cluster create` is measured against: the bare parts of one
# Kubernetes node, from _out/components, started by this plain script in one
# fresh set of namespaces: etcd, kube-apiserver, kube-controller-manager,
# kube-scheduler, containerd and kubelet, then one pod.
#
#   integration/bench/bare.sh [--json] [--keep]
#
# Prints the seconds from the start of the first process until: the API server
# is ready, the images are imported, the node is Ready, the first pod is Running.
# --json prints the same as one JSON line; --keep leaves the logs.
#
# What it needs: root; the result of `cargo xtask image --until images`;
# ip, openssl and util-linux of the host.
#
# What this taught, on a host with cgroup v1 and without CAP_SYS_RESOURCE:
# - cgroup: a folder of one's own in every hierarchy (cpuset.cpus and
#   cpuset.mems copied from the parent first), the process moved there, then a
#   cgroup namespace: each hierarchy mounted afresh inside shows only that folder.
# - kubelet: failCgroupV1: false, cgroupDriver: cgroupfs.
# - containerd: restrict_oom_score_adj = true is all that pods need. Privileged
#   pods get the capabilities that containerd has, so none is missing.
# - Containers that are not pods (etcd, kubelet through containerd's own API):
#   runc refuses a lower oomScoreAdj than the caller's, rlimits above the
#   caller's, and capabilities that the caller lacks. The caller leaves these
#   out of the specification when the host would refuse them.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
bin=$root/_out/components/bin
layout=$root/_out/images

if [[ ${BARE_INSIDE:-} != 1 ]]; then
    json=0 keep=0
    for argument in "$@"; do
        case $argument in
        --json) json=1 ;;
        --keep) keep=1 ;;
        *)
            echo "usage: bare.sh [--json] [--keep]" >&2
            exit 2
            ;;
        esac
    done
    [[ $(id -u) == 0 ]] || {
        echo "bare.sh makes namespaces, mounts and cgroups: run it as root" >&2
        exit 1
    }
    [[ -x $bin/kubernetes && -f $layout/index.json ]] || {
        echo "the parts are not there: run 'cargo xtask image --until images' first" >&2
        exit 1
    }

    work=$(mktemp -d "${TMPDIR:-/var/tmp}/bare.XXXXXX")
    name=${work##*/}
    groups=()

    # One folder in each hierarchy that this process is in.
    while IFS=: read -r id controllers path; do
        if [[ $id == 0 ]]; then
            mount=/sys/fs/cgroup/unified
            [[ -d $mount ]] || mount=/sys/fs/cgroup
        else
            mount=/sys/fs/cgroup/${controllers#name=}
        fi
        [[ -d $mount$path ]] || continue
        group=$mount$path/$name
        mkdir -p "$group"
        if [[ -f $group/cpuset.cpus ]]; then
            cat "$mount$path/cpuset.cpus" >"$group/cpuset.cpus"
            cat "$mount$path/cpuset.mems" >"$group/cpuset.mems"
        fi
        groups+=("$group")
    done </proc/self/cgroup

    clean() {
        local group pid
        # The namespaces are gone with their first process; pods' shims with it.
        for group in "${groups[@]}"; do
            for _ in $(seq 50); do
                find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
                [[ -d $group ]] || break
                sleep 0.1
            done
            [[ ! -d $group ]] || echo "cgroup left behind: $group" >&2
        done
        if [[ $keep == 1 ]]; then echo "logs: $work/log" >&2; else rm -rf "$work"; fi
    }
    trap clean EXIT

    (
        for group in "${groups[@]}"; do echo "$BASHPID" >"$group/cgroup.procs"; done
        exec env BARE_INSIDE=1 BARE_WORK="$work" BARE_JSON="$json" \
            unshare --net --mount --pid --ipc --uts --cgroup --fork --kill-child --mount-proc --propagation private \
            "$0"
    )
    exit
fi

# --- Inside: PID 1 of fresh namespaces ----------------------------------------

work=$BARE_WORK
log=$work/log
node_address=10.99.0.2
mkdir -p "$log" "$work/pki"

prepare() {
    hostname bare
    mount --make-rshared /
    # A view of /sys for this network namespace, with this cgroup namespace in it.
    local hierarchies
    hierarchies=$(awk -F: '$1 != 0 {print $2}' /proc/self/cgroup)
    mount -t sysfs sysfs /sys
    if [[ -n $hierarchies ]]; then
        mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
        for hierarchy in $hierarchies; do
            mkdir "/sys/fs/cgroup/${hierarchy#name=}"
            case $hierarchy in
            name=*) mount -t cgroup -o "none,$hierarchy" cgroup "/sys/fs/cgroup/${hierarchy#name=}" ;;
            *) mount -t cgroup -o "$hierarchy" cgroup "/sys/fs/cgroup/$hierarchy" ;;
            esac
        done
    else
        mount -t cgroup2 cgroup2 /sys/fs/cgroup
        # No process may stay in the root of what the kubelet divides.
        mkdir /sys/fs/cgroup/script
        echo 1 >/sys/fs/cgroup/script/cgroup.procs
        sed 's/[^ ]*/+&/g' /sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control
    fi
    mount -t tmpfs -o mode=755 tmpfs /run
    # Every writable folder is private to this run.
    local folder
    for folder in /var/lib /var/log /etc/cni /etc/kubernetes /opt; do
        mkdir -p "$folder" "$work/root$folder"
        mount --bind "$work/root$folder" "$folder"
        mount --make-rshared "$folder"
    done
    mkdir -p /opt/cni/bin /etc/cni/net.d /var/lib/kubelet
    cp "$bin"/{bridge,host-local,loopback,portmap} /opt/cni/bin/
    echo "nameserver 127.0.0.1" >"$work/resolv.conf"

    ip link set lo up
    ip link add eth0 type bridge
    ip address add $node_address/24 dev eth0
    ip link set eth0 up
    ip route add default via 10.99.0.1
}

configure() {
    openssl ecparam -name prime256v1 -genkey -noout -out "$work/pki/sa.key" 2>/dev/null
    echo "secret,admin,admin,system:masters" >"$work/pki/tokens.csv"
    cat >"$work/kubeconfig" <<KUBECONFIG
apiVersion: v1
kind: Config
clusters: [{name: bare, cluster: {server: "https://$node_address:6443", insecure-skip-tls-verify: true}}]
users: [{name: admin, user: {token: secret}}]
contexts: [{name: bare, context: {cluster: bare, user: admin}}]
current-context: bare
KUBECONFIG
    cat >/etc/cni/net.d/10-bridge.conflist <<CNI
{"cniVersion": "1.0.0", "name": "bare", "plugins": [
 {"type": "bridge", "bridge": "cni0", "isDefaultGateway": true,
  "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.244.0.0/24"}]]}}]}
CNI
    cat >"$work/containerd.toml" <<CONTAINERD
version = 3
root = "/var/lib/containerd"
state = "/run/containerd"
[grpc]
address = "/run/containerd/containerd.sock"
[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "$pause_image"
[plugins."io.containerd.cri.v1.runtime"]
restrict_oom_score_adj = true
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
BinaryName = "$bin/runc"
CONTAINERD
    cat >"$work/kubelet.yaml" <<KUBELET
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}}
authorization: {mode: AlwaysAllow}
cgroupDriver: cgroupfs
failCgroupV1: false
failSwapOn: false
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
resolvConf: $work/resolv.conf
volumePluginDir: $work/volume-plugins
# The disk is the machine's, and how full it is says nothing about this node.
evictionHard: {memory.available: 100Mi, nodefs.available: 0%, nodefs.inodesFree: 0%, imagefs.available: 0%, imagefs.inodesFree: 0%}
imageGCHighThresholdPercent: 100
KUBELET
}

start() {
    local name=$1
    shift
    "$@" >"$log/$name.log" 2>&1 &
}

kubernetes() {
    local name=$1
    shift
    start "$name" "$bin/kubernetes" "$name" "$@"
}

kubectl() { "$bin/kubernetes" kubectl --kubeconfig "$work/kubeconfig" "$@"; }

# Until a command succeeds, for at most two minutes.
await() {
    local what=$1
    shift
    local end=$((SECONDS + 120))
    until "$@" >/dev/null 2>&1; do
        if ((SECONDS > end)); then
            echo "bare.sh: $what did not happen within 120 s" >&2
            tail -n 15 "$log"/*.log >&2
            exit 1
        fi
        sleep 0.05
    done
}

since() { awk -v a="$begin" -v b="$(date +%s.%N)" 'BEGIN {printf "%.2f", b - a}'; }

import() {
    tar -C "$layout" -cf - oci-layout index.json blobs |
        PATH=$bin:$PATH "$bin/ctr" -n k8s.io images import --all-platforms - >"$log/import.log" 2>&1
    since >"$work/imported"
}

pause_image=$(grep -o '"registry.k8s.io/pause:[^"]*"' "$layout/index.json" | tr -d '"' | head -1)
echo_image=$(grep -o '"registry.local/echo:[^"]*"' "$layout/index.json" | tr -d '"' | head -1)
prepare
configure

begin=$(date +%s.%N)
start etcd "$bin/etcd" --data-dir "$work/etcd" \
    --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
    --listen-peer-urls http://127.0.0.1:2380
start containerd env PATH="$bin:$PATH" "$bin/containerd" --config "$work/containerd.toml"
kubernetes kube-apiserver --etcd-servers http://127.0.0.1:2379 --cert-dir "$work/pki" \
    --advertise-address $node_address --service-cluster-ip-range 10.96.0.0/16 \
    --service-account-issuer https://kubernetes.default.svc --service-account-key-file "$work/pki/sa.key" \
    --service-account-signing-key-file "$work/pki/sa.key" --token-auth-file "$work/pki/tokens.csv" \
    --authorization-mode Node,RBAC --allow-privileged
kubernetes kube-controller-manager --kubeconfig "$work/kubeconfig" --leader-elect=false \
    --service-account-private-key-file "$work/pki/sa.key" --use-service-account-credentials
kubernetes kube-scheduler --kubeconfig "$work/kubeconfig" --leader-elect=false
await "containerd's socket" test -S /run/containerd/containerd.sock
kubernetes kubelet --config "$work/kubelet.yaml" --kubeconfig "$work/kubeconfig" --hostname-override bare \
    --node-ip $node_address --cert-dir "$work/pki"
import &
importing=$!

await "a ready API server" kubectl get --raw /readyz
api=$(since)
await "the default service account" kubectl get serviceaccount default
kubectl create -f - >/dev/null <<POD
apiVersion: v1
kind: Pod
metadata: {name: first}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{name: echo, image: "$echo_image", imagePullPolicy: Never, args: [serve]}]
POD
kubectl wait --for=condition=Ready node/bare --timeout=120s >/dev/null 2>&1 || await "a Ready node" \
    kubectl wait --for=condition=Ready node/bare --timeout=0
ready=$(since)
wait "$importing"
running() { [[ $(kubectl get pod first -o jsonpath='{.status.phase}') == Running ]]; }
await "a running pod" running
pod=$(since)
imported=$(cat "$work/imported")

if [[ $BARE_JSON == 1 ]]; then
    echo "{\"api_ready\": $api, \"images_imported\": $imported, \"node_ready\": $ready, \"pod_running\": $pod}"
else
    printf 'API server ready   %6s s\nimages imported    %6s s\nnode Ready         %6s s\nfirst pod Running  %6s s\n' \
        "$api" "$imported" "$ready" "$pod"
fi
