//! Memory of this process that only its start needed: tables, certificates, the first pass of every controller.

use std::time::Duration;

/// Pauses until a daemon has started and its first work is over; and until what came late is over as well.
const SETTLED: [Duration; 3] = [Duration::from_secs(10), Duration::from_secs(15), Duration::from_secs(95)];

/// A variable for processes that serve many calls at a time: what one call frees is kept at hand for the next,
/// for more calls than glibc expects (glibc manual, "Memory Allocation Tunables"; its own count is 7).
pub const TUNABLES: (&str, &str) = ("GLIBC_TUNABLES", "glibc.malloc.tcache_count=200");

/// Keeps one heap for all threads, and small free blocks as they are. To be called before the first thread: each
/// thread that blocks would get a heap of its own otherwise, and nothing gives those back.
pub fn share_heap() {
    // SAFETY: mallopt only sets a parameter of the allocator.
    unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
    // Each larger block would join all small free ones to find room, although there is room.
    // SAFETY: as above.
    unsafe { libc::mallopt(libc::M_MXFAST, 0) };
}

/// Lets go of what only the start needed, each time that it has settled; then ends.
pub async fn settle() {
    for wait in SETTLED {
        tokio::time::sleep(wait).await;
        release();
    }
}

/// Gives the free pages of the heap back.
pub fn release() {
    // SAFETY: malloc_trim only returns pages that hold no allocation.
    unsafe { libc::malloc_trim(0) };
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Memory of this process that belongs to no file, KiB.
    fn anonymous() -> u64 {
        let text = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap();
        let line = text.lines().find(|line| line.starts_with("Anonymous:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    #[test]
    fn pages_between_what_is_still_held_are_given_back() {
        // 64 MiB in small pieces, of which every thousandth stays.
        let all: Vec<Vec<u8>> = (0..65_536_usize).map(|n| vec![n.to_le_bytes()[0]; 1024]).collect();
        let kept: Vec<Vec<u8>> = all.into_iter().step_by(1000).collect();
        let before = anonymous();
        release();
        let after = anonymous();
        assert!(after + 32 * 1024 < before, "{after} KiB after, {before} KiB before");
        assert!(kept.iter().enumerate().all(|(n, piece)| piece[0] == (n * 1000).to_le_bytes()[0]));
    }
}
