//! /proc/stat.

use proto::machine::{CpuStat, SoftIrqStat, SystemStat};
use tonic::Status;

use super::number;

/// Clock ticks in a second that /proc/stat counts in (sysconf(_SC_CLK_TCK), 100 on Linux).
const TICKS: f64 = 100.0;

/// Handles `SystemStat`.
pub fn system_stat() -> Result<SystemStat, Status> {
    Ok(parse(&super::read("/proc/stat")?))
}

/// Parses proc_stat(5); times are seconds.
pub fn parse(text: &str) -> SystemStat {
    let mut stat = SystemStat::default();
    for line in text.lines() {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let Some((name, values)) = fields.split_first() else { continue };
        match *name {
            "cpu" => stat.cpu_total = Some(cpu(values)),
            "intr" => {
                stat.irq_total = number(values, 0);
                stat.irq = values.iter().skip(1).map(|v| v.parse().unwrap_or(0)).collect();
            }
            "ctxt" => stat.context_switches = number(values, 0),
            "btime" => stat.boot_time = number(values, 0),
            "processes" => stat.process_created = number(values, 0),
            "procs_running" => stat.process_running = number(values, 0),
            "procs_blocked" => stat.process_blocked = number(values, 0),
            "softirq" => {
                stat.soft_irq_total = number(values, 0);
                stat.soft_irq = Some(soft_irq(values));
            }
            name if name.starts_with("cpu") => stat.cpu.push(cpu(values)),
            _ => {}
        }
    }
    stat
}

fn cpu(values: &[&str]) -> CpuStat {
    let seconds = |n| number(values, n) as f64 / TICKS;
    CpuStat {
        user: seconds(0),
        nice: seconds(1),
        system: seconds(2),
        idle: seconds(3),
        iowait: seconds(4),
        irq: seconds(5),
        soft_irq: seconds(6),
        steal: seconds(7),
        guest: seconds(8),
        guest_nice: seconds(9),
    }
}

fn soft_irq(values: &[&str]) -> SoftIrqStat {
    let n = |i| number(values, i);
    SoftIrqStat {
        hi: n(1),
        timer: n(2),
        net_tx: n(3),
        net_rx: n(4),
        block: n(5),
        block_io_poll: n(6),
        tasklet: n(7),
        sched: n(8),
        hrtimer: n(9),
        rcu: n(10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_and_each_cpu_are_seconds() {
        let stat = parse(
            "cpu  200 0 100 900 0 0 0 0 0 0\ncpu0 200 0 100 900 0 0 0 0 0 0\nintr 5 1 2 0\nbtime 77\nsoftirq 9 1 2\n",
        );
        assert_eq!(stat.cpu_total.unwrap().user, 2.0);
        assert_eq!((stat.cpu.len(), stat.irq_total, stat.irq.len(), stat.boot_time), (1, 5, 3, 77));
        assert_eq!(stat.soft_irq.unwrap().timer, 2);
    }
}
