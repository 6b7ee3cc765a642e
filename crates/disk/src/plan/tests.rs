//! Plans on simulated disks: a second plan is empty, and after a loss of power at any moment the
//! machine boots something, of which the test says what.

use super::*;
use crate::facts::{Digest, TableFact};
use crate::firmware::{Boots, Firmware, boot};
use crate::layout::{Loader, label};
use crate::meta::tag;
use crate::sdboot::Variables;
use crate::simulate::{apply, torn};
use crate::step::AssetName;

const SIZE: u64 = 16 << 30;

fn asset(name: AssetName, version: &str) -> Asset {
    Asset { name, size: 100 << 20, digest: Digest::of(format!("{name:?} {version}").as_bytes()) }
}

fn system(version: &str) -> System {
    System {
        version: version.to_owned(),
        arch: Arch::Amd64,
        uefi: Some(UefiAssets { loader: asset(AssetName::SdBoot, "1"), uki: asset(AssetName::Uki, version) }),
        bios: Some(BiosAssets {
            boot_image: vec![0x90; 512],
            core: vec![0x91; 50_000],
            kernel: asset(AssetName::Kernel, version),
            initramfs: asset(AssetName::Initramfs, version),
            cmdline: format!("talos.platform=metal v={version}"),
        }),
    }
}

fn wanted(loader: Loader, version: &str) -> Install {
    Install {
        system: system(version),
        loader,
        wipe: false,
        force: false,
        seed: b"seed".to_vec(),
        meta: Meta::default(),
    }
}

/// A machine: its firmware, and its only disk.
#[derive(Clone)]
struct Machine {
    firmware: Firmware,
    facts: Facts,
}

/// What a machine booted, in a word.
fn boots(machine: &mut Machine) -> String {
    match boot(&mut machine.facts, machine.firmware) {
        Boots::NextDevice { .. } => "next device".to_owned(),
        Boots::System { digest, .. } => ["v1", "v2", "v3"]
            .into_iter()
            .find(|version| {
                [AssetName::Uki, AssetName::Kernel]
                    .into_iter()
                    .any(|name| asset(name, version).digest == digest)
            })
            .unwrap_or("something else")
            .to_owned(),
    }
}

fn machine(firmware: Firmware) -> Machine {
    let mut facts = Facts::blank("/dev/sda", SIZE, 512);
    facts.variables = matches!(firmware, Firmware::Uefi(_)).then(Variables::default);
    Machine { firmware, facts }
}

const UEFI: Firmware = Firmware::Uefi(Arch::Amd64);

/// Every kind of machine with the boot loader that it gets.
const KINDS: [(Firmware, Loader); 4] = [
    (UEFI, Loader::SdBoot),
    (Firmware::Bios, Loader::Grub),
    (UEFI, Loader::DualBoot),
    (Firmware::Bios, Loader::DualBoot),
];

fn carry_out(machine: &mut Machine, steps: &[Step]) {
    steps.iter().for_each(|step| apply(&mut machine.facts, step));
}

fn installed(firmware: Firmware, loader: Loader) -> Machine {
    let mut machine = machine(firmware);
    let steps = install(&machine.facts, &wanted(loader, "v1")).unwrap();
    carry_out(&mut machine, &steps);
    assert_eq!(boots(&mut machine), "v1");
    let steps = confirm(&machine.facts).unwrap();
    carry_out(&mut machine, &steps);
    machine
}

/// Cuts the power between all steps and within them. What is booted then must be among `expected`,
/// and going on from there with the same plan must end where an undisturbed one ends.
fn cut_everywhere(
    start: &Machine,
    expected: &[&str],
    plan: &dyn Fn(&Facts) -> Vec<Step>,
    done: &dyn Fn(&mut Machine),
) {
    let steps = plan(&start.facts);
    assert!(!steps.is_empty());
    let mut states = vec![("before everything".to_owned(), start.clone())];
    let mut now = start.clone();
    for step in &steps {
        for (number, facts) in torn(&now.facts, step).into_iter().enumerate() {
            states.push((format!("within {step} ({number})"), Machine { facts, ..now.clone() }));
        }
        apply(&mut now.facts, step);
        // Each step may be carried out again.
        let once = now.facts.clone();
        apply(&mut now.facts, step);
        assert_eq!(now.facts, once, "{step}");
        states.push((format!("after {step}"), now.clone()));
    }
    for (moment, mut state) in states {
        let found = boots(&mut state);
        assert!(expected.contains(&found.as_str()), "{moment}: booted {found}");
        // What happens on the running system leads to the same end.
        for again in 0.. {
            let steps = plan(&state.facts);
            if steps.is_empty() {
                break;
            }
            assert!(again < 3, "{moment}: the plan does not come to an end: {steps:?}");
            carry_out(&mut state, &steps);
        }
        assert_eq!(plan(&state.facts), [], "{moment}: a second plan is empty");
        done(&mut state);
    }
}

#[test]
fn an_installation_boots_the_next_device_until_it_boots_the_system() {
    for (firmware, loader) in KINDS {
        let wanted = wanted(loader, "v1");
        let disk = machine(firmware);
        // Cut short, it is no installation yet, nor is anything foreign there: asked for again, it begins anew.
        let plan = |facts: &Facts| install(facts, &wanted).unwrap();
        cut_everywhere(&disk, &["next device", "v1"], &plan, &|machine| {
            assert!(machine.facts.installed());
            assert_eq!(boots(machine), "v1");
        });
    }
}

#[test]
fn a_new_installation_over_an_old_one_never_leaves_half_of_either() {
    for (firmware, loader) in KINDS {
        let start = installed(firmware, loader);
        let wanted = Install { force: true, ..wanted(loader, "v2") };
        let plan = |facts: &Facts| install(facts, &wanted).unwrap();
        cut_everywhere(&start, &["v1", "next device", "v2"], &plan, &|machine| {
            assert_eq!(boots(machine), "v2");
        });
    }
}

#[test]
fn a_disk_counts_as_installed_only_when_it_boots() {
    for (firmware, loader) in KINDS {
        let mut machine = machine(firmware);
        for step in install(&machine.facts, &wanted(loader, "v1")).unwrap() {
            apply(&mut machine.facts, &step);
            assert!(!machine.facts.installed() || boots(&mut machine.clone()) == "v1", "{step}");
        }
        assert!(machine.facts.installed());
    }
}

#[test]
fn an_upgrade_boots_the_old_system_until_the_new_one_is_asked_for() {
    for (firmware, loader) in KINDS {
        let start = installed(firmware, loader);
        let plan = |facts: &Facts| upgrade(facts, &system("v2")).unwrap();
        cut_everywhere(&start, &["v1", "v2"], &plan, &|machine| {
            assert_eq!(boots(machine), "v2", "{firmware:?} {loader:?}: the new system is tried");
            let mut well = machine.clone();
            // It does not become well: the next boot is that of the old one, for ever.
            assert_eq!([boots(machine), boots(machine)], ["v1", "v1"]);
            let fallback = machine.facts.meta.as_ref().unwrap().meta.text(tag::UPGRADE).map(str::to_owned);
            assert!(
                fallback.is_some_and(|name| machine
                    .facts
                    .booted
                    .as_ref()
                    .unwrap()
                    .eq_ignore_ascii_case(&name))
            );
            // It becomes well: it stays.
            let steps = confirm(&well.facts).unwrap();
            carry_out(&mut well, &steps);
            assert_eq!(confirm(&well.facts).unwrap(), []);
            assert_eq!([boots(&mut well), boots(&mut well)], ["v2", "v2"]);
            assert_eq!(well.facts.meta.as_ref().unwrap().meta.get(tag::UPGRADE), None);
        });
    }
}

#[test]
fn a_system_that_says_it_is_well_stays_or_is_tried_again_at_every_moment() {
    for (firmware, loader) in KINDS {
        let mut start = installed(firmware, loader);
        let steps = upgrade(&start.facts, &system("v2")).unwrap();
        carry_out(&mut start, &steps);
        assert_eq!(boots(&mut start), "v2");
        let steps = confirm(&start.facts).unwrap();
        let mut now = start.clone();
        for step in &steps {
            let between = torn(&now.facts, step);
            for facts in std::iter::once(now.facts.clone()).chain(between) {
                let found = boots(&mut Machine { facts, ..now.clone() });
                assert!(["v1", "v2"].contains(&found.as_str()), "{step}: {found}");
            }
            apply(&mut now.facts, step);
        }
        assert_eq!(boots(&mut now), "v2");
    }
}

#[test]
fn a_rollback_boots_the_previous_system_and_goes_nowhere_twice() {
    for (firmware, loader) in KINDS {
        let mut start = installed(firmware, loader);
        assert!(rollback(&start.facts).unwrap_err().to_string().contains("only one system is installed"));
        let steps = upgrade(&start.facts, &system("v2")).unwrap();
        carry_out(&mut start, &steps);
        assert_eq!(boots(&mut start), "v2");
        let steps = confirm(&start.facts).unwrap();
        carry_out(&mut start, &steps);
        let steps = rollback(&start.facts).unwrap();
        let mut now = start.clone();
        for step in &steps {
            for facts in torn(&now.facts, step).into_iter().chain([now.facts.clone()]) {
                let found = boots(&mut Machine { facts, ..now.clone() });
                assert!(["v1", "v2"].contains(&found.as_str()), "{step}: {found}");
            }
            apply(&mut now.facts, step);
        }
        assert_eq!(rollback(&now.facts).unwrap(), []);
        assert_eq!(boots(&mut now), "v1");
    }
}

#[test]
fn nothing_rolls_back_to_a_system_that_never_came_up() {
    for (firmware, loader) in KINDS {
        let mut machine = installed(firmware, loader);
        let steps = upgrade(&machine.facts, &system("v2")).unwrap();
        carry_out(&mut machine, &steps);
        assert_eq!([boots(&mut machine), boots(&mut machine)], ["v2", "v1"]);
        let error = rollback(&machine.facts).unwrap_err().to_string();
        assert_eq!(error, "the other system has never come up: upgrade to it to try it again");
        // Trying it again is possible.
        let steps = upgrade(&machine.facts, &system("v2")).unwrap();
        carry_out(&mut machine, &steps);
        assert_eq!(boots(&mut machine), "v2");
        // From within the trial the way back is open.
        let steps = rollback(&machine.facts).unwrap();
        carry_out(&mut machine, &steps);
        assert_eq!([boots(&mut machine), boots(&mut machine)], ["v1", "v1"]);
    }
}

#[test]
fn upgrades_one_after_the_other_keep_the_system_that_works() {
    for (firmware, loader) in KINDS {
        let mut machine = installed(firmware, loader);
        for version in ["v2", "v3", "v1", "v1", "v2"] {
            let steps = upgrade(&machine.facts, &system(version)).unwrap();
            carry_out(&mut machine, &steps);
            assert_eq!(boots(&mut machine), version, "{firmware:?} {loader:?}");
            let steps = confirm(&machine.facts).unwrap();
            carry_out(&mut machine, &steps);
            assert!(slots(&machine.facts).unwrap().systems().len() <= 2);
        }
    }
}

#[test]
fn a_reset_of_partitions_boots_the_system_at_every_moment() {
    for (firmware, loader) in KINDS {
        let mut start = installed(firmware, loader);
        let mut table = start.facts.gpt().unwrap().clone();
        let last = table.partitions.last().unwrap().clone();
        for (number, name) in [(last.number + 1, label::STATE), (last.number + 2, label::EPHEMERAL)] {
            let first = last.last + 1 + u64::from(number) * 4096;
            let guid = crate::guid::derive(b"x", name);
            let label = name.to_owned();
            table.partitions.push(crate::gpt::Partition {
                number,
                first,
                last: first + 4095,
                guid,
                label,
                ..last.clone()
            });
        }
        apply(&mut start.facts, &Step::WriteTable(table));
        let mut meta = start.facts.meta.clone().unwrap().meta;
        meta.set(tag::STATE_ENCRYPTION_CONFIG, "{}").unwrap();
        let extent = start.facts.gpt().unwrap().extent_of(label::META).unwrap();
        apply(&mut start.facts, &Step::WriteMeta { extent, meta });
        let labels = vec![label::EPHEMERAL.to_owned(), label::STATE.to_owned()];
        let plan = |facts: &Facts| reset(facts, &Reset::Partitions(labels.clone())).unwrap();
        assert_eq!(plan(&start.facts)[0].to_string(), "wipe STATE (2 MiB)");
        cut_everywhere(&start, &["v1"], &plan, &|machine| {
            let table = machine.facts.gpt().unwrap();
            assert!(table.find(label::STATE).is_none() && table.find(label::META).is_some());
            let meta = &machine.facts.meta.as_ref().unwrap().meta;
            assert_eq!(meta.get(tag::STATE_ENCRYPTION_CONFIG), None);
        });
    }
}

#[test]
fn a_reset_of_the_disk_leaves_nothing_that_is_installed() {
    for (firmware, loader) in KINDS {
        let start = installed(firmware, loader);
        let plan = |facts: &Facts| reset(facts, &Reset::Disk).unwrap();
        cut_everywhere(&start, &["v1", "next device"], &plan, &|machine| {
            assert!(machine.facts.is_blank() && !machine.facts.installed());
            assert_eq!(boots(machine), "next device");
        });
    }
}

#[test]
fn every_reason_against_an_installation_is_told_at_once() {
    let mut facts = Facts::blank("/dev/sdb", 1 << 30, 512);
    facts.table = TableFact::Dos(2);
    let mut wanted = wanted(Loader::SdBoot, "v1");
    wanted.system.uefi = None;
    let refusal = install(&facts, &wanted).unwrap_err();
    assert_eq!(
        refusal.reasons,
        [
            "the system came without a unified kernel image and systemd-boot, which UEFI needs",
            "/dev/sdb: the disk has 1 GiB, the system needs at least 4.1 GiB: choose a larger disk",
            "/dev/sdb holds a DOS partition table with 2 partitions: choose another disk, or ask for it to be wiped",
        ]
    );
}

#[test]
fn an_installation_that_is_there_stays_unless_it_may_go() {
    let machine = installed(UEFI, Loader::SdBoot);
    let mut other = wanted(Loader::SdBoot, "v2");
    let error = install(&machine.facts, &other).unwrap_err().to_string();
    assert_eq!(error, "Talos is installed on /dev/sda: upgrade it, or force a new installation");
    other.force = true;
    let steps = install(&machine.facts, &other).unwrap();
    assert_eq!(steps[0].to_string(), "wipe the disk");
}

#[test]
fn an_upgrade_needs_room_and_something_to_upgrade() {
    let mut machine = installed(UEFI, Loader::SdBoot);
    let error = upgrade(&Facts::blank("/dev/sdb", SIZE, 512), &system("v2")).unwrap_err().to_string();
    assert_eq!(error, "Talos is not installed on /dev/sdb");
    if let Volume::Files { free, .. } = &mut machine.facts.esp {
        *free = 10 << 20;
    }
    let error = upgrade(&machine.facts, &system("v2")).unwrap_err().to_string();
    assert_eq!(error, "the new system needs 100 MiB in EFI, which has 10 MiB free");
    machine.facts.variables = None;
    let error = upgrade(&machine.facts, &system("v2")).unwrap_err().to_string();
    assert!(error.contains("boot this machine in UEFI mode"), "{error}");
}

#[test]
fn steps_read_as_prose() {
    let mut wanted = wanted(Loader::DualBoot, "v1.14.0");
    wanted.meta.set(0x0a, "x").unwrap();
    let facts = machine(UEFI).facts;
    let text: Vec<String> = install(&facts, &wanted).unwrap().iter().map(ToString::to_string).collect();
    let golden = include_str!("../../tests/golden/install.txt");
    assert_eq!(text.join("\n"), golden.trim_end());
}
