//! The system that comes with the installer: `/usr/install/<arch>` of its image (contract os.md 3.6).

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use disk::bytes::{Extent, ReadAt};
use disk::plan::{BiosAssets, System, UefiAssets};
use disk::step::{Asset, AssetName};
use disk::uki::{Arch, Uki};

use crate::volume::fact;
use crate::{Error, Result};

/// The unified kernel image.
const UKI: &str = "vmlinuz.efi";
const SD_BOOT: &str = "systemd-boot.efi";
const KERNEL: &str = "vmlinuz";
const INITRAMFS: &str = "initramfs.xz";
const GRUB_BOOT: &str = "grub/boot.img";
const GRUB_CORE: &str = "grub/core.img";

/// Files with the system in them.
#[derive(Debug)]
pub struct Assets {
    files: BTreeMap<AssetName, (PathBuf, Extent)>,
    /// What the plan has to know of them.
    pub system: System,
    /// The arguments in the unified kernel image.
    pub uki_cmdline: Option<String>,
}

struct Bytes(File, u64);

impl ReadAt for Bytes {
    fn size(&self) -> u64 {
        self.1
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> std::io::Result<()> {
        self.0.read_exact_at(buffer, offset)
    }
}

impl Assets {
    /// Looks at the files in a folder: what is there, whether it is whole, and what it is for.
    /// `arch` is that of this machine.
    ///
    /// # Errors
    /// When a file cannot be read, is truncated, or is for another architecture; all are told.
    pub fn load(folder: &Path, arch: Arch) -> Result<Self> {
        let mut assets = Self {
            files: BTreeMap::new(),
            system: System { version: String::new(), arch, uefi: None, bios: None },
            uki_cmdline: None,
        };
        let mut reasons = Vec::new();
        let uki = assets.uki(folder, arch).unwrap_or_else(|error| {
            reasons.push(error.to_string());
            None
        });
        if folder.join(KERNEL).exists() {
            assets.whole(AssetName::Kernel, folder.join(KERNEL))?;
            assets.whole(AssetName::Initramfs, folder.join(INITRAMFS))?;
        } else if let Some(uki) = &uki {
            let path = folder.join(UKI);
            for (name, section) in [(AssetName::Kernel, ".linux"), (AssetName::Initramfs, ".initrd")] {
                assets.files.extend(uki.section(section).map(|extent| (name, (path.clone(), extent))));
            }
        }
        if uki.is_some() && folder.join(SD_BOOT).exists() {
            assets.whole(AssetName::SdBoot, folder.join(SD_BOOT))?;
            let (loader, uki) = (assets.asset(AssetName::SdBoot)?, assets.asset(AssetName::Uki)?);
            assets.system.uefi = Some(UefiAssets { loader, uki });
        }
        if assets.files.contains_key(&AssetName::Kernel) && folder.join(GRUB_BOOT).exists() {
            let (boot_image, core) = (read(&folder.join(GRUB_BOOT))?, read(&folder.join(GRUB_CORE))?);
            let (kernel, initramfs) = (assets.asset(AssetName::Kernel)?, assets.asset(AssetName::Initramfs)?);
            let cmdline = assets.uki_cmdline.clone().unwrap_or_default();
            assets.system.bios = Some(BiosAssets { boot_image, core, kernel, initramfs, cmdline });
        }
        if assets.system.uefi.is_none() && assets.system.bios.is_none() && reasons.is_empty() {
            let folder = folder.display();
            reasons.push(format!(
                "{folder} holds no system: neither {UKI} with {SD_BOOT} nor {KERNEL} with grub"
            ));
        }
        if !reasons.is_empty() {
            return Err(Error::InvalidInput(reasons.join("\n")));
        }
        if assets.system.version.is_empty() {
            let own = read(&folder.join("os-release")).or_else(|_| read(Path::new("/etc/os-release")))?;
            assets.system.version = version(&String::from_utf8_lossy(&own)).ok_or_else(|| {
                Error::InvalidInput(format!(
                    "{} does not say its version: os-release is missing",
                    folder.display()
                ))
            })?;
        }
        Ok(assets)
    }

    /// The unified kernel image, if there is one.
    fn uki(&mut self, folder: &Path, arch: Arch) -> Result<Option<Uki>> {
        let path = folder.join(UKI);
        if !path.exists() {
            return Ok(None);
        }
        let failed =
            |error: &dyn std::fmt::Display| Error::io(format_args!("read {}", path.display()), error);
        let file = File::open(&path).map_err(|error| failed(&error))?;
        let size = file.metadata().map_err(|error| failed(&error))?.len();
        let bytes = Bytes(file, size);
        let refuse = |why: &dyn std::fmt::Display| Error::InvalidInput(format!("{}: {why}", path.display()));
        let uki = Uki::parse(&bytes).map_err(|error| refuse(&error))?;
        if uki.arch != arch {
            return Err(refuse(&format_args!("it is for {}, this machine is {arch}", uki.arch)));
        }
        if !uki.is_kernel() {
            return Err(refuse(&"it holds no kernel with its first file system"));
        }
        let section = |name: &str| {
            let extent = uki.section(name)?;
            let mut text = vec![0; usize::try_from(extent.length).ok()?.min(64 << 10)];
            bytes.read_at(extent.offset, &mut text).ok()?;
            Some(String::from_utf8_lossy(&text).trim_matches(['\0', '\n', ' ']).to_owned())
        };
        self.uki_cmdline = section(".cmdline");
        self.system.version = section(".osrel").and_then(|text| version(&text)).unwrap_or_default();
        self.whole(AssetName::Uki, path)?;
        Ok(Some(uki))
    }

    fn whole(&mut self, name: AssetName, path: PathBuf) -> Result<()> {
        let length = std::fs::metadata(&path).map_err(|error| Error::io(path.display(), error))?.len();
        self.files.insert(name, (path, Extent { offset: 0, length }));
        Ok(())
    }

    /// The content of a file.
    ///
    /// # Errors
    /// When it did not come with the system, or cannot be read.
    pub fn open(&self, name: AssetName) -> Result<impl Read> {
        let missing = || Error::Environment(format!("{name:?} did not come with the system"));
        let (path, extent) = self.files.get(&name).ok_or_else(missing)?;
        let failed = |error| Error::io(format_args!("read {}", path.display()), error);
        let mut file = File::open(path).map_err(failed)?;
        file.seek(SeekFrom::Start(extent.offset)).map_err(failed)?;
        Ok(file.take(extent.length))
    }

    fn asset(&self, name: AssetName) -> Result<Asset> {
        let fact = fact(&mut self.open(name)?, &format!("{name:?}"))?;
        Ok(Asset { name, size: fact.size, digest: fact.digest })
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| Error::io(format_args!("read {}", path.display()), error))
}

/// `VERSION_ID` of an os-release file.
fn version(text: &str) -> Option<String> {
    let value = text.lines().find_map(|line| line.strip_prefix("VERSION_ID="))?;
    Some(value.trim_matches(['"', '\'']).to_owned()).filter(|version| !version.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use disk::uki::sample;

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("grub")).unwrap();
        for (name, content) in files {
            std::fs::write(dir.path().join(name), content).unwrap();
        }
        dir
    }

    fn error(files: &[(&str, &[u8])]) -> String {
        let dir = folder(files);
        let error = Assets::load(dir.path(), Arch::Amd64).unwrap_err().to_string();
        error.replace(&dir.path().display().to_string(), "DIR")
    }

    const SECTIONS: [(&str, &[u8]); 4] = [
        (".osrel", b"ID=talos\nVERSION_ID=v1.2.3\n"),
        (".cmdline", b"a=b"),
        (".linux", b"kernel"),
        (".initrd", b"root"),
    ];

    #[test]
    fn one_image_serves_both_kinds_of_machines() {
        let uki = sample(0x8664, &SECTIONS);
        let files: [(&str, &[u8]); 4] =
            [(UKI, &uki), (SD_BOOT, b"loader"), (GRUB_BOOT, &[0; 512]), (GRUB_CORE, &[1; 600])];
        let dir = folder(&files);
        let assets = Assets::load(dir.path(), Arch::Amd64).unwrap();
        assert_eq!((assets.system.version.as_str(), assets.uki_cmdline.as_deref()), ("v1.2.3", Some("a=b")));
        assert!(assets.system.uefi.is_some());
        let mut kernel = String::new();
        assets.open(AssetName::Kernel).unwrap().read_to_string(&mut kernel).unwrap();
        assert_eq!((kernel.as_str(), assets.system.bios.unwrap().initramfs.size), ("kernel", 4));
    }

    #[test]
    fn what_cannot_boot_here_is_refused_before_anything_is_written() {
        let uki = sample(0x8664, &SECTIONS);
        assert_eq!(
            error(&[]),
            "DIR holds no system: neither vmlinuz.efi with systemd-boot.efi nor vmlinuz with grub"
        );
        assert_eq!(
            error(&[(UKI, b"<html>")]),
            "DIR/vmlinuz.efi: it is no program for UEFI: it ends within its headers"
        );
        let cut = error(&[(UKI, &uki[..uki.len() - 2]), (SD_BOOT, b"x")]);
        assert!(cut.contains("it is truncated: section \".initrd\""), "{cut}");
        let other = sample(0xaa64, &SECTIONS);
        assert_eq!(
            error(&[(UKI, &other), (SD_BOOT, b"x")]),
            "DIR/vmlinuz.efi: it is for arm64, this machine is amd64"
        );
        let empty = sample(0x8664, &[(".text", b"x")]);
        assert_eq!(
            error(&[(UKI, &empty), (SD_BOOT, b"x")]),
            "DIR/vmlinuz.efi: it holds no kernel with its first file system"
        );
    }
}
