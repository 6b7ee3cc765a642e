//! Looks at a disk: everything that a plan has to know.

use std::collections::BTreeMap;

use disk::bytes::{Extent, Within};
use disk::content::{Content, detect};
use disk::facts::{Digest, Facts, GrubFacts, TableFact, Volume};
use disk::gpt::{self, GptError, Table};
use disk::grub::BOOT_CODE;
use disk::layout::label;
use disk::meta::Meta;
use disk::step::Target;

use crate::port::{Bytes, Machine};
use crate::volume::Open;
use crate::{Error, Result, variables};

/// What is on the disk, and what its machine's firmware knows of it.
///
/// # Errors
/// When the disk cannot be read. A file system that cannot be read counts as none.
pub fn inspect(machine: &Machine<'_>) -> Result<Facts> {
    let bytes = Bytes(machine.disk);
    let name = machine.path.display().to_string();
    let failed = |error: std::io::Error| Error::io(format_args!("look at {name}"), error);
    let mut facts = Facts::blank(name.clone(), machine.disk.size(), machine.disk.sector_size());
    facts.table = match gpt::load(&bytes, facts.sector_size) {
        Ok(Some(found)) => TableFact::Gpt(found),
        Ok(None) => gpt::dos_partitions(&bytes).map_err(failed)?.map_or(TableFact::None, TableFact::Dos),
        Err(GptError::Read(error)) => return Err(failed(error)),
        Err(error) => TableFact::Damaged(error.to_string()),
    };
    if facts.table == TableFact::None {
        facts.content = detect(&bytes).map_err(failed)?;
    }
    facts.grub.boot_code = read(machine, Extent { offset: 0, length: BOOT_CODE as u64 })?;
    if let Some(table) = facts.gpt().cloned() {
        facts.partitions = contents(&bytes, &table).map_err(failed)?;
        facts.esp = volume(machine, &table, Target::Efi, &facts.partitions, "vfat");
        facts.boot = volume(machine, &table, Target::Boot, &facts.partitions, "xfs");
        if let Some(extent) = small(&table, label::META) {
            facts.meta = Meta::read(&read(machine, extent)?);
        }
        if let Some(extent) = small(&table, label::BIOS) {
            let core = read(machine, extent)?;
            facts.grub = GrubFacts {
                core: core.iter().any(|byte| *byte != 0).then(|| Digest::of(&core)),
                ..facts.grub
            };
        }
    }
    facts.booted = machine.booted_slot.map(str::to_owned);
    if let Some(port) = machine.variables {
        facts.variables = Some(variables::read(port)?);
        facts.booted = variables::booted(port)?;
    }
    Ok(facts)
}

/// Where a partition lies that is read as a whole: no larger than those of an installation.
fn small(table: &Table, label: &str) -> Option<Extent> {
    table.extent_of(label).filter(|extent| extent.length <= 16 << 20)
}

fn read(machine: &Machine<'_>, extent: Extent) -> Result<Vec<u8>> {
    let mut content = vec![0; usize::try_from(extent.length).unwrap_or(0)];
    machine.disk.read_at(extent.offset, &mut content)?;
    Ok(content)
}

fn contents(bytes: &Bytes<'_>, table: &Table) -> std::io::Result<BTreeMap<u32, Content>> {
    let mut contents = BTreeMap::new();
    for partition in &table.partitions {
        let within = Within { whole: bytes, extent: table.extent(partition) };
        contents.extend(detect(&within)?.map(|content| (partition.number, content)));
    }
    Ok(contents)
}

fn volume(
    machine: &Machine<'_>,
    table: &Table,
    target: Target,
    contents: &BTreeMap<u32, Content>,
    kind: &str,
) -> Volume {
    let partition = table.find(target.label());
    let partition =
        partition.filter(|found| contents.get(&found.number).is_some_and(|content| content.kind == kind));
    let open = partition.and_then(|found| Open::new(machine, target, table.extent(found), true).ok());
    open.and_then(|open| open.facts().ok()).unwrap_or(Volume::None)
}
