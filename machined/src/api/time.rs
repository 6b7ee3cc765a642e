//! `time.TimeService`: this node's clock beside that of a time server (contract api.md 5.12).

mod sntp;

use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use nix::fcntl::OFlag;
use nix::time::ClockId;
use proto::resource::network::TimeServerStatusSpec;
use proto::time::time_service_server::TimeService;
use proto::time::{Time, TimeRequest, TimeResponse};
use rpc::RoleSet;
use state::ops;
use tonic::{Request, Response, Status};

use super::plain;
use super::probe::resolve;
use crate::blocking::{ANSWER, Pools};
use crate::machine::Machine;

/// Asked when the configuration names no server (contract api.md 5.12).
const FALLBACK: &str = "time.cloudflare.com";

/// The service.
#[derive(Clone)]
pub struct TimeApi {
    machine: Machine,
}

impl TimeApi {
    /// Serves `machine`.
    pub fn new(machine: Machine) -> Self {
        Self { machine }
    }

    async fn first_server(&self) -> String {
        let found = ops::get::<TimeServerStatusSpec>(&*self.machine.state, "timeservers").await;
        let servers = found.ok().flatten().map(|status| status.spec.ntp_servers).unwrap_or_default();
        servers.into_iter().next().unwrap_or_else(|| FALLBACK.to_owned())
    }
}

#[tonic::async_trait]
impl TimeService for TimeApi {
    async fn time(&self, _: Request<()>) -> Result<Response<TimeResponse>, Status> {
        // What the configuration names may be anywhere.
        compare(&self.machine.pools, RoleSet::ALL, self.first_server().await).await
    }

    async fn time_check(&self, request: Request<TimeRequest>) -> Result<Response<TimeResponse>, Status> {
        let roles = rpc::guard::roles(request.extensions());
        let server = request.into_inner().server;
        if server.is_empty() {
            return Err(Status::invalid_argument("the time server is missing"));
        }
        compare(&self.machine.pools, roles, server).await
    }
}

async fn compare(pools: &Pools, roles: RoleSet, server: String) -> Result<Response<TimeResponse>, Status> {
    let remote = match clock(&server) {
        Some(device) => pools.looks.run(ANSWER, move || hardware(&device)).await??,
        None => {
            let (host, port) = place(&server);
            let found = resolve(&pools.lookups, roles, host, port).await?;
            let first = found.first().ok_or_else(|| plain(format!("{server:?} has no address")))?;
            let offset = sntp::offset(*first).await;
            let offset = offset.map_err(|e| plain(format!("cannot ask the time server {server:?}: {e}")))?;
            sntp::shifted(SystemTime::now(), offset)
        }
    };
    let local = SystemTime::now();
    let time =
        Time { metadata: None, server, localtime: Some(local.into()), remotetime: Some(remote.into()) };
    Ok(Response::new(TimeResponse { messages: vec![time] }))
}

/// Host and port of a server: an address may have one.
fn place(server: &str) -> (&str, u16) {
    match server.parse::<SocketAddr>() {
        Ok(address) => (server.rsplit_once(':').map_or(server, |(host, _)| host), address.port()),
        Err(_) => (server, sntp::PORT),
    }
}

/// The device of a precision clock, if a server is one: no other path, and none that leads elsewhere.
fn clock(server: &str) -> Option<PathBuf> {
    let number = server.strip_prefix("/dev/ptp")?;
    let whole = number.is_empty() || number.bytes().all(|b| b.is_ascii_digit());
    (whole && number.len() < 4).then(|| PathBuf::from(server))
}

/// The time of a precision clock.
fn hardware(device: &Path) -> Result<SystemTime, Status> {
    let read = || -> std::io::Result<Duration> {
        if !std::fs::symlink_metadata(device)?.file_type().is_char_device() {
            return Err(std::io::Error::other("it is not a clock"));
        }
        let file = std::fs::File::options().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(device)?;
        // How the kernel names the clock behind a descriptor (clock_getres(2)).
        let clock = ClockId::from_raw((!file.as_raw_fd() << 3) | 3);
        Ok(Duration::from(nix::time::clock_gettime(clock)?))
    };
    let since = read().map_err(|e| plain(format!("cannot read the clock {}: {e}", device.display())))?;
    Ok(sys::clock::later(SystemTime::UNIX_EPOCH, since))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_a_device_of_clocks_and_no_way_to_another_file() {
        assert_eq!(clock("/dev/ptp0"), Some(PathBuf::from("/dev/ptp0")));
        for path in ["/dev/ptp/../../var/log/pods/pipe", "/dev/ptp0/../zero", "/dev/zero", "/dev/ptp00000"] {
            assert_eq!(clock(path), None, "{path}");
        }
    }

    #[test]
    fn a_server_may_have_a_port() {
        for (server, expected) in [
            ("10.0.0.1", ("10.0.0.1", 123)),
            ("10.0.0.1:1123", ("10.0.0.1", 1123)),
            ("[::1]:1123", ("[::1]", 1123)),
            ("::1", ("::1", 123)),
            ("time.example.org", ("time.example.org", 123)),
        ] {
            assert_eq!(place(server), expected);
        }
    }
}
