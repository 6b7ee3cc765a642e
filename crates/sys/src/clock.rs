//! Clocks, and being told when somebody sets the wall clock.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use nix::time::clock_gettime;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::watch::{StableFd, watch};
use crate::{Context, Result};

/// Reads clocks.
pub trait ClockPort: Send + Sync {
    /// Wall-clock time.
    fn wall(&self) -> SystemTime;
    /// Time since boot, including suspend; never set back.
    fn boot(&self) -> Duration;
}

/// The system's clocks.
#[derive(Debug, Clone, Copy, Default)]
pub struct System;

impl ClockPort for System {
    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    fn boot(&self) -> Duration {
        let now = clock_gettime(nix::time::ClockId::CLOCK_BOOTTIME).unwrap_or(TimeSpec::new(0, 0));
        Duration::from(now)
    }
}

/// The longest wait that is told apart from for ever: 30 years.
const FOR_EVER: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

/// The moment that is `wait` from now. Waits come from users: one that no clock can show is taken for 30 years.
/// Adding to a moment with `+` panics instead.
pub fn after(wait: Duration) -> tokio::time::Instant {
    let now = tokio::time::Instant::now();
    now.checked_add(wait.min(FOR_EVER)).unwrap_or(now)
}

/// The wall-clock time that is `by` after `time`; `time` itself where no clock can show that.
pub fn later(time: SystemTime, by: Duration) -> SystemTime {
    time.checked_add(by).unwrap_or(time)
}

/// Tells when the wall clock was set rather than just went on.
#[derive(Debug)]
pub struct TimeJumps {
    timer: AsyncFd<Timer>,
}

#[derive(Debug)]
struct Timer(TimerFd);

impl AsRawFd for Timer {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

// SAFETY: a TimerFd is one descriptor until it is dropped.
unsafe impl StableFd for Timer {}

impl AsFd for Timer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl TimeJumps {
    /// Starts to watch; needs a Tokio runtime.
    pub fn watch() -> Result<Self> {
        let action = || "watch for jumps of the wall clock".to_owned();
        let flags = TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK;
        let timer = TimerFd::new(ClockId::CLOCK_REALTIME, flags).context(action)?;
        arm(&timer)?;
        let timer = watch(Timer(timer), Interest::READABLE)?;
        Ok(Self { timer })
    }

    /// Waits for the next jump.
    ///
    /// # Errors
    /// If the timer cannot be read or armed again.
    pub async fn next(&mut self) -> Result<()> {
        loop {
            let mut ready = self.timer.readable().await.context(|| "wait for a jump of the clock".into())?;
            let mut buffer = [0u8; 8];
            // Read directly: nix' wait() would hide ECANCELED, which is the jump.
            match nix::unistd::read(self.timer.get_ref().as_fd(), &mut buffer) {
                Err(nix::errno::Errno::EAGAIN) => ready.clear_ready(),
                Err(nix::errno::Errno::ECANCELED) | Ok(_) => {
                    ready.clear_ready();
                    arm(&self.timer.get_ref().0)?;
                    return Ok(());
                }
                Err(errno) => return Err(crate::Error::new("read the clock's timer", errno)),
            }
        }
    }
}

/// An expiry a century ahead: only a cancellation can wake the reader.
fn arm(timer: &TimerFd) -> Result<()> {
    let century = 100 * 366 * 24 * 3600;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let at = i64::try_from(now).unwrap_or(0).saturating_add(century);
    let flags = TimerSetTimeFlags::TFD_TIMER_ABSTIME | TimerSetTimeFlags::TFD_TIMER_CANCEL_ON_SET;
    timer
        .set(Expiration::OneShot(TimeSpec::new(at, 0)), flags)
        .context(|| "arm the timer that notices jumps of the clock".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_wait_that_no_clock_can_show_has_an_end_all_the_same() {
        let longest = Duration::from_secs(i64::MAX.unsigned_abs());
        assert!(after(longest) > after(Duration::from_secs(3600)));
        assert_eq!(after(Duration::MAX).duration_since(after(longest)).as_secs(), 0);
        assert_eq!(later(UNIX_EPOCH, Duration::MAX), UNIX_EPOCH);
    }

    #[test]
    fn boot_time_goes_on() {
        let first = System.boot();
        assert!(first > Duration::ZERO && System.boot() >= first);
    }

    #[tokio::test]
    async fn an_undisturbed_clock_reports_no_jump() {
        let mut jumps = TimeJumps::watch().unwrap();
        assert!(tokio::time::timeout(Duration::from_millis(50), jumps.next()).await.is_err());
    }
}
