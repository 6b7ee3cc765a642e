//! What configurations of both generations say.

use super::*;
use crate::Config;
use crate::documents::v1alpha1::MachineType;

fn config(text: &str) -> Config {
    Config::decode("c.yaml", text.as_bytes()).unwrap_or_else(|report| panic!("{report}"))
}

const DOCUMENTS: &str = "\
version: v1alpha1
machine: {type: controlplane, token: a.b}
cluster: {token: abcdef.0123456789abcdef}
---
apiVersion: v1alpha1
kind: KubeClusterConfig
clusterName: demo
endpoint: https://10.5.0.1:6443
---
apiVersion: v1alpha1
kind: KubeNetworkConfig
podSubnets: [10.244.0.0/16, 'fd00:10::/56']
serviceSubnets: [10.96.0.0/12, 'fd00:20::/112']
---
apiVersion: v1alpha1
kind: KubeNodeConfig
labels: {a: b}
taints:
  node-role.kubernetes.io/control-plane: :NoSchedule
---
apiVersion: v1alpha1
kind: KubePrismConfig
port: 7445
---
apiVersion: v1alpha1
kind: DiscoveryServiceConfig
name: default
endpoint: https://discovery.talos.dev/
";

const SECTIONS: &str = "\
machine:
  type: init
  features:
    kubePrism: {enabled: true}
    hostDNS: {enabled: true}
  network:
    hostname: node-1
    nameservers: [1.1.1.1]
    interfaces:
      - interface: eth0
        addresses: [10.0.0.2/24]
        routes: [{gateway: 10.0.0.1}]
        dhcp: true
        dhcpOptions: {ipv6: true}
        vip: {ip: 10.0.0.100}
        vlans:
          - {vlanId: 7, addresses: [10.7.0.2/24], dhcp: true}
      - deviceSelector: {driver: virtio}
        ignore: true
cluster:
  clusterName: demo
  controlPlane: {endpoint: 'https://10.5.0.1:6443', localAPIServerPort: 7443}
  secretboxEncryptionSecret: c2VjcmV0
  discovery: {enabled: true, registries: {kubernetes: {disabled: true}, service: {}}}
  network: {cni: {name: none}}
";

#[test]
fn documents_and_sections_say_the_same_about_the_cluster() {
    for text in [DOCUMENTS, SECTIONS] {
        let config = config(text);
        assert!(config.is_control_plane());
        assert_eq!(config.cluster_name().unwrap(), "demo");
        assert_eq!(config.cluster_endpoint().unwrap().as_str(), "https://10.5.0.1:6443");
        assert_eq!(config.kube_prism().unwrap().port, 7445);
        let discovery = config.discovery();
        assert!(discovery.enabled && !discovery.kubernetes);
        assert_eq!(discovery.services[0].endpoint.as_str(), "https://discovery.talos.dev/");
    }
}

#[test]
fn networks_have_defaults_and_derived_addresses() {
    let network = config(DOCUMENTS).kube_network();
    let texts: Vec<_> = network.dns_addresses().iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["10.96.0.10", "fd00:20::a"]);
    assert_eq!(network.api_addresses()[0].to_string(), "10.96.0.1");
    let network = config("machine: {}\n").kube_network();
    assert_eq!(network.pod_subnets[0].to_string(), "10.244.0.0/16");
    assert_eq!((network.dns_domain.as_str(), network.node_mask_v4), ("cluster.local", 24));
}

#[test]
fn a_missing_flannel_document_beside_a_network_document_means_no_flannel() {
    assert_eq!(config(DOCUMENTS).cni(), Cni::None);
    assert_eq!(config(SECTIONS).cni(), Cni::None);
    assert!(matches!(config("machine: {}\n").cni(), Cni::Flannel(_)));
}

#[test]
fn control_planes_are_tainted_unless_workloads_are_allowed() {
    let taint = |config: &Config| config.kube_node().taints.first().map(|taint| taint.effect.clone());
    assert_eq!(taint(&config(DOCUMENTS)).as_deref(), Some("NoSchedule"));
    assert_eq!(taint(&config(SECTIONS)).as_deref(), Some("NoSchedule"));
    assert!(config(SECTIONS).kube_node().labels.contains_key(CONTROL_PLANE_LABEL));
    let allowed = config("machine: {type: controlplane}\ncluster: {allowSchedulingOnControlPlanes: true}\n");
    assert_eq!(taint(&allowed), None);
    assert!(config("machine: {type: worker}\n").kube_node().labels.is_empty());
}

#[test]
fn empty_types_and_the_old_alias_are_workers() {
    for text in ["machine: {}\n", "machine: {type: ''}\n", "machine: {type: join}\n"] {
        assert_eq!(config(text).machine_type(), Some(MachineType::Worker), "{text}");
    }
    assert_eq!(config("apiVersion: v1alpha1\nkind: OOMConfig\n").machine_type(), None);
}

#[test]
fn links_of_sections_become_links_addresses_routes_and_operators() {
    let config = config(SECTIONS);
    let links = config.links();
    let names: Vec<_> = links.iter().map(|link| link.link.name().unwrap()).collect();
    assert_eq!(names, ["eth0", "eth0.7"]);
    assert_eq!(links[0].addresses[0].address.to_string(), "10.0.0.2/24");
    assert_eq!(links[0].routes[0].gateway.unwrap().to_string(), "10.0.0.1");
    assert!(matches!(links[1].kind, LinkKind::Vlan { id: 7, .. }));
    let operators = config.operators();
    assert!(matches!(&operators[0], Operator::Dhcp4(dhcp) if dhcp.route_metric == 1024));
    assert!(matches!(&operators[1], Operator::Dhcp6(_)));
    assert!(matches!(&operators[2], Operator::Vip(vip) if vip.address.to_string() == "10.0.0.100"));
    assert!(matches!(&operators[3], Operator::Dhcp4(dhcp) if dhcp.link.name() == Some("eth0.7")));
    assert_eq!(config.ignored_links().len(), 1);
    assert_eq!(config.hostname(), HostnameSource::Static("node-1".to_owned()));
    assert_eq!(config.api_server_port(), 7443);
}

#[test]
fn long_names_of_vlans_are_shortened_to_what_the_kernel_takes() {
    assert_eq!(vlan_name("eth0", 100), "eth0.100");
    let name = vlan_name("enx001a2b3c4d5e", 4094);
    assert_eq!(name.len(), 15);
    assert!(name.starts_with("enx0") && name.ends_with(".4094"));
}

#[test]
fn encryption_keeps_the_key_names_of_existing_clusters() {
    let body = config(SECTIONS).etcd_encryption().unwrap();
    let text = crate::yaml::write(&body);
    assert!(text.contains("secretbox:\n            keys:\n                - name: key2"), "{text}");
    assert!(text.ends_with("- identity: {}\n"), "{text}");
    assert_eq!(config(DOCUMENTS).etcd_encryption(), None);
}

#[test]
fn sections_get_node_and_rbac_first_and_documents_are_taken_as_they_are() {
    let kinds = |text: &str| config(text).authorizers().into_iter().map(|a| a.kind).collect::<Vec<_>>();
    assert_eq!(kinds(DOCUMENTS), ["Node", "RBAC"]);
    let section =
        "cluster: {apiServer: {authorizationConfig: [{type: Webhook, name: w}, {type: RBAC, name: r}]}}\n";
    assert_eq!(kinds(section), ["Node", "Webhook", "RBAC"]);
    let document = "apiVersion: v1alpha1\nkind: KubeAuthorizerConfig\nname: rbac\ntype: RBAC\n";
    assert_eq!(kinds(document), ["RBAC"]);
}

#[test]
fn documents_win_over_sections_for_the_same_registry() {
    let text = "\
machine:
  registries:
    mirrors:
      docker.io: {endpoints: ['https://old.example']}
      ghcr.io: {endpoints: ['https://ghcr.example']}
---
apiVersion: v1alpha1
kind: RegistryMirrorConfig
name: docker.io
endpoints: [{url: 'https://new.example'}]
";
    let mirrors = config(text).registries().mirrors;
    let pairs: Vec<_> = mirrors.iter().map(|m| (m.host.as_str(), m.endpoints[0].url.as_str())).collect();
    assert_eq!(pairs, [("docker.io", "https://new.example"), ("ghcr.io", "https://ghcr.example")]);
}

#[test]
fn disk_selectors_become_expressions() {
    let text = "machine: {install: {diskSelector: {size: '<= 2TB', model: 'WDC*', type: nvme}}}\n";
    assert_eq!(
        config(text).install().unwrap().disk_match.unwrap(),
        "disk.size <= 2000000000000u && glob(\"WDC*\", disk.model) && disk.transport == \"nvme\" && \
         disk.transport != \"\" && !disk.readonly && !disk.cdrom"
    );
}

/// A v1alpha1 document beside another one: what only one of the two sets has its effect.
#[test]
fn each_field_of_a_document_is_the_sections_where_the_document_does_not_set_it() {
    let both = |section: &str, document: &str| {
        let config = config(&format!("{section}\n---\napiVersion: v1alpha1\nkind: {document}\n"));
        let report = config.validate(&crate::validate::ValidateOptions::local(crate::validate::Mode::Cloud));
        assert!(!report.problems().iter().any(|p| p.rule == "v1alpha1-conflict"), "{report}");
        config
    };
    let c = both(
        "machine: {network: {searchDomains: [a.example]}, features: {hostDNS: {enabled: true, resolveMemberNames: true}}}",
        "ResolverConfig\nnameservers: [{address: 192.0.2.53}]\nhostDNS: {forwardKubeDNSToHost: true}",
    );
    assert_eq!(c.resolvers().servers[0].address.to_string(), "192.0.2.53");
    assert_eq!(c.resolvers().search_domains, ["a.example"]);
    assert_eq!(c.host_dns(), HostDns { enabled: true, forward_kube_dns: true, resolve_member_names: true });
    let c = both(
        "machine: {network: {nameservers: [192.0.2.53], disableSearchDomain: true}}",
        "ResolverConfig\nsearchDomains: {domains: [b.example]}\nhostDNS: {enabled: true}",
    );
    assert_eq!(c.resolvers().servers.len(), 1);
    assert_eq!(c.resolvers().search_domains, ["b.example"]);
    assert!(c.resolvers().disable_default_search_domain && c.host_dns().enabled);

    let c = both("machine: {time: {servers: [a.example, /dev/ptp0]}}", "TimeSyncConfig\nbootTimeout: 1m");
    assert_eq!((c.time_sync().servers.len(), c.time_sync().ptp_devices.len()), (1, 1));
    assert_eq!(c.time_sync().boot_timeout, Some(crate::value::Duration::from_secs(60)));
    let c = both("machine: {time: {disabled: true}}", "TimeSyncConfig\nntp: {servers: [b.example]}");
    assert!(!c.time_sync().enabled && c.time_sync().servers == ["b.example"]);

    let c = both(
        "machine: {network: {kubespan: {enabled: true, mtu: 1300}}}",
        "KubeSpanConfig\nharvestExtraEndpoints: true",
    );
    let kubespan = c.kubespan().unwrap();
    assert!(kubespan.harvest_extra_endpoints && kubespan.mtu == 1300);

    let c = both(
        "machine: {install: {extraKernelArgs: [a=b], legacyBIOSSupport: true}}",
        "UnattendedInstallConfig\nprovisioning: {diskSelector: {match: system_disk}}",
    );
    let install = c.install().unwrap();
    assert!(install.unattended && install.legacy_bios_support && install.extra_kernel_args == ["a=b"]);

    let kubelet = "machine: {type: controlplane, kubelet: {extraMounts: [{destination: /a}], registerWithFQDN: true, \
                   extraArgs: {v: '2'}, credentialProviderConfig: {providers: []}}}";
    let c = both(kubelet, "KubeletConfig\nimage: i\nclusterDNS: [10.96.0.10]");
    assert_eq!((c.kubelet().image.as_deref(), c.kubelet().extra_mounts.len()), (Some("i"), 1));
    assert_eq!((c.kubelet().extra_args.len(), c.kubelet().cluster_dns.len()), (1, 1));
    assert!(c.kubelet().credential_provider.is_some() && c.kubelet().default_seccomp_profile);
    let c = both(kubelet, "KubeNodeConfig\nlabels: {a: b}");
    assert!(c.kube_node().register_with_fqdn && c.kube_node().labels["a"] == "b");
    assert!(c.kube_node().taints.is_empty() && c.allow_scheduling_on_control_planes());

    // Labels and taints that the section has by itself stay, unless the document says which there are.
    let c = both(
        "machine: {type: controlplane, nodeLabels: {a: b}}",
        "KubeNodeConfig\nnodeIP: {validSubnets: [192.0.2.0/24]}",
    );
    assert!(c.kube_node().labels.contains_key(CONTROL_PLANE_LABEL) && c.kube_node().labels.contains_key("a"));
    assert!(c.kube_node().taints.len() == 1 && !c.allow_scheduling_on_control_planes());
    let c = both("machine: {type: worker, nodeTaints: {a: NoSchedule}}", "KubeNodeConfig\nlabels: {c: d}");
    assert_eq!((c.kube_node().taints.len(), c.kube_node().labels.len()), (1, 1));

    let network = "KubeNetworkConfig\npodSubnets: [10.1.0.0/16]\nserviceSubnets: [10.2.0.0/16]";
    let c = both(
        "cluster: {network: {dnsDomain: b.example, cni: {name: custom, urls: ['https://a.example/x']}}}",
        network,
    );
    assert_eq!(c.kube_network().dns_domain, "b.example");
    assert_eq!(c.kube_network().pod_subnets[0].to_string(), "10.1.0.0/16");
    assert!(matches!(c.cni(), Cni::Custom(urls) if urls.len() == 1));
    let c = both(
        "cluster: {network: {podSubnets: [10.1.0.0/16]}}",
        "KubeFlannelCNIConfig\nbackendType: vxlan\nbackendMTU: 1400",
    );
    assert!(matches!(c.cni(), Cni::Flannel(flannel) if flannel.backend_mtu == Some(1400)));
    assert_eq!(c.kube_network().pod_subnets[0].to_string(), "10.1.0.0/16");

    let server = "cluster: {apiServer: {certSANs: [a.example], extraVolumes: [{hostPath: /a, mountPath: /a}]}, \
                  controlPlane: {endpoint: 'https://192.0.2.1:6443', localAPIServerPort: 7443}}";
    let c = both(server, "KubeAPIServerConfig\nimage: i\nextraArgs: {v: '4'}");
    let api_server = c.api_server();
    assert_eq!((api_server.port, api_server.cert_sans.len()), (7443, 1));
    assert_eq!((api_server.component.extra_volumes.len(), api_server.component.extra_args.len()), (1, 1));

    let disabled = "machine: {controlPlane: {scheduler: {disabled: true}, controllerManager: {disabled: true}}}\n\
                    cluster: {proxy: {disabled: true}, coreDNS: {disabled: true}}";
    assert!(!both(disabled, "KubeSchedulerConfig\nimage: i").scheduler().enabled);
    assert!(!both(disabled, "KubeControllerManagerConfig\nimage: i").controller_manager().enabled);
    assert!(!both(disabled, "KubeProxyConfig\nimage: i").kube_proxy().enabled);
    assert!(!both(disabled, "KubeCoreDNSConfig\nimage: i").core_dns().enabled);
    assert!(
        both("cluster: {proxy: {mode: ipvs}}", "KubeProxyConfig\nimage: i\nenabled: true").kube_proxy().mode
            == "ipvs"
    );
}

#[test]
fn words_of_sections_are_read_in_any_letter_case_and_as_numbers() {
    let c = config(
        "machine: {network: {interfaces: [{interface: bond0, bond: {mode: Active-Backup, interfaces: [a, b], \
         lacpRate: FAST, failOverMac: 1, xmitHashPolicy: Layer3+4}}]}}\n",
    );
    let LinkKind::Bond(bond) = &c.links()[0].kind else { panic!("no bond") };
    use crate::documents::network::{BondMode, FailOverMac, LacpRate, XmitHashPolicy};
    assert_eq!(bond.settings.mode, Some(BondMode::ActiveBackup));
    assert_eq!(bond.settings.lacp_rate, Some(LacpRate::Fast));
    assert_eq!(bond.settings.fail_over_mac, Some(FailOverMac::Active));
    assert_eq!(bond.settings.xmit_hash_policy, Some(XmitHashPolicy::Layer34));
}
