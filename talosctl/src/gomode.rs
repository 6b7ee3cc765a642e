//! File modes on the wire (contract api.md 5.8) as text.

/// Letters of the kinds and marks of a file, from bit 31 down.
const LETTERS: &str = "dalTLDpSugct?";

/// The text of a mode: `drwxr-xr-x`, `Lrwxrwxrwx`, `Dcrw-rw-rw-`, `-rw-------`.
pub fn text(mode: u32) -> String {
    let marks = LETTERS.chars().enumerate().filter(|(index, _)| mode & (1 << (31 - index)) != 0);
    let mut text: String = marks.map(|(_, letter)| letter).collect();
    if text.is_empty() {
        text.push('-');
    }
    let rights = "rwxrwxrwx".chars().enumerate();
    text.extend(rights.map(|(index, letter)| if mode & (1 << (8 - index)) != 0 { letter } else { '-' }));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_read_as_listings_show_them() {
        for (mode, expected) in [
            (0o644, "-rw-r--r--"),
            ((1 << 31) | 0o755, "drwxr-xr-x"),
            ((1 << 27) | 0o777, "Lrwxrwxrwx"),
            ((1 << 26) | (1 << 21) | 0o666, "Dcrw-rw-rw-"),
            ((1 << 31) | (1 << 20) | 0o777, "dtrwxrwxrwx"),
        ] {
            assert_eq!(text(mode), expected);
        }
    }
}
