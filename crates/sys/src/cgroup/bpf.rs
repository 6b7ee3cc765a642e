//! Device rules on v2: a small program of kind CGROUP_DEVICE, attached to the group.

use std::fs::File;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::path::Path;

use super::devices::{DeviceKind, DeviceRule};
use crate::{Context, Error, Result};

// Numbers from linux/bpf.h.
const BPF_PROG_LOAD: libc::c_int = 5;
const BPF_PROG_ATTACH: libc::c_int = 8;
const BPF_PROG_TYPE_CGROUP_DEVICE: u32 = 15;
const BPF_CGROUP_DEVICE: u32 = 6;
const BPF_F_ALLOW_MULTI: u32 = 2;
const DEVICE_BLOCK: i32 = 1;
const DEVICE_CHAR: i32 = 2;
const ACCESS_MKNOD: i32 = 1;
const ACCESS_READ: i32 = 2;
const ACCESS_WRITE: i32 = 4;

// Opcodes: class | size or operation | source.
const LOAD_WORD: u8 = 0x61;
const MOVE_IMMEDIATE: u8 = 0xb7;
const MOVE_REGISTER: u8 = 0xbf;
const AND_IMMEDIATE: u8 = 0x57;
const SHIFT_RIGHT_IMMEDIATE: u8 = 0x77;
const JUMP_NOT_EQUAL: u8 = 0x55;
const JUMP_EQUAL: u8 = 0x15;
const EXIT: u8 = 0x95;

/// One instruction (struct bpf_insn).
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Instruction {
    code: u8,
    registers: u8,
    offset: i16,
    immediate: i32,
}

fn instruction(code: u8, target: u8, source: u8, offset: i16, immediate: i32) -> Instruction {
    Instruction { code, registers: target | source << 4, offset, immediate }
}

/// Answers 0 (denied) for what a rule names and 1 (allowed) for the rest. Registers: 2 kind,
/// 3 access bits, 4 major, 5 minor, 6 scratch.
fn program(rules: &[DeviceRule]) -> Vec<Instruction> {
    let mut code = vec![
        instruction(LOAD_WORD, 2, 1, 0, 0),
        instruction(MOVE_REGISTER, 3, 2, 0, 0),
        instruction(AND_IMMEDIATE, 2, 0, 0, 0xffff),
        instruction(SHIFT_RIGHT_IMMEDIATE, 3, 0, 0, 16),
        instruction(LOAD_WORD, 4, 1, 4, 0),
        instruction(LOAD_WORD, 5, 1, 8, 0),
    ];
    for rule in rules {
        let mut bits = 0;
        for (set, bit) in [(rule.read, ACCESS_READ), (rule.write, ACCESS_WRITE), (rule.mknod, ACCESS_MKNOD)] {
            bits |= if set { bit } else { 0 };
        }
        let kind = if rule.kind == DeviceKind::Block { DEVICE_BLOCK } else { DEVICE_CHAR };
        let mut checks = vec![(2, kind)];
        checks.extend(rule.major.map(|major| (4, major as i32)));
        checks.extend(rule.minor.map(|minor| (5, minor as i32)));
        // After the checks come: copy access, mask it, test it, answer 0, exit.
        let mut to_next = checks.len() as i16 + 4;
        for (register, value) in checks {
            code.push(instruction(JUMP_NOT_EQUAL, register, 0, to_next, value));
            to_next -= 1;
        }
        code.push(instruction(MOVE_REGISTER, 6, 3, 0, 0));
        code.push(instruction(AND_IMMEDIATE, 6, 0, 0, bits));
        code.push(instruction(JUMP_EQUAL, 6, 0, 2, 0));
        code.push(instruction(MOVE_IMMEDIATE, 0, 0, 0, 0));
        code.push(instruction(EXIT, 0, 0, 0, 0));
    }
    code.push(instruction(MOVE_IMMEDIATE, 0, 0, 0, 1));
    code.push(instruction(EXIT, 0, 0, 0, 0));
    code
}

/// The part of union bpf_attr that loading a program uses.
#[repr(C)]
struct LoadAttributes {
    kind: u32,
    count: u32,
    instructions: u64,
    license: u64,
    log_level: u32,
    log_size: u32,
    log_buffer: u64,
    kernel_version: u32,
    flags: u32,
}

/// The part of union bpf_attr that attaching uses.
#[repr(C)]
struct AttachAttributes {
    target: u32,
    program: u32,
    kind: u32,
    flags: u32,
}

/// Attaches a program with `rules` to the group at `dir`.
pub(super) fn deny_devices(dir: &Path, rules: &[DeviceRule]) -> Result<()> {
    let group = File::open(dir).context(|| format!("open {}", dir.display()))?;
    let program = load(&program(rules))?;
    let attributes = AttachAttributes {
        target: group.as_raw_fd() as u32,
        program: program.as_raw_fd() as u32,
        kind: BPF_CGROUP_DEVICE,
        flags: BPF_F_ALLOW_MULTI,
    };
    bpf(BPF_PROG_ATTACH, &attributes, &format!("attach the device rules to {}", dir.display()))?;
    Ok(())
}

fn load(code: &[Instruction]) -> Result<OwnedFd> {
    let license = c"Apache-2.0";
    let attributes = LoadAttributes {
        kind: BPF_PROG_TYPE_CGROUP_DEVICE,
        count: code.len() as u32,
        instructions: code.as_ptr() as u64,
        license: license.as_ptr() as u64,
        log_level: 0,
        log_size: 0,
        log_buffer: 0,
        kernel_version: 0,
        flags: 0,
    };
    let fd = bpf(BPF_PROG_LOAD, &attributes, "load the device rules")?;
    // SAFETY: the kernel just created this descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn bpf<T>(command: libc::c_int, attributes: &T, action: &str) -> Result<i32> {
    let size = std::mem::size_of::<T>();
    // SAFETY: `attributes` is a prefix of union bpf_attr of the given size, and what it points to
    // outlives the call.
    let result = unsafe { libc::syscall(libc::SYS_bpf, command, attributes as *const T, size) };
    if result < 0 {
        return Err(Error::new(action, std::io::Error::last_os_error()));
    }
    Ok(result as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_jump_of_a_rule_lands_on_the_next_rule() {
        let rules = [
            DeviceRule::all(DeviceKind::Block, None, None),
            DeviceRule::all(DeviceKind::Char, Some(4), None),
            DeviceRule::char_write(1, 11),
        ];
        let code = program(&rules);
        let mut starts = vec![6];
        for checks in [1, 2, 3] {
            starts.push(starts.last().unwrap() + checks + 5);
        }
        for (index, step) in code.iter().enumerate().filter(|(_, step)| step.offset > 0) {
            if step.code == JUMP_NOT_EQUAL || step.code == JUMP_EQUAL {
                let target = index + 1 + step.offset as usize;
                assert!(starts.contains(&target), "{index} jumps to {target}");
            }
        }
        assert_eq!(code.len(), starts.last().unwrap() + 2);
    }
}
