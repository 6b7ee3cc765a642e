//! Which message is the spec of which type, and how each type presents itself to people:
//! one file for each package of messages (contract api.md 7).

use crate::definition::Definition;

macro_rules! define {
    ($($message:path => $typ:literal in $namespace:literal { $($facts:tt)* })*) => {
        $(impl crate::resource::Spec for $message {
            const TYPE: &'static str = $typ;
            const NAMESPACE: &'static str = $namespace;
        })*

        /// The message of each type.
        #[cfg(test)]
        pub(super) fn messages() -> Vec<(&'static str, &'static str)> {
            vec![$(($typ, std::any::type_name::<$message>())),*]
        }

        pub(super) const DEFINITIONS: &[crate::definition::Definition] = &[
            $(crate::definition::Definition {
                $($facts)*
                ..crate::definition::Definition::new($typ, $namespace)
            }),*
        ];
    };
}

mod block;
mod cluster;
mod config;
mod containers;
mod cri;
mod etcd;
mod files;
mod hardware;
mod k8s;
mod kubeaccess;
mod kubespan;
mod meta;
mod network;
mod perf;
mod runtime;
mod secrets;
mod security;
mod siderolink;
mod storage;
mod time;
mod v1alpha1;

/// The definitions of each package.
pub(crate) const PACKAGES: &[&[Definition]] = &[
    meta::DEFINITIONS,
    block::DEFINITIONS,
    cluster::DEFINITIONS,
    config::DEFINITIONS,
    containers::DEFINITIONS,
    cri::DEFINITIONS,
    etcd::DEFINITIONS,
    files::DEFINITIONS,
    hardware::DEFINITIONS,
    k8s::DEFINITIONS,
    kubeaccess::DEFINITIONS,
    kubespan::DEFINITIONS,
    network::DEFINITIONS,
    perf::DEFINITIONS,
    runtime::DEFINITIONS,
    secrets::DEFINITIONS,
    security::DEFINITIONS,
    siderolink::DEFINITIONS,
    storage::DEFINITIONS,
    time::DEFINITIONS,
    v1alpha1::DEFINITIONS,
];

/// The name of the Rust type of the message of each type.
#[cfg(test)]
pub(crate) fn messages() -> std::collections::BTreeMap<&'static str, &'static str> {
    let packages = [
        meta::messages(),
        block::messages(),
        cluster::messages(),
        config::messages(),
        containers::messages(),
        cri::messages(),
        etcd::messages(),
        files::messages(),
        hardware::messages(),
        k8s::messages(),
        kubeaccess::messages(),
        kubespan::messages(),
        network::messages(),
        perf::messages(),
        runtime::messages(),
        secrets::messages(),
        security::messages(),
        siderolink::messages(),
        storage::messages(),
        time::messages(),
        v1alpha1::messages(),
    ];
    packages.into_iter().flatten().collect()
}
