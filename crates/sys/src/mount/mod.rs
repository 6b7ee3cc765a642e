//! Mounting: a plain description of each mount, the port that carries it out, and what is mounted.

mod info;

use std::path::{Path, PathBuf};

pub use info::{MountInfo, mounts, mounts_of, parse_mountinfo};
pub use nix::mount::{MntFlags, MsFlags};

use crate::{Context, Result};

/// One call of mount(2), as data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountSpec {
    /// Device, directory or label; none where the kernel ignores it.
    pub source: Option<PathBuf>,
    /// Where it appears.
    pub target: PathBuf,
    /// File system type; none for binds, moves and propagation.
    pub fstype: Option<String>,
    /// Flags of mount(2).
    pub flags: MsFlags,
    /// Options of the file system.
    pub data: Option<String>,
}

/// The flags of a mount that is only for data: nosuid, nodev, noexec.
pub fn data_only() -> MsFlags {
    MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC
}

impl MountSpec {
    /// A file system that has no device, for example proc, sysfs or tmpfs.
    pub fn new(fstype: &str, target: impl Into<PathBuf>, flags: MsFlags) -> Self {
        Self {
            source: Some(fstype.into()),
            target: target.into(),
            fstype: Some(fstype.to_owned()),
            flags,
            data: None,
        }
    }

    /// A tmpfs with options such as `mode=0755,size=64M`; nosuid, nodev, noexec.
    pub fn tmpfs(target: impl Into<PathBuf>, options: &str) -> Self {
        Self { data: Some(options.to_owned()), ..Self::new("tmpfs", target, data_only()) }
    }

    /// Makes `source` also appear at `target`, without the mounts below it.
    pub fn bind(source: impl Into<PathBuf>, target: impl Into<PathBuf>) -> Self {
        Self {
            source: Some(source.into()),
            target: target.into(),
            fstype: None,
            flags: MsFlags::MS_BIND,
            data: None,
        }
    }

    /// Like [`MountSpec::bind`] with the mounts below it.
    pub fn bind_recursive(source: impl Into<PathBuf>, target: impl Into<PathBuf>) -> Self {
        let mut spec = Self::bind(source, target);
        spec.flags |= MsFlags::MS_REC;
        spec
    }

    /// Replaces the per-mount flags of what is at `target` (`MS_RDONLY`, `MS_NOSUID`, …).
    pub fn remount_bind(target: impl Into<PathBuf>, flags: MsFlags) -> Self {
        Self {
            source: None,
            target: target.into(),
            fstype: None,
            flags: MsFlags::MS_REMOUNT | MsFlags::MS_BIND | flags,
            data: None,
        }
    }

    /// Moves the mount at `source` to `target`.
    pub fn move_to(source: impl Into<PathBuf>, target: impl Into<PathBuf>) -> Self {
        Self {
            source: Some(source.into()),
            target: target.into(),
            fstype: None,
            flags: MsFlags::MS_MOVE,
            data: None,
        }
    }

    /// Changes propagation, for example `MS_PRIVATE | MS_REC`.
    pub fn propagation(target: impl Into<PathBuf>, flags: MsFlags) -> Self {
        Self { source: None, target: target.into(), fstype: None, flags, data: None }
    }

    /// A writable overlay: the upper layers of `lower` (first is topmost) with changes in `upper`.
    pub fn overlay(lower: &[&Path], upper: &Path, work: &Path, target: impl Into<PathBuf>) -> Self {
        let data =
            format!("lowerdir={},upperdir={},workdir={}", join(lower), upper.display(), work.display());
        Self { data: Some(data), ..Self::new("overlay", target, MsFlags::empty()) }
    }

    /// An overlay that nobody can make writable: it has no upper layer.
    pub fn overlay_read_only(lower: &[&Path], target: impl Into<PathBuf>) -> Self {
        let data = format!("lowerdir={}", join(lower));
        Self { data: Some(data), ..Self::new("overlay", target, MsFlags::MS_RDONLY) }
    }

    /// Sets the options of the file system.
    pub fn data(mut self, options: impl Into<String>) -> Self {
        self.data = Some(options.into());
        self
    }

    /// Sets the source shown in the mount table.
    pub fn source(mut self, source: impl Into<PathBuf>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Adds flags.
    pub fn flags(mut self, flags: MsFlags) -> Self {
        self.flags |= flags;
        self
    }

    fn describe(&self) -> String {
        let what = self.fstype.as_deref().unwrap_or(match self.flags {
            f if f.contains(MsFlags::MS_MOVE) => "move",
            f if f.contains(MsFlags::MS_REMOUNT) => "remount",
            f if f.contains(MsFlags::MS_BIND) => "bind",
            _ => "propagation",
        });
        match &self.source {
            Some(source) => format!("mount {what} {} on {}", source.display(), self.target.display()),
            None => format!("mount {what} on {}", self.target.display()),
        }
    }
}

/// A colon or comma in a path would end it within the options; the kernel wants a backslash.
fn join(layers: &[&Path]) -> String {
    let escape =
        |path: &&Path| path.to_string_lossy().replace('\\', "\\\\").replace(':', "\\:").replace(',', "\\,");
    layers.iter().map(escape).collect::<Vec<_>>().join(":")
}

/// Changes the mount table of this process' mount namespace.
pub trait MountPort: Send + Sync {
    /// Carries out one mount.
    fn mount(&self, spec: &MountSpec) -> Result<()>;
    /// Removes the topmost mount at `target`.
    fn unmount(&self, target: &Path, flags: MntFlags) -> Result<()>;
    /// Makes `new_root` the root and moves the old one to `put_old` (below it, or the same).
    fn pivot_root(&self, new_root: &Path, put_old: &Path) -> Result<()>;
}

/// The kernel's mount table.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mounts;

impl MountPort for Mounts {
    fn mount(&self, spec: &MountSpec) -> Result<()> {
        nix::mount::mount(
            spec.source.as_deref(),
            &spec.target,
            spec.fstype.as_deref(),
            spec.flags,
            spec.data.as_deref(),
        )
        .context(|| spec.describe())
    }

    fn unmount(&self, target: &Path, flags: MntFlags) -> Result<()> {
        nix::mount::umount2(target, flags).context(|| format!("unmount {}", target.display()))
    }

    fn pivot_root(&self, new_root: &Path, put_old: &Path) -> Result<()> {
        nix::unistd::pivot_root(new_root, put_old).context(|| format!("make {} the root", new_root.display()))
    }
}

/// Unmounts everything at and below `prefix`, deepest first. What is busy is detached lazily.
pub fn unmount_below(port: &dyn MountPort, table: &[MountInfo], prefix: &Path) -> Result<()> {
    let below = table.iter().rev().filter(|mount| mount.mount_point.starts_with(prefix));
    for mount in below {
        if port.unmount(&mount.mount_point, MntFlags::UMOUNT_NOFOLLOW).is_err() {
            port.unmount(&mount.mount_point, MntFlags::MNT_DETACH | MntFlags::UMOUNT_NOFOLLOW)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes;

    #[test]
    fn special_characters_of_layer_paths_are_escaped() {
        let spec = MountSpec::overlay_read_only(&[Path::new("/a:b"), Path::new("/c,d")], "/x");
        assert_eq!(spec.data.as_deref(), Some("lowerdir=/a\\:b:/c\\,d"));
    }

    #[test]
    fn unmounting_a_tree_starts_with_the_latest_mount() {
        let table = parse_mountinfo(
            "1 0 8:1 / / rw - ext4 /dev/sda rw\n\
             2 1 0:2 / /n rw - tmpfs tmpfs rw\n\
             3 2 0:3 / /n/a rw - tmpfs tmpfs rw\n\
             4 1 0:4 / /nn rw - tmpfs tmpfs rw\n",
        );
        let fake = fakes::Mounts::default();
        unmount_below(&fake, &table, Path::new("/n")).unwrap();
        assert_eq!(fake.calls(), ["unmount /n/a", "unmount /n"]);
    }

    #[test]
    fn errors_name_what_was_mounted_where() {
        let error = Mounts.mount(&MountSpec::bind("/no/such", "/nor/such")).unwrap_err();
        assert!(error.to_string().starts_with("mount bind /no/such on /nor/such: "), "{error}");
    }
}
