//! `talosctl etcd alarm`.

use proto::machine::EtcdMemberAlarm;

use super::hex;
use crate::global::Global;
use crate::node::Node;
use crate::output::Table;
use crate::session::Session;

/// List or clear alarms of etcd
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List alarms
    ///
    /// Nothing is printed when there are none.
    #[command(after_help = "Examples:\n  talosctl -n 10.5.0.2 etcd alarm list")]
    List,
    /// Clear alarms, once their cause is gone
    #[command(after_help = "Examples:\n  talosctl -n 10.5.0.2 etcd alarm disarm")]
    Disarm,
}

/// Runs it.
pub async fn run(global: &Global, command: &Command) -> anyhow::Result<()> {
    let session = Session::open(global)?;
    let ask = async |node: Node| -> anyhow::Result<Vec<EtcdMemberAlarm>> {
        let mut client = node.machine();
        Ok(match command {
            Command::List => {
                let answer = client.etcd_alarm_list(node.request(())).await?.into_inner();
                answer.messages.into_iter().flat_map(|m| m.member_alarms).collect()
            }
            Command::Disarm => {
                let answer = client.etcd_alarm_disarm(node.request(())).await?.into_inner();
                answer.messages.into_iter().flat_map(|m| m.member_alarms).collect()
            }
        })
    };
    let (answers, failures) = session.gather(ask).await?;
    table(&answers).map_or(Ok(()), |table| table.print())?;
    failures.into_result(match command {
        Command::List => "error getting alarms",
        Command::Disarm => "error disarming alarms",
    })
}

fn table(answers: &[(String, Vec<EtcdMemberAlarm>)]) -> Option<Table> {
    let mut rows = answers.iter().flat_map(|(node, alarms)| alarms.iter().map(move |a| (node, a))).peekable();
    rows.peek()?;
    let mut table = Table::new(["NODE", "MEMBER", "ALARM"]);
    for (node, alarm) in rows {
        table.row([node.as_str(), &hex(alarm.member_id), alarm.alarm().as_str_name()]);
    }
    Some(table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::machine::etcd_member_alarm::AlarmType;

    #[test]
    fn no_alarm_is_no_output() {
        assert!(table(&[("a".into(), vec![])]).is_none());
        let alarm = EtcdMemberAlarm { member_id: 0xc3d3, alarm: AlarmType::Nospace as i32 };
        assert_eq!(
            table(&[("a".into(), vec![alarm])]).unwrap().render(),
            "NODE   MEMBER             ALARM\na      000000000000c3d3   NOSPACE\n"
        );
    }
}
