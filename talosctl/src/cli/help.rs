//! Help: commands in groups, and the usage that goes with an error.

use std::ffi::OsString;
use std::io::IsTerminal;

use clap::CommandFactory;

use super::booleans;
use super::tree::Cli;

/// Groups of commands as the help shows them (contract api.md 8.1). What is in none of them connects to
/// running clusters.
const OFFLINE: [&str; 7] = ["completion", "config", "docs", "gen", "inject", "machineconfig", "validate"];
const LOCAL: [&str; 1] = ["cluster"];

/// All commands with all of their arguments, which otherwise are made only when a command is named.
pub fn whole() -> clap::Command {
    let mut command = Cli::command();
    command.build();
    booleans::shown_plainly(command)
}

/// The help of the whole program.
pub fn overview() -> String {
    let cli = whole();
    let mut text = String::from(
        "Manages machines that run Talos, and the clusters that they form.\n\nUsage: talosctl <command>\n",
    );
    let group = |name: &str| match name {
        name if OFFLINE.contains(&name) => 1,
        name if LOCAL.contains(&name) => 2,
        _ => 0,
    };
    let titles =
        ["Manage running clusters", "Generate and manage machine configuration offline", "Local clusters"];
    let visible: Vec<&clap::Command> = cli.get_subcommands().filter(|c| !c.is_hide_set()).collect();
    let width = visible.iter().map(|c| c.get_name().len()).max().unwrap_or(0);
    for (index, title) in titles.iter().enumerate() {
        text.push_str(&format!("\n{title}:\n"));
        for command in visible.iter().filter(|c| group(c.get_name()) == index) {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            text.push_str(&format!("  {:width$}  {about}\n", command.get_name()));
        }
    }
    text.push_str(
        "\nFlags of commands towards nodes:\n  \
         -n, --nodes         nodes that the command is about\n  \
         -e, --endpoints     where the API is\n      \
         --context       context of the client configuration\n      \
         --talosconfig   client configuration to use\n\n\
         `talosctl <command> --help` tells more about a command.\n",
    );
    text
}

/// Commands of the contract (api.md 8.5) that do not exist here yet.
const NOT_YET: [&str; 8] =
    ["conformance", "dashboard", "debug", "pcap", "tcpdump", "rotate-ca", "upgrade-k8s", "docs"];

/// The same below other commands.
const NOT_YET_BELOW: [(&str, &[&str]); 3] = [
    ("cluster", &["reboot", "sync"]),
    ("gen", &["secureboot"]),
    ("image", &["talos-bundle", "cache-create", "cache-serve", "cache-cert-gen", "integration"]),
];

/// What to say to somebody who names a command that there is not, below the one that the other words name.
pub fn unknown(name: &str, args: &[OsString]) -> String {
    let found = command(args);
    let parent = found.as_ref().map(clap::Command::get_name);
    let path = parent.map_or("talosctl".to_owned(), |parent| format!("talosctl {parent}"));
    let missing = match parent {
        Some(parent) => {
            NOT_YET_BELOW.iter().find(|(of, _)| *of == parent).map_or([].as_slice(), |(_, names)| names)
        }
        None => NOT_YET.as_slice(),
    };
    let why = match missing.contains(&name) {
        true => format!("{name} is not implemented yet"),
        false => format!("unknown command {name:?} for {path:?}"),
    };
    format!("{why}; `{path} --help` lists the commands")
}

/// The command that these arguments name, as far as they do.
pub fn command(args: &[OsString]) -> Option<clap::Command> {
    let command = whole();
    let mut found = &command;
    for arg in args.iter().skip(1).filter_map(|arg| arg.to_str()) {
        // Flags and their values may stand between the words.
        found = found.find_subcommand(arg).unwrap_or(found);
    }
    (found.get_name() != "talosctl").then(|| found.clone())
}

/// The help that was asked for: with `--help` all that there is to say, else a line for each argument.
pub fn asked_for(args: &[OsString]) -> String {
    let Some(mut found) = command(args) else { return overview() };
    let help = match args.iter().any(|arg| arg == "--help") {
        true => found.render_long_help(),
        false => found.render_help(),
    };
    if std::io::stdout().is_terminal() { help.ansi().to_string() } else { help.to_string() }
}

/// The usage of the command that these arguments name, as far as they do.
pub fn usage(args: &[OsString]) -> String {
    match command(args) {
        Some(found) => found.about(None::<&str>).long_about(None::<&str>).render_help().to_string(),
        None => overview(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_of_commands_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn of_a_flag_that_is_repeated_the_last_counts_and_lists_grow() {
        use clap::FromArgMatches as _;
        let line = "talosctl version --context a -n 10.5.0.2 --context b --client --client -n 10.5.0.3";
        let matches = Cli::command().try_get_matches_from(line.split(' ')).unwrap();
        let found = format!("{:?}", Cli::from_arg_matches(&matches).unwrap());
        for part in ["context: Some(\"b\")", "nodes: [\"10.5.0.2\", \"10.5.0.3\"]"] {
            assert!(found.contains(part), "{part} in {found}");
        }
    }

    #[test]
    fn every_command_says_what_it_does_in_one_line() {
        fn check(command: &clap::Command, path: &str) {
            for sub in command.get_subcommands().filter(|c| !c.is_hide_set()) {
                let path = format!("{path} {}", sub.get_name());
                let about = sub.get_about().map(ToString::to_string).unwrap_or_default();
                assert!(
                    !about.is_empty() && !about.contains('\n') && !about.starts_with("Who is"),
                    "{path}: {about:?}"
                );
                check(sub, &path);
            }
        }
        check(&whole(), "talosctl");
    }

    #[test]
    fn no_two_commands_say_the_same_of_themselves() {
        let mut seen = std::collections::BTreeMap::new();
        for command in whole().get_subcommands().filter(|c| !c.is_hide_set()) {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            if let Some(other) = seen.insert(about.clone(), command.get_name().to_owned()) {
                panic!("{} and {other}: {about}", command.get_name());
            }
        }
    }

    #[test]
    fn every_command_shows_an_example_of_itself() {
        fn check(command: &clap::Command, path: &str, missing: &mut Vec<String>) {
            for sub in command.get_subcommands().filter(|c| !c.is_hide_set()) {
                let path = format!("{path} {}", sub.get_name());
                if sub.has_subcommands() {
                    check(sub, &path, missing);
                    continue;
                }
                let help = sub.get_after_help().map(ToString::to_string).unwrap_or_default();
                let name = sub.get_name();
                let names: Vec<&str> = std::iter::once(name).chain(sub.get_visible_aliases()).collect();
                if !help.contains("Examples:\n") || !names.iter().any(|name| help.contains(name)) {
                    missing.push(path);
                }
            }
        }
        let mut missing = Vec::new();
        check(&whole(), "talosctl", &mut missing);
        assert!(missing.is_empty(), "{missing:#?}");
    }

    #[test]
    fn flags_of_connections_are_flags_of_every_command_that_has_one_of_them() {
        fn check(command: &clap::Command, path: &str) {
            for sub in command.get_subcommands() {
                check(sub, &format!("{path} {}", sub.get_name()));
            }
            let flag =
                |id: &str| command.get_arguments().any(|arg| arg.get_id() == id && !arg.is_positional());
            let all = ["talosconfig", "nodes", "endpoints", "cluster", "context"];
            assert!(!flag("talosconfig") || all.into_iter().all(flag), "{path}");
        }
        check(&whole(), "talosctl");
    }

    #[test]
    fn the_overview_lists_each_command_once() {
        let text = overview();
        for command in Cli::command().get_subcommands().filter(|c| !c.is_hide_set()) {
            let lines =
                text.lines().filter(|line| line.trim_start().split(' ').next() == Some(command.get_name()));
            assert_eq!(lines.count(), 1, "{}", command.get_name());
        }
    }

    #[test]
    fn a_command_that_there_is_not_yet_is_told_from_one_that_nobody_has() {
        let told = |line: &str| {
            let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            unknown(line.rsplit(' ').next().unwrap(), &args)
        };
        assert!(told("talosctl pcap").starts_with("pcap is not implemented yet"));
        assert!(told("talosctl nope").starts_with("unknown command \"nope\" for \"talosctl\""));
        assert!(told("talosctl image cache-create").starts_with("cache-create is not implemented yet"));
        assert!(told("talosctl image nope").starts_with("unknown command \"nope\" for \"talosctl image\""));
        let exists = |name: &str| Cli::command().find_subcommand(name).is_some_and(|c| !c.is_hide_set());
        assert!(!NOT_YET.into_iter().any(exists), "what exists is not missing");
    }

    #[test]
    fn flags_that_are_off_stand_in_the_help_without_a_value_and_those_that_are_on_with_it() {
        let text = |line: &str| {
            let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            asked_for(&args)
        };
        assert!(text("talosctl list -h").contains("--long  "), "{}", text("talosctl list -h"));
        assert!(text("talosctl --context x config -n a info -h").contains("Usage: talosctl config info"));
        assert!(text("talosctl reset -h").contains("--graceful[=<true|false>]"));
        assert!(text("talosctl get --help").contains("lists the types"));
    }

    #[test]
    fn usage_is_that_of_the_command_that_was_meant() {
        let args = ["talosctl", "list", "-r", "-d", "2"].map(OsString::from);
        let text = usage(&args);
        assert!(text.contains("talosctl list") && text.contains("--recurse"), "{text}");
    }
}
