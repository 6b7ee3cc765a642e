//! Images of the node's runtimes (contract api.md 5.5, 5.10).

use futures::stream::BoxStream;
use proto::machine::{ImageListRequest, ImageListResponse, ImagePullRequest};
use tonic::Status;

use super::not_yet;
use crate::machine::Machine;

pub async fn list(
    _: &Machine,
    _: &ImageListRequest,
) -> Result<BoxStream<'static, Result<ImageListResponse, Status>>, Status> {
    Err(not_yet("ImageList"))
}
pub async fn pull(_: &Machine, _: &ImagePullRequest) -> Result<(), Status> {
    Err(not_yet("ImagePull"))
}
