//! `inspect.InspectService`: which controller reads and writes what.

use std::sync::Arc;
use std::sync::OnceLock;

use proto::inspect::inspect_service_server::InspectService;
use proto::inspect::{
    ControllerDependencyEdge, ControllerRuntimeDependenciesResponse, ControllerRuntimeDependency,
    DependencyEdgeType,
};
use state::controller::Edges;
use state::{InputKind, OutputKind};
use tonic::{Request, Response, Status};

/// The service; the graph is known once the controllers are.
#[derive(Clone, Default)]
pub struct InspectApi {
    /// What reads and writes what.
    pub edges: Arc<OnceLock<Vec<Edges>>>,
}

#[tonic::async_trait]
impl InspectService for InspectApi {
    async fn controller_runtime_dependencies(
        &self,
        _: Request<()>,
    ) -> Result<Response<ControllerRuntimeDependenciesResponse>, Status> {
        let edges = self.edges.get().into_iter().flatten().flat_map(edges_of).collect();
        let message = ControllerRuntimeDependency { metadata: None, edges };
        Ok(Response::new(ControllerRuntimeDependenciesResponse { messages: vec![message] }))
    }
}

fn edges_of(controller: &Edges) -> Vec<ControllerDependencyEdge> {
    let outputs = controller.outputs.iter().map(|output| ControllerDependencyEdge {
        controller_name: controller.name.to_owned(),
        edge_type: match output.kind {
            OutputKind::Exclusive => DependencyEdgeType::OutputExclusive,
            OutputKind::Shared => DependencyEdgeType::OutputShared,
        } as i32,
        resource_type: output.typ.to_owned(),
        ..ControllerDependencyEdge::default()
    });
    let inputs = controller.inputs.iter().map(|input| ControllerDependencyEdge {
        controller_name: controller.name.to_owned(),
        edge_type: match input.dependency {
            InputKind::Strong => DependencyEdgeType::InputStrong,
            InputKind::Weak => DependencyEdgeType::InputWeak,
            InputKind::DestroyReady => DependencyEdgeType::InputDestroyReady,
        } as i32,
        resource_namespace: input.kind.namespace.clone(),
        resource_type: input.kind.typ.clone(),
        resource_id: input.id.clone().unwrap_or_default(),
    });
    outputs.chain(inputs).collect()
}
