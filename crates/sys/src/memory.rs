//! Memory of this process that only its start needed.
//!
//! Starting touches most of a program once: relocations, tables, certificates, the first pass of
//! every controller. What stays resident afterwards is several times what an idle daemon uses.

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

/// Gives free heap pages back and unmaps the pages of the program file. These stay in the page
/// cache, where the kernel may reclaim them: what is used again costs a minor fault, no read.
pub fn release() {
    // SAFETY: malloc_trim only returns pages that hold no allocation.
    unsafe { libc::malloc_trim(0) };
    // SAFETY: the callback matches the signature and keeps no pointer.
    unsafe { libc::dl_iterate_phdr(Some(unmap_program), std::ptr::null_mut()) };
}

/// Drops the pages of segments that are never written, so that they are as the file is: code and
/// constants, not those with relocations (they belong to a writable segment).
unsafe extern "C" fn unmap_program(
    info: *mut libc::dl_phdr_info,
    _size: libc::size_t,
    _data: *mut libc::c_void,
) -> libc::c_int {
    const PAGE: usize = 4096;
    // SAFETY: the caller passes one valid record; its headers lie in the mapped program.
    let (base, headers) = unsafe {
        let info = &*info;
        (info.dlpi_addr, std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)))
    };
    for header in headers.iter().filter(|h| h.p_type == libc::PT_LOAD && h.p_flags & libc::PF_W == 0) {
        let (Ok(start), Ok(length)) =
            (usize::try_from(base + header.p_vaddr), usize::try_from(header.p_filesz))
        else {
            continue;
        };
        // Whole pages inside the segment only: a page at its edge may belong to another one as well.
        let (first, end) = (start.next_multiple_of(PAGE), (start + length) / PAGE * PAGE);
        if end > first {
            // SAFETY: these are pages of a private mapping of a file that nobody wrote to; they are
            // read from the file again when they are next used.
            unsafe { libc::madvise(first as *mut libc::c_void, end - first, libc::MADV_DONTNEED) };
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resident(kind: &str) -> u64 {
        let text = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap();
        let line = text.lines().find(|line| line.starts_with(kind)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    #[test]
    fn what_is_released_is_no_longer_resident_and_the_program_goes_on() {
        static TABLE: [&str; 3] = ["kept", "as", "it was"];
        let before = resident("Rss:") - resident("Anonymous:");
        let held: Vec<String> = (0..1000).map(|n| format!("allocation {n}")).collect();
        release();
        let after = resident("Rss:") - resident("Anonymous:");
        assert!(after < before, "{after} KiB of files are mapped after, {before} KiB before");
        assert_eq!(TABLE.join(" "), "kept as it was");
        assert!(held.iter().enumerate().all(|(n, text)| *text == format!("allocation {n}")));
    }
}
