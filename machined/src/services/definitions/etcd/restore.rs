//! Brings a snapshot back into an empty data directory, with etcd's own tool from etcd's own image.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};
use containerd::{Client, Image, ImageInfo, NewContainer};

use super::{DATA, Restore, USER};
use crate::services::Environment;
use crate::services::oci::{Capabilities, ContainerConfig, Mount};

/// Container of the tool.
const ID: &str = "etcd-restore";

/// What the tool says, kept until it is read.
const OUTPUT: &str = "/system/run/machined/etcd-restore.log";

/// Command and mounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    command: Vec<String>,
    snapshot: String,
}

/// How a snapshot becomes the data of a cluster of this member alone.
pub fn plan(restore: &Restore, name: &str, peer_urls: &[String]) -> Plan {
    let snapshot = restore.snapshot.display().to_string();
    let cluster: Vec<String> = peer_urls.iter().map(|url| format!("{name}={url}")).collect();
    let mut command: Vec<String> =
        ["/usr/local/bin/etcdutl", "snapshot", "restore", &snapshot].map(str::to_owned).to_vec();
    command.push(format!("--data-dir={DATA}"));
    command.push(format!("--initial-advertise-peer-urls={}", peer_urls.join(",")));
    command.push(format!("--initial-cluster={}", cluster.join(",")));
    command.push(format!("--name={name}"));
    if restore.skip_hash_check {
        command.push("--skip-hash-check".to_owned());
    }
    Plan { command, snapshot }
}

/// Runs the tool, then removes the snapshot.
pub async fn run(
    environment: &Environment,
    client: &Client,
    image: &Image,
    info: &ImageInfo,
    plan: &Plan,
) -> anyhow::Result<()> {
    // The folder is one that pods may write: not what the name may lead to.
    std::os::unix::fs::lchown(&plan.snapshot, Some(USER), Some(USER))
        .with_context(|| format!("giving {} to etcd", plan.snapshot))?;
    let config = ContainerConfig {
        args: plan.command.clone(),
        env: info.env.clone(),
        user: (USER, USER),
        mounts: vec![Mount::same(DATA, &["rw"]), Mount::same(&plan.snapshot, &["ro"])],
        capabilities: Capabilities::None,
        oom_score: -998,
        open_files: None,
        cgroup: "/podruntime/etcd".to_owned(),
        privileged: false,
    };
    let container = NewContainer {
        id: ID.to_owned(),
        image: image.name.clone(),
        chain_id: info.chain_id.clone(),
        spec: config.render(&environment.host).context("describing the container that restores etcd")?,
        labels: BTreeMap::new(),
        shim_cgroup: None,
    };
    clean_up(client).await?;
    let _ = std::fs::remove_file(OUTPUT);
    client.create_container(&container).await?;
    client.create_task(ID, &format!("file://{OUTPUT}")).await?;
    client.start_task(ID).await?;
    let exit = client.wait_task(ID).await?;
    clean_up(client).await?;
    let said = std::fs::read_to_string(OUTPUT).unwrap_or_default();
    let log = environment.log("etcd");
    said.lines().for_each(|line| log.line(line));
    if exit.status != 0 {
        sys::fs::empty_dir(Path::new(DATA))?;
        let reason = said.lines().rev().find(|l| !l.trim().is_empty()).unwrap_or("it did not say why");
        bail!("restoring etcd from {}: exit code {}: {reason}", plan.snapshot, exit.status);
    }
    std::fs::remove_file(&plan.snapshot).with_context(|| format!("removing {}", plan.snapshot))
}

async fn clean_up(client: &Client) -> anyhow::Result<()> {
    client.delete_task(ID).await?;
    client.delete_container(ID).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_database_has_no_checksum_to_look_at() {
        let urls = ["https://10.5.0.2:2380".to_owned()];
        let mut restore = Restore { snapshot: "/var/lib/etcd.snapshot".into(), skip_hash_check: false };
        let checked = plan(&restore, "cp-1", &urls);
        assert!(checked.command.contains(&"--initial-cluster=cp-1=https://10.5.0.2:2380".to_owned()));
        assert!(!checked.command.contains(&"--skip-hash-check".to_owned()));
        restore.skip_hash_check = true;
        assert!(plan(&restore, "cp-1", &urls).command.contains(&"--skip-hash-check".to_owned()));
    }
}
