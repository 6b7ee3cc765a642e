//! Sending configurations to nodes: first every node is looked at and a configuration that seems meant for
//! another machine is refused, then all are sent. What nodes answer goes to standard error, verbatim.

mod target;

use std::collections::HashMap;
use std::time::Duration;

use clap::ValueEnum;
use config::origin::Origins;
use config::{Config, place};
use futures::future::join_all;
use proto::machine::ApplyConfigurationRequest;
use proto::machine::apply_configuration_request::Mode as Wire;
use tonic::Status;

use crate::changes::Changes;
use crate::failure::Failures;
use crate::node::Node;
use crate::output::{human, note};
use crate::session::Session;

pub use target::{CONFIGURATIONS, Sign, Target, configuration};

/// How a configuration is applied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// At once
    #[default]
    Auto,
    /// At once
    NoReboot,
    /// With the next boot
    Staged,
    /// At once, and back again unless it is applied for good within the timeout
    Try,
}

impl Mode {
    /// The mode on the wire.
    fn wire(self) -> Wire {
        match self {
            Mode::Auto => Wire::Auto,
            Mode::NoReboot => Wire::NoReboot,
            Mode::Staged => Wire::Staged,
            Mode::Try => Wire::Try,
        }
    }
}

/// Flags of every command that applies configurations.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// When it takes effect
    #[arg(short, long, value_enum, default_value_t)]
    pub mode: Mode,
    /// Say what would change, change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// With --mode try: how long before it is reverted
    #[arg(long, default_value = "1m", value_parser = human::parse_duration, value_name = "DURATION")]
    pub timeout: Duration,
    /// Apply it although this sign says that it is meant for another machine
    #[arg(long, value_enum, value_delimiter = ',', value_name = "SIGN")]
    pub allow: Vec<Sign>,
}

/// A configuration for a node, and where its values are from.
pub struct Offer {
    /// What is sent: its text, verbatim.
    pub config: Config,
    /// Where each value is from.
    pub origins: Origins,
}

/// What a node answered.
struct Answer {
    warnings: Vec<String>,
    details: String,
}

/// Applies to each node what `offer` makes for it. Nothing is sent anywhere if for one of the nodes there are
/// signs of a mistake that are not allowed.
///
/// # Errors
/// What went wrong, node by node.
pub async fn apply(
    session: &Session,
    options: &Options,
    offer: impl Fn(&Target) -> anyhow::Result<Offer>,
) -> anyhow::Result<()> {
    let mut failures = Failures::default();
    let mut offers: HashMap<String, (Target, Offer)> = HashMap::new();
    let mut refused = Vec::new();
    let looks = session.nodes()?.into_iter().map(|node| async move {
        let target = Target::look(&node, session.endpoints()).await;
        (node, target)
    });
    for (node, target) in join_all(looks).await {
        match target.and_then(|target| Ok((offer(&target)?, target))) {
            Ok((offer, target)) => {
                refused.extend(signs(&target, &offer.config, options));
                offers.insert(node.name, (target, offer));
            }
            Err(error) => failures.add(&node.name, &error),
        }
    }
    if !refused.is_empty() {
        anyhow::bail!(refusal(&refused));
    }
    let offers = &offers;
    let (answers, failed) = session
        .gather(async |node: Node| match offers.get(&node.name) {
            Some((_, offer)) => send(&node, offer, options).await.map(Some),
            None => Ok(None),
        })
        .await?;
    for (name, answer) in answers {
        if let (Some(answer), Some((target, offer))) = (answer, offers.get(&name)) {
            tell(target, offer, &answer, options.dry_run);
        }
    }
    failures.extend(failed);
    failures.into_result("error applying new configuration")
}

/// Signs of a mistake that nobody has allowed. A dry run only tells of them.
fn signs(target: &Target, config: &Config, options: &Options) -> Vec<(Sign, String)> {
    let guards = target.guards(config);
    let open = guards.into_iter().filter(|(sign, _)| !options.allow.contains(sign));
    let mut refused = Vec::new();
    for (sign, text) in open {
        let text = format!("{}: {text}", target.label());
        match options.dry_run {
            true => note(&format!("WARNING: {text}; it would be refused without --allow {}", sign.name())),
            false => refused.push((sign, text)),
        }
    }
    refused
}

fn refusal(refused: &[(Sign, String)]) -> String {
    let mut allow: Vec<&str> = refused.iter().map(|(sign, _)| sign.name()).collect();
    allow.sort_unstable();
    allow.dedup();
    let lines: String = refused.iter().map(|(_, text)| format!("\t* {text}\n")).collect();
    format!(
        "this looks meant for another machine; nothing was applied:\n{lines}If it is right nevertheless, say so with --allow {}",
        allow.join(",")
    )
}

async fn send(node: &Node, offer: &Offer, options: &Options) -> anyhow::Result<Answer> {
    let request = ApplyConfigurationRequest {
        data: offer.config.bytes().to_vec(),
        mode: options.mode.wire() as i32,
        dry_run: options.dry_run,
        try_mode_timeout: (options.mode == Mode::Try).then(|| proto::convert::duration(options.timeout)),
    };
    let reply = node.machine().apply_configuration(node.request(request)).await;
    let reply = reply.map_err(|status| at_home(&status, offer))?.into_inner();
    let mut answer = Answer { warnings: Vec::new(), details: String::new() };
    for message in reply.messages {
        answer.warnings.extend(message.warnings);
        answer.details.push_str(&message.mode_details);
    }
    Ok(answer)
}

/// What our nodes call the text that they get.
const SENT: &str = "configuration";

/// A refusal with the places of files and patches instead of those of the text that was made of them.
fn at_home(status: &Status, offer: &Offer) -> Status {
    let message = place::relocate(status.message(), SENT, &offer.config, &offer.origins);
    Status::new(status.code(), message)
}

fn tell(target: &Target, offer: &Offer, answer: &Answer, dry_run: bool) {
    note(&target.label());
    for warning in &answer.warnings {
        note(&format!("WARNING: {warning}"));
    }
    note(answer.details.trim_end_matches('\n'));
    if let (true, Some(current)) = (dry_run, &target.current) {
        let changes = Changes::between(current, &offer.config, &offer.origins);
        note(&format!(
            "\nChanges, where they are from and what they do:\n{}",
            changes.to_string().trim_end()
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        Config::decode("c.yaml", text.as_bytes()).unwrap()
    }

    fn target() -> Target {
        Target {
            name: "10.5.0.2".to_owned(),
            hostname: Some("demo-1".to_owned()),
            addresses: vec!["10.5.0.2".parse().unwrap()],
            endpoints: vec!["10.5.0.2".to_owned()],
            current: Some(config("machine: {type: controlplane}\n")),
        }
    }

    fn options(allow: &[Sign], dry_run: bool) -> Options {
        Options { mode: Mode::Auto, dry_run, timeout: Duration::from_secs(60), allow: allow.to_vec() }
    }

    #[test]
    fn a_worker_for_a_control_plane_is_refused_unless_it_is_said_to_be_meant() {
        let worker = config("machine: {type: worker}\n");
        let refused = signs(&target(), &worker, &options(&[], false));
        let text = refusal(&refused);
        assert!(text.contains("10.5.0.2 (demo-1): the machine is a controlplane"), "{text}");
        assert!(text.ends_with("--allow machine-type-change"), "{text}");
        assert!(signs(&target(), &worker, &options(&[Sign::MachineTypeChange], false)).is_empty());
        assert!(signs(&target(), &worker, &options(&[], true)).is_empty());
    }

    #[test]
    fn what_is_meant_for_the_machine_passes() {
        let same = config("machine: {type: controlplane, sysctls: {a: '1'}}\n");
        assert!(signs(&target(), &same, &options(&[], false)).is_empty());
    }
}
