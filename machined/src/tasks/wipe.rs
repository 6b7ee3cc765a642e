//! Empties volumes. In container mode they are folders of the host.

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::sequencer::Request;

/// Folder of each volume that a machine in container mode has, EPHEMERAL first: a wipe that is cut short leaves the
/// configuration, with which it can be asked for again.
const VOLUMES: [(&str, &str); 2] = [("EPHEMERAL", "var"), ("STATE", "system/state")];

/// Empties the volumes that a reset is to wipe.
pub async fn volumes(request: &Request) -> anyhow::Result<()> {
    for (label, folder) in folders(Path::new("/"), request)? {
        tracing::info!("wiping {label}");
        let emptied = tokio::task::spawn_blocking(move || sys::fs::empty_dir(&folder)).await?;
        emptied.with_context(|| format!("cannot wipe {label}"))?;
    }
    Ok(())
}

/// Wipes disks of the user: there are none, and the API has said so.
pub fn user_disks(request: &Request) -> anyhow::Result<()> {
    match request.user_disks.first() {
        Some(disk) => anyhow::bail!("there is no disk {disk} on this machine: it has none"),
        None => Ok(()),
    }
}

/// The folders to empty, with the volumes that they are.
fn folders(root: &Path, request: &Request) -> anyhow::Result<Vec<(&'static str, PathBuf)>> {
    let unknown = request.partitions.iter().find(|label| !VOLUMES.iter().any(|(known, _)| known == label));
    if let Some(label) = unknown {
        anyhow::bail!("there is no volume {label} on this machine");
    }
    let wiped = VOLUMES.iter().filter(|(label, _)| request.wipes(label));
    Ok(wiped.map(|(label, folder)| (*label, root.join(folder))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sequencer::ResetMode;

    fn wiped(mode: ResetMode, partitions: &[&str]) -> Vec<&'static str> {
        let partitions = partitions.iter().map(|&label| label.to_owned()).collect();
        let request = Request { mode, partitions, ..Request::default() };
        folders(Path::new("/root"), &request).unwrap().into_iter().map(|(label, _)| label).collect()
    }

    #[test]
    fn only_what_a_reset_is_about_is_emptied() {
        assert_eq!(wiped(ResetMode::All, &[]), ["EPHEMERAL", "STATE"]);
        assert_eq!(wiped(ResetMode::SystemDisk, &["STATE"]), ["STATE"]);
        assert_eq!(wiped(ResetMode::All, &["EPHEMERAL", "EPHEMERAL"]), ["EPHEMERAL"]);
        assert!(wiped(ResetMode::UserDisks, &[]).is_empty());
        assert!(wiped(ResetMode::UserDisks, &["STATE"]).is_empty());
    }

    #[test]
    fn an_unknown_volume_stops_the_wipe_before_anything_is_emptied() {
        let partitions = vec!["EPHEMERAL".to_owned(), "u-data".to_owned()];
        let request = Request { partitions, ..Request::default() };
        assert!(folders(Path::new("/root"), &request).unwrap_err().to_string().contains("u-data"));
        let request = Request { user_disks: vec!["/dev/sdb".to_owned()], ..Request::default() };
        assert!(user_disks(&request).is_err() && user_disks(&Request::default()).is_ok());
    }
}
