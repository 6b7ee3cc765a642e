//! `talosctl wipe`.

use proto::machine::lvm_service_client::LvmServiceClient;
use proto::machine::md_service_client::MdServiceClient;
use proto::machine::{
    LvmServiceLogicalVolumeRemoveRequest, LvmServicePhysicalVolumeRemoveRequest,
    LvmServiceVolumeGroupRemoveRequest, MdDestroyRequest,
};
use proto::storage::block_device_wipe_descriptor::Method as Wire;
use proto::storage::{BlockDeviceWipeDescriptor, BlockDeviceWipeRequest};

use crate::global::{Global, InsecureAnywhere};
use crate::node::Node;
use crate::session::Session;

/// Wipe disks and partitions that nothing uses
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    insecure: InsecureAnywhere,
    #[command(subcommand)]
    command: Command,
}

/// How to wipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Method {
    /// Only what says what is on it
    #[value(name = "FAST", alias = "fast")]
    Fast,
    /// Everything
    #[value(name = "ZEROES", alias = "zeroes")]
    Zeroes,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Wipe disks or partitions
    #[command(after_help = "Examples:\n  talosctl -n 10.5.0.2 wipe disk sdb\n  \
                            talosctl -n 10.5.0.2 wipe disk sdb1 --drop-partition")]
    Disk {
        /// Names without /dev/, such as sdb or sdb1
        #[arg(required = true, value_parser = parse_name)]
        names: Vec<String>,
        /// How to wipe: FAST or ZEROES
        #[arg(long, value_enum, default_value_t = Method::Fast)]
        method: Method,
        /// Delete the partition too
        #[arg(long)]
        drop_partition: bool,
        /// Even if a volume is on it
        #[arg(long, hide = true)]
        skip_volume_check: bool,
        /// Even if another device uses it
        #[arg(long, hide = true)]
        skip_secondary_check: bool,
    },
    /// Remove a logical volume
    #[command(after_help = "Examples:\n  talosctl -n 10.5.0.2 wipe lv vg0/data")]
    Lv {
        /// volume group/logical volume
        #[arg(value_parser = parse_volume)]
        name: (String, String),
    },
    /// Remove a volume group
    #[command(after_help = "Examples:\n  talosctl -n 10.5.0.2 wipe vg vg0")]
    Vg {
        /// The volume group
        name: String,
    },
    /// Make a device no longer part of LVM
    #[command(after_help = "Examples:\n  talosctl -n 10.5.0.2 wipe pv /dev/sdb")]
    Pv {
        /// The device
        device: String,
    },
    /// Destroy a RAID array
    #[command(after_help = "Examples:\n  talosctl -n 10.5.0.2 wipe md /dev/md0")]
    Md {
        /// The device
        device: String,
    },
}

fn parse_name(text: &str) -> Result<String, String> {
    match text {
        "" => Err("the name of the device is empty".to_owned()),
        text if text.contains('/') => {
            Err(format!("{text:?} is not the name of a device: write it without /dev/, such as sdb"))
        }
        text => Ok(text.to_owned()),
    }
}

fn parse_volume(text: &str) -> Result<(String, String), String> {
    match text.split_once('/') {
        Some((group, volume)) if !group.is_empty() && !volume.is_empty() && !volume.contains('/') => {
            Ok((group.to_owned(), volume.to_owned()))
        }
        _ => Err(format!("{text:?} is not a logical volume: write group/volume")),
    }
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let session = Session::open_for(global, &args.insecure.into())?;
    let command = &args.command;
    session.each("error wiping", async |node| wipe(&node, command).await).await
}

async fn wipe(node: &Node, command: &Command) -> anyhow::Result<()> {
    let lvm = || LvmServiceClient::new(node.channel());
    match command {
        Command::Disk { .. } => {
            node.storage().block_device_wipe(node.request(disks(command))).await?;
        }
        Command::Lv { name: (volume_group, logical_volume) } => {
            let request = LvmServiceLogicalVolumeRemoveRequest {
                volume_group: volume_group.clone(),
                logical_volume: logical_volume.clone(),
            };
            lvm().logical_volume_remove(node.request(request)).await?;
        }
        Command::Vg { name } => {
            let request = LvmServiceVolumeGroupRemoveRequest { volume_group: name.clone() };
            lvm().volume_group_remove(node.request(request)).await?;
        }
        Command::Pv { device } => {
            let request = LvmServicePhysicalVolumeRemoveRequest { device: device.clone() };
            lvm().physical_volume_remove(node.request(request)).await?;
        }
        Command::Md { device } => {
            let request = MdDestroyRequest { device: device.clone() };
            MdServiceClient::new(node.channel()).destroy(node.request(request)).await?;
        }
    }
    Ok(())
}

fn disks(command: &Command) -> BlockDeviceWipeRequest {
    let Command::Disk { names, method, drop_partition, skip_volume_check, skip_secondary_check } = command
    else {
        return BlockDeviceWipeRequest::default();
    };
    let method = match method {
        Method::Fast => Wire::Fast,
        Method::Zeroes => Wire::Zeroes,
    };
    let device = |name: &String| BlockDeviceWipeDescriptor {
        device: name.clone(),
        method: method as i32,
        skip_volume_check: *skip_volume_check,
        skip_secondary_check: *skip_secondary_check,
        drop_partition: *drop_partition,
    };
    BlockDeviceWipeRequest { devices: names.iter().map(device).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_bare_names_and_volumes_have_their_group() {
        assert!(parse_name("sdb1").is_ok() && parse_name("/dev/sdb").is_err() && parse_name("").is_err());
        assert_eq!(parse_volume("vg0/data"), Ok(("vg0".into(), "data".into())));
        for wrong in ["vg0", "/data", "vg0/", "a/b/c"] {
            assert!(parse_volume(wrong).is_err(), "{wrong}");
        }
    }
}
