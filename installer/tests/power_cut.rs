//! The power is cut at every boundary between two steps of an installation, an upgrade, a
//! confirmation, a rollback, a reset and a write of META, and within steps at single writes. After
//! each the machine boots something, and the test says what.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]

mod common;

use std::sync::Arc;

use common::{Bench, Systems, in_memory};
use disk::firmware::Firmware;
use disk::layout::Loader;
use disk::meta::tag;
use disk::plan::{Reset, confirm, reset, rollback};
use disk::step::Step;
use disk::uki::Arch;
use sys::efivars::EfiVarsPort;
use sys::fakes;

const UEFI: (Firmware, Loader) = (Firmware::Uefi(Arch::Amd64), Loader::SdBoot);
const BIOS: (Firmware, Loader) = (Firmware::Bios, Loader::Grub);

/// Cuts the power after each step of a plan, every time on a machine of its own.
fn at_every_boundary(
    kind: (Firmware, Loader),
    start: impl Fn(Bench) -> Bench,
    plan: impl Fn(&Bench) -> Vec<Step>,
    version: &str,
) -> Vec<(String, &'static str)> {
    let systems = Systems::shared();
    let dir = tempfile::tempdir().unwrap();
    let mut found = Vec::new();
    for cut in 0.. {
        let bench = in_memory(&systems, kind.0, kind.1, &dir.path().join(cut.to_string()));
        let bench = start(bench);
        let steps = plan(&bench);
        let done = steps.get(..cut).unwrap();
        bench.execute(done, version).unwrap();
        let moment = done.last().map_or_else(|| "nothing".to_owned(), ToString::to_string);
        found.push((moment, bench.would_boot()));
        if cut == steps.len() {
            assert_eq!(plan(&bench), [], "a second plan is empty");
            return found;
        }
    }
    found
}

/// What is booted, without repetitions: the order in which it changes while a plan goes on.
fn course(found: &[(String, &'static str)]) -> Vec<&'static str> {
    let mut course: Vec<&'static str> = found.iter().map(|(_, boots)| *boots).collect();
    course.dedup();
    assert!(!course.contains(&"something broken"), "{found:?}");
    course
}

#[test]
fn an_installation_boots_nothing_until_it_boots_the_system() {
    for kind in [UEFI, BIOS, (UEFI.0, Loader::DualBoot), (BIOS.0, Loader::DualBoot)] {
        let found = at_every_boundary(kind, |bench| bench, |bench| bench.install("v1"), "v1");
        assert_eq!(course(&found), ["next device", "v1"], "{found:?}");
    }
}

#[test]
fn a_new_installation_over_an_old_one_boots_one_of_them_or_nothing() {
    for kind in [UEFI, BIOS] {
        let found = at_every_boundary(kind, Bench::installed, |bench| bench.install("v2"), "v2");
        assert_eq!(course(&found), ["v1", "next device", "v2"], "{found:?}");
    }
}

#[test]
fn an_upgrade_boots_the_old_system_up_to_its_last_step() {
    for kind in [UEFI, BIOS] {
        let found = at_every_boundary(kind, Bench::installed, |bench| bench.upgrade("v2"), "v2");
        assert_eq!(course(&found), ["v1", "v2"], "{found:?}");
        assert_eq!(found.iter().filter(|(_, boots)| *boots == "v2").count(), 1, "{found:?}");
    }
}

fn trying(mut bench: Bench) -> Bench {
    bench = bench.installed();
    bench.execute(&bench.upgrade("v2"), "v2").unwrap();
    assert_eq!(bench.boot(), "v2");
    bench
}

#[test]
fn a_new_system_that_says_nothing_is_followed_by_the_old_one_and_one_that_is_well_stays() {
    for kind in [UEFI, BIOS] {
        let found = at_every_boundary(kind, trying, |bench| confirm(&bench.facts()).unwrap(), "v2");
        assert_eq!(course(&found), ["v1", "v2"], "{found:?}");
    }
}

#[test]
fn a_rollback_boots_the_new_system_or_the_old_one() {
    let well = |bench| {
        let bench = trying(bench);
        bench.execute(&confirm(&bench.facts()).unwrap(), "v2").unwrap();
        bench
    };
    for kind in [UEFI, BIOS] {
        let found = at_every_boundary(kind, well, |bench| rollback(&bench.facts()).unwrap(), "v2");
        assert_eq!(course(&found), ["v2", "v1"], "{found:?}");
    }
}

#[test]
fn a_reset_boots_the_system_until_nothing_is_left_of_it() {
    for kind in [UEFI, BIOS] {
        let plan = |bench: &Bench| reset(&bench.facts(), &Reset::Disk).unwrap();
        let found = at_every_boundary(kind, Bench::installed, plan, "v1");
        assert_eq!(course(&found), ["v1", "next device"], "{found:?}");
        let plan = |bench: &Bench| {
            reset(&bench.facts(), &Reset::Partitions(vec!["STATE".to_owned(), "META".to_owned()])).unwrap()
        };
        let found = at_every_boundary(kind, Bench::installed, plan, "v1");
        assert_eq!(course(&found), ["v1"], "{found:?}");
    }
}

/// The firmware remembers what the first installation made the default.
fn pin(bench: &Bench) {
    let variables = bench.variables.as_ref().unwrap();
    let value = installer::variables::encode("Talos-v1.efi");
    variables.set(disk::sdboot::variable::VENDOR, disk::sdboot::variable::DEFAULT, &value).unwrap();
}

/// Within a step too: at forty single writes to the firmware's file system and META.
#[test]
fn an_upgrade_cut_at_any_write_boots_a_whole_system_and_can_be_done_again() {
    let systems = Systems::shared();
    let dir = tempfile::tempdir().unwrap();
    let mut bench = in_memory(&systems, UEFI.0, UEFI.1, dir.path());
    let installed = Arc::new(fakes::Disk::new(common::SIZE, 512));
    bench.disk = Arc::<fakes::Disk>::clone(&installed);
    let bench = bench.installed();
    assert!(bench.would_boot() == "v1" && bench.variables.is_some());
    let steps = bench.upgrade("v2");
    let whole = Arc::new(installed.copy());
    let all = {
        let mut bench = in_memory(&systems, UEFI.0, UEFI.1, dir.path());
        bench.disk = Arc::<fakes::Disk>::clone(&whole);
        // Variables are no writes of the disk: the last step comes as a whole.
        bench.execute(&steps, "v2").unwrap();
        whole.writes()
    };
    assert!(all > 20, "{all} writes");
    for cut in (0..all).step_by((all / 40).max(1) as usize) {
        let torn = Arc::new(installed.copy());
        torn.cut_after(cut);
        let mut bench = in_memory(&systems, UEFI.0, UEFI.1, dir.path());
        bench.disk = Arc::<fakes::Disk>::clone(&torn);
        pin(&bench);
        bench.execute(&steps, "v2").unwrap_err();
        let after = Arc::new(torn.copy());
        bench.disk = Arc::<fakes::Disk>::clone(&after);
        assert_eq!(bench.would_boot(), "v1", "after {cut} of {all} writes");
        bench.execute(&bench.upgrade("v2"), "v2").unwrap();
        assert_eq!(bench.would_boot(), "v2", "after {cut} of {all} writes, done again");
    }
}

#[test]
fn a_write_of_meta_cut_at_any_write_keeps_the_old_values_or_has_the_new_ones() {
    let systems = Systems::shared();
    let dir = tempfile::tempdir().unwrap();
    let mut bench = in_memory(&systems, UEFI.0, UEFI.1, dir.path());
    let installed = Arc::new(fakes::Disk::new(common::SIZE, 512));
    bench.disk = Arc::<fakes::Disk>::clone(&installed);
    let bench = bench.installed();
    let facts = bench.facts();
    let extent = facts.gpt().unwrap().extent_of("META").unwrap();
    let mut meta = facts.meta.unwrap().meta;
    meta.set(tag::USER_RESERVED_1, "new").unwrap();
    let step = Step::WriteMeta { extent, meta };
    for cut in 0..=2 {
        let torn = Arc::new(installed.copy());
        torn.cut_after(cut);
        let mut bench = in_memory(&systems, UEFI.0, UEFI.1, dir.path());
        bench.disk = Arc::<fakes::Disk>::clone(&torn);
        assert_eq!(bench.execute(std::slice::from_ref(&step), "v1").is_ok(), cut == 2);
        let read = bench.facts().meta.unwrap();
        let value = read.meta.text(tag::USER_RESERVED_1);
        assert_eq!((value, read.whole), if cut == 0 { (None, true) } else { (Some("new"), cut == 2) });
        assert_eq!(bench.would_boot(), "v1");
    }
}
