//! Gives back the memory of peaks: what many calls at a time needed is no longer needed when they are over, but the
//! allocator keeps it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::time::Duration;

/// How often somebody looks.
const LOOK: Duration = Duration::from_secs(30);

/// Growth that is taken for a peak, in bytes: much more than what an idle daemon gains and loses by itself.
const PEAK: u64 = 8 * 1024 * 1024;

/// Bytes of a page as `/proc/self/statm` counts them (proc_pid_statm(5); 4 KiB wherever this runs).
const PAGE: u64 = 4096;

/// Looks now and then, for as long as the process lives. To be made before the process gives up its files.
pub struct Peaks {
    statm: File,
    /// The least that was resident since the last look that gave something back.
    floor: u64,
}

impl Peaks {
    /// Begins with what is resident now.
    ///
    /// # Errors
    /// When the kernel does not say how much that is.
    pub fn begin() -> io::Result<Peaks> {
        let statm = File::open("/proc/self/statm")?;
        let floor = resident(&statm)?;
        Ok(Peaks { statm, floor })
    }

    /// Runs for ever.
    pub async fn watch(mut self) {
        loop {
            tokio::time::sleep(LOOK).await;
            self.look();
        }
    }

    /// Gives memory back if there was a peak.
    fn look(&mut self) {
        let Ok(now) = resident(&self.statm) else { return };
        if now > self.floor.saturating_add(PEAK) {
            sys::memory::release();
            // What is still in use is no peak any more.
            self.floor = resident(&self.statm).unwrap_or(now);
            tracing::debug!(before = now, after = self.floor, "memory of a peak was given back");
        } else {
            self.floor = self.floor.min(now);
        }
    }
}

fn resident(statm: &File) -> io::Result<u64> {
    let mut text = [0; 128];
    let length = statm.read_at(&mut text, 0)?;
    let text = text.get(..length).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default();
    let pages = text.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.map(|pages| pages.saturating_mul(PAGE)).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_of_a_peak_is_given_back() {
        const MIB: u64 = 1024 * 1024;
        let mut peaks = Peaks::begin().unwrap();
        let before = peaks.floor;
        // Small pieces, the last of which stays: nothing is given back by itself.
        let mut pieces: Vec<Vec<u8>> = (0..65_536).map(|_| vec![7; 1000]).collect();
        let last = pieces.pop();
        drop(pieces);
        let full = resident(&peaks.statm).unwrap();
        assert!(full > before + 40 * MIB, "{before} {full}");
        peaks.look();
        let after = resident(&peaks.statm).unwrap();
        println!("bytes held after a peak of {}: {}", full - before, after.saturating_sub(before));
        assert!(after < before + 20 * MIB, "{before} {full} {after}");
        assert!(last.is_some_and(|last| last.len() == 1000));
    }
}
