//! Plans: from what is on a disk and what is wanted to the steps in between. A second plan, made
//! when the first one has been carried out, is empty.

mod grub;
mod install;
mod reset;
mod sdboot;
mod slots;
#[cfg(test)]
mod tests;

use crate::bytes::human;
use crate::facts::{Facts, Volume};
use crate::grub::EmbedError;
use crate::layout::TooSmall;
use crate::meta::{Meta, MetaError};
use crate::step::{Asset, Step};
use crate::uki::Arch;

pub use install::{Install, install};
pub use reset::{Reset, reset};
pub use slots::{Booted, Slots, confirm, rollback, slots, upgrade};

/// A system as it comes: what is written into a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct System {
    /// Its version, with the leading v.
    pub version: String,
    /// What it runs on.
    pub arch: Arch,
    /// For machines with UEFI.
    pub uefi: Option<UefiAssets>,
    /// For machines without.
    pub bios: Option<BiosAssets>,
}

/// What a machine with UEFI boots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UefiAssets {
    /// systemd-boot.
    pub loader: Asset,
    /// The unified kernel image.
    pub uki: Asset,
}

/// What a machine without UEFI boots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BiosAssets {
    /// GRUB's `boot.img`.
    pub boot_image: Vec<u8>,
    /// GRUB's `core.img`.
    pub core: Vec<u8>,
    /// The kernel.
    pub kernel: Asset,
    /// Its first file system.
    pub initramfs: Asset,
    /// Its arguments.
    pub cmdline: String,
}

/// Why nothing is planned. Every reason is told at once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", reasons.join("\n"))]
pub struct Refusal {
    /// Each in words for the user, with what to do.
    pub reasons: Vec<String>,
}

impl Refusal {
    fn one(reason: impl Into<String>) -> Self {
        Self { reasons: vec![reason.into()] }
    }
}

impl From<TooSmall> for Refusal {
    fn from(error: TooSmall) -> Self {
        Self::one(error.to_string())
    }
}

impl From<MetaError> for Refusal {
    fn from(error: MetaError) -> Self {
        Self::one(error.to_string())
    }
}

impl From<EmbedError> for Refusal {
    fn from(error: EmbedError) -> Self {
        Self::one(error.to_string())
    }
}

/// The step that makes META say something else, unless it does already in both copies.
fn meta_step(
    facts: &Facts,
    change: impl FnOnce(&mut Meta) -> Result<(), MetaError>,
) -> Result<Option<Step>, Refusal> {
    let label = crate::layout::label::META;
    let Some(extent) = facts.gpt().and_then(|table| table.extent_of(label)) else {
        return Ok(None);
    };
    let (mut meta, whole) = match &facts.meta {
        Some(read) => (read.meta.clone(), read.whole),
        None => (Meta::default(), false),
    };
    let before = meta.clone();
    change(&mut meta)?;
    Ok((!whole || meta != before).then_some(Step::WriteMeta { extent, meta }))
}

/// Whether so many bytes fit when some files have been removed; file systems need some for
/// themselves.
fn room(volume: &Volume, label: &str, needed: u64, removed: u64) -> Result<(), Refusal> {
    const RESERVE: u64 = 1 << 20;
    let Volume::Files { free, .. } = volume else {
        return Err(Refusal::one(format!(
            "the file system of {label} cannot be read: install the system anew"
        )));
    };
    let free = free.saturating_add(removed);
    if needed.saturating_add(RESERVE) > free {
        let (needed, free) = (human(needed), human(free));
        return Err(Refusal::one(format!("the new system needs {needed} in {label}, which has {free} free")));
    }
    Ok(())
}
