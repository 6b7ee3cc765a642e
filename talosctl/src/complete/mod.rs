//! What may stand where the cursor is: the answer to the hidden command `__complete`, which shells and bridges
//! between them ask as they ask any program made with cobra.
//!
//! Its arguments are the words after the program's name, the last of them the one that is completed, which may be
//! empty. It prints a proposal on each line, behind a tab what it is, and at the end a colon and a number that says
//! how the shell goes on.

mod line;
mod local;
mod nodes;
mod source;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Arg;

use crate::cli::{is_boolean, whole};
use crate::output::{note, print};
use line::{At, Line};
use source::Source;

/// First argument of a program that is asked.
const ASKED: [(&str, bool); 2] = [("__complete", true), ("__completeNoDesc", false)];

/// No blank is put behind a proposal.
const NO_SPACE: u8 = 2;
/// The shell's own proposals of files are not wanted.
const NO_FILES: u8 = 4;
/// Only folders are wanted.
const FOLDERS: u8 = 16;

/// What shells call those numbers.
const NAMES: [(u8, &str); 3] = [
    (NO_SPACE, "ShellCompDirectiveNoSpace"),
    (NO_FILES, "ShellCompDirectiveNoFileComp"),
    (FOLDERS, "ShellCompDirectiveFilterDirs"),
];

/// Something that may stand there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Proposal {
    value: String,
    about: String,
}

impl Proposal {
    fn new(value: impl Into<String>, about: impl Into<String>) -> Self {
        Self { value: value.into(), about: about.into() }
    }
}

/// All that may stand there, and how the shell goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Answer {
    proposals: Vec<Proposal>,
    directive: u8,
}

impl Answer {
    fn of(proposals: Vec<Proposal>) -> Self {
        Self { proposals, directive: NO_FILES }
    }

    fn text(&self, describe: bool) -> String {
        let mut text = String::new();
        for Proposal { value, about } in &self.proposals {
            text.push_str(value);
            let about = about.lines().next().unwrap_or_default();
            if describe && !about.is_empty() {
                text.push_str(&format!("\t{about}"));
            }
            text.push('\n');
        }
        text + &format!(":{}\n", self.directive)
    }

    fn directive_names(&self) -> String {
        let set = NAMES.iter().filter(|(bit, _)| self.directive & bit != 0).map(|(_, name)| *name);
        let names: Vec<&str> = set.collect();
        if names.is_empty() { "ShellCompDirectiveDefault".to_owned() } else { names.join(", ") }
    }
}

/// Answers if these arguments ask.
pub fn run(args: &[OsString]) -> Option<ExitCode> {
    let asked = args.get(1)?.to_str()?;
    let (_, describe) = ASKED.iter().find(|(name, _)| *name == asked)?;
    let words: Vec<String> = args.iter().skip(2).map(|word| word.to_string_lossy().into_owned()).collect();
    if words.is_empty() {
        note(&format!("{asked} needs the words of the line, the last of which is completed"));
        return Some(ExitCode::FAILURE);
    }
    let answer = answer(&words);
    let _ = print(&answer.text(*describe));
    note(&format!("Completion ended with directive: {}", answer.directive_names()));
    Some(ExitCode::SUCCESS)
}

fn answer(words: &[String]) -> Answer {
    let tree = whole();
    let line = Line::read(&tree, words);
    let mut answer = match &line.at {
        At::Flag => Answer::of(flags(&line)),
        At::Command => Answer::of(commands(&line)),
        At::Value(arg) => values(&line, arg),
        At::Nothing => Answer::of(Vec::new()),
    };
    answer.proposals.retain(|proposal| proposal.value.starts_with(&line.word));
    if let [only] = answer.proposals.as_slice()
        && only.value.ends_with(['/', '='])
    {
        answer.directive |= NO_SPACE;
    }
    answer
}

fn commands(line: &Line<'_>) -> Vec<Proposal> {
    let visible = line.command.get_subcommands().filter(|command| !command.is_hide_set());
    let about = |command: &clap::Command| command.get_about().map(ToString::to_string).unwrap_or_default();
    let mut found: Vec<Proposal> = visible.map(|c| Proposal::new(c.get_name(), about(c))).collect();
    found.sort();
    found
}

/// Flags that were not given yet, or may be given again.
fn flags(line: &Line<'_>) -> Vec<Proposal> {
    let mut found = Vec::new();
    for arg in line.flags.iter().filter(|arg| !arg.is_hide_set()) {
        let again = matches!(arg.get_action(), clap::ArgAction::Append | clap::ArgAction::Count);
        if !again && line.given.iter().any(|(id, _)| id == arg.get_id().as_str()) {
            continue;
        }
        let about = arg.get_help().map(ToString::to_string).unwrap_or_default();
        if let Some(name) = arg.get_long() {
            found.push(Proposal::new(format!("--{name}"), about.clone()));
        }
        if let Some(letter) = arg.get_short() {
            found.push(Proposal::new(format!("-{letter}"), about));
        }
    }
    found
}

fn values(line: &Line<'_>, arg: &Arg) -> Answer {
    if is_boolean(arg) {
        return Answer::of(["true", "false"].map(|value| Proposal::new(value, "")).to_vec());
    }
    let (before, word) = match arg.get_value_delimiter().and_then(|sign| line.word.rfind(sign)) {
        Some(sign) => line.word.split_at(sign + 1),
        None => ("", line.word.as_str()),
    };
    let mut answer = match source::of(&line.path, arg) {
        Source::Files => Answer { proposals: Vec::new(), directive: 0 },
        Source::Folders => Answer { proposals: Vec::new(), directive: FOLDERS },
        Source::Patch if !word.starts_with('@') => Answer { proposals: Vec::new(), directive: 0 },
        source => Answer::of(proposals(source, line, arg, word)),
    };
    // What stands in a list already is not proposed again.
    let known: Vec<&str> = before.split(',').filter(|item| !item.is_empty()).collect();
    answer.proposals.retain(|proposal| !known.contains(&proposal.value.as_str()));
    for proposal in &mut answer.proposals {
        proposal.value.insert_str(0, before);
    }
    answer
}

fn proposals(source: Source, line: &Line<'_>, arg: &Arg, word: &str) -> Vec<Proposal> {
    let fixed = |values: &[(&str, &str)]| values.iter().map(|(v, about)| Proposal::new(*v, *about)).collect();
    let mut found = match source {
        Source::Fixed(values) => fixed(values),
        Source::Possible => {
            let visible = arg.get_possible_values().into_iter().filter(|value| !value.is_hide_set());
            let about = |value: &clap::builder::PossibleValue| {
                value.get_help().map(ToString::to_string).unwrap_or_default()
            };
            visible.map(|value| Proposal::new(value.get_name(), about(&value))).collect()
        }
        Source::Roles => rpc::role::Role::ALL.map(|role| Proposal::new(role.name(), "")).to_vec(),
        Source::Versions => local::versions(),
        Source::Nothing | Source::Files | Source::Folders => Vec::new(),
        Source::Patch => local::patch_files(word),
        Source::Contexts => local::contexts(line),
        Source::Endpoints => local::endpoints(line),
        Source::Clusters => local::clusters(line),
        Source::Machines => local::machines(line),
        Source::Nodes => {
            local::nodes(line).into_iter().chain(nodes::ask(Source::Nodes, line, word)).collect()
        }
        asked => nodes::ask(asked, line, word),
    };
    found.sort();
    found.dedup_by(|one, other| one.value == other.value);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete(line: &str) -> Answer {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        answer(&words)
    }

    fn names(answer: &Answer) -> Vec<&str> {
        answer.proposals.iter().map(|proposal| proposal.value.as_str()).collect()
    }

    #[test]
    fn commands_are_proposed_with_what_they_do_and_hidden_ones_are_not() {
        let answer = complete("");
        assert!(names(&answer).contains(&"get") && !names(&answer).contains(&"disks"));
        assert_eq!(
            complete("conf").text(true),
            "config\tManage the client configuration: contexts, endpoints, nodes\n:4\n"
        );
        assert_eq!(complete("conf").text(false), "config\n:4\n");
        assert_eq!(names(&complete("-n a,b -e x etcd al")), ["alarm"]);
        assert_eq!(names(&complete("etcd alarm ")), ["disarm", "list"]);
    }

    #[test]
    fn flags_are_proposed_by_letter_and_name_and_not_twice() {
        let found = complete("list -");
        assert!(names(&found).contains(&"-l") && names(&found).contains(&"--long"));
        assert!(names(&found).contains(&"--nodes"), "{found:?}");
        assert_eq!(names(&complete("list --lo")), ["--long"]);
        assert_eq!(names(&complete("list -l --lo")), [""; 0]);
        assert_eq!(names(&complete("list --long=false --lo")), [""; 0]);
        assert_eq!(names(&complete("list -n a --no")), ["--nodes"]);
        assert_eq!(complete("list --lo").directive, NO_FILES);
    }

    #[test]
    fn fixed_values_are_proposed_wherever_a_flag_takes_one() {
        for (line, expected) in [
            ("reboot --mode ", ["default", "force", "powercycle"].as_slice()),
            ("reboot -m=", &["default", "force", "powercycle"]),
            ("reboot --mode=po", &["powercycle"]),
            ("reboot --wait=", &["true", "false"]),
            ("list --long=f", &["false"]),
            ("get members -o j", &["json", "jsonpath="]),
            ("get members -o ta", &["table"]),
            ("completion ", &["bash", "zsh", "fish", "powershell"]),
            ("config new --roles os:e", &["os:etcd:backup"]),
            ("config new --roles os:admin,os:e", &["os:admin,os:etcd:backup"]),
            ("config new --roles os:reader,os:re", &[]),
            ("service etcd st", &["start", "status", "stop"]),
            ("list -t f,", &["f,d", "f,l"]),
            ("cgroups --preset m", &["memory"]),
            ("gen config --talos-version v1.1", &["v1.1", "v1.10", "v1.11", "v1.12", "v1.13", "v1.14"]),
        ] {
            let answer = complete(line);
            let mut expected = expected.to_vec();
            let mut found = names(&answer);
            expected.sort_unstable();
            found.sort_unstable();
            assert_eq!(found, expected, "{line}");
            assert_eq!(answer.directive & NO_FILES, NO_FILES, "{line}");
        }
        assert_eq!(complete("get members -o jsonp").directive, NO_FILES | NO_SPACE);
    }

    #[test]
    fn files_are_left_to_the_shell() {
        for line in ["validate -c ", "apply-config -f x", "gen csr --key ", "config merge a ", "copy /etc "] {
            assert_eq!((complete(line).proposals.len(), complete(line).directive), (0, 0), "{line}");
        }
        assert_eq!(complete("cluster show --state ").directive, FOLDERS);
        assert_eq!(complete("config add x ").directive, NO_FILES);
    }

    #[test]
    fn the_directive_is_told_in_the_words_that_programs_look_for() {
        assert_eq!(complete("list --lo").directive_names(), "ShellCompDirectiveNoFileComp");
        assert_eq!(complete("validate -c ").directive_names(), "ShellCompDirectiveDefault");
        let both = Answer { proposals: Vec::new(), directive: NO_FILES | NO_SPACE };
        assert_eq!(both.directive_names(), "ShellCompDirectiveNoSpace, ShellCompDirectiveNoFileComp");
    }
}
