//! The kernel's message buffer through /dev/kmsg.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use nix::errno::Errno;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::watch::watch;
use crate::{Context, Result};

/// The longest record that the kernel hands out in one read (its own limit is 8 KiB).
const MAX_RECORD: usize = 16 * 1024;

/// One kernel message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Severity, 0 (emergency) to 7 (debug).
    pub severity: u8,
    /// Facility, 0 for the kernel itself.
    pub facility: u8,
    /// Sequence number; a gap means that messages were overwritten.
    pub sequence: u64,
    /// When, since boot.
    pub since_boot: Duration,
    /// The text, without trailing newline.
    pub message: String,
}

impl Record {
    /// Parses `<priority>,<sequence>,<microseconds>,<flags>[,…];<text>\n[ KEY=value\n…]`
    /// (Documentation/ABI/testing/dev-kmsg). Escapes `\xNN` in the text are kept as they are.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let (prefix, rest) = text.split_once(';')?;
        let mut fields = prefix.split(',');
        let priority: u32 = fields.next()?.parse().ok()?;
        let sequence = fields.next()?.parse().ok()?;
        let microseconds = fields.next()?.parse().ok()?;
        Some(Self {
            severity: (priority & 7) as u8,
            facility: u8::try_from(priority >> 3).unwrap_or(u8::MAX),
            sequence,
            since_boot: Duration::from_micros(microseconds),
            message: rest.split('\n').next().unwrap_or_default().to_owned(),
        })
    }

    /// Name of the severity as dmesg tools print it.
    pub fn severity_name(&self) -> &'static str {
        match self.severity {
            0 => "emerg",
            1 => "alert",
            2 => "crit",
            3 => "err",
            4 => "warning",
            5 => "notice",
            6 => "info",
            _ => "debug",
        }
    }

    /// Name of the facility; user space's number 1 is `user`.
    pub fn facility_name(&self) -> &'static str {
        match self.facility {
            0 => "kern",
            1 => "user",
            2 => "mail",
            3 => "daemon",
            4 => "auth",
            5 => "syslog",
            6 => "lpr",
            7 => "news",
            8 => "uucp",
            9 => "cron",
            10 => "authpriv",
            _ => "local",
        }
    }
}

/// Reads kernel messages, oldest first.
#[derive(Debug)]
pub struct Reader {
    file: File,
    buffer: Vec<u8>,
}

impl Reader {
    /// Opens `path` (normally `/dev/kmsg`) at the oldest message that is kept, or behind the newest.
    pub fn open(path: &Path, only_new: bool) -> Result<Self> {
        let mut options = OpenOptions::new();
        let options = options.read(true).custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC);
        let mut file = options.open(path).context(|| format!("open {}", path.display()))?;
        if only_new {
            file.seek(SeekFrom::End(0)).context(|| format!("go to the end of {}", path.display()))?;
        }
        Ok(Self { file, buffer: vec![0; MAX_RECORD] })
    }

    /// The next message that is there already; `None` at the end. Messages that were overwritten
    /// before they could be read are skipped.
    pub fn next_ready(&mut self) -> Result<Option<Record>> {
        loop {
            match self.file.read(&mut self.buffer) {
                Ok(0) => return Ok(None),
                Ok(count) => {
                    if let Some(record) = self.buffer.get(..count).and_then(Record::parse) {
                        return Ok(Some(record));
                    }
                }
                Err(error) => match error.raw_os_error().map(Errno::from_raw) {
                    Some(Errno::EAGAIN) => return Ok(None),
                    // The next read continues behind the gap.
                    Some(Errno::EPIPE | Errno::EINTR) => {}
                    _ => return Err(error).context(|| "read the kernel log".into()),
                },
            }
        }
    }

    /// Turns to waiting for messages; needs a Tokio runtime.
    pub fn follow(self) -> Result<Follower> {
        let file = self.file.try_clone().context(|| "watch the kernel log".into())?;
        let ready = watch(file, Interest::READABLE)?;
        Ok(Follower { reader: self, ready })
    }
}

/// Reads kernel messages as they come.
#[derive(Debug)]
pub struct Follower {
    reader: Reader,
    ready: AsyncFd<File>,
}

impl Follower {
    /// Waits for the next message.
    pub async fn next(&mut self) -> Result<Record> {
        loop {
            if let Some(record) = self.reader.next_ready()? {
                return Ok(record);
            }
            let mut ready = self.ready.readable().await.context(|| "wait for the kernel log".into())?;
            // Only now may readiness be dropped: a message between the two would be lost otherwise.
            if let Some(record) = self.reader.next_ready()? {
                return Ok(record);
            }
            ready.clear_ready();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_with_continuation_fields_is_its_first_line() {
        let bytes = b"30,1234,5000001,-,caller=T1;hello; world\n SUBSYSTEM=acpi\n DEVICE=+acpi:x\n";
        let record = Record::parse(bytes).unwrap();
        assert_eq!((record.severity, record.facility, record.sequence), (6, 3, 1234));
        assert_eq!(record.since_boot, Duration::from_micros(5_000_001));
        assert_eq!(record.message, "hello; world");
        assert_eq!((record.severity_name(), record.facility_name()), ("info", "daemon"));
    }

    #[test]
    fn what_is_no_record_is_refused() {
        for bytes in [&b""[..], b"no prefix", b"x,1,2,-;m", b"1,2;m"] {
            assert_eq!(Record::parse(bytes), None);
        }
    }

    #[tokio::test]
    async fn the_kernels_own_log_can_be_read_to_its_end() {
        let Ok(mut reader) = Reader::open(Path::new("/dev/kmsg"), false) else {
            eprintln!("skipped: /dev/kmsg cannot be read here");
            return;
        };
        let mut last = None;
        while let Some(record) = reader.next_ready().unwrap() {
            assert!(last.is_none_or(|last| record.sequence > last));
            last = Some(record.sequence);
        }
        let mut follower = reader.follow().unwrap();
        _ = tokio::time::timeout(Duration::from_millis(20), follower.next()).await;
    }
}
