//! Names of roles, as flags take them: a role that nobody knows is refused before anything is made of it.

use rpc::role::Role;

/// Reads the name of a role.
///
/// # Errors
/// If there is no such role; the text names those that there are.
pub fn parse(name: &str) -> Result<String, String> {
    match Role::parse(name) {
        Some(role) => Ok(role.name().to_owned()),
        None => Err(format!("unknown roles: {name}: use {}", Role::ALL.map(Role::name).join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_roles_that_exist_are_taken() {
        for role in Role::ALL {
            assert_eq!(parse(role.name()), Ok(role.name().to_owned()));
        }
        for name in ["admin", "os:nosuch", "", "os:Admin", " os:admin"] {
            let error = parse(name).unwrap_err();
            assert!(
                error.starts_with(&format!("unknown roles: {name}")) && error.contains("os:etcd:backup"),
                "{error}"
            );
        }
    }
}
