//! A started child: its identity, its streams, its end.

use std::fmt;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use nix::sys::signal::Signal;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio::sync::watch;

use crate::{Context, Error, Result};

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exit {
    /// It returned this status.
    Code(i32),
    /// This signal (number) killed it.
    Signal(i32),
}

impl Exit {
    /// Whether the process said that it succeeded.
    pub fn success(self) -> bool {
        self == Exit::Code(0)
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exit::Code(code) => write!(f, "exit status {code}"),
            Exit::Signal(number) => match Signal::try_from(*number) {
                Ok(signal) => write!(f, "killed by {signal}"),
                Err(_) => write!(f, "killed by signal {number}"),
            },
        }
    }
}

/// How a child is reached: a pidfd for a real one, a record for a fake.
pub trait Control: Send + Sync + fmt::Debug {
    /// Sends `signal`; a child that has ended already is no error.
    fn signal(&self, signal: Signal) -> Result<()>;
    /// The pidfd, where the kernel has them.
    fn pidfd(&self) -> Option<&OwnedFd> {
        None
    }
}

/// A started child process. Dropping it does not end the process.
#[derive(Debug)]
pub struct Child {
    pid: i32,
    control: Arc<dyn Control>,
    exit: watch::Receiver<Option<Exit>>,
    stdin: Option<OwnedFd>,
    stdout: Option<OwnedFd>,
    stderr: Option<OwnedFd>,
}

/// What a finished child left behind.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub exit: Exit,
    /// Captured standard output, at most the asked-for number of bytes.
    pub stdout: Vec<u8>,
    /// Captured standard error, at most the asked-for number of bytes.
    pub stderr: Vec<u8>,
}

impl Child {
    /// Puts a child together from its parts; used by the reaper and by fakes.
    pub fn new(pid: i32, control: Arc<dyn Control>, exit: watch::Receiver<Option<Exit>>) -> Self {
        Self { pid, control, exit, stdin: None, stdout: None, stderr: None }
    }

    pub(super) fn with_streams(mut self, streams: [Option<OwnedFd>; 3]) -> Self {
        let [stdin, stdout, stderr] = streams;
        self.stdin = stdin;
        self.stdout = stdout;
        self.stderr = stderr;
        self
    }

    /// The process id in this process' PID namespace.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// The pidfd, where the kernel has them.
    pub fn pidfd(&self) -> Option<&OwnedFd> {
        self.control.pidfd()
    }

    /// A handle that can signal the child while somebody else waits for it.
    pub fn control(&self) -> Arc<dyn Control> {
        Arc::clone(&self.control)
    }

    /// Sends a signal; a child that has ended already is no error.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        self.control.signal(signal)
    }

    /// How it ended, if it did.
    pub fn exited(&self) -> Option<Exit> {
        *self.exit.borrow()
    }

    /// Waits for the end. May be called again and by several tasks ([`Child::exit_receiver`]).
    pub async fn wait(&mut self) -> Exit {
        wait_for(&mut self.exit).await
    }

    /// A receiver that changes to the exit status when the child ends.
    pub fn exit_receiver(&self) -> watch::Receiver<Option<Exit>> {
        self.exit.clone()
    }

    /// The writing end of standard input, if it is a pipe and was not taken yet.
    pub fn take_stdin(&mut self) -> Result<Option<pipe::Sender>> {
        take(self.stdin.take(), pipe::Sender::from_owned_fd, "standard input")
    }

    /// The reading end of standard output, if it is a pipe and was not taken yet.
    pub fn take_stdout(&mut self) -> Result<Option<pipe::Receiver>> {
        take(self.stdout.take(), pipe::Receiver::from_owned_fd, "standard output")
    }

    /// The reading end of standard error, if it is a pipe and was not taken yet.
    pub fn take_stderr(&mut self) -> Result<Option<pipe::Receiver>> {
        take(self.stderr.take(), pipe::Receiver::from_owned_fd, "standard error")
    }

    /// Reads both output pipes to their end, keeping at most `limit` bytes of each, and waits.
    pub async fn finish(mut self, limit: usize) -> Result<Finished> {
        let stdout = self.take_stdout()?;
        let stderr = self.take_stderr()?;
        let (stdout, stderr, exit) = tokio::join!(drain(stdout, limit), drain(stderr, limit), self.wait());
        Ok(Finished { exit, stdout, stderr })
    }
}

pub(super) async fn wait_for(exit: &mut watch::Receiver<Option<Exit>>) -> Exit {
    let ended = exit.wait_for(Option::is_some).await.map(|value| *value);
    // A closed channel means that the reaper is gone: nobody will ever learn the status.
    ended.ok().flatten().unwrap_or(Exit::Signal(0))
}

fn take<T>(
    fd: Option<OwnedFd>,
    wrap: impl FnOnce(OwnedFd) -> std::io::Result<T>,
    what: &str,
) -> Result<Option<T>> {
    fd.map(|fd| {
        nix::fcntl::fcntl(&fd, nix::fcntl::FcntlArg::F_SETFL(nix::fcntl::OFlag::O_NONBLOCK))
            .map_err(Error::from_errno(what))?;
        wrap(fd).context(|| format!("watch the child's {what}"))
    })
    .transpose()
}

impl Error {
    fn from_errno(what: &str) -> impl FnOnce(nix::errno::Errno) -> Error {
        let action = format!("make the child's {what} non-blocking");
        move |errno| Error::new(action, errno)
    }
}

async fn drain(pipe: Option<pipe::Receiver>, limit: usize) -> Vec<u8> {
    let mut kept = Vec::new();
    let Some(mut pipe) = pipe else { return kept };
    let mut buffer = vec![0; 8192];
    while let Ok(count @ 1..) = pipe.read(&mut buffer).await {
        let room = limit.saturating_sub(kept.len()).min(count);
        kept.extend_from_slice(buffer.get(..room).unwrap_or_default());
    }
    kept
}
