//! Tests and benchmarks on real nodes; everything is under `tests/` and `bench/`.
