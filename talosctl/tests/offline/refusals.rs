//! Commands towards nodes refuse what cannot be right before they connect to anything.

use super::support::Folder;

#[test]
fn what_is_no_configuration_or_no_patch_is_told_with_its_place_before_any_node_is_called() {
    let folder = Folder::new();
    folder.write("c.yaml", "machine:\n\ttype: worker\n");
    let error = folder.fails(&["apply-config", "-n", "10.5.0.2", "-f", "c.yaml"]);
    assert!(error.starts_with("c.yaml:2:2: error: a tab cannot indent YAML"), "{error}");
    folder.write("c.yaml", "machine:\n  type: worker\n");
    let error = folder.fails(&["apply-config", "-n", "10.5.0.2", "-f", "c.yaml", "-p", "machine: {nope: 1}"]);
    assert!(error.starts_with("patch 1:1:11: error"), "{error}");
    let error = folder.fails(&["apply-config", "-n", "10.5.0.2"]);
    assert!(error.contains("--file"), "{error}");
}

#[test]
fn keys_that_only_a_newer_node_may_know_are_told_and_left_to_the_node() {
    let folder = Folder::new();
    folder.write("c.yaml", "machine:\n  tpye: worker\n");
    let error = folder.fails(&["apply-config", "-n", "10.5.0.2", "-f", "c.yaml"]);
    let (warning, rest) = error.split_once('\n').unwrap();
    assert_eq!(warning, "c.yaml:2:3: warning: v1alpha1: machine.tpye: unknown key; did you mean \"type\"?");
    assert!(rest.starts_with("talos config file is empty"), "{rest}");
}

#[test]
fn only_machine_configurations_can_be_patched_and_edited() {
    let folder = Folder::new();
    let error = folder.fails(&["patch", "members", "-n", "10.5.0.2", "-p", "machine: {}"]);
    assert!(
        error.starts_with("resource type \"members\" cannot be changed: only machineconfig can"),
        "{error}"
    );
    let error = folder.fails(&["edit", "links", "-n", "10.5.0.2"]);
    assert!(error.starts_with("resource type \"links\" cannot be changed"), "{error}");
    for name in ["mc", "machineconfig", "MachineConfigs", "machineconfigs.config.talos.dev"] {
        let error = folder.fails(&["patch", name, "-n", "10.5.0.2", "-p", "machine: {}"]);
        assert!(error.starts_with("talos config file is empty"), "{name}: {error}");
    }
    let error = folder.fails(&["patch", "mc", "-n", "10.5.0.2"]);
    assert!(error.contains("--patch"), "{error}");
}

#[test]
fn a_file_without_an_end_is_refused_in_bounded_memory_and_a_cause_is_told_once() {
    let folder = Folder::new();
    folder.write("c.yaml", "machine: {type: worker}\n");
    for args in [
        &["validate", "-m", "metal", "-c", "/dev/zero"][..],
        &["mc", "patch", "c.yaml", "-p", "@/dev/zero"],
        &["gen", "config", "demo", "https://10.5.0.1:6443", "--with-secrets", "/dev/zero"],
    ] {
        let error = folder.fails(args);
        assert!(error.contains("cannot read /dev/zero: it is longer than 256 MiB"), "{args:?}: {error}");
    }
    folder.write("tab.yaml", "cluster:\n\tid: x\n");
    let error =
        folder.fails(&["gen", "config", "demo", "https://10.5.0.1:6443", "--with-secrets", "tab.yaml"]);
    assert_eq!(error.matches("a tab cannot indent").count(), 1, "{error}");
}
