//! Memory and processor time of tasks.

use std::collections::BTreeMap;

use prost_types::Any;

use crate::Result;
use crate::client::{CALL, Client, MESSAGE_LIMIT};
use crate::generated::containerd::services::tasks::v1::{MetricsRequest, tasks_client::TasksClient};
use crate::generated::io::containerd::cgroups::{v1, v2};
use crate::stream::unpack;

/// Figures of one task.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Metrics {
    /// Memory in use without page cache that could be dropped at once, bytes.
    pub memory: u64,
    /// Processor time, nanoseconds.
    pub cpu: u64,
}

impl Client {
    /// Figures of all tasks of the namespace, by container.
    pub async fn metrics(&self) -> Result<BTreeMap<String, Metrics>> {
        let mut client = TasksClient::new(self.pipe()).max_decoding_message_size(MESSAGE_LIMIT);
        let answer =
            self.call("reading figures of tasks", CALL, client.metrics(MetricsRequest::default())).await?;
        let pairs = answer.metrics.into_iter().filter_map(|m| Some((m.id, decode(&m.data?)?)));
        Ok(pairs.collect())
    }
}

fn decode(data: &Any) -> Option<Metrics> {
    if let Some(m) = unpack::<v1::Metrics>("io.containerd.cgroups.v1.Metrics", data) {
        let memory = m.memory.unwrap_or_default();
        let used = memory.usage.unwrap_or_default().usage;
        let cpu = m.cpu.and_then(|c| c.usage).unwrap_or_default().total;
        return Some(Metrics { memory: used.saturating_sub(memory.total_inactive_file), cpu });
    }
    let m = unpack::<v2::Metrics>("io.containerd.cgroups.v2.Metrics", data)?;
    let memory = m.memory.unwrap_or_default();
    let cpu = m.cpu.unwrap_or_default().usage_usec.saturating_mul(1000);
    Some(Metrics { memory: memory.usage.saturating_sub(memory.inactive_file), cpu })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::pack;

    #[test]
    fn both_cgroup_versions_give_bytes_and_nanoseconds() {
        let one = v1::Metrics {
            cpu: Some(v1::CpuStat { usage: Some(v1::CpuUsage { total: 9 }) }),
            memory: Some(v1::MemoryStat {
                total_inactive_file: 1,
                usage: Some(v1::MemoryEntry { limit: 0, usage: 5 }),
            }),
        };
        let two = v2::Metrics {
            cpu: Some(v2::CpuStat { usage_usec: 2 }),
            memory: Some(v2::MemoryStat { inactive_file: 1, usage: 5 }),
        };
        let decoded = decode(&pack("io.containerd.cgroups.v1.Metrics", &one));
        assert_eq!(decoded, Some(Metrics { memory: 4, cpu: 9 }));
        let decoded = decode(&pack("io.containerd.cgroups.v2.Metrics", &two));
        assert_eq!(decoded, Some(Metrics { memory: 4, cpu: 2000 }));
        assert_eq!(decode(&pack("something.Else", &two)), None);
    }
}
