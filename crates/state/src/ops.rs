//! Typed access to any store.

use resources::{Phase, Resource, Spec, Typed};

use crate::{Error, Kind, Pointer, Query, Result, State, Update};

/// How many times a write is retried when somebody else wrote in between.
const CONFLICT_RETRIES: usize = 32;

/// What a write did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The stored resource was already as wanted.
    Identity,
    /// It was created.
    Created,
    /// It was changed.
    Updated,
}

fn decode<S: Spec>(resource: Resource) -> Result<Typed<S>> {
    let pointer = Pointer::to(&resource);
    Typed::try_from(resource).map_err(|error| {
        Error::InvalidArgument(format!(
            "the stored spec of {}/{} cannot be decoded: {error}",
            pointer.typ, pointer.id
        ))
    })
}

/// `id` of `S` in its default namespace, if it is there.
pub async fn get<S: Spec>(state: &dyn State, id: &str) -> Result<Option<Typed<S>>> {
    get_in(state, S::NAMESPACE, id).await
}

/// `id` of `S` in a namespace given by name, if it is there.
pub async fn get_in<S: Spec>(state: &dyn State, namespace: &str, id: &str) -> Result<Option<Typed<S>>> {
    match state.get(&Pointer::new(namespace, S::TYPE, id)).await {
        Ok(resource) => decode(resource).map(Some),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// All `S` in the default namespace, ordered by id.
pub async fn list<S: Spec>(state: &dyn State) -> Result<Vec<Typed<S>>> {
    list_in(state, S::NAMESPACE).await
}

/// All `S` in a namespace given by name, ordered by id.
pub async fn list_in<S: Spec>(state: &dyn State, namespace: &str) -> Result<Vec<Typed<S>>> {
    let found = state.list(&Kind::new(namespace, S::TYPE), &Query::default()).await?;
    found.into_iter().map(decode).collect()
}

/// Creates the resource, or changes it by `change`; does not write when nothing differs.
/// Metadata changes made by `change` (labels, annotations) count as differences.
pub async fn modify<S: Spec>(
    state: &dyn State,
    owner: &str,
    pointer: &Pointer,
    mut change: impl FnMut(&mut Typed<S>) + Send,
) -> Result<(Change, Typed<S>)> {
    for _ in 0..CONFLICT_RETRIES {
        let stored = match state.get(pointer).await {
            Ok(resource) => Some(decode::<S>(resource)?),
            Err(error) if error.is_not_found() => None,
            Err(error) => return Err(error),
        };
        let result = match stored {
            None => {
                let mut fresh = Typed::<S>::new(&pointer.id, S::default()).in_namespace(&pointer.namespace);
                fresh.metadata.owner = owner.to_owned();
                change(&mut fresh);
                state.create(fresh.into()).await.map(|r| (Change::Created, r))
            }
            Some(stored) => {
                let mut wanted = stored.clone();
                change(&mut wanted);
                if wanted == stored {
                    return Ok((Change::Identity, stored));
                }
                let update = Update { owner: owner.to_owned(), phase: Some(Phase::Running) };
                state.update(wanted.into(), update).await.map(|r| (Change::Updated, r))
            }
        };
        match result {
            Ok((change, resource)) => return Ok((change, decode(resource)?)),
            Err(error) if error.is_conflict() || matches!(error, Error::AlreadyExists(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::InvalidArgument(format!(
        "{}/{} is being rewritten too fast to be changed",
        pointer.typ, pointer.id
    )))
}

/// Tears the resource down and removes it once nobody holds a finalizer. True when it is gone.
pub async fn teardown_and_destroy(state: &dyn State, owner: &str, pointer: &Pointer) -> Result<bool> {
    let gone = |result: Result<bool>| match result {
        Err(error) if error.is_not_found() => Ok(true),
        // A finalizer may come back between the two steps; the next reconciliation tries again.
        Err(Error::PendingFinalizers { .. }) => Ok(false),
        other => other,
    };
    match state.teardown(pointer, owner).await {
        Ok(true) => gone(state.destroy(pointer, owner).await.map(|()| true)),
        other => gone(other),
    }
}

/// Puts `finalizer` on somebody else's resource, so that it stays until it is removed again.
/// Fails with [`Error::PhaseConflict`] when the resource is being torn down already.
pub async fn add_finalizer(state: &dyn State, pointer: &Pointer, finalizer: &str) -> Result<()> {
    edit_finalizers(state, pointer, Some(Phase::Running), |list| {
        let missing = !list.iter().any(|f| f == finalizer);
        if missing {
            list.push(finalizer.to_owned());
        }
        missing
    })
    .await
}

/// Takes `finalizer` off; fine when it is not there, or the resource is gone.
pub async fn remove_finalizer(state: &dyn State, pointer: &Pointer, finalizer: &str) -> Result<()> {
    let result = edit_finalizers(state, pointer, None, |list| {
        let before = list.len();
        list.retain(|f| f != finalizer);
        list.len() != before
    })
    .await;
    match result {
        Err(error) if error.is_not_found() => Ok(()),
        other => other,
    }
}

async fn edit_finalizers(
    state: &dyn State,
    pointer: &Pointer,
    phase: Option<Phase>,
    mut edit: impl FnMut(&mut Vec<String>) -> bool + Send,
) -> Result<()> {
    for _ in 0..CONFLICT_RETRIES {
        let mut resource = state.get(pointer).await?;
        if !edit(&mut resource.metadata.finalizers) {
            return Ok(());
        }
        let owner = resource.metadata.owner.clone();
        match state.update(resource, Update { owner, phase }).await {
            Err(error) if error.is_conflict() => {}
            other => return other.map(drop),
        }
    }
    Err(Error::InvalidArgument(format!(
        "{}/{} is being rewritten too fast to be changed",
        pointer.typ, pointer.id
    )))
}

/// Waits until `S` `id` exists and `predicate` holds, and returns it.
pub async fn wait_for<S: Spec>(
    state: &dyn State,
    id: &str,
    predicate: impl Fn(&Typed<S>) -> bool + Send,
) -> Result<Typed<S>> {
    use futures::StreamExt;
    let mut events = state.watch(crate::Watch::one(&Pointer::of::<S>(id))).await?;
    while let Some(event) = events.next().await {
        let event = event?;
        if event.kind == crate::EventKind::Destroyed {
            continue;
        }
        if let Some(resource) = event.resource {
            let typed = decode::<S>(resource)?;
            if predicate(&typed) {
                return Ok(typed);
            }
        }
    }
    Err(Error::Overrun(S::TYPE.to_owned()))
}
