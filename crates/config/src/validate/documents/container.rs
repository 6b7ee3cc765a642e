//! Containers beside Kubernetes.

use std::collections::BTreeSet;

use super::super::text::is_env_name;
use super::super::{Context, at};
use crate::documents::runtime::{ContainerConfig, ContainerMount, MountOption};
use crate::value::ByteSize;
use crate::yaml::Path;

pub(super) fn container(document: &ContainerConfig, cx: &mut Context<'_>) {
    let name = document.name.as_str();
    let valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !name.is_empty() && (name.len() > 63 || !name.chars().all(valid)) {
        let message = format!("{name:?} cannot name a container: at most 63 of a-z, 0-9 and '-'");
        cx.error("container-name", at!["name"], message);
    }
    if !document.image.is_empty() && !document.image.contains("@sha256:") {
        let message = "the image has no digest: what runs may change without a change here";
        cx.warn("container-image-digest", at!["image"], message);
    }
    for (key, id) in [("uid", document.run_as.uid), ("gid", document.run_as.gid)] {
        if id.is_some_and(|id| id < 0) {
            cx.error("container-run-as", at!["runAs", key], format!("{key} cannot be negative"));
        }
    }
    for (index, variable) in document.environment.iter().enumerate() {
        if !variable.split_once('=').is_some_and(|(name, _)| is_env_name(name)) {
            let message = "this is not of the form NAME=value";
            cx.error("container-environment", at!["environment", index], message);
        }
    }
    for (index, section) in document.mounts.iter().enumerate() {
        mount(section, &at!["mounts", index], cx);
    }
    if !matches!(document.security.profile.as_str(), "" | "restricted" | "privileged") {
        let path = at!["security", "profile"];
        cx.not_one_of("container-profile", path, &document.security.profile, &["restricted", "privileged"]);
    }
    if !matches!(document.network.mode.as_str(), "" | "none" | "host") {
        cx.not_one_of("container-network", at!["network", "mode"], &document.network.mode, &["none", "host"]);
    }
    capabilities(document, cx);
    limits(document, cx);
    for (index, other) in document.depends_on.containers.iter().enumerate() {
        if other == name {
            let message = "a container cannot wait for itself";
            cx.error("container-depends-on-itself", at!["dependsOn", "containers", index], message);
        }
    }
}

fn mount(mount: &ContainerMount, path: &Path, cx: &mut Context<'_>) {
    let kinds = [mount.user_volume.is_some(), mount.tmpfs.is_some(), mount.host_path.is_some()];
    if kinds.into_iter().filter(|set| *set).count() != 1 {
        cx.error(
            "container-mount-kind",
            path.clone(),
            "a mount is exactly one of userVolume, tmpfs, hostPath",
        );
    }
    if let Some(volume) = &mount.user_volume {
        let path = path.join("userVolume");
        needed(&[("name", &volume.name), ("destination", &volume.destination)], &path, cx);
        options(&volume.options, &path, cx);
    }
    if let Some(tmpfs) = &mount.tmpfs {
        let path = path.join("tmpfs");
        needed(&[("destination", &tmpfs.destination)], &path, cx);
        if !tmpfs.size.is_empty() && tmpfs.size.parse::<ByteSize>().is_err() {
            let message = format!("{:?} is not a size such as 64MiB", tmpfs.size);
            cx.error("container-tmpfs-size", path.join("size"), message);
        }
        options(&tmpfs.options, &path, cx);
    }
    if let Some(host) = &mount.host_path {
        let path = path.join("hostPath");
        needed(&[("source", &host.source), ("destination", &host.destination)], &path, cx);
        options(&host.options, &path, cx);
    }
}

fn needed(fields: &[(&'static str, &String)], path: &Path, cx: &mut Context<'_>) {
    for (key, value) in fields {
        if value.is_empty() {
            cx.error("container-mount-field", path.join(*key), format!("a mount of this kind needs {key}"));
        }
    }
}

fn options(options: &[String], path: &Path, cx: &mut Context<'_>) {
    for (index, option) in options.iter().enumerate() {
        // They reach the kernel as they are.
        if !MountOption::WORDS.contains(&option.as_str()) {
            let path = path.join("options").join(index);
            cx.not_one_of("container-mount-option", path, option, MountOption::WORDS);
        }
    }
    let has = |wanted: &str| options.iter().any(|option| option == wanted);
    if has("ro") && has("rw") {
        cx.error("container-mount-ro-and-rw", path.join("options"), "ro and rw exclude each other");
    }
}

fn capabilities(document: &ContainerConfig, cx: &mut Context<'_>) {
    let capabilities = &document.security.capabilities;
    let dropped: BTreeSet<String> = capabilities.drop.iter().map(|name| bare(name)).collect();
    for (index, name) in capabilities.add.iter().enumerate() {
        let path = at!["security", "capabilities", "add", index];
        if bare(name) == "ALL" {
            cx.error("container-capability-all", path, "ALL is only for drop; list what the container needs");
        } else if dropped.contains(&bare(name)) {
            let message = format!("{name} is both added and dropped");
            cx.error("container-capability-twice", path, message);
        }
    }
}

/// The name of a capability without the prefix that some write.
fn bare(name: &str) -> String {
    let upper = name.to_ascii_uppercase();
    upper.strip_prefix("CAP_").map(str::to_owned).unwrap_or(upper)
}

fn limits(document: &ContainerConfig, cx: &mut Context<'_>) {
    let limits = &document.resources.limits;
    let cpu = limits.cpu.strip_suffix('m').unwrap_or(&limits.cpu);
    if !limits.cpu.is_empty() && !cpu.parse::<f64>().is_ok_and(|cpu| cpu.is_finite() && cpu > 0.0) {
        let message = format!("{:?} is not a number of cores such as 2 or 500m", limits.cpu);
        cx.error("container-cpu", at!["resources", "limits", "cpu"], message);
    }
    if !limits.memory.is_empty() && limits.memory.parse::<ByteSize>().is_err() {
        let message = format!("{:?} is not a size such as 256MiB", limits.memory);
        cx.error("container-memory", at!["resources", "limits", "memory"], message);
    }
}
