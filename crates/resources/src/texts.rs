//! Numbers that people read as words.

use std::borrow::Cow;

/// The texts of an enumeration, or of the bits of a set of flags.
#[derive(Debug)]
pub struct Texts {
    name: &'static str,
    texts: &'static [(i32, &'static str)],
    numbers: bool,
}

impl Texts {
    pub(crate) const fn new(name: &'static str, texts: &'static [(i32, &'static str)]) -> Self {
        Texts { name, texts, numbers: false }
    }

    /// Values without a text are written as plain numbers.
    pub(crate) const fn numbers(mut self) -> Self {
        self.numbers = true;
        self
    }

    /// The name of the enumeration.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Every text with its value.
    pub fn iter(&self) -> impl Iterator<Item = (i32, &'static str)> {
        self.texts.iter().copied()
    }

    /// The text of a value; `Name(7)` for a value without one.
    pub fn text(&self, value: i32) -> Cow<'static, str> {
        match self.texts.iter().find(|(number, _)| *number == value) {
            Some((_, text)) => Cow::Borrowed(text),
            None if self.numbers => Cow::Owned(value.to_string()),
            None => Cow::Owned(format!("{}({value})", self.name)),
        }
    }

    /// The value of a text.
    pub fn value(&self, text: &str) -> Option<i32> {
        let found = self.texts.iter().find(|(_, candidate)| *candidate == text).map(|(number, _)| *number);
        found.or_else(|| if self.numbers { text.parse().ok() } else { None })
    }

    /// The texts of the bits that are set, in the order of the bits, joined by commas.
    pub fn flags_text(&self, bits: u32) -> String {
        let set = self.texts.iter().filter(|(bit, _)| bits & bit.unsigned_abs() != 0);
        set.map(|(_, text)| *text).collect::<Vec<_>>().join(",")
    }

    /// The bits of texts joined by commas; the first text that is unknown otherwise.
    pub fn flags_value<'a>(&self, text: &'a str) -> Result<u32, &'a str> {
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        words
            .map(|word| self.value(word).map(i32::unsigned_abs).ok_or(word))
            .try_fold(0, |bits, bit| Ok(bits | bit?))
    }
}

#[cfg(test)]
mod tests {
    use crate::enums;

    #[test]
    fn flags_are_words_joined_by_commas() {
        let text = "UP,BROADCAST,RUNNING,MULTICAST,LOWER_UP";
        assert_eq!(enums::LINK_FLAG.flags_value(text), Ok(0x11043));
        assert_eq!(enums::LINK_FLAG.flags_text(0x11043), text);
        assert_eq!(enums::LINK_FLAG.flags_value("UP,SIDEWAYS"), Err("SIDEWAYS"));
    }

    #[test]
    fn values_without_text_are_named_by_number() {
        assert_eq!(enums::FAMILY.text(2), "inet4");
        assert_eq!(enums::FAMILY.text(7), "Family(7)");
        assert_eq!(enums::ROUTING_TABLE.text(254), "main");
        assert_eq!(enums::ROUTING_TABLE.text(100), "100");
        assert_eq!(enums::ROUTING_TABLE.value("100"), Some(100));
    }
}
