//! Tells of a stored configuration that the machine had to pass over.

use proto::resource::runtime::DiagnosticSpec;
use resources::Spec;
use state::{Pointer, Result, State, ops};

/// Id of the diagnostic.
const ID: &str = "config-unreadable";

/// Who writes it.
const OWNER: &str = "config.AcquireController";

/// The file on STATE could not be read; `why` names what is used instead.
pub async fn unreadable(state: &dyn State, why: &str) -> Result<()> {
    let pointer = Pointer::of::<DiagnosticSpec>(ID);
    ops::modify::<DiagnosticSpec>(state, OWNER, &pointer, |resource| {
        resource.spec.message = why.lines().next().unwrap_or_default().to_owned();
        resource.spec.details = why.lines().skip(1).map(str::to_owned).collect();
        resource.spec.details.push("apply the configuration again to store a good one".to_owned());
    })
    .await
    .map(drop)
}

/// A configuration that can be read was stored.
pub async fn readable(state: &dyn State) -> Result<()> {
    let pointer = Pointer::new(DiagnosticSpec::NAMESPACE, DiagnosticSpec::TYPE, ID);
    ops::teardown_and_destroy(state, OWNER, &pointer).await.map(drop)
}
