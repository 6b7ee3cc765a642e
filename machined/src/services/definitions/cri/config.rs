//! Configuration of the runtime for Kubernetes, as files (contract os.md 4). Pure.

use std::collections::BTreeMap;
use std::fmt::Write;

use proto::resource::cri::RegistriesConfigSpec;
use serde_json::Value;
use toml_edit::{DocumentMut, Item, Table};

use crate::registry::hosts::{self, File, quoted};
use crate::services::oci;

/// What the configuration depends on.
#[derive(Debug, Clone, Default)]
pub struct Inputs<'a> {
    /// Image that holds the namespaces of pods.
    pub sandbox_image: &'a str,
    /// The host refuses lower OOM preferences: pods do without.
    pub restrict_oom_score: bool,
    /// Registries, their mirrors and credentials.
    pub registries: RegistriesConfigSpec,
    /// Whether the image cache is the first mirror of everything.
    pub image_cache: bool,
    /// The user's own parts by name (`20-<name>.part`), as TOML.
    pub customizations: BTreeMap<String, String>,
    /// What the user changes in the base of every container's configuration.
    pub base_spec: Option<Value>,
}

/// A part of the user's that is not TOML.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the runtime configuration {part} is not valid TOML: {reason}")]
pub struct InvalidPart {
    /// File name of the part.
    pub part: String,
    /// What the parser says, with line and column.
    pub reason: String,
}

/// All files.
pub fn files(inputs: &Inputs<'_>) -> Result<Vec<File>, InvalidPart> {
    let mut parts = BTreeMap::from([
        ("00-base.part".to_owned(), base_part(inputs)),
        ("01-registries.part".to_owned(), registries_part(&inputs.registries)),
    ]);
    parts.extend(inputs.customizations.iter().map(|(name, text)| (format!("20-{name}.part"), text.clone())));
    let merged = merge(&parts)?;
    let file = |path: String, contents: Vec<u8>, mode: u32| File { path, contents, mode };
    let mut files = vec![
        file("cri/containerd.toml".to_owned(), MAIN.as_bytes().to_vec(), 0o600),
        file("cri/conf.d/cri.toml".to_owned(), merged.into_bytes(), 0o600),
        file("cri/conf.d/base-spec.json".to_owned(), base_spec(inputs.base_spec.as_ref()), 0o600),
    ];
    files.extend(
        parts.into_iter().map(|(name, text)| file(format!("cri/conf.d/{name}"), text.into_bytes(), 0o600)),
    );
    files.extend(hosts::render(&inputs.registries, inputs.image_cache));
    Ok(files)
}

const MAIN: &str = r#"version = 3

imports = ["/etc/cri/conf.d/cri.toml"]

disabled_plugins = [
  "io.containerd.differ.v1.erofs",
  "io.containerd.internal.v1.tracing",
  "io.containerd.snapshotter.v1.blockfile",
  "io.containerd.snapshotter.v1.erofs",
  "io.containerd.tracing.processor.v1.otlp",
]

[debug]
  level = "info"
  format = "json"
"#;

fn base_part(inputs: &Inputs<'_>) -> String {
    format!(
        r#"version = 3

[plugins."io.containerd.cri.v1.images"]
  discard_unpacked_layers = true
  use_local_image_pull = true

[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = {sandbox}

[plugins."io.containerd.cri.v1.runtime"]
  enable_cdi = true
  cdi_spec_dirs = ["/run/cdi"]
  restrict_oom_score_adj = {restrict}

[plugins."io.containerd.cri.v1.runtime".cni]
  bin_dirs = ["/opt/cni/bin"]
  conf_dir = "/etc/cni/net.d"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
  base_runtime_spec = "/etc/cri/conf.d/base-spec.json"
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
  ShimCgroup = "/podruntime/shim"
  SystemdCgroup = false
"#,
        sandbox = quoted(inputs.sandbox_image),
        restrict = inputs.restrict_oom_score,
    )
}

fn registries_part(registries: &RegistriesConfigSpec) -> String {
    let mut text = format!(
        "[plugins.\"io.containerd.cri.v1.images\".registry]\n  config_path = {}\n",
        quoted(hosts::HOSTS_DIR)
    );
    for (host, auth) in &registries.registry_auths {
        let _ = writeln!(
            text,
            "\n[plugins.\"io.containerd.cri.v1.images\".registry.configs.{}.auth]",
            quoted(host)
        );
        let fields = [
            ("username", &auth.registry_username),
            ("password", &auth.registry_password),
            ("auth", &auth.registry_auth),
            ("identitytoken", &auth.registry_identity_token),
        ];
        for (key, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
            let _ = writeln!(text, "  {key} = {}", quoted(value));
        }
    }
    text
}

/// Merges parts in the order of their names: tables are joined, of everything else the last one counts.
fn merge(parts: &BTreeMap<String, String>) -> Result<String, InvalidPart> {
    let mut merged = DocumentMut::new();
    for (part, text) in parts {
        let document: DocumentMut = text
            .parse()
            .map_err(|e: toml_edit::TomlError| InvalidPart { part: part.clone(), reason: e.to_string() })?;
        merge_tables(merged.as_table_mut(), document.as_table());
    }
    Ok(merged.to_string())
}

fn merge_tables(into: &mut Table, from: &Table) {
    for (key, item) in from {
        match (into.get_mut(key), item) {
            (Some(Item::Table(into)), Item::Table(from)) => merge_tables(into, from),
            _ => {
                let mut item = item.clone();
                forget_position(&mut item);
                into.insert(key, item);
            }
        }
    }
}

/// Tables remember where they stood in their own file; in the merged one they follow each other.
fn forget_position(item: &mut Item) {
    if let Item::Table(table) = item {
        table.set_position(None);
        table.iter_mut().for_each(|(_, item)| forget_position(item));
    }
}

fn base_spec(changes: Option<&Value>) -> Vec<u8> {
    let mut spec = oci::base_spec();
    if let Some(changes) = changes {
        overlay(&mut spec, changes);
    }
    serde_json::to_vec_pretty(&spec).unwrap_or_default()
}

/// Lays objects over objects; anything else replaces what was there.
fn overlay(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                overlay(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::resource::cri::RegistryAuthConfig;

    fn text(files: &[File], path: &str) -> String {
        let file = files.iter().find(|f| f.path == path).unwrap_or_else(|| panic!("{path} in {files:?}"));
        String::from_utf8(file.contents.clone()).unwrap()
    }

    fn inputs() -> Inputs<'static> {
        Inputs { sandbox_image: "registry.k8s.io/pause:3.10.2", image_cache: true, ..Default::default() }
    }

    #[test]
    fn the_default_configuration_is_as_committed() {
        let files = files(&inputs()).unwrap();
        let names: Vec<_> = files.iter().map(|f| f.path.as_str()).collect();
        assert_eq!(
            names,
            [
                "cri/containerd.toml",
                "cri/conf.d/cri.toml",
                "cri/conf.d/base-spec.json",
                "cri/conf.d/00-base.part",
                "cri/conf.d/01-registries.part",
                "cri/conf.d/hosts/_default/hosts.toml",
            ]
        );
        assert_eq!(text(&files, "cri/conf.d/cri.toml"), include_str!("testdata/cri.toml"));
    }

    #[test]
    fn parts_of_the_user_change_single_values_and_add_tables() {
        let mut inputs = inputs();
        let part = "[plugins.\"io.containerd.cri.v1.runtime\"]\nenable_cdi = false\n\
                    [plugins.\"io.containerd.cri.v1.runtime\".containerd.runtimes.gvisor]\nruntime_type = \"x\"\n";
        inputs.customizations.insert("customization".into(), part.into());
        let merged: DocumentMut = text(&files(&inputs).unwrap(), "cri/conf.d/cri.toml").parse().unwrap();
        let runtime = &merged["plugins"]["io.containerd.cri.v1.runtime"];
        assert_eq!(runtime["enable_cdi"].as_bool(), Some(false));
        assert_eq!(runtime["containerd"]["runtimes"]["gvisor"]["runtime_type"].as_str(), Some("x"));
        assert_eq!(
            runtime["containerd"]["runtimes"]["runc"]["runtime_type"].as_str(),
            Some("io.containerd.runc.v2")
        );
    }

    #[test]
    fn a_part_that_is_not_toml_is_refused_by_name() {
        let mut inputs = inputs();
        inputs.customizations.insert("customization".into(), "[plugins".into());
        let error = files(&inputs).unwrap_err();
        assert_eq!(error.part, "20-customization.part");
        assert!(error.reason.contains("line 1"), "{error}");
    }

    #[test]
    fn credentials_reach_the_runtime_and_not_the_debug_output() {
        let mut inputs = inputs();
        let auth = RegistryAuthConfig {
            registry_username: "ada".into(),
            registry_password: "s3\"cret".into(),
            ..Default::default()
        };
        inputs.registries.registry_auths.insert("ghcr.io".into(), auth);
        let files = files(&inputs).unwrap();
        let merged: DocumentMut = text(&files, "cri/conf.d/cri.toml").parse().unwrap();
        let auth =
            &merged["plugins"]["io.containerd.cri.v1.images"]["registry"]["configs"]["ghcr.io"]["auth"];
        assert_eq!(auth["password"].as_str(), Some("s3\"cret"));
        assert!(!format!("{files:?}").contains("cret"));
    }

    #[test]
    fn changes_of_the_base_spec_lie_over_the_default() {
        let mut inputs = inputs();
        inputs.base_spec = Some(serde_json::json!({"process": {"rlimits": [{"type": "RLIMIT_NOFILE"}]}}));
        let spec: Value =
            serde_json::from_str(&text(&files(&inputs).unwrap(), "cri/conf.d/base-spec.json")).unwrap();
        assert_eq!(spec["process"]["rlimits"][0]["type"], "RLIMIT_NOFILE");
        assert_eq!(spec["process"]["noNewPrivileges"], true);
    }
}
