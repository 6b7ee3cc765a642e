//! What configurations say, by accessor, as text.

use std::collections::BTreeSet;

use config::Config;

/// What an accessor says of a configuration.
type Tell = fn(&Config) -> String;

macro_rules! accessors {
    ($($name:ident),* $(,)?) => {
        const COUNT: usize = [$(stringify!($name)),*].len() + 1;

        /// Every accessor without arguments that callers outside the language have, and those of volumes.
        pub const ACCESSORS: [(&str, Tell); COUNT] = [
            $((stringify!($name), |config| format!("{:#?}", config.$name()))),*,
            ("volume", |config| format!("{:#?}{:#?}", config.volume("STATE"), config.volume("EPHEMERAL"))),
        ];
    };
}

accessors! {
    cluster_name, cluster_endpoint, api_server_port, cluster_id, cluster_secret, discovery, install, machine_type,
    is_control_plane, debug, node_api, disk_quota_support, address_sort, image_cache, workload_isolation, registries,
    trusted_roots, sysctls, sysfs, environment, kernel_modules, udev_rules, etc_files, machine_files,
    log_destinations, kmsg_destinations, event_sink, seccomp_profiles, watchdog, oom, extension_services, sidero_link,
    pci_driver_rebinds, cri_customizations, base_runtime_spec_overrides, volumes, user_volumes, raw_volumes,
    swap_volumes, existing_volumes, external_volumes, volume_groups, logical_volumes, raid_arrays, zswap,
    filesystem_trim, filesystem_scrub, machine_disks, links, ignored_links, has_link_documents, link_aliases,
    ethernet, operators, hostname, static_hosts, probes, kubespan, bgp_instances, resolvers, host_dns, time_sync,
    firewall, routing_rules, blackhole_routes, kube_network, cni, kube_prism, kube_node,
    allow_scheduling_on_control_planes, kubelet, bootstrap_token, kubernetes_ca, aggregator_ca, service_account,
    etcd_encryption, admin_kubeconfig_lifetime, admission_plugins, audit_policy, authentication, authorizers,
    talos_api_access, api_server, controller_manager, scheduler, kube_proxy, core_dns, etcd, manifests,
    external_cloud_provider, static_pods,
}

/// The names of the fields in which two texts differ: those on differing lines, else those around them.
pub fn identifiers(old: &str, new: &str) -> BTreeSet<String> {
    let (a, b): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let mut found = BTreeSet::new();
    for (lines, others) in [(&a, &b), (&b, &a)] {
        let known: BTreeSet<&str> = others.iter().copied().collect();
        for (index, _) in lines.iter().enumerate().filter(|(_, line)| !known.contains(**line)) {
            found.extend(around(lines, index));
        }
    }
    found
}

/// The name on a line, or on the nearest line that it is inside of.
fn around(lines: &[&str], index: usize) -> Option<String> {
    let mut indent = usize::MAX;
    for line in lines[..=index].iter().rev() {
        let own = line.len() - line.trim_start().len();
        if own >= indent {
            continue;
        }
        indent = own;
        if let Some((name, _)) = line.trim_start().split_once(':')
            && !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            return Some(name.to_owned());
        }
    }
    None
}
