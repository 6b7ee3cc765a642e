//! Files below /etc: from specs to the disk.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use proto::resource::files::{EtcFileSpecSpec, EtcFileStatusSpec};
use state::{Context, Controller, Input, Next, Output};

use super::write::write;

/// Writes EtcFileSpecs and publishes an EtcFileStatus for each.
pub struct EtcFile {
    root: PathBuf,
    written: BTreeSet<String>,
}

impl EtcFile {
    /// A controller that writes below `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), written: BTreeSet::new() }
    }

    fn remove(&mut self, id: &str) {
        if let Some(path) = inside(&self.root, id)
            && let Err(error) = std::fs::remove_file(&path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!("cannot remove {}: {error}", path.display());
        }
        self.written.remove(id);
    }
}

/// The path of a file, unless it leads out of the folder.
fn inside(root: &Path, id: &str) -> Option<PathBuf> {
    let relative = Path::new(id);
    relative.components().all(|c| matches!(c, Component::Normal(_))).then(|| root.join(relative))
}

#[async_trait::async_trait]
impl Controller for EtcFile {
    fn name(&self) -> &'static str {
        "files.EtcFileController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input::weak::<EtcFileSpecSpec>()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<EtcFileStatusSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let specs = ctx.list::<EtcFileSpecSpec>().await?;
        let wanted: BTreeSet<&str> = specs.iter().map(|s| s.id()).collect();
        let stale: Vec<String> =
            self.written.iter().filter(|id| !wanted.contains(id.as_str())).cloned().collect();
        for id in stale {
            self.remove(&id);
        }
        let outputs = ctx.outputs::<EtcFileStatusSpec>();
        let mut failed = None;
        for spec in &specs {
            let Some(path) = inside(&self.root, spec.id()) else {
                tracing::warn!("{} is not a path below /etc: the file is not written", spec.id());
                continue;
            };
            match write(&path, &spec.spec.contents, spec.spec.mode, None) {
                Ok(_) => {
                    self.written.insert(spec.id().to_owned());
                    let spec_version = spec.metadata.version.to_string();
                    outputs.put(spec.id(), EtcFileStatusSpec { spec_version }).await?;
                }
                Err(error) => failed = Some(error),
            }
        }
        outputs.finish().await?;
        failed.map_or(Ok(Next::Wait), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use state::{MemoryState, State};
    use std::sync::Arc;

    #[tokio::test]
    async fn files_follow_their_specs_and_nothing_outside_the_folder_is_touched() {
        let dir = tempfile::tempdir().unwrap();
        let state: Arc<dyn State> = Arc::new(MemoryState::default());
        let ctx = Context::new(state.clone(), "files.EtcFileController");
        let other = Context::new(state, "test");
        let spec =
            |text: &str| EtcFileSpecSpec { contents: text.into(), mode: 0o644, selinux_label: String::new() };
        other.put("cri/a", spec("one")).await.unwrap();
        other.put("../b", spec("two")).await.unwrap();
        let mut controller = EtcFile::new(dir.path().join("etc"));
        controller.reconcile(&ctx).await.unwrap();
        assert_eq!(std::fs::read(dir.path().join("etc/cri/a")).unwrap(), b"one");
        assert!(!dir.path().join("b").exists());
        assert_eq!(ctx.list::<EtcFileStatusSpec>().await.unwrap().len(), 1);
        other.destroy::<EtcFileSpecSpec>("cri/a").await.unwrap();
        controller.reconcile(&ctx).await.unwrap();
        assert!(!dir.path().join("etc/cri/a").exists());
        assert!(ctx.list::<EtcFileStatusSpec>().await.unwrap().is_empty());
    }
}
