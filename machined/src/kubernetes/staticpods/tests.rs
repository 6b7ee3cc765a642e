//! Pods of the control plane as the kubelet gets them.

use super::*;
use proto::resource::k8s::{ApiServerConfigSpec, ControllerManagerConfigSpec, SchedulerConfigSpec};

fn api() -> ApiServerConfigSpec {
    ApiServerConfigSpec {
        image: "registry.k8s.io/kube-apiserver:v1.36.0".into(),
        local_port: 6443,
        etcd_servers: vec!["https://127.0.0.1:2379".into()],
        service_cid_rs: vec!["10.96.0.0/12".into()],
        startup_probes_enabled: true,
        use_authentication_config: true,
        ..ApiServerConfigSpec::default()
    }
}

fn facts() -> api_server::Facts<'static> {
    api_server::Facts {
        issuers: vec!["https://10.5.0.1:6443"],
        audiences: vec!["https://10.5.0.1:6443"],
        advertise: true,
        authorization_config: true,
    }
}

#[test]
fn users_cannot_replace_what_secures_the_api_server() {
    for name in ["client-ca-file", "etcd-servers", "tls-min-version", "encryption-provider-config"] {
        let mut config = api();
        config.extra_args.insert(name.to_owned(), ArgValues { values: vec!["x".into()] });
        assert!(api_server_args(&config, &facts()).is_err(), "{name}");
    }
}

#[test]
fn authorization_flags_of_the_user_turn_the_structured_form_off() {
    let mut config = api();
    let structured = api_server_args(&config, &facts()).unwrap();
    assert!(structured.iter().any(|a| a.starts_with("--authorization-config=")));
    config.extra_args.insert("authorization-mode".to_owned(), ArgValues { values: vec!["Webhook".into()] });
    let flags = api_server_args(&config, &facts()).unwrap();
    assert!(flags.contains(&"--authorization-mode=Node,RBAC,Webhook".to_owned()), "{flags:?}");
    assert!(!flags.iter().any(|a| a.starts_with("--authorization-config=")));
}

#[test]
fn pods_run_as_their_own_users_without_privileges() {
    let versions = Versions::default();
    let manager = ControllerManagerConfigSpec { image: "i:v1".into(), ..Default::default() };
    let planner = SchedulerConfigSpec { image: "i:v1".into(), ..Default::default() };
    let pods = [
        (api_server(&api(), &[], &versions), 65534),
        (controller_manager(&manager, &[], &versions), 65535),
        (scheduler(&planner, &[], &versions), 65536),
    ];
    for (pod, user) in pods {
        assert_eq!(pod["spec"]["securityContext"]["runAsUser"], user);
        let container = &pod["spec"]["containers"][0];
        assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
        assert_eq!(container["securityContext"]["capabilities"]["drop"], json!(["ALL"]));
        assert_eq!(pod["spec"]["hostNetwork"], true);
    }
}

#[test]
fn dollars_in_variables_are_not_expanded_and_go_knows_its_limit() {
    let mut config = api();
    config.environment_variables.insert("A".into(), "$x".into());
    config.resources = Some(Resources {
        limits: [("memory".to_owned(), "1Gi".to_owned())].into_iter().collect(),
        ..Resources::default()
    });
    let pod = api_server(&config, &[], &Versions::default());
    let env = pod["spec"]["containers"][0]["env"].as_array().unwrap();
    assert!(env.contains(&json!({"name": "A", "value": "$$x"})), "{env:?}");
    let limit = env.iter().find(|e| e["name"] == "GOMEMLIMIT").unwrap();
    assert_eq!(limit["value"], ((1u64 << 30) / 100 * 95).to_string());
}

#[test]
fn tags_are_found_behind_ports_and_digests() {
    for (image, tag) in
        [("a:v1", "v1"), ("r:5000/a:v1@sha256:00", "v1"), ("r:5000/a", ""), ("a@sha256:00", ""), ("a", "")]
    {
        assert_eq!(image_tag(image), tag, "{image}");
    }
}

#[test]
fn the_scheduler_configuration_keeps_the_users_and_forces_ours() {
    let file = |users: Value| {
        let config = Some(crate::kubernetes::json::to_struct(&users));
        scheduler::scheduler_config(&SchedulerConfigSpec { config, ..SchedulerConfigSpec::default() })
    };
    let ours = file(json!({}));
    assert_eq!(ours["apiVersion"], "kubescheduler.config.k8s.io/v1");
    assert_eq!(ours["kind"], "KubeSchedulerConfiguration");
    assert!(ours["clientConnection"]["kubeconfig"].as_str().unwrap().ends_with("kubeconfig"));
    assert_eq!(file(json!({"clientConnection": "of a wrong form", "apiVersion": null})), ours);
    assert_eq!(file(json!({"profiles": [{"schedulerName": "x"}]}))["profiles"][0]["schedulerName"], "x");
}

#[test]
fn an_api_server_that_answers_no_strangers_is_not_probed() {
    let probes = |enabled: bool| {
        let pod = api_server(
            &ApiServerConfigSpec { startup_probes_enabled: enabled, ..api() },
            &[],
            &Versions::default(),
        );
        let container = pod["spec"]["containers"][0].as_object().unwrap().clone();
        container.keys().filter(|key| key.ends_with("Probe")).count()
    };
    assert_eq!((probes(true), probes(false)), (3, 0));
}
