//! `machineconfig patch` and `machineconfig schema`.

use super::support::Folder;

#[test]
fn the_result_goes_to_standard_output_or_a_file_and_keeps_comments() {
    let folder = Folder::new();
    folder.write("c.yaml", "# mine\nmachine:\n    type: worker # yes\n");
    let patch = ["mc", "patch", "c.yaml", "-p", "machine: {certSANs: [a]}"];
    let out = folder.ok(&patch).out;
    assert_eq!(out, "# mine\nmachine:\n    type: worker # yes\n    certSANs:\n        - a\n");
    folder.ok(&[&patch[..], &["-o", "out/c.yaml"]].concat());
    assert_eq!(folder.read("out/c.yaml"), out);
    // A result is made to be made again.
    folder.ok(&[&patch[..], &["-o", "out/c.yaml"]].concat());
    assert_eq!(folder.read("out/c.yaml"), out);
}

#[test]
fn differences_name_effect_and_origin_and_no_secret() {
    let folder = Folder::with_cluster("v1.13");
    folder.write("p.yaml", "machine:\n  token: hunter.hunter2\n  sysctls:\n    vm.swappiness: \"1\"\n");
    let args =
        ["mc", "patch", "worker.yaml", "-p", "@p.yaml", "-p", "machine: {kubelet: {image: x}}", "--diff"];
    let out = folder.ok(&args).out;
    assert!(
        out.contains("machine.token: REDACTED → REDACTED (service-restart(trustd)) from p.yaml:2:3\n"),
        "{out}"
    );
    assert!(out.contains("(live) from p.yaml:4:5\n"), "{out}");
    assert!(out.contains("→ x (service-restart(kubelet)) from patch 2:1:"), "{out}");
    assert!(out.ends_with("3 changes: live, service-restart(kubelet), service-restart(trustd)\n"), "{out}");
    assert!(!out.contains("hunter"), "{out}");
    let json = folder.ok(&[&args[..7], &["--diff=json"]].concat()).out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["changes"].as_array().unwrap().len(), 3);
    assert_eq!(json["changes"][0]["origin"]["source"], "p.yaml");
    let same = folder.ok(&["mc", "patch", "worker.yaml", "-p", "machine: {type: worker}", "--diff"]).out;
    assert_eq!(same, "No changes.\n");
}

#[test]
fn items_of_lists_change_where_a_patch_says_so_and_operations_may_be_written_as_a_list() {
    let folder = Folder::new();
    folder.write(
        "c.yaml",
        "machine:\n  type: worker\n  network:\n    interfaces:\n      - interface: eth0\n        mtu: 1500\n      \
         - interface: eth1\n",
    );
    folder.write(
        "p.yaml",
        "machine:\n  network:\n    interfaces:\n      - interface: eth1\n        dhcp: true\n",
    );
    let list = "- op: replace\n  path: /machine/network/interfaces/0/mtu\n  value: 9000\n";
    let out = folder.ok(&["mc", "patch", "c.yaml", "-p", "@p.yaml", "-p", list, "--diff"]).out;
    assert_eq!(
        out,
        "v1alpha1 machine.network.interfaces[0].mtu: 1500 → 9000 (live) from patch 2:3:3\n\
         v1alpha1 machine.network.interfaces[1].dhcp: + true (live) from p.yaml:5:9\n2 changes: live\n"
    );
}

#[test]
fn many_files_are_patched_in_one_call() {
    let folder = Folder::new();
    for n in 1..=20 {
        folder
            .write(&format!("nodes/{n}.yaml"), &format!("machine: {{type: worker, certSANs: [node-{n}]}}\n"));
    }
    let files: Vec<String> = (1..=20).map(|n| format!("nodes/{n}.yaml")).collect();
    let mut args = vec!["machineconfig", "patch", "-p", "machine: {sysctls: {a: \"1\"}}", "-o", "out"];
    args.extend(files.iter().map(String::as_str));
    folder.ok(&args);
    let text = folder.read("out/17.yaml");
    assert!(text.contains("node-17") && text.contains("a: \"1\""), "{text}");
    let error = folder.fails(&["mc", "patch", "nodes/1.yaml", "nodes/2.yaml", "-p", "machine: {}"]);
    assert!(error.starts_with("several files need a folder"), "{error}");
    folder.write("other/1.yaml", "machine: {}\n");
    let error =
        folder.fails(&["mc", "patch", "nodes/1.yaml", "other/1.yaml", "-p", "machine: {}", "-o", "out"]);
    assert!(error.starts_with("two of the files are called 1.yaml"), "{error}");
}

#[test]
fn a_path_that_does_not_exist_is_an_error_that_names_file_and_place() {
    let folder = Folder::with_cluster("v1.11");
    folder.write("p.yaml", "- op: remove\n  path: /machine/sysctls\n");
    let error = folder.fails(&["mc", "patch", "worker.yaml", "-p", "@p.yaml", "-o", "out.yaml"]);
    assert!(error.starts_with("cannot patch worker.yaml:\np.yaml:1:3: error: "), "{error}");
    assert!(error.contains("/machine/sysctls"), "{error}");
    let delete = "machine:\n  nodeLabels:\n    rack:\n      $patch: delete\n";
    let error = folder.fails(&["mc", "patch", "worker.yaml", "-p", delete]);
    assert!(error.contains("lookup failed") && error.contains("machine.nodeLabels.rack"), "{error}");
    assert!(!folder.join("out.yaml").exists());
    let absent = "apiVersion: v1alpha1\nkind: OOMConfig\n$patch: delete\n";
    let run = folder.ok(&["mc", "patch", "worker.yaml", "-p", absent]);
    assert!(run.err.contains("warning: OOMConfig: there is no document OOMConfig to delete"), "{}", run.err);
    let error = folder.fails(&["mc", "patch", "worker.yaml", "-p", "machine: {tpye: worker}"]);
    assert!(error.contains("did you mean \"type\"?"), "{error}");
}

#[test]
fn the_schema_is_json_and_knows_every_kind() {
    let folder = Folder::new();
    let schema: serde_json::Value = serde_json::from_str(&folder.ok(&["mc", "schema"]).out).unwrap();
    assert!(schema["oneOf"].as_array().unwrap().len() > 80);
    folder.ok(&["machineconfig", "schema", "-o", "s.json"]);
    assert!(folder.fails(&["machineconfig", "schema", "-o", "s.json"]).contains("s.json exists already"));
}
