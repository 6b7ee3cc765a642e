//! What of the configuration has no effect on this machine, for whoever looks at the node later.
//!
//! A type of our own: existing clients take any Diagnostic for a reason to wait.

use proto::internal::specs::ConfigEffectStatusSpec;
use state::{Context, Controller, Input, Next, Output};

use crate::configuration::ActiveConfig;
use crate::controllers::config_input;
use crate::platform::Mode;

/// Publishes ConfigEffectStatuses.
pub struct Effects {
    /// The parsed configuration.
    pub active: ActiveConfig,
    /// Where the machine runs.
    pub mode: Mode,
}

#[async_trait::async_trait]
impl Controller for Effects {
    fn name(&self) -> &'static str {
        "config.EffectStatusController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![config_input()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<ConfigEffectStatusSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<ConfigEffectStatusSpec>();
        if let Some(active) = self.active.any(&**ctx.state()).await? {
            for notice in active.config.without_effect(self.mode.validated()) {
                let id = match notice.path {
                    "" => notice.kind.to_owned(),
                    path => format!("{}.{path}", notice.kind),
                };
                let spec = ConfigEffectStatusSpec {
                    kind: notice.kind.to_owned(),
                    path: notice.path.to_owned(),
                    level: notice.level.as_str().to_owned(),
                    reason: notice.reason(),
                    documents: notice.names,
                };
                outputs.put(&id, spec).await?;
            }
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use state::{MemoryState, State, ops};

    #[tokio::test]
    async fn the_node_lists_what_does_nothing_and_forgets_what_went_away() {
        let state: Arc<dyn State> = Arc::new(MemoryState::default());
        let active = ActiveConfig::default();
        let mut controller = Effects { active: active.clone(), mode: Mode::Container };
        let ctx = Context::new(state.clone(), controller.name());
        let link = "apiVersion: v1alpha1\nkind: LinkConfig\nname: a\nup: true\n";
        let rule = "---\napiVersion: v1alpha1\nkind: NetworkRuleConfig\nname: ssh\n";
        for (text, expected) in [(format!("{link}{rule}"), 1), (link.to_owned(), 0)] {
            active.set(&*state, Some(text.as_bytes())).await.unwrap();
            controller.reconcile(&ctx).await.unwrap();
            let told = ops::list::<ConfigEffectStatusSpec>(&*state).await.unwrap();
            assert_eq!(told.len(), expected);
            for status in told {
                assert_eq!((status.id(), status.spec.level.as_str()), ("NetworkRuleConfig", "danger"));
                assert_eq!(status.spec.documents, ["ssh"]);
                assert!(status.spec.reason.contains("packets are not filtered"), "{}", status.spec.reason);
            }
        }
    }
}
