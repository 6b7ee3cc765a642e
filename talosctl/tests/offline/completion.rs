//! Shells ask the program what may stand where the cursor is.

use super::support::{Folder, TALOSCTL};

const CONFIG: &str = "context: one\ncontexts:\n  one: {endpoints: [192.0.2.1], nodes: [192.0.2.5, 192.0.2.6]}\n  two: {endpoints: [192.0.2.2]}\n";

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write(".talos/config", CONFIG);
    std::os::unix::fs::symlink(TALOSCTL, folder.join("talosctl")).unwrap();
    folder
}

#[test]
fn the_hidden_command_answers_as_programs_made_with_cobra_do() {
    let folder = folder();
    let run = folder.ok(&["__complete", "config", "context", ""]);
    assert_eq!(run.out, "one\tcurrent, 192.0.2.1\ntwo\t192.0.2.2\n:4\n");
    assert_eq!(run.err, "Completion ended with directive: ShellCompDirectiveNoFileComp\n");
    let run = folder.ok(&["__completeNoDesc", "config", "context", "t"]);
    assert_eq!(run.out, "two\n:4\n");
    let run = folder.ok(&["__complete", "validate", "--config", ""]);
    assert_eq!(
        (run.out.as_str(), run.err.as_str()),
        (":0\n", "Completion ended with directive: ShellCompDirectiveDefault\n")
    );
    let run = folder.ok(&["__complete", "config", "endpoint", ""]);
    assert_eq!(run.out, "192.0.2.1\n192.0.2.5\n192.0.2.6\n:4\n");
    folder.fails(&["__complete"]);
}

#[test]
fn the_context_of_the_line_counts_and_what_is_named_already_is_not_proposed() {
    let folder = folder();
    folder.write("other", "context: x\ncontexts:\n  x: {endpoints: [192.0.2.9]}\n");
    let run = folder.ok(&["__complete", "--talosconfig", "other", "config", "context", ""]);
    assert_eq!(run.out, "x\tcurrent, 192.0.2.9\n:4\n");
    let run = folder.ok(&["__complete", "--context", "two", "config", "endpoint", ""]);
    assert_eq!(run.out, "192.0.2.2\n:4\n");
}

/// What bash proposes for a line with the cursor at its end; `word` is what bash itself holds for the word there.
fn bash(folder: &Folder, line: &str, word: &str) -> Vec<String> {
    let script = "
        source <(./talosctl completion bash)
        f=$(complete -p talosctl | grep -o -- '-F [^ ]*' | cut -c4-)
        COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9 COMP_KEY=9
        $f talosctl \"$2\" ''
        printf '%s\\n' \"${COMPREPLY[@]}\"";
    let path = std::env::join_paths(
        std::iter::once(folder.path().to_owned())
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let mut shell = folder.command("bash");
    shell.env("PATH", path.unwrap()).args(["--norc", "-c", script, "bash", line, word]);
    let output = shell.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn bash_puts_in_what_follows_the_sign_at_which_it_cuts_words() {
    let folder = folder();
    folder.write("validate.yaml", "");
    for (line, word, expected) in [
        ("talosctl config context ", "", ["one", "two"].as_slice()),
        ("talosctl config context t", "t", &["two"]),
        ("talosctl  'config'   context \"t", "\"t", &["two"]),
        ("talosctl --context=o", "o", &["one"]),
        ("talosctl --context=", "", &["one", "two"]),
        ("talosctl reboot --mode=", "", &["default", "force", "powercycle"]),
        ("talosctl config new --roles os:e", "e", &["etcd:backup"]),
        ("talosctl config new --roles os:reader,os:e", "e", &["etcd:backup"]),
        ("talosctl etcd al", "al", &["alarm"]),
        ("talosctl validate -c vali", "vali", &["validate.yaml"]),
        ("talosctl config context x ", "", &[]),
    ] {
        assert_eq!(bash(&folder, line, word), expected, "{line}");
    }
}

#[test]
fn there_is_a_script_for_every_shell_and_it_asks_the_program() {
    let folder = folder();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        assert!(folder.ok(&["completion", shell]).out.contains("__complete"), "{shell}");
    }
}
