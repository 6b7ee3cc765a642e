//! Counters of processor and memory.

use std::time::Duration;

use proto::resource::perf::{CpuSpec, CpuStat, MemorySpec};
use state::{Context, Controller, Input, Next, Output};

/// Slow on purpose: readers who want more ask the API, and an idle node has to stay idle.
const PERIOD: Duration = Duration::from_secs(30);

/// Publishes CPUStats/latest and MemoryStats/latest.
pub struct Perf;

#[async_trait::async_trait]
impl Controller for Perf {
    fn name(&self) -> &'static str {
        "perf.StatsController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<CpuSpec>(), Output::exclusive::<MemorySpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        ctx.put("latest", cpu(&std::fs::read_to_string("/proc/stat")?)).await?;
        ctx.put("latest", memory(&std::fs::read_to_string("/proc/meminfo")?)).await?;
        Ok(Next::After(PERIOD))
    }
}

/// Ticks of the kernel's clock in a second, as user space sees them on every architecture.
const HERTZ: f64 = 100.0;

fn cpu(stat: &str) -> CpuSpec {
    let mut spec = CpuSpec::default();
    for line in stat.lines() {
        let mut words = line.split_ascii_whitespace();
        let Some(key) = words.next() else { continue };
        let numbers: Vec<u64> = words.map(|w| w.parse().unwrap_or(0)).collect();
        let first = numbers.first().copied().unwrap_or(0);
        match key {
            "cpu" => spec.cpu_total = Some(times(&numbers)),
            "intr" => spec.irq_total = first,
            "ctxt" => spec.context_switches = first,
            "processes" => spec.process_created = first,
            "procs_running" => spec.process_running = first,
            "procs_blocked" => spec.process_blocked = first,
            "softirq" => spec.soft_irq_total = first,
            key if key.starts_with("cpu") => spec.cpu.push(times(&numbers)),
            _ => {}
        }
    }
    spec
}

fn times(numbers: &[u64]) -> CpuStat {
    let at = |index: usize| numbers.get(index).copied().unwrap_or(0) as f64 / HERTZ;
    CpuStat {
        user: at(0),
        nice: at(1),
        system: at(2),
        idle: at(3),
        iowait: at(4),
        irq: at(5),
        soft_irq: at(6),
        steal: at(7),
        guest: at(8),
        guest_nice: at(9),
    }
}

/// Bytes, though the kernel counts in KiB; numbers of huge pages stay numbers.
fn memory(info: &str) -> MemorySpec {
    let read = |key: &str| -> u64 {
        let line = info.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix(':'));
        let mut words = line.unwrap_or_default().split_ascii_whitespace();
        let number: u64 = words.next().and_then(|w| w.parse().ok()).unwrap_or(0);
        if words.next() == Some("kB") { number * 1024 } else { number }
    };
    let (total, available) = (read("MemTotal"), read("MemAvailable"));
    MemorySpec {
        mem_total: total,
        mem_used: total.saturating_sub(available),
        mem_available: available,
        buffers: read("Buffers"),
        cached: read("Cached"),
        swap_cached: read("SwapCached"),
        active: read("Active"),
        inactive: read("Inactive"),
        active_anon: read("Active(anon)"),
        inactive_anon: read("Inactive(anon)"),
        active_file: read("Active(file)"),
        inactive_file: read("Inactive(file)"),
        unevictable: read("Unevictable"),
        mlocked: read("Mlocked"),
        swap_total: read("SwapTotal"),
        swap_free: read("SwapFree"),
        dirty: read("Dirty"),
        writeback: read("Writeback"),
        anon_pages: read("AnonPages"),
        mapped: read("Mapped"),
        shmem: read("Shmem"),
        slab: read("Slab"),
        s_reclaimable: read("SReclaimable"),
        s_unreclaim: read("SUnreclaim"),
        kernel_stack: read("KernelStack"),
        page_tables: read("PageTables"),
        nf_sunstable: read("NFS_Unstable"),
        bounce: read("Bounce"),
        writeback_tmp: read("WritebackTmp"),
        commit_limit: read("CommitLimit"),
        committed_as: read("Committed_AS"),
        vmalloc_total: read("VmallocTotal"),
        vmalloc_used: read("VmallocUsed"),
        vmalloc_chunk: read("VmallocChunk"),
        hardware_corrupted: read("HardwareCorrupted"),
        anon_huge_pages: read("AnonHugePages"),
        shmem_huge_pages: read("ShmemHugePages"),
        shmem_pmd_mapped: read("ShmemPmdMapped"),
        cma_total: read("CmaTotal"),
        cma_free: read("CmaFree"),
        huge_pages_total: read("HugePages_Total"),
        huge_pages_free: read("HugePages_Free"),
        huge_pages_rsvd: read("HugePages_Rsvd"),
        huge_pages_surp: read("HugePages_Surp"),
        hugepagesize: read("Hugepagesize"),
        direct_map4k: read("DirectMap4k"),
        direct_map2m: read("DirectMap2M"),
        direct_map1g: read("DirectMap1G"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_read_from_the_kernels_tables() {
        let spec =
            cpu("cpu  200 0 100 5 0 0 0 0 0 0\ncpu0 200 0 100 5 0 0 0 0 0 0\nctxt 7\nprocs_running 3\n");
        assert_eq!((spec.cpu.len(), spec.context_switches, spec.process_running), (1, 7, 3));
        assert_eq!(spec.cpu_total.unwrap().user, 2.0);
        let spec = memory("MemTotal:  10 kB\nMemAvailable: 4 kB\nHugePages_Total: 3\n");
        assert_eq!((spec.mem_total, spec.mem_used, spec.huge_pages_total), (10240, 6144, 3));
    }
}
