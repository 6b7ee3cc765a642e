//! `talosctl usage`.

use proto::machine::{DiskUsageInfo, DiskUsageRequest};

use crate::global::Global;
use crate::node::Node;
use crate::output::{Table, human, note};
use crate::session::Session;

/// Show how much space files take
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl -n 10.5.0.2 usage /var
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
    /// How deep to show what is below; 0 is all
    #[arg(short, long, default_value_t = 0, value_name = "N")]
    depth: i32,
    /// Leave out what is smaller, or if negative what is larger, in bytes
    #[arg(short, long, default_value_t = 0, allow_negative_numbers = true, value_name = "BYTES")]
    threshold: i64,
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let session = Session::open(global)?;
    let work = async |node: Node| {
        let mut found = Vec::new();
        // Nodes look at the first path of a request only.
        for path in &args.paths {
            let request = DiskUsageRequest {
                recursion_depth: args.depth,
                all: args.all,
                threshold: args.threshold,
                paths: vec![path.clone()],
            };
            let mut stream = node.machine().disk_usage(node.request(request)).await?.into_inner();
            while let Some(info) = stream.message().await? {
                found.push((path.clone(), info));
            }
        }
        Ok(found)
    };
    let (answers, failures) = session.gather(work).await?;
    let mut table = Table::new(["NODE", "SIZE", "NAME"]);
    for (node, found) in &answers {
        for (path, info) in found {
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
