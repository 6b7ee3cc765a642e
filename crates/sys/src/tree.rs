//! Walks a tree of files however deep it is, without following links.
//!
//! What a user or a pod has made may be thousands of folders deep, with paths that no system call takes. So
//! each folder is opened in the one above it, the folders on the way are a list instead of calls within
//! calls, and of the descriptors of those only the last few stay open: a folder that was left is opened again
//! from the one below it.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix::dir::Dir;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag, openat, readlinkat};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat, fstatat};

/// Folders within folders that are walked; deeper ones are told as failures.
pub const DEEPEST: usize = 4096;

/// Bytes of the longest path that is walked: 16 times what one system call takes.
pub const LONGEST: usize = 64 * 1024;

/// Memory for the names of a walk that are still to come, in bytes; about 200,000 usual names.
const NAMES: usize = 16 * 1024 * 1024;

/// Bytes that a name costs beside its own.
const NAME: usize = 32;

/// Descriptors of a walk.
const OPEN: usize = 64;

/// One file, folder, link or device.
#[derive(Debug)]
pub struct Entry<'a> {
    folder: BorrowedFd<'a>,
    name: &'a OsStr,
    /// The root as it was given, and what leads from there.
    pub path: &'a Path,
    /// Folders between it and the root; the root is 0.
    pub depth: usize,
    /// What the kernel knows of it (inode(7)).
    pub stat: FileStat,
}

/// The kind of file that a mode is of.
pub fn kind(mode: u32) -> SFlag {
    SFlag::from_bits_truncate(mode) & SFlag::S_IFMT
}

impl Entry<'_> {
    /// Whether it is of a kind.
    pub fn is(&self, wanted: SFlag) -> bool {
        kind(self.stat.st_mode) == wanted
    }

    /// Whether it is a folder.
    pub fn is_dir(&self) -> bool {
        self.is(SFlag::S_IFDIR)
    }

    /// Where a link leads.
    ///
    /// # Errors
    /// When it is no link, or gone.
    pub fn link(&self) -> io::Result<OsString> {
        Ok(readlinkat(self.folder, self.name)?)
    }

    /// Opens a regular file for reading.
    ///
    /// # Errors
    /// When it is none, or no longer the one that was looked at.
    pub fn open(&self) -> io::Result<File> {
        let flags =
            OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
        let file = openat(self.folder, self.name, flags, Mode::empty())?;
        let found = fstat(file.as_fd())?;
        if id(&found) != id(&self.stat) || kind(found.st_mode) != SFlag::S_IFREG {
            return Err(io::Error::other("it was replaced while it was looked at"));
        }
        Ok(File::from(file))
    }

    /// Names and values of its extended attributes.
    pub fn xattrs(&self) -> Vec<(String, Vec<u8>)> {
        if self.depth == 0 {
            return crate::xattr::all(self.path);
        }
        // Paths may be too long; a descriptor and a name never are.
        let folder = format!("/proc/self/fd/{}", self.folder.as_raw_fd());
        crate::xattr::all(&Path::new(&folder).join(self.name))
    }
}

/// Is told what a walk finds.
pub trait Visit {
    /// Something was found. Whether to go into it, if it is a folder; then [`Visit::leave`] follows.
    fn entry(&mut self, entry: &Entry<'_>) -> ControlFlow<(), bool>;

    /// All of a folder was told.
    fn leave(&mut self, path: &Path, depth: usize) -> ControlFlow<()>;

    /// Something cannot be looked at, or not all of a folder.
    fn failed(&mut self, path: &Path, depth: usize, error: &io::Error) -> ControlFlow<()>;
}

/// A folder on the way.
struct Level {
    /// `None` while it is far above: it is opened again on the way back.
    folder: Option<OwnedFd>,
    id: (u64, u64),
    /// Names still to come, in order.
    names: std::vec::IntoIter<OsString>,
}

/// Walks `root` and all below it, each folder by name and what is in it before what comes after it.
pub fn walk(root: &Path, visit: &mut impl Visit) -> ControlFlow<()> {
    let mut walk = Walk { visit, path: root.to_path_buf(), levels: Vec::new(), budget: NAMES };
    let (folder, name) = (AT_FDCWD, root.as_os_str().to_owned());
    walk.step(folder, &name)?;
    while let Some(level) = walk.levels.last_mut() {
        let Some(name) = level.names.next() else {
            walk.leave()?;
            continue;
        };
        walk.budget += name.len() + NAME;
        let Some(folder) = level.folder.take() else { continue };
        let length = walk.path.as_os_str().len();
        walk.path.push(&name);
        let at = walk.levels.len();
        let stepped = walk.step(folder.as_fd(), &name);
        if walk.levels.len() == at {
            truncate(&mut walk.path, length);
        }
        if let Some(level) = walk.levels.get_mut(at - 1) {
            level.folder = Some(folder);
        }
        walk.close_far();
        stepped?;
    }
    ControlFlow::Continue(())
}

struct Walk<'v, V> {
    visit: &'v mut V,
    path: PathBuf,
    levels: Vec<Level>,
    /// Bytes that names may still take.
    budget: usize,
}

impl<V: Visit> Walk<'_, V> {
    /// Tells one entry, and opens its level if it is a folder to go into.
    fn step(&mut self, folder: BorrowedFd<'_>, name: &OsStr) -> ControlFlow<()> {
        let depth = self.levels.len();
        let flags = AtFlags::AT_SYMLINK_NOFOLLOW | AtFlags::AT_NO_AUTOMOUNT;
        let stat = match fstatat(folder, name, flags) {
            Ok(stat) => stat,
            Err(error) => return self.visit.failed(&self.path, depth, &error.into()),
        };
        let entry = Entry { folder, name, path: &self.path, depth, stat };
        let enter = self.visit.entry(&entry)?;
        if !enter || !entry.is_dir() {
            return ControlFlow::Continue(());
        }
        let opened = if depth >= DEEPEST || self.path.as_os_str().len() > LONGEST {
            Err(io::Error::other("it is too deep: what is in it is left out"))
        } else {
            open_folder(folder, name)
        };
        let listed = opened.and_then(|opened| Ok((self.names(&opened)?, opened)));
        match listed {
            Ok(((names, whole), opened)) => {
                if !whole {
                    let error = io::Error::other("there is too much in it: the rest is left out");
                    self.visit.failed(&self.path, depth, &error)?;
                }
                self.levels.push(Level { folder: Some(opened), id: id(&stat), names });
                ControlFlow::Continue(())
            }
            Err(error) => {
                self.visit.failed(&self.path, depth, &error)?;
                self.visit.leave(&self.path, depth)
            }
        }
    }

    /// Names in a folder, sorted, as far as the budget goes; whether these are all.
    fn names(&mut self, folder: &OwnedFd) -> io::Result<(std::vec::IntoIter<OsString>, bool)> {
        let mut listing = Dir::from_fd(open_folder(folder.as_fd(), OsStr::new("."))?)?;
        let mut names = Vec::new();
        for entry in listing.iter() {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            let Some(left) = self.budget.checked_sub(name.len() + NAME) else {
                names.sort();
                return Ok((names.into_iter(), false));
            };
            self.budget = left;
            names.push(name.to_owned());
        }
        names.sort();
        Ok((names.into_iter(), true))
    }

    /// Goes back to the folder above.
    fn leave(&mut self) -> ControlFlow<()> {
        let Some(left) = self.levels.pop() else { return ControlFlow::Continue(()) };
        let depth = self.levels.len();
        self.visit.leave(&self.path, depth)?;
        if depth == 0 {
            return ControlFlow::Continue(());
        }
        self.path.pop();
        let Some(above) = self.levels.last_mut().filter(|above| above.folder.is_none()) else {
            return ControlFlow::Continue(());
        };
        let back = left.folder.ok_or_else(|| io::Error::other("it is closed")).and_then(|left| {
            let back = open_folder(left.as_fd(), OsStr::new(".."))?;
            let same = id(&fstat(back.as_fd())?) == above.id;
            if same { Ok(back) } else { Err(io::Error::other("it was moved while it was looked at")) }
        });
        match back {
            Ok(back) => {
                above.folder = Some(back);
                ControlFlow::Continue(())
            }
            Err(error) => {
                let rest = std::mem::take(&mut above.names);
                self.budget += rest.map(|name| name.len() + NAME).sum::<usize>();
                self.visit.failed(&self.path, depth - 1, &error)
            }
        }
    }

    /// Closes the folder that is too far above now.
    fn close_far(&mut self) {
        let far = self.levels.len().checked_sub(OPEN);
        if let Some(level) = far.and_then(|far| self.levels.get_mut(far)) {
            level.folder = None;
        }
    }
}

/// `pop` would drop the last part of a root that ends in a slash.
fn truncate(path: &mut PathBuf, length: usize) {
    let mut whole = std::mem::take(path).into_os_string().into_encoded_bytes();
    whole.truncate(length);
    use std::os::unix::ffi::OsStringExt;
    *path = PathBuf::from(OsString::from_vec(whole));
}

fn open_folder(folder: BorrowedFd<'_>, name: &OsStr) -> io::Result<OwnedFd> {
    let flags =
        OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    Ok(openat(folder, name, flags, Mode::empty())?)
}

fn id(stat: &FileStat) -> (u64, u64) {
    (stat.st_dev, stat.st_ino)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[derive(Default)]
    struct Seen {
        entries: Vec<(PathBuf, usize)>,
        left: usize,
        failures: Vec<String>,
        descriptors: usize,
    }

    impl Visit for Seen {
        fn entry(&mut self, entry: &Entry<'_>) -> ControlFlow<(), bool> {
            self.entries.push((entry.path.to_path_buf(), entry.depth));
            if entry.depth % 500 == 499 {
                self.descriptors = self.descriptors.max(fs::read_dir("/proc/self/fd").unwrap().count());
            }
            ControlFlow::Continue(true)
        }

        fn leave(&mut self, _: &Path, _: usize) -> ControlFlow<()> {
            self.left += 1;
            ControlFlow::Continue(())
        }

        fn failed(&mut self, path: &Path, _: usize, error: &io::Error) -> ControlFlow<()> {
            self.failures.push(format!("{}: {error}", path.display()));
            ControlFlow::Continue(())
        }
    }

    /// Folders within folders, with a file beside each, and their removal.
    struct Deep(tempfile::TempDir);

    impl Deep {
        fn make(levels: usize) -> Deep {
            let dir = tempfile::tempdir().unwrap();
            let mut at = open_folder(AT_FDCWD, dir.path().as_os_str()).unwrap();
            for _ in 0..levels {
                nix::sys::stat::mkdirat(&at, "d", Mode::S_IRWXU).unwrap();
                let flags = OFlag::O_CREAT | OFlag::O_WRONLY;
                drop(openat(&at, "e", flags, Mode::S_IRUSR).unwrap());
                at = open_folder(at.as_fd(), OsStr::new("d")).unwrap();
            }
            Deep(dir)
        }
    }

    fn small_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().stack_size(128 * 1024);
            thread.spawn_scoped(scope, work).unwrap().join().unwrap()
        })
    }

    #[test]
    fn a_tree_of_thousands_of_levels_is_walked_with_few_descriptors_and_little_stack() {
        let deep = Deep::make(2300);
        let before = fs::read_dir("/proc/self/fd").unwrap().count();
        let seen = small_stack(|| {
            let mut seen = Seen::default();
            assert!(walk(deep.0.path(), &mut seen).is_continue());
            seen
        });
        assert_eq!(seen.failures, Vec::<String>::new());
        assert_eq!((seen.entries.len(), seen.left), (1 + 2 * 2300, 2301));
        assert_eq!(seen.entries.iter().map(|(_, depth)| *depth).max(), Some(2300));
        // Other tests have descriptors, too.
        assert!(seen.descriptors < before + 2 * OPEN, "{} of {before}", seen.descriptors);
        eprintln!("{} entries at up to {} levels", seen.entries.len(), 2300);
    }

    #[test]
    fn what_is_deeper_than_deep_is_told_and_left_out() {
        let deep = Deep::make(DEEPEST + 5);
        let mut seen = Seen::default();
        assert!(walk(deep.0.path(), &mut seen).is_continue());
        assert_eq!(seen.failures.len(), 1);
        assert!(seen.failures[0].contains("too deep"), "{}", seen.failures[0].len());
        assert_eq!(seen.left, DEEPEST + 1);
    }

    #[test]
    fn folders_are_told_in_order_and_links_are_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("b/c")).unwrap();
        fs::write(dir.path().join("a"), "12").unwrap();
        std::os::unix::fs::symlink("/", dir.path().join("b/l")).unwrap();
        let mut seen = Seen::default();
        assert!(walk(dir.path(), &mut seen).is_continue());
        let names = ["", "a", "b", "b/c", "b/l"].map(|name| match name {
            "" => dir.path().to_path_buf(),
            name => dir.path().join(name),
        });
        assert_eq!(seen.entries.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>(), names);
    }

    #[test]
    fn a_file_is_a_tree_of_one_and_what_is_missing_a_failure() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a"), "12").unwrap();
        let mut seen = Seen::default();
        assert!(walk(&dir.path().join("a"), &mut seen).is_continue());
        assert!(walk(&dir.path().join("none"), &mut seen).is_continue());
        assert_eq!((seen.entries.len(), seen.failures.len(), seen.left), (1, 1, 0));
    }
}
