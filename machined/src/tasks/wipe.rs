//! Empties volumes. In container mode they are folders of the host.

use anyhow::Context;

/// Folder of each volume that a machine in container mode has.
const VOLUMES: [(&str, &str); 2] = [("EPHEMERAL", "/var"), ("STATE", "/system/state")];

/// Empties everything.
pub async fn all() -> anyhow::Result<()> {
    partitions(&VOLUMES.map(|(label, _)| label.to_owned())).await
}

/// Empties the volumes with these labels.
pub async fn partitions(labels: &[String]) -> anyhow::Result<()> {
    for label in labels {
        let (_, folder) = VOLUMES
            .iter()
            .find(|(known, _)| known == label)
            .with_context(|| format!("there is no volume {label} on this machine"))?;
        tracing::info!("wiping {label}");
        let emptied = tokio::task::spawn_blocking(|| sys::fs::empty_dir(folder.as_ref())).await?;
        emptied.with_context(|| format!("cannot wipe {label}"))?;
    }
    Ok(())
}
