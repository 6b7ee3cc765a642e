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

fn is_moved(layout: Layout) -> bool {
    (NATURAL + 1..=LARGEST).contains(&layout.align())
}

// SAFETY: each memory belongs to one of two allocators, and its layout says to which.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as asked by the caller.
        unsafe { if is_moved(layout) { Moved.alloc(layout) } else { System.alloc(layout) } }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: as asked by the caller.
        unsafe { if is_moved(layout) { Moved.dealloc(place, layout) } else { System.dealloc(place, layout) } }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as asked by the caller. The system knows which memory is zero already.
        unsafe { if is_moved(layout) { Moved.alloc_zeroed(layout) } else { System.alloc_zeroed(layout) } }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as asked by the caller; the new layout has the same alignment. The system may grow in place.
        unsafe {
            match is_moved(layout) {
                true => Moved.realloc(place, layout, size),
                false => System.realloc(place, layout, size),
            }
        }
    }
}

/// Blocks of the system with room to move in. The rest of its methods are the trait's own.
struct Moved;

/// The block for a layout: room for moving to the next multiple of the alignment.
fn block_of(layout: Layout) -> Option<Layout> {
    Layout::from_size_align(layout.size().checked_add(layout.align())?, NATURAL).ok()
}

// SAFETY: the block begins at a multiple of NATURAL, so the next multiple of a larger power of two is between
// NATURAL and `align` bytes behind it, where `size` bytes are left of `size + align`. The word before the moved
// address belongs to the block and holds its beginning, until exactly that is given back with the same layout.
unsafe impl GlobalAlloc for Moved {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(whole) = block_of(layout) else { return std::ptr::null_mut() };
        // SAFETY: its size is not zero, since it holds the alignment.
        let block = unsafe { System.alloc(whole) };
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
        // It was there when the memory was asked for.
        let Some(whole) = block_of(layout) else { return };
        // SAFETY: `alloc` wrote the block's beginning there, and asked for it with this layout.
        #[allow(clippy::cast_ptr_alignment, reason = "written by alloc at this very address")]
        unsafe {
            System.dealloc(place.sub(size_of::<*mut u8>()).cast::<*mut u8>().read(), whole);
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
