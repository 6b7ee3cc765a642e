//! etcd's keys and certificates on disk (contract os.md 6.1).

use std::path::PathBuf;

use proto::resource::etcd::PkiStatusSpec;
use proto::resource::secrets::{EtcdCertsSpec, EtcdRootSpec};
use state::{Context, Controller, Input, Next, Output};

use crate::controllers::files::{Owner, write};

/// uid and gid of etcd.
const ETCD: u32 = 60;

/// Writes the files and publishes PKIStatuses/etcd.
pub struct EtcdPki {
    folder: PathBuf,
    owner: Option<Owner>,
}

impl EtcdPki {
    /// A controller that writes into `folder`.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), owner: Some(Owner(ETCD)) }
    }
}

#[async_trait::async_trait]
impl Controller for EtcdPki {
    fn name(&self) -> &'static str {
        "etcd.PKIController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input::weak::<EtcdRootSpec>(), Input::weak::<EtcdCertsSpec>()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<PkiStatusSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<PkiStatusSpec>();
        let root = ctx.get::<EtcdRootSpec>("etcd").await?;
        let leaves = ctx.get::<EtcdCertsSpec>("etcd").await?;
        if let (Some(root), Some(leaves)) = (root, leaves) {
            sys::fs::create_dir(&self.folder, 0o700)?;
            if let Some(Owner(id)) = self.owner {
                std::os::unix::fs::chown(&self.folder, Some(id), Some(id))?;
            }
            let pairs = [
                ("ca", &root.spec.etcd_ca),
                ("server", &leaves.spec.etcd),
                ("peer", &leaves.spec.etcd_peer),
                ("admin", &leaves.spec.etcd_admin),
            ];
            for (name, pair) in pairs {
                let Some(pair) = pair else { continue };
                write(&self.folder.join(format!("{name}.crt")), &pair.crt, 0o400, self.owner)?;
                write(&self.folder.join(format!("{name}.key")), &pair.key, 0o400, self.owner)?;
            }
            let version = leaves.metadata.version.to_string();
            outputs.put("etcd", PkiStatusSpec { ready: true, version }).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::common::PemEncodedCertificateAndKey as Pair;
    use state::MemoryState;
    use std::sync::Arc;

    #[tokio::test]
    async fn the_files_are_there_when_the_status_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let state = Arc::new(MemoryState::default());
        let (ctx, other) = (Context::new(state.clone(), "etcd.PKIController"), Context::new(state, "test"));
        let pair = |name: &str| Some(Pair { crt: name.into(), key: name.into() });
        other.put("etcd", EtcdRootSpec { etcd_ca: pair("ca") }).await.unwrap();
        let mut controller = EtcdPki { folder: dir.path().join("etcd"), owner: None };
        controller.reconcile(&ctx).await.unwrap();
        assert!(ctx.get::<PkiStatusSpec>("etcd").await.unwrap().is_none());
        let leaves =
            EtcdCertsSpec { etcd: pair("server"), etcd_peer: pair("peer"), ..EtcdCertsSpec::default() };
        other.put("etcd", leaves).await.unwrap();
        controller.reconcile(&ctx).await.unwrap();
        assert!(ctx.get::<PkiStatusSpec>("etcd").await.unwrap().unwrap().spec.ready);
        assert_eq!(std::fs::read(dir.path().join("etcd/peer.key")).unwrap(), b"peer");
    }
}
