//! A tree of files that is yet to be written: into a layer, or into a folder.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

/// One thing at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A folder with this mode.
    Dir(u32),
    /// A copy of a file, with this mode.
    File(PathBuf, u32),
    /// Bytes made on the way, mode 0644.
    Bytes(Vec<u8>),
    /// A symbolic link.
    Link(String),
}

/// Absolute paths to what is there; parents come before children.
#[derive(Clone, Debug, Default)]
pub struct Tree(BTreeMap<String, Entry>);

impl Tree {
    /// Adds an entry and the folders above it. A link to a folder leads on, as it
    /// would on a disk. Two different entries at one path are an error.
    pub fn add(&mut self, path: &str, entry: Entry) -> Result<()> {
        let Some((folder, name)) = path.rsplit_once('/') else {
            bail!("{path}: a path in an image starts with a slash");
        };
        let path = format!("{}/{name}", self.folder(folder).with_context(|| path.to_owned())?);
        match self.0.get(&path) {
            None | Some(Entry::Dir(0o755)) => {
                self.0.insert(path, entry);
            }
            Some(found) if *found == entry || entry == Entry::Dir(0o755) => {}
            Some(_) => bail!("{path} is there twice, with different contents"),
        }
        Ok(())
    }

    /// The real path of a folder, made where it is missing.
    fn folder(&mut self, path: &str) -> Result<String> {
        let mut real = String::new();
        for name in path.split('/').filter(|name| !name.is_empty()) {
            let next = format!("{real}/{name}");
            real = match self.0.get(&next) {
                None => {
                    self.0.insert(next.clone(), Entry::Dir(0o755));
                    next
                }
                Some(Entry::Dir(_)) => next,
                Some(Entry::Link(target)) if !target.contains("..") => {
                    let absolute =
                        if target.starts_with('/') { target.clone() } else { format!("{real}/{target}") };
                    self.folder(&absolute)?
                }
                Some(_) => bail!("{next} is not a folder"),
            };
        }
        Ok(real)
    }

    /// All entries, parents first.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.0.iter().map(|(path, entry)| (path.as_str(), entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_come_first_and_once() {
        let mut tree = Tree::default();
        tree.add("/a/b/c", Entry::Link("x".into())).unwrap();
        tree.add("/a/b", Entry::Dir(0o755)).unwrap();
        tree.add("/a/d", Entry::Bytes(vec![])).unwrap();
        let paths: Vec<_> = tree.iter().map(|(path, _)| path).collect();
        assert_eq!(paths, ["/a", "/a/b", "/a/b/c", "/a/d"]);
    }

    #[test]
    fn a_folder_keeps_its_special_mode() {
        let mut tree = Tree::default();
        tree.add("/tmp", Entry::Dir(0o1777)).unwrap();
        tree.add("/tmp", Entry::Dir(0o755)).unwrap();
        assert_eq!(tree.iter().next(), Some(("/tmp", &Entry::Dir(0o1777))));
    }

    #[test]
    fn a_link_to_a_folder_leads_on() {
        let mut tree = Tree::default();
        tree.add("/sbin", Entry::Link("usr/sbin".into())).unwrap();
        tree.add("/usr/sbin", Entry::Link("bin".into())).unwrap();
        tree.add("/sbin/init", Entry::Link("machined".into())).unwrap();
        let paths: Vec<_> = tree.iter().map(|(path, _)| path).collect();
        assert_eq!(paths, ["/sbin", "/usr", "/usr/bin", "/usr/bin/init", "/usr/sbin"]);
    }

    #[test]
    fn two_different_things_at_one_path_are_refused() {
        let mut tree = Tree::default();
        tree.add("/a", Entry::Bytes(vec![1])).unwrap();
        assert!(tree.add("/a", Entry::Bytes(vec![2])).is_err());
        assert!(tree.add("/a/b", Entry::Dir(0o755)).is_err());
    }
}
