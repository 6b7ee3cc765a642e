//! The installer on a disk image, with what other programs say of the result. BOOT is the kernel's
//! own XFS: that part needs root, and says so where it is left out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]

mod common;

use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use common::{Bench, SIZE, Systems};
use disk::firmware::Firmware;
use disk::layout::Loader;
use disk::plan::{confirm, rollback};
use disk::uki::Arch;
use sys::disk::Disk;
use sys::fakes;
use sys::xfs::Xfs;

fn root() -> bool {
    let root = nix::unistd::geteuid().is_root() && Path::new("/dev/loop-control").exists();
    if !root {
        eprintln!("skipped: an installation on a real file system: loop devices and mounts need root");
    }
    root
}

fn on_image(systems: &Arc<Systems>, firmware: Firmware, loader: Loader, path: &Path) -> Bench {
    File::create(path).unwrap().set_len(SIZE).unwrap();
    Bench {
        firmware,
        loader,
        path: path.to_owned(),
        disk: Arc::new(Disk::open_writable(path).unwrap()),
        xfs: Arc::new(Xfs),
        variables: matches!(firmware, Firmware::Uefi(_)).then(fakes::EfiVars::default),
        booted_slot: None,
        systems: Arc::clone(systems),
    }
}

/// The output of a program on this machine; none, loudly, if there is no such program.
fn ask(program: &str, args: &[&str]) -> Option<(bool, String)> {
    match Command::new(program).args(args).env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").output() {
        Ok(output) => {
            let text = [output.stdout, output.stderr].concat();
            Some((output.status.success(), String::from_utf8_lossy(&text).into_owned()))
        }
        Err(_) => {
            eprintln!("skipped: a look at the image by {program}: it is not installed");
            None
        }
    }
}

#[test]
fn other_programs_find_the_file_system_of_the_firmware_whole() {
    let systems = Systems::shared();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("disk.img");
    let bench = on_image(&systems, Firmware::Uefi(Arch::Amd64), Loader::SdBoot, &path).installed();
    bench.execute(&bench.upgrade("v2"), "v2").unwrap();
    let image = format!("{}@@1M", path.display());
    if let Some((ok, text)) = ask("mdir", &["-/", "-b", "-i", &image, "::"]) {
        assert!(ok, "{text}");
        let mut files: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.ends_with('/')).collect();
        files.sort_unstable();
        let wanted = [
            "::/EFI/Linux/Talos-v1.efi",
            "::/EFI/Linux/Talos-v2+1.efi",
            "::/EFI/boot/BOOTX64.EFI",
            "::/loader/loader.conf",
        ];
        assert_eq!(files, wanted);
    }
    // The partition alone, for a program that knows no offsets.
    let part = dir.path().join("efi.img");
    let extent = bench.facts().gpt().unwrap().extent_of("EFI").unwrap();
    let alone = File::create(&part).unwrap();
    alone.set_len(extent.length).unwrap();
    let mut head = vec![0; 16 << 20];
    bench.disk.read_at(extent.offset, &mut head).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&alone, &head, 0).unwrap();
    if let Some((ok, text)) = ask("fsck.vfat", &["-n", &part.display().to_string()]) {
        assert!(ok, "{text}");
    }
    if let Some((ok, text)) = ask("blkid", &["-p", "-o", "export", &part.display().to_string()]) {
        assert!(ok && text.contains("TYPE=vfat") && text.contains("LABEL=EFI"), "{text}");
    }
    if let Some((ok, text)) = ask("blkid", &["-p", "-o", "export", &path.display().to_string()]) {
        assert!(ok && text.contains("PTTYPE=gpt"), "{text}");
    }
}

#[test]
fn a_machine_without_uefi_is_installed_upgraded_and_rolled_back_on_a_real_file_system() {
    if !root() {
        return;
    }
    let systems = Systems::shared();
    let dir = tempfile::tempdir().unwrap();
    let mut bench = on_image(&systems, Firmware::Bios, Loader::Grub, &dir.path().join("disk.img"));
    assert_eq!(bench.would_boot(), "next device");
    bench = bench.installed();
    // At every boundary between two steps of the upgrade.
    for step in bench.upgrade("v2") {
        assert_eq!(bench.would_boot(), "v1", "before {step}");
        bench.execute(&[step], "v2").unwrap();
    }
    assert_eq!(bench.upgrade("v2"), []);
    assert_eq!([bench.boot(), bench.boot()], ["v2", "v1"], "it said nothing: the old one follows");
    bench.execute(&bench.upgrade("v2"), "v2").unwrap();
    assert_eq!(bench.boot(), "v2");
    bench.execute(&confirm(&bench.facts()).unwrap(), "v2").unwrap();
    assert_eq!(bench.boot(), "v2");
    bench.execute(&rollback(&bench.facts()).unwrap(), "v2").unwrap();
    assert_eq!(bench.boot(), "v1");
}

#[test]
fn foreign_data_is_refused_with_what_was_found_unless_it_may_go() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("disk.img");
    File::create(&path).unwrap().set_len(SIZE).unwrap();
    let image = path.display().to_string();
    let Some((true, _)) = ask("mkfs.ext4", &["-q", "-F", "-L", "precious", "-U", "clear", &image]) else {
        return;
    };
    let systems = Systems::shared();
    let assets = systems.load("v1");
    let disk = Disk::open_writable(&path).unwrap();
    let xfs = fakes::Xfs::below(dir.path());
    let machine =
        installer::Machine { path: &path, disk: &disk, xfs: &xfs, variables: None, booted_slot: None };
    let mut request = installer::commands::Request {
        platform: "metal".to_owned(),
        force: true,
        loader: Some(Loader::SdBoot),
        ..Default::default()
    };
    let mut said = Vec::new();
    let install = |request: &_, dry_run, said: &mut Vec<String>| {
        installer::commands::install(&machine, &assets, request, dry_run, &mut |line| {
            said.push(line.replace(&image, "DISK"));
        })
    };
    let error = install(&request, false, &mut said).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert_eq!(
        error.to_string().replace(&image, "DISK"),
        "DISK holds ext4 labelled \"precious\" on the whole disk: choose another disk, or ask for it to be wiped"
    );
    assert_eq!(said, ["DISK: 7 GiB, ext4 labelled \"precious\" on the whole disk"]);
    request.zero = true;
    said.clear();
    install(&request, true, &mut said).unwrap();
    assert_eq!(said.get(1).map(String::as_str), Some("[1/9] would erase every byte of the disk"));
    assert_eq!(said.last().map(String::as_str), Some("nothing was changed"));
    install(&request, false, &mut said).unwrap();
    assert_eq!(said.last().map(String::as_str), Some("Talos v1 is installed on DISK"));
    said.clear();
    install(&request, false, &mut said).unwrap();
    assert_eq!(said.last().map(String::as_str), Some("nothing to do: Talos v1 is installed on DISK"));
}
