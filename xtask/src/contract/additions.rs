//! What our messages have beyond the published descriptors: fields that the YAML of specs shows, with
//! the numbers that it gives them. To a client without them they are unknown fields, which it skips.

/// Lines of the table.
pub const ADDITIONS: &[&str] = &[
    "field\ttalos.resource.definitions.block.FilesystemSpec\t3\tmin_allocation_group_size\tsingle\tuint64",
    "field\ttalos.resource.definitions.block.MountRequestSpec\t9\tno_exec\tsingle\tbool",
    "field\ttalos.resource.definitions.block.MountSpec\t12\tno_exec\tsingle\tbool",
    "field\ttalos.resource.definitions.block.VolumeConfigSpec\t10\tscrub_enabled\tsingle\tbool",
    "field\ttalos.resource.definitions.block.VolumeConfigSpec\t11\tscrub_interval\tsingle\tgoogle.protobuf.Duration",
    "field\ttalos.resource.definitions.block.VolumeMountRequestSpec\t7\tno_exec\tsingle\tbool",
    "field\ttalos.resource.definitions.block.VolumeMountStatusSpec\t8\tno_exec\tsingle\tbool",
    "field\ttalos.resource.definitions.block.VolumeStatusSpec\t26\tscrub_enabled\tsingle\tbool",
    "field\ttalos.resource.definitions.block.VolumeStatusSpec\t27\tscrub_interval\tsingle\tgoogle.protobuf.Duration",
    "field\ttalos.resource.definitions.network.BGPImportRouteSpec\t1\tbgp_instance\tsingle\tstring",
    "field\ttalos.resource.definitions.network.BGPImportRouteSpec\t2\tprefixes\trepeated\tcommon.NetIPPrefix",
    "field\ttalos.resource.definitions.network.BGPInstanceConfigSpec\t10\timport_routes\trepeated\ttalos.resource.definitions.network.BGPImportRouteSpec",
    "field\ttalos.resource.definitions.network.BGPInstanceConfigSpec\t11\tinstall_routes\tsingle\tbool",
    "field\ttalos.resource.definitions.network.LinkSpecSpec\t19\tveth\tsingle\ttalos.resource.definitions.network.VethSpec",
    "field\ttalos.resource.definitions.network.LinkStatusSpec\t34\tveth\tsingle\ttalos.resource.definitions.network.VethSpec",
    "field\ttalos.resource.definitions.network.ResolverSpecSpec\t5\tsearch_domains_overridden\tsingle\tbool",
    "field\ttalos.resource.definitions.network.VethSpec\t1\tpeer_name\tsingle\tstring",
    "field\ttalos.resource.definitions.secrets.KubeletSpec\t6\tendpoint_tls_server_name\tsingle\tstring",
    "field\ttalos.resource.definitions.time.StatusSpec\t4\tspike_detected\tsingle\tbool",
    "field\ttalos.resource.definitions.time.StatusSpec\t5\tconsecutive_spikes\tsingle\tint64",
    "message\ttalos.resource.definitions.network.BGPImportRouteSpec",
    "message\ttalos.resource.definitions.network.VethSpec",
];
