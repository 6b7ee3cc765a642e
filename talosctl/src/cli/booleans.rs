//! Boolean flags as Go's programs read them: `--flag`, `--flag=true`, `--flag=0`; the last of several counts.
//!
//! One place for all of them: arguments say `bool` and nothing more.

use std::any::TypeId;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

/// Arguments, those of all commands below included, whose boolean flags take a value.
#[derive(Debug)]
pub struct Booleans<T>(pub T);

impl<T: Args> Args for Booleans<T> {
    fn augment_args(command: Command) -> Command {
        take_values(T::augment_args(command))
    }

    fn augment_args_for_update(command: Command) -> Command {
        take_values(T::augment_args_for_update(command))
    }
}

impl<T: FromArgMatches> FromArgMatches for Booleans<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }
}

/// Whether it is a flag that says yes or no.
pub fn is_boolean(arg: &Arg) -> bool {
    let plain = matches!(arg.get_action(), ArgAction::SetTrue);
    plain || (!arg.is_positional() && arg.get_value_parser().type_id() == TypeId::of::<bool>())
}

fn take_values(command: Command) -> Command {
    command.mut_args(|arg| if is_boolean(&arg) { take_value(arg) } else { arg }).mut_subcommands(take_values)
}

fn take_value(arg: Arg) -> Arg {
    let arg = match arg.get_action() {
        ArgAction::SetTrue => arg.default_value("false").hide_default_value(true),
        _ => arg,
    };
    arg.action(ArgAction::Set)
        .num_args(0..=1)
        .require_equals(true)
        .default_missing_value("true")
        .value_name("true|false")
        .value_parser(parse)
}

/// The spellings that Go has.
fn parse(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("use true or false".to_owned()),
    }
}

/// For help: flags that are off unless they are given stand there without a value, as people write them.
pub fn shown_plainly(command: Command) -> Command {
    let plainly = |arg: Arg| match arg.get_default_values() {
        [off] if is_boolean(&arg) && off == "false" => arg.num_args(0),
        _ => arg,
    };
    command.mut_args(plainly).mut_subcommands(shown_plainly)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use clap::error::ErrorKind;

    use super::*;
    use crate::cli::tree::Cli;

    /// Every boolean flag of every command: the words that lead to the command, and the flag.
    fn flags() -> Vec<(Vec<String>, Arg)> {
        fn walk(command: &Command, path: &[String], found: &mut Vec<(Vec<String>, Arg)>) {
            let path: Vec<String> = path.iter().cloned().chain([command.get_name().to_owned()]).collect();
            // The program's own --help and --version are no values.
            let flags = command.get_arguments().filter(|arg| is_boolean(arg));
            found.extend(flags.map(|arg| (path.clone(), arg.clone())));
            command.get_subcommands().for_each(|sub| walk(sub, &path, found));
        }
        let mut root = Cli::command();
        root.build();
        let mut found = Vec::new();
        walk(&root, &[], &mut found);
        found
    }

    fn spellings(arg: &Arg) -> Vec<String> {
        let long = arg.get_long_and_visible_aliases().unwrap_or_default();
        let aliases = arg.get_all_aliases().unwrap_or_default();
        let short = arg.get_short().map(|letter| format!("-{letter}"));
        let long = long.iter().chain(&aliases).map(|name| format!("--{name}"));
        short.into_iter().chain(long).collect()
    }

    fn value(path: &[String], arg: &Arg, words: &[String]) -> Option<bool> {
        let line = path.iter().chain(words);
        match Cli::command().try_get_matches_from(line) {
            Ok(matches) => {
                let mut matches = &matches;
                while let Some((_, sub)) = matches.subcommand() {
                    matches = sub;
                }
                matches.get_one::<bool>(arg.get_id().as_str()).copied()
            }
            // The flag was understood; the command needs something more.
            Err(error) if error.kind() == ErrorKind::MissingRequiredArgument => None,
            Err(error) if error.kind() == ErrorKind::MissingSubcommand => None,
            Err(error) => panic!("{path:?} {words:?}: {error}"),
        }
    }

    #[test]
    fn every_boolean_flag_of_every_command_takes_a_value_in_all_spellings_of_go() {
        let flags = flags();
        assert!(flags.len() > 80, "only {} flags were found", flags.len());
        let values = ["1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false", "FALSE", "False"];
        for (path, arg) in &flags {
            for flag in spellings(arg) {
                for (index, text) in values.into_iter().enumerate() {
                    let found = value(path, arg, &[format!("{flag}={text}")]);
                    assert!(found.is_none_or(|found| found == (index < 6)), "{path:?} {flag}={text}");
                }
                let found = value(path, arg, std::slice::from_ref(&flag));
                assert!(found.is_none_or(|found| found), "{path:?} {flag}");
            }
        }
    }

    #[test]
    fn of_a_boolean_flag_that_is_repeated_the_last_counts() {
        for (path, arg) in &flags() {
            for flag in spellings(arg) {
                let (on, off) = (flag.clone(), format!("{flag}=false"));
                let found = value(path, arg, &[on.clone(), off.clone()]);
                assert!(found.is_none_or(|found| !found), "{path:?} {on} {off}");
                let found = value(path, arg, &[off.clone(), on.clone()]);
                assert!(found.is_none_or(|found| found), "{path:?} {off} {on}");
            }
        }
    }

    #[test]
    fn letters_may_stand_together_and_the_last_takes_the_value() {
        let line = ["talosctl", "list", "-lHr=false"];
        let matches = Cli::command().try_get_matches_from(line).unwrap();
        let list = matches.subcommand_matches("list").unwrap();
        assert_eq!(["long", "humanize", "recurse"].map(|id| list.get_flag(id)), [true, true, false]);
    }

    #[test]
    fn a_value_that_is_neither_is_refused_and_one_without_the_sign_is_no_value() {
        let parse = |line: &str| Cli::command().try_get_matches_from(line.split(' '));
        let error = parse("talosctl list --long=maybe").unwrap_err().to_string();
        assert!(error.contains("--long") && error.contains("use true or false"), "{error}");
        let matches = parse("talosctl list --long false").unwrap();
        let list = matches.subcommand_matches("list").unwrap();
        assert!(list.get_flag("long"));
        assert_eq!(list.get_one::<String>("path").map(String::as_str), Some("false"));
    }
}
