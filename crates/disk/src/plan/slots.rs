//! What is installed, and the plans that change what is booted.

use super::{Refusal, System, grub, sdboot};
use crate::facts::Facts;
use crate::layout::label;
use crate::step::Step;

/// A system on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booted {
    /// The file of its kernel image, or its name in GRUB's menu.
    pub name: String,
    /// Its version, if its name says so.
    pub version: Option<String>,
    /// Whether it is booted when nothing else is asked for.
    pub default: bool,
    /// Whether it runs.
    pub running: bool,
    /// Whether it has not yet said that it is well.
    pub trial: bool,
}

/// The systems on a disk, and what boots them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slots {
    /// systemd-boot.
    SdBoot(Vec<Booted>),
    /// GRUB.
    Grub(Vec<Booted>),
}

impl Slots {
    /// The systems.
    pub fn systems(&self) -> &[Booted] {
        match self {
            Self::SdBoot(systems) | Self::Grub(systems) => systems,
        }
    }
}

/// What is installed; none if there is nothing that boots. A disk with both boot loaders is used
/// through GRUB unless the machine was started by UEFI (contract os.md 3.5).
pub fn slots(facts: &Facts) -> Option<Slots> {
    let uefi = facts.variables.is_some() && sdboot::there(facts);
    if grub::there(facts) && !uefi {
        let config = grub::config(facts.boot.files()?)?;
        let running = facts.booted.as_ref().map(|_| grub::booted(facts, &config));
        let tried = facts.meta.as_ref().and_then(|read| read.meta.text(crate::meta::tag::UPGRADE));
        let systems = config.entries.iter().map(|entry| Booted {
            name: entry.name(),
            version: Some(entry.version.clone()),
            default: entry.slot == config.default,
            running: running == Some(entry.slot),
            trial: entry.slot != config.default && tried == Some(&config.default.to_string()),
        });
        return Some(Slots::Grub(systems.collect()));
    }
    let default = sdboot::default(facts)?;
    let running = facts.booted.as_ref().and_then(|_| sdboot::booted(facts));
    let systems = crate::sdboot::entries(facts.esp.files()?).into_iter().map(|entry| Booted {
        name: entry.file(),
        version: entry.version().map(str::to_owned),
        default: entry == default,
        running: running.as_ref() == Some(&entry),
        trial: entry.counter.is_some(),
    });
    Some(Slots::SdBoot(systems.collect()))
}

fn planned(
    facts: &Facts,
    sd_boot: impl Fn() -> Result<Vec<Step>, Refusal>,
    grub: impl Fn() -> Result<Vec<Step>, Refusal>,
) -> Result<Vec<Step>, Refusal> {
    match slots(facts) {
        Some(Slots::SdBoot(_)) => sd_boot(),
        Some(Slots::Grub(_)) => grub(),
        None => Err(Refusal::one(format!("no system that boots is installed on {}", facts.name))),
    }
}

/// Steps after which the next boot tries a new system, once; none if it is the default already.
///
/// # Errors
/// With every reason against it: nothing is installed, no room, parts that are missing.
pub fn upgrade(facts: &Facts, system: &System) -> Result<Vec<Step>, Refusal> {
    if facts.gpt().is_none_or(|table| table.find(label::META).is_none()) {
        return Err(Refusal::one(format!("Talos is not installed on {}", facts.name)));
    }
    let mut steps: Vec<Step> = repaired(facts);
    steps.extend(planned(facts, || sdboot::upgrade(facts, system), || grub::upgrade(facts, system))?);
    Ok(steps)
}

/// A table of which one copy was lost is written again before anything else.
fn repaired(facts: &Facts) -> Vec<Step> {
    match &facts.table {
        crate::facts::TableFact::Gpt(found) if !found.whole() => vec![Step::WriteTable(found.table.clone())],
        _ => Vec::new(),
    }
}

/// Steps by which the running system becomes the default one: it is well. If it is the default
/// already, whatever was tried before it has failed, and is no longer expected.
///
/// # Errors
/// When nothing that boots is installed.
pub fn confirm(facts: &Facts) -> Result<Vec<Step>, Refusal> {
    planned(facts, || sdboot::confirm(facts), || grub::confirm(facts))
}

/// Steps after which the system before the running one is booted from now on.
///
/// # Errors
/// When there is none, or it has never come up.
pub fn rollback(facts: &Facts) -> Result<Vec<Step>, Refusal> {
    planned(facts, || sdboot::rollback(facts), || grub::rollback(facts))
}
