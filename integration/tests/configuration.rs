//! Changing the configuration of a running machine: looked at first, applied, tried, edited, and refused when it is
//! wrong or meant for another one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say bluntly what they expect"
)]

mod support;

use std::net::{SocketAddr, TcpStream};
use std::process::{ExitCode, Output};
use std::time::Duration;

use proto::machine::ApplyConfigurationRequest;
use proto::machine::apply_configuration_request::Mode;
use proto::machine::machine_service_client::MachineServiceClient;
use support::chapters::{Stage, chapter, tell};
use support::{Cluster, SINGLE, raw};
use tonic::Status;

/// Both outputs: what is said about a change goes to standard error.
fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const PATCH: &str = "apiVersion: v1alpha1\nkind: SysctlConfig\nparams:\n  net.ipv4.ip_default_ttl: \"63\"\n";

fn main() -> ExitCode {
    let chapters = [
        chapter(a_change_is_seen_before_it_is_made_and_then_there_is_nothing_more_to_see),
        chapter(a_tried_change_is_taken_back),
        chapter(it_is_edited),
        chapter(what_is_meant_for_another_machine_is_refused),
        chapter(kernel_parameters_are_set_and_put_back),
        chapter(a_network_that_cuts_off_is_taken_back),
        chapter(mistakes_are_refused_with_field_and_line),
    ];
    tell("configuration", Story::begin, chapters)
}

/// A cluster, and what it was before the first change.
struct Story {
    cluster: Cluster,
    configuration: String,
    ttl: String,
}

impl Story {
    fn begin() -> Self {
        let cluster = Cluster::start("conf", SINGLE);
        let (configuration, ttl) = (cluster.configuration(&cluster.nodes[0]), kernel(&cluster, TTL));
        Self { cluster, configuration, ttl }
    }

    fn node(&self) -> &str {
        &self.cluster.nodes[0]
    }

    fn stored(&self) -> String {
        self.cluster.configuration(self.node())
    }

    fn file(&self, name: &str, text: &str) -> String {
        self.cluster.file(name, text).to_str().unwrap().to_owned()
    }

    fn on_node(&self, args: &[&str]) -> Output {
        self.cluster.run(&[&["-n", self.node()], args].concat())
    }

    /// With the patch, however the chapter before ended.
    fn patched(&self) {
        let made = self.on_node(&["patch", "mc", "-p", PATCH]);
        assert!(made.status.success(), "{}", said(&made));
    }
}

impl Stage for Story {
    fn keep(&self) {
        self.cluster.keep_evidence();
    }
}

fn a_change_is_seen_before_it_is_made_and_then_there_is_nothing_more_to_see(story: &Story) {
    let (cluster, node) = (&story.cluster, story.node());
    let patch = format!("@{}", story.file("sysctl.yaml", PATCH));
    // Seen: with its effect, its origin and the host name; not made.
    let seen = story.on_node(&["patch", "mc", "-p", &patch, "--dry-run"]);
    let text = said(&seen);
    assert!(seen.status.success() && seen.stdout.is_empty(), "{text}");
    assert!(text.starts_with(&format!("{node} (conf-controlplane-1)\nDry run summary:\n")), "{text}");
    assert!(text.contains("+kind: SysctlConfig\n"), "{text}");
    assert!(
        text.contains("SysctlConfig is added (live) from ") && text.contains("sysctl.yaml:1:1\n"),
        "{text}"
    );
    assert_eq!(story.stored(), story.configuration);

    // Made, and then there is nothing more to see.
    let made = story.on_node(&["patch", "mc", "-p", &patch]);
    assert!(made.status.success(), "{}", said(&made));
    assert!(story.stored().contains("net.ipv4.ip_default_ttl: \"63\""));
    cluster.until("the kernel has the new value", |c| kernel(c, TTL) == "63");
    let again = said(&story.on_node(&["patch", "mc", "-p", &patch, "--dry-run"]));
    assert!(again.contains("No changes.") && !again.contains("Config diff"), "{again}");
    let whole = story.file("whole.yaml", &story.stored());
    let again = said(&story.on_node(&["apply-config", "-f", &whole, "--dry-run"]));
    assert!(again.contains("No changes."), "{again}");
}

fn a_tried_change_is_taken_back(story: &Story) {
    story.patched();
    let other = PATCH.replace("63", "62");
    let tried = story.on_node(&["patch", "mc", "-p", &other, "--mode", "try", "--timeout", "3s"]);
    assert!(tried.status.success(), "{}", said(&tried));
    assert!(story.stored().contains("\"62\""));
    std::thread::sleep(Duration::from_secs(3));
    story.cluster.until("the tried configuration is taken back", |_| story.stored().contains("\"63\""));
}

/// A parameter of the node's network namespace.
const TTL: &str = "net/ipv4/ip_default_ttl";

/// Another one, of two numbers.
const PORTS: &str = "net/ipv4/ip_local_port_range";

/// A kernel parameter, as the node's network has it.
fn kernel(cluster: &Cluster, name: &str) -> String {
    let shown = cluster.in_network(&cluster.node_name(0), &["cat", &format!("/proc/sys/{name}")]);
    String::from_utf8_lossy(&shown.stdout).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// They are set, and put back when the configuration no longer wants them. Those of the whole machine are left
/// alone, which the node says.
fn kernel_parameters_are_set_and_put_back(story: &Story) {
    let Story { cluster, configuration: before, ttl } = story;
    let node = story.node();
    let ports = kernel(cluster, PORTS);
    let threads = std::fs::read_to_string("/proc/sys/kernel/threads-max").unwrap();
    let patch = "machine: {sysctls: {net.ipv4.ip_local_port_range: 20000 30000, kernel.threads-max: 4321}}";
    cluster.ok(&["-n", node, "patch", "mc", "-p", patch]);
    cluster.until("the kernel has the new value", |c| kernel(c, PORTS) == "20000 30000");
    assert_eq!(std::fs::read_to_string("/proc/sys/kernel/threads-max").unwrap(), threads);
    let status = |name: &str, field: &str| {
        let (id, path) = (format!("proc.sys.{name}"), format!("jsonpath={{.spec.{field}}}"));
        cluster.ok(&["-n", node, "get", "kernelparamstatus", &id, "-o", &path])
    };
    cluster.until("the node says what it leaves alone", |_| {
        status("kernel.threads-max", "unsupported").trim() == "true"
    });
    assert_eq!(status("net.ipv4.ip_local_port_range", "unsupported").trim(), "false");
    cluster.ok(&["-n", node, "apply-config", "-f", &story.file("before.yaml", before)]);
    cluster.until("both parameters are as before", |c| kernel(c, PORTS) == ports && kernel(c, TTL) == *ttl);
}

/// A configuration that cuts the machine off is taken back by the machine itself: nobody else could.
fn a_network_that_cuts_off_is_taken_back(Story { cluster, .. }: &Story) {
    let node = cluster.nodes[0].as_str();
    let before = cluster.configuration(node);
    let api = SocketAddr::new(node.parse().unwrap(), 50000);
    let answers = || TcpStream::connect_timeout(&api, Duration::from_millis(500)).is_ok();
    assert!(answers());
    // With the gateway's own address the node takes whoever calls for itself.
    let gateway = cluster.gateway();
    let patch = format!(
        "apiVersion: v1alpha1\nkind: LinkConfig\nname: eth0\naddresses: [{{address: {gateway}/32}}]\n"
    );
    // The answer may be the first thing that does not get through.
    let mut patching = cluster.command("talosctl");
    patching.args(["-n", node, "patch", "mc", "-p", &patch, "--mode", "try", "--timeout", "8s"]);
    let mut patching = patching.spawn().unwrap();
    cluster.until("the machine is cut off", |_| !answers());
    let _ = patching.kill();
    patching.wait().unwrap();
    cluster.until("the machine is back", |c| answers() && c.run(&["-n", node, "version"]).status.success());
    assert!(cluster.configuration(node) == before, "it is not the configuration before");
    cluster.healthy();
}

/// A mistake in a configuration: how it is made, and what is said of it.
struct Mistake {
    what: &'static str,
    make: fn(&str) -> String,
    /// The line that is named is the first one that has this.
    at: &'static str,
    /// What is named beside the line.
    words: &'static [&'static str],
}

const MISTAKES: [Mistake; 6] = [
    Mistake {
        what: "unknown key",
        make: |good| good.replacen("\nmachine:\n", "\nmachine:\n    nope: 1\n", 1),
        at: "nope: 1",
        words: &["nope"],
    },
    Mistake {
        what: "wrong type",
        make: |good| good.replacen("\nmachine:\n", "\nmachine:\n    udev: 7\n", 1),
        at: "udev: 7",
        words: &["udev"],
    },
    Mistake { what: "missing CA", make: without_authority, at: "machine:", words: &["machine.ca"] },
    Mistake {
        what: "host name that is none",
        make: |good| good.replacen("\nauto: stable", "\nauto: off\nhostname: not_valid_", 1),
        at: "not_valid_",
        words: &["HostnameConfig", "hostname"],
    },
    Mistake {
        what: "address that is none",
        make: |good| {
            let link =
                "apiVersion: v1alpha1\nkind: LinkConfig\nname: eth0\naddresses: [{address: 10.5.0.300/24}]\n";
            format!("{good}---\n{link}")
        },
        at: "10.5.0.300",
        words: &["address"],
    },
    Mistake {
        what: "endpoint that is none",
        make: |good| good.replacen("\nendpoint: https://", "\nendpoint: https//", 1),
        at: "https//",
        words: &["endpoint"],
    },
];

/// The machine's authority is the first one in the file, and is followed by its names.
fn without_authority(good: &str) -> String {
    let (before, rest) = good.split_once("\n    ca:\n").unwrap();
    let (_, after) = rest.split_once("\n    certSANs:\n").unwrap();
    format!("{before}\n    certSANs:\n{after}")
}

/// Each is refused before anything changes, by our command line and by the API, with field and line.
fn mistakes_are_refused_with_field_and_line(story: &Story) {
    let (cluster, node) = (&story.cluster, story.node());
    let good = cluster.configuration(node);
    for Mistake { what, make, at, words } in MISTAKES {
        let bad = make(&good);
        assert!(bad != good, "{what}: there is nothing to change");
        let line = 1 + bad.lines().position(|line| line.contains(at)).unwrap();
        let by_us = cluster.fails(&["-n", node, "apply-config", "-f", &story.file("bad.yaml", &bad)]);
        let by_api = applied(cluster, &bad, Mode::Auto, false).unwrap_err();
        assert_eq!(by_api.code(), tonic::Code::InvalidArgument, "{what}: {by_api}");
        for said in [by_us.as_str(), by_api.message()] {
            for word in words {
                assert!(said.contains(word), "{what}: {word} is not named: {said}");
            }
            assert!(said.contains(&format!(":{line}:")), "{what}: line {line}: {said}");
        }
    }
    let good = story.file("good.yaml", &good);
    let patch = "machine: {sysctls: {$patch: delete}, nodeLabels: {a: {$patch: delete}}}";
    let said = cluster.fails(&["-n", node, "apply-config", "-f", &good, "-p", patch]);
    assert!(said.contains("machine") && said.contains("1:"), "{said}");
    // Operations are for configurations of one document, as older versions have them.
    let folder = cluster.user_folder("older").to_str().unwrap().to_owned();
    cluster.ok(&[
        "gen",
        "config",
        "older",
        "https://10.5.0.1:6443",
        "--talos-version",
        "v1.10",
        "-o",
        &folder,
        "-f",
    ]);
    let operation = r#"[{"op": "remove", "path": "/machine/absent"}]"#;
    let older = format!("{folder}/controlplane.yaml");
    let said = cluster.fails(&["-n", node, "apply-config", "-f", &older, "-p", operation]);
    assert!(said.contains("/machine/absent"), "{said}");
    assert!(
        cluster.configuration(node) == std::fs::read_to_string(&good).unwrap(),
        "a refusal changed something"
    );
}

/// Sends a configuration as any client may.
fn applied(cluster: &Cluster, text: &str, mode: Mode, dry_run: bool) -> Result<Vec<String>, Status> {
    raw::run(async {
        let channel = raw::channel(&cluster.talosconfig(), &cluster.nodes[0]);
        let data = text.as_bytes().to_vec();
        let request = ApplyConfigurationRequest { data, mode: mode as i32, dry_run, ..Default::default() };
        let answer = MachineServiceClient::new(channel).apply_configuration(request).await?.into_inner();
        let mut warnings = Vec::new();
        for message in answer.messages {
            warnings.extend(message.warnings);
            warnings.push(message.mode_details);
        }
        Ok(warnings)
    })
}

/// In an editor, which a script stands for.
fn it_is_edited(story: &Story) {
    story.patched();
    let (cluster, node) = (&story.cluster, story.node());
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
    assert!(story.stored().contains("\"61\""));
    let broken = edit("sed -i s/params:/parms:/");
    let text = said(&broken);
    assert!(!broken.status.success() && text.contains("given up") && text.contains("parms"), "{text}");
    if let Some(kept) = text.split("it is kept as ").nth(1).and_then(|rest| rest.split(',').next()) {
        assert!(std::fs::read_to_string(kept).unwrap().contains("parms:"), "the work is not lost");
        std::fs::remove_file(kept).unwrap();
    }
}

/// Meant for another machine.
fn what_is_meant_for_another_machine_is_refused(story: &Story) {
    let (cluster, node, current) = (&story.cluster, story.node(), story.stored());
    let path = |name: &str| story.file(name, "");
    let (secrets, worker, foreign) = (path("s.yaml"), path("w.yaml"), path("f.yaml"));
    let endpoint = "https://10.9.9.9:6443";
    let control_plane = story.file("cp.yaml", &current);
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
    // Clients that do not look first are warned by the machine. Staged, it changes nothing that runs.
    let worker = std::fs::read_to_string(&worker).unwrap();
    for dry_run in [true, false] {
        let warned = applied(cluster, &worker, Mode::Staged, dry_run).unwrap().join("\n");
        assert!(warned.contains("controlplane") && warned.contains("worker"), "{warned}");
    }
    applied(cluster, &current, Mode::Auto, false).unwrap();
}
