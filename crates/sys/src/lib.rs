//! Kernel ports: everything a program of this workspace asks of Linux, behind narrow traits.
//!
//! Each effect has a trait named `…Port`, a Linux implementation (mostly through `nix`) and, in
//! [`fakes`], a recording double with the name of the real thing. All `unsafe` code of the
//! workspace lives in this crate.
//!
//! | module | real | port |
//! | --- | --- | --- |
//! | [`process`] | [`process::Reaper`] | [`process::SpawnPort`] |
//! | [`mount`] | [`mount::Mounts`] | [`mount::MountPort`] |
//! | [`sysctl`] | [`sysctl::Sysctls`] | [`sysctl::SysctlPort`] |
//! | [`reboot`] | [`reboot::Machine`] | [`reboot::RebootPort`] |
//! | [`hostname`] | [`hostname::Kernel`] | [`hostname::HostnamePort`] |
//! | [`clock`] | [`clock::System`] | [`clock::ClockPort`] |
//! | [`cgroup`] | [`cgroup::Cgroups`] | [`cgroup::CgroupPort`] |
//! | [`disk`] | [`disk::Disk`] | [`disk::DiskPort`] |
//! | [`xfs`] | [`xfs::Xfs`] | [`xfs::XfsPort`] |
//! | [`efivars`] | [`efivars::EfiVars`] | [`efivars::EfiVarsPort`] |
//!
//! Modules without a trait ([`disk_identity`], [`loop_device`], [`namespace`], [`kmsg`], [`peer`], [`sandbox`], [`statfs`],
//! [`block`], [`capability`], [`signal`], [`fs`], [`watch`], [`ethtool`], [`packet`], [`memory`], [`nofollow`],
//! [`panic`], [`sync`], [`tree`]) are thin wrappers whose callers inject them as values or test
//! them on the real kernel.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests say bluntly what they expect"
    )
)]

pub mod block;
pub mod capability;
pub mod cgroup;
pub mod clock;
pub mod disk;
pub mod disk_identity;
pub mod efivars;
mod error;
pub mod ethtool;
pub mod fakes;
pub mod fs;
pub mod hostname;
pub mod kmsg;
pub mod loop_device;
pub mod memory;
pub mod mount;
pub mod namespace;
pub mod nofollow;
pub mod packet;
pub mod panic;
pub mod peer;
pub mod process;
pub mod reboot;
pub mod sandbox;
pub mod signal;
pub mod statfs;
pub mod sync;
pub mod sysctl;
pub mod tree;
pub mod watch;
pub mod xattr;
pub mod xfs;

pub use error::{Context, Error, Result};
