#!/usr/bin/env bash
# All figures of `make bench`, as ratios to what is measured in the same run where there is such a thing.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec cargo bench --quiet --package integration "$@"
