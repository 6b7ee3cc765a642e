//! GRUB, for machines without UEFI: its configuration, its environment, and how it gets onto a disk
//! (contract os.md 3.5).

mod config;
mod embed;
mod environment;

pub use config::{Config, ConfigError, MenuEntry, Slot, quote};
pub use embed::{BOOT_CODE, EmbedError, boot_code, core_image, starts_from};
pub use environment::{Environment, SIZE as ENVIRONMENT_SIZE};

/// Its configuration, in the file system of BOOT.
pub const CONFIG: &str = "grub/grub.cfg";
/// Its environment, beside it.
pub const ENVIRONMENT: &str = "grub/grubenv";
/// What the environment holds while a system is tried: the entry to boot the next time only.
pub const NEXT_ENTRY: &str = "next_entry";
