//! Sizes of trees.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use proto::machine::{DiskUsageInfo, DiskUsageRequest};
use tonic::Status;

use super::list::children;
use super::{Gone, Sink, Walk, plain, rooted, walk};

/// Looks as large as the address space, and is no file on any disk.
const KCORE: &str = "/proc/kcore";

/// Handles `DiskUsage`. Only the first path is served (contract api.md 5.8).
pub fn disk_usage(request: DiskUsageRequest) -> Result<Walk<DiskUsageInfo>, Status> {
    let root = rooted(request.paths.first().map_or("/", String::as_str));
    let missing = |error: io::Error| plain(format!("cannot measure {}: {error}", root.display()));
    fs::symlink_metadata(&root).map_err(missing)?;
    let depth = usize::try_from(request.recursion_depth).unwrap_or(0);
    let usage = Usage { root: root.clone(), depth, all: request.all, threshold: request.threshold };
    Ok(walk(move |sink| usage.visit(sink, &root, 0).map(drop)))
}

struct Usage {
    root: PathBuf,
    /// Entries this deep and deeper are counted, not shown; 0 shows all.
    depth: usize,
    all: bool,
    threshold: i64,
}

impl Usage {
    /// Size of everything at and below `path`, bytes; folders are told after what they hold.
    fn visit(&self, sink: &Sink<DiskUsageInfo>, path: &Path, depth: usize) -> Result<i64, Gone> {
        let metadata = match fs::symlink_metadata(path) {
            Ok(metadata) => metadata,
            Err(error) => {
                self.tell(sink, path, depth, 0, error.to_string())?;
                return Ok(0);
            }
        };
        let mut size = if path == Path::new(KCORE) { 0 } else { metadata.size() as i64 };
        if !metadata.is_dir() {
            if self.all || depth == 0 {
                self.tell(sink, path, depth, size, String::new())?;
            }
            return Ok(size);
        }
        let mut failure = String::new();
        match children(path) {
            Ok(children) => {
                for child in children {
                    size = size.saturating_add(self.visit(sink, &child, depth + 1)?);
                }
            }
            Err(error) => failure = error.to_string(),
        }
        self.tell(sink, path, depth, size, failure)?;
        Ok(size)
    }

    fn tell(
        &self,
        sink: &Sink<DiskUsageInfo>,
        path: &Path,
        depth: usize,
        size: i64,
        error: String,
    ) -> Result<(), Gone> {
        // What lies directly in the root is at depth 0 of the request.
        let too_deep = self.depth > 0 && depth > self.depth;
        let too_small = self.threshold > 0 && size < self.threshold;
        let too_large = self.threshold < 0 && size > -self.threshold;
        if too_deep || too_small || too_large {
            return Ok(());
        }
        let relative = path.strip_prefix(&self.root).unwrap_or(path);
        let relative_name = match relative.as_os_str().is_empty() {
            true => ".".to_owned(),
            false => relative.to_string_lossy().into_owned(),
        };
        sink.send(DiskUsageInfo {
            name: path.to_string_lossy().into_owned(),
            size,
            error,
            relative_name,
            metadata: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio_stream::StreamExt;

    async fn measured(request: DiskUsageRequest) -> Vec<(String, i64)> {
        disk_usage(request).unwrap().map(|i| i.map(|i| (i.relative_name, i.size)).unwrap()).collect().await
    }

    #[tokio::test]
    async fn a_folder_counts_what_it_holds_and_comes_last() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("sub/below")).unwrap();
        fs::write(dir.path().join("sub/file"), vec![0; 5000]).unwrap();
        let paths = vec![dir.path().to_string_lossy().into_owned()];
        let folders = measured(DiskUsageRequest { paths: paths.clone(), ..Default::default() }).await;
        assert_eq!(folders.iter().map(|f| f.0.as_str()).collect::<Vec<_>>(), ["sub/below", "sub", "."]);
        assert!(folders[1].1 >= 5000 && folders[2].1 > folders[1].1);
        let all = measured(DiskUsageRequest { paths: paths.clone(), all: true, ..Default::default() }).await;
        assert!(all.contains(&("sub/file".to_owned(), 5000)));
        let top = measured(DiskUsageRequest { paths, recursion_depth: 1, ..Default::default() }).await;
        assert_eq!(top.iter().map(|f| f.0.as_str()).collect::<Vec<_>>(), ["sub", "."]);
        assert_eq!(top[1].1, folders[2].1, "what is not shown is still counted");
    }
}
