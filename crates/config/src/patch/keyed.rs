//! Finds the item of a list that a patch's item is merged into, as quickly in a long list as in a short one.

use std::collections::{HashMap, HashSet};

use super::delete::same;
use crate::yaml::Node;

/// The items of a list by their keys. Items may be changed, and added with [`Places::add`].
pub(super) struct Places {
    keys: &'static [&'static str],
    /// The first item with these of the keys, and with this text under one of them.
    first: HashMap<(u8, usize, String), usize>,
    /// Which of the keys items have, each combination once.
    combinations: Vec<u8>,
    /// The items without any of the keys that were there from the beginning.
    without: HashSet<String>,
}

impl Places {
    pub(super) fn new(items: &[Node], keys: &'static [&'static str]) -> Self {
        let mut places =
            Self { keys, first: HashMap::new(), combinations: Vec::new(), without: HashSet::new() };
        let without =
            items.iter().filter(|item| places.combination(item) == 0).map(Node::fingerprint).collect();
        places.without = without;
        items.iter().enumerate().for_each(|(index, item)| places.add(index, item));
        places
    }

    /// Which of the keys an item has, as bits.
    fn combination(&self, item: &Node) -> u8 {
        let has = |key: &str| item.get(key).is_some_and(|value| !value.is_null());
        self.keys.iter().take(8).enumerate().filter(|(_, key)| has(key)).map(|(bit, _)| 1 << bit).sum()
    }

    /// Notes an item, or one that has changed.
    pub(super) fn add(&mut self, index: usize, item: &Node) {
        let combination = self.combination(item);
        if !self.combinations.contains(&combination) {
            self.combinations.push(combination);
        }
        for (bit, key) in self.keys.iter().enumerate() {
            if let Some(value) = item.get(key).filter(|value| !value.is_null()) {
                self.first.entry((combination, bit, value.fingerprint())).or_insert(index);
            }
        }
    }

    /// Whether an item of a patch that nothing tells apart was there before: the patch has been applied before.
    pub(super) fn holds(&self, patch: &Node) -> bool {
        self.combination(patch) == 0
            && !self.without.is_empty()
            && self.without.contains(&patch.fingerprint())
    }

    /// The first item that is the same as one of a patch: the first key that both have is equal.
    pub(super) fn find(&self, items: &[Node], patch: &Node) -> Option<usize> {
        let own = self.combination(patch);
        let candidates = self.combinations.iter().filter_map(|combination| {
            let both = combination & own;
            let bit = usize::try_from(both.trailing_zeros()).ok().filter(|_| both != 0)?;
            let value = patch.get(self.keys.get(bit)?)?;
            self.first.get(&(*combination, bit, value.fingerprint())).copied()
        });
        // Items that have changed since may no longer be what they were noted as.
        candidates.filter(|index| items.get(*index).is_some_and(|item| self.matches(item, patch))).min()
    }

    fn matches(&self, item: &Node, patch: &Node) -> bool {
        let both = self.keys.iter().find_map(|key| Some((item.get(key)?, patch.get(key)?)));
        both.is_some_and(|(item, patch)| !item.is_null() && same(item, patch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(text: &str) -> Vec<Node> {
        let documents = crate::yaml::read(text.as_bytes()).unwrap();
        documents[0].root.as_seq().unwrap().to_vec()
    }

    #[test]
    fn the_first_key_that_both_have_decides() {
        let list = items(
            "- {a: 1, b: x}\n- {b: x}\n- {a: 2}\n- {c: 1}\n- {a: 2, b: {k: v, l: w}}\n- {b: {l: w, k: v}}\n",
        );
        let places = Places::new(&list, &["a", "b"]);
        for (patch, expected) in [
            ("{a: '1'}", Some(0)),
            ("{a: 2, b: x}", Some(1)),
            ("{a: 3, b: y}", None),
            ("{b: x}", Some(0)),
            ("{a: 2}", Some(2)),
            ("{b: {k: v, l: w}}", Some(4)),
            ("{a: 9, b: {k: v, l: w}}", Some(5)),
            ("{c: 1}", None),
            ("{a: ~}", None),
        ] {
            let patch = items(&format!("- {patch}\n")).remove(0);
            assert_eq!(places.find(&list, &patch), expected, "{patch:?}");
        }
    }
}
