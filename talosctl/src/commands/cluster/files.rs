//! What is kept with a cluster, and its entries in the user's own files.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use config::secrets::Secrets;
use config::talosconfig::Talosconfig;
use provision::local::ClusterInfo;

use crate::commands::{generate, kubeconfig};
use crate::credentials;
use crate::global::Global;
use crate::kubeconfig::{Conflict, Kubeconfig, default_path};

/// The secrets that the cluster was made from.
pub fn secrets(cluster: &ClusterInfo) -> PathBuf {
    cluster.dir().join("secrets.yaml")
}

/// The secrets of a cluster that was made before, if they are there.
///
/// # Errors
/// If they cannot be read.
pub fn kept_secrets(cluster: &ClusterInfo) -> anyhow::Result<Option<Secrets>> {
    let path = secrets(cluster);
    let there = path.try_exists().with_context(|| format!("cannot look for {}", path.display()))?;
    there.then(|| generate::secrets::load(&path)).transpose()
}

/// The client configuration that belongs to it.
pub fn talosconfig(cluster: &ClusterInfo) -> PathBuf {
    cluster.dir().join("talosconfig")
}

/// Its administrator's kubeconfig.
pub fn kubeconfig(cluster: &ClusterInfo) -> PathBuf {
    cluster.dir().join("kubeconfig")
}

/// The cluster's own client configuration.
///
/// # Errors
/// If it is not there or cannot be read.
pub fn own(cluster: &ClusterInfo) -> anyhow::Result<Talosconfig> {
    let path = talosconfig(cluster);
    let text = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Talosconfig::parse(&text)?)
}

/// The client configuration that contexts of clusters are put into: as the user says, else what `$TALOSCONFIG`
/// names, whether that is there already or not; the usual one if it says nothing.
pub fn destination(told: Option<PathBuf>) -> Option<PathBuf> {
    chosen(told, std::env::var_os("TALOSCONFIG"))
}

fn chosen(told: Option<PathBuf>, named: Option<OsString>) -> Option<PathBuf> {
    told.or_else(|| named.filter(|path| !path.is_empty()).map(PathBuf::from))
}

/// Puts the cluster's context into the user's client configuration. Returns the file and the context.
///
/// # Errors
/// If the file cannot be used.
pub fn merge_talosconfig(global: &Global, own: &Talosconfig) -> anyhow::Result<(PathBuf, String)> {
    let mut file = credentials::open(global)?;
    let before = file.config.clone();
    let name = merge_context(&mut file.config, own);
    if file.config != before {
        file.save()?;
    }
    Ok((file.path, name))
}

/// The context is known by its authority: it may have been renamed, and a stale one of the same name, which
/// led to the same place, belongs to a cluster that is no more.
fn merge_context(config: &mut Talosconfig, own: &Talosconfig) -> String {
    let Ok(context) = own.select(None) else { return String::new() };
    let known =
        config.contexts.iter().find(|(_, there)| there.ca == context.ca).map(|(name, _)| name.clone());
    let name = match known {
        Some(name) => name,
        None => {
            let stale =
                config.contexts.get(&own.context).is_some_and(|there| there.endpoints == context.endpoints);
            if stale {
                config.contexts.shift_remove(&own.context);
            }
            let renamed = config.merge(own.clone());
            renamed.into_iter().next().map_or_else(|| own.context.clone(), |(_, new)| new)
        }
    };
    config.context.clone_from(&name);
    name
}

/// Puts the cluster into the user's kubeconfig. Returns the file and the context.
///
/// # Errors
/// If the file cannot be used.
pub fn merge_kubeconfig(cluster: &ClusterInfo, text: &str) -> anyhow::Result<(PathBuf, String)> {
    let path = default_path(|key| std::env::var_os(key)).unwrap_or_else(|| kubeconfig(cluster));
    let theirs = kubeconfig::open(&path)?;
    let new = Kubeconfig::parse(text.as_bytes())?;
    let merged = kubeconfig::merge(&path, text, None, |_, _| {
        // A cluster of the same name at the same place is one that is no more.
        if theirs.has_server_of(&new) { Conflict::Overwrite } else { Conflict::Rename }
    })?;
    Ok((path, merged.context))
}

/// Takes the cluster out of the user's files again; what is not in them is no error.
///
/// # Errors
/// If a file cannot be used.
pub fn forget(global: &Global, dir: &Path) -> anyhow::Result<()> {
    if let Ok(text) = std::fs::read(dir.join("talosconfig")) {
        let own = Talosconfig::parse(&text)?;
        let mut file = credentials::open(global)?;
        if remove_contexts(&mut file.config, &own) {
            file.save()?;
        }
    }
    let (text, path) = (std::fs::read(dir.join("kubeconfig")), default_path(|key| std::env::var_os(key)));
    if let (Ok(text), Some(path)) = (text, path) {
        let mut theirs = kubeconfig::open(&path)?;
        if theirs.remove_clusters_of(&Kubeconfig::parse(&text)?) {
            kubeconfig::save(&path, &theirs.to_text())?;
        }
    }
    Ok(())
}

fn remove_contexts(config: &mut Talosconfig, own: &Talosconfig) -> bool {
    let before = config.contexts.len();
    config.contexts.retain(|_, there| !own.contexts.values().any(|context| context.ca == there.ca));
    if !config.contexts.contains_key(&config.context) {
        config.context = config.contexts.keys().next().cloned().unwrap_or_default();
    }
    config.contexts.len() != before
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(name: &str, endpoint: &str, ca: &str) -> Talosconfig {
        let text = format!("context: {name}\ncontexts:\n    {name}: {{endpoints: [{endpoint}], ca: {ca}}}\n");
        Talosconfig::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn contexts_go_where_the_user_says_and_else_where_the_environment_does() {
        let path = |text: &str| Some(PathBuf::from(text));
        assert_eq!(chosen(path("told"), Some("named".into())), path("told"));
        assert_eq!(chosen(None, Some("named".into())), path("named"));
        assert_eq!((chosen(None, Some("".into())), chosen(None, None)), (None, None));
    }

    #[test]
    fn a_context_is_known_by_its_authority_whatever_it_is_called() {
        let mut mine = config("renamed", "10.5.0.1", "b25l");
        assert_eq!(merge_context(&mut mine, &config("demo", "10.5.0.1", "b25l")), "renamed");
        assert_eq!(mine.contexts.len(), 1);
        assert!(remove_contexts(&mut mine, &config("demo", "10.5.0.1", "b25l")));
        assert_eq!((mine.contexts.len(), mine.context.as_str()), (0, ""));
    }

    #[test]
    fn a_stale_context_is_replaced_and_somebody_elses_stays() {
        let mut mine = config("demo", "10.5.0.1", "b2xk");
        assert_eq!(merge_context(&mut mine, &config("demo", "10.5.0.1", "bmV3")), "demo");
        assert_eq!(mine, config("demo", "10.5.0.1", "bmV3"));
        let mut mine = config("demo", "203.0.113.7", "b2xk");
        assert_eq!(merge_context(&mut mine, &config("demo", "10.5.0.1", "bmV3")), "demo-1");
        assert_eq!((mine.contexts.len(), mine.context.as_str()), (2, "demo-1"));
        assert!(remove_contexts(&mut mine, &config("demo", "10.5.0.1", "bmV3")));
        assert_eq!(mine, config("demo", "203.0.113.7", "b2xk"));
    }
}
