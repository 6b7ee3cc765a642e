//! Byte ranges of HTTP, as far as pulls resume with them: one range.

/// The part of a body that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All of it.
    All,
    /// From the first to the last byte, both included.
    Part { first: u64, last: u64 },
    /// Nothing that exists.
    Unsatisfiable,
}

/// Reads a Range header for a body of `size` bytes. What is not understood is ignored (RFC 9110, 14.2).
pub(super) fn parse(header: Option<&str>, size: u64) -> Wanted {
    let Some((first, last)) = header.and_then(|h| h.strip_prefix("bytes=")).and_then(|h| h.split_once('-'))
    else {
        return Wanted::All;
    };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let wanted = match (number(first), number(last)) {
        (Some(first), Some(last)) if first > last => return Wanted::All,
        (Some(first), Some(last)) => (first, last.min(size.saturating_sub(1))),
        (Some(first), None) if last.trim().is_empty() => (first, size.saturating_sub(1)),
        (None, Some(suffix)) if first.trim().is_empty() => {
            if suffix == 0 {
                return Wanted::Unsatisfiable;
            }
            (size.saturating_sub(suffix), size.saturating_sub(1))
        }
        _ => return Wanted::All,
    };
    if wanted.0 >= size { Wanted::Unsatisfiable } else { Wanted::Part { first: wanted.0, last: wanted.1 } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_understood_in_its_three_forms() {
        let cases = [
            (None, Wanted::All),
            (Some("bytes=0-3"), Wanted::Part { first: 0, last: 3 }),
            (Some("bytes=4-"), Wanted::Part { first: 4, last: 9 }),
            (Some("bytes=4-99"), Wanted::Part { first: 4, last: 9 }),
            (Some("bytes=-4"), Wanted::Part { first: 6, last: 9 }),
            (Some("bytes=-99"), Wanted::Part { first: 0, last: 9 }),
            (Some("bytes=10-"), Wanted::Unsatisfiable),
            (Some("bytes=-0"), Wanted::Unsatisfiable),
            (Some("bytes=3-1"), Wanted::All),
            (Some("bytes=0-1,3-4"), Wanted::All),
            (Some("lines=0-1"), Wanted::All),
            (Some("bytes=x-y"), Wanted::All),
        ];
        for (header, expected) in cases {
            assert_eq!(parse(header, 10), expected, "{header:?}");
        }
        assert_eq!(parse(Some("bytes=0-"), 0), Wanted::Unsatisfiable);
    }

    proptest::proptest! {
        #[test]
        fn a_part_lies_within_the_body_whatever_is_asked(
            header in "(bytes=)?[0-9-]{0,24}(,[0-9-]{0,8})?",
            size in proptest::prop_oneof![0..20_u64, proptest::prelude::any::<u64>()],
        ) {
            if let Wanted::Part { first, last } = parse(Some(&header), size) {
                proptest::prop_assert!(first <= last && last < size, "{} of {}", header, size);
            }
        }
    }
}
