//! Reads a bbolt database file: a B+ tree of pages, whose leaves hold buckets, which are such trees again.
//!
//! Only what looking through a snapshot needs; the file may be hostile: every offset is checked, and depth
//! is bounded.

use std::cell::Cell;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Marks a page that says where everything is.
const MAGIC: u32 = 0xED0C_DAED;

/// Bytes before a page's elements.
const HEADER: usize = 16;

/// Bytes of an element's own description, in branches and leaves.
const ELEMENT: usize = 16;

/// Bytes of a bucket's own description.
const BUCKET: usize = 16;

/// Page sizes that occur: the operating system's.
const PAGE_SIZES: [u64; 5] = [4096, 8192, 16_384, 32_768, 65_536];

/// Deeper than any tree that fits on a disk.
const DEEPEST: usize = 32;

/// Pages that one page may extend over: 1 GiB in pages of 4 KiB, beyond the largest value of etcd.
const LONGEST: u32 = 1 << 18;

const BRANCH: u16 = 0x01;
const LEAF: u16 = 0x02;

/// The file is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum BoltError {
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// It has another form.
    #[error("the file is not a database: {0}")]
    Form(&'static str),
}

/// An open database.
pub struct Database {
    file: File,
    page_size: u64,
    /// The tree of buckets.
    root: u64,
    /// Number of pages in use.
    pages: u64,
    /// Pages that may still be visited: each belongs to one tree only, so a tree with a loop ends here.
    budget: Cell<u64>,
}

/// A bucket: where its tree begins.
pub struct Bucket {
    root: u64,
    /// Small buckets lie within their parent's leaf.
    inline: Vec<u8>,
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().copied().map(u64::from_le_bytes)
}

/// Where everything is, as one of the two pages at the beginning says.
struct Meta {
    page_size: u64,
    root: u64,
    pages: u64,
    transaction: u64,
}

fn meta(page: &[u8]) -> Option<Meta> {
    let at = |offset| HEADER + offset;
    if u32_at(page, at(0))? != MAGIC || u32_at(page, at(4))? != 2 {
        return None;
    }
    let sum = u64_at(page, at(56))?;
    let page_size = u64::from(u32_at(page, at(8))?);
    let whole = fnv1a(page.get(at(0)..at(56))?) == sum && PAGE_SIZES.contains(&page_size);
    whole.then_some(Meta {
        page_size,
        root: u64_at(page, at(16))?,
        pages: u64_at(page, at(40))?,
        transaction: u64_at(page, at(48))?,
    })
}

fn fnv1a(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// One entry of a leaf.
struct Entry<'a> {
    is_bucket: bool,
    key: &'a [u8],
    value: &'a [u8],
}

impl Database {
    /// Opens a file.
    ///
    /// # Errors
    /// If it is no database.
    pub fn open(file: File) -> Result<Self, BoltError> {
        let mut newest: Option<Meta> = None;
        let mut head = [0u8; HEADER + 64];
        // The second of the two lies where the second page begins, whose size only it may tell.
        for at in std::iter::once(0).chain(PAGE_SIZES) {
            if file.read_exact_at(&mut head, at).is_err() {
                break;
            }
            let Some(found) = meta(&head).filter(|m| at == 0 || m.page_size == at) else { continue };
            if newest.as_ref().is_none_or(|known| known.transaction < found.transaction) {
                newest = Some(found);
            }
        }
        let Meta { page_size, root, pages, .. } =
            newest.ok_or(BoltError::Form("there is no valid description at its beginning"))?;
        let there = file.metadata()?.len();
        if pages.checked_mul(page_size).is_none_or(|size| size > there) {
            return Err(BoltError::Form("it is shorter than it says"));
        }
        Ok(Self { file, page_size, root, pages, budget: Cell::new(pages) })
    }

    /// Bytes in use.
    pub fn size(&self) -> u64 {
        self.pages * self.page_size
    }

    /// The buckets at the top, by name.
    ///
    /// # Errors
    /// If the file is damaged.
    pub fn buckets(&self) -> Result<Vec<(Vec<u8>, Bucket)>, BoltError> {
        let mut found = Vec::new();
        let mut wrong = false;
        self.walk(self.root, 0, &mut |entry| match (entry.is_bucket, u64_at(entry.value, 0)) {
            (true, Some(root)) => {
                let inline = if root == 0 { entry.value.get(BUCKET..).unwrap_or_default() } else { &[] };
                found.push((entry.key.to_vec(), Bucket { root, inline: inline.to_vec() }));
            }
            _ => wrong = true,
        })?;
        if wrong {
            Err(BoltError::Form("there is something else than buckets at its top"))
        } else {
            Ok(found)
        }
    }

    /// Tells every key and value of a bucket, in order. Each bucket can be looked through once.
    ///
    /// # Errors
    /// If the file is damaged.
    pub fn each(&self, bucket: &Bucket, tell: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), BoltError> {
        let mut tell = |entry: Entry<'_>| tell(entry.key, entry.value);
        match bucket.root {
            0 => leaf(&bucket.inline, &mut tell),
            root => self.walk(root, 0, &mut tell),
        }
    }

    fn page(&self, id: u64) -> Result<Vec<u8>, BoltError> {
        if id >= self.pages {
            return Err(BoltError::Form("a page lies beyond its end"));
        }
        let at = id * self.page_size;
        let mut header = [0u8; HEADER];
        self.file.read_exact_at(&mut header, at)?;
        let overflow = u32_at(&header, 12).unwrap_or_default();
        if overflow > LONGEST || id + u64::from(overflow) >= self.pages {
            return Err(BoltError::Form("a page extends beyond its end"));
        }
        let length = (u64::from(overflow) + 1) * self.page_size;
        let mut page = vec![0; usize::try_from(length).map_err(|_| BoltError::Form("a page is too long"))?];
        self.file.read_exact_at(&mut page, at)?;
        Ok(page)
    }

    fn walk(&self, id: u64, depth: usize, tell: &mut dyn FnMut(Entry<'_>)) -> Result<(), BoltError> {
        let left = self.budget.get().checked_sub(1);
        self.budget.set(left.unwrap_or_default());
        if depth > DEEPEST || left.is_none() {
            return Err(BoltError::Form("its tree has no end"));
        }
        let page = self.page(id)?;
        match u16_at(&page, 8).unwrap_or_default() {
            LEAF => leaf(&page, tell),
            BRANCH => {
                for child in children(&page).ok_or(BoltError::Form("a branch is damaged"))? {
                    self.walk(child, depth + 1, tell)?;
                }
                Ok(())
            }
            _ => Err(BoltError::Form("a page is neither branch nor leaf")),
        }
    }
}

fn children(page: &[u8]) -> Option<Vec<u64>> {
    let count = usize::from(u16_at(page, 10)?);
    (0..count).map(|i| u64_at(page, HEADER + i * ELEMENT + 8)).collect()
}

fn leaf(page: &[u8], tell: &mut dyn FnMut(Entry<'_>)) -> Result<(), BoltError> {
    let count = u16_at(page, 10).ok_or(BoltError::Form("a leaf is cut"))?;
    for i in 0..usize::from(count) {
        tell(entry(page, HEADER + i * ELEMENT).ok_or(BoltError::Form("a leaf is damaged"))?);
    }
    Ok(())
}

fn entry(page: &[u8], at: usize) -> Option<Entry<'_>> {
    let number = |offset: usize| Some(u32_at(page, at + offset)? as usize);
    let (flags, position, key, value) = (number(0)?, number(4)?, number(8)?, number(12)?);
    let start = at.checked_add(position)?;
    let (key, rest) = page.get(start..)?.split_at_checked(key)?;
    Some(Entry { is_bucket: flags & 1 == 1, key, value: rest.get(..value)? })
}

/// A database of one page of keys, for tests.
#[cfg(test)]
pub(super) fn database_of(keys: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    tests::database_of(keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn element(flags: u32, position: u32, key: u32, value: u32) -> Vec<u8> {
        [flags, position, key, value].iter().flat_map(|n| n.to_le_bytes()).collect()
    }

    fn page(id: u64, flags: u16, count: u16, body: &[u8]) -> Vec<u8> {
        let mut page = id.to_le_bytes().to_vec();
        page.extend(flags.to_le_bytes());
        page.extend(count.to_le_bytes());
        page.extend(0u32.to_le_bytes());
        page.extend(body);
        page
    }

    fn padded(mut page: Vec<u8>) -> Vec<u8> {
        page.resize(4096, 0);
        page
    }

    /// Two descriptions, a leaf of buckets (one inline, one with a tree of its own), a leaf of one key.
    fn database() -> Vec<u8> {
        let key = [7u64.to_be_bytes().to_vec(), b"_".to_vec(), 0u64.to_be_bytes().to_vec()].concat();
        database_of(&[(key, b"val".to_vec())])
    }

    /// The same with these keys.
    pub(super) fn database_of(entries: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
        let meta = |transaction: u64| {
            let mut body: Vec<u8> = [MAGIC, 2, 4096, 0].iter().flat_map(|n| n.to_le_bytes()).collect();
            body.extend([2u64, 0, 9, 4, transaction].iter().flat_map(|n| n.to_le_bytes()));
            let sum = fnv1a(&body);
            body.extend(sum.to_le_bytes());
            padded(page(0, 4, 0, &body))
        };
        let inline = page(0, LEAF, 1, &[element(0, 16, 1, 1), b"av".to_vec()].concat());
        let bucket = |root: u64| [root, 0].iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>();
        let first = [b"alarm".to_vec(), bucket(0), inline].concat();
        let second = [b"key".to_vec(), bucket(3)].concat();
        let first_length = u32::try_from(first.len()).unwrap();
        let buckets =
            [element(1, 32, 5, first_length - 5), element(1, 16 + first_length, 3, 16), first, second]
                .concat();
        let (mut keys, mut content) = (Vec::new(), Vec::new());
        for (i, (key, value)) in entries.iter().enumerate() {
            let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap();
            // From the element itself: over those that follow, and what lies before.
            let position = (entries.len() - i) * ELEMENT + content.len();
            keys.extend(element(0, u32::try_from(position).unwrap(), length(key), length(value)));
            content.extend([key.as_slice(), value].concat());
        }
        let count = u16::try_from(entries.len()).unwrap();
        let keys = page(3, LEAF, count, &[keys, content].concat());
        [meta(1), meta(2), padded(page(2, LEAF, 2, &buckets)), padded(keys)].concat()
    }

    fn open(content: &[u8]) -> Result<Database, BoltError> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        Database::open(file)
    }

    #[test]
    fn buckets_within_their_parent_and_of_their_own_are_read() {
        let database = open(&database()).unwrap();
        let mut found = Vec::new();
        for (name, bucket) in database.buckets().unwrap() {
            let name = String::from_utf8(name).unwrap();
            database
                .each(&bucket, &mut |key, value| found.push((name.clone(), key.len(), value.to_vec())))
                .unwrap();
        }
        assert_eq!(found, [("alarm".into(), 1, b"v".to_vec()), ("key".to_owned(), 17, b"val".to_vec())]);
        assert_eq!(database.size(), 4 * 4096);
    }

    #[test]
    fn whatever_is_damaged_is_refused_without_harm() {
        let whole = database();
        assert!(open(&whole[..whole.len() - 1]).is_err());
        for at in 0..whole.len() {
            // Only where there is something.
            if whole[at] == 0 && at % 64 != 0 {
                continue;
            }
            for flip in [0xFF, 0x80] {
                let mut broken = whole.clone();
                broken[at] ^= flip;
                let Ok(database) = open(&broken) else { continue };
                for (_, bucket) in database.buckets().unwrap_or_default() {
                    let _ = database.each(&bucket, &mut |_, _| {});
                }
            }
        }
    }
}
