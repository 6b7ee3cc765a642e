//! Follows the resources that configure trustd: its certificate, and the token that callers must know.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use proto::resource::cluster::InfoSpec;
use proto::resource::secrets::{OsRootSpec, TrustdCertsSpec};
use rpc::gate::Busy;
use rpc::serve::{self, Drain, Options};
use rpc::tls::listen::{Client, bind};
use rpc::tls::{Acceptor, ClientAuth, Identity, Listening, ServerTls};
use state::{Context, Controller, Input, Next, Output};

use crate::Service;
use crate::admission::{Caller, Token};
use crate::discovery::service::Discovery;

/// The resources that trustd reads (contract api.md 1.4).
pub const CERTIFICATES: &str = "trustd";
/// See [`CERTIFICATES`].
pub const ROOT: &str = "os";

/// See [`CERTIFICATES`].
pub const CLUSTER: &str = "current";

/// Those who watch the cluster never end by themselves, and everything else is quick.
const DRAIN: Duration = Duration::from_secs(2);

/// Told whether trustd listens: `None` if so, else what it waits for.
pub type Report = Arc<dyn Fn(Option<String>) + Send + Sync>;

/// The listener that runs, if any; shared with whoever ends the process.
#[derive(Default)]
pub struct Running(Mutex<Option<Listening>>);

impl Running {
    /// Stops accepting; what is returned waits for the calls under way.
    pub async fn stop(&self) -> Option<Drain> {
        let listening = sys::sync::lock(&self.0).take()?;
        Some(listening.stop().await)
    }

    fn is_listening(&self) -> bool {
        sys::sync::lock(&self.0).is_some()
    }
}

/// The controller.
pub struct Configure {
    address: SocketAddr,
    service: Service,
    token: Arc<Token>,
    discovery: Discovery,
    report: Report,
    acceptor: Option<Arc<Acceptor>>,
    certificates: Option<TrustdCertsSpec>,
    running: Arc<Running>,
}

impl Configure {
    /// A controller that has not read anything yet; it will serve `service` on `address`.
    pub fn new(
        address: SocketAddr,
        service: Service,
        token: Arc<Token>,
        discovery: Discovery,
        report: Report,
    ) -> Configure {
        Configure {
            address,
            service,
            token,
            discovery,
            report,
            acceptor: None,
            certificates: None,
            running: Arc::default(),
        }
    }

    /// The listener, to end it.
    pub fn running(&self) -> Arc<Running> {
        Arc::clone(&self.running)
    }

    fn wait(&self, why: &str) -> Next {
        (self.report)(Some(why.to_owned()));
        Next::Wait
    }

    fn use_certificates(&mut self, certificates: &TrustdCertsSpec) -> anyhow::Result<()> {
        let server = certificates.server.clone().unwrap_or_default();
        // Callers show a token, not a certificate.
        let config = ServerTls::new(&Identity::from_pem(&server.crt, &server.key)?, &ClientAuth::None)?;
        match &self.acceptor {
            Some(acceptor) => acceptor.reload(config),
            None => self.acceptor = Some(Arc::new(Acceptor::new(config))),
        }
        self.certificates = Some(certificates.clone());
        Ok(())
    }

    fn listen(&mut self) -> anyhow::Result<()> {
        let Some(acceptor) = self.acceptor.clone() else { return Ok(()) };
        let address = self.address;
        let socket = bind(address).map_err(|error| {
            (self.report)(Some(format!("cannot listen on {address}: {error}")));
            anyhow::anyhow!("cannot listen on {address}: {error}; trying again")
        })?;
        let service = self.service.clone();
        let options = Options { drain: DRAIN, ..Options::default() };
        let listening = Listening::start(socket, acceptor, move |client| {
            let Client { stream, from, place, drain, .. } = client;
            let caller = Caller { from, place: Some(place.clone()) };
            serve::connection(stream, caller, Busy::new(service.clone(), place), options, drain)
        });
        *sys::sync::lock(&self.running.0) = Some(listening);
        tracing::info!(%address, "listening");
        Ok(())
    }
}

#[async_trait]
impl Controller for Configure {
    fn name(&self) -> &'static str {
        "trustd.ConfigureController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![
            Input::weak::<TrustdCertsSpec>().id(CERTIFICATES),
            Input::weak::<OsRootSpec>().id(ROOT),
            Input::weak::<InfoSpec>().id(CLUSTER),
        ]
    }

    fn outputs(&self) -> Vec<Output> {
        Vec::new()
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let root = ctx.get::<OsRootSpec>(ROOT).await?.map(|root| root.spec);
        let certificates = ctx.get::<TrustdCertsSpec>(CERTIFICATES).await?.map(|found| found.spec);
        let cluster = ctx.get::<InfoSpec>(CLUSTER).await?.map(|info| info.spec.cluster_id);
        self.discovery.serve(&cluster.unwrap_or_default());
        let token = root.map(|root| root.token).unwrap_or_default();
        // A token that is withdrawn lets nobody in from now on.
        self.token.set(&token);
        if token.is_empty() {
            return Ok(self.wait("waiting for the machine token"));
        }
        match certificates {
            Some(certificates) if self.certificates.as_ref() != Some(&certificates) => {
                self.use_certificates(&certificates)?;
            }
            None if self.acceptor.is_none() => return Ok(self.wait("waiting for the certificate")),
            _ => {}
        }
        if !self.running.is_listening() {
            self.listen()?;
        }
        (self.report)(None);
        Ok(Next::Wait)
    }
}
