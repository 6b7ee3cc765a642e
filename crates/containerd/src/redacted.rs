//! `Debug` of messages that carry credentials: says which fields are set, never what is in them.

use std::fmt;

use crate::generated::containerd::types::transfer::AuthResponse;
use crate::generated::runtime::v1::AuthConfig;

fn veil(value: &str) -> &'static str {
    if value.is_empty() { "" } else { "<redacted>" }
}

impl fmt::Debug for AuthResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthResponse")
            .field("auth_type", &self.auth_type)
            .field("secret", &veil(&self.secret))
            .field("username", &veil(&self.username))
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for AuthConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthConfig")
            .field("username", &veil(&self.username))
            .field("password", &veil(&self.password))
            .field("auth", &veil(&self.auth))
            .field("server_address", &self.server_address)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_do_not_show_in_debug_output() {
        let answer = AuthResponse { secret: "s3cret".into(), username: "ada".into(), ..Default::default() };
        let config = AuthConfig { password: "s3cret".into(), auth: "czNjcmV0".into(), ..Default::default() };
        for text in [format!("{answer:?}"), format!("{config:?}")] {
            assert!(
                !text.contains("s3cret") && !text.contains("czNjcmV0") && !text.contains("ada"),
                "{text}"
            );
        }
    }
}
