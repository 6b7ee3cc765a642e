//! `talosctl reset`.

use futures::FutureExt;
use proto::machine::reset_request::WipeMode as Wire;
use proto::machine::{ResetPartitionSpec, ResetRequest};

use crate::global::Global;
use crate::node::Node;
use crate::track::{self, Goal, Starting, Tracking};

/// What is wiped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum WipeMode {
    /// System disk and user disks
    All,
    /// The system disk
    SystemDisk,
    /// The user disks that are named
    UserDisks,
}

/// Remove a node from its cluster and empty its disks
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl -n 10.5.0.3 reset --reboot
  talosctl -n 10.5.0.3 reset --graceful=false --reboot
  talosctl -n 10.5.0.3 reset --system-labels-to-wipe STATE,EPHEMERAL --reboot")]
pub struct Args {
    /// Cordon and drain the node and leave etcd first
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set)]
    graceful: bool,
    /// Reboot afterwards, else turn off
    #[arg(long)]
    reboot: bool,
    /// Only these partitions of the system disk
    #[arg(long, value_delimiter = ',', value_name = "LABEL")]
    system_labels_to_wipe: Vec<String>,
    /// These disks too
    #[arg(long, value_delimiter = ',', value_name = "DEVICE")]
    user_disks_to_wipe: Vec<String>,
    /// Which disks to wipe
    #[arg(long, value_enum, default_value_t = WipeMode::All)]
    wipe_mode: WipeMode,
    #[command(flatten)]
    tracking: Tracking,
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let request = request(&args);
    let goal = if args.reboot { Goal::Back } else { Goal::Down };
    let start = move |node: &Node| -> Starting {
        let (node, request) = (node.clone(), request.clone());
        async move {
            let answer = node.machine().reset(node.request(request)).await?.into_inner();
            Ok(answer.messages.into_iter().map(|m| m.actor_id).next().unwrap_or_default())
        }
        .boxed_local()
    };
    track::run(global, "error executing reset", goal, &args.tracking, &start).await
}

fn request(args: &Args) -> ResetRequest {
    let mode = match args.wipe_mode {
        WipeMode::All => Wire::All,
        WipeMode::SystemDisk => Wire::SystemDisk,
        WipeMode::UserDisks => Wire::UserDisks,
    };
    let partition = |label: &String| ResetPartitionSpec { label: label.clone(), wipe: true };
    ResetRequest {
        graceful: args.graceful,
        reboot: args.reboot,
        system_partitions_to_wipe: args.system_labels_to_wipe.iter().map(partition).collect(),
        user_disks_to_wipe: args.user_disks_to_wipe.clone(),
        mode: mode as i32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: Args,
    }

    fn parsed(line: &str) -> ResetRequest {
        request(&Cli::parse_from(line.split(' ')).args)
    }

    #[test]
    fn a_reset_is_graceful_and_wipes_all_unless_told_otherwise() {
        assert_eq!(parsed("reset"), ResetRequest { graceful: true, ..ResetRequest::default() });
        let request = parsed(
            "reset --graceful=false --reboot --system-labels-to-wipe STATE,EPHEMERAL --wipe-mode system-disk",
        );
        assert!(!request.graceful && request.reboot);
        assert_eq!(request.mode, Wire::SystemDisk as i32);
        let labels: Vec<&str> = request.system_partitions_to_wipe.iter().map(|p| p.label.as_str()).collect();
        assert_eq!(labels, ["STATE", "EPHEMERAL"]);
    }
}
