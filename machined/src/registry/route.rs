//! What a request asks for.

/// A request to the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route<'a> {
    /// Is the registry there?
    Health,
    /// Does it speak version 2?
    Base,
    /// A manifest of a repository by tag or digest.
    Manifest { repository: &'a str, reference: &'a str },
    /// A blob by digest.
    Blob { digest: &'a str },
    /// Anything else.
    Unknown,
}

/// Reads a request path.
pub(super) fn route(path: &str) -> Route<'_> {
    match path {
        "/healthz" => return Route::Health,
        "/v2" | "/v2/" => return Route::Base,
        _ => {}
    }
    let Some(rest) = path.strip_prefix("/v2/") else { return Route::Unknown };
    // Repositories have slashes in them, so the last two components decide.
    let Some((head, reference)) = rest.rsplit_once('/') else { return Route::Unknown };
    match head.rsplit_once('/') {
        Some((repository, "manifests")) if !repository.is_empty() && !reference.is_empty() => {
            Route::Manifest { repository, reference }
        }
        Some((_, "blobs")) if sha256(reference).is_some() => Route::Blob { digest: reference },
        _ => Route::Unknown,
    }
}

/// The registry that a mirror is asked to stand for: `ns` of the query, percent-decoded as far as host
/// names need it (`:` of a port).
pub(super) fn namespace(query: Option<&str>) -> Option<String> {
    let value = query?.split('&').find_map(|pair| pair.strip_prefix("ns="))?;
    Some(value.replace("%3A", ":").replace("%3a", ":"))
}

/// The hexadecimal part of a sha256 digest, if it is a well-formed one: safe as a file name.
pub(super) fn sha256(digest: &str) -> Option<&str> {
    let hex = digest.strip_prefix("sha256:")?;
    let valid = hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    valid.then_some(hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn paths_lead_to_manifests_and_blobs_of_repositories_with_slashes() {
        let blob = format!("/v2/coredns/coredns/blobs/{DIGEST}");
        let cases = [
            ("/healthz", Route::Health),
            ("/v2/", Route::Base),
            ("/v2", Route::Base),
            ("/v2/etcd/manifests/3.7.1", Route::Manifest { repository: "etcd", reference: "3.7.1" }),
            (
                "/v2/coredns/coredns/manifests/v1",
                Route::Manifest { repository: "coredns/coredns", reference: "v1" },
            ),
            (blob.as_str(), Route::Blob { digest: DIGEST }),
            ("/v2/x/blobs/sha256:../../etc/passwd", Route::Unknown),
            ("/v2/x/blobs/sha256:ABCD", Route::Unknown),
            ("/v2/x/tags/list", Route::Unknown),
            ("/v2//manifests/x", Route::Unknown),
            ("/etc/passwd", Route::Unknown),
        ];
        for (path, expected) in cases {
            assert_eq!(route(path), expected, "{path}");
        }
    }

    #[test]
    fn the_registry_that_is_meant_comes_from_the_query() {
        assert_eq!(namespace(Some("ns=registry.k8s.io")).as_deref(), Some("registry.k8s.io"));
        assert_eq!(namespace(Some("a=b&ns=host%3A5000")).as_deref(), Some("host:5000"));
        assert_eq!(namespace(Some("a=b")), None);
        assert_eq!(namespace(None), None);
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_asked_for_a_blob_is_named_by_its_digest_and_nothing_else(path in "[/a-f0-9:.%v2blobsmanifests-]{0,160}") {
            for path in [path.clone(), format!("/v2/{path}/blobs/sha256:{path}"), format!("/v2{path}")] {
                if let Route::Blob { digest } = route(&path) {
                    let hex = digest.strip_prefix("sha256:").unwrap();
                    proptest::prop_assert!(hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
                }
                let _ = namespace(Some(&path));
            }
        }
    }
}
