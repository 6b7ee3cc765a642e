//! Pulling an image: containerd fetches and unpacks it, we answer for credentials and hear of progress.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::client::{CALL, Client};
use crate::error::optional;
use crate::generated::containerd::services::snapshots::v1::{
    StatSnapshotRequest, snapshots_client::SnapshotsClient,
};
use crate::generated::containerd::services::transfer::v1::{
    TransferOptions, TransferRequest, transfer_client::TransferClient,
};
use crate::generated::containerd::types::Platform;
use crate::generated::containerd::types::transfer::{
    AuthRequest, AuthResponse, AuthType, ImageStore, OciRegistry, Progress, RegistryResolver,
    UnpackConfiguration,
};
use crate::image::Image;
use crate::manifest::{ImageInfo, OS, architecture};
use crate::progress::{LayerProgress, Tracker};
use crate::stream::{SideStream, pack, unpack};
use crate::{Error, Result, SNAPSHOTTER};

/// How long one pull may take; an unreachable registry is given up by containerd much earlier.
const PULL: Duration = Duration::from_secs(30 * 60);

/// What a registry wants to see.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// User name and password.
    Basic { username: String, password: String },
    /// An identity token.
    Refresh(String),
    /// A complete Authorization header.
    Header(String),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Credentials::Basic { .. } => "Basic(<redacted>)",
            Credentials::Refresh(_) => "Refresh(<redacted>)",
            Credentials::Header(_) => "Header(<redacted>)",
        })
    }
}

/// A pull that is wanted.
#[derive(Debug, Clone, Default)]
pub struct Pull {
    /// Full reference of the image.
    pub reference: String,
    /// Folder of `<host>/hosts.toml` files (contract os.md 4).
    pub hosts_dir: Option<PathBuf>,
    /// Labels for the image's name.
    pub labels: BTreeMap<String, String>,
    /// Credentials by host.
    pub credentials: BTreeMap<String, Credentials>,
}

impl Pull {
    /// A pull of `reference` through the hosts configured under `hosts_dir`.
    pub fn new(reference: impl Into<String>, hosts_dir: impl Into<PathBuf>) -> Self {
        Self { reference: reference.into(), hosts_dir: Some(hosts_dir.into()), ..Default::default() }
    }
}

impl Client {
    /// Pulls an image for this machine's platform and unpacks it. Progress goes to `progress`, as long as
    /// somebody receives it. [`Error::NotFound`] when no registry has the image.
    pub async fn pull(&self, pull: &Pull, progress: Option<mpsc::Sender<LayerProgress>>) -> Result<Image> {
        let what = format!("pulling {}", pull.reference);
        let mut options = TransferOptions::default();
        let mut side_tasks = tokio::task::JoinSet::new();
        if let Some(progress) = progress {
            let stream = self.side_stream("progress").await?;
            options.progress_stream = stream.id.clone();
            side_tasks.spawn(report_progress(stream, progress));
        }
        let mut resolver = RegistryResolver::default();
        if let Some(folder) = &pull.hosts_dir {
            resolver.host_dir = folder.to_string_lossy().into_owned();
        }
        if !pull.credentials.is_empty() {
            let stream = self.side_stream("credentials").await?;
            resolver.auth_stream = stream.id.clone();
            side_tasks.spawn(answer_for_credentials(stream, pull.credentials.clone()));
        }
        let platform = platform();
        let source = OciRegistry { reference: pull.reference.clone(), resolver: Some(resolver) };
        let unpack =
            UnpackConfiguration { platform: Some(platform.clone()), snapshotter: SNAPSHOTTER.to_owned() };
        let destination = ImageStore {
            name: pull.reference.clone(),
            labels: pull.labels.clone(),
            platforms: vec![platform],
            unpacks: vec![unpack],
            ..Default::default()
        };
        let request = TransferRequest {
            source: Some(pack("containerd.types.transfer.OCIRegistry", &source)),
            destination: Some(pack("containerd.types.transfer.ImageStore", &destination)),
            options: Some(options),
        };
        let mut client = TransferClient::new(self.pipe());
        let result = self.call(what.clone(), PULL, client.transfer(request)).await;
        side_tasks.shutdown().await;
        result?;
        let image = self.image(&pull.reference).await?;
        image.ok_or_else(|| Error::bad_answer(what, "the image is not there after it was pulled"))
    }

    /// The image and what is in it, pulled first unless it is there and unpacked.
    pub async fn ensure_image(&self, pull: &Pull) -> Result<(Image, ImageInfo)> {
        if let Some(image) = self.image(&pull.reference).await? {
            // Content may be gone or never unpacked, e.g. after a crash in the middle of a pull.
            if let Some(info) = optional(self.image_info(&image).await)?
                && self.has_snapshot(&info.chain_id).await?
            {
                return Ok((image, info));
            }
        }
        let image = self.pull(pull, None).await?;
        let info = self.image_info(&image).await?;
        Ok((image, info))
    }

    pub(crate) async fn has_snapshot(&self, key: &str) -> Result<bool> {
        let request = StatSnapshotRequest { snapshotter: SNAPSHOTTER.to_owned(), key: key.to_owned() };
        let mut client = SnapshotsClient::new(self.pipe());
        let found =
            optional(self.call(format!("looking up snapshot {key}"), CALL, client.stat(request)).await)?;
        Ok(found.is_some())
    }
}

pub(crate) fn platform() -> Platform {
    Platform { os: OS.to_owned(), architecture: architecture().to_owned(), ..Default::default() }
}

async fn report_progress(mut stream: SideStream, progress: mpsc::Sender<LayerProgress>) {
    let mut tracker = Tracker::default();
    while let Ok(Some(any)) = stream.incoming.message().await {
        let Some(event) = unpack::<Progress>("containerd.types.transfer.Progress", &any) else { continue };
        if let Some(said) = tracker.observe(&event)
            && progress.send(said).await.is_err()
        {
            return;
        }
    }
}

async fn answer_for_credentials(mut stream: SideStream, known: BTreeMap<String, Credentials>) {
    while let Ok(Some(any)) = stream.incoming.message().await {
        let Some(request) = unpack::<AuthRequest>("containerd.types.transfer.AuthRequest", &any) else {
            continue;
        };
        let answer = pack("containerd.types.transfer.AuthResponse", &answer(known.get(&request.host)));
        if stream.outgoing.send(answer).await.is_err() {
            return;
        }
    }
}

fn answer(known: Option<&Credentials>) -> AuthResponse {
    let (kind, username, secret) = match known {
        None => (AuthType::None, "", ""),
        Some(Credentials::Basic { username, password }) => {
            (AuthType::Credentials, username.as_str(), password.as_str())
        }
        Some(Credentials::Refresh(token)) => (AuthType::Refresh, "", token.as_str()),
        Some(Credentials::Header(header)) => (AuthType::Header, "", header.as_str()),
    };
    AuthResponse {
        auth_type: kind.into(),
        username: username.to_owned(),
        secret: secret.to_owned(),
        expire_at: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_credentials_has_its_answer_and_none_shows_in_debug() {
        let basic = Credentials::Basic { username: "ada".into(), password: "s3cret".into() };
        assert_eq!(answer(Some(&basic)).auth_type(), AuthType::Credentials);
        assert_eq!(answer(Some(&Credentials::Refresh("t".into()))).auth_type(), AuthType::Refresh);
        assert_eq!(answer(Some(&Credentials::Header("h".into()))).auth_type(), AuthType::Header);
        assert_eq!(answer(None), AuthResponse::default());
        assert!(!format!("{basic:?}").contains("s3cret"));
    }
}
