//! The kernel's messages, one line each.

use std::path::Path;
use std::time::{Duration, SystemTime};

use sys::kmsg::{Follower, Reader, Record};

use super::stamp::rfc3339;

const DEVICE: &str = "/dev/kmsg";

/// Reads the kernel log as lines of the form that clients know (contract api.md 5.6).
#[derive(Debug)]
pub struct KernelLog {
    source: Source,
    booted: SystemTime,
}

#[derive(Debug)]
enum Source {
    Kept(Reader),
    Followed(Follower),
}

impl KernelLog {
    /// Opens the log; `follow` waits for new messages at its end, `only_new` begins there.
    pub fn open(follow: bool, only_new: bool) -> sys::Result<Self> {
        let reader = Reader::open(Path::new(DEVICE), only_new)?;
        let source = if follow { Source::Followed(reader.follow()?) } else { Source::Kept(reader) };
        Ok(Self { source, booted: booted() })
    }

    /// The next line without newline; `None` at the end, which a followed log does not have.
    pub async fn next(&mut self) -> sys::Result<Option<String>> {
        let record = match &mut self.source {
            Source::Kept(reader) => reader.next_ready()?,
            Source::Followed(follower) => Some(follower.next().await?),
        };
        Ok(record.map(|record| line(&record, self.booted)))
    }
}

/// The line that goes before the messages of a kernel that is not the node's own.
pub fn shared_kernel() -> String {
    let at = rfc3339(SystemTime::now());
    let text = "this node has no kernel of its own: these are the messages of the machine that it runs on";
    format!("talos:  notice: [{at}]: {text}")
}

/// When the machine was started: stamps of the kernel count from then.
fn booted() -> SystemTime {
    let up =
        nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC).map(Duration::from).unwrap_or_default();
    SystemTime::now().checked_sub(up).unwrap_or(SystemTime::UNIX_EPOCH)
}

fn line(record: &Record, booted: SystemTime) -> String {
    let at = rfc3339(sys::clock::later(booted, record.since_boot));
    format!("{}: {:>7}: [{at}]: {}", record.facility_name(), record.severity_name(), record.message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_facility_priority_time_and_text() {
        let record = Record::parse(b"5,1,250000,-;Linux version 6.18\n").unwrap();
        let booted = SystemTime::UNIX_EPOCH + Duration::from_secs(10);
        assert_eq!(line(&record, booted), "kern:  notice: [1970-01-01T00:00:10.25Z]: Linux version 6.18");
        let record = Record::parse(b"30,1,0,-;x\n").unwrap();
        assert_eq!(line(&record, booted), "daemon:    info: [1970-01-01T00:00:10Z]: x");
    }
}
