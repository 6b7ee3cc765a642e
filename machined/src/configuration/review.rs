//! What a new configuration would change and whether it looks meant for another machine. Pure.

use std::net::IpAddr;

use config::Config;
use config::diff::{self, Change};
use config::effects;
use config::guard::{self, Guard, NodeFacts};
use config::origin::Origins;
use config::schema::Effect;
use config::validate::Mode;

use super::ApplyMode;

/// Most changes that are told one by one, in an answer of a size that people read.
const MOST_CHANGES: usize = 200;

/// Signs that this is the wrong machine, as sentences.
pub fn suspicions(
    current: Option<&Config>,
    new: &Config,
    hostname: &str,
    addresses: &[IpAddr],
) -> Vec<String> {
    let Some(current) = current.filter(|current| current.is_complete()) else { return vec![] };
    let mut found: Vec<Guard> = Vec::new();
    // How clients reach the machine is not known here: giving up any of the ways is worth a word.
    let reached_as = current.node_api().map(|api| api.cert_sans).unwrap_or_default();
    let reached = addresses.iter().copied().map(Some).chain(addresses.is_empty().then_some(None));
    for reached_at in reached {
        let facts = NodeFacts {
            hostname: Some(hostname.to_owned()).filter(|name| !name.is_empty()),
            addresses: addresses.to_vec(),
            reached_at,
            reached_as: reached_as.clone(),
        };
        for guard in guard::guards(current, new, &facts) {
            if !found.contains(&guard) {
                found.push(guard);
            }
        }
    }
    let machine = if hostname.is_empty() { "this machine".to_owned() } else { format!("machine {hostname}") };
    found.iter().map(|guard| format!("wrong machine? {machine}: {}", sentence(guard))).collect()
}

fn sentence(guard: &Guard) -> String {
    match guard {
        Guard::AddressLost { address } => {
            format!("the configuration takes its address {address} away: who reached it there loses it")
        }
        Guard::NameLost { name } => {
            format!("the certificate will no longer hold for {name}: clients that use it will refuse it")
        }
        other => other.to_string(),
    }
}

/// Warnings about what has no effect here. What every generated configuration has of it is not told again when the machine
/// has the same already.
pub fn idle(on: Mode, current: Option<&Config>, new: &Config) -> Vec<String> {
    let known = current.and_then(|current| effects::quiet_line(&current.without_effect(on)));
    let mut lines = effects::lines(&new.without_effect(on));
    lines.retain(|line| Some(line) != known.as_ref());
    lines
}

/// A warning about what an applied configuration changes only later; `None` when all of it is live.
pub fn deferred(on: Mode, current: Option<&Config>, new: &Config) -> Option<String> {
    let current = current.filter(|current| current.is_complete())?;
    let late: Vec<String> = diff::diff_on(on, current, new)
        .iter()
        .filter(|change| matches!(change.effect, Effect::Reboot | Effect::Reinstall))
        .map(|change| format!("{} ({})", place(change), change.effect))
        .take(MOST_CHANGES)
        .collect();
    (!late.is_empty())
        .then(|| format!("not in effect before the next boot or installation: {}", late.join(", ")))
}

fn place(change: &Change) -> String {
    format!("{} {}", change.document.label(), change.path).trim_end().to_owned()
}

/// The answer to a dry run: what would be done, the redacted difference, and for each change where it was
/// set and what it does (contract api.md 5.2; clients print it and do not parse it).
pub fn dry_run(sentence: &str, mode: ApplyMode, on: Mode, current: Option<&Config>, new: &Config) -> String {
    let head = format!("Dry run summary:\n{sentence} (skipped in dry-run).\n");
    let Some(current) = current else {
        return format!("{head}The machine has no configuration yet: all of it is new.\n");
    };
    let text = diff::text_diff(current, new);
    let changes = diff::diff_on(on, current, new);
    if text.is_empty() && changes.is_empty() {
        return format!("{head}No changes.\n");
    }
    let mut answer = format!("{head}Config diff:\n\n{text}");
    if !changes.is_empty() {
        let when = if mode == ApplyMode::Staged { ", once it is active" } else { "" };
        answer.push_str(&format!("\nWhat each change does{when}:\n"));
        let origins = Origins::of(new);
        for change in changes.iter().take(MOST_CHANGES) {
            let line = origins.get(&change.document, &change.path).map(|origin| origin.span.line);
            let origin = match line {
                Some(line) if line > 0 && change.new.is_some() => format!(" [line {line}]"),
                _ => String::new(),
            };
            answer.push_str(&format!("  {}{origin}\n", change.shortened()));
        }
        if let Some(more) = changes.len().checked_sub(MOST_CHANGES).filter(|more| *more > 0) {
            answer.push_str(&format!("  … and {more} more\n"));
        }
    }
    answer
}

/// Text of an error status that fits into the headers that carry it: whole lines, the rest counted.
/// Headers of more than 16 KiB are refused by common clients, and other than ASCII triples there.
pub fn bounded(text: &str) -> String {
    const MOST: usize = 5000;
    if text.len() <= MOST {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut lines = text.lines();
    for line in lines.by_ref() {
        if kept.len() + line.len() > MOST {
            let rest: String = line.chars().take((MOST - kept.len().min(MOST)) / 4).collect();
            kept.push_str(&rest);
            break;
        }
        kept.push_str(line);
        kept.push('\n');
    }
    format!("{kept}… ({} more lines)", lines.count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "version: v1alpha1
machine:
  type: controlplane
  token: abcdef.0123456789abcdef
cluster:
  id: one
  controlPlane: {endpoint: 'https://10.0.0.2:6443'}
";

    fn config(text: &str) -> Config {
        Config::decode("configuration", text.as_bytes()).unwrap_or_else(|report| panic!("{report}"))
    }

    #[test]
    fn a_dry_run_shows_difference_effect_and_line_and_no_secret() {
        let old = config(BASE);
        let new = BASE.replace("abcdef.0123456789abcdef", "zzzzzz.9876543210zzzzzz")
            + "  etcd: {extraArgs: {a: b}}\n---\napiVersion: v1alpha1\nkind: HostnameConfig\nhostname: a\n";
        let text = dry_run("Applied", ApplyMode::NoReboot, Mode::Container, Some(&old), &config(&new));
        assert!(
            text.starts_with(
                "Dry run summary:\nApplied (skipped in dry-run).\nConfig diff:\n\n--- a\n+++ b\n"
            ),
            "{text}"
        );
        assert!(text.contains("v1alpha1 cluster.etcd: + ") && text.contains("[line 8]"), "{text}");
        assert!(text.contains("HostnameConfig is added"), "{text}");
        for secret in ["abcdef.0123", "zzzzzz.9876"] {
            assert!(!text.contains(secret), "{text}");
        }
    }

    #[test]
    fn a_dry_run_calls_nothing_live_that_no_code_carries_out() {
        let block = "---\napiVersion: v1alpha1\nkind: NetworkDefaultActionConfig\ningress: block\n";
        let link = "---\napiVersion: v1alpha1\nkind: LinkConfig\nname: eth0\nmulticast: false\nmtu: 1400\n";
        let new = config(&format!("{BASE}{block}{link}").replace("  type:", "  sysfs: {a: b}\n  type:"));
        let old = config(&format!("{BASE}{}", link.replace("false", "true").replace("1400", "1500")));
        let told = |on| dry_run("Applied", ApplyMode::NoReboot, on, Some(&old), &new);
        for line in [
            "NetworkDefaultActionConfig is added (no effect)",
            "multicast: true → false (no effect)",
            "mtu: 1500 → 1400 (live)",
        ] {
            assert!(told(Mode::Container).contains(line), "{line}: {}", told(Mode::Container));
        }
        let line = |on| told(on).lines().find(|line| line.contains("machine.sysfs: +")).unwrap().to_owned();
        assert!(line(Mode::Container).contains("(no effect)") && line(Mode::Metal).contains("(live)"));
    }

    #[test]
    fn what_is_in_every_configuration_is_told_once_and_dangers_are_told_each_time() {
        let install = BASE.replace("  type:", "  install: {disk: /dev/sda}\n  type:");
        let rule = format!("{install}---\napiVersion: v1alpha1\nkind: NetworkRuleConfig\nname: a\n");
        let told = |current: Option<&Config>, new| idle(Mode::Container, current, &config(new));
        assert!(matches!(&told(None, &install)[..], [one] if one.contains("machine.install")));
        assert_eq!(told(Some(&config(&install)), &install), [""; 0]);
        for current in [&install, &rule] {
            let lines = told(Some(&config(current)), &rule);
            assert!(matches!(&lines[..], [one] if one.contains("NO EFFECT")), "{lines:?}");
        }
    }

    #[test]
    fn a_dry_run_of_the_same_says_that_nothing_changes() {
        let commented = format!("# a comment\n{BASE}");
        let text = dry_run(
            "Applied",
            ApplyMode::NoReboot,
            Mode::Container,
            Some(&config(BASE)),
            &config(&commented),
        );
        assert_eq!(text, "Dry run summary:\nApplied (skipped in dry-run).\nNo changes.\n");
    }

    #[test]
    fn a_configuration_for_another_machine_is_warned_about_and_ones_own_is_not() {
        let own = config(BASE);
        let addresses = ["10.0.0.2".parse().unwrap()];
        assert_eq!(suspicions(Some(&own), &own, "cp", &addresses), [""; 0]);
        let worker =
            config(&BASE.replace("type: controlplane", "type: worker").replace("id: one", "id: two"));
        let warnings = suspicions(Some(&own), &worker, "cp", &addresses).join("\n");
        for part in ["machine cp", "is a controlplane", "belongs to the cluster", "endpoint 10.0.0.2"] {
            assert!(warnings.contains(part), "{part}: {warnings}");
        }
        assert_eq!(suspicions(None, &worker, "cp", &addresses), [""; 0], "a new machine is anybody's");
    }

    #[test]
    fn an_address_of_the_machine_that_goes_away_is_warned_about() {
        let with = |address: &str| {
            let network =
                format!("network: {{interfaces: [{{interface: eth0, addresses: [{address}/24]}}]}}");
            config(&BASE.replace("  type: controlplane", &format!("  type: controlplane\n  {network}")))
        };
        let addresses = ["10.0.0.2".parse().unwrap(), "10.0.0.9".parse().unwrap()];
        let warnings = suspicions(Some(&with("10.0.0.9")), &with("10.0.0.5"), "", &addresses);
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].contains("takes its address 10.0.0.9 away"), "{warnings:?}");
    }

    #[test]
    fn a_name_that_leaves_the_certificate_is_warned_about() {
        let named = BASE.replace("  type:", "  certSANs: [talos.example.org]\n  type:");
        let warnings = suspicions(Some(&config(&named)), &config(BASE), "cp", &[]);
        assert!(matches!(&warnings[..], [one] if one.contains("talos.example.org")), "{warnings:?}");
    }

    #[test]
    fn what_takes_effect_later_is_named() {
        let old = config(BASE);
        let env = config(&BASE.replace("  type:", "  env: {A: b}\n  type:"));
        assert!(deferred(Mode::Container, Some(&old), &env).unwrap().contains("v1alpha1 machine.env"));
        assert_eq!(deferred(Mode::Container, Some(&old), &old), None);
        assert_eq!(deferred(Mode::Container, None, &env), None);
    }

    #[test]
    fn long_errors_are_cut_between_lines() {
        let text = "a line of a problem\n".repeat(2000);
        let cut = bounded(&text);
        assert!(cut.len() < 5100 && cut.ends_with("more lines)"), "{}", cut.len());
        assert_eq!(bounded("short"), "short");
        assert!(bounded(&"ä".repeat(20_000)).len() < 5100);
    }
}
