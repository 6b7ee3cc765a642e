//! URLs, which travel as their full text.

use std::fmt;

use crate::common::Url;

impl From<String> for Url {
    fn from(full_path: String) -> Self {
        Url { full_path }
    }
}

impl From<&str> for Url {
    fn from(full_path: &str) -> Self {
        Url { full_path: full_path.to_owned() }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.full_path)
    }
}
