//! `talosctl processes`.

use clap::ValueEnum;
use proto::machine::ProcessInfo;

use crate::global::Global;
use crate::node::Node;
use crate::output::{Table, human};
use crate::session::Session;

/// Order of processes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Order {
    /// By memory
    #[default]
    Rss,
    /// By processor time
    Cpu,
}

/// List processes
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl -n 10.5.0.2 processes
  talosctl -n 10.5.0.2 processes --sort cpu")]
pub struct Args {
    /// What comes first
    #[arg(short, long, value_enum, default_value_t)]
    sort: Order,
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let session = Session::open(global)?;
    let ask = async |node: Node| Ok(node.machine().processes(node.request(())).await?.into_inner());
    let (answers, failures) = session.gather(ask).await?;
    let heading = ["NODE", "PID", "STATE", "THREADS", "CPU-TIME", "VIRTMEM", "RESMEM", "LABEL", "COMMAND"];
    let mut table = Table::new(heading).with_gap(2);
    for (node, answer) in answers {
        let mut processes: Vec<ProcessInfo> = answer.messages.into_iter().flat_map(|m| m.processes).collect();
        match args.sort {
            Order::Rss => processes.sort_by_key(|p| std::cmp::Reverse(p.resident_memory)),
            Order::Cpu => processes.sort_by(|a, b| b.cpu_time.total_cmp(&a.cpu_time)),
        }
        for process in &processes {
            table.row(row(&node, process));
        }
    }
    table.print()?;
    failures.into_result("error getting processes")
}

pub(super) fn row(node: &str, p: &ProcessInfo) -> [String; 9] {
    let command = [&p.args, &p.executable, &p.command].into_iter().find(|text| !text.is_empty());
    // A process chooses its arguments: they must not steer the terminal.
    let command = command.map(|text| text.replace(|c: char| c.is_control(), " ")).unwrap_or_default();
    [
        node.to_owned(),
        p.pid.to_string(),
        p.state.clone(),
        p.threads.to_string(),
        format!("{:.2}", p.cpu_time),
        human::bytes(p.virtual_memory),
        human::bytes(p.resident_memory),
        p.label.clone(),
        command,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_a_row_and_its_arguments_do_not_steer_the_terminal() {
        let process = ProcessInfo {
            pid: 1,
            state: "S".into(),
            threads: 12,
            cpu_time: 1.589,
            virtual_memory: 1_400_000_000,
            resident_memory: 115_000_000,
            args: "/sbin/init\u{1b}[2J".into(),
            ..ProcessInfo::default()
        };
        assert_eq!(
            row("n", &process),
            ["n", "1", "S", "12", "1.59", "1.4 GB", "115 MB", "", "/sbin/init [2J"]
        );
    }
}
