#!/usr/bin/env bash
# All figures of `make bench`: the floor first, then what is measured against it.
set -euo pipefail
cd "$(dirname "$0")/../.."

echo "bare parts of one node, started by a plain script:"
integration/bench/bare.sh
cargo bench --quiet --package integration
