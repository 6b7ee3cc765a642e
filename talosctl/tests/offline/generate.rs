//! `gen secrets`, `gen config`, `machineconfig gen`.

use std::os::unix::fs::PermissionsExt;

use super::support::Folder;

const CONFIG: [&str; 6] =
    ["gen", "config", "demo", "https://10.5.0.1:6443", "--with-secrets", "secrets.yaml"];

fn config<'a>(more: &[&'a str]) -> Vec<&'a str> {
    CONFIG.iter().copied().chain(more.iter().copied()).collect()
}

fn mode(folder: &Folder, name: &str) -> u32 {
    folder.join(name).metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn the_same_secrets_and_flags_make_the_same_bytes() {
    let folder = Folder::with_secrets();
    let run = folder.ok(&config(&[]));
    assert_eq!(run.err, "Created controlplane.yaml\nCreated worker.yaml\nCreated talosconfig\n");
    assert_eq!(run.out, "");
    folder.ok(&config(&["-o", "again"]));
    folder.ok(&[
        "machineconfig",
        "gen",
        "demo",
        "https://10.5.0.1:6443",
        "--with-secrets",
        "secrets.yaml",
        "-o",
        "mc",
    ]);
    for name in ["controlplane.yaml", "worker.yaml"] {
        assert_eq!(folder.read(name), folder.read(&format!("again/{name}")));
        assert_eq!(folder.read(name), folder.read(&format!("mc/{name}")));
        assert_eq!(mode(&folder, name), 0o644);
    }
    assert_ne!(folder.read("talosconfig"), folder.read("again/talosconfig"), "a fresh certificate each time");
}

#[test]
fn files_are_not_replaced_unless_forced() {
    let folder = Folder::with_cluster("v1.14");
    let before = folder.read("worker.yaml");
    let error = folder.fails(&config(&["--with-docs=false"]));
    assert_eq!(error, "controlplane.yaml exists already: use --force to replace it, or name another place\n");
    assert_eq!(folder.read("worker.yaml"), before);
    folder.ok(&config(&["--with-docs=false", "-f"]));
    assert_ne!(folder.read("worker.yaml"), before);
    assert!(folder.fails(&["gen", "secrets"]).contains("secrets.yaml exists already"));
}

#[test]
fn one_file_goes_to_a_file_a_folder_or_standard_output() {
    let folder = Folder::with_secrets();
    let out = folder.ok(&config(&["-t", "worker", "-o", "-"])).out;
    assert!(out.contains("type: worker"));
    folder.ok(&config(&["-t", "worker", "-o", "nodes/w1.yaml"]));
    folder.ok(&config(&["-t", "worker", "-o", "nodes/"]));
    folder.ok(&config(&["-t", "worker", "--output-dir", "old"]));
    for name in ["nodes/w1.yaml", "nodes/worker.yaml", "old/worker.yaml"] {
        assert_eq!(folder.read(name), out, "{name}");
    }
    let error = folder.fails(&config(&["-o", "-"]));
    assert!(error.starts_with("only one configuration can go to standard output"), "{error}");
}

#[test]
fn flags_reach_the_configurations() {
    let folder = Folder::with_secrets();
    folder.ok(&config(&[
        "--install-disk=/dev/vda",
        "--install-image=registry.example.org/installer:v1",
        "--kubernetes-version=v1.35.2",
        "--additional-sans=k8s.example.org,10.5.0.9",
        "--dns-domain=example.local",
        "--with-kubespan",
        "--with-cluster-discovery=false",
        "--registry-mirror=docker.io=http://10.5.0.1:5000,ghcr.io=http://10.5.0.1:5001",
        "--with-docs=false",
        "--with-examples=false",
    ]));
    let text = folder.read("controlplane.yaml");
    for expected in [
        "disk.dev_path == \"/dev/vda\"",
        "registry.example.org/installer:v1",
        "kube-apiserver:v1.35.2",
        "k8s.example.org",
        "10.5.0.9",
        "dnsDomain: example.local",
        "kind: KubeSpanConfig",
        "name: ghcr.io",
    ] {
        assert!(text.contains(expected), "{expected}");
    }
    assert!(!text.contains("DiscoveryServiceConfig") && !text.contains('#'));
}

#[test]
fn patches_apply_in_order_to_the_roles_that_they_are_for() {
    let folder = Folder::with_secrets();
    folder.write("common/a.yaml", "machine: {sysctls: {a: common, b: common}}\n");
    folder.write("worker.patch", "machine: {sysctls: {b: worker}}\n");
    folder.ok(&config(&[
        "--talos-version=v1.13",
        "--config-patch=@common",
        "--config-patch-worker=@worker.patch",
        "--config-patch-control-plane",
        "[{\"op\": \"remove\", \"path\": \"/cluster/etcd/missing\"}]",
        "-t",
        "worker",
    ]));
    let text = folder.read("worker.yaml");
    assert!(text.contains("a: common") && text.contains("b: worker"), "{text}");
    let error = folder.fails(&config(&["-f", "--config-patch", "machine: {tpye: worker}"]));
    assert!(
        error.contains("patch 1:1:11: error: v1alpha1: machine.tpye: unknown key; did you mean \"type\"?"),
        "{error}"
    );
    let error = folder.fails(&config(&["-f", "--config-patch", "@nowhere.yaml"]));
    assert!(error.starts_with("cannot read nowhere.yaml"), "{error}");
}

#[test]
fn what_patches_make_invalid_is_told_with_its_place() {
    let folder = Folder::with_secrets();
    let run = folder.ok(&config(&[
        "--talos-version=v1.13",
        "--config-patch-worker",
        "cluster: {etcd: {image: x}}",
    ]));
    assert!(run.err.starts_with("worker.yaml:"), "{}", run.err);
    assert!(run.err.contains("etcd config is only allowed"), "{}", run.err);
    let line: usize = run.err.split(':').nth(1).unwrap().parse().unwrap();
    let text = folder.read("worker.yaml");
    let there = text.lines().nth(line - 1).unwrap();
    assert!(there.contains("etcd:") || there.contains("image:"), "the place is that of the file: {there}");
}

#[test]
fn secrets_come_back_out_of_every_version() {
    let folder = Folder::with_secrets();
    for version in ["v1.3", "v1.8", "v1.11", "v1.13", "v1.14"] {
        let args = ["--talos-version", version, "-t", "controlplane", "-o", "cp.yaml", "-f"];
        folder.ok(&config(&args));
        let out = folder.ok(&["gen", "secrets", "--from-controlplane-config", "cp.yaml", "-o", "-"]).out;
        assert_eq!(out, folder.read("secrets.yaml"), "{version}");
    }
    folder.ok(&config(&["-t", "worker"]));
    let error = folder.fails(&["gen", "secrets", "--from-controlplane-config", "worker.yaml", "-o", "-"]);
    assert!(error.contains("not the configuration of a control plane"), "{error}");
}

#[test]
fn bundles_are_private_and_take_a_token() {
    let folder = Folder::new();
    let token = "abcdef.0123456789abcdef";
    folder.ok(&["gen", "secrets", "-o", "s.yaml", "-t", token, "--talos-version", "v1.6"]);
    assert_eq!(mode(&folder, "s.yaml"), 0o600);
    assert!(folder.read("s.yaml").contains(&format!("bootstraptoken: {token}")));
    let error = folder.fails(&["gen", "secrets", "-t", "nope"]);
    assert!(error.contains("a token is 6 letters or digits"), "{error}");
}

#[test]
fn authorities_of_kubeadm_are_taken_over() {
    let folder = Folder::new();
    for (name, organization) in [("ca", "kubernetes"), ("front-proxy-ca", "front"), ("etcd-ca", "etcd")] {
        folder.ok(&["gen", "ca", "--organization", organization]);
        for extension in ["crt", "key"] {
            let target = format!("pki/{}.{extension}", name.replace("etcd-ca", "etcd/ca"));
            folder.write(&target, &folder.read(&format!("{organization}.{extension}")));
        }
    }
    folder.ok(&["gen", "key", "--name", "pki/sa"]);
    folder.ok(&["gen", "secrets", "-p", "pki", "--talos-version", "v1.6"]);
    let text = folder.read("secrets.yaml");
    let encoded = |name: &str| {
        use base64::Engine;
        base64::engine::general_purpose::STANDARD.encode(folder.read(name))
    };
    for name in ["pki/ca.crt", "pki/etcd/ca.key", "pki/front-proxy-ca.crt", "pki/sa.key"] {
        assert!(text.contains(&encoded(name)), "{name}");
    }
    folder.write("pki/ca.key", &folder.read("pki/sa.key"));
    let error = folder.fails(&["gen", "secrets", "-p", "pki", "-f"]);
    assert!(error.contains("pki/ca.crt and pki/ca.key are no authority"), "{error}");
}

#[test]
fn what_cannot_be_made_is_said_before_anything_is_written() {
    let folder = Folder::with_secrets();
    for (args, expected) in [
        (vec!["gen", "config", "demo", "10.5.0.1"], "https://10.5.0.1:6443"),
        (config(&["--talos-version", "v1.15"]), "use v1.0 to v1.14"),
        (config(&["--kubernetes-version", "latest"]), "it has to be a full version"),
        (config(&["--registry-mirror", "docker.io"]), "<host>=<URL>"),
        (config(&["--version", "v1beta1"]), "v1alpha1"),
        (config(&["-t", "init"]), "controlplane"),
        (config(&["--with-docs=maybe"]), "true or false"),
    ] {
        let error = folder.fails(&args);
        assert!(error.contains(expected), "{args:?}: {error}");
    }
    folder.write("broken.yaml", "cluster: {id: x, sceret: y}\n");
    let args = ["gen", "config", "demo", "https://10.5.0.1:6443", "--with-secrets", "broken.yaml"];
    let error = folder.fails(&args);
    assert!(error.contains("cannot use broken.yaml") && error.contains("unknown key \"sceret\""), "{error}");
    assert_eq!(folder.names(), ["broken.yaml", "secrets.yaml"]);
}
