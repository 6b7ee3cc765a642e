//! Who may interrupt which sequence (contract api.md 9.3, os.md 2.4).

use super::Sequence;

/// True when `newcomer` may cancel `running` and start at once.
/// Everything else waits for the lock. Shutdown always takes over; so does a forced reboot (signals).
pub fn allowed(running: Sequence, newcomer: Sequence, forced: bool) -> bool {
    use Sequence::{Boot, EmergencyVolumeCleanup, Initialize, Reboot, Reset, Shutdown};
    match (running, newcomer) {
        (_, Shutdown) => true,
        (_, Reboot) if forced => true,
        (Initialize, Reboot | EmergencyVolumeCleanup) => true,
        (Boot, Reboot | Reset | EmergencyVolumeCleanup) => true,
        (Reboot | Reset, Reboot) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Sequence::*;

    #[test]
    fn the_table_of_interruptions_is_the_contracts() {
        let all = [Initialize, Boot, Reboot, Shutdown, Reset, EmergencyVolumeCleanup];
        let expected = [
            (Initialize, Reboot),
            (Initialize, EmergencyVolumeCleanup),
            (Boot, Reboot),
            (Boot, Reset),
            (Boot, EmergencyVolumeCleanup),
            (Reboot, Reboot),
            (Reset, Reboot),
        ];
        for running in all {
            for newcomer in all {
                let wanted = newcomer == Shutdown || expected.contains(&(running, newcomer));
                assert_eq!(allowed(running, newcomer, false), wanted, "{running:?} <- {newcomer:?}");
            }
        }
    }

    #[test]
    fn a_signal_interrupts_anything() {
        assert!(allowed(Shutdown, Reboot, true));
        assert!(!allowed(Shutdown, Reboot, false));
    }
}
