//! Calls as any client may send them: nothing of them is checked or repaired by our own command line.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use config::talosconfig::Talosconfig;
use rpc::client::tls_channel;
use rpc::tls::client::{ClientTls, Trust};
use rpc::tls::dial::{API_PORT, Target};
use rpc::tls::{CaPool, Identity};
use tonic::transport::Channel;
use tonic::{Request, Status};

/// Runs calls to their end; fails the test when there is none within two minutes.
pub fn run<T>(calls: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let limited = async { tokio::time::timeout(Duration::from_secs(120), calls).await };
    runtime.block_on(limited).expect("calls that do not end")
}

/// A connection to a node, made at the first call, with the credentials of a client configuration.
pub fn channel(talosconfig: &Path, node: &str) -> Channel {
    let known = Talosconfig::parse(&std::fs::read(talosconfig).unwrap()).unwrap();
    let context = known.select(None).unwrap();
    let plain = |text: &str| STANDARD.decode(text).unwrap();
    let tls = ClientTls {
        identity: Some(Identity::from_pem(&plain(&context.crt), &plain(&context.key)).unwrap()),
        trust: Trust::Cas(CaPool::from_pem([plain(&context.ca).as_slice()]).unwrap()),
    };
    tls_channel(vec![Target { host: node.to_owned(), port: API_PORT }], tls.config().unwrap())
}

/// A connection to a node without any credentials, and without knowing it: as to one in maintenance mode.
pub fn stranger(node: &str) -> Channel {
    let tls = ClientTls { identity: None, trust: Trust::Insecure(Vec::new()) };
    tls_channel(vec![Target { host: node.to_owned(), port: API_PORT }], tls.config().unwrap())
}

/// A request with these metadata; a key may come several times.
pub fn request<T>(message: T, metadata: &[(&'static str, &str)]) -> Request<T> {
    let mut request = Request::new(message);
    for (key, value) in metadata {
        request.metadata_mut().append(*key, value.parse().unwrap());
    }
    request
}

/// A refusal as clients print it.
pub fn said(status: &Status) -> String {
    rpc::status::go_text(status)
}
