//! Lists a folder, or a tree.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use proto::machine::list_request::Type;
use proto::machine::{FileInfo, ListRequest, Xattr};
use tonic::Status;

use super::mode::wire_mode;
use super::{Gone, Sink, Walk, file_error, plain, rooted, walk};

/// Handles `List`.
pub fn list(request: ListRequest) -> Result<Walk<FileInfo>, Status> {
    let root = rooted(&request.root);
    let missing = |error: io::Error| plain(file_error("lstat", &root, &error));
    // A root that is a link stands for what it points to.
    let root = fs::canonicalize(&root).map_err(missing)?;
    let depth = match (request.recurse, usize::try_from(request.recursion_depth)) {
        (false, _) => 1,
        (true, Ok(depth)) if depth > 0 => depth,
        (true, _) => usize::MAX,
    };
    let lister = Lister { root: root.clone(), types: request.types, xattrs: request.report_xattrs, depth };
    Ok(walk(move |sink| lister.visit(sink, &root, 0)))
}

struct Lister {
    root: PathBuf,
    types: Vec<i32>,
    xattrs: bool,
    depth: usize,
}

impl Lister {
    fn visit(&self, sink: &Sink<FileInfo>, path: &Path, depth: usize) -> Result<(), Gone> {
        let metadata = match fs::symlink_metadata(path) {
            Ok(metadata) => metadata,
            Err(error) => return sink.send(self.failed(path, &error)),
        };
        if self.wanted(&metadata) {
            sink.send(self.info(path, &metadata))?;
        }
        if !metadata.is_dir() || depth >= self.depth {
            return Ok(());
        }
        match children(path) {
            Ok(children) => children.iter().try_for_each(|child| self.visit(sink, child, depth + 1)),
            Err(error) => sink.send(self.failed(path, &error)),
        }
    }

    fn wanted(&self, metadata: &Metadata) -> bool {
        let is = |typ: &i32| match Type::try_from(*typ) {
            Ok(Type::Regular) => metadata.is_file(),
            Ok(Type::Directory) => metadata.is_dir(),
            Ok(Type::Symlink) => metadata.is_symlink(),
            Err(_) => false,
        };
        self.types.is_empty() || self.types.iter().any(is)
    }

    fn info(&self, path: &Path, metadata: &Metadata) -> FileInfo {
        let link = match metadata.is_symlink() {
            true => fs::read_link(path).map(|l| l.to_string_lossy().into_owned()).unwrap_or_default(),
            false => String::new(),
        };
        FileInfo {
            name: path.to_string_lossy().into_owned(),
            relative_name: self.relative(path),
            size: metadata.size() as i64,
            mode: wire_mode(metadata),
            modified: metadata.mtime(),
            is_dir: metadata.is_dir(),
            link,
            uid: metadata.uid(),
            gid: metadata.gid(),
            xattrs: if self.xattrs { xattrs(path) } else { vec![] },
            ..FileInfo::default()
        }
    }

    fn failed(&self, path: &Path, error: &io::Error) -> FileInfo {
        FileInfo {
            name: path.to_string_lossy().into_owned(),
            relative_name: self.relative(path),
            error: error.to_string(),
            ..FileInfo::default()
        }
    }

    fn relative(&self, path: &Path) -> String {
        match path.strip_prefix(&self.root) {
            Ok(relative) if !relative.as_os_str().is_empty() => relative.to_string_lossy().into_owned(),
            _ => ".".to_owned(),
        }
    }
}

/// Entries of a folder by name.
pub(super) fn children(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut children = fs::read_dir(folder)?.map(|e| e.map(|e| e.path())).collect::<io::Result<Vec<_>>>()?;
    children.sort();
    Ok(children)
}

fn xattrs(path: &Path) -> Vec<Xattr> {
    sys::xattr::all(path).into_iter().map(|(name, data)| Xattr { name, data }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio_stream::StreamExt;

    async fn names(request: ListRequest) -> Vec<String> {
        list(request).unwrap().map(|i| i.unwrap().relative_name).collect().await
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
    async fn a_missing_root_is_an_error_of_the_call() {
        let request = ListRequest { root: "/no/such/folder".to_owned(), ..ListRequest::default() };
        let error = list(request).err().unwrap();
        assert_eq!(error.code(), tonic::Code::Unknown);
        assert!(error.message().contains("/no/such/folder"), "{error}");
    }
}
