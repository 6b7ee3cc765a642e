//! Settings of a process: defaults, then environment, then arguments.
//!
//! These are the few things that differ between runs of one program on one node (descriptors,
//! addresses, log level). What the node's configuration says comes from the store instead.

use anyhow::{Context, Result, bail};
use figment::Figment;
use figment::providers::{Env, Serialized};
use figment::value::Value;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What every daemon has.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Common {
    /// Descriptor of the store's socket.
    pub store_fd: Option<i32>,
    /// Descriptor of the supervision socket.
    pub supervision_fd: Option<i32>,
    /// What is logged: a level, or `level,target=level,…`.
    pub log_level: String,
}

impl Default for Common {
    fn default() -> Self {
        Self { store_fd: None, supervision_fd: None, log_level: "info".into() }
    }
}

const COMMON_KEYS: [&str; 3] = ["store_fd", "supervision_fd", "log_level"];

/// Reads the settings of the program `name` from this process' environment and arguments.
pub fn load<S: Serialize + DeserializeOwned>(name: &str, defaults: S) -> Result<(Common, S)> {
    layer(name, defaults, std::env::args().skip(1))
}

/// Like [`load`] with given arguments.
///
/// # Errors
/// If an argument is unknown, lacks its value or has one of the wrong type.
pub fn layer<S: Serialize + DeserializeOwned>(
    name: &str,
    defaults: S,
    args: impl Iterator<Item = String>,
) -> Result<(Common, S)> {
    let prefix = format!("{}_", name.to_ascii_uppercase());
    let environment = || Env::prefixed(&prefix);
    let known = serde_keys(&defaults);
    let mut common = Figment::from(Serialized::defaults(Common::default())).merge(environment());
    let mut own = Figment::from(Serialized::defaults(defaults)).merge(environment());
    for (key, value) in pairs(args)? {
        let target = if COMMON_KEYS.contains(&key.as_str()) {
            &mut common
        } else if known.contains(&key) {
            &mut own
        } else {
            let flags = COMMON_KEYS.iter().map(|key| (*key).to_owned()).chain(known.iter().cloned());
            let flags: Vec<String> = flags.map(|key| format!("--{}", key.replace('_', "-"))).collect();
            bail!("unknown argument --{}; {name} takes {}", key.replace('_', "-"), flags.join(", "));
        };
        *target = std::mem::take(target).merge(Serialized::global(&key, value));
    }
    let common = common.extract().with_context(|| format!("read the settings of {name}"))?;
    let own = own.extract().with_context(|| format!("read the settings of {name}"))?;
    Ok((common, own))
}

/// The names of a settings struct's fields.
fn serde_keys<S: Serialize>(defaults: &S) -> Vec<String> {
    match Value::serialize(defaults) {
        Ok(Value::Dict(_, dict)) => dict.into_keys().collect(),
        _ => Vec::new(),
    }
}

/// `--a-key value` and `--a-key=value` as (`a_key`, value).
fn pairs(mut args: impl Iterator<Item = String>) -> Result<Vec<(String, Value)>> {
    let mut found = Vec::new();
    while let Some(arg) = args.next() {
        let Some(flag) = arg.strip_prefix("--").filter(|flag| !flag.is_empty()) else {
            bail!("unexpected argument {arg:?}; arguments have the form --name value");
        };
        let (key, text) = match flag.split_once('=') {
            Some((key, value)) => (key.to_owned(), value.to_owned()),
            None => match args.next() {
                Some(value) => (flag.to_owned(), value),
                None => bail!("argument --{flag} lacks its value"),
            },
        };
        // Figment reads numbers and booleans out of text as it does for the environment.
        let value = text.parse::<Value>().unwrap_or_else(|_| Value::from(text.clone()));
        found.push((key.replace('-', "_"), value));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Own {
        listen: String,
        workers: u16,
    }

    fn defaults() -> Own {
        Own { listen: "[::]:50000".into(), workers: 1 }
    }

    fn args(list: &[&str]) -> impl Iterator<Item = String> {
        list.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>().into_iter()
    }

    #[test]
    fn without_anything_the_defaults_hold() {
        let (common, own) = layer("settings-none", defaults(), args(&[])).unwrap();
        assert_eq!((common, own), (Common::default(), defaults()));
    }

    #[test]
    fn arguments_win_over_defaults_in_both_forms() {
        let list = ["--store-fd", "3", "--supervision-fd=4", "--listen=127.0.0.1:1", "--workers", "2"];
        let (common, own) = layer("settings-args", defaults(), args(&list)).unwrap();
        assert_eq!((common.store_fd, common.supervision_fd), (Some(3), Some(4)));
        assert_eq!(own, Own { listen: "127.0.0.1:1".into(), workers: 2 });
    }

    #[test]
    fn wrong_arguments_are_refused_with_what_is_right() {
        for (list, text) in [
            (&["--nonsense", "1"][..], "unknown argument --nonsense; settings-bad takes --store-fd"),
            (&["--listen"], "argument --listen lacks its value"),
            (&["listen"], "unexpected argument \"listen\""),
            (&["--workers", "many"], "read the settings of settings-bad"),
        ] {
            let error = layer("settings-bad", defaults(), args(list)).unwrap_err();
            assert!(error.to_string().starts_with(text), "{error}");
        }
    }
}
