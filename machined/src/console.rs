//! machined's own log: on the console, and in the ring that `logs machined` shows.

use std::io::{self, Write};
use std::time::SystemTime;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

use crate::logs::{Log, Logs, go_stamp};

/// Variable that changes what is logged, in the notation of tracing's filters.
const LEVEL: &str = "TALOS_LOG";

/// Starts logging.
pub fn start(logs: &Logs) {
    let log = logs.register("machined");
    let filter = EnvFilter::try_from_env(LEVEL).unwrap_or_else(|_| EnvFilter::new("info"));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_target(false)
        .with_level(false)
        .with_timer(Stamp)
        .with_writer(Both(log));
    // Only the first start of a process can win, and there is only one.
    let _ = subscriber.try_init();
}

/// The stamp that clients know (contract api.md 5.6).
struct Stamp;

impl FormatTime for Stamp {
    fn format_time(&self, w: &mut Writer<'_>) -> std::fmt::Result {
        w.write_str(go_stamp(SystemTime::now()).trim_end())
    }
}

#[derive(Clone)]
struct Both(Log);

impl<'a> MakeWriter<'a> for Both {
    type Writer = Both;

    fn make_writer(&'a self) -> Both {
        self.clone()
    }
}

impl Write for Both {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes);
        // A console that nobody reads must not stop the machine.
        let _ = io::stderr().write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
