//! Sockets of the node and of its pods (contract api.md 5.5).

mod owners;
mod table;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use proto::machine::netstat_request::{Filter, L4proto};
use proto::machine::{ConnectRecord, Netstat, NetstatRequest};
use tonic::Status;

use super::plain;
use crate::blocking::{ANSWER, Pool};
use table::Want;

/// Where container runtimes keep the network namespaces of pods.
const NAMESPACES: &str = "/var/run/netns";

/// Handles `Netstat`; reads much of /proc, so not on the thread of the services.
pub async fn netstat(pool: &Pool, request: NetstatRequest) -> Result<Netstat, Status> {
    pool.run(ANSWER, move || collect(Path::new("/proc"), &request)).await?
}

fn collect(proc: &Path, request: &NetstatRequest) -> Result<Netstat, Status> {
    let want = match Filter::try_from(request.filter) {
        Ok(Filter::All) => Want::All,
        Ok(Filter::Connected) => Want::Connected,
        Ok(Filter::Listening) => Want::Listening,
        Err(_) => return Err(Status::invalid_argument(format!("there is no filter {}", request.filter))),
    };
    let protocols = protocols(request.l4proto.as_ref());
    let mut records = Vec::new();
    for (name, folder) in namespaces(proc, request)? {
        for protocol in &protocols {
            // A protocol that the kernel does not have has no file.
            let text = fs::read_to_string(folder.join(protocol)).unwrap_or_default();
            let mut found = table::parse(protocol, &text, want);
            found.iter_mut().for_each(|record| record.netns.clone_from(&name));
            records.append(&mut found);
        }
    }
    if request.feature.is_some_and(|feature| feature.pid) {
        tell_owners(proc, &mut records);
    }
    Ok(Netstat { metadata: None, connectrecord: records })
}

fn tell_owners(proc: &Path, records: &mut [ConnectRecord]) {
    let owners = owners::of(proc, records.iter().map(|record| record.inode));
    for record in records {
        record.process = owners.get(&record.inode).cloned();
    }
}

/// The tables to read; all of them when none is named.
fn protocols(chosen: Option<&L4proto>) -> Vec<&'static str> {
    let c = chosen.copied().unwrap_or_default();
    let flags = [
        (c.tcp, "tcp"),
        (c.tcp6, "tcp6"),
        (c.udp, "udp"),
        (c.udp6, "udp6"),
        (c.udplite, "udplite"),
        (c.udplite6, "udplite6"),
        (c.raw, "raw"),
        (c.raw6, "raw6"),
    ];
    let none = flags.iter().all(|(wanted, _)| !wanted);
    flags.into_iter().filter_map(|(wanted, name)| (wanted || none).then_some(name)).collect()
}

/// Name (empty for the node's own) and folder with the tables of each namespace that is asked for.
fn namespaces(proc: &Path, request: &NetstatRequest) -> Result<Vec<(String, PathBuf)>, Status> {
    let asked = request.netns.clone().unwrap_or_default();
    let mut names = asked.netns;
    if asked.allnetns {
        let entries = fs::read_dir(NAMESPACES).into_iter().flatten().flatten();
        names.extend(entries.filter_map(|entry| entry.file_name().into_string().ok()));
        names.sort();
        names.dedup();
    }
    let mut found = Vec::new();
    if asked.hostnetwork || asked.allnetns || names.is_empty() {
        found.push((String::new(), proc.join("self/net")));
    }
    for name in names {
        if name.is_empty() || name.contains('/') || name == ".." {
            return Err(Status::invalid_argument(format!("{name:?} is not the name of a network namespace")));
        }
        match member(proc, &Path::new(NAMESPACES).join(&name)) {
            Some(process) => found.push((name, process.join("net"))),
            // A pod that is just going; it matters only to who asked for it by name.
            None if asked.allnetns => {}
            None => return Err(plain(format!("no process runs in the network namespace {name:?}"))),
        }
    }
    Ok(found)
}

/// The folder in /proc of a process that is in a namespace.
fn member(proc: &Path, namespace: &Path) -> Option<PathBuf> {
    let wanted = fs::metadata(namespace).ok()?;
    owners::processes(proc).into_iter().map(|(_, folder)| folder).find(|folder| {
        fs::metadata(folder.join("ns/net"))
            .is_ok_and(|found| (found.dev(), found.ino()) == (wanted.dev(), wanted.ino()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::machine::netstat_request::{Feature, NetNs};

    #[test]
    fn tables_are_those_that_are_asked_for_and_all_by_default() {
        assert_eq!(protocols(None).len(), 8);
        let some = L4proto { tcp: true, udp6: true, ..L4proto::default() };
        assert_eq!(protocols(Some(&some)), ["tcp", "udp6"]);
    }

    #[test]
    fn a_filter_that_does_not_exist_and_a_namespace_that_is_a_path_are_refused() {
        let proc = Path::new("/proc");
        let filter = NetstatRequest { filter: 9, ..NetstatRequest::default() };
        assert_eq!(collect(proc, &filter).unwrap_err().code(), tonic::Code::InvalidArgument);
        let netns = Some(NetNs { netns: vec!["../../etc".into()], ..NetNs::default() });
        let path = NetstatRequest { netns, ..NetstatRequest::default() };
        assert_eq!(collect(proc, &path).unwrap_err().code(), tonic::Code::InvalidArgument);
    }

    #[test]
    fn a_listening_socket_is_found_with_its_process() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = u32::from(listener.local_addr().unwrap().port());
        let request = NetstatRequest {
            filter: Filter::Listening as i32,
            feature: Some(Feature { pid: true }),
            ..NetstatRequest::default()
        };
        let found = collect(Path::new("/proc"), &request).unwrap().connectrecord;
        let own = found.iter().find(|r| r.l4proto == "tcp" && r.localport == port).unwrap();
        assert_eq!((own.localip.as_str(), own.remoteport), ("127.0.0.1", 0));
        assert_eq!(own.process.as_ref().unwrap().pid, std::process::id());
    }
}
