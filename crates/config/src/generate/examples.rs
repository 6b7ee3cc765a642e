//! Whole documents that a generated file shows as comments, because many clusters need them.

/// A document that could be added.
pub(super) struct Example {
    /// Its kind.
    pub(super) kind: &'static str,
    /// The last version that does not have it.
    pub(super) after: (u32, u32),
    /// What follows its kind.
    pub(super) yaml: &'static str,
}

/// The documents, in the order in which they are shown.
pub(super) const DOCUMENTS: &[Example] = &[
    Example {
        kind: "LinkConfig",
        after: (1, 11),
        yaml: "name: enp1s0\naddresses:\n    - address: 192.0.2.10/24\nroutes:\n    - gateway: 192.0.2.1\n",
    },
    Example {
        kind: "TimeSyncConfig",
        after: (1, 13),
        yaml: "ntp:\n    servers:\n        - time.example.org\n",
    },
    Example {
        kind: "UserVolumeConfig",
        after: (1, 13),
        yaml: "name: data\nprovisioning:\n    diskSelector:\n        match: disk.transport == 'nvme' && !system_disk\n    minSize: 10GiB\n",
    },
];
