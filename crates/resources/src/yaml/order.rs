//! The order of keys of a map: natural, so that `eth2` comes before `eth10`, and letters after signs.

use std::cmp::Ordering;

/// Compares two keys as Go's YAML encoder does.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let (left, right): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut digits = false;
    for (at, (x, y)) in left.iter().zip(&right).enumerate() {
        if x == y {
            digits = x.is_numeric();
            continue;
        }
        return match (x.is_alphabetic(), y.is_alphabetic()) {
            (true, true) => x.cmp(y),
            // Within a number, what follows the shorter number comes first.
            (true, false) => {
                if digits {
                    Ordering::Less
                } else {
                    Ordering::Greater
                }
            }
            (false, true) => {
                if digits {
                    Ordering::Greater
                } else {
                    Ordering::Less
                }
            }
            (false, false) => numbers(&left, &right, at).then(x.cmp(y)),
        };
    }
    left.len().cmp(&right.len())
}

/// Compares the numbers that begin at a place up to which both keys are equal: by value, then by length.
fn numbers(left: &[char], right: &[char], at: usize) -> Ordering {
    let zero = |key: &[char]| key.get(at) == Some(&'0');
    let inside = (zero(left) || zero(right))
        && left.iter().take(at).rev().take_while(|c| c.is_ascii_digit()).any(|c| *c != '0');
    let start = u64::from(inside);
    let read = |key: &[char]| {
        key.iter().skip(at).map_while(|c| c.to_digit(10)).fold((start, 0_usize), |(value, length), digit| {
            (value.saturating_mul(10).saturating_add(digit.into()), length + 1)
        })
    };
    read(left).cmp(&read(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_keys_count_by_value() {
        let mut keys = ["eth10", "eth2", "a-b", "a", "_x", "B", "eth02", "a1", "9"];
        keys.sort_by(|a, b| compare(a, b));
        assert_eq!(keys, ["_x", "9", "B", "a", "a-b", "a1", "eth2", "eth02", "eth10"]);
    }
}
