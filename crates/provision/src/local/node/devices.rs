//! Devices of a node: which nodes /dev has, and what is denied however a node is made.

use std::fs;

use sys::cgroup::{DeviceKind, DeviceRule};

/// A character device that a node has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Device {
    pub path: &'static str,
    pub major: u32,
    pub minor: u32,
    pub mode: u32,
}

const fn device(path: &'static str, major: u32, minor: u32, mode: u32) -> Device {
    Device { path, major, minor, mode }
}

/// Everything in a node's /dev, besides its own pseudo terminals (Linux Documentation
/// admin-guide/devices.txt for the numbers).
pub(super) const DEVICES: [Device; 9] = [
    device("null", 1, 3, 0o666),
    device("zero", 1, 5, 0o666),
    device("full", 1, 7, 0o666),
    device("random", 1, 8, 0o666),
    device("urandom", 1, 9, 0o666),
    device("tty", 5, 0, 0o666),
    device("fuse", 10, 229, 0o666),
    device("net/tun", 10, 200, 0o666),
    // The machine's own log. Writing is denied below: a read-only mount would not prevent it.
    device("kmsg", 1, 11, 0o444),
];

/// /dev/ptmx, and the pseudo terminals of the Unix98 majors.
const PTMX: (u32, u32) = (5, 2);
const PSEUDO_TERMINALS: std::ops::RangeInclusive<u32> = 136..=143;

/// What every process of a node is denied, even to a container that is given "all devices": using
/// any block device, and any character device of this machine except those above.
pub(crate) fn denied() -> Vec<DeviceRule> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    rules(&read("/proc/devices"), &read("/proc/misc"))
}

/// `devices` lists majors, `misc` the minors of major 10.
fn rules(devices: &str, misc: &str) -> Vec<DeviceRule> {
    let deny = |major, minor| DeviceRule::read_write(DeviceKind::Char, Some(major), minor);
    let allowed = |major: u32, minor: u32| {
        (major, minor) == PTMX || DEVICES.iter().any(|device| (device.major, device.minor) == (major, minor))
    };
    let mut rules =
        vec![DeviceRule::read_write(DeviceKind::Block, None, None), DeviceRule::char_write(1, 11)];
    for major in character_majors(devices) {
        let partly = DEVICES.iter().any(|device| device.major == major) || major == PTMX.0;
        if !partly && !PSEUDO_TERMINALS.contains(&major) {
            rules.push(deny(major, None));
        }
    }
    // Memory, ports and consoles: majors 1 and 5 have few minors, all of which are known.
    for major in [1, 5] {
        rules.extend((0..=15).filter(|minor| !allowed(major, *minor)).map(|minor| deny(major, Some(minor))));
    }
    let minors = misc.lines().filter_map(|line| line.split_whitespace().next()?.parse::<u32>().ok());
    let mut minors: Vec<u32> = minors.filter(|minor| !allowed(10, *minor)).collect();
    // Known by heart in case the module is loaded later: loop-control, device-mapper, kvm.
    minors.extend([237, 236, 232]);
    minors.sort_unstable();
    minors.dedup();
    rules.extend(minors.into_iter().map(|minor| deny(10, Some(minor))));
    rules
}

fn character_majors(devices: &str) -> Vec<u32> {
    let lines = devices.lines().skip_while(|line| !line.starts_with("Character")).skip(1);
    let section = lines.take_while(|line| !line.trim().is_empty());
    let mut majors: Vec<u32> =
        section.filter_map(|line| line.split_whitespace().next()?.parse().ok()).collect();
    majors.sort_unstable();
    majors.dedup();
    majors
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROC_DEVICES: &str = "Character devices:\n  1 mem\n  4 /dev/vc/0\n  4 tty\n  5 /dev/tty\n  7 vcs\n 10 misc\n\
                                136 pts\n226 drm\n\nBlock devices:\n  7 loop\n254 virtblk\n";
    const PROC_MISC: &str = "237 loop-control\n229 fuse\n200 tun\n232 kvm\n144 nvram\n";

    fn text() -> Vec<String> {
        rules(PROC_DEVICES, PROC_MISC).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn all_block_devices_and_the_dangerous_character_devices_are_denied() {
        let rules = text();
        let needed = [
            "b *:* rw",
            "c 1:11 w",
            "c 1:1 rw",
            "c 1:4 rw",
            "c 4:* rw",
            "c 5:1 rw",
            "c 5:3 rw",
            "c 7:* rw",
            "c 10:237 rw",
            "c 10:144 rw",
            "c 226:* rw",
        ];
        for rule in needed {
            assert!(rules.contains(&rule.to_owned()), "{rule} is missing in {rules:?}");
        }
    }

    #[test]
    fn what_a_node_has_is_not_denied() {
        let rules = text();
        for device in DEVICES {
            let exact = format!("c {}:{} rw", device.major, device.minor);
            let wild = format!("c {}:* rw", device.major);
            assert!(!rules.contains(&exact) && !rules.contains(&wild), "{}", device.path);
        }
        assert!(!rules.contains(&"c 5:2 rw".to_owned()) && !rules.contains(&"c 136:* rw".to_owned()));
    }

    #[test]
    fn the_list_of_majors_ends_where_block_devices_begin() {
        assert_eq!(character_majors(PROC_DEVICES), [1, 4, 5, 7, 10, 136, 226]);
        assert!(character_majors("").is_empty());
    }
}
