//! Secrets, wherever people put them: neither a redacted text nor a difference, an error or a debug form shows one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]

use config::diff::{diff, text_diff};
use config::documents::{KINDS, V1ALPHA1};
use config::patch;
use config::schema::{Object, Redaction, Type};
use config::validate::{Mode, ValidateOptions};
use config::yaml::{Node, write};
use config::{Config, DecodeOptions};

const MARKER: &str = "hunter2";
const OTHER: &str = "hunter3";

/// Places for secrets beside those of the contract's list, with a marker in each; `v:` stands for a document of a
/// kind.
const PLACES: &[&str] = &[
    // Variables, among them those of proxies.
    "machine: {env: {HTTPS_PROXY: 'http://user:hunter2@proxy.example:3128', TOKEN: hunter2}}",
    "v: EnvironmentConfig\nvariables: {http_proxy: 'http://hunter2@proxy.example', A: hunter2}",
    "cluster: {apiServer: {env: {A: hunter2}}, controllerManager: {env: {A: hunter2}}, scheduler: {env: {A: hunter2}}}",
    "v: KubeAPIServerConfig\nimage: i\nenv: {A: hunter2}",
    "v: KubeControllerManagerConfig\nimage: i\nenv: {A: hunter2}",
    "v: KubeSchedulerConfig\nimage: i\nenv: {A: hunter2}",
    "v: ExtensionServiceConfig\nname: a\nenvironment: ['A=hunter2', hunter2]\nconfigFiles: [{mountPath: /a, content: 'x hunter2'}]",
    "v: ContainerConfig\nname: a\nimage: i\nenvironment: ['A=hunter2', hunter2]\nargs: ['--password=hunter2', '--url=https://u:hunter2@a.example']",
    // Files and manifests.
    "machine: {files: [{path: /var/a, op: create, content: 'password=hunter2'}]}",
    "v: EtcFileConfig\nname: a.conf\ncontents: 'secret: hunter2'",
    "v: CRICustomizationConfig\nname: a\ncontent: 'password = \"hunter2\"'",
    "cluster: {inlineManifests: [{name: a, contents: 'kind: Secret, data: hunter2'}]}",
    "v: KubeInlineManifestConfig\nname: a\nmanifest: 'data: hunter2'",
    "cluster: {extraManifestHeaders: {Authorization: 'Bearer hunter2', X-Any: hunter2}}",
    "v: KubeExternalManifestConfig\nname: a\nurl: https://u:hunter2@a.example/x?token=hunter2\nheaders: {X-Any: hunter2}",
    // URLs with user information or tokens.
    "cluster: {extraManifests: ['https://u:hunter2@a.example/x.yaml', 'https://a.example/x?access_token=hunter2&b=c']}",
    "cluster: {network: {cni: {name: custom, urls: ['https://u:hunter2@a.example/x.yaml']}}}",
    "cluster: {externalCloudProvider: {enabled: true, manifests: ['https://hunter2@a.example/x.yaml']}}",
    "cluster: {controlPlane: {endpoint: 'https://u:hunter2@a.example:6443'}}",
    "cluster: {discovery: {registries: {service: {endpoint: 'https://u:hunter2@a.example/'}}}}",
    "v: KubeClusterConfig\nclusterName: a\nendpoint: https://u:hunter2@a.example:6443",
    "v: DiscoveryServiceConfig\nname: a\nendpoint: https://u:hunter2@a.example",
    "v: KubeServiceAccountConfig\nissuer: {privateKey: hunter2, issuerURL: 'https://u:hunter2@a.example'}\naccepted: {issuers: ['https://u:hunter2@a.example']}",
    "machine: {registries: {mirrors: {docker.io: {endpoints: ['https://u:hunter2@a.example']}}}}",
    "v: RegistryMirrorConfig\nname: docker.io\nendpoints: [{url: 'https://u:hunter2@a.example'}]",
    "machine: {logging: {destinations: [{endpoint: 'tcp://u:hunter2@a.example:1', format: json_lines, extraTags: {token: hunter2}}]}}",
    "v: KmsgLogConfig\nname: a\nurl: tcp://u:hunter2@a.example:1/",
    "v: HTTPProbeConfig\nname: a\nurl: https://u:hunter2@a.example/?api_key=hunter2",
    "v: VolumeConfig\nname: STATE\nencryption: {provider: luks2, keys: [{slot: 0, kms: {endpoint: 'https://u:hunter2@a.example'}}]}",
    "machine: {systemDiskEncryption: {state: {provider: luks2, keys: [{slot: 0, kms: {endpoint: 'https://u:hunter2@a.example'}}]}}}",
    "machine: {install: {extraKernelArgs: ['siderolink.api=https://a.example/?jointoken=hunter2', 'talos.config=https://u:hunter2@a.example/c']}}",
    "v: SideroLinkConfig\napiUrl: https://u:hunter2@a.example/?jointoken=hunter2\nuniqueToken: hunter2",
    // Content that is not ours.
    "machine: {pods: [{spec: {containers: [{env: [{name: A, value: hunter2}], args: ['--token=hunter2']}]}}]}",
    "v: KubeStaticPodConfig\nname: a\npod: {spec: {containers: [{env: [{name: A, value: hunter2}], command: [a, 'https://u:hunter2@b']}]}}",
    "machine: {kubelet: {extraConfig: {a: {password: hunter2}}, credentialProviderConfig: {providers: [{env: [{name: A, value: hunter2}]}]}}}",
    "v: KubeCredentialProviderConfig\nconfiguration: {providers: [{env: [{name: A, value: hunter2}]}]}",
    "v: KubeAdmissionControlConfig\nname: a\nconfiguration: {clientSecret: hunter2, url: 'https://u:hunter2@a.example'}",
    "v: KubeAuthorizerConfig\nname: a\ntype: Webhook\nwebhook: {token: hunter2}",
    "v: KubeAuthenticationConfig\nconfiguration: {jwt: [{issuer: {url: 'https://u:hunter2@a.example'}}]}",
    "machine: {baseRuntimeSpecOverrides: {process: {env: ['A=hunter2']}}}",
    "v: CRIBaseRuntimeSpecConfig\noverrides: {process: {env: ['A=hunter2']}}",
    "cluster: {apiServer: {extraArgs: {oidc-client-secret: hunter2, audit-webhook: 'https://u:hunter2@a.example'}}}",
    "machine: {nodeAnnotations: {example.org/token: hunter2}}",
    // What a newer system has put there.
    "machine: {future: hunter2, network: {future: [hunter2, {a: hunter2}]}}",
    "v: FutureConfig\nname: a\nanything: {a: [hunter2]}",
];

fn text(place: &str) -> String {
    match place.strip_prefix("v: ") {
        Some(document) => format!("apiVersion: v1alpha1\nkind: {document}\n"),
        None => format!("{place}\n"),
    }
}

/// Everything that is shown of a configuration and of what becomes of it.
fn shown(text: &str) -> Vec<(&'static str, String)> {
    let other = text.replace(MARKER, OTHER);
    let decode = |text: &str| Config::decode_lenient("c.yaml", text.as_bytes()).unwrap();
    let (one, two, none) = (decode(text), decode(&other), decode("apiVersion: v1alpha1\nkind: OOMConfig\n"));
    let changes = |old: &Config, new: &Config| -> String {
        let changes = diff(old, new);
        let json = changes.iter().map(|change| change.to_json().to_string());
        let short = changes.iter().map(|change| change.shortened().to_string());
        changes.iter().map(ToString::to_string).chain(json).chain(short).collect::<Vec<_>>().join("\n")
    };
    let validated = |mode| one.validate(&ValidateOptions::on_node(mode));
    let reviewed = Config::review("c.yaml", text.as_bytes(), &ValidateOptions::local(Mode::Metal)).report;
    vec![
        ("redacted", one.redacted_text()),
        ("a change", changes(&one, &two)),
        ("what comes", changes(&none, &one)),
        ("what goes", changes(&one, &none)),
        ("the texts' difference", text_diff(&one, &two) + &text_diff(&none, &one)),
        ("problems", format!("{}{}", validated(Mode::Metal), validated(Mode::Container).status_text())),
        ("problems as JSON", validated(Mode::Metal).to_json().to_string()),
        ("what a client says", format!("{reviewed}{}", reviewed.status_text())),
        ("the debug form", format!("{one:?} {:?}", one.documents())),
    ]
}

#[track_caller]
fn hidden(text: &str) {
    for (what, shown) in shown(text) {
        assert!(!shown.contains(MARKER) && !shown.contains(OTHER), "{what} of {text}: {shown}");
    }
}

#[test]
fn no_secret_is_shown_wherever_it_is() {
    for place in PLACES {
        let text = text(place);
        assert!(text.contains(MARKER), "{text}");
        hidden(&text);
        // That something changes shows nevertheless.
        let decode = |text: &str| Config::decode_lenient("c.yaml", text.as_bytes()).unwrap();
        assert!(!diff(&decode(&text), &decode(&text.replace(MARKER, OTHER))).is_empty(), "{text}");
    }
}

/// Every place that the table of fields hides, with a marker in it.
fn marked(
    object: &'static Object,
    way: &mut Vec<Node>,
    kinds: &mut Vec<String>,
    build: &dyn Fn(Node) -> Node,
) {
    for field in object.fields() {
        let wrap = |inner: Node| build(Node::map([(field.key, inner)]));
        if field.redaction != Redaction::None {
            let value = match (field.ty, field.redaction) {
                (Type::Map(_), _) => Node::map([("a", Node::str(MARKER))]),
                (Type::List(_), _) => Node::seq([Node::str(format!("A={MARKER}"))]),
                (_, Redaction::SecretKeys) => Node::map([("secret", Node::str(MARKER))]),
                (_, Redaction::JoinToken) => Node::str(format!("https://a.example/?jointoken={MARKER}")),
                _ => Node::str(MARKER),
            };
            way.push(wrap(value));
            continue;
        }
        inside(&field.ty, way, kinds, &wrap);
    }
}

fn inside(ty: &Type, way: &mut Vec<Node>, kinds: &mut Vec<String>, build: &dyn Fn(Node) -> Node) {
    match ty {
        Type::Object(object) => marked(object, way, kinds, build),
        Type::List(item) => inside(item, way, kinds, &|inner| build(Node::seq([inner]))),
        Type::Map(value) => inside(value, way, kinds, &|inner| build(Node::map([("any", inner)]))),
        _ => {}
    }
}

#[test]
fn every_field_that_the_table_hides_is_hidden() {
    let mut count = 0;
    for kind in KINDS.iter().chain([&V1ALPHA1]) {
        let mut way = Vec::new();
        marked(kind.object, &mut way, &mut Vec::new(), &|inner| inner);
        for root in way {
            let head = match kind.name {
                "v1alpha1" => String::new(),
                name => format!("apiVersion: v1alpha1\nkind: {name}\n"),
            };
            hidden(&format!("{head}{}", write(&root)));
            count += 1;
        }
    }
    assert!(count > 50, "{count}");
}

#[test]
fn what_is_wrong_with_a_secret_is_said_without_it() {
    let table = [
        // Of a wrong type or form.
        "machine: {env: {A: [hunter2]}}",
        "machine: {ca: {key: 'hunter2 '}}",
        "machine: {token: [hunter2]}",
        "cluster: {secret: {a: hunter2}}",
        "cluster: {controlPlane: {endpoint: 'https://u:hunter2@a.example:6443 '}}",
        "cluster: {controlPlane: {endpoint: 'ssh://u:hunter2@a.example:6443'}}",
        "v: KubeClusterConfig\nendpoint: 'https://u:hunter2@a b'",
        "v: ExtensionServiceConfig\nname: a\nenvironment: hunter2",
        "v: ContainerConfig\nname: a\nimage: i\nenvironment: [hunter2]",
        "v: KubeExternalManifestConfig\nname: a\nurl: ftp://u:hunter2@a.example\nheaders: hunter2",
        "v: RegistryMirrorConfig\nname: a\nendpoints: [{url: 'u:hunter2@a.example'}]",
        "v: WireguardConfig\nname: a\nprivateKey: hunter2\npeers: [{publicKey: x, presharedKey: hunter2}]",
        "v: CRICustomizationConfig\nname: a\ncontent: 'password = hunter2'",
        "v: DiscoveryIdentityConfig\nclusterID: a\nclusterSecret: hunter2",
        "v: SideroLinkConfig\napiUrl: 'hunter2'",
        "cluster: {extraManifests: ['u:hunter2@']}",
        // Under a key that is not known.
        "machine: {tokn: hunter2, kubelet: {tokens: [hunter2, {a: hunter2}]}}",
    ];
    for place in table {
        let text = text(place);
        let reviewed =
            Config::review("c.yaml", text.as_bytes(), &ValidateOptions::on_node(Mode::Metal)).report;
        assert!(!reviewed.is_empty(), "{text}");
        let said = format!("{reviewed}{}{}", reviewed.status_text(), reviewed.to_json());
        assert!(!said.contains(MARKER), "{text}: {said}");
        // As a patch too.
        if let Err(report) = patch::load("p.yaml", text.as_bytes()) {
            assert!(!report.to_string().contains(MARKER), "{report}");
        }
    }
    let base =
        Config::decode_with("c.yaml", b"machine: {type: worker}\n", &DecodeOptions::default()).unwrap();
    for text in [
        "cluster: {inlineManifests: [{contents: hunter2, $patch: delete}]}",
        "machine: {files: [{content: hunter2, $patch: delete}]}",
        "- {op: test, path: /machine/token, value: hunter2}",
        "- {op: add, path: /machine/tokn, value: hunter2}",
    ] {
        let patch = patch::load("p.yaml", text.as_bytes()).unwrap();
        let report = patch::apply(&base, &[patch]).unwrap_err().to_string();
        assert!(!report.contains(MARKER), "{report}");
    }
}

#[test]
fn what_is_no_secret_is_shown() {
    let text = "machine: {type: worker, certSANs: [a.example], nodeLabels: {a: b}, sysctls: {a: '1'}, install: {image: \
                'a.example/i@sha256:0'}, kubelet: {extraArgs: {v: '4'}, extraConfig: {maxPods: 5, serializeImagePulls: false}}}\n\
                cluster: {controlPlane: {endpoint: 'https://a.example:6443'}, extraManifests: ['https://a.example/x?b=c#d']}\n";
    let config = Config::decode("c.yaml", text.as_bytes()).unwrap();
    let shown = config.redacted_text();
    assert!(!shown.contains("REDACTED"), "{shown}");
    assert_eq!(Config::decode("c.yaml", shown.as_bytes()).unwrap().canonical_text(), config.canonical_text());
}
