//! All logs by id, and the one task that keeps them on disk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::{Notify, mpsc, oneshot};

use super::persist::{BACKOFF, DELAY, Flushed, Folder};
use super::{KERNEL, Log};

/// How long the last lines may take to reach the disk.
const RELEASE: std::time::Duration = std::time::Duration::from_secs(10);

/// The logs of the machine. Clones share them.
#[derive(Debug, Clone)]
pub struct Logs {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    logs: Mutex<BTreeMap<String, Log>>,
    /// Wakes the keeper when a log was registered.
    registered: Notify,
    orders: Mutex<Option<mpsc::UnboundedSender<Order>>>,
}

#[derive(Debug)]
enum Order {
    Keep(PathBuf),
    Release(oneshot::Sender<()>),
}

impl Default for Logs {
    fn default() -> Self {
        let shared = Shared { logs: Mutex::default(), registered: Notify::new(), orders: Mutex::new(None) };
        Self { shared: Arc::new(shared) }
    }
}

impl Logs {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Log>> {
        sys::sync::lock(&self.shared.logs)
    }

    /// The log of that id, registered if it was not.
    pub fn register(&self, id: &str) -> Log {
        let mut logs = self.lock();
        if let Some(log) = logs.get(id) {
            return log.clone();
        }
        let log = Log::default();
        logs.insert(id.to_owned(), log.clone());
        drop(logs);
        self.shared.registered.notify_one();
        log
    }

    /// The log of that id, if it was registered.
    pub fn get(&self, id: &str) -> Option<Log> {
        self.lock().get(id).cloned()
    }

    /// Ids of all logs, the kernel's included, sorted.
    pub fn ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = self.lock().keys().cloned().collect();
        ids.push(KERNEL.to_owned());
        ids.sort();
        ids
    }

    /// Begins to keep all logs, from their beginnings, as `<folder>/<id>.log`. Needs a runtime.
    pub fn keep_in(&self, folder: &Path) {
        self.order(Order::Keep(folder.to_path_buf()));
    }

    /// Writes what is left and closes the files, so that their file system can be unmounted.
    pub async fn release(&self) {
        let (done, released) = oneshot::channel();
        self.order(Order::Release(done));
        // A disk that does not answer must not hold the machine on its way down.
        let _ = tokio::time::timeout(RELEASE, released).await;
    }

    fn order(&self, order: Order) {
        let mut orders = sys::sync::lock(&self.shared.orders);
        let sender = orders.get_or_insert_with(|| {
            #[expect(clippy::disallowed_methods, reason = "there are two orders in the life of a machine")]
            let (sender, receiver) = mpsc::unbounded_channel();
            tokio::spawn(keep(self.clone(), receiver));
            sender
        });
        let _ = sender.send(order);
    }
}

async fn keep(logs: Logs, mut orders: mpsc::UnboundedReceiver<Order>) {
    let mut next = orders.recv().await;
    while let Some(order) = next {
        next = match order {
            Order::Keep(folder) => keep_in(&logs, &folder, &mut orders).await,
            Order::Release(done) => {
                let _ = done.send(());
                orders.recv().await
            }
        };
    }
}

/// Keeps logs until told otherwise; returns what was told.
async fn keep_in(logs: &Logs, folder: &Path, orders: &mut mpsc::UnboundedReceiver<Order>) -> Option<Order> {
    if let Err(error) = tokio::fs::create_dir_all(folder).await {
        tracing::warn!("logs are kept in memory only: {} cannot be created: {error}", folder.display());
    }
    let mut kept = Folder::new(folder);
    let mut refused = false;
    let order = loop {
        let all: Vec<(String, Log)> = logs.lock().iter().map(|(id, log)| (id.clone(), log.clone())).collect();
        let mut changes: Vec<_> = all.iter().map(|(_, log)| log.changes()).collect();
        for (id, log) in &all {
            kept.add(id, log);
        }
        let flushed;
        (kept, flushed) = flush(kept, folder).await;
        match flushed {
            Flushed::All if refused => {
                refused = false;
                tracing::info!("logs are written to {} again", folder.display());
            }
            Flushed::Partly(error) if !refused => {
                refused = true;
                tracing::warn!("logs stay in memory, {} refuses them: {error}", folder.display());
            }
            _ => {}
        }
        let pause = if refused { BACKOFF } else { DELAY };
        // A disk that refused is tried again by time, one that takes them when there is something to write.
        tokio::select! {
            order = orders.recv() => break order,
            () = logs.shared.registered.notified() => {}
            () = any_change(&mut changes), if !refused => {}
            () = tokio::time::sleep(pause), if refused => continue,
        }
        // Gathers what comes in quick succession into one write.
        tokio::select! {
            order = orders.recv() => break order,
            () = tokio::time::sleep(pause) => {}
        }
    };
    if let (_, Flushed::Partly(error)) = flush(kept, folder).await {
        tracing::warn!("the newest log lines are not on disk: {error}");
    }
    order
}

/// Writes on a thread that may wait: pods can mount over the folder, and a file system may be dead.
async fn flush(mut kept: Folder, folder: &Path) -> (Folder, Flushed) {
    let work = move || {
        let flushed = sys::panic::catch(|| kept.flush());
        let panicked = |panicked| Flushed::Partly(std::io::Error::other(panicked));
        (kept, flushed.unwrap_or_else(panicked))
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => (Folder::new(folder), Flushed::Partly(std::io::Error::other(error))),
    }
}

async fn any_change(changes: &mut [tokio::sync::watch::Receiver<u64>]) {
    let waits: Vec<_> = changes.iter_mut().map(|c| Box::pin(c.changed())).collect();
    if waits.is_empty() {
        return std::future::pending().await;
    }
    let _ = futures::future::select_all(waits).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn logs_reach_their_files_soon_and_all_of_them_at_release() {
        let folder = tempfile::tempdir().unwrap();
        let logs = Logs::default();
        let apid = logs.register("apid");
        apid.line("early");
        logs.keep_in(folder.path());
        tokio::time::sleep(Duration::from_secs(10)).await;
        let read = |id: &str| fs::read_to_string(folder.path().join(format!("{id}.log"))).unwrap_or_default();
        assert_eq!(read("apid"), "early\n");
        logs.register("late").line("hello");
        apid.line("more");
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert_eq!((read("apid").as_str(), read("late").as_str()), ("early\nmore\n", "hello\n"));
        apid.line("last");
        logs.release().await;
        assert_eq!(read("apid"), "early\nmore\nlast\n");
        apid.line("too late");
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(read("apid"), "early\nmore\nlast\n");
    }

    #[tokio::test]
    async fn ids_are_sorted_and_name_the_kernel() {
        let logs = Logs::default();
        logs.register("trustd");
        logs.register("apid");
        assert_eq!(logs.ids(), ["apid", "kernel", "trustd"]);
        assert!(logs.get("apid").is_some() && logs.get("nope").is_none());
    }
}
