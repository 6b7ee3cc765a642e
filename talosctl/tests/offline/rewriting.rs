//! Files of the user's that are written again: links, modes and all names stay.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use super::support::Folder;

const CONFIG: &str = "context: one\ncontexts:\n  one: {endpoints: [192.0.2.1]}\n";

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

/// A folder with `real`, of mode 640, and `link` to it.
fn folder(content: &str) -> Folder {
    let folder = Folder::with_secrets();
    folder.write("dotfiles/real", content);
    std::fs::set_permissions(folder.join("dotfiles/real"), PermissionsExt::from_mode(0o640)).unwrap();
    symlink("dotfiles/real", folder.join("link")).unwrap();
    folder
}

fn check(folder: &Folder, line: &[&str], expected: &str) {
    folder.ok(line);
    assert!(folder.join("link").is_symlink(), "{line:?}");
    let text = folder.read("dotfiles/real");
    assert!(text.contains(expected), "{line:?}: {text}");
    assert_eq!(mode(&folder.join("dotfiles/real")), 0o640, "{line:?}");
}

#[test]
fn a_client_configuration_behind_a_link_stays_there_with_its_mode_whatever_command_changes_it() {
    let folder = folder(CONFIG);
    folder.write("other", "context: two\ncontexts:\n  two: {endpoints: [192.0.2.2]}\n");
    for (command, expected) in [
        (["config", "endpoint", "192.0.2.7"].as_slice(), "192.0.2.7"),
        (&["config", "node", "192.0.2.8"], "192.0.2.8"),
        (&["config", "merge", "other"], "192.0.2.2"),
        (&["config", "context", "two"], "context: two"),
        (&["config", "proxy-url", "socks5://127.0.0.1:1080"], "socks5"),
        (&["config", "add", "three"], "three"),
    ] {
        check(&folder, &[&["--talosconfig", "link"], command].concat(), expected);
    }
}

#[test]
fn what_is_generated_over_a_file_by_force_goes_where_its_links_lead() {
    let folder = folder("old");
    let gen_config = ["gen", "config", "c", "https://192.0.2.1:6443", "--with-secrets", "secrets.yaml"];
    check(
        &folder,
        &[gen_config.as_slice(), &["-t", "worker", "-o", "link", "--force"]].concat(),
        "type: worker",
    );
    check(&folder, &["gen", "secrets", "-o", "link", "--force"], "secrets:");
    folder.ok(&[gen_config.as_slice(), &["-t", "worker", "-o", "w.yaml"]].concat());
    check(
        &folder,
        &["machineconfig", "patch", "w.yaml", "-p", "machine: {sysctls: {a: '1'}}", "-o", "link"],
        "sysctls",
    );
}

#[test]
fn roles_that_do_not_exist_are_refused_before_anything_is_written() {
    let folder = Folder::new();
    folder.ok(&["gen", "key", "--name", "k"]);
    folder.write("pod.yaml", "kind: Pod\nmetadata: {name: p}\nspec: {containers: []}\n");
    folder.write(".talos/config", CONFIG);
    for line in [
        ["gen", "csr", "--key", "k.key", "--roles", "admin"].as_slice(),
        &["gen", "csr", "--key", "k.key", "--roles", "os:admin,os:nosuch"],
        &["inject", "serviceaccount", "-f", "pod.yaml", "--roles", "reader"],
        &["-n", "192.0.2.1", "config", "new", "--roles", "os:Admin", "new"],
    ] {
        let error = folder.fails(line);
        assert!(error.contains("unknown roles: ") && error.contains("os:etcd:backup"), "{line:?}: {error}");
    }
    assert!(!folder.join("k.csr").exists() && !folder.join("new").exists());
}
