//! `talosctl meta`.

use proto::machine::{MetaDeleteRequest, MetaWriteRequest};

use crate::global::{Global, InsecureAnywhere};
use crate::node::Node;
use crate::session::Session;

/// Write and delete keys of the META partition
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    insecure: InsecureAnywhere,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Write a key
    #[command(after_help = "Examples:\n  talosctl -n 10.5.0.2 meta write 0x0a '{\"addresses\": []}'")]
    Write {
        /// 0 to 255: decimal, 0x, 0o or 0b
        #[arg(value_parser = parse_key)]
        key: u8,
        /// What to write
        value: String,
    },
    /// Delete a key
    #[command(after_help = "Examples:\n  talosctl -n 10.5.0.2 meta delete 0x0a")]
    Delete {
        /// 0 to 255: decimal, 0x, 0o or 0b
        #[arg(value_parser = parse_key)]
        key: u8,
    },
}

fn parse_key(text: &str) -> Result<u8, String> {
    let lower = text.to_lowercase();
    let (digits, radix) = [("0x", 16), ("0o", 8), ("0b", 2)]
        .into_iter()
        .find_map(|(prefix, radix)| Some((lower.strip_prefix(prefix)?, radix)))
        .unwrap_or((&lower, 10));
    u8::from_str_radix(digits, radix)
        .map_err(|_| format!("{text:?} is not a key: a number from 0 to 255, as in 10, 0x0a, 0o12 or 0b1010"))
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let session = Session::open_for(global, &args.insecure.into())?;
    match args.command {
        Command::Write { key, value } => {
            let work = async |node: Node| {
                let value = value.clone().into_bytes();
                node.machine().meta_write(node.request(MetaWriteRequest { key: key.into(), value })).await?;
                Ok(())
            };
            session.each("error writing meta key", work).await
        }
        Command::Delete { key } => {
            let work = async |node: Node| {
                node.machine().meta_delete(node.request(MetaDeleteRequest { key: key.into() })).await?;
                Ok(())
            };
            session.each("error deleting meta key", work).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_in_every_usual_base() {
        for (text, key) in [("10", 10), ("0x0a", 10), ("0XFF", 255), ("0o12", 10), ("0b1010", 10), ("0", 0)] {
            assert_eq!(parse_key(text), Ok(key), "{text}");
        }
        for wrong in ["256", "-1", "0x100", "", "0x", "a"] {
            assert!(parse_key(wrong).is_err(), "{wrong}");
        }
    }
}
