//! Operations on services (contract api.md 5.5).

use tonic::Status;

use super::plain;
use crate::services::{Operation, ServiceManager};

/// Starts, stops or restarts a service on a user's behalf; the answer is for users.
pub async fn operate(services: &ServiceManager, id: &str, operation: Operation) -> Result<String, Status> {
    services.operate(id, operation).await.map_err(|refused| plain(refused.to_string()))
}
