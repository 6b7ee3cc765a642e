//! Controllers on an in-memory store and virtual time.

use std::sync::Arc;
use std::time::Duration;

use proto::resource::network::{HostnameSpecSpec, HostnameStatusSpec};

use super::*;
use crate::{MemoryState, Pointer, State, ops};

/// Turns every hostname spec into a status; fails as long as it is told to.
struct Copy {
    failures: u32,
}

#[async_trait::async_trait]
impl Controller for Copy {
    fn name(&self) -> &'static str {
        "test.CopyController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input::strong::<HostnameSpecSpec>()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<HostnameStatusSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        if self.failures > 0 {
            self.failures -= 1;
            anyhow::bail!("not yet");
        }
        let outputs = ctx.outputs::<HostnameStatusSpec>();
        for spec in ctx.list::<HostnameSpecSpec>().await? {
            let hostname = spec.spec.hostname.clone();
            outputs.put(spec.id(), HostnameStatusSpec { hostname, domainname: String::new() }).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}

fn start(failures: u32) -> (Arc<dyn State>, tokio::task::JoinSet<()>) {
    let state: Arc<dyn State> = Arc::new(MemoryState::default());
    let mut runtime = Runtime::new(state.clone());
    runtime.register(Copy { failures });
    (state, runtime.start())
}

async fn write(state: &dyn State, id: &str, hostname: &str) {
    let pointer = Pointer::of::<HostnameSpecSpec>(id);
    ops::modify::<HostnameSpecSpec>(state, "test", &pointer, |r| r.spec.hostname = hostname.to_owned())
        .await
        .unwrap();
}

async fn settled(state: &dyn State, expected: &[(&str, &str)]) {
    for _ in 0..1000 {
        let found = ops::list::<HostnameStatusSpec>(state).await.unwrap();
        let found: Vec<_> = found.iter().map(|r| (r.id(), r.spec.hostname.as_str())).collect();
        if found == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never became {expected:?}");
}

#[tokio::test(start_paused = true)]
async fn outputs_follow_their_inputs() {
    let (state, _tasks) = start(0);
    write(&*state, "a", "one").await;
    settled(&*state, &[("a", "one")]).await;
    write(&*state, "a", "two").await;
    write(&*state, "b", "three").await;
    settled(&*state, &[("a", "two"), ("b", "three")]).await;
    assert!(ops::teardown_and_destroy(&*state, "test", &Pointer::of::<HostnameSpecSpec>("a")).await.unwrap());
    settled(&*state, &[("b", "three")]).await;
}

#[tokio::test(start_paused = true)]
async fn a_failing_controller_is_tried_again_until_it_succeeds() {
    let (state, _tasks) = start(9);
    write(&*state, "a", "one").await;
    settled(&*state, &[("a", "one")]).await;
}

#[tokio::test]
async fn nothing_is_written_when_nothing_differs() {
    let state = MemoryState::default();
    write(&state, "a", "one").await;
    write(&state, "a", "one").await;
    let stored = ops::get::<HostnameSpecSpec>(&state, "a").await.unwrap().unwrap();
    assert_eq!(stored.metadata.version, 1);
}

#[test]
fn two_exclusive_writers_of_a_type_are_found() {
    let mut runtime = Runtime::new(Arc::new(MemoryState::default()));
    runtime.register(Copy { failures: 0 });
    runtime.register(Copy { failures: 0 });
    assert!(runtime.edges().is_err());
}
