//! ApplyConfiguration (contract api.md 5.2).

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use config::validate::{Mode, ValidateOptions};
use config::{Config, Report};
use proto::machine::{ApplyConfiguration, ApplyConfigurationRequest, apply_configuration_request};
use rpc::{Role, RoleSet};
use tonic::Status;

use crate::configuration::apply::{self, ApplyMode, ModeError};
use crate::configuration::hardware::Hardware;
use crate::configuration::{Keeper, KeeperError, review};
use crate::platform::{self, Platform};

/// What the answer depends on beside the request.
pub struct Situation<'a> {
    /// The node.
    pub platform: &'a Platform,
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
    keeper: &Keeper,
    situation: Situation<'_>,
    request: ApplyConfigurationRequest,
) -> Result<ApplyConfiguration, Status> {
    let turn = keeper.turn().map_err(status)?;
    if !situation.maintenance && !situation.roles.contains(Role::Admin) {
        return Err(Status::permission_denied(rpc::authz::DENIED));
    }
    let mode = apply::mode(request.mode, situation.maintenance).map_err(refusal)?;
    let (config, mut warnings) = read(&request.data, situation.platform)?;
    if !situation.maintenance && !config.is_complete() {
        return Err(Status::invalid_argument(
            "the configuration has no v1alpha1 document (machine and cluster sections): a configured node needs one",
        ));
    }
    let active = keeper.current().await.map_err(|e| Status::internal(format!("{e:#}")))?;
    let current = active.as_ref().map(|active| &*active.config);
    let timeout = request.try_mode_timeout.and_then(|d| Duration::try_from(d).ok()).filter(|t| !t.is_zero());
    let sentence = apply::sentence(mode, timeout);
    warnings.extend(Hardware::look(Path::new("/")).warnings(&config));
    warnings.extend(review::suspicions(current, &config, &situation.hostname, &situation.addresses));
    let mode_wire = wire(mode) as i32;
    if request.dry_run {
        let mut mode_details = review::dry_run(&sentence, mode, current, &config);
        // In a dry run warnings are part of the text (contract api.md 5.2).
        for warning in &warnings {
            mode_details.push_str(&format!("Warning: {warning}\n"));
        }
        return Ok(ApplyConfiguration { mode: mode_wire, mode_details, ..Default::default() });
    }
    if mode != ApplyMode::Staged {
        warnings.extend(review::deferred(current, &config));
    }
    let decision = apply::decide(mode, false, timeout);
    turn.carry_out(&request.data, decision).await.map_err(status)?;
    Ok(ApplyConfiguration { metadata: None, warnings, mode: mode_wire, mode_details: sentence })
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
    let mode = match platform.mode {
        platform::Mode::Container => Mode::Container,
        platform::Mode::Metal => Mode::Metal,
    };
    let reviewed = Config::review("configuration", text, &ValidateOptions::on_node(mode));
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
