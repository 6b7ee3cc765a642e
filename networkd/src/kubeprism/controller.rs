//! Runs KubePrism as its configuration says, and tells whether it leads anywhere.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use proto::resource::k8s::{KubePrismConfigSpec, KubePrismStatusesSpec};
use resources::Phase;
use state::{Context, Controller, Input, Next, Output};
use tokio::task::AbortHandle;

use super::balancer;
use super::upstreams::Upstreams;

/// Identifier of the only balancer configuration (contract api.md 7).
pub const CONFIG: &str = "k8s-loadbalancer-config";
/// Identifier of the only balancer status (contract api.md 7).
pub const STATUS: &str = "k8s-loadbalancer";
/// Identifier of the only list of candidates (contract api.md 7).
pub const ENDPOINTS: &str = "k8s-cluster";

/// Pause before a listener that could not be opened is tried again.
const REBIND: Duration = Duration::from_secs(1);

/// Runs the balancer.
#[derive(Default)]
pub struct KubePrismController {
    upstreams: Arc<Upstreams>,
    running: Option<(SocketAddr, AbortHandle)>,
    watching: bool,
}

impl KubePrismController {
    fn stop(&mut self) {
        self.close();
        self.upstreams.set([]);
    }

    fn close(&mut self) {
        if let Some((_, task)) = self.running.take() {
            task.abort();
        }
    }

    /// Listens while some API server works. Otherwise clients are refused, which tells them at once: a connection
    /// that is accepted and ended is taken for bad luck and tried again and again, and the kubelet of a control
    /// plane that waits like this does not start the API server that it waits for.
    async fn listen(&mut self, addr: SocketAddr, healthy: bool) -> std::io::Result<()> {
        let listens = self.running.as_ref().is_some_and(|(at, task)| *at == addr && !task.is_finished());
        if listens && healthy {
            return Ok(());
        }
        self.close();
        if healthy {
            let listener = balancer::listen(addr).await?;
            let task = tokio::spawn(balancer::serve(listener, self.upstreams.clone()));
            self.running = Some((addr, task.abort_handle()));
        }
        Ok(())
    }
}

impl Drop for KubePrismController {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Where the configuration wants it to listen.
fn address(config: &KubePrismConfigSpec) -> Option<SocketAddr> {
    let host: IpAddr = config.host.parse().ok()?;
    Some(SocketAddr::new(host, u16::try_from(config.port).ok()?))
}

#[async_trait]
impl Controller for KubePrismController {
    fn name(&self) -> &'static str {
        "k8s.KubePrismController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input::weak::<KubePrismConfigSpec>().id(CONFIG)]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<KubePrismStatusesSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        if !std::mem::replace(&mut self.watching, true) {
            let (changed, waker) = (self.upstreams.changed.clone(), ctx.waker());
            tokio::spawn(async move {
                loop {
                    changed.notified().await;
                    waker.notify_one();
                }
            });
        }
        let config = ctx.get::<KubePrismConfigSpec>(CONFIG).await?;
        let config = config.filter(|c| c.metadata.phase == Phase::Running).map(|c| c.spec);
        let Some((config, addr)) = config.and_then(|c| address(&c).map(|a| (c, a))) else {
            self.stop();
            ctx.destroy::<KubePrismStatusesSpec>(STATUS).await?;
            return Ok(Next::Wait);
        };
        let endpoints =
            config.endpoints.into_iter().filter_map(|e| Some((e.host, u16::try_from(e.port).ok()?)));
        for fresh in self.upstreams.set(endpoints) {
            tokio::spawn(balancer::check(self.upstreams.clone(), fresh));
        }
        let healthy = self.upstreams.any_healthy();
        ctx.put(STATUS, KubePrismStatusesSpec { host: addr.to_string(), healthy }).await?;
        if let Err(error) = self.listen(addr, healthy).await {
            tracing::warn!("KubePrism cannot listen on {addr}: {error}; trying again");
            return Ok(Next::After(REBIND));
        }
        Ok(Next::Wait)
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    #[tokio::test]
    async fn clients_are_refused_while_no_server_works() {
        let reserved = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = reserved.local_addr().unwrap();
        drop(reserved);
        let mut controller = KubePrismController::default();
        for healthy in [false, true, false, true] {
            controller.listen(addr, healthy).await.unwrap();
            // An aborted task is gone when the runtime has had a turn.
            tokio::task::yield_now().await;
            assert_eq!(TcpStream::connect(addr).await.is_ok(), healthy);
        }
    }
}
