//! Connection flags may stand before the command: `talosctl -n 10.5.0.2 get members`.

use std::ffi::OsString;

use crate::global::VALUE_FLAGS;

/// Moves connection flags, and flags that are written with their value, from before the command to behind it, where they are defined: commands that
/// do not connect use the same letters for something else.
pub fn hoist(args: Vec<OsString>) -> Vec<OsString> {
    let mut args = args.into_iter();
    let mut result: Vec<OsString> = args.next().into_iter().collect();
    let mut flags = Vec::new();
    while let Some(arg) = args.next() {
        match kind(&arg) {
            Kind::Command => {
                result.push(arg);
                break;
            }
            Kind::Other => {
                // Help, version, or a mistake: shown as it was said.
                result.push(arg);
                result.append(&mut flags);
                break;
            }
            Kind::Flag { with_value } => {
                flags.push(arg);
                if with_value {
                    flags.extend(args.next());
                }
            }
        }
    }
    result.append(&mut flags);
    result.extend(args);
    result
}

enum Kind {
    Command,
    Flag { with_value: bool },
    Other,
}

fn kind(arg: &OsString) -> Kind {
    let Some(text) = arg.to_str() else { return Kind::Command };
    if !text.starts_with('-') {
        return Kind::Command;
    }
    if VALUE_FLAGS.contains(&text) {
        return Kind::Flag { with_value: true };
    }
    let with_its_value =
        |flag: &&str| !flag.starts_with("--") && !text.starts_with("--") && text.starts_with(*flag);
    // A flag that has its value with it needs no knowledge of which it is.
    let complete = text.starts_with("--") && text.contains('=');
    match complete || VALUE_FLAGS.iter().any(with_its_value) {
        true => Kind::Flag { with_value: false },
        false => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connection_flags_move_behind_the_command_and_others_stay() {
        for (before, after) in [
            ("t -n a,b get members", "t get -n a,b members"),
            ("t --nodes=a -e b ls -l", "t ls --nodes=a -e b -l"),
            ("t -na version", "t version -na"),
            ("t --wait=false -n a reboot", "t reboot --wait=false -n a"),
            ("t get -n a", "t get -n a"),
            ("t --help", "t --help"),
            ("t -n a --help", "t --help -n a"),
            ("t validate -c file", "t validate -c file"),
            ("t -n", "t -n"),
            ("t", "t"),
        ] {
            let args = before.split(' ').map(OsString::from).collect();
            let hoisted: Vec<String> = hoist(args).into_iter().map(|a| a.into_string().unwrap()).collect();
            assert_eq!(hoisted.join(" "), after, "{before}");
        }
    }
}
