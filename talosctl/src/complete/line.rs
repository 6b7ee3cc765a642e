//! Where in a line of commands the cursor is. Pure.

use clap::{Arg, Args as _, Command};

use crate::cli::is_boolean;
use crate::global::Global;

/// What is completed.
#[derive(Debug)]
pub(super) enum At {
    /// The name of a flag.
    Flag,
    /// The name of a command.
    Command,
    /// The value of a flag, or an argument.
    Value(Box<Arg>),
    /// Nothing may stand there.
    Nothing,
}

/// A line, as far as it is written.
#[derive(Debug)]
pub(super) struct Line<'a> {
    /// The command that it names.
    pub(super) command: &'a Command,
    /// The names that lead to it, the program's left out.
    pub(super) path: Vec<&'a str>,
    /// The flags that it has there.
    pub(super) flags: Vec<Arg>,
    /// Flags that were given, by their ids, each with its value.
    pub(super) given: Vec<(String, String)>,
    /// Arguments that were given.
    pub(super) arguments: Vec<String>,
    /// What is completed.
    pub(super) at: At,
    /// As much of it as is written.
    pub(super) word: String,
}

impl<'a> Line<'a> {
    /// Reads words, the last of which is completed.
    pub(super) fn read(tree: &'a Command, words: &[String]) -> Self {
        let (word, words) = words.split_last().map_or(("", words), |(word, rest)| (word.as_str(), rest));
        let mut line = Self {
            command: tree,
            path: Vec::new(),
            flags: flags(tree, true),
            given: Vec::new(),
            arguments: Vec::new(),
            at: At::Nothing,
            word: word.to_owned(),
        };
        // The flag that the next word is a value of.
        let mut waiting: Option<Arg> = None;
        let mut only_arguments = false;
        for word in words {
            if let Some(arg) = waiting.take() {
                line.give(&arg, word);
            } else if only_arguments || !word.starts_with('-') || word == "-" {
                line.argument(word);
            } else if word == "--" {
                only_arguments = true;
            } else {
                waiting = line.flag(word);
            }
        }
        line.at = line.place(waiting, only_arguments);
        line
    }

    /// The value that was given to a flag, the last one counts.
    pub(super) fn value(&self, flag: &str) -> Option<&str> {
        self.given.iter().rev().find(|(id, _)| id == flag).map(|(_, value)| value.as_str())
    }

    fn give(&mut self, arg: &Arg, value: &str) {
        self.given.push((arg.get_id().to_string(), value.to_owned()));
    }

    fn argument(&mut self, word: &str) {
        match self.command.find_subcommand(word).filter(|_| self.arguments.is_empty()) {
            Some(command) => {
                self.command = command;
                self.path.push(command.get_name());
                self.flags = flags(command, false);
            }
            None => self.arguments.push(word.to_owned()),
        }
    }

    fn find(&self, name: &str) -> Option<Arg> {
        let is_it = |arg: &&Arg| match name.strip_prefix("--") {
            Some(long) => {
                let aliases = arg.get_all_aliases().unwrap_or_default();
                arg.get_long() == Some(long) || aliases.contains(&long)
            }
            None => arg.get_short().is_some_and(|letter| name.strip_prefix('-') == Some(&letter.to_string())),
        };
        self.flags.iter().find(is_it).cloned()
    }

    /// Takes a word of flags. Returns the flag whose value comes next.
    fn flag(&mut self, word: &str) -> Option<Arg> {
        if word.starts_with("--") {
            let (name, value) = word.split_once('=').map_or((word, None), |(n, v)| (n, Some(v)));
            let arg = self.find(name)?;
            return self.take(arg, value);
        }
        let mut letters = word.strip_prefix('-').unwrap_or(word).chars();
        while let Some(letter) = letters.next() {
            let arg = self.find(&format!("-{letter}"))?;
            let rest = letters.as_str();
            if let Some(value) = rest.strip_prefix('=') {
                return self.take(arg, Some(value));
            }
            if takes_value(&arg) {
                return self.take(arg, Some(rest).filter(|rest| !rest.is_empty()));
            }
            self.give(&arg, "true");
        }
        None
    }

    fn take(&mut self, arg: Arg, value: Option<&str>) -> Option<Arg> {
        match value {
            Some(value) => self.give(&arg, value),
            None if takes_value(&arg) => return Some(arg),
            None => self.give(&arg, "true"),
        }
        None
    }

    fn place(&mut self, waiting: Option<Arg>, only_arguments: bool) -> At {
        if let Some(arg) = waiting {
            return At::Value(Box::new(arg));
        }
        if self.word.starts_with('-') && !only_arguments {
            // Shells hold what stands before the sign to be done.
            let Some((name, value)) = self.word.split_once('=') else { return At::Flag };
            let found = self.find(name);
            self.word = value.to_owned();
            return found.map_or(At::Nothing, |arg| At::Value(Box::new(arg)));
        }
        if self.command.has_subcommands() && self.arguments.is_empty() {
            return At::Command;
        }
        let positionals: Vec<&Arg> = self.command.get_positionals().collect();
        let many = |arg: &&Arg| arg.get_num_args().is_some_and(|count| count.max_values() > 1);
        let place = positionals.get(self.arguments.len()).copied();
        let arg = place.or(positionals.last().copied().filter(many));
        arg.map_or(At::Nothing, |arg| At::Value(Box::new(arg.clone())))
    }
}

/// Flags of a command; those of connections may stand before any.
fn flags(command: &Command, root: bool) -> Vec<Arg> {
    let mut found: Vec<Arg> = command.get_arguments().filter(|arg| !arg.is_positional()).cloned().collect();
    if root {
        let mut connection = Global::augment_args(Command::new("connection"));
        connection.build();
        let known = |arg: &&Arg| !found.iter().any(|known| known.get_id() == arg.get_id());
        let more: Vec<Arg> = connection.get_arguments().filter(known).cloned().collect();
        found.extend(more);
    }
    found
}

fn takes_value(arg: &Arg) -> bool {
    !is_boolean(arg) && arg.get_action().takes_values() && !arg.is_require_equals_set()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::whole;

    fn check(line: &str, see: impl FnOnce(&Line<'_>)) {
        let tree = whole();
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        see(&Line::read(&tree, &words));
    }

    #[test]
    fn flags_and_their_values_are_told_from_arguments_in_every_form() {
        check("-n a -e=b get --namespace=x -wo yaml members lo", |line| {
            assert_eq!(line.path, ["get"]);
            let given: Vec<(&str, &str)> =
                line.given.iter().map(|(id, value)| (id.as_str(), value.as_str())).collect();
            assert_eq!(
                given,
                [
                    ("nodes", "a"),
                    ("endpoints", "b"),
                    ("namespace", "x"),
                    ("watch", "true"),
                    ("output", "yaml")
                ]
            );
            assert_eq!(
                (line.arguments.as_slice(), line.word.as_str()),
                (["members".to_owned()].as_slice(), "lo")
            );
            assert!(matches!(&line.at, At::Value(arg) if arg.get_id() == "ids"), "{:?}", line.at);
        });
        check("get members a b ", |line| {
            assert!(matches!(&line.at, At::Value(arg) if arg.get_id() == "ids"));
        });
        check("config context one ", |line| assert!(matches!(line.at, At::Nothing)));
        check("read -- -f", |line| assert!(matches!(&line.at, At::Value(arg) if arg.get_id() == "path")));
        check("reboot --wait fal", |line| assert!(matches!(line.at, At::Nothing)));
        check("version --nope=1", |line| assert!(matches!(line.at, At::Nothing)));
        check("config --context x info -o ", |line| {
            assert_eq!(
                (line.path.as_slice(), line.value("context")),
                (["config", "info"].as_slice(), Some("x"))
            );
            assert!(matches!(&line.at, At::Value(arg) if arg.get_id() == "output"));
        });
    }
}
