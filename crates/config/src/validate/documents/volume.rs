//! Volumes.

use super::super::expression;
use super::super::legacy::unique_slots;
use super::super::text::is_name_of;
use super::super::{Context, at};
use crate::cel::{self, Environment};
use crate::documents::block::*;
use crate::value::{Duration, SizeLimit};
use crate::yaml::Path;

/// Volumes of the system (contract os.md 1.5).
const SYSTEM_VOLUMES: [&str; 7] = ["STATE", "EPHEMERAL", "IMAGECACHE", "ETCD", "CRI", "KUBELET", "LOG"];
/// Performance options of encryption.
const ENCRYPTION_OPTIONS: [&str; 3] = ["no_read_workqueue", "no_write_workqueue", "same_cpu_crypt"];

fn name(name: &str, cx: &mut Context<'_>) {
    if !name.is_empty() && !is_name_of(name, 34, "-") {
        let message = format!("{name:?} cannot name a volume: at most 34 letters, digits and '-'");
        cx.error("volume-name", at!["name"], message);
    }
}

/// Where a volume is created and how large.
fn provisioning(spec: &ProvisioningSpec, cx: &mut Context<'_>) {
    let path = at!["provisioning"];
    let selector = &spec.disk_selector.matches;
    if !selector.is_empty() {
        let path = path.join("diskSelector").join("match");
        expression::validate(selector, Environment::Disk, cel::Type::Bool, "volume-disk-selector", path, cx);
    }
    // Sizes have been checked for their form; a minus in front is only for the greatest.
    if let (Some(min), Some(SizeLimit::Bytes(max))) = (spec.min_size, spec.max_size)
        && min.0 > max
    {
        let message = "minSize is greater than maxSize";
        cx.error("volume-size-order", path.join("minSize"), message);
    }
}

fn sized(spec: &ProvisioningSpec) -> bool {
    spec.min_size.is_some() || spec.max_size.is_some()
}

/// A partition needs a disk and a size.
fn partition(spec: Option<&ProvisioningSpec>, cx: &mut Context<'_>) {
    let empty = ProvisioningSpec::default();
    let spec = spec.unwrap_or(&empty);
    if spec.disk_selector.matches.is_empty() {
        let message = "a partition needs a disk: provisioning.diskSelector.match";
        cx.error("volume-disk-selector-required", at!["provisioning", "diskSelector", "match"], message);
    }
    if !sized(spec) {
        let message = "a partition needs minSize, maxSize or both";
        cx.error("volume-size-required", at!["provisioning"], message);
    }
    provisioning(spec, cx);
}

fn encryption(spec: &EncryptionSpec, cx: &mut Context<'_>) {
    let path = at!["encryption"];
    let keys = path.join("keys");
    unique_slots(spec.keys.iter().map(|key| key.slot.unwrap_or(0)), &keys, cx);
    for (index, key) in spec.keys.iter().enumerate() {
        let path = keys.join(index);
        let methods = [key.static_key.is_some(), key.node_id.is_some(), key.kms.is_some(), key.tpm.is_some()];
        if methods.into_iter().filter(|set| *set).count() != 1 {
            let message = "a key needs exactly one of static, nodeID, kms, tpm";
            cx.error("volume-key-method", path.clone(), message);
        }
        let pcrs = key.tpm.iter().flat_map(|tpm| tpm.options.pcrs.iter().flatten());
        for (position, pcr) in pcrs.enumerate() {
            if !(0..=23).contains(pcr) {
                let path = path.join("tpm").join("options").join("pcrs").join(position);
                cx.error("volume-key-pcr", path, format!("registers are numbered from 0 to 23, not {pcr}"));
            }
        }
    }
    for (index, option) in spec.options.iter().enumerate() {
        if !ENCRYPTION_OPTIONS.contains(&option.as_str()) {
            let path = path.join("options").join(index);
            cx.not_one_of("volume-encryption-option", path, option, &ENCRYPTION_OPTIONS);
        }
    }
}

/// Intervals of regular work on a file system.
fn upkeep(trim: Option<&TrimConfig>, scrub: Option<&ScrubConfig>, cx: &mut Context<'_>) {
    if trim.is_some_and(|trim| trim.interval.is_some_and(|interval| interval.0 < 0)) {
        cx.error("trim-interval", at!["trim", "interval"], "the interval cannot be negative");
    }
    if scrub.is_some_and(|scrub| scrub.interval.is_some_and(|interval| interval < Duration::from_secs(10))) {
        cx.error("scrub-interval", at!["scrub", "interval"], "the interval must be at least 10s");
    }
}

pub(super) fn system_volume(document: &VolumeConfig, cx: &mut Context<'_>) {
    let volume = document.name.as_str();
    if !volume.is_empty() && !SYSTEM_VOLUMES.contains(&volume) {
        return cx.not_one_of("system-volume-name", at!["name"], volume, &SYSTEM_VOLUMES);
    }
    if let Some(spec) = &document.provisioning {
        provisioning(spec, cx);
    }
    if let Some(spec) = &document.encryption {
        encryption(spec, cx);
    }
    upkeep(document.trim.as_ref(), document.scrub.as_ref(), cx);
    let mounted = document.mount.is_some();
    match volume {
        "STATE" => {
            if document.provisioning.is_some() {
                let message = "STATE is created by the installation and cannot be provisioned";
                cx.error("state-provisioning", at!["provisioning"], message);
            }
            if mounted {
                cx.error("state-mount", at!["mount"], "how STATE is mounted cannot be changed");
            }
            let keys = document.encryption.iter().flat_map(|encryption| &encryption.keys);
            for (index, key) in keys.enumerate() {
                if key.lock_to_state == Some(true) {
                    let path = at!["encryption", "keys", index, "lockToState"];
                    cx.error("state-locked-to-state", path, "STATE cannot be locked to itself");
                }
            }
        }
        "IMAGECACHE" => {
            if mounted {
                cx.error("image-cache-mount", at!["mount"], "how IMAGECACHE is mounted cannot be changed");
            }
            if document.filesystem.is_some() {
                let message = "the file system of IMAGECACHE cannot be changed";
                cx.error("image-cache-filesystem", at!["filesystem"], message);
            }
        }
        "ETCD" | "CRI" | "KUBELET" | "LOG" if mounted && document.provisioning.is_none() => {
            let message =
                format!("{volume} is a directory unless it is provisioned; only a partition is mounted");
            cx.error("directory-volume-mount", at!["mount"], message);
        }
        _ => {}
    }
}

pub(super) fn user_volume(document: &UserVolumeConfig, cx: &mut Context<'_>) {
    name(&document.name, cx);
    match document.volume_type.unwrap_or(VolumeType::Partition) {
        VolumeType::Partition => partition(document.provisioning.as_ref(), cx),
        VolumeType::Disk => disk(document.provisioning.as_ref(), cx),
        VolumeType::Directory => {
            let sections = [
                ("provisioning", document.provisioning.is_some()),
                ("encryption", document.encryption.is_some()),
                ("filesystem", document.filesystem.is_some()),
                ("mount", document.mount.is_some()),
            ];
            for (key, set) in sections {
                if set {
                    let message = format!("a directory on EPHEMERAL has no {key} of its own");
                    cx.error("directory-volume-section", at![key], message);
                }
            }
        }
    }
    if let Some(filesystem) = &document.filesystem
        && !matches!(filesystem.kind, None | Some(FilesystemType::Xfs))
    {
        let options = [
            ("projectQuotaSupport", filesystem.project_quota_support == Some(true)),
            ("xfs", filesystem.xfs.is_some()),
        ];
        for (key, set) in options {
            if set {
                let message = format!("{key} is only for the file system xfs");
                cx.error("filesystem-xfs-only", at!["filesystem", key], message);
            }
        }
    }
    if let Some(spec) = &document.encryption {
        encryption(spec, cx);
    }
    upkeep(document.trim.as_ref(), document.scrub.as_ref(), cx);
}

/// A whole disk needs to be named and has the size it has.
fn disk(spec: Option<&ProvisioningSpec>, cx: &mut Context<'_>) {
    let empty = ProvisioningSpec::default();
    let spec = spec.unwrap_or(&empty);
    if spec.disk_selector.matches.is_empty() {
        let message = "a whole disk must be selected: provisioning.diskSelector.match";
        cx.error("volume-disk-selector-required", at!["provisioning", "diskSelector", "match"], message);
    }
    let sizes = [
        ("minSize", spec.min_size.is_some()),
        ("maxSize", spec.max_size.is_some()),
        ("grow", spec.grow.is_some()),
    ];
    for (key, set) in sizes {
        if set {
            let message = format!("{key} is not for a whole disk");
            cx.error("disk-volume-size", at!["provisioning", key], message);
        }
    }
    provisioning(spec, cx);
}

pub(super) fn raw_volume(document: &RawVolumeConfig, cx: &mut Context<'_>) {
    name(&document.name, cx);
    partition(document.provisioning.as_ref(), cx);
    if let Some(spec) = &document.encryption {
        encryption(spec, cx);
    }
}

pub(super) fn swap_volume(document: &SwapVolumeConfig, cx: &mut Context<'_>) {
    name(&document.name, cx);
    partition(document.provisioning.as_ref(), cx);
    if let Some(spec) = &document.encryption {
        encryption(spec, cx);
    }
}

/// An expression that selects volumes.
pub(super) fn volume_selector(expression: &str, path: Path, cx: &mut Context<'_>) {
    if !expression.is_empty() {
        expression::validate(expression, Environment::Volume, cel::Type::Bool, "volume-selector", path, cx);
    }
}

pub(super) fn existing_volume(document: &ExistingVolumeConfig, cx: &mut Context<'_>) {
    name(&document.name, cx);
    let path = at!["discovery", "volumeSelector", "match"];
    volume_selector(&document.discovery.volume_selector.matches, path, cx);
    upkeep(document.trim.as_ref(), document.scrub.as_ref(), cx);
}

pub(super) fn external_volume(document: &ExternalVolumeConfig, cx: &mut Context<'_>) {
    name(&document.name, cx);
    let share = document.mount.as_ref().and_then(|mount| mount.virtiofs.as_ref());
    if document.filesystem_type == Some(ExternalFilesystemType::Virtiofs)
        && share.is_none_or(|share| share.tag.is_empty())
    {
        let message = "a virtiofs share needs the tag that the host gave to it: mount.virtiofs.tag";
        cx.error("virtiofs-tag", at!["mount", "virtiofs", "tag"], message);
    }
}

pub(super) fn zswap(document: &ZswapConfig, cx: &mut Context<'_>) {
    if document.max_pool_percent.is_some_and(|percent| !(0..=100).contains(&percent)) {
        cx.error("zswap-percent", at!["maxPoolPercent"], "a share of memory is from 0 to 100 percent");
    }
}

pub(super) fn filesystem_trim(document: &FilesystemTrimConfig, cx: &mut Context<'_>) {
    if document.interval.is_some_and(|interval| interval.0 < 0) {
        cx.error("filesystem-trim-interval", at!["interval"], "the interval cannot be negative");
    }
}

pub(super) fn filesystem_scrub(document: &FilesystemScrubConfig, cx: &mut Context<'_>) {
    if document.interval.is_some_and(|interval| interval.0 != 0 && interval < Duration::from_secs(10)) {
        cx.error("filesystem-scrub-interval", at!["interval"], "the interval must be 0 or at least 10s");
    }
}
