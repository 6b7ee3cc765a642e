//! `gen ca`, `gen key`, `gen csr`, `gen crt`, `gen keypair`.

use std::os::unix::fs::PermissionsExt;

use pki::{Algorithm, Authority, Certificate, ExtKeyUsage, PrivateKey};

use super::support::Folder;

fn certificate(folder: &Folder, name: &str) -> Certificate {
    Certificate::from_pem(&folder.read(name)).unwrap()
}

#[test]
fn an_authority_signs_what_a_request_asks_for() {
    let folder = Folder::new();
    folder.ok(&["gen", "ca", "--organization", "talos", "--hours", "48"]);
    folder.ok(&["gen", "key", "--name", "admin"]);
    folder.ok(&["gen", "csr", "--key", "admin.key", "--roles", "os:reader,os:operator"]);
    folder.ok(&["gen", "crt", "--ca", "talos", "--csr", "admin.csr", "--name", "admin"]);
    folder.ok(&["gen", "crt", "--ca", "talos.crt", "--csr", "admin.csr", "--name", "other", "--hours", "2"]);
    let authority = Authority::from_pem(&folder.read("talos.crt"), &folder.read("talos.key")).unwrap();
    assert_eq!(authority.certificate().subject().to_string(), "O=talos");
    assert_eq!(authority.key().algorithm(), Algorithm::Ed25519);
    assert_eq!(authority.certificate().validity().life().as_secs(), 48 * 3600);
    let issued = certificate(&folder, "admin.crt");
    assert!(issued.is_issued_by(authority.certificate()) && issued.is_client_only());
    // In the order of their encoding, as in every set of a certificate.
    assert_eq!(issued.subject().organizations, ["os:reader", "os:operator"]);
    assert_eq!(issued.validity().life().as_secs(), 24 * 3600);
    assert_eq!(certificate(&folder, "other.crt").validity().life().as_secs(), 2 * 3600);
    assert!(issued.matches(&PrivateKey::from_pem(&folder.read("admin.key")).unwrap()));
    let digits: String = authority.certificate().fingerprint().iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(folder.read("talos.sha256"), format!("sha256:{digits}\n"));
    for key in ["talos.key", "admin.key"] {
        assert_eq!(folder.join(key).metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_request_for_an_address_is_good_for_servers() {
    let folder = Folder::new();
    folder.ok(&["gen", "ca", "--organization", "talos"]);
    folder.ok(&["gen", "key", "--name", "server"]);
    folder.ok(&["gen", "csr", "--key", "server.key", "--ip", "10.5.0.2"]);
    folder.ok(&["gen", "crt", "--ca", "talos", "--csr", "server.csr", "--name", "server"]);
    let issued = certificate(&folder, "server.crt");
    assert!(issued.ext_key_usages().contains(&ExtKeyUsage::ServerAuth));
    let addresses: Vec<String> = issued.sans().ip_addresses().map(|a| a.to_string()).collect();
    assert_eq!(addresses, ["10.5.0.2"]);
}

#[test]
fn a_key_pair_is_its_own_authority() {
    let folder = Folder::new();
    folder.ok(&["gen", "keypair", "--organization", "gateway", "--ip", "fd00::1"]);
    let issued = certificate(&folder, "gateway.crt");
    assert!(issued.is_issued_by(&issued));
    let addresses: Vec<String> = issued.sans().ip_addresses().map(|a| a.to_string()).collect();
    assert_eq!(addresses, ["fd00::1"]);
}

#[test]
fn what_does_not_fit_together_is_named() {
    let folder = Folder::new();
    folder.ok(&["gen", "ca", "--organization", "talos"]);
    folder.ok(&["gen", "key", "--name", "admin"]);
    folder.ok(&["gen", "csr", "--key", "admin.key"]);
    assert!(folder.fails(&["gen", "key", "--name", "admin"]).contains("admin.key exists already"));
    assert!(folder.fails(&["gen", "ca", "--organization", "talos"]).contains("talos.crt exists already"));
    let error = folder.fails(&["gen", "csr", "--key", "talos.crt"]);
    assert!(error.starts_with("cannot use talos.crt"), "{error}");
    let error = folder.fails(&["gen", "crt", "--ca", "nobody", "--csr", "admin.csr", "--name", "x"]);
    assert!(error.starts_with("cannot read nobody.crt"), "{error}");
    folder.write("talos.key", &folder.read("admin.key"));
    let error = folder.fails(&["gen", "crt", "--ca", "talos", "--csr", "admin.csr", "--name", "x"]);
    assert!(error.starts_with("cannot sign with talos.crt and talos.key"), "{error}");
}
