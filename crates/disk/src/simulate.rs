//! What steps do to a disk, on facts instead of a disk: whole, or torn by a loss of power.

use crate::facts::{Digest, Facts, FileFact, Files, TableFact, Volume, find};
use crate::gpt::Found;
use crate::grub::BOOT_CODE;
use crate::layout::label;
use crate::meta;
use crate::sdboot::variable;
use crate::step::{Source, Step, Target};

fn volume(facts: &mut Facts, target: Target) -> &mut Volume {
    match target {
        Target::Efi => &mut facts.esp,
        Target::Boot => &mut facts.boot,
    }
}

fn files(facts: &mut Facts, target: Target) -> Option<&mut Files> {
    match volume(facts, target) {
        Volume::None => None,
        Volume::Files { files, .. } => Some(files),
    }
}

fn remove(files: &mut Files, path: &str) -> Option<FileFact> {
    let key = files.keys().find(|known| known.eq_ignore_ascii_case(path)).cloned()?;
    files.remove(&key)
}

fn content(source: &Source) -> FileFact {
    match source {
        Source::Asset(asset) => FileFact { size: asset.size, digest: asset.digest, text: None },
        Source::Text(text) => FileFact::of(text.as_bytes()),
    }
}

/// What is gone when a partition is wiped.
fn wipe(facts: &mut Facts, name: &str) {
    match name {
        label::EFI => facts.esp = Volume::None,
        label::BOOT => facts.boot = Volume::None,
        label::META => facts.meta = None,
        label::BIOS => facts.grub.core = None,
        _ => {}
    }
    let number = facts.gpt().and_then(|table| table.find(name)).map(|partition| partition.number);
    if let Some(number) = number {
        facts.partitions.remove(&number);
    }
}

/// Carries out a step.
pub fn apply(facts: &mut Facts, step: &Step) {
    match step {
        Step::WipeDisk { .. } => {
            let (name, size, sector) = (facts.name.clone(), facts.size, facts.sector_size);
            let kept = (facts.variables.take(), facts.booted.take());
            *facts = Facts::blank(name, size, sector);
            (facts.variables, facts.booted) = kept;
        }
        Step::WipePartition { label, .. } => wipe(facts, label),
        Step::WriteTable(table) => {
            let found = Found { table: table.clone(), primary: true, backup: true };
            facts.table = TableFact::Gpt(found);
            let kept = |number: &u32| table.partitions.iter().any(|partition| partition.number == *number);
            facts.partitions.retain(|number, _| kept(number));
            for (target, name) in [(Target::Efi, label::EFI), (Target::Boot, label::BOOT)] {
                if table.find(name).is_none() {
                    *volume(facts, target) = Volume::None;
                }
            }
        }
        Step::Format { target, extent } => {
            *volume(facts, *target) = Volume::Files { files: Files::new(), free: extent.length };
        }
        Step::WriteFile { target, path, source } => {
            if let Some(files) = files(facts, *target) {
                remove(files, &format!("{path}{}", crate::NEIGHBOUR));
                remove(files, path);
                files.insert(path.clone(), content(source));
            }
        }
        Step::RenameFile { target, from, to } => {
            if let Some(files) = files(facts, *target)
                && let Some(file) = remove(files, from)
            {
                files.insert(to.clone(), file);
            }
        }
        Step::RemoveFile { target, path } => {
            if let Some(files) = files(facts, *target) {
                remove(files, path);
            }
        }
        Step::WriteCore { content, .. } => facts.grub.core = Some(Digest::of(content)),
        Step::WriteBootCode(code) => {
            facts.grub.boot_code = code.clone();
            facts.grub.boot_code.resize(BOOT_CODE, 0);
        }
        Step::WriteMeta { meta, .. } => facts.meta = Some(meta::Read { meta: meta.clone(), whole: true }),
        Step::SetVariable { name, value } => {
            if let Some(variables) = &mut facts.variables {
                match *name {
                    variable::DEFAULT => variables.default.clone_from(value),
                    variable::ONE_SHOT => variables.one_shot.clone_from(value),
                    _ => {}
                }
            }
        }
    }
}

/// What may be there when the power is lost within a step: neither before nor after it.
pub fn torn(before: &Facts, step: &Step) -> Vec<Facts> {
    let after = || {
        let mut after = before.clone();
        apply(&mut after, step);
        after
    };
    let changed = |mut facts: Facts, change: &dyn Fn(&mut Facts)| {
        change(&mut facts);
        facts
    };
    match step {
        Step::WriteTable(_) => {
            let copies = |primary: bool| {
                move |facts: &mut Facts| {
                    if let TableFact::Gpt(found) = &mut facts.table {
                        (found.primary, found.backup) = (primary, !primary);
                    }
                }
            };
            vec![changed(before.clone(), &copies(true)), changed(after(), &copies(false))]
        }
        Step::WriteMeta { .. } => {
            let half = |facts: &mut Facts| {
                if let Some(read) = &mut facts.meta {
                    read.whole = false;
                }
            };
            vec![changed(before.clone(), &half), changed(after(), &half)]
        }
        Step::WriteFile { target, path, source } => {
            let half = FileFact { size: content(source).size / 2, digest: Digest::of(b"half"), text: None };
            let neighbour = format!("{path}{}", crate::NEIGHBOUR);
            let beside = |facts: &mut Facts| {
                if let Some(files) = files(facts, *target) {
                    files.insert(neighbour.clone(), half.clone());
                }
            };
            vec![changed(before.clone(), &beside)]
        }
        // On the firmware's file system a name goes before the other one comes.
        Step::RenameFile { target, from, .. } => {
            let gone = |facts: &mut Facts| {
                if let Some(files) = files(facts, *target) {
                    remove(files, from);
                }
            };
            vec![changed(before.clone(), &gone)]
        }
        Step::WipeDisk { .. } => {
            let first = |facts: &mut Facts| {
                facts.grub.boot_code = vec![0; BOOT_CODE];
                match &mut facts.table {
                    TableFact::Gpt(found) => found.primary = false,
                    table => *table = TableFact::None,
                }
            };
            vec![changed(before.clone(), &first)]
        }
        Step::Format { target, .. } => {
            vec![changed(before.clone(), &|facts| *volume(facts, *target) = Volume::None)]
        }
        _ => Vec::new(),
    }
}

/// The file at a path of a target; for tests that look at what a step left.
pub fn file<'a>(facts: &'a Facts, target: Target, path: &str) -> Option<&'a FileFact> {
    let volume = match target {
        Target::Efi => &facts.esp,
        Target::Boot => &facts.boot,
    };
    find(volume.files()?, path)
}
