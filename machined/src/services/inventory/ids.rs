//! Names under which users know pods and containers (contract api.md 5.5). Pure.

/// Digits of a container's id that make its name unique.
const SHORT: usize = 12;

/// `namespace/pod`.
pub fn pod(namespace: &str, name: &str) -> String {
    format!("{namespace}/{name}")
}

/// `namespace/pod:container:<12 hex>`.
pub fn container(namespace: &str, pod: &str, name: &str, id: &str) -> String {
    format!("{namespace}/{pod}:{name}:{}", id.get(..SHORT).unwrap_or(id))
}

/// Whether a user means the container `full` (as [`container`] makes it): with the digits, or, as long as
/// one does not matter, without.
pub fn means(asked: &str, full: &str) -> bool {
    asked == full
        || full.rsplit_once(':').is_some_and(|(without, _)| asked == without && without.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_are_meant_with_and_without_their_digits_and_pods_by_their_own_name_only() {
        let full = container("kube-system", "coredns-1", "coredns", "0123456789abcdef");
        assert_eq!(full, "kube-system/coredns-1:coredns:0123456789ab");
        let cases = [
            ("kube-system/coredns-1:coredns:0123456789ab", true),
            ("kube-system/coredns-1:coredns", true),
            ("kube-system/coredns-1", false),
            ("coredns", false),
        ];
        for (asked, expected) in cases {
            assert_eq!(means(asked, &full), expected, "{asked}");
        }
        assert!(means("kube-system/coredns-1", &pod("kube-system", "coredns-1")));
    }
}
