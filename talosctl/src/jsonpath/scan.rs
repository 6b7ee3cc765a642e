//! Walks over a template's letters.

use super::parse::ParseError;

/// A place in a text.
pub(super) struct Scanner<'a> {
    whole: &'a str,
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { whole: text, rest: text }
    }

    pub fn rest(&self) -> &'a str {
        self.rest
    }

    pub fn at_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub fn next(&mut self) -> Option<char> {
        let mut letters = self.rest.chars();
        let letter = letters.next()?;
        self.rest = letters.as_str();
        Some(letter)
    }

    /// Takes `token` if it is next.
    pub fn take(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes letters as long as they satisfy.
    pub fn take_while(&mut self, satisfies: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !satisfies(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    pub fn blanks(&mut self) {
        self.take_while(char::is_whitespace);
    }

    pub fn expect(&mut self, token: &str) -> Result<(), ParseError> {
        if self.take(token) { Ok(()) } else { Err(self.error(format!("{token:?} is missing"))) }
    }

    /// A quoted text whose opening quote is next.
    pub fn quoted(&mut self) -> Result<String, ParseError> {
        let quote = self.next().unwrap_or('"');
        let mut text = String::new();
        loop {
            match self.next() {
                None => return Err(self.error("a quote is not closed")),
                Some('\\') => match self.next() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    Some(letter) => text.push(letter),
                    None => return Err(self.error("a quote is not closed")),
                },
                Some(letter) if letter == quote => return Ok(text),
                Some(letter) => text.push(letter),
            }
        }
    }

    /// A whole number, if one is next.
    pub fn integer(&mut self) -> Result<Option<i64>, ParseError> {
        let text = self.take_while(|c| c.is_ascii_digit() || c == '-');
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| self.error(format!("{text:?} is not a whole number")))
    }

    pub fn error(&self, why: impl Into<String>) -> ParseError {
        ParseError {
            template: self.whole.to_owned(),
            at: self.whole.len() - self.rest.len(),
            why: why.into(),
        }
    }
}
