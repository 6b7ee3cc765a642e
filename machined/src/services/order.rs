//! In which order services stop: whoever depends on a service stops before it. Pure.

use std::collections::{BTreeMap, BTreeSet};

/// Dependencies by service.
pub type Dependencies = BTreeMap<String, Vec<String>>;

/// `ids` and everything that depends on them, directly or not.
pub fn with_dependents(ids: &[&str], dependencies: &Dependencies) -> BTreeSet<String> {
    let mut all: BTreeSet<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    loop {
        let more: Vec<String> = dependencies
            .iter()
            .filter(|(id, needs)| !all.contains(*id) && needs.iter().any(|n| all.contains(n)))
            .map(|(id, _)| id.clone())
            .collect();
        if more.is_empty() {
            return all;
        }
        all.extend(more);
    }
}

/// Services of `ids` that must have stopped before `id` may stop: those that depend on it.
/// A circle of dependencies binds nobody.
pub fn stop_before(id: &str, ids: &BTreeSet<String>, dependencies: &Dependencies) -> Vec<String> {
    let needs = |who: &str, whom: &str| with_dependents(&[whom], dependencies).contains(who) && who != whom;
    ids.iter().filter(|other| needs(other, id) && !needs(id, other)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dependencies() -> Dependencies {
        let list = [
            ("machined", vec![]),
            ("cri", vec![]),
            ("etcd", vec!["cri"]),
            ("kubelet", vec!["cri"]),
            ("ext-a", vec!["kubelet"]),
            ("apid", vec![]),
        ];
        list.into_iter()
            .map(|(id, needs)| (id.to_owned(), needs.into_iter().map(str::to_owned).collect()))
            .collect()
    }

    #[test]
    fn dependents_stop_first() {
        let all: BTreeSet<String> = dependencies().keys().cloned().collect();
        assert_eq!(stop_before("cri", &all, &dependencies()), ["etcd", "ext-a", "kubelet"]);
        assert_eq!(stop_before("kubelet", &all, &dependencies()), ["ext-a"]);
        assert!(stop_before("apid", &all, &dependencies()).is_empty());
        let few = BTreeSet::from(["cri".to_owned(), "etcd".to_owned()]);
        assert_eq!(stop_before("cri", &few, &dependencies()), ["etcd"]);
    }

    #[test]
    fn stopping_a_service_takes_what_depends_on_it_along() {
        let found: Vec<_> = with_dependents(&["cri"], &dependencies()).into_iter().collect();
        assert_eq!(found, ["cri", "etcd", "ext-a", "kubelet"]);
    }

    #[test]
    fn a_circle_does_not_hold_itself_up() {
        let circle = Dependencies::from([("a".into(), vec!["b".into()]), ("b".into(), vec!["a".into()])]);
        let all: BTreeSet<String> = circle.keys().cloned().collect();
        assert!(stop_before("a", &all, &circle).is_empty());
    }
}
