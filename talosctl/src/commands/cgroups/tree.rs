//! Control groups as a tree, from an archive of their file system. Pure.

use std::collections::BTreeMap;
use std::io::{self, Read};

use flate2::read::GzDecoder;

/// Longest file that is kept, in bytes: those of control groups are short.
const LONGEST: u64 = 64 << 10;

/// A control group.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// Its files by name.
    pub files: BTreeMap<String, String>,
    /// The groups below it.
    pub children: BTreeMap<String, Group>,
}

impl Group {
    /// Reads a tar.gz of the file system.
    ///
    /// # Errors
    /// If it is cut or no such archive.
    pub fn read(archive: impl Read) -> io::Result<Self> {
        let mut root = Self::default();
        for entry in tar::Archive::new(GzDecoder::new(archive)).entries()? {
            let entry = entry?;
            let path = entry.path()?.to_string_lossy().trim_start_matches("./").to_owned();
            let is_file = entry.header().entry_type().is_file();
            let (folder, name) =
                path.trim_end_matches('/').rsplit_once('/').unwrap_or(("", path.trim_end_matches('/')));
            let group = root.at(folder);
            if is_file {
                let mut content = Vec::new();
                entry.take(LONGEST).read_to_end(&mut content)?;
                group.files.insert(name.to_owned(), String::from_utf8_lossy(&content).trim_end().to_owned());
            } else if entry.header().entry_type().is_dir() && !name.is_empty() {
                group.children.entry(name.to_owned()).or_default();
            }
        }
        Ok(root)
    }

    fn at(&mut self, folder: &str) -> &mut Self {
        let parts = folder.split('/').filter(|part| !part.is_empty());
        parts.fold(self, |group, part| group.children.entry(part.to_owned()).or_default())
    }

    /// Whether these are control groups of version 2, which have one tree for everything.
    pub fn is_version_2(&self) -> bool {
        self.files.contains_key("cgroup.controllers")
    }

    /// Every group below with its depth, from the top.
    pub fn walk<'a>(&'a self, depth: usize, visit: &mut dyn FnMut(&'a str, usize, &'a Group)) {
        for (name, group) in &self.children {
            visit(name, depth, group);
            group.walk(depth + 1, visit);
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    pub(crate) fn archive(files: &[(&str, &str)]) -> Vec<u8> {
        let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (name, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, name, content.as_bytes()).unwrap();
        }
        tar.into_inner().unwrap().finish().unwrap()
    }

    #[test]
    fn folders_are_groups_in_order() {
        let archive = archive(&[
            ("cgroup.controllers", "cpu memory\n"),
            ("podruntime/kubelet/memory.current", "1024\n"),
            ("init/cpu.weight", "79\n"),
        ]);
        let root = Group::read(archive.as_slice()).unwrap();
        assert!(root.is_version_2());
        let mut seen = Vec::new();
        root.walk(0, &mut |name, depth, group| seen.push((name, depth, group.files.len())));
        assert_eq!(seen, [("init", 0, 1), ("podruntime", 0, 0), ("kubelet", 1, 1)]);
        assert!(Group::read(&archive[..40]).is_err());
    }
}
