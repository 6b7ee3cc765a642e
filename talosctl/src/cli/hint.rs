//! What to do about errors that are told in words which scripts know, and which do not say it.

/// A part of an error, and the hint that follows it.
const HINTS: [(&str, &str); 4] = [
    (
        "x509: certificate signed by unknown authority",
        "a node in maintenance mode signs its own certificate: use --insecure; otherwise the context is another cluster's",
    ),
    (
        "tls: certificate required",
        "the node has a configuration already, and asks who calls: leave --insecure out and use a context with a certificate",
    ),
    (
        "no request forwarding",
        "the endpoint is a worker, which passes nothing on: name a control plane with --endpoints",
    ),
    (
        "JSON6902 patches are not supported for multi-document",
        "write it as a strategic merge patch: the part of the document that changes, with its apiVersion, kind and name",
    ),
];

/// The hint for an error, if there is one.
pub fn hint(error: &str) -> Option<&'static str> {
    HINTS.iter().find(|(part, _)| error.contains(part)).map(|(_, hint)| *hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_errors_have_a_hint_and_others_none() {
        let refused = "rpc error: code = PermissionDenied desc = no request forwarding";
        assert!(hint(refused).is_some_and(|hint| hint.contains("--endpoints")));
        assert_eq!(hint("rpc error: code = PermissionDenied desc = not authorized"), None);
    }
}
