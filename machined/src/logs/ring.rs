//! A bounded history of bytes: the newest chunk as it is, older ones compressed.

use std::borrow::Cow;
use std::collections::VecDeque;

/// Size at which a chunk is closed, bytes (contract os.md 7.4).
pub(super) const CHUNK: usize = 64 * 1024;
/// Closed chunks that are kept (contract os.md 7.4): with the open one, 1 MiB.
pub(super) const CLOSED_CHUNKS: usize = 15;
/// Room that the open chunk begins with, bytes (contract os.md 7.4).
const INITIAL: usize = 16 * 1024;
/// Log text shrinks to a tenth at the fastest level; more effort gains little.
const LEVEL: i32 = 1;

/// The bytes that a log remembers. Offsets count from its very first byte and are never reused.
#[derive(Debug, Default)]
pub(super) struct Ring {
    closed: VecDeque<Vec<u8>>,
    open: Vec<u8>,
    /// Offset of the first byte of the open chunk; closed chunks lie directly before it.
    open_at: u64,
}

impl Ring {
    /// Adds bytes; the oldest chunk goes when there are too many.
    pub fn append(&mut self, mut bytes: &[u8]) {
        if self.open.capacity() == 0 {
            self.open.reserve_exact(INITIAL);
        }
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(CHUNK - self.open.len()));
            self.open.extend_from_slice(now);
            bytes = later;
            if self.open.len() == CHUNK {
                self.close();
            }
        }
    }

    fn close(&mut self) {
        // Compression of bytes in memory fails only when memory runs out; the chunk is then skipped as empty.
        self.closed.push_back(zstd::bulk::compress(&self.open, LEVEL).unwrap_or_default());
        if self.closed.len() > CLOSED_CHUNKS {
            self.closed.pop_front();
        }
        self.open_at += CHUNK as u64;
        self.open.clear();
    }

    /// Offset behind the newest byte.
    pub fn end(&self) -> u64 {
        self.open_at + self.open.len() as u64
    }

    /// Offset of the oldest byte that is kept.
    pub fn begin(&self) -> u64 {
        self.open_at - (self.closed.len() * CHUNK) as u64
    }

    /// The chunk that holds `offset`, with the offset of its first byte; `None` outside of what is kept.
    pub fn chunk(&self, offset: u64) -> Option<(u64, Cow<'_, [u8]>)> {
        if offset < self.begin() || offset >= self.end() {
            return None;
        }
        if offset >= self.open_at {
            return Some((self.open_at, Cow::Borrowed(&self.open)));
        }
        let index = ((offset - self.begin()) / CHUNK as u64) as usize;
        let start = self.begin() + (index * CHUNK) as u64;
        let chunk = zstd::bulk::decompress(self.closed.get(index)?, CHUNK).unwrap_or_default();
        // A chunk that could not be compressed: its bytes are lost, its offsets are not.
        let chunk = if chunk.is_empty() { vec![b'\n'; CHUNK] } else { chunk };
        Some((start, Cow::Owned(chunk)))
    }

    /// Offset at which the last `lines` lines begin. An unfinished last line counts as one.
    pub fn tail(&self, lines: usize) -> u64 {
        if lines == 0 {
            return self.end();
        }
        let mut missing = lines;
        let mut cursor = self.end();
        while let Some((start, chunk)) = cursor.checked_sub(1).and_then(|last| self.chunk(last)) {
            for (index, _) in chunk.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n') {
                let line = start + index as u64 + 1;
                // The newline that ends the newest line does not begin another one.
                if line == self.end() {
                    continue;
                }
                missing -= 1;
                if missing == 0 {
                    return line;
                }
            }
            cursor = start;
        }
        self.begin()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn contents(ring: &Ring) -> Vec<u8> {
        let mut all = Vec::new();
        let mut cursor = ring.begin();
        while let Some((start, chunk)) = ring.chunk(cursor) {
            all.extend_from_slice(&chunk);
            cursor = start + chunk.len() as u64;
        }
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn what_is_kept_is_always_a_suffix_of_what_was_written(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..90_000), 0..30)
        ) {
            let mut ring = Ring::default();
            let mut written = Vec::new();
            for piece in &pieces {
                ring.append(piece);
                written.extend_from_slice(piece);
            }
            prop_assert_eq!(ring.end(), written.len() as u64);
            let kept = contents(&ring);
            prop_assert!(written.ends_with(&kept));
            prop_assert_eq!(ring.begin(), (written.len() - kept.len()) as u64);
            prop_assert!(kept.len() <= (CLOSED_CHUNKS + 1) * CHUNK);
            prop_assert!(kept.len() >= written.len().min(CLOSED_CHUNKS * CHUNK));
        }
    }

    #[test]
    fn the_tail_is_counted_in_lines_across_chunks() {
        let mut ring = Ring::default();
        for i in 0..20_000 {
            ring.append(format!("line {i:06}\n").as_bytes());
        }
        for (lines, first) in [(1, "line 019999\n"), (3, "line 019997\n"), (12_000, "line 008000\n")] {
            let (start, chunk) = ring.chunk(ring.tail(lines)).unwrap();
            let text = &chunk[(ring.tail(lines) - start) as usize..];
            assert!(text.starts_with(first.as_bytes()), "{lines}");
        }
        assert_eq!(ring.tail(0), ring.end());
        assert_eq!(ring.tail(1_000_000), ring.begin());
    }

    #[test]
    fn an_unfinished_line_is_a_line() {
        let mut ring = Ring::default();
        assert_eq!(ring.tail(5), 0);
        ring.append(b"one\ntwo\nthr");
        assert_eq!(ring.tail(1), 8);
        assert_eq!(ring.tail(2), 4);
        assert_eq!(ring.tail(9), 0);
    }

    #[test]
    fn compressible_history_takes_a_fraction_of_its_size() {
        let mut ring = Ring::default();
        for i in 0..60_000 {
            ring.append(format!("2026/11/21 03:34:09.296985 something happened {i}\n").as_bytes());
        }
        let kept: usize = ring.closed.iter().map(Vec::len).sum();
        assert!(kept * 4 < CLOSED_CHUNKS * CHUNK, "{kept}");
    }
}
