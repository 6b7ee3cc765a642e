//! What a disk is, in the words by which configurations select one: as /sys and the links in
//! /dev/disk tell it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Result;
use crate::block::{self, Disk};

/// A disk with everything that can be asked of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// Device node.
    pub dev_path: String,
    /// Size in bytes.
    pub size: u64,
    /// The size of reads and writes that it prefers, in bytes.
    pub io_size: u64,
    /// Bytes of a sector.
    pub sector_size: u64,
    /// Whether writing is refused.
    pub readonly: bool,
    /// Whether it is an optical drive.
    pub cdrom: bool,
    /// Whether it has moving parts.
    pub rotational: bool,
    /// Its model.
    pub model: String,
    /// The version of its own software.
    pub firmware_version: String,
    /// Its serial number.
    pub serial: String,
    /// The kernel's description of its driver.
    pub modalias: String,
    /// Its world-wide identifier.
    pub wwid: String,
    /// Its UUID.
    pub uuid: String,
    /// Its place on the bus, below /sys/devices.
    pub bus_path: String,
    /// The subsystem's folder in /sys.
    pub sub_system: String,
    /// How it is attached: nvme, virtio, mmc, usb, sata, scsi; empty for what is no hardware.
    pub transport: String,
    /// Disks that it consists of.
    pub secondary_disks: Vec<String>,
    /// Other names of its device node.
    pub symlinks: Vec<String>,
}

/// Every disk that `sys` and `dev` show together (see [`block::disks`]).
pub fn identities(sys: &Path, dev: &Path) -> Result<Vec<Identity>> {
    let links = links(&dev.join("disk"));
    Ok(block::disks(sys, dev)?
        .iter()
        .map(|disk| identity(disk, &sys.join("block").join(&disk.name), &links))
        .collect())
}

fn identity(disk: &Disk, entry: &Path, links: &[(PathBuf, PathBuf)]) -> Identity {
    let text = |file: &str| fs::read_to_string(entry.join(file)).map(|text| text.trim().to_owned());
    let first = |files: &[&str]| files.iter().find_map(|file| text(file).ok()).unwrap_or_default();
    let number = |file: &str| text(file).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let device = fs::canonicalize(entry.join("device")).unwrap_or_default();
    // Below the folder "devices" of whichever /sys this is.
    let bus_path =
        device.to_string_lossy().split_once("/devices").map_or_else(String::new, |(_, path)| path.to_owned());
    let optimal = number("queue/optimal_io_size");
    let names = |folder: &str| -> Vec<String> {
        let entries = fs::read_dir(entry.join(folder)).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    };
    let own = fs::canonicalize(&disk.path).unwrap_or_else(|_| disk.path.clone());
    Identity {
        dev_path: disk.path.to_string_lossy().into_owned(),
        size: disk.size,
        io_size: if optimal == 0 { number("queue/minimum_io_size") } else { optimal },
        sector_size: number("queue/logical_block_size"),
        readonly: disk.read_only,
        // The type of optical drives in SCSI.
        cdrom: disk.name.starts_with("sr") || text("device/type").is_ok_and(|kind| kind == "5"),
        rotational: disk.rotational,
        model: first(&["device/model", "device/name"]),
        firmware_version: first(&["device/firmware_rev", "device/rev", "device/fwrev"]),
        serial: first(&["device/serial", "serial"]),
        modalias: first(&["device/modalias"]),
        wwid: first(&["wwid", "device/wwid"]),
        uuid: first(&["uuid", "device/uuid"]),
        sub_system: fs::canonicalize(entry.join("subsystem"))
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        transport: transport(&disk.name, &bus_path).to_owned(),
        bus_path,
        secondary_disks: names("slaves"),
        symlinks: links
            .iter()
            .filter(|(_, target)| *target == own)
            .map(|(link, _)| link.to_string_lossy().into_owned())
            .collect(),
    }
}

/// How a disk is attached, by its name and its place on the bus.
fn transport(name: &str, bus_path: &str) -> &'static str {
    let named = [("nvme", "nvme"), ("mmcblk", "mmc"), ("vd", "virtio")];
    if let Some((_, transport)) = named.iter().find(|(start, _)| name.starts_with(start)) {
        return transport;
    }
    let on = |part: &str| bus_path.split('/').any(|folder| folder.starts_with(part));
    match () {
        () if on("usb") => "usb",
        () if on("ata") => "sata",
        () if on("virtio") => "virtio",
        () if on("host") || on("target") => "scsi",
        () => "",
    }
}

/// Every link in the folders of `root`, with where it leads.
fn links(root: &Path) -> Vec<(PathBuf, PathBuf)> {
    let folders = fs::read_dir(root).into_iter().flatten().flatten();
    let files = folders.flat_map(|folder| fs::read_dir(folder.path()).into_iter().flatten().flatten());
    let mut links: Vec<_> =
        files.filter_map(|link| Some((link.path(), fs::canonicalize(link.path()).ok()?))).collect();
    links.sort();
    links
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine with a SATA disk, an NVMe disk and a loop device, as its /sys shows them.
    #[test]
    fn a_disk_is_described_by_what_the_kernel_and_udev_say() {
        let root = tempfile::tempdir().unwrap();
        let (sys, dev) = (root.path().join("sys"), root.path().join("dev"));
        let write = |path: PathBuf, text: &str| {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let bus = sys.join("devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0");
        for (file, text) in
            [("model", "WDC WD5000 \n"), ("type", "0"), ("wwid", "naa.5000\n"), ("rev", "1.0")]
        {
            write(bus.join(file), text);
        }
        for (name, file, text) in [
            ("sda", "size", "1024"),
            ("sda", "queue/rotational", "1"),
            ("sda", "queue/logical_block_size", "512"),
            ("nvme0n1", "size", "2048"),
            ("nvme0n1", "wwid", "eui.1"),
            ("loop0", "size", "8"),
        ] {
            write(sys.join("block").join(name).join(file), text);
            write(dev.join(name), "");
        }
        std::os::unix::fs::symlink(&bus, sys.join("block/sda/device")).unwrap();
        fs::create_dir_all(dev.join("disk/by-id")).unwrap();
        std::os::unix::fs::symlink("../../sda", dev.join("disk/by-id/ata-WDC")).unwrap();
        let found = identities(&sys, &dev).unwrap();
        let [loop0, nvme, sda] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(
            (loop0.transport.as_str(), nvme.transport.as_str(), nvme.wwid.as_str()),
            ("", "nvme", "eui.1")
        );
        assert_eq!(
            (sda.model.as_str(), sda.wwid.as_str(), sda.transport.as_str()),
            ("WDC WD5000", "naa.5000", "sata")
        );
        assert_eq!(sda.bus_path, "/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0");
        assert!(sda.rotational && !sda.cdrom && sda.sector_size == 512);
        assert_eq!(sda.symlinks, [dev.join("disk/by-id/ata-WDC").to_string_lossy()]);
    }
}
