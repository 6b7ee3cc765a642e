//! Lists a folder, or a tree.

use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use nix::sys::stat::SFlag;
use proto::machine::list_request::Type;
use proto::machine::{FileInfo, ListRequest, Xattr};
use sys::tree::{Entry, Visit};
use tonic::Status;

use super::mode::from_unix;
use super::{Gone, Sink, Walk, file_error, plain, rooted, walk};
use crate::blocking::Pool;

/// Handles `List`.
pub async fn list(pool: &Pool, request: ListRequest) -> Result<Walk<FileInfo>, Status> {
    let given = rooted(&request.root);
    let depth = match (request.recurse, usize::try_from(request.recursion_depth)) {
        (false, _) => 1,
        (true, Ok(depth)) if depth > 0 => depth,
        (true, _) => usize::MAX,
    };
    // A root that is a link stands for what it points to.
    let root = move || fs::canonicalize(&given).map_err(|error| plain(file_error("lstat", &given, &error)));
    let (types, xattrs) = (request.types, request.report_xattrs);
    let work = move |root: PathBuf, sink: &Sink<FileInfo>| {
        let mut lister = Lister { sink, root: &root, types, xattrs, depth };
        match sys::tree::walk(&root, &mut lister) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Gone),
        }
    };
    walk(pool, root, work).await
}

struct Lister<'a> {
    sink: &'a Sink<FileInfo>,
    root: &'a Path,
    types: Vec<i32>,
    xattrs: bool,
    depth: usize,
}

impl Visit for Lister<'_> {
    fn entry(&mut self, entry: &Entry<'_>) -> ControlFlow<(), bool> {
        if self.wanted(entry)
            && let ControlFlow::Break(()) = self.sink.flow(self.info(entry))
        {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(entry.depth < self.depth)
    }

    fn leave(&mut self, _: &Path, _: usize) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn failed(&mut self, path: &Path, depth: usize, error: &io::Error) -> ControlFlow<()> {
        self.sink.flow(FileInfo {
            name: path.to_string_lossy().into_owned(),
            relative_name: self.relative(path, depth == 0),
            error: error.to_string(),
            ..FileInfo::default()
        })
    }
}

impl Lister<'_> {
    fn wanted(&self, entry: &Entry<'_>) -> bool {
        let is = |typ: &i32| match Type::try_from(*typ) {
            Ok(Type::Regular) => entry.is(SFlag::S_IFREG),
            Ok(Type::Directory) => entry.is_dir(),
            Ok(Type::Symlink) => entry.is(SFlag::S_IFLNK),
            Err(_) => false,
        };
        self.types.is_empty() || self.types.iter().any(is)
    }

    fn info(&self, entry: &Entry<'_>) -> FileInfo {
        let link = match entry.is(SFlag::S_IFLNK) {
            true => entry.link().map(|l| l.to_string_lossy().into_owned()).unwrap_or_default(),
            false => String::new(),
        };
        let xattrs = if self.xattrs { entry.xattrs() } else { vec![] };
        FileInfo {
            name: entry.path.to_string_lossy().into_owned(),
            relative_name: self.relative(entry.path, entry.is_dir()),
            size: entry.stat.st_size,
            mode: from_unix(entry.stat.st_mode),
            modified: entry.stat.st_mtime,
            is_dir: entry.is_dir(),
            link,
            uid: entry.stat.st_uid,
            gid: entry.stat.st_gid,
            xattrs: xattrs.into_iter().map(|(name, data)| Xattr { name, data }).collect(),
            ..FileInfo::default()
        }
    }

    /// The root is `.` if it is a folder, and its name if it is a file.
    fn relative(&self, path: &Path, folder: bool) -> String {
        match (path.strip_prefix(self.root), path.file_name()) {
            (Ok(relative), _) if !relative.as_os_str().is_empty() => relative.to_string_lossy().into_owned(),
            (_, Some(name)) if !folder => name.to_string_lossy().into_owned(),
            _ => ".".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio_stream::StreamExt;

    async fn names(request: ListRequest) -> Vec<String> {
        let listed = list(&Pool::new("tests", 4), request).await.unwrap();
        listed.map(|i| i.unwrap().relative_name).collect().await
    }

    fn tree() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("b/c")).unwrap();
        fs::write(dir.path().join("a"), "a").unwrap();
        fs::write(dir.path().join("b/c/d"), "d").unwrap();
        std::os::unix::fs::symlink("a", dir.path().join("l")).unwrap();
        dir
    }

    fn request(dir: &tempfile::TempDir) -> ListRequest {
        ListRequest { root: dir.path().to_string_lossy().into_owned(), ..ListRequest::default() }
    }

    #[tokio::test]
    async fn a_plain_list_shows_the_root_and_its_children() {
        let dir = tree();
        assert_eq!(names(request(&dir)).await, [".", "a", "b", "l"]);
    }

    #[tokio::test]
    async fn recursion_goes_as_deep_as_asked() {
        let dir = tree();
        let recurse = ListRequest { recurse: true, ..request(&dir) };
        assert_eq!(names(recurse.clone()).await, [".", "a", "b", "b/c", "b/c/d", "l"]);
        let shallow = ListRequest { recursion_depth: 2, ..recurse };
        assert_eq!(names(shallow).await, [".", "a", "b", "b/c", "l"]);
    }

    #[tokio::test]
    async fn types_filter_what_is_shown_not_what_is_walked() {
        let dir = tree();
        let only = |t: Type| ListRequest { recurse: true, types: vec![t as i32], ..request(&dir) };
        assert_eq!(names(only(Type::Regular)).await, ["a", "b/c/d"]);
        assert_eq!(names(only(Type::Symlink)).await, ["l"]);
    }

    #[tokio::test]
    async fn a_file_is_listed_by_its_name() {
        let dir = tree();
        let root = dir.path().join("a").to_string_lossy().into_owned();
        assert_eq!(names(ListRequest { root, ..ListRequest::default() }).await, ["a"]);
    }

    #[tokio::test]
    async fn a_missing_root_is_an_error_of_the_call() {
        let request = ListRequest { root: "/no/such/folder".to_owned(), ..ListRequest::default() };
        let error = list(&Pool::new("tests", 4), request).await.err().unwrap();
        assert_eq!(error.code(), tonic::Code::Unknown);
        assert!(error.message().contains("/no/such/folder"), "{error}");
    }
}
