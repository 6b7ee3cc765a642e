//! What a call costs at least: a service of tonic over mutual TLS that answers from memory.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::SystemTime;

use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use pki::{Authority, AuthorityKind, Sans, profile};
use proto::time::{Time, TimeResponse};
use rpc::tls::client::Trust;
use rpc::tls::dial::Target;
use rpc::tls::{CaPool, ClientAuth, ClientTls, Identity, ServerTls};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tonic::server::{Grpc, UnaryService};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

/// First argument of the process that serves.
pub const SERVE: &str = "--serve";

/// Where it listens, in the network of a node: calls go the same way as those to the node.
const PORT: u16 = 49_999;

/// The server as a process of its own, and how to reach it.
pub struct Bare {
    child: Child,
    _folder: tempfile::TempDir,
    /// How to connect.
    pub tls: Arc<rustls::ClientConfig>,
    /// Where.
    pub target: Target,
}

impl Bare {
    /// Starts it beside a node's own server, which has this address and first process.
    pub fn start(address: &str, node: i32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        let authority = Authority::generate(AuthorityKind::Os, now).unwrap();
        let sans = Sans::new().with_addresses([address.parse().unwrap()]);
        let issue = |leaf| authority.issue_pair(&leaf).unwrap().to_pem().unwrap();
        let (server, server_key) = issue(profile::apid_server("localhost", sans, now));
        let (client, client_key) = issue(profile::apid_client("localhost", now));
        let ca = authority.certificate().to_pem();
        for (name, text) in [("ca", ca.as_str()), ("crt", &server), ("key", &server_key)] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let mut command = Command::new("nsenter");
        command.args(["-t", &node.to_string(), "-n"]).arg(std::env::current_exe().unwrap());
        let mut child = command.arg(SERVE).arg(folder.path()).stdout(Stdio::piped()).spawn().unwrap();
        let mut ready = [0; 1];
        std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut ready).unwrap();
        let identity = Identity::from_pem(client.as_bytes(), client_key.as_bytes()).unwrap();
        let trust = Trust::Cas(CaPool::from_pem([ca.as_bytes()]).unwrap());
        let tls = ClientTls { identity: Some(identity), trust }.config().unwrap();
        Self { child, _folder: folder, tls, target: Target { host: address.to_owned(), port: PORT } }
    }

    /// Its process id.
    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).unwrap()
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Clone)]
struct Answer(TimeResponse);

impl UnaryService<()> for Answer {
    type Response = TimeResponse;
    type Future = Ready<Result<Response<TimeResponse>, Status>>;

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(Response::new(self.0.clone())))
    }
}

/// The process: serves with what is in `folder` until it is killed.
pub fn serve(folder: &str) {
    let read = |name: &str| std::fs::read(std::path::Path::new(folder).join(name)).unwrap();
    let identity = Identity::from_pem(&read("crt"), &read("key")).unwrap();
    let clients = ClientAuth::Required(CaPool::from_pem([read("ca").as_slice()]).unwrap());
    let acceptor = TlsAcceptor::from(ServerTls::new(&identity, &clients).unwrap().config());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async move {
        let listener = TcpListener::bind(("0.0.0.0", PORT)).await.unwrap();
        std::io::stdout().write_all(b"r").unwrap();
        std::io::stdout().flush().unwrap();
        // As long as a version.
        let time = Time { server: "x".repeat(120), ..Time::default() };
        let answer = TimeResponse { messages: vec![time] };
        // As tonic generates it, with its own codec.
        let service = service_fn(move |request| {
            let answer = Answer(answer.clone());
            async move {
                let mut server = Grpc::new(ProstCodec::<TimeResponse, ()>::default());
                Ok::<_, Infallible>(server.unary(answer, request).await)
            }
        });
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let (acceptor, service) = (acceptor.clone(), service.clone());
            tokio::spawn(async move {
                let stream = acceptor.accept(stream).await.unwrap();
                let server = http2::Builder::new(TokioExecutor::new());
                let _ = server.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
}
