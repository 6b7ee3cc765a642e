//! Arrays and volume groups.

use super::super::text::is_name_of;
use super::super::{Context, at};
use super::volume::volume_selector;
use crate::documents::block::{
    LVMLogicalVolumeConfig, LVMVolumeGroupConfig, LogicalVolumeType, RAIDArrayConfig,
};
use crate::value::SizeLimit;

fn name(name: &str, most: usize, rule: &'static str, cx: &mut Context<'_>) {
    if !name.is_empty() && !is_name_of(name, most, "-_") {
        let message = format!("{name:?} is not a name of at most {most} letters, digits, '-' and '_'");
        cx.error(rule, at!["name"], message);
    }
}

pub(super) fn volume_group(document: &LVMVolumeGroupConfig, cx: &mut Context<'_>) {
    name(&document.name, 63, "lvm-name", cx);
    let path = at!["provisioning", "volumeSelector", "match"];
    volume_selector(&document.provisioning.volume_selector.matches, path, cx);
}

pub(super) fn logical_volume(document: &LVMLogicalVolumeConfig, cx: &mut Context<'_>) {
    name(&document.name, 63, "lvm-name", cx);
    let kind = match document.kind.as_str() {
        "" => LogicalVolumeType::Linear,
        word => match LogicalVolumeType::parse(word) {
            Some(kind) => kind,
            None => {
                return cx.not_one_of("lvm-type", at!["type"], word, LogicalVolumeType::WORDS);
            }
        },
    };
    let mirrored = matches!(kind, LogicalVolumeType::Raid1 | LogicalVolumeType::Raid10);
    let striped = matches!(kind, LogicalVolumeType::Raid0 | LogicalVolumeType::Raid10);
    match document.mirrors.filter(|mirrors| *mirrors != 0) {
        Some(_) if !mirrored => {
            cx.error("lvm-mirrors", at!["mirrors"], "mirrors are only for raid1 and raid10")
        }
        Some(mirrors) if mirrors < 1 => {
            cx.error("lvm-mirrors", at!["mirrors"], "at least one mirror is needed")
        }
        None if mirrored => {
            cx.error("lvm-mirrors", at!["mirrors"], format!("{kind} needs mirrors, at least 1"))
        }
        _ => {}
    }
    match document.stripes.filter(|stripes| *stripes != 0) {
        Some(_) if !striped => {
            cx.error("lvm-stripes", at!["stripes"], "stripes are only for raid0 and raid10")
        }
        Some(stripes) if stripes < 2 => {
            cx.error("lvm-stripes", at!["stripes"], "at least two stripes are needed")
        }
        None if striped => {
            cx.error("lvm-stripes", at!["stripes"], format!("{kind} needs stripes, at least 2"))
        }
        _ => {}
    }
    let spec = &document.provisioning;
    match spec.max_size {
        Some(size) if size.is_negative() => {
            let message = "the size of a logical volume cannot be negative; write a share such as 90%";
            cx.error("lvm-size-negative", at!["provisioning", "maxSize"], message);
        }
        Some(SizeLimit::Bytes(max)) if spec.min_size.is_some_and(|min| min.0 > max) => {
            cx.error("lvm-size-order", at!["provisioning", "minSize"], "minSize is greater than maxSize");
        }
        _ => {}
    }
}

pub(super) fn array(document: &RAIDArrayConfig, cx: &mut Context<'_>) {
    name(&document.name, 32, "raid-name", cx);
    let path = at!["provisioning", "volumeSelector", "match"];
    volume_selector(&document.provisioning.volume_selector.matches, path, cx);
}
