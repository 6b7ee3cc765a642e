//! The bounded past of one kind: what watches read, and how they notice that they fell behind.

use std::collections::VecDeque;

use resources::Resource;

use crate::{Bookmark, Error, Event, EventKind, Result};

/// Longest history of a kind, in events (contract api.md 6.4).
const CAPACITY: usize = 1024;

/// Something that happened to one resource.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub kind: EventKind,
    pub resource: Resource,
    pub old: Option<Resource>,
}

/// Ring of the latest changes. Positions count from 0 and are never reused.
#[derive(Debug, Default)]
pub(crate) struct History {
    changes: VecDeque<Change>,
    /// Position of the next change.
    next: u64,
}

impl History {
    pub fn push(&mut self, change: Change) {
        if self.changes.len() == CAPACITY {
            self.changes.pop_front();
        }
        self.changes.push_back(change);
        self.next += 1;
    }

    /// Position of the next change.
    pub fn end(&self) -> u64 {
        self.next
    }

    fn begin(&self) -> u64 {
        self.next - self.changes.len() as u64
    }

    /// Position from which the last `n` changes follow.
    pub fn tail(&self, n: usize) -> u64 {
        self.next - n.min(self.changes.len()) as u64
    }

    /// The change at `position`: `None` when it has not happened yet, an error when it is forgotten.
    pub fn at(&self, position: u64, kind: &str) -> Result<Option<&Change>> {
        if position < self.begin() {
            return Err(Error::Overrun(kind.to_owned()));
        }
        Ok(self.changes.get((position - self.begin()) as usize))
    }

    /// Whether a watch can go on at `position` without missing anything.
    pub fn covers(&self, position: u64) -> bool {
        (self.begin()..=self.next).contains(&position)
    }
}

/// Encodes a bookmark.
pub(crate) fn bookmark(process: [u8; 8], position: u64) -> Bookmark {
    [process, position.to_be_bytes()].concat()
}

/// Position in a bookmark of this process.
pub(crate) fn position(process: [u8; 8], bookmark: &[u8]) -> Result<u64> {
    let (head, tail) = bookmark.split_at_checked(8).ok_or(Error::InvalidBookmark)?;
    let tail: [u8; 8] = tail.try_into().map_err(|_| Error::InvalidBookmark)?;
    if head != process {
        return Err(Error::InvalidBookmark);
    }
    Ok(u64::from_be_bytes(tail))
}

/// How a change looks through a filter: entering it is a creation, leaving it a destruction.
pub(crate) fn rewrite(change: &Change, matches: impl Fn(&Resource) -> bool, mark: Bookmark) -> Option<Event> {
    let now = matches(&change.resource);
    let before = change.old.as_ref().map(&matches);
    let kind = match (change.kind, before, now) {
        (EventKind::Updated, Some(false), true) => EventKind::Created,
        (EventKind::Updated, Some(true), false) => EventKind::Destroyed,
        (_, _, false) => return None,
        (kind, _, true) => kind,
    };
    let old = (kind == EventKind::Updated).then(|| change.old.clone()).flatten();
    Some(Event { kind, resource: Some(change.resource.clone()), old, bookmark: mark })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(id: &str) -> Change {
        let resource =
            Resource { metadata: resources::Metadata::new("n", "t", id), spec: bytes::Bytes::new() };
        Change { kind: EventKind::Created, resource, old: None }
    }

    #[test]
    fn a_reader_that_is_overtaken_is_told_so() {
        let mut history = History::default();
        for i in 0..CAPACITY + 3 {
            history.push(change(&i.to_string()));
        }
        assert!(matches!(history.at(2, "k"), Err(Error::Overrun(_))));
        assert_eq!(history.at(3, "k").unwrap().unwrap().resource.metadata.id, "3");
        assert!(history.at(history.end(), "k").unwrap().is_none());
        assert_eq!(history.tail(2), history.end() - 2);
    }

    #[test]
    fn bookmarks_of_other_processes_and_garbage_are_refused() {
        let mark = bookmark([7; 8], 42);
        assert_eq!(position([7; 8], &mark).unwrap(), 42);
        for (process, bytes) in
            [([8; 8], mark.as_slice()), ([7; 8], &[]), ([7; 8], &[7; 8]), ([7; 8], &[7; 17])]
        {
            assert_eq!(position(process, bytes), Err(Error::InvalidBookmark));
        }
    }
}
