//! The gateway of a node: knows who calls, decides which nodes a call is for, and passes it on without
//! looking inside.
//!
//! | module | what for |
//! | --- | --- |
//! | [`director`] | metadata → here, one node, many nodes, or an error; pure |
//! | [`caller`] | certificate or address → the roles that a call is passed on with; pure |
//! | [`frame`], [`stitch`] | messages on the wire: sizes, and putting replies together; pure |
//! | [`gateway`] | what calls share, and the headers they go on with |
//! | [`link`] | connections to machined and to other nodes |
//! | [`settings`], [`configure`] | resources → what apid is; pure, and making it so |
//! | [`listener`] | lets clients in |
//! | [`connection`], [`forward`], [`fanout`], [`reply`] | one client's connection; one call to one place; one call to many; answers of our own |

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests say bluntly what they expect"
    )
)]

pub mod caller;
pub mod configure;
pub mod connection;
pub mod director;
pub mod fanout;
pub mod forward;
pub mod frame;
pub mod gateway;
pub mod link;
pub mod listener;
pub mod process;
pub mod reply;
pub mod settings;
pub mod stitch;

use std::path::Path;
use std::sync::Arc;

use ::state::{Runtime, State};

/// Serves as the resources of `store` say, until `stop` is ready; then lets the calls under way finish,
/// for [`rpc::limits::DRAIN`] at most. `machined` is the socket of this node's machined.
pub async fn run(
    store: Arc<dyn State>,
    machined: &Path,
    report: configure::Report,
    stop: impl Future<Output = ()>,
) {
    let gateway = Arc::new(gateway::Gateway::new(machined));
    let configure = configure::Configure::new(gateway, report);
    let running = configure.running();
    let mut runtime = Runtime::new(store);
    runtime.register(configure);
    let mut controllers = runtime.start();
    stop.await;
    controllers.shutdown().await;
    if let Some(drain) = running.stop().await {
        drain.finish().await;
    }
}
