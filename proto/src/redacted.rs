//! What logs see of messages that hold secrets, or whatever a user put into them: their names only.
//! The list has to be that of xtask/src/codegen/secrets.rs; the compiler says so when it is not.

use std::fmt;

macro_rules! redacted {
    ($($message:path),* $(,)?) => {
        $(impl fmt::Debug for $message {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($message), " { <redacted> }"))
            }
        })*
    };
}

use crate::resource::{block, cluster, config, cri, device_config, files, k8s, kubespan, network};
use crate::resource::{runtime, secrets, siderolink};
use crate::{common, cosi, internal, machine};

redacted! {
    common::Data,
    common::PemEncodedCertificateAndKey,
    common::PemEncodedKey,
    cosi::resource::Spec,
    internal::specs::CustomizationConfigSpec,
    machine::ApplyConfigurationRequest,
    machine::GenerateClientConfiguration,
    machine::ImageServiceCredentials,
    machine::MetaWriteRequest,
    config::MachineConfigSpec,
    device_config::DeviceConfigSpecSpec,
    block::EncryptionKey,
    cluster::ConfigSpec,
    cri::RegistryAuthConfig,
    files::EtcFileSpecSpec,
    k8s::ApiServerConfigSpec,
    k8s::AuthenticationConfigSpec,
    k8s::EtcdEncryptionConfigSpec,
    k8s::KubeletConfigSpec,
    k8s::KubeletSpecSpec,
    kubespan::ConfigSpec,
    kubespan::IdentitySpec,
    network::VipEquinixMetalSpec,
    network::ViphCloudSpec,
    network::WireguardPeer,
    network::WireguardSpec,
    runtime::ExtensionServiceConfigFile,
    runtime::UniqueMachineTokenSpec,
    secrets::EncryptionSaltSpec,
    secrets::KubeletSpec,
    secrets::KubernetesCertsSpec,
    secrets::KubernetesRootSpec,
    secrets::OsRootSpec,
    siderolink::ConfigSpec,
    siderolink::TunnelSpec,
}

/// The generator leaves out `Debug` of what is nested in a redacted message, too.
impl fmt::Debug for machine::apply_configuration_request::Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str_name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_do_not_reach_logs() {
        let pair = common::PemEncodedCertificateAndKey { crt: b"crt".to_vec(), key: b"key".to_vec() };
        let spec = secrets::ApiCertsSpec { server: Some(pair), ..Default::default() };
        let text = format!("{spec:?}");
        assert!(text.contains("<redacted>"));
        assert!(!text.contains("107, 101, 121"));
    }
}
