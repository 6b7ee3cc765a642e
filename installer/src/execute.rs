//! Carries steps out, each one on the disk before the next begins.

use std::fs::File;
use std::io::Read;

use disk::bytes::Extent;
use disk::facts::Facts;
use disk::step::{Source, Step, Target};

use crate::assets::Assets;
use crate::port::Machine;
use crate::volume::{Open, fact};
use crate::{Error, Result, fat, variables};

/// Bytes at each end of a stretch in which file systems and volume managers leave their marks.
const MARKS: u64 = 1 << 20;
/// Partitions up to this size are wiped to the last byte: what is secret is in small ones.
const WHOLE: u64 = 256 << 20;

/// Carries out all steps and tells of each before it begins: its number, how many there are, and
/// what it does. Stops at the first that fails.
///
/// # Errors
/// With the step that failed, and why.
pub fn execute(
    machine: &Machine<'_>,
    facts: &Facts,
    steps: &[Step],
    assets: Option<&Assets>,
    progress: &mut dyn FnMut(usize, usize, &Step),
) -> Result<()> {
    let mut table = facts.gpt().cloned();
    for (number, step) in (1..).zip(steps) {
        progress(number, steps.len(), step);
        if let Step::WriteTable(new) = step {
            table = Some(new.clone());
        }
        let place = |target: Target| table.as_ref().and_then(|table| table.extent_of(target.label()));
        carry_out(machine, step, assets, &place)
            .map_err(|source| Error::Install { step: step.to_string(), source: Box::new(source) })?;
    }
    Ok(())
}

fn carry_out(
    machine: &Machine<'_>,
    step: &Step,
    assets: Option<&Assets>,
    place: &dyn Fn(Target) -> Option<Extent>,
) -> Result<()> {
    let disk = machine.disk;
    match step {
        Step::WipeDisk { partitions, every_byte } => {
            // What boots goes first, and with it the table.
            let whole = Extent { offset: 0, length: disk.size() };
            wipe_ends(machine, whole)?;
            for extent in partitions {
                wipe_ends(machine, *extent)?;
            }
            disk.discard(0, disk.size());
            if *every_byte {
                disk.zero(0, disk.size())?;
                disk.sync()?;
            } else {
                // What a discarded stretch reads as is open.
                wipe_ends(machine, whole)?;
            }
            disk.reread_table()?;
        }
        Step::WipePartition { extent, .. } => {
            if extent.length <= WHOLE {
                disk.zero(extent.offset, extent.length)?;
            } else {
                disk.discard(extent.offset, extent.length);
                wipe_ends(machine, *extent)?;
            }
            disk.sync()?;
        }
        Step::WriteTable(table) => {
            let writes = table.writes().map_err(|error| Error::InvalidInput(error.to_string()))?;
            for write in writes {
                disk.write_at(write.offset, &write.bytes)?;
                disk.sync()?;
            }
            disk.reread_table()?;
        }
        Step::Format { target, extent } => {
            wipe_ends(machine, *extent)?;
            match target {
                // Any number does; one that follows from its place makes images the same every time.
                Target::Efi => {
                    fat::format(disk, *extent, target.label(), (extent.length ^ extent.offset) as u32)?
                }
                Target::Boot => {
                    machine.xfs.format(machine.path, extent.offset, extent.length, target.label())?;
                    disk.sync()?;
                }
            }
        }
        Step::WriteFile { target, path, source } => {
            let open = open(machine, *target, place)?;
            match source {
                Source::Text(text) => open.write(path, &mut text.as_bytes())?,
                Source::Asset(asset) => {
                    let missing = || Error::Environment(format!("there is no file for {path}"));
                    open.write(path, &mut assets.ok_or_else(missing)?.open(asset.name)?)?;
                    // It may have changed since it was looked at, or the disk may not keep what it gets.
                    verify(&open, path, asset.digest)?;
                }
            }
            open.close()?;
        }
        Step::RenameFile { target, from, to } => {
            let open = open(machine, *target, place)?;
            open.rename(from, to)?;
            open.close()?;
        }
        Step::RemoveFile { target, path } => {
            let open = open(machine, *target, place)?;
            open.remove(path)?;
            open.close()?;
        }
        Step::WriteCore { extent, content } => {
            disk.write_at(extent.offset, content)?;
            disk.sync()?;
        }
        Step::WriteBootCode(code) => {
            disk.write_at(0, code)?;
            disk.sync()?;
        }
        Step::WriteMeta { extent, meta } => {
            for write in meta.writes() {
                disk.write_at(extent.offset + write.offset, &write.bytes)?;
                disk.sync()?;
            }
        }
        Step::SetVariable { name, value } => {
            let port = machine.variables;
            let port = port.ok_or_else(|| Error::Environment("the firmware has no variables".to_owned()))?;
            variables::write(port, name, value.as_deref())?;
        }
    }
    Ok(())
}

fn open<'a>(
    machine: &Machine<'a>,
    target: Target,
    place: &dyn Fn(Target) -> Option<Extent>,
) -> Result<Open<'a>> {
    let extent = place(target);
    let extent =
        extent.ok_or_else(|| Error::Environment(format!("the disk has no partition {}", target.label())))?;
    Open::new(machine, target, extent, false)
}

fn verify(open: &Open<'_>, path: &str, digest: disk::facts::Digest) -> Result<()> {
    let content: Box<dyn Read + '_> = match open {
        Open::Fat(fat) => Box::new(fat.read(path)?),
        Open::Folder(mounted) => {
            let file = File::open(mounted.root().join(path));
            Box::new(file.map_err(|error| Error::io(format_args!("read {path}"), error))?)
        }
    };
    let mut content = content;
    if fact(&mut content, path)?.digest == digest {
        return Ok(());
    }
    Err(Error::Io(format!(
        "{path} reads differently than it was written: its source changed, or the disk fails"
    )))
}

/// Wipes the marks at both ends of a stretch.
fn wipe_ends(machine: &Machine<'_>, extent: Extent) -> Result<()> {
    let part = extent.length.min(MARKS);
    machine.disk.zero(extent.offset, part)?;
    machine.disk.sync()?;
    machine.disk.zero(extent.end().saturating_sub(part), part)?;
    machine.disk.sync()?;
    Ok(())
}
