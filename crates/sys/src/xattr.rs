//! Extended attributes of files (xattr(7)).

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Names and values of the extended attributes of `path` itself (links are not followed); empty where the
/// file or its file system has none.
pub fn all(path: &Path) -> Vec<(String, Vec<u8>)> {
    let Ok(path) = CString::new(path.as_os_str().as_bytes()) else { return Vec::new() };
    let names = grow(|buffer, size| {
        // SAFETY: `path` ends with NUL; `buffer` is valid for `size` bytes, or null with size 0.
        unsafe { libc::llistxattr(path.as_ptr(), buffer.cast(), size) }
    });
    let name = |name: &[u8]| {
        let text = String::from_utf8(name.to_vec()).ok()?;
        let name = CString::new(name).ok()?;
        let value = grow(|buffer, size| {
            // SAFETY: both strings end with NUL; `buffer` is valid for `size` bytes, or null with size 0.
            unsafe { libc::lgetxattr(path.as_ptr(), name.as_ptr(), buffer, size) }
        });
        Some((text, value))
    };
    names.split(|b| *b == 0).filter(|n| !n.is_empty()).filter_map(name).collect()
}

/// Calls twice: for the size, then with a buffer of that size.
fn grow(call: impl Fn(*mut libc::c_void, usize) -> isize) -> Vec<u8> {
    let Ok(size) = usize::try_from(call(std::ptr::null_mut(), 0)) else { return Vec::new() };
    let mut buffer = vec![0u8; size];
    let filled = call(buffer.as_mut_ptr().cast(), size);
    // It may have grown meanwhile: then it is reported as absent rather than cut.
    buffer.truncate(usize::try_from(filled).unwrap_or(0));
    buffer
}
