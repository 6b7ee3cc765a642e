//! The plan of an installation: everything is written before anything can boot from it, and the
//! disk counts as installed only at the very end.

use super::{Refusal, System, sdboot as sd};
use crate::facts::{Digest, Facts, TableFact};
use crate::foreign::foreign;
use crate::gpt::Table;
use crate::grub::{self, Config, MenuEntry, Slot, boot_code, core_image};
use crate::layout::{Loader, fresh, label, same_places};
use crate::meta::{Meta, tag};
use crate::sdboot::{self, Entry};
use crate::step::{Source, Step, Target};

/// An installation that is asked for.
#[derive(Debug, Clone)]
pub struct Install {
    /// What is installed.
    pub system: System,
    /// How it boots.
    pub loader: Loader,
    /// Whether every byte of the disk may go, whatever is on it.
    pub wipe: bool,
    /// Whether an installation that is there may go.
    pub force: bool,
    /// What identifiers follow from: random bytes, or [`crate::guid::IMAGE_SEED`].
    pub seed: Vec<u8>,
    /// The values that META begins with.
    pub meta: Meta,
}

/// Steps from what is there to a fresh installation; none if exactly that is there.
///
/// # Errors
/// With every reason against it: foreign data, an installation that is there, a disk that is too
/// small, parts that are missing.
pub fn install(facts: &Facts, wanted: &Install) -> Result<Vec<Step>, Refusal> {
    let refuse = |reasons: Vec<String>| if reasons.is_empty() { Ok(()) } else { Err(Refusal { reasons }) };
    let mut reasons = missing(wanted);
    let mut table = match fresh(wanted.loader, facts.size, facts.sector_size, &wanted.seed) {
        Ok(table) => Some(table),
        Err(error) => {
            reasons.push(format!("{}: {error}", facts.name));
            None
        }
    };
    // An installation like the wanted one keeps its identifiers: it may be that very one.
    if let (Some(wanted), Some(there)) = (&table, facts.gpt())
        && same_places(wanted, there)
    {
        table = Some(there.clone());
    }
    if let Some(table) = table.as_ref().filter(|_| reasons.is_empty())
        && finished(facts, wanted, table)?
    {
        return Ok(repairs(facts, table));
    }
    if !wanted.wipe {
        let name = &facts.name;
        reasons.extend(
            foreign(facts)
                .into_iter()
                .map(|what| format!("{name} holds {what}: choose another disk, or ask for it to be wiped")),
        );
        if facts.installed() && !wanted.force {
            reasons.push(format!("Talos is installed on {name}: upgrade it, or force a new installation"));
        }
    }
    refuse(reasons)?;
    let Some(table) = table else { return Ok(Vec::new()) };
    steps(facts, wanted, &table)
}

/// Parts that the boot loader needs and that did not come with the system.
fn missing(wanted: &Install) -> Vec<String> {
    let mut reasons = Vec::new();
    if wanted.loader.sd_boot() && wanted.system.uefi.is_none() {
        reasons.push(
            "the system came without a unified kernel image and systemd-boot, which UEFI needs".to_owned(),
        );
    }
    if wanted.loader.grub() && wanted.system.bios.is_none() {
        reasons
            .push("the system came without GRUB and a kernel, which a machine without UEFI needs".to_owned());
    }
    reasons
}

/// Whether a disk is exactly what the steps would make of it. Values that were added to META since
/// are nobody's mistake; those that were asked for must be there.
fn finished(facts: &Facts, wanted: &Install, table: &Table) -> Result<bool, Refusal> {
    let values = begins_with(wanted);
    let meta = facts
        .meta
        .as_ref()
        .is_some_and(|read| values.keys().all(|key| read.meta.get(key) == values.get(key)));
    if facts.gpt() != Some(table) || !meta {
        return Ok(false);
    }
    for step in files(facts, wanted, table)? {
        let same = match &step {
            Step::WriteFile { target, path, source } => {
                let volume = match target {
                    Target::Efi => &facts.esp,
                    Target::Boot => &facts.boot,
                };
                let digest = match source {
                    Source::Asset(asset) => asset.digest,
                    Source::Text(text) => Digest::of(text.as_bytes()),
                };
                let file = volume.files().and_then(|files| crate::facts::find(files, path));
                file.is_some_and(|file| file.digest == digest)
            }
            Step::WriteCore { content, .. } => facts.grub.core == Some(Digest::of(content)),
            Step::WriteBootCode(code) => facts.grub.boot_code == *code,
            _ => true,
        };
        if !same {
            return Ok(false);
        }
    }
    Ok(sd::pin(facts, &entry(wanted)).is_empty())
}

/// Writes again what has lost one of its copies.
fn repairs(facts: &Facts, table: &Table) -> Vec<Step> {
    let damaged = matches!(&facts.table, TableFact::Gpt(found) if !found.whole());
    let meta = facts.meta.as_ref().filter(|read| !read.whole).zip(table.extent_of(label::META));
    let table = damaged.then(|| Step::WriteTable(table.clone()));
    table
        .into_iter()
        .chain(meta.map(|(read, extent)| Step::WriteMeta { extent, meta: read.meta.clone() }))
        .collect()
}

/// The values of META at the first boot.
fn begins_with(wanted: &Install) -> Meta {
    let mut meta = wanted.meta.clone();
    if wanted.loader == Loader::DualBoot {
        // One short value always fits beside what was checked before.
        _ = meta.set(tag::DISK_IMAGE_BOOTLOADER, "dual-boot");
    }
    meta
}

fn entry(wanted: &Install) -> Entry {
    Entry { name: sdboot::fresh_name(&wanted.system.version, &[]), counter: None }
}

/// The steps of a whole installation.
fn steps(facts: &Facts, wanted: &Install, table: &Table) -> Result<Vec<Step>, Refusal> {
    let mut steps = Vec::new();
    if !facts.is_blank() || wanted.wipe {
        let partitions = facts.gpt().map(|table| {
            table.partitions.iter().map(|partition| table.extent(partition)).collect::<Vec<_>>()
        });
        steps.push(Step::WipeDisk { partitions: partitions.unwrap_or_default(), every_byte: wanted.wipe });
    }
    // Without META the disk does not count as installed, whatever else is on it.
    steps.push(Step::WriteTable(table.without(&[label::META])));
    let format =
        |target: Target| table.extent_of(target.label()).map(|extent| Step::Format { target, extent });
    steps.extend(format(Target::Efi));
    if wanted.loader.grub() {
        steps.extend(format(Target::Boot));
    }
    if let Some(extent) = table.extent_of(label::META) {
        steps.push(Step::WipePartition { label: label::META.to_owned(), extent });
        steps.push(Step::WriteMeta { extent, meta: begins_with(wanted) });
    }
    steps.extend(files(facts, wanted, table)?);
    steps.extend(sd::pin(facts, &entry(wanted)).into_iter().filter(|_| wanted.loader.sd_boot()));
    // Last of all what makes a firmware start from the disk; then it is installed.
    steps.sort_by_key(|step| match step {
        Step::WriteFile { path, .. } if *path == sdboot::removable_path(wanted.system.arch) => 2,
        Step::WriteBootCode(_) => 2,
        Step::SetVariable { .. } => 1,
        _ => 0,
    });
    steps.push(Step::WriteTable(table.clone()));
    Ok(steps)
}

/// Everything that is written into file systems and beside them.
fn files(facts: &Facts, wanted: &Install, table: &Table) -> Result<Vec<Step>, Refusal> {
    let mut steps = Vec::new();
    let mut file = |target: Target, path: String, source: Source| {
        steps.push(Step::WriteFile { target, path, source });
    };
    let system = &wanted.system;
    if let Some(assets) = system.uefi.as_ref().filter(|_| wanted.loader.sd_boot()) {
        file(Target::Efi, entry(wanted).path(), Source::Asset(assets.uki.clone()));
        file(Target::Efi, sdboot::LOADER_CONF.to_owned(), Source::Text(sdboot::LOADER_CONF_TEXT.to_owned()));
        let path = sdboot::removable_path(system.arch).to_owned();
        file(Target::Efi, path, Source::Asset(assets.loader.clone()));
    }
    if let Some(assets) = system.bios.as_ref().filter(|_| wanted.loader.grub()) {
        let (version, cmdline) = (system.version.clone(), assets.cmdline.clone());
        let menu = MenuEntry { slot: Slot::A, version, cmdline };
        file(Target::Boot, menu.kernel(), Source::Asset(assets.kernel.clone()));
        file(Target::Boot, menu.initramfs(), Source::Asset(assets.initramfs.clone()));
        let environment = grub::Environment::default().render().unwrap_or_default();
        file(Target::Boot, grub::ENVIRONMENT.to_owned(), Source::Text(environment));
        file(Target::Boot, grub::CONFIG.to_owned(), Source::Text(Config::new(menu, None).render()));
        if let Some(extent) = table.extent_of(label::BIOS) {
            steps.push(Step::WriteCore { extent, content: core_image(&assets.core, extent)? });
            steps.push(Step::WriteBootCode(boot_code(&assets.boot_image, extent, facts.sector_size)?));
        }
    }
    Ok(steps)
}
