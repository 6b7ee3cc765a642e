//! `talosctl etcd`: the members of the control plane's database, and copies of it.

mod alarm;
mod care;
mod downgrade;
mod members;
mod snapshot;
mod status;

use crate::global::Global;

/// Manage etcd: members, snapshots, alarms, leadership
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    #[command(subcommand)]
    Alarm(alarm::Command),
    Defrag(care::Defrag),
    #[command(subcommand)]
    Downgrade(downgrade::Command),
    ForfeitLeadership(care::Forfeit),
    Leave(care::Leave),
    Members(members::Members),
    RemoveMember(members::Remove),
    Snapshot(snapshot::Args),
    Status(status::Args),
}

/// Runs it.
pub async fn run(global: &Global, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Alarm(command) => alarm::run(global, &command).await,
        Command::Defrag(_) => care::defrag(global).await,
        Command::Downgrade(command) => downgrade::run(global, command).await,
        Command::ForfeitLeadership(_) => care::forfeit(global).await,
        Command::Leave(_) => care::leave(global).await,
        Command::Members(_) => members::list(global).await,
        Command::RemoveMember(args) => members::remove(global, &args).await,
        Command::Snapshot(args) => snapshot::run(global, args).await,
        Command::Status(_) => status::run(global).await,
    }
}

/// A member's id as people and etcd's own tools write it.
fn hex(id: u64) -> String {
    format!("{id:016x}")
}
