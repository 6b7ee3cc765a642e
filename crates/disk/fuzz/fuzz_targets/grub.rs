//! Any text is a menu or an error, and an environment; what was read is written and read again as it
//! was. Any name is a kernel image or none.
#![no_main]

use disk::grub::{Config, Environment};
use disk::sdboot::Entry;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(config) = Config::parse(text) {
        let _ = Config::parse(&config.render());
    }
    let environment = Environment::parse(text);
    if let Some(rendered) = environment.render() {
        let _ = Environment::parse(&rendered);
    }
    if let Some(entry) = Entry::parse(text) {
        let _ = (entry.tried().file(), entry.blessed().id(), entry.version().map(str::len));
    }
});
