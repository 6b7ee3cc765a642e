//! Numbers as Go writes them.

/// The shortest text that reads back as the same number: with an exponent below 0.0001 and from a
/// million on, as Go's `%g` chooses.
pub(crate) fn float(value: f64) -> String {
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..6).contains(&exponent) {
        return format!("{value}");
    }
    format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_have_exponents_where_go_gives_them() {
        for (value, expected) in [
            (0.0, "0"),
            (0.25, "0.25"),
            (123456.0, "123456"),
            (1234567.5, "1.2345675e+06"),
            (0.00001, "1e-05"),
            (-2.0, "-2"),
            (f64::INFINITY, ".inf"),
        ] {
            assert_eq!(float(value), expected);
        }
    }
}
