//! The command line (contract os.md 3.6), and the real machine behind it.

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use cmdline::Cmdline;
use disk::layout::Loader;
use disk::meta::Meta;
use disk::plan::Reset;
use disk::uki::Arch;
use sys::disk::Disk;
use sys::disk_identity::{Identity, identities};
use sys::efivars::{EfiVars, EfiVarsPort};
use sys::xfs::Xfs;

use crate::assets::Assets;
use crate::commands::{self, Request};
use crate::select::matching;
use crate::{Error, Machine, Result, inspect, meta};

/// Installs Talos to a disk, upgrades it, goes back, and takes it off again.
#[derive(Debug, Parser)]
#[command(name = "installer", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Install to a disk, or write a new system beside the one that is installed (--upgrade).
    Install(Install),
    /// Show the disks of this machine with what is on them, and which of them a selector matches.
    Disks {
        /// An expression over `disk`, as in a configuration: disk.transport == "nvme".
        #[arg(long = "match")]
        expression: Option<String>,
    },
    /// Show what a disk holds and boots.
    Status(Place),
    /// Make the running system the default one: it is well.
    Confirm(Change),
    /// Boot the previous system from now on.
    Rollback(Change),
    /// Wipe partitions, or the whole disk.
    Reset {
        #[command(flatten)]
        change: Change,
        /// A partition to wipe and remove, by its label; may be repeated. Without it: the whole disk.
        #[arg(long = "partition")]
        partitions: Vec<String>,
    },
}

#[derive(Debug, Args)]
struct Place {
    /// The disk's device node, or the file of a disk image.
    #[arg(long)]
    disk: PathBuf,
}

#[derive(Debug, Args)]
struct Change {
    #[command(flatten)]
    place: Place,
    /// Only say what would be done.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
struct Install {
    /// The disk's device node, or the file of a disk image.
    #[arg(long, required_unless_present = "disk_match", conflicts_with = "disk_match")]
    disk: Option<PathBuf>,
    /// An expression over `disk`; the first disk that matches is taken.
    #[arg(long)]
    disk_match: Option<String>,
    /// The platform that the machine runs on.
    #[arg(long)]
    platform: String,
    /// Where the machine's configuration comes from (talos.config), or none.
    #[arg(long, default_value = "none")]
    config: String,
    /// Keep what is installed, and write the new system beside it.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = clap::ArgAction::Set)]
    upgrade: bool,
    /// Replace an installation that is there.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = clap::ArgAction::Set)]
    force: bool,
    /// Erase every byte of the disk first, whatever is on it.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = clap::ArgAction::Set)]
    zero: bool,
    /// A further kernel argument; may be repeated.
    #[arg(long = "extra-kernel-arg", allow_hyphen_values = true)]
    extra_kernel_args: Vec<String>,
    /// Take GRUB's kernel arguments from the unified kernel image.
    #[arg(long, env = "INSTALLER_GRUB_USE_UKI_CMDLINE", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = clap::ArgAction::Set)]
    grub_use_uki_cmdline: bool,
    /// The boot loader of a fresh installation.
    #[arg(long, value_enum, default_value_t = Bootloader::Auto)]
    bootloader: Bootloader,
    /// The folder with the system's files [default: /usr/install/<arch>].
    #[arg(long)]
    assets: Option<PathBuf>,
    /// Only say what would be done.
    #[arg(long)]
    dry_run: bool,
}

/// Boot loaders to choose from.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Bootloader {
    /// systemd-boot if the machine was started by UEFI, GRUB otherwise.
    Auto,
    /// systemd-boot.
    SdBoot,
    /// GRUB.
    Grub,
    /// Both, for disk images.
    DualBoot,
}

/// The real machine around a disk.
struct Around {
    path: PathBuf,
    disk: Disk,
    variables: Option<EfiVars>,
    booted_slot: Option<String>,
}

impl Around {
    fn open(path: &Path, writable: bool) -> Result<Self> {
        let failed = |error| Error::InvalidInput(format!("the disk {}: {error}", path.display()));
        let path = std::fs::canonicalize(path).map_err(failed)?;
        let disk = if writable { Disk::open_writable(&path)? } else { Disk::open(&path)? };
        // An image boots on another machine: this one's firmware has no business with it.
        let image = path.is_file();
        let variables = EfiVars::at(Path::new("/sys/firmware/efi/efivars")).filter(|_| !image);
        let booted_slot = running().first("BOOT_IMAGE").and_then(slot_of).filter(|_| !image);
        Ok(Self { path, disk, variables, booted_slot })
    }

    fn machine(&self) -> Machine<'_> {
        Machine {
            path: &self.path,
            disk: &self.disk,
            xfs: &Xfs,
            variables: self.variables.as_ref().map(|variables| variables as &dyn EfiVarsPort),
            booted_slot: self.booted_slot.as_deref(),
        }
    }
}

/// The slot of a kernel that GRUB booted: it passes its path on, `/A/vmlinuz`.
fn slot_of(kernel: &str) -> Option<String> {
    let slot = kernel.rsplit('/').nth(1)?;
    ["A", "B"].contains(&slot).then(|| slot.to_owned())
}

fn running() -> Cmdline {
    Cmdline::parse(&std::fs::read_to_string("/proc/cmdline").unwrap_or_default())
}

fn arch() -> Result<Arch> {
    match std::env::consts::ARCH {
        "x86_64" => Ok(Arch::Amd64),
        "aarch64" => Ok(Arch::Arm64),
        other => Err(Error::Unsupported(format!("machines of the kind {other} are not supported"))),
    }
}

fn all_disks() -> Result<Vec<Identity>> {
    Ok(identities(Path::new("/sys"), Path::new("/dev"))?)
}

impl Cli {
    /// Does what was asked, telling of each step.
    ///
    /// # Errors
    /// With what failed, why, and the exit code for it.
    pub fn run(self, lines: commands::Lines<'_>) -> Result<()> {
        match self.command {
            Command::Install(install) => install.run(lines),
            Command::Disks { expression } => show(expression.as_deref(), lines),
            Command::Status(place) => commands::status(&Around::open(&place.disk, false)?.machine(), lines),
            Command::Confirm(change) => {
                let around = Around::open(&change.place.disk, !change.dry_run)?;
                commands::confirm(&around.machine(), change.dry_run, lines)
            }
            Command::Rollback(change) => {
                let around = Around::open(&change.place.disk, !change.dry_run)?;
                commands::rollback(&around.machine(), change.dry_run, lines)
            }
            Command::Reset { change, partitions } => {
                let around = Around::open(&change.place.disk, !change.dry_run)?;
                let wanted = if partitions.is_empty() { Reset::Disk } else { Reset::Partitions(partitions) };
                commands::reset(&around.machine(), &wanted, change.dry_run, lines)
            }
        }
    }
}

impl Install {
    fn run(self, lines: commands::Lines<'_>) -> Result<()> {
        let path = match (&self.disk, &self.disk_match) {
            (Some(path), _) => path.clone(),
            (None, expression) => chosen(expression.as_deref().unwrap_or_default(), lines)?,
        };
        let arch = arch()?;
        let folder = self.assets.clone().unwrap_or_else(|| PathBuf::from(format!("/usr/install/{arch}")));
        let assets = Assets::load(&folder, arch)?;
        let meta = match std::env::var(meta::VARIABLE) {
            Ok(value) => meta::decode(&value)?,
            Err(_) => Meta::default(),
        };
        let mut seed = vec![0; 32];
        getrandom::fill(&mut seed)
            .map_err(|error| Error::Environment(format!("no random bytes: {error}")))?;
        let around = Around::open(&path, !self.dry_run)?;
        let request = Request {
            platform: self.platform,
            config: Some(self.config).filter(|config| config != "none"),
            upgrade: self.upgrade,
            force: self.force,
            zero: self.zero,
            extra_kernel_args: self.extra_kernel_args,
            grub_use_uki_cmdline: self.grub_use_uki_cmdline,
            loader: match self.bootloader {
                Bootloader::Auto => None,
                Bootloader::SdBoot => Some(Loader::SdBoot),
                Bootloader::Grub => Some(Loader::Grub),
                Bootloader::DualBoot => Some(Loader::DualBoot),
            },
            meta,
            seed,
            running: running(),
        };
        commands::install(&around.machine(), &assets, &request, self.dry_run, lines)
    }
}

/// The first disk for which an expression holds.
fn chosen(expression: &str, lines: commands::Lines<'_>) -> Result<PathBuf> {
    let disks = all_disks()?;
    let found = matching(&disks, expression, system_disk(&disks).as_deref());
    let found = found.map_err(|error| Error::InvalidInput(format!("--disk-match: {error}")))?;
    let first = found.first().ok_or_else(|| {
        Error::InvalidInput("no disk matched the selector: `installer disks` shows what there is".to_owned())
    })?;
    if found.len() > 1 {
        lines(&format!("warning: {} disks match, the first one is taken: {}", found.len(), first.dev_path));
    }
    Ok(PathBuf::from(&first.dev_path))
}

/// The device node of the disk that the system is on.
fn system_disk(disks: &[Identity]) -> Option<String> {
    let installed = |disk: &&Identity| {
        let around = Around::open(Path::new(&disk.dev_path), false).ok();
        around.is_some_and(|around| inspect::inspect(&around.machine()).is_ok_and(|facts| facts.installed()))
    };
    disks.iter().filter(|disk| !disk.transport.is_empty()).find(installed).map(|disk| disk.dev_path.clone())
}

/// Shows every disk, and marks those for which an expression holds.
fn show(expression: Option<&str>, lines: commands::Lines<'_>) -> Result<()> {
    let disks = all_disks()?;
    let matches = match expression {
        Some(expression) => matching(&disks, expression, system_disk(&disks).as_deref())
            .map_err(|error| Error::InvalidInput(format!("--match: {error}")))?,
        None => Vec::new(),
    };
    for disk in &disks {
        let mark = if matches.contains(&disk) { "* " } else { "" };
        let words = [&disk.transport, &disk.model, &disk.serial, &disk.wwid];
        let words: Vec<&str> =
            words.into_iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
        lines(&format!("{mark}{} {}", disk.dev_path, words.join(" ")));
        match Around::open(Path::new(&disk.dev_path), false) {
            Ok(around) => commands::status(&around.machine(), &mut |line| lines(&format!("    {line}")))?,
            Err(error) => lines(&format!("    {error}")),
        }
    }
    if let Some(expression) = expression {
        lines(&format!("{} of {} disks match {expression}", matches.len(), disks.len()));
    }
    Ok(())
}
