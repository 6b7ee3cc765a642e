//! What is inside an image: its manifest and configuration, read from the content store.

use futures::StreamExt;
use oci_spec::image::{ImageConfiguration, ImageIndex, ImageManifest};
use sha2::{Digest, Sha256};

use crate::client::{CALL, Client};
use crate::generated::containerd::services::content::v1::{
    ReadContentRequest, content_client::ContentClient,
};
use crate::image::Image;
use crate::{Error, Result};

/// Largest manifest or configuration that is read, bytes.
const BLOB_LIMIT: usize = 4 * 1024 * 1024;

/// The operating system of every image that a node runs.
pub(crate) const OS: &str = "linux";

/// The architecture of this machine, in the words of OCI.
pub(crate) fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// What is needed of an image in order to run it or to list it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageInfo {
    /// Digest of the manifest for this machine's platform.
    pub manifest: String,
    /// Bytes of manifest, configuration and layers as they were transferred.
    pub size: i64,
    /// Name of the snapshot that holds all layers.
    pub chain_id: String,
    /// `KEY=value` pairs.
    pub env: Vec<String>,
    /// Program and first arguments.
    pub entrypoint: Vec<String>,
    /// Further arguments.
    pub cmd: Vec<String>,
    /// `uid[:gid]`, names, or empty.
    pub user: String,
    /// Working directory; empty means `/`.
    pub working_dir: String,
}

impl Client {
    /// Reads what an image is made of.
    pub async fn image_info(&self, image: &Image) -> Result<ImageInfo> {
        let what = format!("reading image {}", image.name);
        let (manifest_digest, manifest) = self.manifest_for_this_machine(&what, image).await?;
        let text = self.blob(manifest.config().digest().as_ref()).await?;
        let config: ImageConfiguration = parse(&what, &text)?;
        let layers: u64 = manifest.layers().iter().map(|l| l.size()).sum();
        let size = manifest_digest.1 as u64 + manifest.config().size() + layers;
        let process = config.config().clone().unwrap_or_default();
        Ok(ImageInfo {
            manifest: manifest_digest.0,
            size: i64::try_from(size).unwrap_or(i64::MAX),
            chain_id: chain_id(config.rootfs().diff_ids()),
            env: process.env().clone().unwrap_or_default(),
            entrypoint: process.entrypoint().clone().unwrap_or_default(),
            cmd: process.cmd().clone().unwrap_or_default(),
            user: process.user().clone().unwrap_or_default(),
            working_dir: process.working_dir().clone().unwrap_or_default(),
        })
    }

    async fn manifest_for_this_machine(
        &self,
        what: &str,
        image: &Image,
    ) -> Result<((String, usize), ImageManifest)> {
        let text = self.blob(&image.digest).await?;
        if !is_index(&image.media_type) {
            return Ok(((image.digest.clone(), text.len()), parse(what, &text)?));
        }
        let index: ImageIndex = parse(what, &text)?;
        let chosen = index.manifests().iter().find(|m| match m.platform() {
            Some(p) => p.os().to_string() == OS && p.architecture().to_string() == architecture(),
            None => index.manifests().len() == 1,
        });
        let chosen = chosen.ok_or_else(|| {
            Error::bad_answer(what, format!("it has no manifest for {OS}/{}", architecture()))
        })?;
        let digest = chosen.digest().to_string();
        let text = self.blob(&digest).await?;
        Ok(((digest, text.len()), parse(what, &text)?))
    }

    /// A small blob from the content store.
    pub(crate) async fn blob(&self, digest: &str) -> Result<Vec<u8>> {
        let what = format!("reading content {digest}");
        let request = ReadContentRequest { digest: digest.to_owned(), ..Default::default() };
        let mut client = ContentClient::new(self.pipe());
        let mut stream = self.call(what.clone(), CALL, client.read(request)).await?;
        let mut blob = Vec::new();
        while let Some(part) = stream.next().await {
            let part = part.map_err(|status| self.failure(&what, &status))?;
            blob.extend_from_slice(&part.data);
            if blob.len() > BLOB_LIMIT {
                return Err(Error::bad_answer(what, format!("it is larger than {BLOB_LIMIT} bytes")));
            }
        }
        Ok(blob)
    }
}

fn is_index(media_type: &str) -> bool {
    media_type == "application/vnd.oci.image.index.v1+json"
        || media_type == "application/vnd.docker.distribution.manifest.list.v2+json"
}

fn parse<T: serde::de::DeserializeOwned>(what: &str, text: &[u8]) -> Result<T> {
    serde_json::from_slice(text).map_err(|error| Error::bad_answer(what, error.to_string()))
}

/// Name of the snapshot that results from applying the layers in order (OCI image specification).
fn chain_id(diff_ids: &[String]) -> String {
    let mut chain = String::new();
    for id in diff_ids {
        chain = if chain.is_empty() {
            id.clone()
        } else {
            format!("sha256:{}", hex::encode(Sha256::digest(format!("{chain} {id}"))))
        };
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_of_one_layer_is_that_layer_and_of_more_a_digest_over_all() {
        assert_eq!(chain_id(&[]), "");
        assert_eq!(chain_id(&["sha256:a".into()]), "sha256:a");
        let two = chain_id(&["sha256:a".into(), "sha256:b".into()]);
        assert_eq!(two, format!("sha256:{}", hex::encode(Sha256::digest("sha256:a sha256:b"))));
        let three = chain_id(&["sha256:a".into(), "sha256:b".into(), "sha256:c".into()]);
        assert_eq!(three, format!("sha256:{}", hex::encode(Sha256::digest(format!("{two} sha256:c")))));
    }
}
