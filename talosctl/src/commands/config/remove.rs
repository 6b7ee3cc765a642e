//! `talosctl config remove`.

use crate::credentials;
use crate::failure::usage;
use crate::global::Global;
use crate::output::print;
use crate::prompt;

/// Remove contexts
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl config remove old-cluster
  talosctl config remove -y 'test-*'")]
pub struct Args {
    /// Name of the context, `*` and `?` stand for any letters and any letter
    pattern: String,
    /// Do not ask
    #[arg(short = 'y', long)]
    noconfirm: bool,
    /// Say what would be removed, remove nothing
    #[arg(long)]
    dry_run: bool,
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let mut file = credentials::open(global)?;
    let matching: Vec<String> =
        file.config.contexts.keys().filter(|name| glob(&args.pattern, name)).cloned().collect();
    anyhow::ensure!(!matching.is_empty(), "no context matches {:?}", args.pattern);
    let mut changed = false;
    for name in matching {
        if name == file.config.context {
            print(&format!(
                "skipping removal of current context {name:?}, change it to another one before removal\n"
            ))?;
            continue;
        }
        if args.dry_run {
            print(&format!("would remove context {name:?}\n"))?;
            continue;
        }
        if !args.noconfirm {
            if !prompt::somebody_there() {
                return Err(usage("there is nobody to ask: use the flag -y to remove without asking"));
            }
            if !prompt::confirm(&format!("remove context {name:?}")).await {
                continue;
            }
        }
        file.config.contexts.shift_remove(&name);
        print(&format!("removed context {name:?}\n"))?;
        changed = true;
    }
    if changed { file.save() } else { Ok(()) }
}

/// Whether a name has the form that a pattern describes.
fn glob(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    // Which beginnings of the name the pattern so far describes.
    let mut reached = vec![false; name.len() + 1];
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    for letter in pattern {
        let mut next = vec![false; name.len() + 1];
        let mut any = false;
        for (at, fits) in next.iter_mut().enumerate() {
            any |= reached.get(at).copied().unwrap_or(false);
            let before = at.checked_sub(1);
            let came = before.and_then(|before| reached.get(before)).copied().unwrap_or(false);
            let same = before.and_then(|before| name.get(before)) == Some(&letter);
            *fits = if letter == '*' { any } else { came && (letter == '?' || same) };
        }
        reached = next;
    }
    reached.last().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_describe_names() {
        for (pattern, name, fits) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "ab", true),
            ("*", "", true),
            ("*b*", "abc", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("test-*-?", "test-one-2", true),
            ("", "a", false),
        ] {
            assert_eq!(glob(pattern, name), fits, "{pattern} {name}");
        }
    }
}
