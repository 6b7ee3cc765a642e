//! `time.TimeService`: this node's clock beside that of a time server (contract api.md 5.12).

mod sntp;

use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::time::{Duration, SystemTime};

use nix::time::ClockId;
use proto::resource::network::TimeServerStatusSpec;
use proto::time::time_service_server::TimeService;
use proto::time::{Time, TimeRequest, TimeResponse};
use state::ops;
use tonic::{Request, Response, Status};

use super::{plain, probe};
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
        compare(self.first_server().await, None).await
    }

    async fn time_check(&self, request: Request<TimeRequest>) -> Result<Response<TimeResponse>, Status> {
        let roles = rpc::guard::roles(request.extensions());
        let server = request.into_inner().server;
        if server.is_empty() {
            return Err(Status::invalid_argument("the time server is missing"));
        }
        let address = match (server.starts_with("/dev/ptp"), server.parse::<SocketAddr>()) {
            (true, _) => None,
            (false, Ok(given)) => Some(probe::reach(&given.ip().to_string(), given.port(), roles).await?),
            (false, Err(_)) => Some(probe::reach(&server, sntp::PORT, roles).await?),
        };
        compare(server, address).await
    }
}

/// Asks the server, at the address that is known to be its, if any.
async fn compare(server: String, address: Option<SocketAddr>) -> Result<Response<TimeResponse>, Status> {
    let remote = match server.starts_with("/dev/ptp") {
        true => hardware(&server)?,
        false => {
            let at = address.map_or_else(|| server.clone(), |address| address.to_string());
            let offset = sntp::offset(&at).await;
            let offset = offset.map_err(|e| plain(format!("cannot ask the time server {server:?}: {e}")))?;
            sntp::shifted(SystemTime::now(), offset)
        }
    };
    let local = SystemTime::now();
    let time =
        Time { metadata: None, server, localtime: Some(local.into()), remotetime: Some(remote.into()) };
    Ok(Response::new(TimeResponse { messages: vec![time] }))
}

/// The time of a precision clock.
fn hardware(device: &str) -> Result<SystemTime, Status> {
    let read = || -> std::io::Result<Duration> {
        let file = std::fs::File::open(device)?;
        // How the kernel names the clock behind a descriptor (clock_getres(2)).
        let clock = ClockId::from_raw((!file.as_raw_fd() << 3) | 3);
        Ok(Duration::from(nix::time::clock_gettime(clock)?))
    };
    let since = read().map_err(|e| plain(format!("cannot read the clock {device}: {e}")))?;
    Ok(SystemTime::UNIX_EPOCH + since)
}
