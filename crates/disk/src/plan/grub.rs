//! Slots of GRUB: A and B. A new system goes into the one that is not the default and is asked for
//! once; the default changes only when it has said that it is well.

use super::{Refusal, System, meta_step, room};
use crate::facts::{Facts, Files, find};
use crate::grub::{CONFIG, Config, ENVIRONMENT, Environment, MenuEntry, NEXT_ENTRY, Slot};
use crate::layout::label;
use crate::meta::tag;
use crate::step::{Asset, Source, Step, Target};

/// Whether BOOT holds a menu of ours.
pub(super) fn there(facts: &Facts) -> bool {
    facts.boot.files().is_some_and(|files| config(files).is_some())
}

/// The menu.
pub(super) fn config(files: &Files) -> Option<Config> {
    Config::parse(find(files, CONFIG)?.text.as_ref()?).ok()
}

/// What is asked for once.
fn asked(files: &Files) -> Option<String> {
    let text = find(files, ENVIRONMENT)?.text.as_ref()?;
    Environment::parse(text).variables.get(NEXT_ENTRY).filter(|name| !name.is_empty()).cloned()
}

fn read(facts: &Facts) -> Result<(&Files, Config), Refusal> {
    let files = facts.boot.files();
    files
        .and_then(|files| Some((files, config(files)?)))
        .ok_or_else(|| Refusal::one("BOOT holds no menu of GRUB that can be read: install anew"))
}

/// The slot that runs, or would run.
pub(super) fn booted(facts: &Facts, config: &Config) -> Slot {
    let slot = facts.booted.as_ref().and_then(|slot| slot.parse().ok());
    slot.filter(|slot| config.entry(*slot).is_some()).unwrap_or(config.default)
}

fn write(path: &str, text: String) -> Step {
    Step::WriteFile { target: Target::Boot, path: path.to_owned(), source: Source::Text(text) }
}

/// Writes the menu unless it is there already.
fn menu(files: &Files, config: &Config) -> Option<Step> {
    let text = config.render();
    let same = find(files, CONFIG).is_some_and(|file| file.text.as_ref() == Some(&text));
    (!same).then(|| write(CONFIG, text))
}

/// Asks for an entry once, or for none.
fn ask(files: &Files, name: Option<String>) -> Option<Step> {
    if asked(files) == name {
        return None;
    }
    let variables = name.map(|name| (NEXT_ENTRY.to_owned(), name)).into_iter().collect();
    // A name of ours is far shorter than the file.
    Environment { variables }.render().map(|text| write(ENVIRONMENT, text))
}

/// Steps after which the next boot tries a new system.
pub(super) fn upgrade(facts: &Facts, system: &System) -> Result<Vec<Step>, Refusal> {
    let Some(assets) = &system.bios else {
        return Err(Refusal::one("the new system has no kernel for GRUB, which this machine boots"));
    };
    let (files, config) = read(facts)?;
    let Some(current) = config.entry(config.default).cloned() else {
        return Err(Refusal::one("the default system of GRUB's menu is missing: install anew"));
    };
    let holds = |entry: &MenuEntry| {
        let has =
            |path: &str, asset: &Asset| find(files, path).is_some_and(|file| file.digest == asset.digest);
        has(&entry.kernel(), &assets.kernel) && has(&entry.initramfs(), &assets.initramfs)
    };
    if holds(&current) && current.cmdline == assets.cmdline {
        return Ok(Vec::new());
    }
    let slot = current.slot.other();
    let trial = MenuEntry { slot, version: system.version.clone(), cmdline: assets.cmdline.clone() };
    let wanted = Config::new(current.clone(), Some(trial.clone()));
    let mut steps = Vec::new();
    if !holds(&trial) {
        // Nothing may lead to files that are about to change.
        steps.extend(ask(files, None));
        steps.extend(menu(files, &Config::new(current, None)));
        let pairs = [(trial.kernel(), &assets.kernel), (trial.initramfs(), &assets.initramfs)];
        let (mut removed, mut needed) = (0, 0);
        let (mut going, mut coming) = (Vec::new(), Vec::new());
        for (path, asset) in pairs {
            match find(files, &path) {
                Some(file) if file.digest == asset.digest => continue,
                Some(file) => {
                    removed += file.size;
                    going.push(Step::RemoveFile { target: Target::Boot, path: path.clone() });
                }
                None => {}
            }
            needed += asset.size;
            let source = Source::Asset(asset.clone());
            coming.push(Step::WriteFile { target: Target::Boot, path, source });
        }
        room(&facts.boot, label::BOOT, needed, removed)?;
        steps.extend(going.into_iter().chain(coming));
        steps.push(write(CONFIG, wanted.render()));
    } else {
        steps.extend(menu(files, &wanted));
    }
    steps.extend(meta_step(facts, |meta| meta.set(tag::UPGRADE, config.default.to_string()))?);
    let written = !steps.is_empty();
    let asks = ask(files, Some(trial.name()));
    // Asked for already, and taken back above because its files change: asked for again.
    let again = written && !holds(&trial) && asks.is_none();
    let variables = [(NEXT_ENTRY.to_owned(), trial.name())].into();
    steps.extend(asks.or_else(|| {
        again.then(|| Environment { variables }.render().map(|text| write(ENVIRONMENT, text))).flatten()
    }));
    Ok(steps)
}

/// Steps by which the running system becomes the default one.
pub(super) fn confirm(facts: &Facts) -> Result<Vec<Step>, Refusal> {
    let (files, config) = read(facts)?;
    let running = booted(facts, &config);
    settle(facts, files, &config, running)
}

/// Makes a slot the default, the other one the fallback, and asks for nothing.
fn settle(facts: &Facts, files: &Files, config: &Config, slot: Slot) -> Result<Vec<Step>, Refusal> {
    let Some(entry) = config.entry(slot).cloned() else {
        return Err(Refusal::one(format!("slot {slot} of GRUB's menu is empty")));
    };
    let wanted = Config::new(entry, config.entry(slot.other()).cloned());
    let mut steps: Vec<Step> = menu(files, &wanted).into_iter().collect();
    steps.extend(ask(files, None));
    steps.extend(meta_step(facts, |meta| {
        meta.remove(tag::UPGRADE);
        Ok(())
    })?);
    Ok(steps)
}

/// Steps after which the system before the running one is booted.
pub(super) fn rollback(facts: &Facts) -> Result<Vec<Step>, Refusal> {
    let (files, config) = read(facts)?;
    let previous = booted(facts, &config).other();
    let Some(entry) = config.entry(previous) else {
        return Err(Refusal::one("only one system is installed: there is none to go back to"));
    };
    for path in [entry.kernel(), entry.initramfs()] {
        if find(files, &path).is_none() {
            return Err(Refusal::one(format!(
                "{path} is missing from BOOT: the previous system cannot be booted"
            )));
        }
    }
    let fallback = facts.meta.as_ref().and_then(|read| read.meta.text(tag::UPGRADE));
    // While a trial runs or has failed, META names the one that it was tried against.
    if fallback.is_some_and(|name| name == previous.other().to_string()) && config.default != previous {
        return Err(Refusal::one("the other system has never come up: upgrade to it to try it again"));
    }
    settle(facts, files, &config, previous)
}
