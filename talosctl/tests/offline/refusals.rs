//! Commands towards nodes refuse what cannot be right before they connect to anything.

use super::support::Folder;

#[test]
fn a_broken_file_is_told_with_its_place_before_any_node_is_called() {
    let folder = Folder::new();
    folder.write("c.yaml", "machine:\n  tpye: worker\n");
    let error = folder.fails(&["apply-config", "-n", "10.5.0.2", "-f", "c.yaml"]);
    assert_eq!(error, "c.yaml:2:3: error: v1alpha1: machine.tpye: unknown key; did you mean \"type\"?\n");
    folder.write("c.yaml", "machine:\n  type: worker\n");
    let error = folder.fails(&["apply-config", "-n", "10.5.0.2", "-f", "c.yaml", "-p", "machine: {nope: 1}"]);
    assert!(error.starts_with("patch 1:1:11: error"), "{error}");
    let error = folder.fails(&["apply-config", "-n", "10.5.0.2"]);
    assert!(error.contains("--file"), "{error}");
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
