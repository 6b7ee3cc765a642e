//! Access to the node API from inside Kubernetes.

use crate::yaml::field::{Field, Kind::*, Message};

pub(crate) static CONFIG_SPEC: Message = Message(&[
    Field::new(1, "enabled", Bool),
    Field::new(2, "allowedAPIRoles", Text).list(),
    Field::new(3, "allowedKubernetesNamespaces", Text).list(),
]);
