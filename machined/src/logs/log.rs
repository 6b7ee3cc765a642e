//! One log: many writers, many readers, bounded memory.

use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;
use tokio::sync::watch;

use super::ring::Ring;

/// Largest piece that a reader is given, bytes.
const PIECE: usize = 16 * 1024;

/// Where a reader begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    /// With the oldest byte that is kept.
    All,
    /// With the last n lines; 0 is behind the newest byte.
    Lines(usize),
}

impl Tail {
    /// The meaning of `tail_lines` in a request: negative is everything (contract api.md 11).
    pub fn from_request(lines: i32) -> Self {
        usize::try_from(lines).map_or(Tail::All, Tail::Lines)
    }
}

/// A log. Clones share it.
#[derive(Debug, Clone)]
pub struct Log {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    ring: Mutex<Ring>,
    /// Offset behind the newest byte; readers wait for it to move.
    end: watch::Sender<u64>,
}

impl Default for Log {
    fn default() -> Self {
        Self { shared: Arc::new(Shared { ring: Mutex::default(), end: watch::Sender::new(0) }) }
    }
}

impl Log {
    fn ring(&self) -> MutexGuard<'_, Ring> {
        sys::sync::lock(&self.shared.ring)
    }

    /// Adds bytes. Never fails, never waits for readers.
    pub fn write(&self, bytes: &[u8]) {
        let end = {
            let mut ring = self.ring();
            ring.append(bytes);
            ring.end()
        };
        self.shared.end.send_replace(end);
    }

    /// Adds a line; the newline is supplied.
    pub fn line(&self, text: &str) {
        self.write(format!("{text}\n").as_bytes());
    }

    /// A writer for what wants one; it never fails.
    pub fn writer(&self) -> Writer {
        Writer(self.clone())
    }

    /// A reader from `tail` on.
    pub fn reader(&self, tail: Tail) -> Reader {
        let ring = self.ring();
        let cursor = match tail {
            Tail::All => ring.begin(),
            Tail::Lines(lines) => ring.tail(lines),
        };
        drop(ring);
        Reader { log: self.clone(), cursor, chunk: None }
    }

    /// Copies what a pipe says into the log, until its last writer has closed it; or until `end`, and then
    /// what is left.
    pub async fn copy_from(&self, pipe: pipe::Receiver, end: impl Future) {
        if let Err(error) = self.try_copy_from(pipe, end).await {
            self.line(&format!("the rest of this output is lost: {error}"));
        }
    }

    async fn try_copy_from(&self, mut pipe: pipe::Receiver, end: impl Future) -> io::Result<()> {
        let mut said = Vec::with_capacity(8 * 1024);
        let mut end = std::pin::pin!(end);
        loop {
            said.clear();
            tokio::select! {
                read = pipe.read_buf(&mut said) => read?,
                _ = end.as_mut() => break,
            };
            if said.is_empty() {
                return Ok(());
            }
            self.write(&said);
        }
        // The pipe itself is asked: the runtime may not have heard yet of what was said last.
        let mut rest = File::from(pipe.into_nonblocking_fd()?);
        match io::copy(&mut rest, &mut self.writer()) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            _ => Ok(()),
        }
    }

    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.shared.end.subscribe()
    }
}

/// Writes into a log.
#[derive(Debug, Clone)]
pub struct Writer(Log);

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a log in pieces that are not lines. A reader that is too slow misses the oldest bytes.
#[derive(Debug)]
pub struct Reader {
    log: Log,
    cursor: u64,
    /// The chunk that is being read, when it is an old one: unpacked once, not once a piece.
    chunk: Option<(u64, Bytes)>,
}

impl Reader {
    /// The next piece that is there already.
    pub fn ready(&mut self) -> Option<Bytes> {
        if let Some(piece) = self.unpacked() {
            return Some(piece);
        }
        let log = self.log.clone();
        let ring = log.ring();
        self.cursor = self.cursor.max(ring.begin());
        let (start, chunk) = ring.chunk(self.cursor)?;
        match chunk {
            std::borrow::Cow::Borrowed(open) => {
                let rest = open.get((self.cursor - start) as usize..)?;
                let piece = rest.get(..rest.len().min(PIECE))?;
                self.cursor += piece.len() as u64;
                Some(Bytes::copy_from_slice(piece))
            }
            std::borrow::Cow::Owned(closed) => {
                self.chunk = Some((start, Bytes::from(closed)));
                drop(ring);
                self.unpacked()
            }
        }
    }

    fn unpacked(&mut self) -> Option<Bytes> {
        let (start, chunk) = self.chunk.as_ref()?;
        let from = (self.cursor - start) as usize;
        if from >= chunk.len() {
            self.chunk = None;
            return None;
        }
        let piece = chunk.slice(from..chunk.len().min(from + PIECE));
        self.cursor += piece.len() as u64;
        Some(piece)
    }

    /// The next piece, waited for.
    pub async fn next(&mut self) -> Bytes {
        let mut end = self.log.changes();
        loop {
            if let Some(piece) = self.ready() {
                return piece;
            }
            let cursor = self.cursor;
            // The log cannot go away: this reader holds it.
            let _ = end.wait_for(|end| *end > cursor).await;
        }
    }

    /// Where the reader is; pieces that were given out lie before it.
    pub(super) fn position(&self) -> u64 {
        self.cursor
    }

    /// Goes back to where a piece began that could not be used.
    pub(super) fn rewind(&mut self, position: u64) {
        self.cursor = position;
        self.chunk = None;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use nix::sys::stat::Mode;
    use tokio::sync::oneshot;

    use super::*;

    fn text(reader: &mut Reader) -> String {
        let mut all = Vec::new();
        while let Some(piece) = reader.ready() {
            all.extend_from_slice(&piece);
        }
        String::from_utf8(all).unwrap()
    }

    #[tokio::test]
    async fn readers_get_the_tail_that_they_asked_for_and_then_what_follows() {
        let log = Log::default();
        log.line("one");
        log.line("two");
        let (mut all, mut last, mut new) =
            (log.reader(Tail::All), log.reader(Tail::Lines(1)), log.reader(Tail::Lines(0)));
        assert_eq!(text(&mut all), "one\ntwo\n");
        assert_eq!(text(&mut last), "two\n");
        assert_eq!(text(&mut new), "");
        let follow = tokio::spawn(async move { new.next().await });
        tokio::task::yield_now().await;
        log.line("three");
        assert_eq!(follow.await.unwrap(), "three\n");
        assert_eq!(text(&mut all), "three\n");
    }

    #[test]
    fn a_slow_reader_goes_on_with_what_is_still_there() {
        let log = Log::default();
        let mut reader = log.reader(Tail::All);
        for i in 0..400_000 {
            log.line(&format!("{i}"));
        }
        let text = text(&mut reader);
        assert!(text.ends_with("399999\n"));
        assert!(text.len() < 17 * 64 * 1024 && !text.starts_with("0\n"));
    }

    #[test]
    fn negative_tails_mean_everything() {
        assert_eq!(Tail::from_request(-1), Tail::All);
        assert_eq!(Tail::from_request(0), Tail::Lines(0));
        assert_eq!(Tail::from_request(7), Tail::Lines(7));
    }

    /// A pipe as containers write into it, and its copier.
    struct Piped {
        writer: File,
        log: Log,
        ended: oneshot::Sender<()>,
        copier: tokio::task::JoinHandle<()>,
        _folder: tempfile::TempDir,
    }

    fn piped() -> Piped {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        nix::unistd::mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
        let output = pipe::OpenOptions::new().read_write(true).open_receiver(&path).unwrap();
        let writer = File::options().write(true).open(&path).unwrap();
        let (log, (ended, end)) = (Log::default(), oneshot::channel());
        let to = log.clone();
        let copier = tokio::spawn(async move { to.copy_from(output, end).await });
        Piped { writer, log, ended, copier, _folder: folder }
    }

    /// As much of the log as was expected, or what came instead.
    async fn said(log: &Log, expected: &str) -> String {
        let (mut reader, mut all) = (log.reader(Tail::All), Vec::new());
        while all.len() < expected.len() {
            all.extend_from_slice(&reader.next().await);
        }
        String::from_utf8(all).unwrap()
    }

    #[tokio::test]
    async fn every_line_is_in_the_log_before_the_next_is_said() {
        let mut piped = piped();
        let mut expected = String::new();
        for line in 0..20 {
            let line = format!("{line}\n");
            piped.writer.write_all(line.as_bytes()).unwrap();
            expected.push_str(&line);
            assert_eq!(said(&piped.log, &expected).await, expected);
        }
    }

    #[tokio::test]
    async fn what_was_said_last_is_copied_when_the_container_has_ended() {
        let mut piped = piped();
        let much: String = (0..5000).map(|line| format!("{line}\n")).collect();
        piped.writer.write_all(much.as_bytes()).unwrap();
        piped.ended.send(()).unwrap();
        piped.copier.await.unwrap();
        assert_eq!(said(&piped.log, &much).await, much);
    }
}
