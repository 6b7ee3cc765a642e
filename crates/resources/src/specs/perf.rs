//! Counters of processors and memory.

use proto::resource::perf;

define! {
    perf::CpuSpec => "CPUStats.perf.talos.dev" in "perf" {
        columns: &[("User", "{.cpuTotal.user}"), ("System", "{.cpuTotal.system}")],
    }
    perf::MemorySpec => "MemoryStats.perf.talos.dev" in "perf" {
        columns: &[("Used", "{.used}"), ("Total", "{.total}")],
    }
}
