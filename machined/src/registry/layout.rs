//! Images in OCI layout folders: `index.json` names them, `blobs/sha256/` holds everything.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::SystemTime;

use serde_json::Value;

use super::route::sha256;

/// Annotations under which an index keeps the full name of an image.
const NAMES: [&str; 2] = ["io.containerd.image.name", "org.opencontainers.image.ref.name"];
/// Largest index or manifest that is read, bytes.
const DOCUMENT: u64 = 4 * 1024 * 1024;
/// Media type of a manifest that does not say what it is (OCI image specification).
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// A blob that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The file that holds it.
    pub path: PathBuf,
    /// Its size, bytes.
    pub size: u64,
    /// Its digest.
    pub digest: String,
    /// Its media type.
    pub media_type: String,
}

/// Images in any number of layout folders; the first one that has something wins.
#[derive(Debug, Default)]
pub struct Layout {
    roots: Vec<Root>,
}

#[derive(Debug)]
struct Root {
    path: PathBuf,
    names: Mutex<Names>,
}

/// Digests by full image name, as of a change of the index.
#[derive(Debug, Default)]
struct Names {
    changed: Option<SystemTime>,
    digests: BTreeMap<String, String>,
}

impl Layout {
    /// Serves from these folders. One that is missing holds nothing, until it appears.
    pub fn new(roots: impl IntoIterator<Item = PathBuf>) -> Self {
        let roots = roots.into_iter().map(|path| Root { path, names: Mutex::default() });
        Self { roots: roots.collect() }
    }

    /// A manifest by tag or digest. `registry` is the one that is stood for; without it the repository is
    /// expected to begin with its name.
    pub fn manifest(&self, registry: Option<&str>, repository: &str, reference: &str) -> Option<Content> {
        if reference.starts_with("sha256:") {
            return self.document(reference);
        }
        let name = match registry {
            Some(registry) => format!("{registry}/{repository}:{reference}"),
            None => format!("{repository}:{reference}"),
        };
        let digest = self.roots.iter().find_map(|root| root.digest_of(&name))?;
        self.document(&digest)
    }

    /// A blob by digest.
    pub fn blob(&self, digest: &str) -> Option<Content> {
        let hex = sha256(digest)?;
        self.roots.iter().find_map(|root| {
            let path = root.path.join("blobs/sha256").join(hex);
            let file = fs::metadata(&path).ok().filter(fs::Metadata::is_file)?;
            let media_type = "application/octet-stream".to_owned();
            Some(Content { path, size: file.len(), digest: digest.to_owned(), media_type })
        })
    }

    /// Full names of all images.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.roots.iter().flat_map(Root::all_names).collect();
        names.sort();
        names.dedup();
        names
    }

    fn document(&self, digest: &str) -> Option<Content> {
        let mut content = self.blob(digest)?;
        let text = small_file(&content.path)?;
        let document: Value = serde_json::from_slice(&text).ok()?;
        // Blobs that are no manifests are not served as such.
        document.get("schemaVersion")?;
        let said = document.get("mediaType").and_then(Value::as_str);
        content.media_type = said.unwrap_or(MANIFEST).to_owned();
        Some(content)
    }
}

impl Root {
    fn digest_of(&self, name: &str) -> Option<String> {
        self.with_names(|names| names.get(name).cloned())
    }

    fn all_names(&self) -> Vec<String> {
        self.with_names(|names| names.keys().cloned().collect())
    }

    fn with_names<T>(&self, read: impl FnOnce(&BTreeMap<String, String>) -> T) -> T {
        let index = self.path.join("index.json");
        let changed = fs::metadata(&index).and_then(|m| m.modified()).ok();
        let mut names = sys::sync::lock(&self.names);
        if names.changed != changed || changed.is_none() {
            *names = Names { changed, digests: read_index(&index) };
        }
        read(&names.digests)
    }
}

fn read_index(path: &Path) -> BTreeMap<String, String> {
    let text = small_file(path).unwrap_or_default();
    let index: Value = serde_json::from_slice(&text).unwrap_or_default();
    let manifests = index.get("manifests").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut names = BTreeMap::new();
    for manifest in &manifests {
        let Some(digest) = manifest.get("digest").and_then(Value::as_str) else { continue };
        let annotations = manifest.get("annotations");
        for name in NAMES.iter().filter_map(|key| annotations?.get(key)?.as_str()) {
            names.insert(name.to_owned(), digest.to_owned());
        }
    }
    names
}

fn small_file(path: &Path) -> Option<Vec<u8>> {
    let small = fs::metadata(path).ok()?.len() <= DOCUMENT;
    small.then(|| fs::read(path).ok()).flatten()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use sha2::Digest;

    /// Puts a blob into a layout folder; returns its digest.
    pub fn put(root: &Path, bytes: &[u8]) -> String {
        let hex: String = sha2::Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect();
        fs::create_dir_all(root.join("blobs/sha256")).unwrap();
        fs::write(root.join("blobs/sha256").join(&hex), bytes).unwrap();
        format!("sha256:{hex}")
    }

    /// Names a manifest in a layout folder that has no other.
    pub fn name(root: &Path, name: &str, digest: &str) {
        let index = format!(
            r#"{{"schemaVersion":2,"manifests":[{{"digest":"{digest}","annotations":{{"io.containerd.image.name":"{name}"}}}}]}}"#
        );
        fs::write(root.join("index.json"), index).unwrap();
    }

    #[test]
    fn manifests_are_found_by_the_name_of_their_registry_and_by_digest() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = br#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json"}"#;
        let digest = put(folder.path(), manifest);
        name(folder.path(), "registry.k8s.io/etcd:3.7.1", &digest);
        let layout = Layout::new([folder.path().join("missing"), folder.path().to_path_buf()]);
        let found = layout.manifest(Some("registry.k8s.io"), "etcd", "3.7.1").unwrap();
        assert_eq!((found.digest.as_str(), found.size), (digest.as_str(), manifest.len() as u64));
        assert_eq!(found.media_type, "application/vnd.oci.image.index.v1+json");
        assert_eq!(layout.manifest(None, "registry.k8s.io/etcd", "3.7.1").unwrap(), found);
        assert_eq!(layout.manifest(Some("any"), "thing", &digest).unwrap(), found);
        assert!(layout.manifest(Some("docker.io"), "etcd", "3.7.1").is_none());
        assert!(layout.manifest(Some("registry.k8s.io"), "etcd", "3.7.0").is_none());
        assert_eq!(layout.names(), ["registry.k8s.io/etcd:3.7.1"]);
    }

    #[test]
    fn an_image_that_is_added_later_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new([folder.path().to_path_buf()]);
        assert!(layout.manifest(Some("r"), "i", "1").is_none());
        let digest = put(folder.path(), br#"{"schemaVersion":2}"#);
        name(folder.path(), "r/i:1", &digest);
        assert_eq!(layout.manifest(Some("r"), "i", "1").unwrap().media_type, MANIFEST);
    }

    #[test]
    fn a_layer_is_a_blob_and_no_manifest() {
        let folder = tempfile::tempdir().unwrap();
        let digest = put(folder.path(), b"layer");
        let layout = Layout::new([folder.path().to_path_buf()]);
        assert_eq!(layout.blob(&digest).unwrap().size, 5);
        assert!(layout.manifest(None, "x", &digest).is_none());
        assert!(layout.blob("sha256:../../../etc/passwd").is_none());
    }
}
