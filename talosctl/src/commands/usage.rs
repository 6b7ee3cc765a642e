//! `talosctl usage`.

use proto::machine::{DiskUsageInfo, DiskUsageRequest};
use tonic::Status;

use crate::failure::Failures;
use crate::global::Global;
use crate::node::Node;
use crate::output::{Table, human, note};
use crate::session::Session;

/// Show how much space files take
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl -n 10.5.0.2 usage /var
  talosctl -n 10.5.0.2 usage -d 1 -H /var
  talosctl -n 10.5.0.2 usage -a -H -d 2 /var/log")]
pub struct Args {
    /// Where to look
    #[arg(default_value = "/")]
    paths: Vec<String>,
    /// Files too, not only folders
    #[arg(short, long)]
    all: bool,
    /// Sizes for people
    #[arg(short = 'H', long)]
    humanize: bool,
    /// How deep to show what is below: 0 is the total alone, -1 everything
    #[arg(short, long, default_value_t = 0, allow_negative_numbers = true, value_name = "N")]
    depth: i32,
    /// Leave out what is smaller, or if negative what is larger, in bytes
    #[arg(short, long, default_value_t = 0, allow_negative_numbers = true, value_name = "BYTES")]
    threshold: i64,
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let session = Session::open(global)?;
    let work = async |node: Node| {
        let (mut found, mut failures) = (Vec::new(), Failures::default());
        // Nodes look at the first path of a request only; one that is not there does not hide the others.
        for path in &args.paths {
            let request = DiskUsageRequest {
                recursion_depth: wire_depth(args.depth),
                all: args.all,
                threshold: args.threshold,
                paths: vec![path.clone()],
            };
            let seen = |info| found.push((path.clone(), info));
            if let Err(status) = each(&node, request, seen).await {
                failures.add(&node.name, &status.into());
            }
        }
        Ok((found, failures))
    };
    let (answers, mut failures) = session.gather(work).await?;
    let mut table = Table::new(["NODE", "SIZE", "NAME"]);
    for (node, (found, failed)) in answers {
        failures.extend(failed);
        for (path, info) in &found {
            if info.error.is_empty() {
                table.row([node.clone(), size(info, args.humanize), name(path, info, args.paths.len() > 1)]);
            } else {
                note(&format!("{node}: error reading {}: {}", info.name, info.error));
            }
        }
    }
    table.print()?;
    failures.into_plain_result("")
}

async fn each(
    node: &Node,
    request: DiskUsageRequest,
    mut seen: impl FnMut(DiskUsageInfo),
) -> Result<(), Status> {
    let mut stream = node.machine().disk_usage(node.request(request)).await?.into_inner();
    while let Some(info) = stream.message().await? {
        seen(info);
    }
    Ok(())
}

/// The depth on the wire: one more than people say, for 0 there is no bound.
fn wire_depth(depth: i32) -> i32 {
    depth.saturating_add(1).max(0)
}

fn size(info: &DiskUsageInfo, humanize: bool) -> String {
    if humanize { human::bytes(u64::try_from(info.size).unwrap_or(0)) } else { info.size.to_string() }
}

fn name(path: &str, info: &DiskUsageInfo, several: bool) -> String {
    match (several, info.relative_name.as_str()) {
        (false, name) => name.to_owned(),
        (true, "." | "") => path.to_owned(),
        (true, name) => format!("{}/{name}", path.trim_end_matches('/')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_the_total_alone_and_a_negative_depth_everything() {
        assert_eq!([0, 1, 5, -1, -7, i32::MAX].map(wire_depth), [1, 2, 6, 0, 0, i32::MAX]);
    }
}
