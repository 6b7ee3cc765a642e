//! A node to call: its services, and requests that reach it.

use proto::cluster::cluster_service_client::ClusterServiceClient;
use proto::cosi::resource::state_client::StateClient;
use proto::inspect::inspect_service_client::InspectServiceClient;
use proto::machine::image_service_client::ImageServiceClient;
use proto::machine::lifecycle_service_client::LifecycleServiceClient;
use proto::machine::machine_service_client::MachineServiceClient;
use proto::storage::storage_service_client::StorageServiceClient;
use proto::time::time_service_client::TimeServiceClient;
use tonic::Request;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;

/// A node to call.
#[derive(Clone)]
pub struct Node {
    /// Name or address, as the user gave it; empty when the endpoint itself is meant.
    pub name: String,
    channel: Channel,
    metadata: Vec<(&'static str, MetadataValue<Ascii>)>,
}

macro_rules! service {
    ($(#[$doc:meta])* $name:ident, $client:ident) => {
        $(#[$doc])*
        pub fn $name(&self) -> $client<Channel> {
            $client::new(self.channel.clone())
                .max_decoding_message_size(rpc::limits::MESSAGE)
                .max_encoding_message_size(rpc::limits::MESSAGE)
        }
    };
}

impl Node {
    /// A node behind a connection; `metadata` goes with each request.
    pub fn new(name: &str, channel: Channel, metadata: Vec<(&'static str, MetadataValue<Ascii>)>) -> Self {
        Self { name: name.to_owned(), channel, metadata }
    }

    service!(
        /// The main service.
        machine,
        MachineServiceClient
    );
    service!(
        /// The resource store.
        state,
        StateClient
    );
    service!(
        /// Images.
        images,
        ImageServiceClient
    );
    service!(
        /// Installation and upgrade.
        lifecycle,
        LifecycleServiceClient
    );
    service!(
        /// Disks.
        storage,
        StorageServiceClient
    );
    service!(
        /// Health of the cluster.
        cluster,
        ClusterServiceClient
    );
    service!(
        /// How controllers depend on resources.
        inspect,
        InspectServiceClient
    );
    service!(
        /// Clocks.
        time,
        TimeServiceClient
    );

    /// This node as health checks see it.
    pub fn looked_at(&self) -> health::Node {
        health::Node::new(&self.name, self.channel.clone(), self.metadata.clone())
    }

    /// The connection, for other services.
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// A request to this node.
    pub fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        for (key, value) in &self.metadata {
            request.metadata_mut().insert(*key, value.clone());
        }
        request
    }
}
