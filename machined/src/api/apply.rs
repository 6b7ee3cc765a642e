//! ApplyConfiguration (contract api.md 5.2).

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use config::validate::ValidateOptions;
use config::{Config, Report};
use proto::machine::{ApplyConfiguration, ApplyConfigurationRequest, apply_configuration_request};
use rpc::{Role, RoleSet};
use tonic::Status;

use super::duration;
use crate::blocking::REVIEW;
use crate::configuration::apply::{self, ApplyMode, ModeError};
use crate::configuration::hardware::Hardware;
use crate::configuration::{KeeperError, review};
use crate::machine::Machine;
use crate::platform::Platform;

/// What the answer depends on beside the request.
pub struct Situation {
    /// There is no complete configuration yet.
    pub maintenance: bool,
    /// What the caller may do.
    pub roles: RoleSet,
    /// Name of the node; empty while it has none.
    pub hostname: String,
    /// Addresses of the node: a configuration that takes one away is suspicious.
    pub addresses: Vec<IpAddr>,
}

/// Handles `ApplyConfiguration`.
pub async fn apply(
    machine: &Machine,
    situation: Situation,
    request: ApplyConfigurationRequest,
) -> Result<ApplyConfiguration, Status> {
    let turn = machine.keeper.turn().map_err(status)?;
    if !situation.maintenance && !situation.roles.contains(Role::Admin) {
        return Err(Status::permission_denied(rpc::authz::DENIED));
    }
    let mode = apply::mode(request.mode, situation.maintenance).map_err(refusal)?;
    let active = machine.keeper.current().await.map_err(|e| Status::internal(format!("{e:#}")))?;
    let timeout = duration(request.try_mode_timeout);
    let sentence = apply::sentence(mode, timeout);
    let text = Arc::new(request.data);
    let review = Review {
        text: Arc::clone(&text),
        current: active.map(|active| active.config),
        platform: machine.platform,
        situation,
        mode,
        dry_run: request.dry_run.then(|| sentence.clone()),
    };
    // How long it takes is up to who wrote the configuration.
    let Told { warnings, dry_run } = machine.pools.reviews.run(REVIEW, move || review.run()).await??;
    let mode_wire = wire(mode) as i32;
    if let Some(mode_details) = dry_run {
        return Ok(ApplyConfiguration { mode: mode_wire, mode_details, ..Default::default() });
    }
    turn.carry_out(&text, apply::decide(mode, false, timeout)).await.map_err(status)?;
    Ok(ApplyConfiguration { metadata: None, warnings, mode: mode_wire, mode_details: sentence })
}

/// All that is looked at before a configuration is taken.
struct Review {
    text: Arc<Vec<u8>>,
    current: Option<Arc<Config>>,
    platform: Platform,
    situation: Situation,
    mode: ApplyMode,
    /// What would be done, if that is all that is asked.
    dry_run: Option<String>,
}

/// What the client is told.
struct Told {
    warnings: Vec<String>,
    /// The answer to a dry run.
    dry_run: Option<String>,
}

impl Review {
    fn run(self) -> Result<Told, Status> {
        let (config, mut warnings) = read(&self.text, &self.platform)?;
        if !self.situation.maintenance && !config.is_complete() {
            return Err(Status::invalid_argument(
                "the configuration of a configured node must contain a v1alpha1 document (machine and cluster sections); this one has only others",
            ));
        }
        let current = self.current.as_deref();
        let Situation { hostname, addresses, .. } = &self.situation;
        let on = self.platform.mode.validated();
        warnings.extend(review::idle(on, current, &config));
        warnings.extend(Hardware::look(Path::new("/")).warnings(&config));
        warnings.extend(review::suspicions(current, &config, hostname, addresses));
        if let Some(sentence) = &self.dry_run {
            let mut text = review::dry_run(sentence, self.mode, on, current, &config);
            // In a dry run warnings are part of the text (contract api.md 5.2).
            for warning in &warnings {
                text.push_str(&format!("Warning: {warning}\n"));
            }
            return Ok(Told { warnings, dry_run: Some(text) });
        }
        if self.mode != ApplyMode::Staged {
            warnings.extend(review::deferred(on, current, &config));
        }
        Ok(Told { warnings, dry_run: None })
    }
}

fn wire(mode: ApplyMode) -> apply_configuration_request::Mode {
    use apply_configuration_request::Mode;
    match mode {
        ApplyMode::NoReboot => Mode::NoReboot,
        ApplyMode::Staged => Mode::Staged,
        ApplyMode::Try => Mode::Try,
    }
}

fn refusal(error: ModeError) -> Status {
    match error {
        ModeError::Removed => Status::unimplemented(
            "mode REBOOT is gone: every configuration is applied live, use mode AUTO and reboot afterwards if you want to",
        ),
        ModeError::Unknown(mode) => Status::invalid_argument(format!("there is no apply mode {mode}")),
        ModeError::NotInMaintenance => Status::invalid_argument(
            "mode STAGED needs a running configuration: use mode AUTO in maintenance",
        ),
    }
}

fn status(error: KeeperError) -> Status {
    match error {
        KeeperError::Busy => Status::failed_precondition(error.to_string()),
        KeeperError::State(_) => Status::resource_exhausted(error.to_string()),
        KeeperError::Unreadable(_) => Status::invalid_argument(review::bounded(&error.to_string())),
        KeeperError::Store(_) => Status::internal(error.to_string()),
    }
}

/// A valid configuration with its warnings; any other is refused with everything that is wrong with it.
fn read(text: &[u8], platform: &Platform) -> Result<(Config, Vec<String>), Status> {
    let options = ValidateOptions::on_node(platform.mode.validated());
    let reviewed = Config::review("configuration", text, &options);
    let Some(config) = reviewed.config else {
        return Err(invalid("the configuration cannot be read", &reviewed.report));
    };
    if reviewed.report.has_errors() {
        return Err(invalid("the configuration is not valid", &reviewed.report));
    }
    Ok((config, reviewed.report.warnings().map(ToString::to_string).collect()))
}

fn invalid(what: &str, report: &Report) -> Status {
    Status::invalid_argument(review::bounded(&format!("{what}:\n{}", report.status_text())))
}
