//! Generated configurations are valid, repeatable, and change with the version as they should.

use super::*;
use crate::validate::{Mode, ValidateOptions};
use crate::{Config, secrets::Pair};

fn secrets(contract: VersionContract) -> Secrets {
    struct Fixed;
    impl crate::secrets::Entropy for Fixed {
        fn fill(&mut self, buffer: &mut [u8]) -> Result<(), String> {
            buffer.fill(7);
            Ok(())
        }
    }
    let mut made = Secrets::generate(
        contract.min(VersionContract::parse("1.6").unwrap()),
        std::time::SystemTime::now(),
        &mut Fixed,
    )
    .unwrap();
    if contract.after(1, 2) {
        made.secretbox_encryption_secret = made.cluster_secret.clone();
        made.aescbc_encryption_secret = String::new();
    }
    made
}

fn input(version: &str) -> Input {
    let contract = VersionContract::parse(version).unwrap();
    Input { contract, ..Input::new("demo", "https://10.5.0.1:6443") }
}

fn roles() -> [MachineType; 2] {
    [MachineType::ControlPlane, MachineType::Worker]
}

#[test]
fn every_version_and_role_is_accepted_by_our_own_decoder_and_rules() {
    for minor in 0..=14 {
        let input = input(&format!("v1.{minor}"));
        let secrets = secrets(input.contract);
        for role in roles() {
            let text = machine_config(&input, &secrets, role);
            let config = Config::decode("generated", text.as_bytes())
                .unwrap_or_else(|report| panic!("v1.{minor} {role:?}:\n{report}"));
            let report = config.validate(&ValidateOptions::local(Mode::Metal));
            assert!(!report.has_errors(), "v1.{minor} {role:?}:\n{report}");
        }
    }
}

#[test]
fn what_has_no_effect_in_a_generated_configuration_is_one_quiet_line() {
    for minor in 0..=14 {
        let input = input(&format!("v1.{minor}"));
        let secrets = secrets(input.contract);
        for role in roles() {
            let config =
                Config::decode("generated", machine_config(&input, &secrets, role).as_bytes()).unwrap();
            for (name, mode) in Mode::ALL {
                let lines = crate::effects::lines(&config.without_effect(mode));
                assert!(
                    lines.len() == 1 && lines[0].starts_with("without effect"),
                    "1.{minor} {name}: {lines:#?}"
                );
            }
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let input = input("v1.14");
    let secrets = secrets(input.contract);
    for role in roles() {
        assert_eq!(machine_config(&input, &secrets, role), machine_config(&input, &secrets, role));
    }
}

#[test]
fn workers_hold_no_key_of_any_authority() {
    for version in ["v1.9", "v1.13", "v1.14"] {
        let input = input(version);
        let secrets = secrets(input.contract);
        let text = machine_config(&input, &secrets, MachineType::Worker);
        for Pair { key, .. } in [&secrets.os, &secrets.k8s, &secrets.k8s_aggregator, &secrets.etcd] {
            assert!(!text.contains(key.as_str()), "{version}");
        }
        assert!(
            !text.contains("PRIVATE KEY") && !text.contains(&secrets.k8s_service_account_key),
            "{version}"
        );
    }
}

#[test]
fn a_bundle_can_be_taken_from_a_control_plane_configuration() {
    for version in ["v1.9", "v1.13", "v1.14"] {
        let input = input(version);
        let made = secrets(input.contract);
        let text = machine_config(&input, &made, MachineType::ControlPlane);
        let config = Config::decode("generated", text.as_bytes()).unwrap();
        assert_eq!(Secrets::from_control_plane(&config).unwrap(), made, "{version}");
        // A bundle of before 1.3, in a configuration of any version.
        let old = Secrets {
            aescbc_encryption_secret: made.secretbox_encryption_secret.clone(),
            secretbox_encryption_secret: String::new(),
            ..made
        };
        let text = machine_config(&input, &old, MachineType::ControlPlane);
        let config = Config::decode("generated", text.as_bytes()).unwrap();
        assert_eq!(Secrets::from_control_plane(&config).unwrap(), old, "{version}");
    }
}

#[test]
fn what_a_configuration_lacks_for_a_bundle_is_named() {
    for version in ["v1.9", "v1.14"] {
        let input = input(version);
        let made = secrets(input.contract);
        let text = machine_config(&input, &made, MachineType::Worker);
        let config = Config::decode("generated", text.as_bytes()).unwrap();
        let error = Secrets::from_control_plane(&config).unwrap_err().to_string();
        assert!(error.contains("is missing"), "{version}: {error}");
        let without = Secrets { trustd_token: String::new(), ..made };
        let text = machine_config(&input, &without, MachineType::ControlPlane);
        let config = Config::decode("generated", text.as_bytes()).unwrap();
        let error = Secrets::from_control_plane(&config).unwrap_err().to_string();
        assert_eq!(error, "trustdinfo.token is missing", "{version}");
    }
}

#[test]
fn each_version_adds_what_the_table_says() {
    let text = |version: &str| {
        let input = input(version);
        machine_config(&input, &secrets(input.contract), MachineType::ControlPlane)
    };
    let cases = [
        ("stableHostname: true", "v1.1", "v1.2"),
        ("auditPolicy:", "v1.2", "v1.3"),
        ("diskQuotaSupport: true", "v1.4", "v1.5"),
        ("kubePrism:", "v1.5", "v1.6"),
        ("hostDNS:", "v1.6", "v1.7"),
        ("exclude-from-external-load-balancers", "v1.7", "v1.8"),
        ("kind: HostnameConfig", "v1.11", "v1.12"),
        ("kind: KubeAPIServerConfig", "v1.13", "v1.14"),
    ];
    for (what, before, since) in cases {
        assert!(!text(before).contains(what), "{what} is in {before}");
        assert!(text(since).contains(what), "{what} is not in {since}");
    }
}

#[test]
fn comments_change_no_value_whichever_are_asked_for() {
    for minor in 0..=14 {
        let input = input(&format!("v1.{minor}"));
        let secrets = secrets(input.contract);
        for role in roles() {
            let plain = machine_config(&input, &secrets, role);
            let expected = Config::decode("plain", plain.as_bytes()).unwrap();
            for (docs, examples) in [(false, false), (true, false), (false, true), (true, true)] {
                let comments = Comments { docs, examples };
                let text = commented_machine_config(&input, &secrets, role, comments);
                let config = Config::decode("commented", text.as_bytes())
                    .unwrap_or_else(|report| panic!("v1.{minor} {role:?} {comments:?}:\n{report}"));
                assert!(config.documents() == expected.documents(), "v1.{minor} {role:?} {comments:?}");
                assert_eq!(text == plain, comments == Comments::NONE, "v1.{minor} {role:?} {comments:?}");
                assert_eq!(text, comment(&expected, input.contract, comments));
            }
        }
    }
}

/// The text with one block of examples made part of it, for each block; the block's first line
/// with each.
fn uncommented(text: &str) -> Vec<(String, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let is_title = |line: &str| {
        line.trim_start().starts_with("# ") && line.contains("# # ")
            || line.trim_start().strip_prefix("#").is_some_and(|rest| rest.trim_start().starts_with("# "))
    };
    let is_start = |line: &str| is_title(line) || line == "# ---";
    let mut made = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if !is_start(line) || at > 0 && lines[at - 1] == "# ---" {
            continue;
        }
        let mut end = at + 1;
        while end < lines.len()
            && lines[end].trim_start().starts_with('#')
            && (!is_start(lines[end]) || lines[end - 1] == "# ---")
        {
            end += 1;
        }
        let block: Vec<String> = lines[at..end]
            .iter()
            .filter(|line| !is_title(line))
            .map(|line| line.replacen("# ", "", 1))
            .collect();
        let mut before: Vec<String> = lines[..at].iter().map(|line| (*line).to_owned()).collect();
        // The mapping that the block belongs to may be written as empty.
        let indent = block[0].len() - block[0].trim_start().len();
        if let Some(owner) = before.iter_mut().rev().find(|line| !line.trim_start().starts_with('#'))
            && owner.len() - owner.trim_start().len() < indent
        {
            *owner = owner.replace(" {}", "");
        }
        let rest = lines[end..].iter().map(|line| (*line).to_owned());
        let whole: Vec<String> = before.into_iter().chain(block.clone()).chain(rest).collect();
        made.push((block.join("\n"), whole.join("\n") + "\n"));
    }
    made
}

#[test]
fn every_example_is_valid_where_it_stands() {
    let mut seen = 0;
    for minor in [0, 5, 8, 11, 12, 13, 14] {
        let input = input(&format!("v1.{minor}"));
        let secrets = secrets(input.contract);
        for role in roles() {
            let comments = Comments { docs: false, examples: true };
            let text = commented_machine_config(&input, &secrets, role, comments);
            let plain = Config::decode("plain", text.as_bytes()).unwrap();
            for (block, text) in uncommented(&text) {
                let config = Config::decode("example", text.as_bytes())
                    .unwrap_or_else(|report| panic!("v1.{minor} {role:?}:\n{report}\n{block}"));
                assert!(config.documents() != plain.documents(), "v1.{minor} {role:?}: no effect:\n{block}");
                let report = config.validate(&ValidateOptions::local(Mode::Metal));
                // Two ways to name the disk are shown; only one can be used.
                let errors: Vec<_> = report.errors().filter(|p| p.rule != "install-disk").collect();
                assert!(errors.is_empty(), "v1.{minor} {role:?}:\n{errors:?}\n{block}");
                seen += 1;
            }
        }
    }
    assert!(seen > 200, "{seen}");
}

#[test]
fn an_endpoint_with_an_address_of_ipv6_gives_networks_of_ipv6() {
    for version in ["v1.9", "v1.14"] {
        let input = Input { endpoint: "https://[2001:db8::1]:6443".to_owned(), ..input(version) };
        let secrets = secrets(input.contract);
        for role in roles() {
            let text = machine_config(&input, &secrets, role);
            assert!(text.contains("- fc00:db8:10::/56") && text.contains("- fc00:db8:20::/112"), "{text}");
            let config = Config::decode("generated", text.as_bytes()).unwrap();
            let report = config.validate(&ValidateOptions::local(Mode::Metal));
            assert!(!report.has_errors(), "{version} {role:?}:\n{report}");
        }
    }
}

/// The v1alpha1 list at a path of a generated configuration.
fn names(config: &Config, path: &str) -> Option<Vec<String>> {
    let node = crate::yaml::Path::dotted(path).find(config.v1alpha1_root()?)?;
    Some(node.as_seq()?.iter().filter_map(Node::as_text).map(|text| text.into_owned()).collect())
}

fn generated(input: &Input, role: MachineType) -> Config {
    let text = machine_config(input, &secrets(input.contract), role);
    Config::decode("generated", text.as_bytes()).unwrap_or_else(|report| panic!("{report}"))
}

#[test]
fn further_names_stand_where_each_version_has_them() {
    for minor in 0..=14 {
        let mut input = input(&format!("v1.{minor}"));
        let bare = generated(&input, MachineType::ControlPlane);
        let seeded = if minor <= 11 { vec!["10.5.0.1".to_owned()] } else { Vec::new() };
        assert_eq!(names(&bare, "machine.certSANs"), Some(Vec::new()), "v1.{minor}");
        assert_eq!(bare.api_server().cert_sans, seeded, "v1.{minor}");
        input.additional_sans = ["a.example", "10.5.0.1", "a.example", ""].map(str::to_owned).to_vec();
        for role in roles() {
            let config = generated(&input, role);
            let machine = names(&config, "machine.certSANs").unwrap();
            assert_eq!(machine, ["a.example", "10.5.0.1"], "v1.{minor} {role}");
        }
        let mut expected = seeded;
        expected.push("a.example".to_owned());
        if minor > 11 {
            expected.push("10.5.0.1".to_owned());
        }
        assert_eq!(
            generated(&input, MachineType::ControlPlane).api_server().cert_sans,
            expected,
            "v1.{minor}"
        );
    }
}

#[test]
fn mirrors_of_one_registry_are_endpoints_of_one_mirror_in_their_order() {
    for minor in 0..=14 {
        let mut input = input(&format!("v1.{minor}"));
        let mirror = |host: &str, url: &str| (host.to_owned(), format!("https://{url}.example"));
        input.registry_mirrors = vec![
            mirror("docker.io", "m"),
            mirror("ghcr.io", "m"),
            mirror("docker.io", "a"),
            mirror("docker.io", "m"),
            mirror("k8s.gcr.io", "k"),
        ];
        for role in roles() {
            let mirrors = generated(&input, role).registries().mirrors;
            let urls = |host: &str| -> Vec<String> {
                let own = mirrors.iter().filter(|mirror| mirror.host == host);
                own.flat_map(|mirror| &mirror.endpoints).map(|endpoint| endpoint.url.clone()).collect()
            };
            assert_eq!(mirrors.len(), 3, "v1.{minor}");
            assert_eq!(urls("docker.io"), ["https://m.example", "https://a.example"], "v1.{minor}");
            assert_eq!(urls("k8s.gcr.io").last().unwrap(), "https://k.example", "v1.{minor}");
        }
    }
}

#[test]
fn without_a_disk_a_patch_says_how_the_machine_is_installed() {
    for minor in 0..=14 {
        let mut input = input(&format!("v1.{minor}"));
        input.install_disk = String::new();
        for role in roles() {
            let config = generated(&input, role);
            assert!(!config.has("UnattendedInstallConfig"), "v1.{minor}");
            assert!(
                config.install().is_none_or(|install| install.disk.is_none() && install.disk_match.is_none())
            );
            for patch in [
                "machine: {install: {disk: /dev/vda}}",
                "machine: {install: {diskSelector: {size: '<= 1TB'}}}",
            ] {
                let patch = crate::patch::load("p", patch.as_bytes()).unwrap();
                let patched = crate::patch::apply(&config, &[patch]).unwrap().config;
                let report = patched.validate(&ValidateOptions::local(Mode::Metal));
                assert!(!report.has_errors(), "v1.{minor}: {report}");
            }
        }
    }
}

#[test]
fn a_disk_is_quoted_as_the_expression_needs_it() {
    let mut input = input("v1.14");
    input.install_disk = r#"/dev/disk/by-id/a"b\c"#.to_owned();
    let config = generated(&input, MachineType::Worker);
    let report = config.validate(&ValidateOptions::local(Mode::Metal));
    assert!(!report.has_errors(), "{report}");
}
