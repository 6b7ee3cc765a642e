//! `talosctl mounts`.

use proto::machine::MountStat;

use crate::global::Global;
use crate::node::Node;
use crate::output::Table;
use crate::session::Session;

/// Show mounted file systems
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl -n 10.5.0.2 mounts")]
pub struct Args {}

/// Runs it.
pub async fn run(global: &Global, _: Args) -> anyhow::Result<()> {
    let session = Session::open(global)?;
    let ask = async |node: Node| Ok(node.machine().mounts(node.request(())).await?.into_inner());
    let (answers, failures) = session.gather(ask).await?;
    let mut table = Table::new([
        "NODE",
        "FILESYSTEM",
        "SIZE(GB)",
        "USED(GB)",
        "AVAILABLE(GB)",
        "PERCENT USED",
        "MOUNTED ON",
    ]);
    for (node, answer) in &answers {
        for stat in answer.messages.iter().flat_map(|m| &m.stats) {
            // What has no size is a window into the kernel.
            if stat.size > 0 {
                table.row(row(node, stat));
            }
        }
    }
    table.print()?;
    failures.into_result("error getting mounts")
}

pub(super) fn row(node: &str, stat: &MountStat) -> [String; 7] {
    let (size, available) = (stat.size as f64, stat.available as f64);
    let used = (size - available).max(0.0);
    [
        node.to_owned(),
        stat.filesystem.clone(),
        format!("{:.2}", size / 1e9),
        format!("{:.2}", used / 1e9),
        format!("{:.2}", available / 1e9),
        format!("{:.2}%", 100.0 * used / size),
        stat.mounted_on.clone(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_gigabytes_and_their_share() {
        let stat = MountStat {
            filesystem: "/dev/vda".into(),
            size: 270_550_000_000,
            available: 70_080_000_000,
            mounted_on: "/".into(),
        };
        assert_eq!(row("n", &stat), ["n", "/dev/vda", "270.55", "200.47", "70.08", "74.10%", "/"]);
    }
}
