//! The kernel's command line: taken apart as the kernel does it, with a meaning for every argument
//! that the system knows (contract os.md 2.1, 5.2), and put together again for an installation.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests say bluntly what they expect"
    )
)]

mod bond;
mod ip;
mod platform;
mod settings;
#[cfg(test)]
mod tests;
mod vlan;

use std::fmt;

pub use bond::Bond;
pub use ip::Ip;
pub use platform::fresh;
pub use settings::{Oauth, Settings, Shutdown, Wipe};
pub use vlan::Vlan;

/// An argument that says something it cannot mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The argument, whole.
    pub argument: String,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "kernel argument {}: {}", self.argument, self.message)
    }
}

/// An argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument {
    /// What stands before the first `=`.
    pub key: String,
    /// What stands behind it; none without `=`.
    pub value: Option<String>,
}

impl fmt::Display for Argument {
    /// As the kernel takes it: in quotation marks if it contains white space.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(value) = &self.value else { return f.write_str(&self.key) };
        if value.contains(char::is_whitespace) {
            write!(f, "{}=\"{value}\"", self.key)
        } else {
            write!(f, "{}={value}", self.key)
        }
    }
}

/// A command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cmdline {
    arguments: Vec<Argument>,
}

/// What an installation carries over from the running system (contract os.md 3.6).
pub const PRESERVED: [&str; 8] = [
    "siderolink.api",
    "talos.events.sink",
    "talos.logging.kernel",
    "em.events_url",
    "talos.auditd.disabled",
    "talos.dashboard.disabled",
    "net.ifnames",
    "module.sig_enforce",
];

/// What every installation begins with behind its platform and consoles (contract os.md 2.1).
pub const DEFAULTS: [&str; 7] = [
    "slab_nomerge=",
    "pti=on",
    "consoleblank=0",
    "printk.devkmsg=on",
    "selinux=1",
    "module.sig_enforce=1",
    "proc_mem.force_override=never",
];

impl Cmdline {
    /// Takes a line apart: at white space, except within quotation marks, which are left out.
    pub fn parse(line: &str) -> Self {
        let mut arguments = Vec::new();
        let (mut word, mut quoted, mut started) = (String::new(), false, false);
        for c in line.chars().chain([' ']) {
            match c {
                '"' => (quoted, started) = (!quoted, true),
                c if c.is_whitespace() && !quoted => {
                    if started {
                        arguments.push(argument(&std::mem::take(&mut word)));
                    }
                    started = false;
                }
                c => {
                    word.push(c);
                    started = true;
                }
            }
        }
        // A quotation mark that is never closed: the kernel takes the rest as it is.
        if quoted {
            word.pop();
            arguments.push(argument(&word));
        }
        Self { arguments }
    }

    /// The arguments in their order.
    pub fn arguments(&self) -> &[Argument] {
        &self.arguments
    }

    /// All values of an argument; one without a value counts as empty.
    pub fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        let found = self.arguments.iter().filter(move |argument| argument.key == key);
        found.map(|argument| argument.value.as_deref().unwrap_or(""))
    }

    /// The first value of an argument.
    pub fn first<'a>(&'a self, key: &'a str) -> Option<&'a str> {
        self.all(key).next()
    }

    /// Puts arguments behind the others.
    pub fn append(&mut self, line: &str) {
        self.arguments.extend(Self::parse(line).arguments);
    }

    /// Takes every argument with a key out.
    pub fn remove(&mut self, key: &str) {
        self.arguments.retain(|argument| argument.key != key);
    }

    /// Adds what a user asks for: `console` and `talos.platform` replace what is there, `-key` takes
    /// all of a key out and `-key=value` one of its values, and the rest goes to the end
    /// (contract os.md 8.5).
    pub fn customize(&mut self, extra: &[String]) {
        for key in ["console", "talos.platform"] {
            if extra.iter().any(|text| argument(text).key == key) {
                self.remove(key);
            }
        }
        for text in extra {
            match text.strip_prefix('-') {
                Some(gone) => {
                    let gone = argument(gone);
                    self.arguments.retain(|known| {
                        known.key != gone.key || gone.value.is_some() && known.value != gone.value
                    });
                }
                None => self.arguments.push(argument(text)),
            }
        }
    }

    /// Carries over from another line what an installation keeps and this one does not say itself.
    pub fn preserve(&mut self, running: &Self) {
        for key in PRESERVED {
            if self.first(key).is_none() {
                let kept = running.arguments.iter().filter(|argument| argument.key == key);
                self.arguments.extend(kept.cloned());
            }
        }
    }

    /// What is missing for the hardening that a boot insists on: `slab_nomerge` and `pti=on`.
    pub fn hardening(&self) -> Vec<Problem> {
        let wanted = [("slab_nomerge", ""), ("pti", "on")];
        let missing = wanted.into_iter().filter(|(key, value)| self.first(key) != Some(value));
        missing
            .map(|(key, value)| Problem {
                argument: if value.is_empty() { key.to_owned() } else { format!("{key}={value}") },
                message: "it is required, and missing or different".to_owned(),
            })
            .collect()
    }
}

fn argument(word: &str) -> Argument {
    match word.split_once('=') {
        Some((key, value)) => Argument { key: key.to_owned(), value: Some(value.to_owned()) },
        None => Argument { key: word.to_owned(), value: None },
    }
}

impl fmt::Display for Cmdline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self.arguments.iter().map(ToString::to_string).collect();
        f.write_str(&words.join(" "))
    }
}
