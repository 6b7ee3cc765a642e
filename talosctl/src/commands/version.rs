//! `talosctl version`.

use proto::machine::{Version, VersionInfo};

use crate::global::{Global, Insecure};
use crate::node::Node;
use crate::output::{note, print};
use crate::session::Session;
use crate::skew;

/// Print versions of this client and of nodes
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl version --client
  talosctl -n 10.5.0.2,10.5.0.3 version --short")]
pub struct Args {
    /// Print the version of this client only
    #[arg(long)]
    client: bool,
    /// Print the version of this client on one line
    #[arg(long)]
    short: bool,
    /// Print JSON, one object a line
    #[arg(long, hide = true)]
    json: bool,
    #[command(flatten)]
    insecure: Insecure,
}

/// The level of the contract that this client speaks.
pub const TAG: &str = "v1.14.0";

pub(super) fn own() -> VersionInfo {
    VersionInfo {
        tag: TAG.to_owned(),
        sha: env!("CARGO_PKG_VERSION").to_owned(),
        built: String::new(),
        go_version: String::new(),
        os: std::env::consts::OS.to_owned(),
        arch: match std::env::consts::ARCH {
            "x86_64" => "amd64".to_owned(),
            "aarch64" => "arm64".to_owned(),
            other => other.to_owned(),
        },
    }
}

pub(super) fn block(info: &VersionInfo) -> String {
    let VersionInfo { tag, sha, built, go_version, os, arch } = info;
    format!(
        "\tTag:         {tag}\n\tSHA:         {sha}\n\tBuilt:       {built}\n\tGo version:  {go_version}\n\tOS/Arch:     {os}/{arch}\n"
    )
}

/// Always in full: `--short` is about the client, and scripts look for the tag of each node.
pub(super) fn server(node: &str, version: &Version) -> String {
    let Some(info) = &version.version else { return String::new() };
    let enabled = if rbac(version) { "\tEnabled:     RBAC\n" } else { "" };
    format!("\tNODE:        {node}\n{}{enabled}", block(info))
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let own = own();
    if args.json {
        print(&format!("{}\n", json("", &own, &[])))?;
    } else {
        print("Client:\n")?;
        print(&if args.short { format!("Talos {}\n", own.tag) } else { block(&own) })?;
    }
    if args.client {
        return Ok(());
    }
    if !args.json {
        print("Server:\n")?;
    }
    let session = Session::open_for(global, &args.insecure)?.without_skew_warning();
    let ask = async |node: Node| {
        let answer = node.machine().version(node.request(())).await?.into_inner();
        for version in &answer.messages {
            if args.json {
                let features: &[&str] = if rbac(version) { &["RBAC"] } else { &[] };
                let info = version.version.clone().unwrap_or_default();
                print(&format!("{}\n", json(&node.name, &info, features)))?;
            } else {
                print(&server(&node.name, version))?;
            }
            let tag = version.version.as_ref().map(|v| v.tag.as_str()).unwrap_or_default();
            if let Some(warning) = skew::warning(&node.name, tag) {
                note(&warning);
            }
        }
        Ok(())
    };
    session.each("error getting version", ask).await
}

fn rbac(version: &Version) -> bool {
    version.features.as_ref().is_some_and(|features| features.rbac)
}

/// One object a line: the client's without a node, then each node's.
fn json(node: &str, info: &VersionInfo, features: &[&str]) -> serde_json::Value {
    let mut object = serde_json::json!({
        "tag": info.tag,
        "sha": info.sha,
        "built": info.built,
        "go_version": info.go_version,
        "os": info.os,
        "arch": info.arch,
    });
    if !node.is_empty() {
        object["node"] = node.into();
        object["features"] = features.into();
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_node_there_are_all_lines_whatever_the_client_says_of_itself() {
        let info = VersionInfo { tag: "v1.14.0".into(), ..VersionInfo::default() };
        let features = Some(proto::machine::FeaturesInfo { rbac: true });
        let version = Version { version: Some(info), features, ..Version::default() };
        let text = server("10.5.0.2", &version);
        let labels: Vec<&str> =
            text.lines().filter_map(|line| line.trim_start().split_once(':')).map(|l| l.0).collect();
        assert_eq!(labels, ["NODE", "Tag", "SHA", "Built", "Go version", "OS/Arch", "Enabled"]);
    }

    #[test]
    fn the_block_has_the_fields_and_the_tabs_that_scripts_look_for() {
        let text = block(&VersionInfo {
            tag: "v1".into(),
            os: "linux".into(),
            arch: "amd64".into(),
            ..Default::default()
        });
        assert_eq!(
            text,
            "\tTag:         v1\n\tSHA:         \n\tBuilt:       \n\tGo version:  \n\tOS/Arch:     linux/amd64\n"
        );
    }
}
