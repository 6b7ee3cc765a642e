//! The volumes of the system, as the older type of resource shows them.

use proto::resource::runtime::MountStatusSpec;
use state::{Context, Controller, Input, Next, Output};

use crate::controllers::config_input;

/// Labels of volumes and where they are (contract os.md 4).
const VOLUMES: [(&str, &str); 2] = [("EPHEMERAL", "/var"), ("STATE", "/system/state")];

/// Publishes MountStatuses of the runtime.
pub struct Mounts;

#[async_trait::async_trait]
impl Controller for Mounts {
    fn name(&self) -> &'static str {
        "runtime.MountStatusController"
    }

    fn inputs(&self) -> Vec<Input> {
        // Volumes come with the configuration.
        vec![config_input()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<MountStatusSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let table = std::fs::read_to_string("/proc/mounts").unwrap_or_default();
        let outputs = ctx.outputs::<MountStatusSpec>();
        for (label, target) in VOLUMES {
            if let Some(spec) = find(&table, target) {
                outputs.put(label, spec).await?;
            }
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}

/// What is mounted there last.
fn find(table: &str, target: &str) -> Option<MountStatusSpec> {
    table.lines().rev().find_map(|line| {
        let mut fields = line.split(' ');
        let (source, at, filesystem, options) =
            (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        (at == target).then(|| MountStatusSpec {
            source: source.to_owned(),
            target: at.to_owned(),
            filesystem_type: filesystem.to_owned(),
            options: options.split(',').map(str::to_owned).collect(),
            encrypted: false,
            encryption_providers: vec![],
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mount_on_top_counts() {
        let table = "/dev/a /var xfs rw 0 0\n/dev/b /var ext4 rw,nosuid 0 0\n/dev/c /var/lib xfs rw 0 0\n";
        let found = find(table, "/var").unwrap();
        assert_eq!((found.source.as_str(), found.options.len()), ("/dev/b", 2));
        assert!(find(table, "/system/state").is_none());
    }
}
