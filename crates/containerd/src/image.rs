//! Names of images.

use std::collections::BTreeMap;
use std::time::SystemTime;

use crate::client::{CALL, Client, MESSAGE_LIMIT};
use crate::error::optional;
use crate::generated::containerd::services::images::v1::{self as api, images_client::ImagesClient};
use crate::generated::containerd::types::Descriptor;
use crate::{Error, Result};

/// An image as containerd keeps it: a name for a manifest.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// Full reference, e.g. `registry.k8s.io/etcd:v3.6.11`.
    pub name: String,
    /// Digest of what the name stands for: a manifest or an index.
    pub digest: String,
    /// Its media type.
    pub media_type: String,
    /// Its own size, bytes (not that of the layers: see [`Client::image_info`]).
    pub target_size: i64,
    /// When the name was first stored.
    pub created_at: Option<SystemTime>,
    /// Labels of the name.
    pub labels: BTreeMap<String, String>,
}

impl Image {
    pub(crate) fn from_wire(image: api::Image) -> Self {
        let target = image.target.unwrap_or_default();
        Self {
            name: image.name,
            digest: target.digest,
            media_type: target.media_type,
            target_size: target.size,
            created_at: image.created_at.and_then(|t| SystemTime::try_from(t).ok()),
            labels: image.labels,
        }
    }

    /// The reference with the digest in place of the tag: `repo@sha256:…`.
    pub fn pinned(&self) -> String {
        format!("{}@{}", repository(&self.name), self.digest)
    }
}

/// A reference without tag and digest.
fn repository(reference: &str) -> &str {
    let name = reference.split_once('@').map_or(reference, |(name, _)| name);
    match name.rsplit_once(':') {
        // A colon before the last slash belongs to the port of the host.
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => name,
    }
}

impl Client {
    /// All images of the namespace.
    pub async fn images(&self) -> Result<Vec<Image>> {
        let mut client = ImagesClient::new(self.pipe()).max_decoding_message_size(MESSAGE_LIMIT);
        let answer =
            self.call("listing images", CALL, client.list(api::ListImagesRequest::default())).await?;
        Ok(answer.images.into_iter().map(Image::from_wire).collect())
    }

    /// The image of exactly that name, if it is there.
    pub async fn image(&self, name: &str) -> Result<Option<Image>> {
        let mut client = ImagesClient::new(self.pipe());
        let request = api::GetImageRequest { name: name.to_owned() };
        let answer =
            optional(self.call(format!("looking up image {name}"), CALL, client.get(request)).await)?;
        Ok(answer.and_then(|a| a.image).map(Image::from_wire))
    }

    /// Removes a name; [`Error::NotFound`] when it is not there. Content goes with the next collection.
    pub async fn remove_image(&self, name: &str) -> Result<()> {
        let mut client = ImagesClient::new(self.pipe());
        let request = api::DeleteImageRequest { name: name.to_owned(), sync: false };
        self.call(format!("removing image {name}"), CALL, client.delete(request)).await
    }

    /// Gives an image one more name.
    pub async fn tag_image(&self, image: &Image, name: &str) -> Result<()> {
        let what = format!("naming image {} {name}", image.digest);
        let target = Descriptor {
            media_type: image.media_type.clone(),
            digest: image.digest.clone(),
            size: image.target_size,
            ..Default::default()
        };
        let tagged = api::Image {
            name: name.to_owned(),
            labels: image.labels.clone(),
            target: Some(target),
            ..Default::default()
        };
        let mut client = ImagesClient::new(self.pipe());
        let create = api::CreateImageRequest { image: Some(tagged.clone()) };
        match self.call(what.clone(), CALL, client.create(create)).await {
            Err(Error::AlreadyExists { .. }) => {
                let update = api::UpdateImageRequest { image: Some(tagged), update_mask: None };
                self.call(what, CALL, client.update(update)).await.map(drop)
            }
            other => other.map(drop),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pinned_reference_keeps_the_repository_and_drops_the_tag() {
        let cases = [
            ("registry.k8s.io/etcd:v3.6.11", "registry.k8s.io/etcd@sha256:ab"),
            ("localhost:5000/a/b:1", "localhost:5000/a/b@sha256:ab"),
            ("localhost:5000/a/b", "localhost:5000/a/b@sha256:ab"),
            ("docker.io/library/x:1@sha256:cd", "docker.io/library/x@sha256:ab"),
        ];
        for (name, pinned) in cases {
            let image = Image {
                name: name.into(),
                digest: "sha256:ab".into(),
                media_type: String::new(),
                target_size: 0,
                created_at: None,
                labels: BTreeMap::new(),
            };
            assert_eq!(image.pinned(), pinned);
        }
    }
}
