//! etcd.

use crate::Config;
use crate::access::{Authority, decode_authority, non_empty};
use crate::schema::Args;

/// etcd on control planes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Etcd {
    /// Its image.
    pub image: Option<String>,
    /// Its authority, with the key.
    pub ca: Option<Authority>,
    /// Its command-line arguments.
    pub extra_args: Args,
    /// Networks whose addresses are announced; `!` in front excludes.
    pub advertised_subnets: Vec<String>,
    /// Networks whose addresses are listened on; `!` in front excludes.
    pub listen_subnets: Vec<String>,
}

impl Config {
    /// etcd; nothing where the cluster section has none, as on workers.
    pub fn etcd(&self) -> Option<Etcd> {
        let section = self.cluster()?.etcd.as_ref()?;
        let mut advertised = section.advertised_subnets.clone();
        if advertised.is_empty() {
            advertised.extend(non_empty(&section.subnet));
        }
        Some(Etcd {
            image: non_empty(&section.image),
            ca: section.ca.as_ref().and_then(decode_authority),
            extra_args: section.extra_args.clone(),
            advertised_subnets: advertised,
            listen_subnets: section.listen_subnets.clone(),
        })
    }
}
