//! The OCI image layout: index, manifests, configurations, layers; every blob once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::entry::{Entry, Tree};
use super::layer::{self, Layer};
use super::manifest::{Image, Manifest};
use super::stamp::Inputs;
use super::{Places, fileset};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+zstd";

/// Builds every image of the data file into `_out/images`.
pub fn assemble(places: &Places, manifest: &Manifest) -> Result<()> {
    let mut layout = Layout::open(places)?;
    let mut layers = BTreeMap::new();
    for name in manifest.image.values().flat_map(|image| &image.layers) {
        if !layers.contains_key(name) {
            let layer = layout.layer(name, &fileset::resolve(places, manifest, name)?)?;
            layers.insert(name.clone(), layer);
        }
    }

    let mut entries = Vec::new();
    for (name, image) in &manifest.image {
        let used = image
            .layers
            .iter()
            .map(|layer| layers.get(layer).with_context(|| format!("image {name}: layer {layer}")))
            .collect::<Result<Vec<_>>>()?;
        entries.push(layout.image(image, &manifest.reference(image), &used)?);
    }
    layout.finish(&entries)
}

struct Layout {
    folder: PathBuf,
    stamps: PathBuf,
    used: BTreeSet<String>,
}

impl Layout {
    fn open(places: &Places) -> Result<Self> {
        let layout = Self {
            folder: places.images.clone(),
            stamps: places.components.join("layers"),
            used: BTreeSet::new(),
        };
        for folder in [&layout.blobs(), &layout.stamps] {
            std::fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
        }
        Ok(layout)
    }

    fn blobs(&self) -> PathBuf {
        self.folder.join("blobs/sha256")
    }

    /// The layer of a tree: the one of the last run if nothing in the tree changed.
    fn layer(&mut self, name: &str, tree: &Tree) -> Result<Layer> {
        let record = self.stamps.join(format!("{name}.json"));
        let stamp = identity(tree)?;
        let known = std::fs::read(&record)
            .ok()
            .and_then(|bytes| serde_json::from_slice::<(String, Layer)>(&bytes).ok())
            .filter(|(made_from, layer)| *made_from == stamp && self.blobs().join(&layer.digest).exists());
        let layer = match known {
            Some((_, layer)) => layer,
            None => {
                let partial = self.blobs().join(format!("{name}.partial"));
                let layer = layer::write(tree, &partial).with_context(|| format!("layer {name}"))?;
                std::fs::rename(&partial, self.blobs().join(&layer.digest))?;
                std::fs::write(&record, serde_json::to_vec(&(stamp, &layer))?)?;
                eprintln!("layer {name}: {} MiB", layer.size >> 20);
                layer
            }
        };
        self.used.insert(layer.digest.clone());
        Ok(layer)
    }

    fn image(&mut self, image: &Image, reference: &str, layers: &[&Layer]) -> Result<Value> {
        let config = json!({
            "architecture": "amd64",
            "os": "linux",
            "config": {
                "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/opt/bin"],
                "Entrypoint": image.entrypoint,
                "User": image.user.as_deref().unwrap_or_default(),
                "WorkingDir": "/",
            },
            "rootfs": {
                "type": "layers",
                "diff_ids": layers.iter().map(|layer| format!("sha256:{}", layer.diff_id)).collect::<Vec<_>>(),
            },
        });
        let config = self.blob(CONFIG, &config)?;
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": config,
            "layers": layers.iter().map(|layer| json!({
                "mediaType": LAYER,
                "digest": format!("sha256:{}", layer.digest),
                "size": layer.size,
            })).collect::<Vec<_>>(),
        });
        let mut descriptor = self.blob(MANIFEST, &manifest)?;
        descriptor["platform"] = json!({ "architecture": "amd64", "os": "linux" });
        // The second name is containerd's, whose `images import` does not take a full reference from the first.
        descriptor["annotations"] = json!({
            "io.containerd.image.name": reference,
            "org.opencontainers.image.ref.name": reference,
        });
        Ok(descriptor)
    }

    fn blob(&mut self, media_type: &str, content: &Value) -> Result<Value> {
        let bytes = serde_json::to_vec(content)?;
        let digest = hex::encode(Sha256::digest(&bytes));
        std::fs::write(self.blobs().join(&digest), &bytes)?;
        self.used.insert(digest.clone());
        Ok(json!({ "mediaType": media_type, "digest": format!("sha256:{digest}"), "size": bytes.len() }))
    }

    /// Writes the index and removes the blobs that nothing names any more.
    fn finish(&self, images: &[Value]) -> Result<()> {
        let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": images });
        std::fs::write(self.folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)?;
        let partial = self.folder.join("index.json.partial");
        std::fs::write(&partial, serde_json::to_vec_pretty(&index)?)?;
        std::fs::rename(&partial, self.folder.join("index.json"))?;
        for entry in std::fs::read_dir(self.blobs())? {
            let entry = entry?;
            if !self.used.contains(entry.file_name().to_string_lossy().as_ref()) {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

fn identity(tree: &Tree) -> Result<String> {
    let mut inputs = Inputs::new();
    for (path, entry) in tree.iter() {
        inputs = inputs.text(path);
        inputs = match entry {
            Entry::File(source, mode) => inputs.identity(source)?.text(&format!("{mode:o}")),
            other => inputs.text(&format!("{other:?}")),
        };
    }
    Ok(inputs.finish())
}
