//! /proc/cpuinfo and the cpufreq files of sysfs.

use proto::machine::{CpUsFreqStats, CpUsInfo, CpuFreqStats, CpuInfo};
use tonic::Status;

/// Handles `CPUInfo`.
pub fn cpu_info() -> Result<CpUsInfo, Status> {
    Ok(CpUsInfo { metadata: None, cpu_info: parse(&super::read("/proc/cpuinfo")?) })
}

/// Handles `CPUFreqStats`; a CPU without frequency scaling has an empty entry.
pub fn cpu_freq_stats() -> Result<CpUsFreqStats, Status> {
    let cpus = parse(&super::read("/proc/cpuinfo")?);
    let freq = |cpu: CpuInfo| {
        let read = |name: &str| {
            let path = format!("/sys/devices/system/cpu/cpu{}/cpufreq/{name}", cpu.processor);
            std::fs::read_to_string(path).map(|t| t.trim().to_owned()).unwrap_or_default()
        };
        let khz = |name| read(name).parse().unwrap_or(0);
        CpuFreqStats {
            current_frequency: khz("scaling_cur_freq"),
            minimum_frequency: khz("scaling_min_freq"),
            maximum_frequency: khz("scaling_max_freq"),
            governor: read("scaling_governor"),
        }
    };
    Ok(CpUsFreqStats { metadata: None, cpu_freq_stats: cpus.into_iter().map(freq).collect() })
}

/// Parses /proc/cpuinfo (proc_cpuinfo(5)): a block a CPU.
pub fn parse(text: &str) -> Vec<CpuInfo> {
    text.split("\n\n").filter(|block| block.contains("processor")).map(block).collect()
}

fn block(block: &str) -> CpuInfo {
    let mut cpu = CpuInfo::default();
    for line in block.lines() {
        let Some((key, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        let text = || value.to_owned();
        let list = || value.split_ascii_whitespace().map(str::to_owned).collect();
        match key.trim() {
            "processor" => cpu.processor = value.parse().unwrap_or(0),
            "vendor_id" => cpu.vendor_id = text(),
            "cpu family" => cpu.cpu_family = text(),
            "model" => cpu.model = text(),
            "model name" => cpu.model_name = text(),
            "stepping" => cpu.stepping = text(),
            "microcode" => cpu.microcode = text(),
            "cpu MHz" => cpu.cpu_mhz = value.parse().unwrap_or(0.0),
            "cache size" => cpu.cache_size = text(),
            "physical id" => cpu.physical_id = text(),
            "siblings" => cpu.siblings = value.parse().unwrap_or(0),
            "core id" => cpu.core_id = text(),
            "cpu cores" => cpu.cpu_cores = value.parse().unwrap_or(0),
            "apicid" => cpu.apic_id = text(),
            "initial apicid" => cpu.initial_apic_id = text(),
            "fpu" => cpu.fpu = text(),
            "fpu_exception" => cpu.fpu_exception = text(),
            "cpuid level" => cpu.cpu_id_level = value.parse().unwrap_or(0),
            "wp" => cpu.wp = text(),
            "flags" => cpu.flags = list(),
            "bugs" => cpu.bugs = list(),
            "bogomips" => cpu.bogo_mips = value.parse().unwrap_or(0.0),
            "clflush size" => cpu.cl_flush_size = value.parse().unwrap_or(0),
            "cache_alignment" => cpu.cache_alignment = value.parse().unwrap_or(0),
            "address sizes" => cpu.address_sizes = text(),
            "power management" => cpu.power_management = text(),
            _ => {}
        }
    }
    cpu
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_block_is_a_cpu() {
        let text = "processor\t: 0\nmodel name\t: A B\nflags\t\t: fpu vme\n\nprocessor\t: 1\ncpu MHz\t\t: 2400.5\n\n";
        let cpus = parse(text);
        assert_eq!(cpus.len(), 2);
        assert_eq!((cpus[0].model_name.as_str(), cpus[0].flags.len()), ("A B", 2));
        assert_eq!((cpus[1].processor, cpus[1].cpu_mhz), (1, 2400.5));
    }
}
