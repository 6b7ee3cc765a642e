//! Writes a tree as a layer: a tar archive whose bytes depend on nothing but the tree, compressed.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use tar::{Builder, EntryType, Header};

use super::entry::{Entry, Tree};
use super::hashing::Hashing;

/// Level 1 unpacks as fast as any and is made in a second.
const ZSTD_LEVEL: i32 = 1;

/// A written layer.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Layer {
    /// Hex sha256 of the compressed file.
    pub digest: String,
    /// Its size in bytes.
    pub size: u64,
    /// Hex sha256 of the tar archive.
    pub diff_id: String,
}

/// Writes `tree` to `path`.
pub fn write(tree: &Tree, path: &Path) -> Result<Layer> {
    let file = File::create(path).with_context(|| format!("create {}", path.display()))?;
    let compressed = Hashing::new(BufWriter::new(file));
    let mut encoder = zstd::Encoder::new(compressed, ZSTD_LEVEL)?;
    encoder.include_contentsize(false)?;
    let mut builder = Builder::new(Hashing::new(encoder));
    for (path, entry) in tree.iter() {
        append(&mut builder, path.trim_start_matches('/'), entry).with_context(|| format!("pack {path}"))?;
    }
    let (encoder, diff_id, _) = builder.into_inner()?.finish();
    let (mut file, digest, size) = encoder.finish()?.finish();
    file.flush()?;
    Ok(Layer { digest, size, diff_id })
}

fn append(builder: &mut Builder<impl Write>, path: &str, entry: &Entry) -> Result<()> {
    let mut header = Header::new_gnu();
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(0);
    match entry {
        Entry::Dir(mode) => {
            header.set_entry_type(EntryType::Directory);
            header.set_mode(*mode);
            builder.append_data(&mut header, format!("{path}/"), io::empty())?;
        }
        Entry::Link(target) => {
            header.set_entry_type(EntryType::Symlink);
            header.set_mode(0o777);
            builder.append_link(&mut header, path, target)?;
        }
        Entry::Bytes(bytes) => {
            header.set_mode(0o644);
            header.set_size(bytes.len() as u64);
            builder.append_data(&mut header, path, bytes.as_slice())?;
        }
        Entry::File(source, mode) => {
            let file = File::open(source).with_context(|| format!("open {}", source.display()))?;
            header.set_mode(*mode);
            header.set_size(file.metadata()?.len());
            builder.append_data(&mut header, path, file)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    fn sample() -> Tree {
        let mut tree = Tree::default();
        tree.add("/tmp", Entry::Dir(0o1777)).unwrap();
        tree.add("/etc/passwd", Entry::Bytes(b"root\n".to_vec())).unwrap();
        tree.add("/bin", Entry::Link("usr/bin".into())).unwrap();
        tree
    }

    #[test]
    fn the_same_tree_gives_the_same_layer() {
        let folder = tempfile::tempdir().unwrap();
        let one = write(&sample(), &folder.path().join("one")).unwrap();
        let two = write(&sample(), &folder.path().join("two")).unwrap();
        assert_eq!(one, two);
        assert_eq!(one.size, std::fs::metadata(folder.path().join("one")).unwrap().len());
    }

    #[test]
    fn a_layer_unpacks_to_its_tree() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("layer");
        let layer = write(&sample(), &path).unwrap();
        let tar = zstd::decode_all(File::open(&path).unwrap()).unwrap();
        assert_eq!(hex::encode(Sha256::digest(&tar)), layer.diff_id);
        let mut archive = tar::Archive::new(tar.as_slice());
        let found: Vec<_> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                (
                    entry.path().unwrap().display().to_string(),
                    entry.header().mode().unwrap(),
                    entry.header().mtime().unwrap(),
                )
            })
            .collect();
        let wanted = [("bin", 0o777, 0), ("etc/", 0o755, 0), ("etc/passwd", 0o644, 0), ("tmp/", 0o1777, 0)];
        assert_eq!(found, wanted.map(|(path, mode, time)| (path.to_owned(), mode, time)));
    }
}
