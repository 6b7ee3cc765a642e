//! Command-line arguments of components: ours, the user's, and which of the two counts (contract os.md 6.1–6.3).

use std::collections::BTreeMap;

/// Arguments by name, each with one value or several (given repeatedly).
pub type Args = BTreeMap<String, Vec<String>>;

/// What the user may do to one argument of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Replace it.
    Overwrite,
    /// Add to it, comma-separated.
    Additive,
    /// Nothing: the argument is needed as it is.
    Denied,
}

/// An argument that must not be changed, and was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("extra argument {0:?} is not allowed to be overridden: remove it from extraArgs")]
pub struct Refused(pub String);

/// Our arguments with the user's merged in.
pub fn merge(mut ours: Args, users: &Args, policy: impl Fn(&str) -> Policy) -> Result<Args, Refused> {
    for (name, values) in users {
        match policy(name) {
            Policy::Denied => return Err(Refused(name.clone())),
            Policy::Overwrite => {
                ours.insert(name.clone(), values.clone());
            }
            Policy::Additive => {
                let merged = ours.entry(name.clone()).or_default();
                let mut parts: Vec<String> =
                    merged.iter().flat_map(|v| v.split(',')).map(str::to_owned).collect();
                let new = values.iter().flat_map(|v| v.split(',')).map(str::to_owned);
                new.for_each(|v| {
                    if !parts.contains(&v) {
                        parts.push(v)
                    }
                });
                parts.retain(|v| !v.is_empty());
                *merged = vec![parts.join(",")];
            }
        }
    }
    Ok(ours)
}

/// `--name=value` lines, sorted by name.
pub fn render(args: &Args) -> Vec<String> {
    args.iter()
        .flat_map(|(name, values)| values.iter().map(move |value| format!("--{name}={value}")))
        .collect()
}

/// Arguments from pairs.
pub fn of<'a>(pairs: impl IntoIterator<Item = (&'a str, String)>) -> Args {
    let mut args = Args::new();
    for (name, value) in pairs {
        args.entry(name.to_owned()).or_default().push(value);
    }
    args
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(name: &str) -> Policy {
        match name {
            "denied" => Policy::Denied,
            "additive" => Policy::Additive,
            _ => Policy::Overwrite,
        }
    }

    #[test]
    fn each_policy_does_what_its_name_says() {
        let ours = of([("plain", "1".to_owned()), ("additive", "a,b".to_owned())]);
        let users = of([("plain", "2".to_owned()), ("additive", "b,c".to_owned()), ("new", "x".to_owned())]);
        let merged = merge(ours.clone(), &users, policy).unwrap();
        assert_eq!(render(&merged), ["--additive=a,b,c", "--new=x", "--plain=2"]);
        let refused = merge(ours, &of([("denied", String::new())]), policy);
        assert_eq!(refused, Err(Refused("denied".to_owned())));
    }

    #[test]
    fn an_argument_may_be_given_several_times() {
        let args = of([("feature", "a".to_owned()), ("feature", "b".to_owned())]);
        assert_eq!(render(&args), ["--feature=a", "--feature=b"]);
    }
}
