//! Regular expressions of configurations: what they may cost is bounded, as anybody may have written them.

use regex::{Regex, RegexBuilder};

/// Bytes of a pattern.
const LONGEST: usize = 1 << 10;
/// Bytes of a compiled pattern: a subject with a few classes of letters takes a tenth of it, and repetitions of
/// repetitions many times as much. Compiling one that large takes a few hundredths of a second.
const LARGEST: usize = 512 << 10;
/// Groups and repetitions inside each other.
const DEEPEST: u32 = 24;

/// Compiles a pattern. Whoever matches with it uses this too, so that what is valid works.
///
/// # Errors
/// Why it is no pattern, or that it is too large.
pub fn pattern(text: &str) -> Result<Regex, String> {
    if text.len() > LONGEST {
        return Err(format!("a regular expression has at most {LONGEST} bytes"));
    }
    let mut builder = RegexBuilder::new(text);
    builder.size_limit(LARGEST).nest_limit(DEEPEST);
    builder.build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => {
            "this regular expression is too large: repeat less inside of repetitions".to_owned()
        }
        error => {
            // The last line says what is wrong; those before it show where.
            let text = error.to_string();
            let last = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
            format!("this is not a regular expression: {last}")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_in_use_compile() {
        for text in [
            r"^https://github\.com/example/.+/\.github/workflows/[\w.-]+\.ya?ml@refs/tags/v\d+\.\d+\.\d+$",
            r".*@example\.org$",
            r"(?i)^[\w.+-]+@(sales|dev|ops)\.example\.(org|com)$",
            r"^spiffe://example\.org/ns/[a-z0-9-]+/sa/[a-z0-9-]+$",
        ] {
            assert!(pattern(text).is_ok(), "{text}: {:?}", pattern(text).err());
        }
    }

    #[test]
    fn patterns_that_cost_much_are_refused() {
        let deep = format!("{}a{}", "(".repeat(100), ")".repeat(100));
        for text in [r"\w{1000}", "(a{100}){1000}", "((a{90}){90}){90}", &deep, &"a".repeat(2000)] {
            assert!(pattern(text).is_err(), "{text}");
        }
        assert!(pattern("(").unwrap_err().contains("unclosed group"));
    }
}
