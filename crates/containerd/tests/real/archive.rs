//! An image archive with one program in it.

use std::path::Path;

use sha2::{Digest, Sha256};

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn file(tar: &mut tar::Builder<Vec<u8>>, path: &str, mode: u32, contents: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.set_size(contents.len() as u64);
    header.set_mode(mode);
    tar.append_data(&mut header, path, contents).unwrap();
}

/// A tar of an OCI layout, whose only image has `program` as `/echo`.
pub fn of_program(name: &str, program: &Path) -> Vec<u8> {
    let mut layer = tar::Builder::new(Vec::new());
    file(&mut layer, "echo", 0o755, &std::fs::read(program).unwrap());
    let mut folder = tar::Header::new_gnu();
    folder.set_entry_type(tar::EntryType::Directory);
    folder.set_mode(0o755);
    folder.set_size(0);
    layer.append_data(&mut folder, "proc/", std::io::empty()).unwrap();
    let layer = layer.into_inner().unwrap();
    let config = serde_json::json!({
        "architecture": "amd64", "os": "linux",
        "config": { "Entrypoint": ["/echo"], "Env": ["PATH=/"] },
        "rootfs": { "type": "layers", "diff_ids": [format!("sha256:{}", digest(&layer))] },
    });
    let config = serde_json::to_vec(&config).unwrap();
    let described = |media_type: &str, bytes: &[u8]| {
        serde_json::json!({
            "mediaType": media_type, "digest": format!("sha256:{}", digest(bytes)), "size": bytes.len(),
        })
    };
    let manifest = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": described("application/vnd.oci.image.config.v1+json", &config),
        "layers": [described("application/vnd.oci.image.layer.v1.tar", &layer)],
    });
    let manifest = serde_json::to_vec(&manifest).unwrap();
    let mut entry = described("application/vnd.oci.image.manifest.v1+json", &manifest);
    entry["annotations"] = serde_json::json!({ "io.containerd.image.name": name });
    let index = serde_json::json!({ "schemaVersion": 2, "manifests": [entry] });
    let mut archive = tar::Builder::new(Vec::new());
    file(&mut archive, "oci-layout", 0o644, br#"{"imageLayoutVersion":"1.0.0"}"#);
    file(&mut archive, "index.json", 0o644, &serde_json::to_vec(&index).unwrap());
    for blob in [&layer, &config, &manifest] {
        file(&mut archive, &format!("blobs/sha256/{}", digest(blob)), 0o644, blob);
    }
    archive.into_inner().unwrap()
}
