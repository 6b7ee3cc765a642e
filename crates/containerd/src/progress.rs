//! Progress of a pull: containerd's words turned into the contract's layer states.

use std::collections::BTreeMap;

use crate::generated::containerd::types::transfer::Progress;

/// State of one layer (contract api.md 5.10, with the same order).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LayerStatus {
    /// Bytes are coming in.
    Downloading,
    /// All bytes are there.
    DownloadComplete,
    /// It is being unpacked.
    Extracting,
    /// It is unpacked.
    ExtractComplete,
    /// It was there before.
    AlreadyExists,
}

/// Progress of one layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerProgress {
    /// Digest of the layer.
    pub layer: String,
    /// What is happening.
    pub status: LayerStatus,
    /// Bytes so far.
    pub offset: i64,
    /// Bytes in all.
    pub total: i64,
}

/// Remembers what was said about each layer, so that nothing is said twice.
#[derive(Debug, Default)]
pub(crate) struct Tracker {
    said: BTreeMap<String, LayerProgress>,
}

impl Tracker {
    /// What an event of containerd means, if it concerns a layer and says something new.
    pub fn observe(&mut self, event: &Progress) -> Option<LayerProgress> {
        let desc = event.desc.as_ref()?;
        if !is_layer(&desc.media_type) {
            return None;
        }
        let status = match event.event.as_str() {
            "waiting" | "downloading" => LayerStatus::Downloading,
            "complete" => LayerStatus::DownloadComplete,
            "extracting" => LayerStatus::Extracting,
            "extracted" => LayerStatus::ExtractComplete,
            "already exists" => LayerStatus::AlreadyExists,
            _ => return None,
        };
        let total = if event.total > 0 { event.total } else { desc.size };
        let now = LayerProgress { layer: desc.digest.clone(), status, offset: event.progress, total };
        if self.said.get(&now.layer) == Some(&now) {
            return None;
        }
        self.said.insert(now.layer.clone(), now.clone());
        Some(now)
    }
}

fn is_layer(media_type: &str) -> bool {
    media_type.contains(".image.layer.") || media_type.contains(".image.rootfs.diff.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::containerd::types::Descriptor;

    fn event(name: &str, media_type: &str, progress: i64) -> Progress {
        let desc = Descriptor {
            media_type: media_type.into(),
            digest: "sha256:a".into(),
            size: 10,
            ..Default::default()
        };
        Progress { event: name.into(), progress, total: 10, desc: Some(desc), ..Default::default() }
    }

    #[test]
    fn each_word_about_a_layer_has_its_state_and_is_said_once() {
        let layer = "application/vnd.oci.image.layer.v1.tar+gzip";
        let mut tracker = Tracker::default();
        let cases = [
            ("waiting", 0, Some(LayerStatus::Downloading)),
            ("downloading", 5, Some(LayerStatus::Downloading)),
            ("downloading", 5, None),
            ("complete", 10, Some(LayerStatus::DownloadComplete)),
            ("extracting", 4, Some(LayerStatus::Extracting)),
            ("extracted", 10, Some(LayerStatus::ExtractComplete)),
            ("already exists", 10, Some(LayerStatus::AlreadyExists)),
            ("dancing", 10, None),
        ];
        for (name, offset, expected) in cases {
            let said = tracker.observe(&event(name, layer, offset));
            assert_eq!(said.as_ref().map(|s| s.status), expected, "{name}");
            assert!(said.is_none_or(|s| s.offset == offset && s.total == 10));
        }
    }

    #[test]
    fn manifests_and_configurations_are_not_layers() {
        let mut tracker = Tracker::default();
        assert!(
            tracker.observe(&event("complete", "application/vnd.oci.image.manifest.v1+json", 1)).is_none()
        );
        assert!(tracker.observe(&Progress { event: "Resolving".into(), ..Default::default() }).is_none());
    }
}
