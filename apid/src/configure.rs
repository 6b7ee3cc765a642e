//! Follows the resources that configure apid, and makes it what they say: listening, its certificates,
//! what it is called. Certificates change without touching a connection, but for those of clients that are no longer
//! accepted; the rest drains and listens anew.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use proto::resource::network::{HostnameStatusSpec, NodeAddressSpec};
use proto::resource::runtime::ApiServiceConfigSpec;
use proto::resource::secrets::ApiCertsSpec;
use rpc::serve::Drain;
use rpc::tls::listen::bind;
use rpc::tls::{Acceptor, Listening, ServerTls};
use state::{Context, Controller, Input, Next, Output};

use crate::director::Routing;
use crate::gateway::{Gateway, Now};
use crate::link::Pool;
use crate::listener;
use crate::settings::{self, Place};

/// The resources that apid reads (contract api.md 1.4).
pub const CONFIG: &str = "apid";
/// See [`CONFIG`].
pub const CERTIFICATES: &str = "api";

/// Told whether apid listens: `None` if so, else what it waits for.
pub type Report = Arc<dyn Fn(Option<String>) + Send + Sync>;

/// The controller.
pub struct Configure {
    gateway: Arc<Gateway>,
    report: Report,
    running: Arc<Running>,
    certificates: Option<ApiCertsSpec>,
    acceptor: Option<Arc<Acceptor>>,
}

/// The listener that runs, if any; shared with whoever ends the process.
#[derive(Default)]
pub struct Running(Mutex<Option<Listener>>);

struct Listener {
    place: Place,
    listening: Listening,
}

impl Running {
    fn place(&self) -> Option<Place> {
        sys::sync::lock(&self.0).as_ref().map(|listener| listener.place)
    }

    /// Stops accepting. What is returned ends when the calls under way have, or their time is over.
    pub async fn stop(&self) -> Option<Drain> {
        let listener = sys::sync::lock(&self.0).take()?;
        Some(listener.listening.stop().await)
    }
}

impl Configure {
    /// A controller that has not read anything yet.
    pub fn new(gateway: Arc<Gateway>, report: Report) -> Configure {
        Configure { gateway, report, running: Arc::default(), certificates: None, acceptor: None }
    }

    /// The listener, to end it.
    pub fn running(&self) -> Arc<Running> {
        Arc::clone(&self.running)
    }

    fn wait(&self, why: impl ToString) -> Next {
        (self.report)(Some(why.to_string()));
        Next::Wait
    }

    /// Uses new certificates, for handshakes and for connections to other nodes.
    fn use_certificates(&mut self, certificates: &ApiCertsSpec) -> anyhow::Result<()> {
        let (identity, clients) = settings::server_tls(certificates)?;
        let server = ServerTls::new(&identity, &clients)?;
        let pool = match settings::client_tls(certificates)? {
            Some(client) => Some(Arc::new(Pool::new(client.config()?))),
            None => None,
        };
        match &self.acceptor {
            Some(acceptor) => acceptor.reload(server),
            None => self.acceptor = Some(Arc::new(Acceptor::new(server))),
        }
        let routing = Routing { forwards: pool.is_some(), ..self.gateway.now().routing.clone() };
        self.gateway.set(Now { routing, pool });
        self.certificates = Some(certificates.clone());
        tracing::info!("using new certificates");
        Ok(())
    }

    fn listen(&mut self, wanted: Place) -> anyhow::Result<()> {
        let Some(acceptor) = self.acceptor.clone() else { return Ok(()) };
        let socket = bind(wanted.address).map_err(|error| {
            (self.report)(Some(format!("cannot listen on {}: {error}", wanted.address)));
            anyhow::anyhow!("cannot listen on {}: {error}; trying again", wanted.address)
        })?;
        let listening = listener::serve(socket, acceptor, wanted, Arc::clone(&self.gateway));
        let listener = Listener { place: wanted, listening };
        *sys::sync::lock(&self.running.0) = Some(listener);
        tracing::info!(address = %wanted.address, admission = ?wanted.admission, "listening");
        Ok(())
    }
}

#[async_trait]
impl Controller for Configure {
    fn name(&self) -> &'static str {
        "apid.ConfigureController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![
            Input::weak::<ApiServiceConfigSpec>().id(CONFIG),
            Input::weak::<ApiCertsSpec>().id(CERTIFICATES),
            Input::weak::<NodeAddressSpec>(),
            Input::weak::<HostnameStatusSpec>(),
        ]
    }

    fn outputs(&self) -> Vec<Output> {
        Vec::new()
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let config = ctx.get::<ApiServiceConfigSpec>(CONFIG).await?.map(|config| config.spec);
        let certificates = ctx.get::<ApiCertsSpec>(CERTIFICATES).await?.map(|certificates| certificates.spec);
        let addresses = ctx.list::<NodeAddressSpec>().await?;
        let hostnames = ctx.list::<HostnameStatusSpec>().await?;

        let wanted = settings::place(config.as_ref());
        if self.running.place().is_some_and(|running| wanted.as_ref().ok() != Some(&running)) {
            tracing::info!("the mode or address changed; calls under way may finish");
            self.running.stop().await;
            // The next mode has certificates of its own.
            (self.certificates, self.acceptor) = (None, None);
        }
        let (config, wanted) = match (config, wanted) {
            (Some(config), Ok(wanted)) => (config, wanted),
            (_, Err(why)) => return Ok(self.wait(why)),
            (None, Ok(_)) => return Ok(self.wait(settings::Waiting::Config)),
        };

        let now = self.gateway.now();
        let routing = Routing {
            disabled: config.node_routing_disabled,
            forwards: now.routing.forwards,
            own: settings::own_names(
                addresses.iter().map(|address| &address.spec),
                hostnames.iter().map(|hostname| &hostname.spec),
            ),
        };
        if routing != now.routing {
            self.gateway.set(Now { routing, pool: now.pool.clone() });
        }

        match settings::certificates(&config, certificates.as_ref()) {
            Ok(certificates) if self.certificates.as_ref() != Some(certificates) => {
                self.use_certificates(certificates)?;
            }
            // A certificate that is replaced may be away for a moment; the one in use goes on.
            Err(why) if self.acceptor.is_none() => return Ok(self.wait(why)),
            _ => {}
        }
        if self.running.place().is_none() {
            self.listen(wanted)?;
        }
        (self.report)(None);
        Ok(Next::Wait)
    }
}
