//! `talosctl time`.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proto::time::{Time, TimeRequest};

use crate::global::Global;
use crate::node::Node;
use crate::output::Table;
use crate::session::Session;

/// Compare the clocks of nodes with a time server
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl -n 10.5.0.2 time
  talosctl -n 10.5.0.2 time --check 10.5.0.1")]
pub struct Args {
    /// Ask this server instead of the configured one
    #[arg(long, value_name = "SERVER")]
    check: Option<String>,
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let session = Session::open(global)?;
    let ask = async |node: Node| {
        let mut client = node.time();
        let answer = match &args.check {
            Some(server) => client.time_check(node.request(TimeRequest { server: server.clone() })).await?,
            None => client.time(node.request(())).await?,
        };
        Ok(answer.into_inner())
    };
    let (answers, failures) = session.gather(ask).await?;
    if !answers.is_empty() {
        let mut table = Table::new(["NODE", "NTP-SERVER", "NODE-TIME", "NTP-SERVER-TIME"]);
        for (node, answer) in &answers {
            answer.messages.iter().for_each(|time| table.row(row(node, time)));
        }
        table.print()?;
    }
    failures.into_result("error fetching time")
}

fn row(node: &str, time: &Time) -> [String; 4] {
    let text = |time: Option<&prost_types::Timestamp>| {
        let time = time.and_then(|t| Timestamp::new(t.seconds, t.nanos).ok());
        time.map(|t| t.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S%.f +0000 UTC").to_string())
            .unwrap_or_default()
    };
    [node.to_owned(), time.server.clone(), text(time.localtime.as_ref()), text(time.remotetime.as_ref())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_with_their_fraction() {
        let stamp = prost_types::Timestamp { seconds: 1_795_231_958, nanos: 500_000_000 };
        let time = Time { server: "s".into(), localtime: Some(stamp), ..Time::default() };
        assert_eq!(row("n", &time), ["n", "s", "2026-11-21 03:32:38.5 +0000 UTC", ""]);
    }
}
