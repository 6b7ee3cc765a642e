//! `validate`.

use super::support::Folder;

#[test]
fn generated_configurations_are_valid_in_every_mode() {
    for version in ["v1.6", "v1.11", "v1.14"] {
        let folder = Folder::with_cluster(version);
        for mode in ["metal", "cloud", "container", "metal-agent"] {
            let run = folder.run(&["validate", "-c", "controlplane.yaml", "worker.yaml", "-m", mode]);
            if mode == "container" && version == "v1.6" {
                assert!(run.err.contains("error: v1alpha1"), "host DNS came later: {run:?}");
                continue;
            }
            let expected: String = ["controlplane", "worker"]
                .iter()
                .map(|n| format!("{n}.yaml is valid for {mode} mode\n"))
                .collect();
            assert_eq!((run.status, run.out), (0, expected), "{version}");
            // What no node of this version does, of what every configuration has: a line a file.
            let notes: Vec<&str> = run.err.lines().collect();
            let note =
                |(line, name): (&&str, &str)| line.starts_with(&format!("{name}.yaml: note: without effect"));
            assert!(notes.len() == 2 && notes.iter().zip(["controlplane", "worker"]).all(note), "{notes:?}");
        }
    }
}

const BROKEN: &str = "machine:\n  tpye: worker\n  kubelet:\n    clusterDNS: 10.96.0.10\n";

#[test]
fn every_problem_of_every_file_is_told_with_its_place_and_what_was_meant() {
    let folder = Folder::new();
    folder.write("a.yaml", BROKEN);
    folder.write("b.yaml", "---\n");
    let run = folder.run(&["validate", "-c", "a.yaml", "-c", "b.yaml", "-m", "metal"]);
    assert_eq!((run.status, run.out.as_str()), (1, ""));
    assert_eq!(
        run.err,
        "a.yaml:1:1: error: v1alpha1: cluster instructions are required\n\
         a.yaml:2:3: error: v1alpha1: machine.tpye: unknown key; did you mean \"type\"?\n\
         a.yaml:4:17: error: v1alpha1: machine.kubelet.clusterDNS: expected a list, found a string\n\
         b.yaml:1:1: error: there is no configuration in it\n\
         2 of 2 files are not valid for metal mode: a.yaml, b.yaml\n"
    );
}

#[test]
fn json_holds_the_same_for_programs() {
    let folder = Folder::with_cluster("v1.14");
    folder.write("a.yaml", BROKEN);
    let run = folder.run(&["validate", "-c", "a.yaml", "worker.yaml", "-m", "cloud", "-o", "json"]);
    assert_eq!(run.status, 1);
    let all: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(all["valid"], false);
    assert_eq!(all["files"][0]["verdict"], "error");
    assert_eq!(all["files"][1]["verdict"], "fine");
    let first = &all["files"][0]["problems"][1];
    assert_eq!((&first["line"], &first["column"]), (&2.into(), &3.into()));
    assert_eq!((&first["path"], &first["suggestion"]), (&"machine.tpye".into(), &"type".into()));
    assert_eq!(first["rule"], "unknown-key");
}

#[test]
fn warnings_pass_unless_strict_and_only_those_of_the_v1alpha1_document() {
    let folder = Folder::with_cluster("v1.11");
    folder.ok(&[
        "mc",
        "patch",
        "worker.yaml",
        "-o",
        "w.yaml",
        "-p",
        "machine: {files: [{path: /var/x, content: x, permissions: 0o644, op: create}]}",
    ]);
    let args = ["validate", "-c", "w.yaml", "-m", "metal"];
    let run = folder.ok(&args);
    assert!(run.err.contains("warning: v1alpha1: machine.files"), "{}", run.err);
    assert_eq!(run.out, "w.yaml is valid for metal mode\n");
    let error = folder.fails(&[&args[..], &["--strict"]].concat());
    assert!(error.contains("error: v1alpha1: machine.files"), "{error}");
    folder.write(
        "d.yaml",
        "apiVersion: v1alpha1\nkind: BondConfig\nname: bond0\nlinks: [eth0]\nbondMode: 802.3ad\n",
    );
    let run = folder.ok(&["validate", "-c", "d.yaml", "-m", "metal", "--strict"]);
    assert!(run.err.contains("warning: BondConfig bond0"), "{}", run.err);
}

#[test]
fn what_would_do_nothing_is_a_warning_that_stays_one() {
    let folder = Folder::new();
    let rule = "apiVersion: v1alpha1\nkind: NetworkRuleConfig\nname: NAME\nportSelector: {ports: [22], protocol: tcp}\n";
    folder.write("a.yaml", &[rule.replace("NAME", "a"), rule.replace("NAME", "b")].join("---\n"));
    for strict in [&[][..], &["--strict"]] {
        let run = folder.ok(&[&["validate", "-c", "a.yaml", "-m", "container"], strict].concat());
        assert_eq!(run.out, "a.yaml is valid for container mode\n");
        let lines: Vec<&str> = run.err.lines().collect();
        let expected =
            "a.yaml:1:1: warning: NetworkRuleConfig a, b: has NO EFFECT in this version: packets are not";
        assert!(matches!(&lines[..], [one] if one.starts_with(expected)), "{lines:?}");
    }
    let run = folder.ok(&["validate", "-c", "a.yaml", "-m", "metal", "-o", "json"]);
    let all: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    let file = &all["files"][0];
    assert_eq!(
        (&file["verdict"], &file["problems"][0]["rule"]),
        (&"warning".into(), &"without-effect".into())
    );
    assert_eq!(file["note"], serde_json::Value::Null);
}

#[test]
fn the_mode_decides_what_is_needed() {
    let folder = Folder::with_cluster("v1.11");
    folder.ok(&[
        "mc",
        "patch",
        "worker.yaml",
        "-o",
        "w.yaml",
        "-p",
        "[{\"op\": \"remove\", \"path\": \"/machine/install/disk\"}]",
    ]);
    folder.ok(&["validate", "-c", "w.yaml", "-m", "cloud"]);
    assert!(folder.fails(&["validate", "-c", "w.yaml", "-m", "metal"]).contains("install"));
    let error = folder.fails(&["validate", "-c", "w.yaml", "-m", "cardboard"]);
    assert!(error.contains("metal, cloud or container"), "{error}");
    let error = folder.fails(&["validate", "-c", "w.yaml"]);
    assert!(error.contains("--mode"), "{error}");
}

#[test]
fn a_file_that_cannot_be_read_does_not_hide_what_is_wrong_with_others() {
    let folder = Folder::with_cluster("v1.14");
    folder.write("a.yaml", BROKEN);
    let files = ["-c", "nowhere.yaml", "-c", "a.yaml", "-c", "worker.yaml"];
    let run = folder.run(&[&["validate", "-m", "metal"][..], &files].concat());
    assert_eq!((run.status, run.out.as_str()), (1, "worker.yaml is valid for metal mode\n"));
    assert!(
        run.err.starts_with("nowhere.yaml: error: cannot read nowhere.yaml: No such file"),
        "{}",
        run.err
    );
    assert!(
        run.err.contains("a.yaml:2:3: error") && run.err.contains("2 of 3 files are not valid"),
        "{}",
        run.err
    );
    let run = folder.run(&[&["validate", "-m", "metal", "-o", "json"][..], &files].concat());
    let all: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    let verdicts: Vec<_> = all["files"].as_array().unwrap().iter().map(|file| &file["verdict"]).collect();
    assert_eq!(verdicts, ["error", "error", "fine"]);
    assert_eq!(all["files"][0]["problems"][0]["rule"], "unreadable");
}

#[test]
fn hostile_files_get_an_answer_with_a_position() {
    let folder = Folder::new();
    let bomb = (1..9).fold("a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(), |text, n| {
        let alias = format!("*a{}, ", n - 1).repeat(9);
        format!("{text}a{n}: &a{n} [{alias}]\n")
    });
    for (name, text) in [
        ("bomb", bomb.as_str()),
        ("deep", &"[".repeat(100_000)),
        ("tab", "machine:\n\ttype: worker\n"),
        ("twice", "machine: {}\nmachine: {}\n"),
        ("big", "machine: {time: {bootTimeout: 99999999999999999999999999999999999999999}}\n"),
    ] {
        folder.write("x.yaml", text);
        let error = folder.fails(&["validate", "-c", "x.yaml", "-m", "metal"]);
        assert!(error.starts_with("x.yaml:"), "{name}: {error}");
    }
}
