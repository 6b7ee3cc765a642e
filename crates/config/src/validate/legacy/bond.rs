//! Bonds of the network's section.

use super::super::Context;
use crate::documents::network::{
    AdSelect, ArpAllTargets, ArpValidate, BondMode, FailOverMac, LacpRate, PrimaryReselect, XmitHashPolicy,
};
use crate::documents::v1alpha1::BondSection;
use crate::schema::Choice;
use crate::yaml::Path;

pub(super) fn validate(bond: &BondSection, path: &Path, cx: &mut Context<'_>) {
    let members = (!bond.interfaces.is_empty(), !bond.device_selectors.is_empty());
    if members.0 == members.1 {
        let message = "a bond needs either interfaces or deviceSelectors";
        cx.error("bond-members", path.clone(), message);
    }
    words(bond, path, cx);
    let Some(mode) = BondMode::parse(&bond.mode) else {
        return cx.not_one_of("bond-mode", path.join("mode"), &bond.mode, BondMode::WORDS);
    };
    delays(bond, path, cx);
    if !bond.arp_ip_target.is_empty() {
        cx.error("bond-unsupported", path.join("arpIPTarget"), "arpIPTarget is not supported");
    }
    if !bond.ad_actor_system.is_empty() {
        cx.error("bond-unsupported", path.join("adActorSystem"), "adActorSystem is not supported");
    }
    modes(bond, mode, path, cx);
}

/// Each word must be one that the kernel knows.
fn words(bond: &BondSection, path: &Path, cx: &mut Context<'_>) {
    let words: [(&str, &str, &Choice); 7] = [
        ("xmitHashPolicy", &bond.xmit_hash_policy, XmitHashPolicy::CHOICE),
        ("lacpRate", &bond.lacp_rate, LacpRate::CHOICE),
        ("arpValidate", &bond.arp_validate, ArpValidate::CHOICE),
        ("arpAllTargets", &bond.arp_all_targets, ArpAllTargets::CHOICE),
        ("primaryReselect", &bond.primary_reselect, PrimaryReselect::CHOICE),
        ("failOverMac", &bond.fail_over_mac, FailOverMac::CHOICE),
        ("adSelect", &bond.ad_select, AdSelect::CHOICE),
    ];
    for (key, word, known) in words {
        if !word.is_empty() && (known.canonical)(word).is_none() {
            cx.not_one_of("bond-option", path.join(key), word, known.words);
        }
    }
}

fn delays(bond: &BondSection, path: &Path, cx: &mut Context<'_>) {
    let miimon = bond.miimon.unwrap_or(0);
    for (key, delay) in [("updelay", bond.updelay), ("downdelay", bond.downdelay)] {
        let delay = delay.unwrap_or(0);
        if delay == 0 {
            continue;
        }
        if miimon == 0 {
            cx.error("bond-delay", path.join(key), format!("{key} needs miimon"));
        } else if !delay.is_multiple_of(miimon) {
            cx.error(
                "bond-delay",
                path.join(key),
                format!("{key} must be a multiple of miimon, which is {miimon}"),
            );
        }
    }
}

/// Options that only some modes have.
fn modes(bond: &BondSection, mode: BondMode, path: &Path, cx: &mut Context<'_>) {
    use BondMode::{ActiveBackup, BalanceAlb, BalanceRr, BalanceTlb, Lacp};
    let lacp = mode == Lacp;
    let balances = matches!(mode, BalanceTlb | BalanceAlb);
    let set = |value: Option<u32>| value.is_some_and(|value| value != 0);
    let wide = |value: Option<u16>| set(value.map(u32::from));
    let checks = [
        // `slow` is what every mode has.
        (
            "lacpRate",
            "bond-lacp-only",
            LacpRate::parse(&bond.lacp_rate) == Some(LacpRate::Fast) && !lacp,
            "802.3ad",
        ),
        ("adActorSysPrio", "bond-lacp-only", wide(bond.ad_actor_sys_prio) && !lacp, "802.3ad"),
        ("adUserPortKey", "bond-lacp-only", wide(bond.ad_user_port_key) && !lacp, "802.3ad"),
        (
            "arpValidate",
            "bond-arp-mode",
            !matches!(ArpValidate::parse(&bond.arp_validate), None | Some(ArpValidate::None))
                && (lacp || balances),
            "balance-rr, active-backup, balance-xor and broadcast",
        ),
        (
            "arpInterval",
            "bond-arp-mode",
            set(bond.arp_interval) && (lacp || balances),
            "balance-rr, active-backup, balance-xor and broadcast",
        ),
        (
            "primary",
            "bond-primary-mode",
            !(bond.primary.is_empty() || mode == ActiveBackup || balances),
            "active-backup, balance-tlb and balance-alb",
        ),
        (
            "packetsPerSlave",
            "bond-packets-mode",
            // One packet a link is what the kernel does anyway.
            bond.packets_per_slave.is_some_and(|packets| packets > 1) && mode != BalanceRr,
            "balance-rr",
        ),
        (
            "tlbDynamicLb",
            "bond-tlb-mode",
            bond.tlb_dynamic_lb.is_some_and(|value| value != 0) && !balances,
            "balance-tlb and balance-alb",
        ),
    ];
    for (key, rule, wrong, modes) in checks {
        if wrong {
            cx.error(rule, path.join(key), format!("{key} is only for the mode {modes}, not for {mode}"));
        }
    }
}
