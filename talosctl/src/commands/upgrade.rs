//! `talosctl upgrade`.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Context as _;
use futures::FutureExt;
use proto::machine::upgrade_request::RebootMode;
use proto::machine::{
    InstallArtifactsSource, LifecycleServiceUpgradeRequest, UpgradeRequest, Version,
    lifecycle_service_install_progress::Response,
};

use super::image::{Namespace, pull::pull};
use super::reboot::{self, Mode};
use crate::drain;
use crate::failure::usage;
use crate::global::Global;
use crate::node::Node;
use crate::output::{Table, human, note};
use crate::session::Session;
use crate::track::{self, Goal, Progress, Starting, Tracking};

/// Upgrade the operating system of nodes
///
/// The image is pulled and installed beside the running version, then the nodes reboot into it. All nodes
/// are upgraded at once: name one control plane node after the other.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl -n 10.5.0.3 upgrade --image ghcr.io/siderolabs/installer:v1.14.1
  talosctl -n 10.5.0.3 upgrade --image ghcr.io/siderolabs/installer:v1.14.1 --no-reboot")]
pub struct Args {
    /// The installer's image
    #[arg(short, long, value_name = "IMAGE")]
    image: String,
    /// Where the image is put
    #[arg(long, value_enum, default_value_t = Namespace::System)]
    namespace: Namespace,
    /// How to reboot
    #[arg(short = 'm', long, value_enum, default_value_t = Mode::Default)]
    reboot_mode: Mode,
    /// Cordon and drain the nodes of Kubernetes first, and make them schedulable afterwards
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set)]
    drain: bool,
    /// How long draining may take
    #[arg(long, default_value = "5m", value_parser = human::parse_duration, value_name = "DURATION")]
    drain_timeout: Duration,
    /// Install only; the new version runs after the next reboot
    #[arg(long)]
    no_reboot: bool,
    /// Let the node do all of it, as older versions did
    #[arg(long)]
    legacy: bool,
    /// With --legacy: skip checks of etcd
    #[arg(short, long, hide = true)]
    force: bool,
    /// With --legacy: accepted, data is always kept
    #[arg(short, long, hide = true)]
    preserve: bool,
    /// With --legacy: install at the next boot
    #[arg(short, long, hide = true)]
    stage: bool,
    #[command(flatten)]
    tracking: Tracking,
}

/// Versions of nodes that install and reboot in two steps lie between these (contract api.md 8.5).
const TWO_STEPS: (&str, &str) = ("1.13.0-alpha.2", "2.0.0");

/// Words before what went wrong on nodes.
const FAILED: &str = "error executing upgrade";

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    if !args.legacy && (args.force || args.stage) {
        return Err(usage("the flags --force and --stage need --legacy"));
    }
    let session = Session::open(global)?;
    if args.legacy {
        return legacy(global, &session, &args).await;
    }
    let versions = versions(&session).await?;
    if !versions.iter().all(|(_, version)| in_two_steps(version)) {
        return legacy(global, &session, &args).await;
    }
    let names: Vec<String> = versions.iter().map(|(node, _)| node.clone()).collect();
    let progress = Progress::new(&names, args.tracking.progress);
    let containers: BTreeSet<&str> =
        versions.iter().filter(|(_, version)| in_container(version)).map(|(node, _)| node.as_str()).collect();
    let work =
        async |node: Node| install(&node, containers.contains(node.name.as_str()), &args, &progress).await;
    session.each(FAILED, work).await?;
    if args.no_reboot {
        note("installed; the new version runs after the next reboot");
        return Ok(());
    }
    let start = reboot::action(args.reboot_mode);
    let work = track::run(global, FAILED, Goal::Running, &args.tracking, &start);
    let limit = args.drain.then_some(args.drain_timeout);
    drain::around(&session, limit, args.tracking.wait, work).await
}

/// What runs on every node.
async fn versions(session: &Session) -> anyhow::Result<Vec<(String, Version)>> {
    let ask = async |node: Node| {
        let answer = node.machine().version(node.request(())).await?.into_inner();
        Ok(answer.messages.into_iter().next().unwrap_or_default())
    };
    let (versions, failures) = session.gather(ask).await?;
    failures.into_result(FAILED)?;
    Ok(versions)
}

/// Whether a node is a container (contract os.md 2.4): it has nothing to install on.
fn in_container(version: &Version) -> bool {
    version.platform.as_ref().is_some_and(|platform| platform.mode == "container")
}

/// Whether a node can install without rebooting.
fn in_two_steps(version: &Version) -> bool {
    let tag = version.version.as_ref().map_or("", |info| info.tag.as_str());
    let parse = |text: &str| semver::Version::parse(text.trim_start_matches('v')).ok();
    match (parse(tag), parse(TWO_STEPS.0), parse(TWO_STEPS.1)) {
        (Some(tag), Some(after), Some(before)) => tag > after && tag < before,
        _ => false,
    }
}

async fn install(node: &Node, container: bool, args: &Args, progress: &Progress) -> anyhow::Result<()> {
    let image_name = match container {
        // It refuses, and says so: no image has to be there for that.
        true => args.image.clone(),
        false => pull(node, args.namespace, &args.image, progress).await.context("error pulling image")?,
    };
    progress.tell(&node.name, &format!("installing {image_name}"));
    let request = LifecycleServiceUpgradeRequest {
        containerd: Some(args.namespace.wire()),
        source: Some(InstallArtifactsSource { image_name }),
    };
    let mut stream = node.lifecycle().upgrade(node.request(request)).await?.into_inner();
    while let Some(answer) = stream.message().await? {
        match answer.progress.and_then(|p| p.response) {
            Some(Response::Message(text)) => progress.line(&node.name, text.trim_end()),
            Some(Response::ExitCode(0)) => progress.tell(&node.name, "installed"),
            Some(Response::ExitCode(code)) => {
                anyhow::bail!("the installer failed with exit code {code}: its last lines say why")
            }
            None => {}
        }
    }
    Ok(())
}

async fn legacy(global: &Global, session: &Session, args: &Args) -> anyhow::Result<()> {
    let reboot_mode = match args.reboot_mode {
        Mode::Powercycle => RebootMode::Powercycle,
        Mode::Default | Mode::Force => RebootMode::Default,
    };
    let request = UpgradeRequest {
        image: args.image.clone(),
        preserve: args.preserve,
        stage: args.stage,
        force: args.force,
        reboot_mode: reboot_mode as i32,
    };
    if args.tracking.wait {
        let start = move |node: &Node| -> Starting {
            let (node, request) = (node.clone(), request.clone());
            async move {
                let answer = node.machine().upgrade(node.request(request)).await?.into_inner();
                Ok(answer.messages.into_iter().map(|m| m.actor_id).next().unwrap_or_default())
            }
            .boxed_local()
        };
        return track::run(global, FAILED, Goal::Running, &args.tracking, &start).await;
    }
    let started = human::now();
    let ask = async |node: Node| {
        let answer = node.machine().upgrade(node.request(request.clone())).await?.into_inner();
        Ok(answer.messages.into_iter().map(|m| m.ack).next().unwrap_or_default())
    };
    let (answers, failures) = session.gather(ask).await?;
    if !answers.is_empty() {
        let mut table = Table::new(["NODE", "ACK", "STARTED"]);
        answers.iter().for_each(|(node, ack)| table.row([node, ack, &started]));
        table.print()?;
    }
    failures.into_result(FAILED)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use prost::Message;
    use proto::machine::{
        ImageServicePullResponse, LifecycleServiceInstallProgress, LifecycleServiceUpgradeResponse,
        PlatformInfo, VersionInfo, image_service_pull_response,
    };

    use super::*;
    use crate::fake::{self, Answer};

    fn args(line: &str) -> Args {
        #[derive(clap::Parser)]
        struct Cli {
            #[command(flatten)]
            args: Args,
        }
        <Cli as clap::Parser>::parse_from(line.split(' ')).args
    }

    /// Installs on a node of a mode, whose installer ends with a code.
    async fn installed(mode: &'static str, code: i32) -> (Vec<String>, anyhow::Result<()>) {
        let calls: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = Arc::clone(&calls);
        let node = fake::node("n", move |method, message| {
            if method == "Pull" {
                seen.lock().unwrap().push("Pull".to_owned());
                let name = image_service_pull_response::Response::Name("i@sha256:1".to_owned());
                return Answer::ok([ImageServicePullResponse { response: Some(name) }]);
            }
            let request = LifecycleServiceUpgradeRequest::decode(message).unwrap();
            seen.lock().unwrap().push(format!("{method} {}", request.source.unwrap().image_name));
            let told = |response| LifecycleServiceUpgradeResponse {
                progress: Some(LifecycleServiceInstallProgress { response: Some(response) }),
            };
            Answer::ok([told(Response::Message("copying".into())), told(Response::ExitCode(code))])
        });
        let progress = Progress::new(&["n".to_owned()], track::Style::Plain);
        let platform = Some(PlatformInfo { mode: mode.to_owned(), ..Default::default() });
        let container = in_container(&Version { platform, ..Default::default() });
        let result = install(&node, container, &args("upgrade --image i:1"), &progress).await;
        let calls = calls.lock().unwrap().clone();
        (calls, result)
    }

    #[tokio::test]
    async fn what_was_pulled_is_installed_and_an_installer_that_fails_ends_the_upgrade() {
        let (calls, result) = installed("metal", 0).await;
        result.unwrap();
        assert_eq!(calls, ["Pull", "Upgrade i@sha256:1"]);
        let error = installed("metal", 3).await.1.unwrap_err().to_string();
        assert!(error.starts_with("the installer failed with exit code 3"), "{error}");
    }

    #[tokio::test]
    async fn a_container_refuses_without_pulling_anything() {
        assert_eq!(installed("container", 0).await.0, ["Upgrade i:1"]);
    }

    #[test]
    fn only_versions_with_a_life_cycle_service_install_without_rebooting() {
        for (tag, expected) in [
            ("v1.12.4", false),
            ("v1.13.0-alpha.2", false),
            ("v1.13.0-beta.0", true),
            ("v1.14.0", true),
            ("v2.0.0", false),
            ("none", false),
        ] {
            let info = VersionInfo { tag: tag.to_owned(), ..Default::default() };
            let version = Version { version: Some(info), ..Default::default() };
            assert_eq!(in_two_steps(&version), expected, "{tag}");
        }
    }
}
