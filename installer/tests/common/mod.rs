//! A machine of a test: a disk, its firmware's variables, and systems to install on it.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "each test file uses its own part"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use disk::facts::{Digest, Facts};
use disk::firmware::{Boots, Firmware, boot};
use disk::layout::Loader;
use disk::plan::{Install, System};
use disk::step::Step;
use disk::uki::{Arch, sample};
use installer::assets::Assets;
use installer::execute::execute;
use installer::inspect::inspect;
use installer::{Error, Machine};
use sys::disk::DiskPort;
use sys::efivars::EfiVarsPort;
use sys::fakes;
use sys::xfs::XfsPort;

/// Bytes of the disk: as much as the largest layout needs.
pub const SIZE: u64 = 7 << 30;

/// The systems of a test, in folders of their own.
pub struct Systems {
    dir: tempfile::TempDir,
}

impl Systems {
    pub fn shared() -> Arc<Self> {
        let dir = tempfile::tempdir().unwrap();
        for version in ["v1", "v2"] {
            let folder = dir.path().join(version);
            std::fs::create_dir_all(folder.join("grub")).unwrap();
            let release = format!("ID=talos\nVERSION_ID={version}\n");
            let kernel = format!("kernel {version} ").repeat(9000);
            let uki = sample(
                0x8664,
                &[
                    (".osrel", release.as_bytes()),
                    (".linux", kernel.as_bytes()),
                    (".initrd", version.as_bytes()),
                ],
            );
            let write = |name: &str, content: &[u8]| std::fs::write(folder.join(name), content).unwrap();
            write("vmlinuz.efi", &uki);
            write("systemd-boot.efi", b"the loader");
            write("grub/boot.img", &[0x90; 512]);
            write("grub/core.img", &[0x91; 40_000]);
        }
        Arc::new(Self { dir })
    }

    pub fn load(&self, version: &str) -> Assets {
        let mut assets = Assets::load(&self.dir.path().join(version), Arch::Amd64).unwrap();
        assets.system.bios.as_mut().unwrap().cmdline = format!("slab_nomerge= pti=on v={version}");
        assets
    }

    /// The version whose kernel, or kernel image, has this content.
    fn version(&self, digest: Digest) -> Option<&'static str> {
        ["v1", "v2"].into_iter().find(|version| {
            let system = self.load(version).system;
            let (uefi, bios) = (system.uefi.unwrap(), system.bios.unwrap());
            [uefi.uki.digest, bios.kernel.digest].contains(&digest)
        })
    }
}

/// A machine with one disk.
pub struct Bench {
    pub firmware: Firmware,
    pub loader: Loader,
    pub path: PathBuf,
    pub disk: Arc<dyn DiskPort>,
    pub xfs: Arc<dyn XfsPort>,
    pub variables: Option<fakes::EfiVars>,
    pub booted_slot: Option<String>,
    pub systems: Arc<Systems>,
}

impl Bench {
    pub fn machine(&self) -> Machine<'_> {
        Machine {
            path: &self.path,
            disk: &*self.disk,
            xfs: &*self.xfs,
            variables: self.variables.as_ref().map(|variables| variables as &dyn EfiVarsPort),
            booted_slot: self.booted_slot.as_deref(),
        }
    }

    pub fn facts(&self) -> Facts {
        inspect(&self.machine()).unwrap()
    }

    /// Carries steps out with the files of a version.
    pub fn execute(&self, steps: &[Step], version: &str) -> Result<(), Error> {
        let assets = self.systems.load(version);
        execute(&self.machine(), &self.facts(), steps, Some(&assets), &mut |_, _, _| {})
    }

    pub fn system(&self, version: &str) -> System {
        self.systems.load(version).system
    }

    pub fn install(&self, version: &str) -> Vec<Step> {
        let system = self.system(version);
        let (loader, seed) = (self.loader, b"seed".to_vec());
        let wanted = Install { system, loader, wipe: false, force: true, seed, meta: Default::default() };
        disk::plan::install(&self.facts(), &wanted).unwrap()
    }

    pub fn upgrade(&self, version: &str) -> Vec<Step> {
        disk::plan::upgrade(&self.facts(), &self.system(version)).unwrap()
    }

    /// What the machine would boot from the disk as it is, in a word. Nothing changes on the disk.
    pub fn would_boot(&self) -> &'static str {
        match boot(&mut self.facts(), self.firmware) {
            Boots::NextDevice { .. } => "next device",
            Boots::System { digest, .. } => self.systems.version(digest).unwrap_or("something broken"),
        }
    }

    /// Boots: what the boot loader changes is changed, and the machine runs what was chosen.
    pub fn boot(&mut self) -> &'static str {
        let before = self.facts();
        let mut after = before.clone();
        let Boots::System { name, digest, .. } = boot(&mut after, self.firmware) else {
            return "next device";
        };
        if let Some(variables) = &self.variables {
            let vendor = disk::sdboot::variable::VENDOR;
            variables.remove(vendor, "LoaderEntryOneShot").unwrap();
            variables.set(vendor, "LoaderEntrySelected", &installer::variables::encode(&name)).unwrap();
            let (old, new) = (before.esp.files().unwrap(), after.esp.files().unwrap());
            let gone = old.keys().find(|path| !new.contains_key(*path));
            let come = new.keys().find(|path| !old.contains_key(*path));
            if let (Some(from), Some(to)) = (gone, come) {
                let rename =
                    Step::RenameFile { target: disk::step::Target::Efi, from: from.clone(), to: to.clone() };
                self.execute(&[rename], "v1").unwrap();
            }
        } else {
            let text = after.boot.files().unwrap()[disk::grub::ENVIRONMENT].text.clone().unwrap();
            let source = disk::step::Source::Text(text);
            let path = disk::grub::ENVIRONMENT.to_owned();
            let write = Step::WriteFile { target: disk::step::Target::Boot, path, source };
            self.execute(&[write], "v1").unwrap();
            self.booted_slot = Some(name);
        }
        self.systems.version(digest).unwrap_or("something broken")
    }

    /// A machine on which version 1 is installed, runs and is well.
    pub fn installed(mut self) -> Self {
        self.execute(&self.install("v1"), "v1").unwrap();
        assert_eq!(self.boot(), "v1");
        self.execute(&disk::plan::confirm(&self.facts()).unwrap(), "v1").unwrap();
        self
    }
}

/// File systems that are folders, and of which the disk shows the mark.
struct Marked {
    folders: fakes::Xfs,
    disk: Arc<dyn DiskPort>,
}

impl XfsPort for Marked {
    fn format(&self, disk: &Path, offset: u64, length: u64, label: &str) -> sys::Result<()> {
        self.folders.format(disk, offset, length, label)?;
        self.disk.write_at(offset, b"XFSB")
    }

    fn mount(
        &self,
        disk: &Path,
        offset: u64,
        length: u64,
        read_only: bool,
    ) -> sys::Result<Box<dyn sys::xfs::MountedPort>> {
        self.folders.mount(disk, offset, length, read_only)
    }
}

/// A machine in memory; its BOOT is a folder below `dir`.
pub fn in_memory(systems: &Arc<Systems>, firmware: Firmware, loader: Loader, dir: &Path) -> Bench {
    std::fs::create_dir_all(dir).unwrap();
    let disk: Arc<dyn DiskPort> = Arc::new(fakes::Disk::new(SIZE, 512));
    Bench {
        firmware,
        loader,
        path: "/dev/fake".into(),
        xfs: Arc::new(Marked { folders: fakes::Xfs::below(dir), disk: Arc::clone(&disk) }),
        disk,
        variables: matches!(firmware, Firmware::Uefi(_)).then(fakes::EfiVars::default),
        booted_slot: None,
        systems: Arc::clone(systems),
    }
}
