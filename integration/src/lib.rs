//! Tests and benchmarks on real nodes; everything is under `tests/` and `bench/`.

/// The middle one of measured values; the upper of the two in the middle. NaN when there are none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
