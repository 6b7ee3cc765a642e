//! The log of a pod's container: a file that grows, and is replaced when it is full.
//!
//! Pods may write the folder that it lies in: nothing but a regular file is opened, and no link followed, or a
//! pod could have any file of the node read as its log. Reading blocks, so it happens on threads that may wait.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;

use crate::blocking::{ANSWER, Pool};
use crate::logs::Tail;

/// Bytes read at once.
const PIECE: usize = 16 * 1024;
/// How far back the last lines are looked for, in bytes.
const FURTHEST: u64 = 64 << 20;
/// Pause between looks for more, while somebody follows.
const PAUSE: Duration = Duration::from_secs(1);

/// A reader of the file.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    file: File,
}

impl LogFile {
    /// Opens the log at its beginning.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_path_buf(), file: sys::nofollow::read(path)? })
    }

    /// Goes to where `tail` begins.
    pub fn seek(&mut self, tail: Tail) -> io::Result<()> {
        let at = match tail {
            Tail::All => 0,
            Tail::Lines(lines) => self.tail(lines)?,
        };
        self.file.seek(SeekFrom::Start(at)).map(drop)
    }

    /// Offset of the last lines, searched from the end so that a long log is not read through.
    fn tail(&mut self, lines: usize) -> io::Result<u64> {
        let end = self.file.metadata()?.len();
        let (mut at, mut missing) = (end, lines);
        let mut buffer = vec![0; PIECE];
        // A pod's file may be of any size and hold no line at all.
        let furthest = end.saturating_sub(FURTHEST);
        while at > furthest && missing > 0 {
            let from = at.saturating_sub(PIECE as u64);
            let piece = buffer.get_mut(..(at - from) as usize).unwrap_or_default();
            self.file.seek(SeekFrom::Start(from))?;
            self.file.read_exact(piece)?;
            for (index, _) in piece.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n') {
                let line = from + index as u64 + 1;
                // The newline that ends the last line does not begin another one.
                if line < end {
                    missing -= 1;
                    if missing == 0 {
                        return Ok(line);
                    }
                }
            }
            at = from;
        }
        Ok(if lines == 0 { end } else { at })
    }

    /// The next piece; empty at the end.
    pub fn ready(&mut self) -> io::Result<Bytes> {
        let mut buffer = vec![0; PIECE];
        let count = self.file.read(&mut buffer)?;
        buffer.truncate(count);
        Ok(buffer.into())
    }

    /// The next piece with the log to go on with, read on a thread of `pool`; empty at the end, which a `follow`ed
    /// log does not have: it goes on in the new file when the old one was put aside.
    pub async fn next(self, pool: &Pool, follow: bool) -> io::Result<(Bytes, Self)> {
        let mut log = self;
        loop {
            let look = move || {
                let piece = if follow { log.ready_or_replaced() } else { log.ready() };
                piece.map(|piece| (piece, log))
            };
            let looked = pool.run(ANSWER, look).await;
            let (piece, back) = looked.map_err(|status| io::Error::other(status.message().to_owned()))??;
            if !piece.is_empty() || !follow {
                return Ok((piece, back));
            }
            log = back;
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn ready_or_replaced(&mut self) -> io::Result<Bytes> {
        let piece = self.ready()?;
        if !piece.is_empty() || !self.was_replaced()? {
            return Ok(piece);
        }
        self.file = sys::nofollow::read(&self.path)?;
        self.ready()
    }

    fn was_replaced(&self) -> io::Result<bool> {
        match std::fs::symlink_metadata(&self.path) {
            Ok(now) => Ok(now.ino() != self.file.metadata()?.ino()),
            // Being replaced, or gone with its container: which, the next look tells.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn rest(log: &mut LogFile) -> String {
        let mut all = Vec::new();
        loop {
            let piece = log.ready().unwrap();
            if piece.is_empty() {
                return String::from_utf8(all).unwrap();
            }
            all.extend_from_slice(&piece);
        }
    }

    #[test]
    fn a_file_without_lines_is_not_read_back_to_its_beginning() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("0.log");
        // Sparse: reading it whole would take years.
        File::create(&path).unwrap().set_len(1 << 42).unwrap();
        let mut log = LogFile::open(&path).unwrap();
        assert_eq!(log.tail(10).unwrap(), (1 << 42) - FURTHEST);
    }

    #[test]
    fn the_tail_is_found_from_the_end_across_pieces() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("0.log");
        let lines: String = (0..5_000).map(|i| format!("line {i:05}\n")).collect();
        std::fs::write(&path, &lines).unwrap();
        let mut log = LogFile::open(&path).unwrap();
        for (tail, first, count) in [
            (Tail::Lines(2), "line 04998", 2),
            (Tail::Lines(3_000), "line 02000", 3_000),
            (Tail::All, "line 00000", 5_000),
        ] {
            log.seek(tail).unwrap();
            let text = rest(&mut log);
            assert!(text.starts_with(first), "{tail:?}");
            assert_eq!(text.lines().count(), count);
        }
        log.seek(Tail::Lines(0)).unwrap();
        assert_eq!(rest(&mut log), "");
        log.seek(Tail::Lines(9_999)).unwrap();
        assert_eq!(rest(&mut log), lines);
    }

    #[test]
    fn a_pod_cannot_have_another_file_read_as_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("config.yaml"), "secret").unwrap();
        std::fs::create_dir(at("pod")).unwrap();
        std::os::unix::fs::symlink(at("config.yaml"), at("pod/0.log")).unwrap();
        std::os::unix::fs::symlink("../config.yaml", at("pod/1.log")).unwrap();
        std::os::unix::fs::symlink(folder.path(), at("pod/container")).unwrap();
        nix::unistd::mkfifo(&at("pod/2.log"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        let attacks = ["pod/0.log", "pod/1.log", "pod/container/config.yaml", "pod/2.log", "pod"];
        for attack in attacks {
            assert!(LogFile::open(&at(attack)).is_err(), "{attack}");
        }
        eprintln!("{} ways held", attacks.len());
    }

    #[tokio::test]
    async fn what_is_put_in_the_place_of_a_log_is_not_followed_into() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("0.log");
        std::fs::write(folder.path().join("secret"), "secret").unwrap();
        std::fs::write(&path, "one\n").unwrap();
        let pool = Pool::new("tests", 1);
        let (piece, log) = LogFile::open(&path).unwrap().next(&pool, true).await.unwrap();
        assert_eq!(piece, "one\n");
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(folder.path().join("secret"), &path).unwrap();
        assert!(log.next(&pool, true).await.is_err());
    }

    #[tokio::test]
    async fn a_follower_goes_on_in_the_file_that_takes_the_place_of_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("0.log");
        std::fs::write(&path, "one\n").unwrap();
        let pool = Pool::new("tests", 1);
        let (piece, log) = LogFile::open(&path).unwrap().next(&pool, true).await.unwrap();
        assert_eq!(piece, "one\n");
        File::options().append(true).open(&path).unwrap().write_all(b"two\n").unwrap();
        let (piece, log) = log.next(&pool, true).await.unwrap();
        assert_eq!(piece, "two\n");
        std::fs::rename(&path, folder.path().join("0.log.1")).unwrap();
        let wait = tokio::spawn(async move { log.next(&pool, true).await.unwrap().0 });
        tokio::task::yield_now().await;
        std::fs::write(&path, "three\n").unwrap();
        assert_eq!(wait.await.unwrap(), "three\n");
    }
}
