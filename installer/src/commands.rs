//! What the installer does when it is asked: look, plan, say the plan, and carry it out.

use cmdline::Cmdline;
use disk::facts::Facts;
use disk::layout::Loader;
use disk::meta::Meta;
use disk::plan::{self, Install, Reset, System};
use disk::step::Step;

use crate::assets::Assets;
use crate::execute::execute;
use crate::inspect::inspect;
use crate::port::Machine;
use crate::{Error, Result};

/// Where lines for the user go.
pub type Lines<'a> = &'a mut dyn FnMut(&str);

/// What is wanted of an installation or an upgrade.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The platform's name.
    pub platform: String,
    /// `talos.config` of the running system, if it has one.
    pub config: Option<String>,
    /// Whether the other slot is written instead of the whole disk.
    pub upgrade: bool,
    /// Whether an installation that is there may go.
    pub force: bool,
    /// Whether everything on the disk may go.
    pub zero: bool,
    /// Further kernel arguments.
    pub extra_kernel_args: Vec<String>,
    /// Whether GRUB takes its arguments from the unified kernel image.
    pub grub_use_uki_cmdline: bool,
    /// How the disk boots; none lets the machine decide.
    pub loader: Option<Loader>,
    /// Values for META.
    pub meta: Meta,
    /// What identifiers follow from.
    pub seed: Vec<u8>,
    /// The command line of the running system.
    pub running: Cmdline,
}

/// Installs or upgrades; `dry_run` only says what would be done.
///
/// # Errors
/// With every reason against it, or the step that failed.
pub fn install(
    machine: &Machine<'_>,
    assets: &Assets,
    request: &Request,
    dry_run: bool,
    lines: Lines<'_>,
) -> Result<()> {
    let facts = inspect(machine)?;
    describe(&facts, lines);
    let loader = match request.loader {
        Some(loader) => loader,
        None if machine.variables.is_some() => Loader::SdBoot,
        None => Loader::Grub,
    };
    let grub = if request.upgrade {
        matches!(plan::slots(&facts), Some(plan::Slots::Grub(_)))
    } else {
        loader.grub()
    };
    let system = arguments(assets, request, grub, lines)?;
    let version = system.version.clone();
    let steps = if request.upgrade {
        plan::upgrade(&facts, &system)?
    } else {
        let (seed, meta) = (request.seed.clone(), request.meta.clone());
        plan::install(
            &facts,
            &Install { system, loader, wipe: request.zero, force: request.force, seed, meta },
        )?
    };
    let done = if request.upgrade {
        format!("Talos {version} is tried at the next boot of {}", facts.name)
    } else {
        format!("Talos {version} is installed on {}", facts.name)
    };
    carry_out(machine, &facts, &steps, Some(assets), dry_run, &done, lines)
}

/// The system with its kernel arguments. Those that cannot take effect are refused if a user asked
/// for them.
fn arguments(assets: &Assets, request: &Request, grub: bool, lines: Lines<'_>) -> Result<System> {
    let mut system = assets.system.clone();
    let embedded = !grub || request.grub_use_uki_cmdline;
    if embedded {
        if !request.extra_kernel_args.is_empty() {
            let args = request.extra_kernel_args.join(" ");
            return Err(Error::InvalidInput(format!(
                "the kernel arguments {args} would have no effect: the unified kernel image brings its own; build an \
                 image with them instead"
            )));
        }
        if request.config.is_some() {
            lines("note: talos.config is not passed on: the unified kernel image brings its own arguments");
        }
        return Ok(system);
    }
    let mut line = cmdline::fresh(&request.platform);
    if let Some(config) = &request.config {
        line.append(&format!("talos.config={config}"));
    }
    line.customize(&request.extra_kernel_args);
    line.preserve(&request.running);
    if let Some(missing) = line.hardening().first() {
        return Err(Error::InvalidInput(format!("{missing}: such a system would refuse to boot")));
    }
    if let Some(bios) = &mut system.bios {
        bios.cmdline = line.to_string();
    }
    Ok(system)
}

/// Makes the running system the default one.
///
/// # Errors
/// With the reason against it, or the step that failed.
pub fn confirm(machine: &Machine<'_>, dry_run: bool, lines: Lines<'_>) -> Result<()> {
    let facts = inspect(machine)?;
    let steps = plan::confirm(&facts)?;
    carry_out(machine, &facts, &steps, None, dry_run, "the running system is the default one", lines)
}

/// Goes back to the system before the running one.
///
/// # Errors
/// With the reason against it, or the step that failed.
pub fn rollback(machine: &Machine<'_>, dry_run: bool, lines: Lines<'_>) -> Result<()> {
    let facts = inspect(machine)?;
    let steps = plan::rollback(&facts)?;
    carry_out(machine, &facts, &steps, None, dry_run, "the previous system is booted from now on", lines)
}

/// Wipes partitions, or the whole disk.
///
/// # Errors
/// With the reason against it, or the step that failed.
pub fn reset(machine: &Machine<'_>, wanted: &Reset, dry_run: bool, lines: Lines<'_>) -> Result<()> {
    let facts = inspect(machine)?;
    describe(&facts, lines);
    let steps = plan::reset(&facts, wanted)?;
    carry_out(machine, &facts, &steps, None, dry_run, "what was asked for is gone", lines)
}

/// Says what is on the disk, and which systems it boots.
///
/// # Errors
/// When the disk cannot be read.
pub fn status(machine: &Machine<'_>, lines: Lines<'_>) -> Result<()> {
    let facts = inspect(machine)?;
    describe(&facts, lines);
    let slots = plan::slots(&facts);
    let loader = match &slots {
        Some(plan::Slots::SdBoot(_)) => "systemd-boot",
        Some(plan::Slots::Grub(_)) => "GRUB",
        None => "nothing",
    };
    lines(&format!("boot loader: {loader}"));
    for system in slots.iter().flat_map(plan::Slots::systems) {
        let marks = [(system.default, "default"), (system.running, "running"), (system.trial, "on trial")];
        let marks: Vec<&str> = marks.into_iter().filter(|(set, _)| *set).map(|(_, mark)| mark).collect();
        lines(format!("  {} {}", system.name, marks.join(", ")).trim_end());
    }
    Ok(())
}

/// What is on the disk, in one line or a few.
fn describe(facts: &Facts, lines: Lines<'_>) {
    let size = disk::bytes::human(facts.size);
    let what = match facts.gpt() {
        _ if facts.is_blank() => "blank".to_owned(),
        Some(table) if facts.installed() => {
            let labels: Vec<&str> =
                table.partitions.iter().map(|partition| partition.label.as_str()).collect();
            format!("an installation ({})", labels.join(", "))
        }
        _ => match disk::foreign::foreign(facts).as_slice() {
            [] => "an installation that was cut short".to_owned(),
            found => found.join("; "),
        },
    };
    lines(&format!("{}: {size}, {what}", facts.name));
}

fn carry_out(
    machine: &Machine<'_>,
    facts: &Facts,
    steps: &[Step],
    assets: Option<&Assets>,
    dry_run: bool,
    done: &str,
    lines: Lines<'_>,
) -> Result<()> {
    if steps.is_empty() {
        lines(&format!("nothing to do: {done}"));
        return Ok(());
    }
    if dry_run {
        for (number, step) in (1..).zip(steps) {
            lines(&format!("[{number}/{}] would {step}", steps.len()));
        }
        lines("nothing was changed");
        return Ok(());
    }
    execute(machine, facts, steps, assets, &mut |number, of, step| {
        lines(&format!("[{number}/{of}] {step}"))
    })?;
    lines(done);
    Ok(())
}
