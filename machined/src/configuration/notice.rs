//! Tells of a stored configuration that the machine had to pass over.

use proto::internal::specs::NoticeSpec;
use resources::Spec;
use state::{Pointer, Result, State, ops};

/// Id of the notice.
const ID: &str = "config-unreadable";

/// Who writes it.
const OWNER: &str = "config.AcquireController";

/// The file on STATE could not be read; `why` names what is used instead.
pub async fn unreadable(state: &dyn State, why: &str) -> Result<()> {
    let pointer = Pointer::of::<NoticeSpec>(ID);
    ops::modify::<NoticeSpec>(state, OWNER, &pointer, |resource| {
        let mut details: Vec<String> = why.lines().skip(1).map(str::to_owned).collect();
        details.push("apply the configuration again to store a good one".to_owned());
        resource.spec = NoticeSpec::error(why.lines().next().unwrap_or_default(), details);
    })
    .await
    .map(drop)
}

/// A configuration that can be read was stored.
pub async fn readable(state: &dyn State) -> Result<()> {
    let pointer = Pointer::new(NoticeSpec::NAMESPACE, NoticeSpec::TYPE, ID);
    ops::teardown_and_destroy(state, OWNER, &pointer).await.map(drop)
}
