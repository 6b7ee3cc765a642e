//! The log: one line an event on standard error, its level changeable while running.

use std::io::{self, Write};
use std::str::FromStr;
use std::sync::OnceLock;

use anyhow::{Context, Result};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt, reload};

type Reload = Box<dyn Fn(Targets) -> Result<()> + Send + Sync>;

static FILTER: OnceLock<Reload> = OnceLock::new();

/// Installs the log with `level` (a level, or `level,target=level,…`). A second call only sets the
/// level.
pub fn init(level: &str) -> Result<()> {
    if FILTER.get().is_some() {
        return set_level(level);
    }
    let (filter, handle) = reload::Layer::new(parse(level)?);
    let lines =
        fmt::layer().compact().with_ansi(false).with_target(false).with_writer(|| OneLine(io::stderr()));
    tracing_subscriber::registry().with(lines.with_filter(filter)).try_init().context("install the log")?;
    let change: Reload = Box::new(move |targets| handle.reload(targets).context("change the log level"));
    _ = FILTER.set(change);
    Ok(())
}

/// Changes what is logged from now on.
///
/// # Errors
/// If `level` is neither a level nor a list of them, or the log was not installed.
pub fn set_level(level: &str) -> Result<()> {
    let targets = parse(level)?;
    let change = FILTER.get().context("change the log level: the log is not installed")?;
    change(targets)
}

fn parse(level: &str) -> Result<Targets> {
    Targets::from_str(level).with_context(|| {
        format!("read the log level {level:?}: use error, warn, info, debug, trace or level,target=level")
    })
}

/// Keeps an event on one line whatever text a peer put into it: the reader's lines are events.
struct OneLine<W>(W);

impl<W: Write> Write for OneLine<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let text = buffer.strip_suffix(b"\n").unwrap_or(buffer);
        if !text.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
            self.0.write_all(buffer)?;
            return Ok(buffer.len());
        }
        let mut line = Vec::with_capacity(buffer.len() + 16);
        for byte in text {
            match byte {
                b'\n' => line.extend_from_slice(b"\\n"),
                b'\r' => line.extend_from_slice(b"\\r"),
                other => line.push(*other),
            }
        }
        line.push(b'\n');
        self.0.write_all(&line)?;
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_with_newlines_stays_one_line() {
        let mut out = Vec::new();
        OneLine(&mut out).write_all(b"INFO user said \"x\nERROR forged\r\"\n").unwrap();
        assert_eq!(out, b"INFO user said \"x\\nERROR forged\\r\"\n");
        let mut plain = Vec::new();
        OneLine(&mut plain).write_all(b"INFO fine\n").unwrap();
        assert_eq!(plain, b"INFO fine\n");
    }

    #[test]
    fn the_level_can_be_changed_while_running_but_not_to_nonsense() {
        init("warn").unwrap();
        assert!(!tracing::enabled!(tracing::Level::INFO));
        set_level("info,hyper=error").unwrap();
        assert!(tracing::enabled!(tracing::Level::INFO));
        let error = set_level("a=b=c").unwrap_err().to_string();
        assert!(error.contains("use error, warn, info"), "{error}");
    }
}
