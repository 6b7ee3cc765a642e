#!/usr/bin/env bash
# Everything that this machine can run, cheap before dear. Ends with one line:
# "N passed, N failed, N skipped". Goes on after a failed step, so that one run
# shows all that is wrong, and says how long each took.
#
# ONLY=clients runs that test of integration/tests on real nodes and nothing
# else; ONLY=clients/readers only its chapters whose names have that in them.
#
# Needs no root for the first steps; real nodes need it and are skipped, with
# the reason, where they cannot run.
set -uo pipefail
cd "$(dirname "$0")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0 failed=0 skipped=0
reasons=() times=()

heading() { printf '\n== %s\n' "$1"; }

# Says and keeps how long a step took that began at a second of this script.
took() {
    local seconds=$((SECONDS - $2))
    times+=("$(printf '%3d:%02d  %s' $((seconds / 60)) $((seconds % 60)) "$1")")
    echo "took $seconds s"
}

# A step that is one test by itself.
check() {
    local name=$1 begin=$SECONDS
    shift
    heading "$name"
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        reasons+=("failed: $name")
    fi
    took "$name" "$begin"
}

skip() {
    heading "$1"
    echo "skipped: $2"
    skipped=$((skipped + 1))
    reasons+=("skipped: $1: $2")
}

# A step whose own lines say how many tests there were.
count() {
    local name=$1 status ok bad begin=$SECONDS
    shift
    heading "$name"
    "$@" 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
    ok=$(awk '/^test result:/ {n += $4} END {print n + 0}' "$log")
    bad=$(awk '/^test result:/ {n += $6} END {print n + 0}' "$log")
    passed=$((passed + ok)) failed=$((failed + bad))
    # Tests that cannot run here say so on a line of their own.
    while read -r line; do
        skipped=$((skipped + 1))
        reasons+=("$line")
    done < <(grep -aE '^skipped: ' "$log")
    if [[ $status != 0 ]]; then
        reasons+=("failed: $name")
        [[ $bad != 0 ]] || failed=$((failed + 1))
    fi
    took "$name" "$begin"
}

# Tests on real nodes: all, or those of the given arguments of cargo.
nodes() { cargo test --quiet --package integration --no-fail-fast "$@" -- --test-threads=1 --nocapture "${chapter[@]}"; }

only=${ONLY:-} file=${only%%/*} chapter=()
[[ $only != */* ]] || chapter=("${only#*/}")
if [[ -n $only && ! -e integration/tests/$file.rs && ! -e integration/tests/$file/main.rs ]]; then
    echo "there is no integration/tests/$file.rs: ONLY=NAME or ONLY=NAME/CHAPTER, with one of" integration/tests/*.rs >&2
    exit 1
fi

if [[ -z $only ]]; then
    check "formatting, house rules, clippy" make lint
    count "unit and in-process tests" cargo test --quiet --workspace --exclude integration --no-fail-fast
    check "tests of the Go parts" make gotest
fi

if [[ $(id -u) != 0 ]]; then
    skip "tests on real nodes" "they need root (namespaces, mounts, cgroups)"
else
    built=$failed
    # What is tested is the code: a mirror that has gone on is a warning here, and stops a release.
    check "components, images, root image" make image ALLOW_UNPINNED=1
    if [[ $failed != "$built" ]]; then
        skip "tests on real nodes" "the image could not be built"
    else
        count "tests on real nodes${only:+: $only}" nodes ${only:+--test "$file"}
    fi
fi

heading "summary"
printf '%s\n' "${times[@]}"
[[ ${#reasons[@]} == 0 ]] || printf '%s\n' "${reasons[@]}"
echo "$passed passed, $failed failed, $skipped skipped"
[[ $failed == 0 ]]
