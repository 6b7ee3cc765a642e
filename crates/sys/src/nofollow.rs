//! Files below folders that pods can write: opened without following a link, without waiting, and only if
//! they are what they should be.
//!
//! Somebody who can write a folder can put a link to any file of the node into it, a pipe that nobody writes
//! to, or a device. A name is looked up first without opening what it names (`O_PATH`), and opened through the
//! descriptor that was looked at, so that nothing can be put in its place in between.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, open, openat2};
use nix::sys::stat::{Mode, SFlag, fstat};

/// Opens a regular file for reading. No part of its absolute path may be a link.
///
/// # Errors
/// With what the kernel says; `ELOOP` for a link, and [`io::ErrorKind::InvalidInput`] for what is no regular
/// file.
pub fn read(path: &Path) -> io::Result<File> {
    reopen(&look(path)?, path, OFlag::O_RDONLY)
}

/// Opens a regular file for appending, and makes it with `mode` if there is none. No part of its absolute path
/// may be a link.
///
/// # Errors
/// As [`read`].
pub fn append(path: &Path, mode: u32) -> io::Result<File> {
    create(path, mode, OFlag::O_APPEND)
}

/// Opens a regular file for writing it anew, and makes it with `mode` if there is none. No part of its absolute
/// path may be a link.
///
/// # Errors
/// As [`read`].
pub fn write(path: &Path, mode: u32) -> io::Result<File> {
    create(path, mode, OFlag::O_TRUNC)
}

/// Reads a small regular file, links followed: for names that others are meant to link to something.
///
/// # Errors
/// With what the kernel says; [`io::ErrorKind::InvalidInput`] for what is no regular file or has more than
/// `most` bytes.
pub fn read_small(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    use std::io::Read;
    let seen = open(path, OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty())?;
    let file = reopen(&seen, path, OFlag::O_RDONLY)?;
    let mut content = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut content)?;
    if content.len() as u64 > most {
        return Err(invalid(format!("{} has more than {most} bytes", path.display())));
    }
    Ok(content)
}

fn create(path: &Path, mode: u32, flags: OFlag) -> io::Result<File> {
    match look(path) {
        Ok(seen) => reopen(&seen, path, OFlag::O_WRONLY | flags),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_CLOEXEC | flags;
            Ok(File::from(resolve(path, flags, Mode::from_bits_truncate(mode))?))
        }
        Err(error) => Err(error),
    }
}

fn look(path: &Path) -> io::Result<OwnedFd> {
    resolve(path, OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC, Mode::empty())
}

fn resolve(path: &Path, flags: OFlag, mode: Mode) -> io::Result<OwnedFd> {
    let relative: PathBuf = path.components().filter(|c| !matches!(c, Component::RootDir)).collect();
    if !path.is_absolute() || relative.as_os_str().is_empty() {
        return Err(invalid(format!("{} is not the absolute path of a file", path.display())));
    }
    let root = open("/", OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())?;
    let resolve =
        ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_SYMLINKS | ResolveFlag::RESOLVE_NO_MAGICLINKS;
    loop {
        let how = OpenHow::new().flags(flags).mode(mode).resolve(resolve);
        match openat2(&root, relative.as_path(), how) {
            // A rename went on elsewhere at the same time (openat2(2)).
            Err(Errno::EAGAIN | Errno::EINTR) => {}
            other => return Ok(other?),
        }
    }
}

/// Opens what a descriptor of `O_PATH` stands for.
fn reopen(seen: &OwnedFd, path: &Path, flags: OFlag) -> io::Result<File> {
    let kind = SFlag::from_bits_truncate(fstat(seen.as_fd())?.st_mode) & SFlag::S_IFMT;
    if kind == SFlag::S_IFLNK {
        return Err(Errno::ELOOP.into());
    }
    if kind != SFlag::S_IFREG {
        return Err(invalid(format!("{} is not a regular file", path.display())));
    }
    let through = format!("/proc/self/fd/{}", seen.as_raw_fd());
    let flags = flags | OFlag::O_NONBLOCK | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
    Ok(File::from(open(through.as_str(), flags, Mode::empty())?))
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{Read, Write};
    use std::os::unix::fs::symlink;

    use super::*;

    fn text(mut file: File) -> String {
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn whatever_is_put_in_the_place_of_a_file_is_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().canonicalize().unwrap();
        let at = |name: &str| dir.join(name);
        fs::write(at("secret"), "secret").unwrap();
        symlink(at("secret"), at("link")).unwrap();
        symlink("secret", at("relative")).unwrap();
        symlink(&dir, at("folder")).unwrap();
        symlink("/proc/self/exe", at("magic")).unwrap();
        nix::unistd::mkfifo(&at("pipe"), Mode::S_IRWXU).unwrap();
        std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        fs::create_dir(at("dir")).unwrap();
        let attacks = ["link", "relative", "folder/secret", "magic", "pipe", "socket", "dir", "../x/secret"];
        let mut held = 0;
        for attack in attacks {
            for opened in [read(&at(attack)), append(&at(attack), 0o600), write(&at(attack), 0o600)] {
                assert!(opened.is_err(), "{attack}");
                held += 1;
            }
        }
        assert_eq!(fs::read_to_string(at("secret")).unwrap(), "secret");
        assert_eq!(text(read(&at("secret")).unwrap()), "secret");
        assert!(read(Path::new("secret")).is_err(), "a relative path means something else for everybody");
        eprintln!("{held} attempts held");
    }

    #[test]
    fn files_are_made_appended_to_and_written_anew() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().canonicalize().unwrap().join("a.log");
        append(&path, 0o640).unwrap().write_all(b"one").unwrap();
        append(&path, 0o640).unwrap().write_all(b"two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "onetwo");
        write(&path, 0o640).unwrap().write_all(b"3").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "3");
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    }

    #[test]
    fn small_files_may_be_links_but_neither_pipes_nor_large() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("one"), "12345").unwrap();
        symlink(at("one"), at("current")).unwrap();
        nix::unistd::mkfifo(&at("pipe"), Mode::S_IRWXU).unwrap();
        assert_eq!(read_small(&at("current"), 5).unwrap(), b"12345");
        assert!(read_small(&at("current"), 4).is_err() && read_small(&at("pipe"), 5).is_err());
        assert_eq!(read_small(&at("none"), 5).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
