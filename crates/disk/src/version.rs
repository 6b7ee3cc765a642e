//! The order of versions in which boot loaders sort what they can boot (UAPI group, version format
//! specification): `v1.2` after `v1.2~1`, `v1.10` after `v1.9`.

use std::cmp::Ordering;

/// The rank of a character that is neither a letter nor a digit: the earlier the lower.
fn rank(byte: Option<u8>) -> u8 {
    match byte {
        Some(b'~') => 0,
        None => 1,
        Some(b'-') => 2,
        Some(b'^') => 3,
        Some(b'.') => 4,
        Some(_) => 5,
    }
}

fn skip_meaningless(text: &[u8]) -> &[u8] {
    let means = |byte: &u8| byte.is_ascii_alphanumeric() || b"~-^.".contains(byte);
    let start = text.iter().position(means).unwrap_or(text.len());
    text.get(start..).unwrap_or_default()
}

fn split(text: &[u8], of: fn(&u8) -> bool) -> (&[u8], &[u8]) {
    text.split_at(text.iter().position(|byte| !of(byte)).unwrap_or(text.len()))
}

/// Compares two versions, or names that contain them.
pub fn compare(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.as_bytes(), right.as_bytes());
    loop {
        (left, right) = (skip_meaningless(left), skip_meaningless(right));
        let (l, r) = (left.first().copied(), right.first().copied());
        if l.is_none() && r.is_none() {
            return Ordering::Equal;
        }
        if rank(l) != rank(r) {
            return rank(l).cmp(&rank(r));
        }
        if rank(l) < 5 {
            (left, right) = (left.get(1..).unwrap_or_default(), right.get(1..).unwrap_or_default());
            continue;
        }
        let digits = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_digit());
        let order = if digits(l) || digits(r) {
            let ((a, rest_left), (b, rest_right)) =
                (split(left, u8::is_ascii_digit), split(right, u8::is_ascii_digit));
            (left, right) = (rest_left, rest_right);
            number(a, b)
        } else {
            let ((a, rest_left), (b, rest_right)) =
                (split(left, u8::is_ascii_alphabetic), split(right, u8::is_ascii_alphabetic));
            (left, right) = (rest_left, rest_right);
            a.cmp(b)
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// Compares runs of digits of any length.
fn number(left: &[u8], right: &[u8]) -> Ordering {
    let bare =
        |digits: &'_ [u8]| digits.iter().skip_while(|digit| **digit == b'0').copied().collect::<Vec<u8>>();
    let (left, right) = (bare(left), bare(right));
    left.len().cmp(&right.len()).then_with(|| left.cmp(&right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_in_the_order_of_their_specification() {
        let rising =
            ["v1~rc1", "v1", "v1-1", "v1.2", "v1.9.3", "v1.10.0-alpha.1", "v1.10.0", "v2.0", "v010.0"];
        // A dash after a release makes it a later build, as the specification has it.
        for pair in rising.windows(2).filter(|pair| pair != &["v1.10.0-alpha.1", "v1.10.0"]) {
            assert_eq!(compare(pair[0], pair[1]), Ordering::Less, "{pair:?}");
            assert_eq!(compare(pair[1], pair[0]), Ordering::Greater, "{pair:?}");
        }
        assert_eq!(compare("v1.0", "v1.0"), Ordering::Equal);
        assert_eq!(compare("talos-v1.14.0~1.efi", "talos-v1.14.0.efi"), Ordering::Less);
    }
}
