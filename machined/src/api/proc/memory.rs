//! /proc/meminfo and /proc/loadavg.

use proto::machine::{LoadAvg, MemInfo, Memory};
use tonic::Status;

/// Handles `Memory`; sizes are kB.
pub fn memory() -> Result<Memory, Status> {
    Ok(Memory { metadata: None, meminfo: Some(parse_meminfo(&super::read("/proc/meminfo")?)) })
}

/// Handles `LoadAvg`.
pub fn load_avg() -> Result<LoadAvg, Status> {
    Ok(parse_loadavg(&super::read("/proc/loadavg")?))
}

fn parse_loadavg(text: &str) -> LoadAvg {
    let mut fields = text.split_ascii_whitespace().map(|f| f.parse().unwrap_or(0.0));
    let mut next = || fields.next().unwrap_or(0.0);
    LoadAvg { metadata: None, load1: next(), load5: next(), load15: next() }
}

/// Parses proc_meminfo(5).
pub fn parse_meminfo(text: &str) -> MemInfo {
    let mut info = MemInfo::default();
    for line in text.lines() {
        let Some((key, rest)) = line.split_once(':') else { continue };
        let value = rest.split_ascii_whitespace().next().and_then(|v| v.parse().ok()).unwrap_or(0);
        if let Some(field) = field(&mut info, key) {
            *field = value;
        }
    }
    info
}

fn field<'a>(m: &'a mut MemInfo, key: &str) -> Option<&'a mut u64> {
    Some(match key {
        "MemTotal" => &mut m.memtotal,
        "MemFree" => &mut m.memfree,
        "MemAvailable" => &mut m.memavailable,
        "Buffers" => &mut m.buffers,
        "Cached" => &mut m.cached,
        "SwapCached" => &mut m.swapcached,
        "Active" => &mut m.active,
        "Inactive" => &mut m.inactive,
        "Active(anon)" => &mut m.activeanon,
        "Inactive(anon)" => &mut m.inactiveanon,
        "Active(file)" => &mut m.activefile,
        "Inactive(file)" => &mut m.inactivefile,
        "Unevictable" => &mut m.unevictable,
        "Mlocked" => &mut m.mlocked,
        "SwapTotal" => &mut m.swaptotal,
        "SwapFree" => &mut m.swapfree,
        "Dirty" => &mut m.dirty,
        "Writeback" => &mut m.writeback,
        "AnonPages" => &mut m.anonpages,
        "Mapped" => &mut m.mapped,
        "Shmem" => &mut m.shmem,
        "Slab" => &mut m.slab,
        "SReclaimable" => &mut m.sreclaimable,
        "SUnreclaim" => &mut m.sunreclaim,
        "KernelStack" => &mut m.kernelstack,
        "PageTables" => &mut m.pagetables,
        "NFS_Unstable" => &mut m.nfsunstable,
        "Bounce" => &mut m.bounce,
        "WritebackTmp" => &mut m.writebacktmp,
        "CommitLimit" => &mut m.commitlimit,
        "Committed_AS" => &mut m.committedas,
        "VmallocTotal" => &mut m.vmalloctotal,
        "VmallocUsed" => &mut m.vmallocused,
        "VmallocChunk" => &mut m.vmallocchunk,
        "HardwareCorrupted" => &mut m.hardwarecorrupted,
        "AnonHugePages" => &mut m.anonhugepages,
        "ShmemHugePages" => &mut m.shmemhugepages,
        "ShmemPmdMapped" => &mut m.shmempmdmapped,
        "CmaTotal" => &mut m.cmatotal,
        "CmaFree" => &mut m.cmafree,
        "HugePages_Total" => &mut m.hugepagestotal,
        "HugePages_Free" => &mut m.hugepagesfree,
        "HugePages_Rsvd" => &mut m.hugepagesrsvd,
        "HugePages_Surp" => &mut m.hugepagessurp,
        "Hugepagesize" => &mut m.hugepagesize,
        "DirectMap4k" => &mut m.directmap4k,
        "DirectMap2M" => &mut m.directmap2m,
        "DirectMap1G" => &mut m.directmap1g,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_told_apart_and_unknown_ones_ignored() {
        let info = parse_meminfo(
            "MemTotal:  100 kB\nActive:  7 kB\nActive(anon): 3 kB\nHugePages_Total: 2\nNew: 9 kB\n",
        );
        assert_eq!((info.memtotal, info.active, info.activeanon, info.hugepagestotal), (100, 7, 3, 2));
    }

    #[test]
    fn the_load_is_three_numbers() {
        let load = parse_loadavg("0.52 0.58 0.59 1/599 12345\n");
        assert_eq!((load.load1, load.load5, load.load15), (0.52, 0.58, 0.59));
    }
}
