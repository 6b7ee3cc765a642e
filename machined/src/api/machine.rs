//! `machine.MachineService`: each call hands over to the module of its concern.

use futures::stream::BoxStream;
use proto::common::Data;
use proto::machine::machine_service_server::MachineService;
use proto::machine::*;
use tonic::{Request, Response, Status, Streaming};

use super::{apply, events, files, node, not_in_container, not_yet, power, proc, services, version};
use crate::blocking::ANSWER;
use crate::machine::Machine;
use crate::services::Operation;

/// The service.
#[derive(Clone)]
pub struct MachineApi {
    machine: Machine,
}

impl MachineApi {
    /// Serves `machine`.
    pub fn new(machine: Machine) -> Self {
        Self { machine }
    }

    /// What `look` tells of /proc or /sys, read where it may wait: even there a process can hold the reader up.
    async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce() -> Result<T, Status> + Send + 'static,
    ) -> Result<T, Status> {
        self.machine.pools.looks.run(ANSWER, look).await?
    }

    /// Starts a sequence and returns at once.
    fn start(&self, start: power::Start) -> Result<String, Status> {
        let sequencer =
            self.machine.sequencer.get().ok_or_else(|| Status::unavailable("the machine is starting"))?;
        let sequencer = sequencer.clone();
        let actor_id = start.request.actor_id.clone();
        tokio::spawn(async move {
            if let Err(error) = sequencer.run(start.sequence, &start.request, false).await {
                tracing::error!("{error}");
            }
        });
        Ok(actor_id)
    }
}

type Answer<T> = Result<Response<T>, Status>;
type Chunks = BoxStream<'static, Result<Data, Status>>;

/// The usual answer: one element.
macro_rules! one {
    ($response:ident, $message:expr) => {
        Ok(Response::new($response { messages: vec![$message] }))
    };
}

#[tonic::async_trait]
impl MachineService for MachineApi {
    type CopyStream = files::Walk<Data>;
    type DmesgStream = Chunks;
    type EventsStream = BoxStream<'static, Result<Event, Status>>;
    type EtcdSnapshotStream = Chunks;
    type KubeconfigStream = Chunks;
    type ListStream = files::Walk<FileInfo>;
    type DiskUsageStream = files::Walk<DiskUsageInfo>;
    type LogsStream = Chunks;
    type ReadStream = files::Walk<Data>;
    type PacketCaptureStream = Chunks;
    type ImageListStream = BoxStream<'static, Result<ImageListResponse, Status>>;

    async fn apply_configuration(
        &self,
        request: Request<ApplyConfigurationRequest>,
    ) -> Answer<ApplyConfigurationResponse> {
        let (hostname, addresses) = node::identity(&*self.machine.state).await;
        let situation = apply::Situation {
            maintenance: self.machine.maintenance().await,
            roles: rpc::guard::roles(request.extensions()),
            hostname,
            addresses,
        };
        let applied = apply::apply(&self.machine, situation, request.into_inner()).await?;
        one!(ApplyConfigurationResponse, applied)
    }

    async fn bootstrap(&self, request: Request<BootstrapRequest>) -> Answer<BootstrapResponse> {
        super::etcd::bootstrap(&self.machine, request.into_inner()).await?;
        one!(BootstrapResponse, Bootstrap::default())
    }

    async fn containers(&self, request: Request<ContainersRequest>) -> Answer<ContainersResponse> {
        one!(ContainersResponse, super::containers::containers(&self.machine, request.get_ref()).await?)
    }

    async fn copy(&self, request: Request<CopyRequest>) -> Answer<Self::CopyStream> {
        files::copy(&self.machine.pools.walks, &request.get_ref().root_path).await.map(Response::new)
    }

    async fn cpu_freq_stats(&self, _: Request<()>) -> Answer<CpuFreqStatsResponse> {
        one!(CpuFreqStatsResponse, self.look(proc::cpu_freq_stats).await?)
    }

    async fn cpu_info(&self, _: Request<()>) -> Answer<CpuInfoResponse> {
        one!(CpuInfoResponse, self.look(proc::cpu_info).await?)
    }

    async fn disk_stats(&self, _: Request<()>) -> Answer<DiskStatsResponse> {
        one!(DiskStatsResponse, self.look(proc::disk_stats).await?)
    }

    async fn dmesg(&self, request: Request<DmesgRequest>) -> Answer<Self::DmesgStream> {
        let DmesgRequest { follow, tail } = request.into_inner();
        super::logs::dmesg(&self.machine.platform, follow, tail).map(Response::new)
    }

    async fn events(&self, request: Request<EventsRequest>) -> Answer<Self::EventsStream> {
        events::events(&self.machine.events, request.into_inner()).map(Response::new)
    }

    async fn etcd_member_list(
        &self,
        request: Request<EtcdMemberListRequest>,
    ) -> Answer<EtcdMemberListResponse> {
        one!(EtcdMemberListResponse, super::etcd::member_list(&self.machine, request.get_ref()).await?)
    }

    async fn etcd_remove_member_by_id(
        &self,
        request: Request<EtcdRemoveMemberByIdRequest>,
    ) -> Answer<EtcdRemoveMemberByIdResponse> {
        super::etcd::remove_member(&self.machine, request.get_ref().member_id).await?;
        one!(EtcdRemoveMemberByIdResponse, EtcdRemoveMemberById::default())
    }

    async fn etcd_leave_cluster(
        &self,
        _: Request<EtcdLeaveClusterRequest>,
    ) -> Answer<EtcdLeaveClusterResponse> {
        super::etcd::leave(&self.machine).await?;
        one!(EtcdLeaveClusterResponse, EtcdLeaveCluster::default())
    }

    async fn etcd_forfeit_leadership(
        &self,
        _: Request<EtcdForfeitLeadershipRequest>,
    ) -> Answer<EtcdForfeitLeadershipResponse> {
        let member = super::etcd::forfeit_leadership(&self.machine).await?;
        one!(EtcdForfeitLeadershipResponse, EtcdForfeitLeadership { metadata: None, member })
    }

    async fn etcd_recover(&self, request: Request<Streaming<Data>>) -> Answer<EtcdRecoverResponse> {
        super::etcd::recover(&self.machine, request.into_inner()).await?;
        one!(EtcdRecoverResponse, EtcdRecover::default())
    }

    async fn etcd_snapshot(&self, _: Request<EtcdSnapshotRequest>) -> Answer<Self::EtcdSnapshotStream> {
        super::etcd::snapshot(&self.machine).await.map(Response::new)
    }

    async fn etcd_alarm_list(&self, _: Request<()>) -> Answer<EtcdAlarmListResponse> {
        one!(EtcdAlarmListResponse, super::etcd::alarm_list(&self.machine).await?)
    }

    async fn etcd_alarm_disarm(&self, _: Request<()>) -> Answer<EtcdAlarmDisarmResponse> {
        one!(EtcdAlarmDisarmResponse, super::etcd::alarm_disarm(&self.machine).await?)
    }

    async fn etcd_defragment(&self, _: Request<()>) -> Answer<EtcdDefragmentResponse> {
        super::etcd::defragment(&self.machine).await?;
        one!(EtcdDefragmentResponse, EtcdDefragment::default())
    }

    async fn etcd_status(&self, _: Request<()>) -> Answer<EtcdStatusResponse> {
        one!(EtcdStatusResponse, super::etcd::status(&self.machine).await?)
    }

    async fn etcd_downgrade_validate(
        &self,
        request: Request<EtcdDowngradeValidateRequest>,
    ) -> Answer<EtcdDowngradeValidateResponse> {
        let version = &request.get_ref().version;
        let cluster_downgrade =
            super::etcd::downgrade(&self.machine, etcd::Downgrade::Validate, version).await?;
        one!(EtcdDowngradeValidateResponse, EtcdDowngradeValidate { metadata: None, cluster_downgrade })
    }

    async fn etcd_downgrade_enable(
        &self,
        request: Request<EtcdDowngradeEnableRequest>,
    ) -> Answer<EtcdDowngradeEnableResponse> {
        let version = &request.get_ref().version;
        let cluster_downgrade =
            super::etcd::downgrade(&self.machine, etcd::Downgrade::Enable, version).await?;
        one!(EtcdDowngradeEnableResponse, EtcdDowngradeEnable { metadata: None, cluster_downgrade })
    }

    async fn etcd_downgrade_cancel(&self, _: Request<()>) -> Answer<EtcdDowngradeCancelResponse> {
        let cluster_downgrade = super::etcd::downgrade(&self.machine, etcd::Downgrade::Cancel, "").await?;
        one!(EtcdDowngradeCancelResponse, EtcdDowngradeCancel { metadata: None, cluster_downgrade })
    }

    async fn hostname(&self, _: Request<()>) -> Answer<HostnameResponse> {
        one!(HostnameResponse, node::hostname()?)
    }

    async fn kubeconfig(&self, _: Request<()>) -> Answer<Self::KubeconfigStream> {
        super::kubeconfig::kubeconfig(&self.machine).await.map(Response::new)
    }

    async fn list(&self, request: Request<ListRequest>) -> Answer<Self::ListStream> {
        files::list(&self.machine.pools.walks, request.into_inner()).await.map(Response::new)
    }

    async fn disk_usage(&self, request: Request<DiskUsageRequest>) -> Answer<Self::DiskUsageStream> {
        files::disk_usage(&self.machine.pools.walks, request.into_inner()).await.map(Response::new)
    }

    async fn load_avg(&self, _: Request<()>) -> Answer<LoadAvgResponse> {
        one!(LoadAvgResponse, self.look(proc::load_avg).await?)
    }

    async fn logs(&self, request: Request<LogsRequest>) -> Answer<Self::LogsStream> {
        super::logs::logs(&self.machine, request.into_inner()).await.map(Response::new)
    }

    async fn logs_containers(&self, _: Request<()>) -> Answer<LogsContainersResponse> {
        one!(LogsContainersResponse, LogsContainer { metadata: None, ids: self.machine.logs.ids() })
    }

    async fn memory(&self, _: Request<()>) -> Answer<MemoryResponse> {
        one!(MemoryResponse, self.look(proc::memory).await?)
    }

    async fn mounts(&self, _: Request<()>) -> Answer<MountsResponse> {
        one!(MountsResponse, proc::mounts(&self.machine.pools).await?)
    }

    async fn network_device_stats(&self, _: Request<()>) -> Answer<NetworkDeviceStatsResponse> {
        one!(NetworkDeviceStatsResponse, self.look(proc::network_device_stats).await?)
    }

    async fn processes(&self, _: Request<()>) -> Answer<ProcessesResponse> {
        one!(ProcessesResponse, self.look(proc::processes).await?)
    }

    async fn read(&self, request: Request<ReadRequest>) -> Answer<Self::ReadStream> {
        files::read(&self.machine.pools.walks, &request.get_ref().path).await.map(Response::new)
    }

    async fn reboot(&self, request: Request<RebootRequest>) -> Answer<RebootResponse> {
        let actor_id = self.start(power::reboot(&self.machine.platform, request.get_ref())?)?;
        one!(RebootResponse, Reboot { metadata: None, actor_id })
    }

    async fn restart(&self, request: Request<RestartRequest>) -> Answer<RestartResponse> {
        super::containers::restart(&self.machine, request.get_ref()).await?;
        one!(RestartResponse, Restart::default())
    }

    async fn rollback(&self, _: Request<RollbackRequest>) -> Answer<RollbackResponse> {
        Err(not_in_container("Rollback"))
    }

    async fn reset(&self, request: Request<ResetRequest>) -> Answer<ResetResponse> {
        let actor_id = self.start(power::reset(&self.machine.platform, request.get_ref())?)?;
        one!(ResetResponse, Reset { metadata: None, actor_id })
    }

    async fn service_list(&self, _: Request<()>) -> Answer<ServiceListResponse> {
        one!(ServiceListResponse, ServiceList { metadata: None, services: self.machine.services.list() })
    }

    async fn service_restart(
        &self,
        request: Request<ServiceRestartRequest>,
    ) -> Answer<ServiceRestartResponse> {
        let resp =
            services::operate(&self.machine.services, &request.get_ref().id, Operation::Restart).await?;
        one!(ServiceRestartResponse, ServiceRestart { metadata: None, resp })
    }

    async fn service_start(&self, request: Request<ServiceStartRequest>) -> Answer<ServiceStartResponse> {
        let resp = services::operate(&self.machine.services, &request.get_ref().id, Operation::Start).await?;
        one!(ServiceStartResponse, ServiceStart { metadata: None, resp })
    }

    async fn service_stop(&self, request: Request<ServiceStopRequest>) -> Answer<ServiceStopResponse> {
        let resp = services::operate(&self.machine.services, &request.get_ref().id, Operation::Stop).await?;
        one!(ServiceStopResponse, ServiceStop { metadata: None, resp })
    }

    async fn shutdown(&self, request: Request<ShutdownRequest>) -> Answer<ShutdownResponse> {
        let actor_id = self.start(power::shutdown(&self.machine.platform, request.get_ref())?)?;
        one!(ShutdownResponse, Shutdown { metadata: None, actor_id })
    }

    async fn stats(&self, request: Request<StatsRequest>) -> Answer<StatsResponse> {
        one!(StatsResponse, super::containers::stats(&self.machine, request.get_ref()).await?)
    }

    async fn system_stat(&self, _: Request<()>) -> Answer<SystemStatResponse> {
        one!(SystemStatResponse, self.look(proc::system_stat).await?)
    }

    async fn upgrade(&self, _: Request<UpgradeRequest>) -> Answer<UpgradeResponse> {
        Err(not_in_container("Upgrade"))
    }

    async fn version(&self, _: Request<()>) -> Answer<VersionResponse> {
        let configured = !self.machine.maintenance().await;
        one!(VersionResponse, version::version(&self.machine.platform, configured))
    }

    async fn generate_client_configuration(
        &self,
        request: Request<GenerateClientConfigurationRequest>,
    ) -> Answer<GenerateClientConfigurationResponse> {
        let made = super::kubeconfig::client_configuration(&self.machine, request.into_inner()).await?;
        one!(GenerateClientConfigurationResponse, made)
    }

    async fn packet_capture(&self, _: Request<PacketCaptureRequest>) -> Answer<Self::PacketCaptureStream> {
        Err(not_yet("PacketCapture"))
    }

    async fn netstat(&self, request: Request<NetstatRequest>) -> Answer<NetstatResponse> {
        one!(NetstatResponse, super::netstat::netstat(&self.machine.pools.looks, request.into_inner()).await?)
    }

    async fn meta_write(&self, request: Request<MetaWriteRequest>) -> Answer<MetaWriteResponse> {
        meta_key(request.get_ref().key)?;
        Err(not_in_container("MetaWrite"))
    }

    async fn meta_delete(&self, request: Request<MetaDeleteRequest>) -> Answer<MetaDeleteResponse> {
        meta_key(request.get_ref().key)?;
        Err(not_in_container("MetaDelete"))
    }

    async fn image_list(&self, request: Request<ImageListRequest>) -> Answer<Self::ImageListStream> {
        super::images::list(&self.machine, request.get_ref()).await.map(Response::new)
    }

    async fn image_pull(&self, request: Request<ImagePullRequest>) -> Answer<ImagePullResponse> {
        super::images::pull(&self.machine, request.get_ref()).await?;
        one!(ImagePullResponse, ImagePull::default())
    }
}

fn meta_key(key: u32) -> Result<(), Status> {
    match u8::try_from(key) {
        Ok(_) => Ok(()),
        Err(_) => Err(Status::invalid_argument(format!("META keys are 0 to 255, not {key}"))),
    }
}
