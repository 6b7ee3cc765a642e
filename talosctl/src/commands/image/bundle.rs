//! `talosctl image k8s-bundle`.

use components::repository;

use crate::output::print;

/// Print the images that Kubernetes needs, one a line
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl image k8s-bundle
  talosctl image k8s-bundle --k8s-version v1.35.2")]
pub struct Args {
    /// Version of Kubernetes
    #[arg(long, value_name = "VERSION", default_value = components::KUBERNETES)]
    k8s_version: String,
    /// Version of etcd
    #[arg(long, value_name = "VERSION", default_value = components::ETCD)]
    etcd_version: String,
    /// Version of CoreDNS
    #[arg(long, value_name = "VERSION", default_value = components::COREDNS)]
    coredns_version: String,
    /// Version of flannel
    #[arg(long, value_name = "VERSION", default_value = components::FLANNEL)]
    flannel_version: String,
    /// Version of kube-network-policies
    #[arg(long, value_name = "VERSION", default_value = components::KUBE_NETWORK_POLICIES)]
    kube_network_policies_version: String,
}

/// Runs it.
pub fn run(args: &Args) -> anyhow::Result<()> {
    print(&images(args).iter().map(|image| format!("{image}\n")).collect::<String>())
}

fn images(args: &Args) -> Vec<String> {
    use components::image;
    let kubernetes = |repository, ours| like(repository, ours, &args.k8s_version);
    vec![
        like(repository::FLANNEL, image::FLANNEL, &args.flannel_version),
        like(
            repository::KUBE_NETWORK_POLICIES,
            image::KUBE_NETWORK_POLICIES,
            &args.kube_network_policies_version,
        ),
        like(repository::COREDNS, image::COREDNS, &args.coredns_version),
        like(repository::ETCD, image::ETCD, &args.etcd_version),
        kubernetes(repository::KUBE_APISERVER, image::KUBE_APISERVER),
        kubernetes(repository::KUBE_CONTROLLER_MANAGER, image::KUBE_CONTROLLER_MANAGER),
        kubernetes(repository::KUBE_SCHEDULER, image::KUBE_SCHEDULER),
        kubernetes(repository::KUBE_PROXY, image::KUBE_PROXY),
        kubernetes(repository::KUBELET, image::KUBELET),
        image::PAUSE.to_owned(),
    ]
}

/// A version in the form of the tag of an image that is known, with a `v` or without.
fn like(repository: &str, known: &str, version: &str) -> String {
    let v = if known.starts_with(&format!("{repository}:v")) { "v" } else { "" };
    format!("{repository}:{v}{}", version.trim_start_matches('v'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_flags_the_images_are_those_of_the_cache() {
        let args = Args {
            k8s_version: components::KUBERNETES.into(),
            etcd_version: components::ETCD.into(),
            coredns_version: components::COREDNS.into(),
            flannel_version: components::FLANNEL.into(),
            kube_network_policies_version: components::KUBE_NETWORK_POLICIES.into(),
        };
        for image in images(&args) {
            assert!(components::image::ALL.contains(&image.as_str()), "{image}");
        }
    }

    #[test]
    fn tags_keep_their_form_whichever_way_a_version_is_written() {
        for version in ["1.2.3", "v1.2.3"] {
            assert_eq!(like("r/a", "r/a:v9", version), "r/a:v1.2.3");
            assert_eq!(like("r/a", "r/a:9", version), "r/a:1.2.3");
        }
    }
}
