//! What is read and written reads back to the same value, and comments make no difference.
#![no_main]

use config::yaml::{Limits, read_with, write};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let plain = read_with(bytes, &Limits::default());
    let commented = read_with(bytes, &Limits { comments: true, ..Limits::default() });
    let (Ok(plain), Ok(commented)) = (plain, commented) else { return };
    assert_eq!(plain.len(), commented.len());
    for (plain, commented) in plain.iter().zip(&commented) {
        let text = write(&commented.root);
        let Ok(again) = read_with(text.as_bytes(), &Limits::default()) else {
            panic!("written text does not read: {text:?}")
        };
        // A null document is no document.
        if let Some(again) = again.first() {
            assert!(again.root.to_json() == plain.root.to_json(), "{text:?}");
        }
    }
});
