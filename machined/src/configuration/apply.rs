//! What an apply does, by mode (contract api.md 5.2): pure, so that the table can be read and tested.

use std::time::Duration;

use proto::machine::apply_configuration_request::Mode as Wire;

/// How long a tried configuration lasts when the client names no time (contract api.md 5.2).
pub const DEFAULT_TRY_TIMEOUT: Duration = Duration::from_secs(60);

/// How a configuration is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplyMode {
    /// At once and for good.
    NoReboot,
    /// With the next boot.
    Staged,
    /// At once, for a time.
    Try,
}

/// A mode that cannot be had, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModeError {
    /// The mode was removed from the API.
    Removed,
    /// The number is no mode.
    Unknown(i32),
    /// The mode makes no sense before there is a configuration.
    NotInMaintenance,
}

/// The mode that a request means.
pub fn mode(wire: i32, maintenance: bool) -> Result<ApplyMode, ModeError> {
    match (Wire::try_from(wire), maintenance) {
        (Ok(Wire::Auto | Wire::NoReboot), _) | (Ok(Wire::Reboot), true) => Ok(ApplyMode::NoReboot),
        (Ok(Wire::Reboot), false) => Err(ModeError::Removed),
        (Ok(Wire::Staged), false) => Ok(ApplyMode::Staged),
        (Ok(Wire::Try), _) => Ok(ApplyMode::Try),
        (Ok(Wire::Staged), true) => Err(ModeError::NotInMaintenance),
        (Err(_), _) => Err(ModeError::Unknown(wire)),
    }
}

/// What happens to a valid configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// Written to STATE.
    pub persist: bool,
    /// Becomes the active configuration now.
    pub activate: bool,
    /// Goes back to the present configuration after this time.
    pub revert_after: Option<Duration>,
}

/// What an apply in `mode` does.
pub fn decide(mode: ApplyMode, dry_run: bool, try_timeout: Option<Duration>) -> Decision {
    if dry_run {
        return Decision { persist: false, activate: false, revert_after: None };
    }
    match mode {
        ApplyMode::NoReboot => Decision { persist: true, activate: true, revert_after: None },
        ApplyMode::Staged => Decision { persist: true, activate: false, revert_after: None },
        ApplyMode::Try => {
            let timeout = try_timeout.filter(|t| !t.is_zero()).unwrap_or(DEFAULT_TRY_TIMEOUT);
            Decision { persist: false, activate: true, revert_after: Some(timeout) }
        }
    }
}

/// One sentence for the client: what was done, or would be.
pub fn sentence(mode: ApplyMode, timeout: Option<Duration>) -> String {
    match mode {
        ApplyMode::NoReboot => "Applied configuration without a reboot".to_owned(),
        ApplyMode::Staged => "Staged configuration to be applied after the next reboot".to_owned(),
        ApplyMode::Try => format!(
            "Applied configuration, it is reverted after {} s unless it is applied again",
            timeout.unwrap_or(DEFAULT_TRY_TIMEOUT).as_secs()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_mean_what_the_table_of_the_api_says() {
        use ApplyMode::*;
        let cases = [
            (Wire::Reboot, true, Ok(NoReboot)),
            (Wire::Reboot, false, Err(ModeError::Removed)),
            (Wire::Auto, true, Ok(NoReboot)),
            (Wire::Auto, false, Ok(NoReboot)),
            (Wire::NoReboot, false, Ok(NoReboot)),
            (Wire::Staged, false, Ok(Staged)),
            (Wire::Staged, true, Err(ModeError::NotInMaintenance)),
            (Wire::Try, false, Ok(Try)),
            (Wire::Try, true, Ok(Try)),
        ];
        for (wire, maintenance, expected) in cases {
            assert_eq!(mode(wire as i32, maintenance), expected, "{wire:?} maintenance={maintenance}");
        }
        assert_eq!(mode(77, false), Err(ModeError::Unknown(77)));
    }

    #[test]
    fn staging_never_activates_and_trying_never_persists() {
        assert_eq!(
            decide(ApplyMode::Staged, false, None),
            Decision { persist: true, activate: false, revert_after: None }
        );
        let tried = decide(ApplyMode::Try, false, None);
        assert_eq!(
            tried,
            Decision { persist: false, activate: true, revert_after: Some(DEFAULT_TRY_TIMEOUT) }
        );
    }

    #[test]
    fn a_dry_run_changes_nothing_in_any_mode() {
        for mode in [ApplyMode::NoReboot, ApplyMode::Staged, ApplyMode::Try] {
            let decision = decide(mode, true, Some(Duration::from_secs(5)));
            assert_eq!(decision, Decision { persist: false, activate: false, revert_after: None });
        }
    }
}
