//! Slots of systemd-boot: the default kernel image, and another one. A new one is asked for once;
//! the default changes only when it has said that it is well.

use super::{Refusal, System, meta_step, room};
use crate::facts::{Digest, Facts, Files, find};
use crate::layout::label;
use crate::meta::tag;
use crate::sdboot::{Counter, Entry, FOLDER, TRIES, choose, entries, fresh_name, variable};
use crate::step::{Source, Step, Target};

/// Whether the firmware's partition holds kernel images.
pub(super) fn there(facts: &Facts) -> bool {
    facts.esp.files().is_some_and(|files| !entries(files).is_empty())
}

/// What is booted when nothing else is asked for.
pub(super) fn default(facts: &Facts) -> Option<Entry> {
    let files = facts.esp.files()?;
    let unasked = facts
        .variables
        .as_ref()
        .map(|variables| crate::sdboot::Variables { one_shot: None, ..variables.clone() });
    choose(files, unasked.as_ref()).map(|(entry, _)| entry)
}

/// What runs, or would run.
pub(super) fn booted(facts: &Facts) -> Option<Entry> {
    let files = facts.esp.files()?;
    let booted = facts.booted.as_ref();
    entries(files).into_iter().find(|entry| booted.is_some_and(|id| entry.is(id))).or_else(|| default(facts))
}

/// Makes an entry the default, and asks for nothing else.
pub(super) fn pin(facts: &Facts, entry: &Entry) -> Vec<Step> {
    let Some(variables) = &facts.variables else { return Vec::new() };
    let mut steps = Vec::new();
    if variables.one_shot.is_some() {
        steps.push(Step::SetVariable { name: variable::ONE_SHOT, value: None });
    }
    if !variables.default.as_ref().is_some_and(|id| entry.is(id)) {
        steps.push(Step::SetVariable { name: variable::DEFAULT, value: Some(entry.id()) });
    }
    steps
}

fn digest(files: &Files, entry: &Entry) -> Option<Digest> {
    find(files, &entry.path()).map(|file| file.digest)
}

/// Steps after which the next boot tries a new system.
pub(super) fn upgrade(facts: &Facts, system: &System) -> Result<Vec<Step>, Refusal> {
    let Some(assets) = &system.uefi else {
        return Err(Refusal::one("the new system has no unified kernel image, which this machine boots"));
    };
    let (Some(files), Some(current)) = (facts.esp.files(), default(facts)) else {
        return Err(Refusal::one("the file system of EFI holds no system: install anew"));
    };
    let Some(variables) = &facts.variables else {
        let reason = "the variables of the firmware cannot be reached, without which a new system cannot be tried \
                      safely: boot this machine in UEFI mode";
        return Err(Refusal::one(reason));
    };
    if digest(files, &current) == Some(assets.uki.digest) {
        return Ok(Vec::new());
    }
    let all = entries(files);
    let others = || all.iter().filter(|entry| **entry != current);
    let fresh = |entry: &&Entry| entry.counter == Some(Counter { left: TRIES, done: 0 });
    let written =
        others().filter(fresh).find(|entry| digest(files, entry) == Some(assets.uki.digest)).cloned();
    let trial = written.clone().unwrap_or_else(|| Entry {
        name: fresh_name(&system.version, &all),
        counter: Some(Counter { left: TRIES, done: 0 }),
    });
    let asked = variables.one_shot.as_ref().is_some_and(|id| trial.is(id));
    let mut steps = Vec::new();
    if !asked {
        // Nothing that is about to go may be asked for.
        steps.extend(pin(facts, &current));
    } else if !variables.default.as_ref().is_some_and(|id| current.is(id)) {
        steps.push(Step::SetVariable { name: variable::DEFAULT, value: Some(current.id()) });
    }
    let going: Vec<String> = others()
        .filter(|entry| **entry != trial)
        .map(Entry::path)
        .chain(files.keys().filter(|path| left_over(path)).cloned())
        .collect();
    if written.is_none() {
        let removed = going.iter().filter_map(|path| find(files, path)).map(|file| file.size).sum();
        room(&facts.esp, label::EFI, assets.uki.size, removed)?;
    }
    steps.extend(going.into_iter().map(|path| Step::RemoveFile { target: Target::Efi, path }));
    if written.is_none() {
        let source = Source::Asset(assets.uki.clone());
        steps.push(Step::WriteFile { target: Target::Efi, path: trial.path(), source });
    }
    steps.extend(meta_step(facts, |meta| meta.set(tag::UPGRADE, current.id()))?);
    if !asked {
        steps.push(Step::SetVariable { name: variable::ONE_SHOT, value: Some(trial.id()) });
    }
    Ok(steps)
}

/// Whether a file was left by a write that did not come to its end.
fn left_over(path: &str) -> bool {
    let folder = path.rsplit_once('/').map(|(folder, _)| folder);
    folder.is_some_and(|folder| folder.eq_ignore_ascii_case(FOLDER)) && path.ends_with(crate::NEIGHBOUR)
}

/// Steps by which the running system becomes the default one.
pub(super) fn confirm(facts: &Facts) -> Result<Vec<Step>, Refusal> {
    let Some(running) = booted(facts) else {
        return Err(Refusal::one("this machine was not booted from a system on the disk"));
    };
    let mut steps = pin(facts, &running);
    if running.counter.is_some() {
        let (from, to) = (running.path(), running.blessed().path());
        steps.push(Step::RenameFile { target: Target::Efi, from, to });
    }
    steps.extend(meta_step(facts, |meta| {
        meta.remove(tag::UPGRADE);
        Ok(())
    })?);
    Ok(steps)
}

/// Steps after which the system before the running one is booted.
pub(super) fn rollback(facts: &Facts) -> Result<Vec<Step>, Refusal> {
    let (Some(files), Some(running)) = (facts.esp.files(), booted(facts)) else {
        return Err(Refusal::one("previous UKI not found: the file system of EFI holds no system"));
    };
    if facts.variables.is_none() {
        return Err(Refusal::one(
            "the variables of the firmware cannot be reached: boot this machine in UEFI mode",
        ));
    }
    let mut others = entries(files).into_iter().filter(|entry| *entry != running).peekable();
    if others.peek().is_none() {
        return Err(Refusal::one("previous UKI not found: only one system is installed"));
    }
    let Some(previous) = others.find(|entry| entry.counter.is_none()) else {
        return Err(Refusal::one("the other system has never come up: upgrade to it to try it again"));
    };
    let mut steps = pin(facts, &previous);
    steps.extend(meta_step(facts, |meta| {
        meta.remove(tag::UPGRADE);
        Ok(())
    })?);
    Ok(steps)
}
