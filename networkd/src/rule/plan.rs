//! Routing rules: what has to change in the kernel.

use proto::resource::enums::NethelpersRoutingRuleAction;
use proto::resource::network::{RoutingRuleSpecSpec, RoutingRuleStatusSpec};

use crate::id;
use crate::kernel::Snapshot;

/// One change to one rule.
#[derive(Debug, Clone, PartialEq)]
pub enum RuleStep {
    /// Adds the rule.
    Add(Box<RoutingRuleSpecSpec>),
    /// Removes the rule as it stands in the kernel.
    Delete(Box<RoutingRuleStatusSpec>),
}

impl RuleStep {
    /// Resource id of the rule.
    pub fn id(&self) -> String {
        match self {
            Self::Add(spec) => id::rule_spec(spec),
            Self::Delete(is) => id::rule_status(is),
        }
    }

    /// What it does, for people.
    pub fn detail(&self) -> String {
        match self {
            Self::Add(_) => "add".into(),
            Self::Delete(_) => "delete".into(),
        }
    }
}

/// Plans `wanted`, and the end of `unwanted`, against what is there.
pub fn plan(
    wanted: &[RoutingRuleSpecSpec],
    unwanted: &[RoutingRuleSpecSpec],
    now: &Snapshot,
) -> Vec<RuleStep> {
    let mut steps = Vec::new();
    for spec in unwanted {
        let kept = wanted.iter().any(|w| id::rule_spec(w) == id::rule_spec(spec));
        for is in now.rules.iter().filter(|is| !kept && fits(spec, is)) {
            steps.push(RuleStep::Delete(Box::new(is.clone())));
        }
    }
    for spec in wanted {
        let id = id::rule_spec(spec);
        let mut there = false;
        // A wish owns its family and priority: whatever else stands there goes.
        for is in now.rules.iter().filter(|is| id::rule_status(is) == id) {
            if fits(spec, is) {
                there = true;
            } else {
                steps.push(RuleStep::Delete(Box::new(is.clone())));
            }
        }
        if !there {
            steps.push(RuleStep::Add(Box::new(spec.clone())));
        }
    }
    steps
}

/// Action and mask of a wish with the kernel's defaults filled in.
pub fn effective(spec: &RoutingRuleSpecSpec) -> (i32, u32) {
    let action = if spec.action == NethelpersRoutingRuleAction::RoutingRuleActionUnspec as i32 {
        NethelpersRoutingRuleAction::RoutingRuleActionUnicast as i32
    } else {
        spec.action
    };
    let mask = if spec.fw_mark != 0 && spec.fw_mask == 0 { u32::MAX } else { spec.fw_mask };
    (action, mask)
}

fn fits(want: &RoutingRuleSpecSpec, is: &RoutingRuleStatusSpec) -> bool {
    let (action, mask) = effective(want);
    want.family == is.family
        && want.priority == is.priority
        && want.src == is.src
        && want.dst == is.dst
        && want.table == is.table
        && action == is.action
        && want.iif_name == is.iif_name
        && want.oif_name == is.oif_name
        && want.fw_mark == is.fw_mark
        && mask == is.fw_mask
}
