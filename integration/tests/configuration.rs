//! Changing the configuration of a running machine: looked at first, applied, tried, edited, and refused when it is
//! meant for another one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::process::Output;
use std::time::Duration;

use support::{Cluster, SINGLE, skipped};

/// Both outputs: what is said about a change goes to standard error.
fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const PATCH: &str = "apiVersion: v1alpha1\nkind: SysctlConfig\nparams:\n  net.ipv4.ip_default_ttl: \"63\"\n";

#[test]
fn a_change_is_seen_before_it_is_made_and_nothing_is_left_of_it_to_see_afterwards() {
    if skipped("configuration") {
        return;
    }
    let cluster = Cluster::start("conf", SINGLE);
    let node = cluster.nodes[0].clone();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let patch = format!("@{}", file("sysctl.yaml", PATCH));
    let on_node = |args: &[&str]| cluster.run(&[&["-n", node.as_str()], args].concat());
    let stored = || cluster.ok(&["-n", &node, "get", "mc", "v1alpha1", "-o", "jsonpath={.spec}"]);
    let before = stored();

    // Seen: with its effect, its origin and the host name; not made.
    let seen = on_node(&["patch", "mc", "-p", &patch, "--dry-run"]);
    let text = said(&seen);
    assert!(seen.status.success() && seen.stdout.is_empty(), "{text}");
    assert!(text.starts_with(&format!("{node} (conf-controlplane-1)\nDry run summary:\n")), "{text}");
    assert!(text.contains("+kind: SysctlConfig\n"), "{text}");
    assert!(
        text.contains("SysctlConfig is added (live) from ") && text.contains("sysctl.yaml:1:1\n"),
        "{text}"
    );
    assert_eq!(stored(), before);

    // Made, and then there is nothing more to see.
    let made = on_node(&["patch", "mc", "-p", &patch]);
    assert!(made.status.success(), "{}", said(&made));
    assert!(stored().contains("net.ipv4.ip_default_ttl: \"63\""));
    let again = said(&on_node(&["patch", "mc", "-p", &patch, "--dry-run"]));
    assert!(again.contains("No changes.") && !again.contains("Config diff"), "{again}");
    let whole = file("whole.yaml", &stored());
    let again = said(&on_node(&["apply-config", "-f", &whole, "--dry-run"]));
    assert!(again.contains("No changes."), "{again}");

    // Tried, and taken back by itself.
    let other = PATCH.replace("63", "62");
    let tried = on_node(&["patch", "mc", "-p", &other, "--mode", "try", "--timeout", "3s"]);
    assert!(tried.status.success(), "{}", said(&tried));
    assert!(stored().contains("\"62\""));
    std::thread::sleep(Duration::from_secs(3));
    cluster.until("the tried configuration is taken back", |_| stored().contains("\"63\""));

    edited(&cluster, &node, &stored);
    refused(&cluster, &node, &file, &stored());
}

/// In an editor, which a script stands for.
fn edited(cluster: &Cluster, node: &str, stored: &dyn Fn() -> String) {
    let edit = |script: &str| {
        let args = ["-n", node, "edit", "machineconfig"];
        cluster.command("talosctl").args(args).env("EDITOR", script).output().unwrap()
    };
    let untouched = edit("true");
    assert!(
        untouched.status.success() && said(&untouched).contains("nothing to apply"),
        "{}",
        said(&untouched)
    );
    let emptied = edit("truncate -s 0");
    assert!(emptied.status.success() && said(&emptied).contains("nothing to apply"), "{}", said(&emptied));
    let changed = edit("sed -i s/ip_default_ttl:.*/ip_default_ttl:\\ \\\"61\\\"/");
    assert!(changed.status.success(), "{}", said(&changed));
    assert!(stored().contains("\"61\""));
    let broken = edit("sed -i s/params:/parms:/");
    let text = said(&broken);
    assert!(!broken.status.success() && text.contains("given up") && text.contains("parms"), "{text}");
    if let Some(kept) = text.split("it is kept as ").nth(1).and_then(|rest| rest.split(',').next()) {
        assert!(std::fs::read_to_string(kept).unwrap().contains("parms:"), "the work is not lost");
        std::fs::remove_file(kept).unwrap();
    }
}

/// Meant for another machine.
fn refused(cluster: &Cluster, node: &str, file: &dyn Fn(&str, &str) -> String, current: &str) {
    let path = |name: &str| file(name, "");
    let (secrets, worker, foreign) = (path("s.yaml"), path("w.yaml"), path("f.yaml"));
    let endpoint = "https://10.9.9.9:6443";
    let control_plane = file("cp.yaml", current);
    cluster.ok(&["gen", "secrets", "--from-controlplane-config", &control_plane, "-o", &secrets, "-f"]);
    let from = ["gen", "config", "conf", endpoint, "-f", "--with-secrets", secrets.as_str()];
    cluster.ok(&[&from[..], &["-t", "worker", "-o", &worker]].concat());
    cluster.ok(&["gen", "config", "other", endpoint, "-f", "-t", "controlplane", "-o", &foreign]);
    for (configuration, sign) in [(&worker, "machine-type-change"), (&foreign, "cluster-change")] {
        let error = cluster.fails(&["-n", node, "apply-config", "-f", configuration]);
        assert!(
            error.contains("conf-controlplane-1") && error.contains(&format!("--allow {sign}")),
            "{error}"
        );
        let seen = cluster.run(&["-n", node, "apply-config", "-f", configuration, "--dry-run"]);
        assert!(seen.status.success() && said(&seen).contains(&format!("--allow {sign}")), "{}", said(&seen));
    }
}
