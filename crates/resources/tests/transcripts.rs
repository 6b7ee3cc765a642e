//! Specs as YAML, compared with what clients have always been shown.

#![allow(clippy::unwrap_used, reason = "tests say bluntly what they expect")]

use proto::common::{NetIp, NetIpPrefix};
use proto::resource::k8s::{ApiServerConfigSpec, KubePrismEndpoint, KubePrismEndpointsSpec, Resources};
use proto::resource::network::{HostnameStatusSpec, LinkStatusSpec, PlatformConfigSpec, ResolverStatusSpec};
use proto::resource::runtime::{MachineStatusSpec, MachineStatusStatus, UnmetCondition};
use proto::resource::{cluster, config, enums, etcd, k8s, runtime, secrets, time, v1alpha1};
use resources::yaml::{spec_from_text, spec_to_text, to_text};
use resources::{Spec, definition};

fn ip(text: &str) -> NetIp {
    text.parse().unwrap()
}

/// Shows the spec, and checks that the text reads back as the same spec.
#[track_caller]
fn check<S: Spec>(spec: S, expected: &str) {
    let text = spec_to_text(&spec).unwrap();
    assert_eq!(text, expected);
    assert_eq!(spec_from_text::<S>(&text).unwrap(), spec);
}

#[test]
fn a_link() {
    let link = LinkStatusSpec {
        index: 2,
        r#type: 1,
        link_index: 3,
        flags: 0x11043,
        hardware_addr: vec![0x4e, 0x04, 0xd8, 0xf7, 0xf8, 0xbb],
        broadcast_addr: vec![0xff; 6],
        mtu: 1500,
        queue_disc: "noqueue".into(),
        operational_state: enums::NethelpersOperationalState::OperStateUp.into(),
        kind: "veth".into(),
        driver: "veth".into(),
        driver_version: "1.0".into(),
        link_state: true,
        speed_megabits: 10000,
        port: enums::NethelpersPort::TwistedPair.into(),
        duplex: enums::NethelpersDuplex::Full.into(),
        ..Default::default()
    };
    check(
        link,
        "\
index: 2
type: ether
linkIndex: 3
flags: UP,BROADCAST,RUNNING,MULTICAST,LOWER_UP
hardwareAddr: 4e:04:d8:f7:f8:bb
permanentAddr: \"\"
broadcastAddr: ff:ff:ff:ff:ff:ff
mtu: 1500
queueDisc: noqueue
operationalState: up
kind: veth
slaveKind: \"\"
driver: veth
driverVersion: \"1.0\"
linkState: true
speedMbit: 10000
port: TwistedPair
duplex: Full
",
    );
}

#[test]
fn a_member_of_the_cluster() {
    let member = cluster::MemberSpec {
        node_id: "DfiUrXG6Fw8hvnbHZBmeKpHIgsDpebcbOowe9RLMK0cD".into(),
        addresses: vec![ip("10.5.0.2")],
        hostname: "peer-cp".into(),
        machine_type: enums::MachineType::TypeControlPlane.into(),
        operating_system: "Talos (v1.13.9)".into(),
        control_plane: Some(cluster::ControlPlane { api_server_port: 6443 }),
    };
    check(
        member,
        "\
nodeId: DfiUrXG6Fw8hvnbHZBmeKpHIgsDpebcbOowe9RLMK0cD
addresses:
    - 10.5.0.2
hostname: peer-cp
machineType: controlplane
operatingSystem: Talos (v1.13.9)
controlPlane:
    port: 6443
",
    );
}

#[test]
fn a_hostname_and_resolvers() {
    let hostname = HostnameStatusSpec { hostname: "peer-cp".into(), domainname: String::new() };
    check(hostname, "hostname: peer-cp\ndomainname: \"\"\n");
    let resolvers = ResolverStatusSpec { dns_servers: vec![ip("10.5.0.1")], ..Default::default() };
    check(resolvers, "dnsServers:\n    - 10.5.0.1\nsearchDomains: []\n");
}

#[test]
fn the_specification_of_etcd() {
    let spec = etcd::SpecSpec {
        name: "peer-cp".into(),
        advertised_addresses: vec![ip("10.5.0.2")],
        listen_peer_addresses: vec![ip("0.0.0.0")],
        listen_client_addresses: vec![ip("0.0.0.0")],
        image: "registry.k8s.io/etcd:v3.6.12".into(),
        extra_args: Default::default(),
    };
    check(
        spec,
        "\
name: peer-cp
advertisedAddresses:
    - 10.5.0.2
listenPeerAddresses:
    - 0.0.0.0
listenClientAddresses:
    - 0.0.0.0
image: registry.k8s.io/etcd:v3.6.12
extraArgs: {}
",
    );
}

#[test]
fn the_specification_of_the_kubelet() {
    let text = "\
image: ghcr.io/siderolabs/kubelet:v1.36.3
args:
    - --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubeconfig
    - --node-ip=10.5.0.2
expectedNodename: peer-cp
config:
    address: 0.0.0.0
    apiVersion: kubelet.config.k8s.io/v1beta1
    authentication:
        anonymous:
            enabled: false
        webhook:
            cacheTTL: 0s
            enabled: true
    clusterDNS:
        - 10.96.0.10
    crashLoopBackOff: {}
    port: 10250
";
    let spec: k8s::KubeletSpecSpec = spec_from_text(text).unwrap();
    assert_eq!(spec.expected_nodename, "peer-cp");
    check(spec, text);
}

#[test]
fn names_for_certificates() {
    let api = secrets::CertSanSpec {
        i_ps: vec![ip("10.5.0.2"), ip("127.0.0.1")],
        dns_names: vec!["peer-cp".into()],
        fqdn: String::new(),
    };
    check(api, "ips:\n    - 10.5.0.2\n    - 127.0.0.1\ndnsNames:\n    - peer-cp\nfqdn: \"\"\n");
}

#[test]
fn the_state_of_the_machine() {
    let metadata = runtime::PlatformMetadataSpec {
        platform: "container".into(),
        hostname: "peer-cp".into(),
        instance_type: "2CPU-2048RAM".into(),
        ..Default::default()
    };
    check(metadata, "platform: container\nhostname: peer-cp\ninstanceType: 2CPU-2048RAM\n");
    check(runtime::SecurityStateSpec::default(), "secureBoot: false\n");
    let synced = time::StatusSpec { synced: true, sync_disabled: true, ..Default::default() };
    let text = spec_to_text(&synced).unwrap();
    assert!(text.starts_with("synced: true\nepoch: 0\nsyncDisabled: true\n"), "{text}");
    let condition = UnmetCondition {
        name: "nodeReady".into(),
        reason: "node \"peer-cp\" status is not available yet".into(),
    };
    let status = MachineStatusSpec {
        stage: enums::RuntimeMachineStage::MachineStageRunning.into(),
        status: Some(MachineStatusStatus { ready: false, unmet_conditions: vec![condition] }),
    };
    check(
        status,
        "\
stage: running
status:
    ready: false
    unmetConditions:
        - name: nodeReady
          reason: node \"peer-cp\" status is not available yet
",
    );
    let service = v1alpha1::ServiceSpec { running: true, healthy: true, unknown: false };
    check(service, "running: true\nhealthy: true\nunknown: false\n");
}

#[test]
fn the_control_plane() {
    let requests = [("cpu".to_owned(), String::new()), ("memory".to_owned(), String::new())];
    let config = ApiServerConfigSpec {
        image: "registry.k8s.io/kube-apiserver:v1.36.3".into(),
        control_plane_endpoint: "https://10.5.0.2:6443".into(),
        etcd_servers: vec!["https://127.0.0.1:2379".into()],
        local_port: 6443,
        service_cid_rs: vec!["10.96.0.0/12".into()],
        advertised_address: "$(POD_IP)".into(),
        resources: Some(Resources { requests: requests.into(), limits: Default::default() }),
        ..Default::default()
    };
    let text = spec_to_text(&config).unwrap();
    let expected = "\
image: registry.k8s.io/kube-apiserver:v1.36.3
cloudProvider: \"\"
controlPlaneEndpoint: https://10.5.0.2:6443
etcdServers:
    - https://127.0.0.1:2379
localPort: 6443
serviceCIDR:
    - 10.96.0.0/12
extraArgs: {}
extraVolumes: []
environmentVariables: {}
advertisedAddress: $(POD_IP)
resources:
    requests:
        cpu: \"\"
        memory: \"\"
    limits: {}
";
    assert!(text.starts_with(expected), "{text}");
    let nodename =
        k8s::NodenameSpec { nodename: "peer-cp".into(), hostname_version: "1".into(), ..Default::default() };
    check(nodename, "nodename: peer-cp\nhostnameVersion: \"1\"\nskipNodeRegistration: false\n");
    let endpoint = |host: &str| KubePrismEndpoint { host: host.into(), port: 6443 };
    check(
        KubePrismEndpointsSpec { endpoints: vec![endpoint("10.5.0.2"), endpoint("localhost")] },
        "endpoints:\n    - host: 10.5.0.2\n      port: 6443\n    - host: localhost\n      port: 6443\n",
    );
}

#[test]
fn a_definition() {
    let resource = definition("members.cluster.talos.dev").unwrap().resource();
    check(
        resource.spec,
        "\
type: Members.cluster.talos.dev
displayType: Member
defaultNamespace: cluster
aliases:
    - member
allAliases:
    - members
    - members.cluster
    - members.cluster.talos
    - member
printColumns:
    - name: Hostname
      jsonPath: '{.hostname}'
    - name: Machine Type
      jsonPath: '{.machineType}'
    - name: OS
      jsonPath: '{.operatingSystem}'
    - name: Addresses
      jsonPath: '{.addresses}'
",
    );
}

#[test]
fn bare_specs_have_no_mapping() {
    let machine_type = config::MachineTypeSpec { machine_type: config::MachineType::ControlPlane.into() };
    check(machine_type, "controlplane\n");
    let text = b"version: v1alpha1\nmachine:\n    type: worker # a comment\n---\nkind: X\n".to_vec();
    check(
        config::MachineConfigSpec { yaml_marshalled: text },
        "|\n    version: v1alpha1\n    machine:\n        type: worker # a comment\n    ---\n    kind: X\n",
    );
    let manifests = "- apiVersion: v1\n  kind: Namespace\n  metadata:\n    name: x\n- kind: Config\n";
    let spec: k8s::ManifestSpec = spec_from_text(manifests).unwrap();
    assert_eq!(spec.items.len(), 2);
    check(spec, manifests);
    check(k8s::StaticPodSpec { pod: Some(Default::default()) }, "{}\n");
}

#[test]
fn keys_and_pem_are_base64() {
    let pair = proto::common::PemEncodedCertificateAndKey { crt: b"crt".to_vec(), key: b"key".to_vec() };
    let root = secrets::EtcdRootSpec { etcd_ca: Some(pair) };
    check(root, "etcdCA:\n    crt: Y3J0\n    key: a2V5\n");
    check(secrets::EtcdRootSpec::default(), "etcdCA: null\n");
    check(secrets::EncryptionSaltSpec { disk_salt: vec![1, 2, 3] }, "diskSalt: !!binary AQID\n");
}

#[test]
fn the_network_of_a_platform_reads_from_text() {
    let text = "\
addresses:
    - address: 10.5.0.2/24
      linkName: eth0
      family: inet4
      scope: global
      flags: permanent
      layer: platform
links:
    - name: bond0
      logical: true
      up: true
      mtu: 1500
      kind: bond
      type: ether
      masterName: bridge0
      layer: platform
routes:
    - family: inet4
      gateway: 10.5.0.1
      outLinkName: eth0
      table: main
      scope: global
      type: unicast
      protocol: static
hostnames:
    - hostname: peer-cp
resolvers:
    - dnsServers: [10.5.0.1]
";
    let spec: PlatformConfigSpec = spec_from_text(text).unwrap();
    assert_eq!(spec.addresses[0].address, Some("10.5.0.2/24".parse::<NetIpPrefix>().unwrap()));
    assert_eq!(spec.links[0].bond_slave.as_ref().unwrap().master_name, "bridge0");
    assert_eq!(spec.routes[0].table, 254);
    let shown = spec_to_text(&spec).unwrap();
    assert_eq!(spec_from_text::<PlatformConfigSpec>(&shown).unwrap(), spec);
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let error =
        spec_from_text::<PlatformConfigSpec>("addresses:\n  - address: 10.5.0.2/24\n    famliy: inet4\n");
    let error = error.unwrap_err().to_string();
    assert!(error.contains("addresses[0].famliy: this key is unknown; known here are address, "), "{error}");
    let error = spec_from_text::<PlatformConfigSpec>("routes:\n- table: 10.0.0.1\n").unwrap_err().to_string();
    assert!(error.contains("routes[0].table: \"10.0.0.1\" is unknown"), "{error}");
}

#[test]
fn bytes_of_another_message_are_refused() {
    assert!(to_text("LinkStatuses.net.talos.dev", &[0x0f]).is_err());
    assert!(to_text("Nothing.talos.dev", &[]).is_err());
}

#[test]
fn every_type_shows_its_empty_spec() {
    for definition in resources::definitions() {
        to_text(definition.typ, &[]).unwrap();
    }
}

#[test]
fn what_is_no_yaml_is_refused_without_quoting_it() {
    let text = "links:\n    - wireguard: {privateKey: secret\n    - [}\n";
    let error = spec_from_text::<PlatformConfigSpec>(text).unwrap_err().to_string();
    assert!(!error.contains("secret"), "{error}");
}

proptest::proptest! {
    #[test]
    fn no_bytes_stop_the_program(bytes in proptest::collection::vec(0_u8..=255, 0..64), chosen in 0_usize..1000) {
        let definitions = resources::definitions();
        let definition = &definitions[chosen % definitions.len()];
        if let Ok(text) = to_text(definition.typ, &bytes) {
            let _ = resources::yaml::from_text(definition.typ, &text);
        }
    }
}
