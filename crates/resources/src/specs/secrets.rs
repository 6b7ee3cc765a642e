//! Keys and certificates.

use proto::resource::secrets;

define! {
    secrets::ApiCertsSpec => "ApiCertificates.secrets.talos.dev" in "secrets" {
        sensitive: true,
    }
    secrets::CertSanSpec => "CertSANs.secrets.talos.dev" in "secrets" {
        sensitive: true,
    }
    secrets::EncryptionSaltSpec => "EncryptionSalts.secrets.talos.dev" in "secrets" {
        sensitive: true,
    }
    secrets::EtcdCertsSpec => "EtcdSecrets.secrets.talos.dev" in "secrets" {
        sensitive: true,
    }
    secrets::EtcdRootSpec => "EtcdRootSecrets.secrets.talos.dev" in "secrets" {
        sensitive: true,
    }
    secrets::KubeletSpec => "KubeletSecrets.secrets.talos.dev" in "secrets" {
        sensitive: true,
    }
    secrets::KubernetesCertsSpec => "KubernetesSecrets.secrets.talos.dev" in "secrets" {
        sensitive: true,
    }
    secrets::KubernetesDynamicCertsSpec => "KubernetesDynamicCerts.secrets.talos.dev" in "secrets" {
        sensitive: true,
    }
    secrets::KubernetesRootSpec => "KubernetesRootSecrets.secrets.talos.dev" in "secrets" {
        sensitive: true,
    }
    secrets::MaintenanceRootSpec => "MaintenanceRootSecrets.secrets.talos.dev" in "secrets" {
        sensitive: true,
    }
    secrets::OsRootSpec => "OSRootSecrets.secrets.talos.dev" in "secrets" {
        sensitive: true,
    }
    secrets::TrustdCertsSpec => "TrustdCertificates.secrets.talos.dev" in "secrets" {
        sensitive: true,
    }
}
