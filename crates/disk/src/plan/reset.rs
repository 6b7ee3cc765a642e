//! The plan of a reset: what must not be found again goes first, what boots goes last.

use super::{Refusal, meta_step};
use crate::facts::Facts;
use crate::layout::label;
use crate::meta::tag;
use crate::step::Step;

/// What is to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reset {
    /// The whole disk.
    Disk,
    /// Partitions, by label.
    Partitions(Vec<String>),
}

/// Labels in the order in which they go: the configuration and identity before the data, so that a
/// machine whose reset was cut short does not come up as a member with half of its data; what boots
/// at the end.
fn rank(label: &str) -> usize {
    const ORDER: [&str; 6] = [label::STATE, "", label::META, label::BOOT, label::BIOS, label::EFI];
    ORDER.iter().position(|known| *known == label).unwrap_or(1)
}

/// Steps of a reset; partitions that are not there are gone already.
///
/// # Errors
/// When META cannot be changed.
pub fn reset(facts: &Facts, wanted: &Reset) -> Result<Vec<Step>, Refusal> {
    let Some(table) = facts.gpt() else {
        let blank = facts.is_blank() || matches!(wanted, Reset::Partitions(_));
        let all = Step::WipeDisk { partitions: Vec::new(), every_byte: false };
        return Ok(if blank { Vec::new() } else { vec![all] });
    };
    let chosen = |name: &String| match wanted {
        Reset::Disk => true,
        Reset::Partitions(labels) => labels.contains(name),
    };
    let mut going: Vec<&crate::gpt::Partition> =
        table.partitions.iter().filter(|partition| chosen(&partition.label)).collect();
    going.sort_by_key(|partition| rank(&partition.label));
    let mut steps: Vec<Step> = going
        .iter()
        .map(|partition| Step::WipePartition {
            label: partition.label.clone(),
            extent: table.extent(partition),
        })
        .collect();
    if *wanted == Reset::Disk {
        steps.push(Step::WipeDisk { partitions: Vec::new(), every_byte: false });
        return Ok(steps);
    }
    let labels: Vec<&str> = going.iter().map(|partition| partition.label.as_str()).collect();
    if labels.contains(&label::STATE) && !labels.contains(&label::META) {
        // How a STATE that is gone was encrypted.
        let forget = meta_step(facts, |meta| {
            meta.remove(tag::STATE_ENCRYPTION_CONFIG);
            Ok(())
        });
        steps.extend(forget?.filter(|_| facts.meta.is_some()));
    }
    if !labels.is_empty() {
        steps.push(Step::WriteTable(table.without(&labels)));
    }
    Ok(steps)
}
