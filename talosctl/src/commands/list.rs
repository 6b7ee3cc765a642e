//! `talosctl list`.

use std::time::{Duration, SystemTime};

use clap::ValueEnum;
use proto::machine::list_request::Type;
use proto::machine::{FileInfo, ListRequest};

use crate::failure::usage;
use crate::global::Global;
use crate::gomode;
use crate::node::Node;
use crate::output::{Table, human, note};
use crate::session::Session;

/// Kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Regular file
    F,
    /// Folder
    D,
    /// Symbolic link
    #[value(alias = "L")]
    L,
}

/// List files of nodes
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl list -l /var/log
  talosctl list -d 2 -t f /etc/kubernetes")]
pub struct Args {
    /// Where to look
    #[arg(default_value = "/")]
    path: String,
    /// Show details
    #[arg(short, long)]
    long: bool,
    /// Sizes and times for people
    #[arg(short = 'H', long)]
    humanize: bool,
    /// Everything below
    #[arg(short, long)]
    recurse: bool,
    /// How deep to look
    #[arg(short, long, value_name = "N")]
    depth: Option<i32>,
    /// Only files of these types
    #[arg(short = 't', long = "type", value_name = "TYPE", value_delimiter = ',')]
    types: Vec<Kind>,
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    if args.recurse && args.depth.is_some() {
        return Err(usage("only one of flags --recurse and --depth can be specified at the same time"));
    }
    let depth = args.depth.unwrap_or(1);
    let request = ListRequest {
        root: args.path.clone(),
        recurse: args.recurse || depth > 1,
        recursion_depth: if args.recurse { 0 } else { depth },
        types: args.types.iter().map(|kind| wire(*kind) as i32).collect(),
        report_xattrs: args.long,
    };
    let session = Session::open(global)?;
    let list = async |node: Node| {
        let mut stream = node.machine().list(node.request(request.clone())).await?.into_inner();
        let mut files = Vec::new();
        while let Some(file) = stream.message().await? {
            files.push(file);
        }
        Ok(files)
    };
    let (answers, failures) = session.gather(list).await?;
    let mut table = Table::new(heading(&args));
    for (node, file) in answers.iter().flat_map(|(node, files)| files.iter().map(move |file| (node, file))) {
        if file.error.is_empty() {
            table.row(row(node, file, &args, SystemTime::now()));
        } else {
            note(&format!("{node}: error reading file {}: {}", file.name, file.error));
        }
    }
    table.print()?;
    failures.into_plain_result("")
}

fn wire(kind: Kind) -> Type {
    match kind {
        Kind::F => Type::Regular,
        Kind::D => Type::Directory,
        Kind::L => Type::Symlink,
    }
}

fn heading(args: &Args) -> Vec<&'static str> {
    match (args.long, args.humanize) {
        (false, _) => vec!["NODE", "NAME"],
        (true, false) => vec!["NODE", "MODE", "UID", "GID", "SIZE(B)", "LASTMOD", "LABEL", "NAME"],
        (true, true) => vec!["NODE", "MODE", "UID", "GID", "SIZE", "LASTMOD", "LABEL", "NAME"],
    }
}

fn row(node: &str, file: &FileInfo, args: &Args, now: SystemTime) -> Vec<String> {
    let name = file.relative_name.clone();
    if !args.long {
        return vec![node.to_owned(), name];
    }
    let size = if args.humanize {
        human::bytes(u64::try_from(file.size).unwrap_or(0))
    } else {
        file.size.to_string()
    };
    let modified =
        if args.humanize { human::relative(moment(file.modified), now) } else { human::stamp(file.modified) };
    let label = file.xattrs.iter().find(|x| x.name == "security.selinux");
    let label = label.map(|x| String::from_utf8_lossy(&x.data).trim_end_matches('\0').to_owned());
    let link = if file.link.is_empty() { String::new() } else { format!(" -> {}", file.link) };
    vec![
        node.to_owned(),
        gomode::text(file.mode),
        file.uid.to_string(),
        file.gid.to_string(),
        size,
        modified,
        label.unwrap_or_default(),
        name + &link,
    ]
}

fn moment(seconds: i64) -> SystemTime {
    let away = Duration::from_secs(seconds.unsigned_abs());
    let moment = if seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(away)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(away)
    };
    moment.unwrap_or(SystemTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(long: bool, humanize: bool) -> Args {
        Args { path: "/".into(), long, humanize, recurse: false, depth: None, types: vec![] }
    }

    fn file() -> FileInfo {
        FileInfo {
            relative_name: "apid".into(),
            size: 60,
            mode: (1 << 31) | 0o751,
            modified: 1_795_231_958,
            xattrs: vec![proto::machine::Xattr {
                name: "security.selinux".into(),
                data: b"label\0".to_vec(),
            }],
            ..FileInfo::default()
        }
    }

    #[test]
    fn details_are_columns_and_a_link_shows_where_it_leads() {
        let now = moment(1_795_231_958 + 90);
        let mut link = file();
        link.link = "/x".into();
        let plain = row("n", &file(), &args(true, false), now);
        assert_eq!(plain, ["n", "drwxr-x--x", "0", "0", "60", "Nov 21 03:32:38", "label", "apid"]);
        let human = row("n", &link, &args(true, true), now);
        assert_eq!(human, ["n", "drwxr-x--x", "0", "0", "60 B", "1 minute ago", "label", "apid -> /x"]);
        assert_eq!(row("n", &file(), &args(false, false), now), ["n", "apid"]);
    }
}
