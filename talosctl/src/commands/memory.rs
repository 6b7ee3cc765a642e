//! `talosctl memory`.

use proto::machine::MemInfo;

use crate::global::{Global, Insecure};
use crate::node::Node;
use crate::output::{Table, print};
use crate::session::Session;

/// Show how memory is used
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl -n 10.5.0.2 memory
  talosctl -n 10.5.0.2 memory --verbose")]
pub struct Args {
    /// Everything that the kernel says about it
    #[arg(short, long)]
    verbose: bool,
    #[command(flatten)]
    insecure: Insecure,
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let session = Session::open_for(global, &args.insecure)?;
    let ask = async |node: Node| Ok(node.machine().memory(node.request(())).await?.into_inner());
    let (answers, failures) = session.gather(ask).await?;
    let infos: Vec<(String, MemInfo)> = answers
        .into_iter()
        .flat_map(|(node, answer)| answer.messages.into_iter().map(move |m| (node.clone(), m)))
        .map(|(node, memory)| (node, memory.meminfo.unwrap_or_default()))
        .collect();
    if args.verbose {
        for (node, info) in &infos {
            print(&verbose(node, info))?;
        }
    } else {
        summary(&infos).print()?;
    }
    failures.into_result("error getting memory stats")
}

fn summary(infos: &[(String, MemInfo)]) -> Table {
    let mut table = Table::new(["NODE", "TOTAL", "USED", "FREE", "SHARED", "BUFFERS", "CACHE", "AVAILABLE"]);
    for (node, m) in infos {
        let used = m.memtotal.saturating_sub(m.memfree).saturating_sub(m.cached).saturating_sub(m.buffers);
        // The kernel counts kibibytes.
        let figures = [m.memtotal, used, m.memfree, m.shmem, m.buffers, m.cached, m.memavailable];
        table.row(std::iter::once(node.clone()).chain(figures.map(|kib| (kib / 1024).to_string())));
    }
    table
}

fn verbose(node: &str, m: &MemInfo) -> String {
    let fields = [
        ("MemTotal", m.memtotal),
        ("MemFree", m.memfree),
        ("MemAvailable", m.memavailable),
        ("Buffers", m.buffers),
        ("Cached", m.cached),
        ("SwapCached", m.swapcached),
        ("Active", m.active),
        ("Inactive", m.inactive),
        ("ActiveAnon", m.activeanon),
        ("InactiveAnon", m.inactiveanon),
        ("ActiveFile", m.activefile),
        ("InactiveFile", m.inactivefile),
        ("Unevictable", m.unevictable),
        ("Mlocked", m.mlocked),
        ("SwapTotal", m.swaptotal),
        ("SwapFree", m.swapfree),
        ("Dirty", m.dirty),
        ("Writeback", m.writeback),
        ("AnonPages", m.anonpages),
        ("Mapped", m.mapped),
        ("Shmem", m.shmem),
        ("Slab", m.slab),
        ("SReclaimable", m.sreclaimable),
        ("SUnreclaim", m.sunreclaim),
        ("KernelStack", m.kernelstack),
        ("PageTables", m.pagetables),
        ("NFSUnstable", m.nfsunstable),
        ("Bounce", m.bounce),
        ("WritebackTmp", m.writebacktmp),
        ("CommitLimit", m.commitlimit),
        ("CommittedAS", m.committedas),
        ("VmallocTotal", m.vmalloctotal),
        ("VmallocUsed", m.vmallocused),
        ("VmallocChunk", m.vmallocchunk),
        ("HardwareCorrupted", m.hardwarecorrupted),
        ("AnonHugePages", m.anonhugepages),
        ("ShmemHugePages", m.shmemhugepages),
        ("ShmemPmdMapped", m.shmempmdmapped),
        ("CmaTotal", m.cmatotal),
        ("CmaFree", m.cmafree),
        ("HugePagesTotal", m.hugepagestotal),
        ("HugePagesFree", m.hugepagesfree),
        ("HugePagesRsvd", m.hugepagesrsvd),
        ("HugePagesSurp", m.hugepagessurp),
        ("Hugepagesize", m.hugepagesize),
        ("DirectMap4k", m.directmap4k),
        ("DirectMap2M", m.directmap2m),
        ("DirectMap1G", m.directmap1g),
    ];
    let mut text = format!("NODE: {node}\n");
    for (name, value) in fields {
        // Huge pages are counted, everything else is kibibytes.
        let unit = if name.starts_with("HugePages") { "" } else { " kB" };
        text.push_str(&format!("{:<18} {value:>12}{unit}\n", format!("{name}:")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_mebibytes_and_used_is_what_nobody_can_have() {
        let info = MemInfo {
            memtotal: 24105 << 10,
            memfree: 22392 << 10,
            shmem: 10 << 10,
            buffers: 4 << 10,
            cached: 542 << 10,
            memavailable: 23052 << 10,
            ..MemInfo::default()
        };
        assert_eq!(
            summary(&[("10.5.0.3".into(), info)]).render(),
            "NODE       TOTAL   USED   FREE    SHARED   BUFFERS   CACHE   AVAILABLE\n\
             10.5.0.3   24105   1167   22392   10       4         542     23052\n"
        );
    }
}
