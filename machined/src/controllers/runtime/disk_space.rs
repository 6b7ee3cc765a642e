//! Space on /var: a machine that has run out of it says so instead of failing in a hundred places.

use std::path::Path;
use std::time::Duration;

use proto::internal::specs::NoticeSpec;
use state::{Context, Controller, Input, Next, Output};
use sys::statfs::{Usage, usage};

use crate::blocking::{ANSWER, Pool};

/// What is watched.
const FOLDER: &str = "/var";
/// Id of the notice.
const ID: &str = "disk-full";
/// Less than this is as good as nothing, in bytes: etcd alone preallocates 64 MiB for its log.
const FULL: u64 = 64 << 20;
/// Fewer free inodes than this are as good as none.
const INODES: u64 = 64;
/// Pauses between two looks: usually, and while there is little left. Nothing tells of this by itself.
const PAUSES: (Duration, Duration) = (Duration::from_secs(15), Duration::from_secs(3));

/// Publishes Notices/disk-full while /var is full.
pub struct DiskSpace {
    full: bool,
    looks: Pool,
}

impl Default for DiskSpace {
    fn default() -> Self {
        // One that hangs is enough to know.
        Self { full: false, looks: Pool::new("looks at the space on /var", 1) }
    }
}

#[async_trait::async_trait]
impl Controller for DiskSpace {
    fn name(&self) -> &'static str {
        "runtime.DiskSpaceController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::shared::<NoticeSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let notices = ctx.outputs::<NoticeSpec>();
        // Pods can mount over what is above it, and a file system may be dead.
        let Ok(Ok(usage)) = self.looks.run(ANSWER, || usage(Path::new(FOLDER))).await else {
            notices.finish().await?;
            return Ok(Next::After(PAUSES.0));
        };
        let was_full = self.full;
        self.full = is_full(&usage, was_full);
        if self.full {
            notices.put(ID, complaint(&usage)).await?;
        }
        notices.finish().await?;
        match (was_full, self.full) {
            (false, true) => tracing::error!("{}", complaint(&usage).message),
            (true, false) => tracing::info!("{FOLDER} has space again"),
            _ => {}
        }
        Ok(Next::After(if is_full(&usage, true) { PAUSES.1 } else { PAUSES.0 }))
    }
}

fn is_full(usage: &Usage, was_full: bool) -> bool {
    let factor = if was_full { 2 } else { 1 };
    let no_inodes = usage.inodes > 0 && usage.inodes_free < factor * INODES;
    usage.available < factor * FULL || no_inodes
}

fn complaint(usage: &Usage) -> NoticeSpec {
    let total = usage.total >> 20;
    // What is left changes at each look; told in numbers, it would change the resource as often.
    let message = match usage.available < 2 * FULL {
        true => format!("{FOLDER} is full: less than {} MiB of {total} MiB are left", (2 * FULL) >> 20),
        false => format!("{FOLDER} is full: there is no room for more files, however small"),
    };
    let details = vec![
        "etcd, pods and images cannot write; the configuration is kept and can be changed".to_owned(),
        "remove unused images, logs or volumes (talosctl usage /var), or give the disk more space".to_owned(),
    ];
    NoticeSpec::error(message, details)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(available: u64) -> Usage {
        Usage { total: 10 << 30, free: available, available, inodes: 1000, inodes_free: 500 }
    }

    #[test]
    fn a_full_disk_counts_as_full_until_there_is_clearly_space() {
        let cases = [
            (FULL, false, false),
            (FULL - 1, false, true),
            (FULL + 1, true, true),
            (2 * FULL, true, false),
            (0, false, true),
        ];
        for (available, was, expected) in cases {
            assert_eq!(is_full(&left(available), was), expected, "{available} {was}");
        }
        assert!(complaint(&left(0)).message.contains("less than 128 MiB of 10240 MiB"));
        let no_files = Usage { inodes_free: 3, ..left(5 << 30) };
        assert!(is_full(&no_files, false) && complaint(&no_files).message.contains("no room for more files"));
    }
}
