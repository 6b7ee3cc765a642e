//! The allocator of the node's programs: the system's, without its slow way for tasks.

use std::alloc::{GlobalAlloc, Layout, System};

/// What malloc aligns to by itself (malloc(3), 64-bit systems).
const NATURAL: usize = 16;

/// The largest alignment that is made here: tokio aligns each task to two cache lines (tokio,
/// runtime/task/core.rs).
const LARGEST: usize = 128;

/// The system's allocator. For memory that is aligned to more than malloc does, glibc splits a larger block
/// each time, and joins the pieces again when it is given back: several times what taking it from the
/// thread's cache costs, for every task that is started. Here such memory is a block from that cache with room
/// to move in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Heap;

/// Room for moving to the next multiple of the alignment, at least [`NATURAL`] bytes away.
fn roomy(layout: Layout) -> Option<Layout> {
    let moved = (NATURAL + 1..=LARGEST).contains(&layout.align());
    let size = layout.size().checked_add(layout.align()).filter(|_| moved)?;
    Layout::from_size_align(size, NATURAL).ok()
}

// SAFETY: what is not moved is the system allocator's own affair. What is moved lies inside a block of that
// allocator: the block begins at a multiple of NATURAL, so the next multiple of a larger power of two is between
// NATURAL and `align` bytes behind it, where `size` bytes are left of `size + align`. The word before the moved
// address belongs to the block and holds its beginning, until exactly that is given back with the same layout.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(roomy) = roomy(layout) else {
            // SAFETY: as asked by the caller.
            return unsafe { System.alloc(layout) };
        };
        // SAFETY: its size is not zero, since it holds the alignment.
        let block = unsafe { System.alloc(roomy) };
        if block.is_null() {
            return block;
        }
        let distance = layout.align() - (block.addr() & (layout.align() - 1));
        // SAFETY: both addresses lie in the block, see above; the first is a multiple of NATURAL.
        #[allow(clippy::cast_ptr_alignment, reason = "a multiple of 16 less 8 is a multiple of 8")]
        unsafe {
            let moved = block.add(distance);
            moved.sub(size_of::<*mut u8>()).cast::<*mut u8>().write(block);
            moved
        }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        match roomy(layout) {
            // SAFETY: as asked by the caller.
            None => unsafe { System.dealloc(place, layout) },
            // SAFETY: `alloc` wrote the block's beginning there, and asked for it with this layout.
            #[allow(clippy::cast_ptr_alignment, reason = "written by alloc at this very address")]
            Some(roomy) => unsafe {
                System.dealloc(place.sub(size_of::<*mut u8>()).cast::<*mut u8>().read(), roomy);
            },
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if roomy(layout).is_none() {
            // SAFETY: as asked by the caller. The system knows which memory is zero already.
            return unsafe { System.alloc_zeroed(layout) };
        }
        // SAFETY: as asked by the caller; what comes back has room for this layout.
        unsafe {
            let place = self.alloc(layout);
            if !place.is_null() {
                place.write_bytes(0, layout.size());
            }
            place
        }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if roomy(layout).is_none() {
            // SAFETY: as asked by the caller.
            return unsafe { System.realloc(place, layout, size) };
        }
        // SAFETY: the caller promises that the new size is valid for this alignment, and that the old place
        // holds as many bytes as its layout says.
        unsafe {
            let new = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !new.is_null() {
                place.copy_to_nonoverlapping(new, size.min(layout.size()));
                self.dealloc(place, layout);
            }
            new
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alignment_holds_and_memory_is_its_owners_alone() {
        let layouts: Vec<Layout> = [1, 8, 16, 32, 64, 128, 256, 4096]
            .into_iter()
            .flat_map(|align| {
                [1, 7, 100, 1000, 5000].map(|size| Layout::from_size_align(size, align).unwrap())
            })
            .collect();
        for zeroed in [false, true] {
            let mut held = Vec::new();
            for round in 0..3_u8 {
                for layout in &layouts {
                    // SAFETY: no size is zero; the bytes written are inside of what was asked for.
                    unsafe {
                        let place = if zeroed { Heap.alloc_zeroed(*layout) } else { Heap.alloc(*layout) };
                        assert_eq!(place.addr() % layout.align(), 0);
                        if zeroed {
                            let bytes = std::slice::from_raw_parts(place, layout.size());
                            assert!(bytes.iter().all(|byte| *byte == 0));
                        }
                        place.write_bytes(round, layout.size());
                        held.push((place, *layout, round));
                    }
                }
            }
            for (place, layout, round) in held {
                // SAFETY: each place is alive with the layout that it was asked for with.
                unsafe {
                    let size = layout.size() * 2;
                    let grown = Heap.realloc(place, layout, size);
                    assert_eq!(grown.addr() % layout.align(), 0);
                    let kept = std::slice::from_raw_parts(grown, layout.size());
                    assert!(kept.iter().all(|byte| *byte == round), "{layout:?}");
                    Heap.dealloc(grown, Layout::from_size_align(size, layout.align()).unwrap());
                }
            }
        }
    }
}
