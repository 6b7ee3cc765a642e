//! Which items of two lists are the same thing: first those that are equal, in their order, then
//! between them those that begin with the same value, as patches tell items of lists apart.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::schema::{Shape, Type};
use crate::yaml::Node;

/// One step from the old list to the new one, by indices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The item is in both lists.
    Both(usize, usize),
    /// The item of the old list is gone.
    Gone(usize),
    /// The item of the new list has come.
    Come(usize),
}

/// The steps from one list to the other, in the order of the lists. Takes time in proportion to
/// the lists' length, but for a logarithm.
pub(super) fn align(old: &[Node], new: &[Node], item: &Type) -> Vec<Step> {
    let mut steps = Vec::with_capacity(old.len().max(new.len()));
    let (mut left, mut right) = (0, 0);
    for (old_index, new_index) in anchors(old, new, item) {
        between(old, new, (left, old_index), (right, new_index), item, &mut steps);
        steps.push(Step::Both(old_index, new_index));
        (left, right) = (old_index + 1, new_index + 1);
    }
    between(old, new, (left, old.len()), (right, new.len()), item, &mut steps);
    steps
}

/// Pairs of equal items, both indices growing: of the pairs by text, a longest growing row.
fn anchors(old: &[Node], new: &[Node], item: &Type) -> Vec<(usize, usize)> {
    let same = |(l, r): &(&Node, &Node)| super::same(l, r, item);
    let start = old.iter().zip(new).take_while(same).count();
    let room = old.len().min(new.len()) - start;
    let end = old.iter().rev().zip(new.iter().rev()).take(room).take_while(same).count();
    let mut pairs: Vec<(usize, usize)> = (0..start).map(|index| (index, index)).collect();
    let mut places: HashMap<String, VecDeque<usize>> = HashMap::new();
    for (index, node) in old.iter().enumerate().take(old.len() - end).skip(start) {
        places.entry(text(node, item)).or_default().push_back(index);
    }
    let middle = new.iter().enumerate().take(new.len() - end).skip(start);
    let found: Vec<(usize, usize)> = middle
        .filter_map(|(index, node)| Some((places.get_mut(&text(node, item))?.pop_front()?, index)))
        .collect();
    pairs.extend(longest_growing(&found));
    pairs.extend((0..end).rev().map(|back| (old.len() - 1 - back, new.len() - 1 - back)));
    pairs
}

/// A longest row of pairs whose first indices grow; the second ones do already.
fn longest_growing(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // The pair that ends the best row of each length, and for each pair the one before it.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (index, (first, _)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| pairs.get(*end).is_some_and(|(other, _)| other < first));
        before.push(length.checked_sub(1).and_then(|last| ends.get(last)).copied());
        match ends.get_mut(length) {
            Some(end) => *end = index,
            None => ends.push(index),
        }
    }
    let mut row = Vec::with_capacity(ends.len());
    let mut next = ends.last().copied();
    while let Some(index) = next {
        row.extend(pairs.get(index));
        next = before.get(index).copied().flatten();
    }
    row.reverse();
    row
}

/// What lies between two anchors: items that begin with the same value are one and the same; of the
/// others, as many on both sides are compared in their order.
fn between(
    old: &[Node],
    new: &[Node],
    (old_from, old_to): (usize, usize),
    (new_from, new_to): (usize, usize),
    item: &Type,
    steps: &mut Vec<Step>,
) {
    let mut known: HashMap<(&str, String), VecDeque<usize>> = HashMap::new();
    for (index, node) in old.iter().enumerate().take(old_to).skip(old_from) {
        if let Some(identity) = identity(node, item) {
            known.entry(identity).or_default().push_back(index);
        }
    }
    let mut partner: HashMap<usize, usize> = HashMap::new();
    for (index, node) in new.iter().enumerate().take(new_to).skip(new_from) {
        let found = identity(node, item).and_then(|identity| known.get_mut(&identity)?.pop_front());
        if let Some(old_index) = found {
            partner.insert(index, old_index);
        }
    }
    let taken: HashSet<usize> = partner.values().copied().collect();
    let gone: Vec<usize> = (old_from..old_to).filter(|index| !taken.contains(index)).collect();
    let come: Vec<usize> = (new_from..new_to).filter(|index| !partner.contains_key(index)).collect();
    if gone.len() == come.len() {
        partner.extend(come.into_iter().zip(gone));
    } else {
        steps.extend(gone.into_iter().map(Step::Gone));
    }
    steps.extend((new_from..new_to).map(|index| match partner.get(&index) {
        Some(old_index) => Step::Both(*old_index, index),
        None => Step::Come(index),
    }));
}

/// The first field of an item that is set, in the order of the table, with its value.
fn identity<'a>(node: &'a Node, item: &Type) -> Option<(&'a str, String)> {
    let map = node.as_map()?;
    let set = |node: &&Node| !node.is_null();
    match item {
        Type::Object(object) => object.fields().find_map(|field| {
            let value = map.get(field.key).filter(set)?;
            Some((field.key, text(value, &field.ty)))
        }),
        _ => {
            let (key, value) = map.iter().find(|(_, value)| set(value))?;
            (!value.is_collection()).then(|| (key.as_str(), text(value, &Type::Free)))
        }
    }
}

/// A text that values share which mean the same to a type.
fn text(node: &Node, ty: &Type) -> String {
    match ty {
        Type::Bool => bool::read(node).map_or_else(|| node.fingerprint(), |value| value.to_string()),
        _ => node.fingerprint(),
    }
}
