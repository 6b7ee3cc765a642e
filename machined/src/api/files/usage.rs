//! Sizes of trees.

use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use proto::machine::{DiskUsageInfo, DiskUsageRequest};
use sys::tree::{Entry, Visit};
use tonic::Status;

use super::{Gone, Sink, Walk, file_error, plain, rooted, walk};
use crate::blocking::Pool;

/// Looks as large as the address space, and is no file on any disk.
const KCORE: &str = "/proc/kcore";

/// Handles `DiskUsage`. Of several paths all are measured, and one that is missing is told among the others; one
/// alone is an error of the call (contract api.md 5.8, where only the first path counts).
pub async fn disk_usage(pool: &Pool, request: DiskUsageRequest) -> Result<Walk<DiskUsageInfo>, Status> {
    let mut paths: Vec<PathBuf> = request.paths.iter().map(|path| rooted(path)).collect();
    if paths.is_empty() {
        paths.push(rooted("/"));
    }
    let depth = usize::try_from(request.recursion_depth).unwrap_or(0);
    let (all, threshold) = (request.all, request.threshold);
    let roots = move || {
        if let [only] = paths.as_slice() {
            let missing = |error: io::Error| plain(file_error("lstat", only, &error));
            std::fs::symlink_metadata(only).map_err(missing)?;
        }
        Ok(paths)
    };
    let work = move |roots: Vec<PathBuf>, sink: &Sink<DiskUsageInfo>| {
        for root in &roots {
            let mut usage = Usage { sink, root, depth, all, threshold, folders: Vec::new() };
            if sys::tree::walk(root, &mut usage).is_break() {
                return Err(Gone);
            }
        }
        Ok(())
    };
    walk(pool, roots, work).await
}

struct Usage<'a> {
    sink: &'a Sink<DiskUsageInfo>,
    root: &'a Path,
    /// Entries this deep and deeper are counted, not shown; 0 shows all.
    depth: usize,
    all: bool,
    threshold: i64,
    /// The folders on the way.
    folders: Vec<Folder>,
}

/// What is known of a folder so far.
struct Folder {
    /// Bytes of it and of what is in it.
    size: i64,
    /// What could not be looked at.
    failure: String,
}

impl Visit for Usage<'_> {
    fn entry(&mut self, entry: &Entry<'_>) -> ControlFlow<(), bool> {
        let size = if entry.path == Path::new(KCORE) { 0 } else { entry.stat.st_size };
        if entry.is_dir() {
            self.folders.push(Folder { size, failure: String::new() });
            return ControlFlow::Continue(true);
        }
        self.count(size);
        if self.all || entry.depth == 0 {
            self.tell(entry.path, entry.depth, size, String::new())?;
        }
        ControlFlow::Continue(false)
    }

    fn leave(&mut self, path: &Path, depth: usize) -> ControlFlow<()> {
        let Some(folder) = self.folders.pop() else { return ControlFlow::Continue(()) };
        self.count(folder.size);
        self.tell(path, depth, folder.size, folder.failure)
    }

    fn failed(&mut self, path: &Path, depth: usize, error: &io::Error) -> ControlFlow<()> {
        match self.folders.get_mut(depth) {
            // Its size is told with it.
            Some(folder) => {
                folder.failure = error.to_string();
                ControlFlow::Continue(())
            }
            None => self.tell(path, depth, 0, error.to_string()),
        }
    }
}

impl Usage<'_> {
    /// Counts what is in the innermost folder.
    fn count(&mut self, size: i64) {
        if let Some(folder) = self.folders.last_mut() {
            folder.size = folder.size.saturating_add(size);
        }
    }

    fn tell(&self, path: &Path, depth: usize, size: i64, error: String) -> ControlFlow<()> {
        let too_deep = self.depth > 0 && depth >= self.depth;
        let too_small = self.threshold > 0 && size < self.threshold;
        let too_large = self.threshold < 0 && size > self.threshold.saturating_neg();
        if too_deep || too_small || too_large {
            return ControlFlow::Continue(());
        }
        let relative = path.strip_prefix(self.root).unwrap_or(path);
        let relative_name = match relative.as_os_str().is_empty() {
            true => ".".to_owned(),
            false => relative.to_string_lossy().into_owned(),
        };
        self.sink.flow(DiskUsageInfo {
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
    use std::fs;
    use tokio_stream::StreamExt;

    async fn measured(request: DiskUsageRequest) -> Vec<(String, i64)> {
        let walk = disk_usage(&Pool::new("tests", 4), request).await.unwrap();
        walk.map(|i| i.map(|i| (i.relative_name, i.size)).unwrap()).collect().await
    }

    fn names(found: &[(String, i64)]) -> Vec<&str> {
        found.iter().map(|(name, _)| name.as_str()).collect()
    }

    #[tokio::test]
    async fn a_folder_counts_what_it_holds_and_comes_last() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("sub/below")).unwrap();
        fs::write(dir.path().join("sub/file"), vec![0; 5000]).unwrap();
        let paths = vec![dir.path().to_string_lossy().into_owned()];
        let asked = |recursion_depth, all| DiskUsageRequest {
            paths: paths.clone(),
            recursion_depth,
            all,
            ..Default::default()
        };
        let folders = measured(asked(0, false)).await;
        assert_eq!(names(&folders), ["sub/below", "sub", "."]);
        assert!(folders[1].1 >= 5000 && folders[2].1 > folders[1].1);
        assert!(measured(asked(0, true)).await.contains(&("sub/file".to_owned(), 5000)));
        // One more than the levels below the root that are shown.
        let total = measured(asked(1, false)).await;
        assert_eq!(names(&total), ["."]);
        assert_eq!(total[0].1, folders[2].1, "what is not shown is still counted");
        assert_eq!(names(&measured(asked(2, false)).await), ["sub", "."]);
    }

    #[tokio::test]
    async fn of_several_paths_one_that_is_missing_does_not_hide_the_others() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), "12").unwrap();
        let at = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
        let paths = vec![at("none"), at("file")];
        let request = DiskUsageRequest { paths, ..Default::default() };
        let walk = disk_usage(&Pool::new("tests", 4), request).await.unwrap();
        let found: Vec<_> =
            walk.map(|i| i.map(|i| (i.name, i.size, i.error.is_empty())).unwrap()).collect().await;
        assert_eq!(found, [(at("none"), 0, false), (at("file"), 2, true)]);
        let alone = DiskUsageRequest { paths: vec![at("none")], ..Default::default() };
        let error = disk_usage(&Pool::new("tests", 4), alone).await.err().unwrap();
        assert!(error.message().contains("no such file"), "{error}");
    }

    #[tokio::test]
    async fn the_smallest_threshold_is_no_slip() {
        let dir = tempfile::tempdir().unwrap();
        let paths = vec![dir.path().to_string_lossy().into_owned()];
        let request = DiskUsageRequest { paths, threshold: i64::MIN, ..Default::default() };
        assert_eq!(measured(request).await.len(), 1);
    }
}
