//! The runtime's view of registries: which hosts stand for which, in `hosts.toml` files (contract os.md 4).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use proto::resource::cri::{
    RegistriesConfigSpec, RegistryAuthConfig, RegistryMirrorConfig, RegistryTlsConfig,
};

use super::ADDRESS;

/// Folder of the hosts files, as the runtime is told.
pub const HOSTS_DIR: &str = "/etc/cri/conf.d/hosts";
/// The same, as the paths of files are told.
const BELOW_ETC: &str = "cri/conf.d/hosts";
/// The name under which mirrors for every registry are configured.
const ANY: &str = "*";

/// A file of the runtime's configuration.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    /// Path relative to `/etc`.
    pub path: String,
    /// Contents; keys and credentials may be among them.
    pub contents: Vec<u8>,
    /// Permission bits.
    pub mode: u32,
}

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({} bytes, {:o})", self.path, self.contents.len(), self.mode)
    }
}

/// Renders all files for a configuration of registries; with `cache`, the image cache is the first mirror
/// of every registry.
pub fn render(config: &RegistriesConfigSpec, cache: bool) -> Vec<File> {
    let tls = &config.registry_tl_ss;
    let mut registries: BTreeSet<&str> = config.registry_mirrors.keys().map(String::as_str).collect();
    registries.extend(tls.keys().map(String::as_str));
    if cache {
        registries.insert(ANY);
    }
    let none = RegistryMirrorConfig::default();
    let mut files = Vec::new();
    for registry in registries {
        let mirror = config.registry_mirrors.get(registry).unwrap_or(&none);
        files.extend(render_registry(registry, mirror, tls, cache));
    }
    files
}

fn render_registry(
    registry: &str,
    mirror: &RegistryMirrorConfig,
    tls: &BTreeMap<String, RegistryTlsConfig>,
    cache: bool,
) -> Vec<File> {
    let folder = folder(registry);
    let mut text = String::new();
    let mut files = Vec::new();
    let mut material = BTreeSet::new();
    let last = mirror.mirror_endpoints.last().filter(|_| mirror.mirror_skip_fallback);
    if let Some(last) = last {
        let _ = writeln!(text, "server = {}", quoted(&last.endpoint_endpoint));
        text += &options("", last.endpoint_override_path, tls_of(&last.endpoint_endpoint, tls), &folder);
    } else if let Some(own) = tls.get(registry) {
        // No mirror stands for the registry itself, which has its own way of being spoken to.
        let _ = writeln!(text, "server = {}", quoted(&format!("https://{registry}")));
        text += &options("", false, Some((registry, own)), &folder);
        material.insert(registry);
    }
    if cache {
        let _ = writeln!(text, "\n[host.{}]", quoted(&format!("http://{ADDRESS}")));
        text += &options("  ", false, None, &folder);
    }
    for endpoint in &mirror.mirror_endpoints {
        let url = endpoint.endpoint_endpoint.as_str();
        let _ = writeln!(text, "\n[host.{}]", quoted(url));
        text += &options("  ", endpoint.endpoint_override_path, tls_of(url, tls), &folder);
        material.extend(tls_of(url, tls).map(|(host, _)| host));
    }
    for host in material {
        files.extend(tls.get(host).map(|config| key_files(&folder, host, config)).into_iter().flatten());
    }
    let contents = text.trim_start().as_bytes().to_vec();
    files.insert(0, File { path: format!("{BELOW_ETC}/{folder}/hosts.toml"), contents, mode: 0o600 });
    files
}

fn options(
    indent: &str,
    override_path: bool,
    tls: Option<(&str, &RegistryTlsConfig)>,
    folder: &str,
) -> String {
    let mut text = format!("{indent}capabilities = [\"pull\", \"resolve\"]\n");
    if override_path {
        let _ = writeln!(text, "{indent}override_path = true");
    }
    let Some((host, tls)) = tls else { return text };
    let at = |name: String| quoted(&format!("{HOSTS_DIR}/{folder}/{name}"));
    let host = file_host(host);
    if !tls.tlsca.is_empty() {
        let _ = writeln!(text, "{indent}ca = {}", at(format!("{host}-ca.crt")));
    }
    if tls.tls_client_identity.is_some() {
        let (crt, key) = (at(format!("{host}-client.crt")), at(format!("{host}-client.key")));
        let _ = writeln!(text, "{indent}client = [[{crt}, {key}]]");
    }
    if tls.tls_insecure_skip_verify {
        let _ = writeln!(text, "{indent}skip_verify = true");
    }
    text
}

fn key_files(folder: &str, host: &str, tls: &RegistryTlsConfig) -> Vec<File> {
    let file = |name: &str, contents: &[u8]| File {
        path: format!("{BELOW_ETC}/{folder}/{}-{name}", file_host(host)),
        contents: contents.to_vec(),
        mode: 0o600,
    };
    let mut files = Vec::new();
    if !tls.tlsca.is_empty() {
        files.push(file("ca.crt", &tls.tlsca));
    }
    if let Some(identity) = &tls.tls_client_identity {
        files.push(file("client.crt", &identity.crt));
        files.push(file("client.key", &identity.key));
    }
    files
}

/// TLS settings for the host of an endpoint.
fn tls_of<'a>(
    url: &str,
    tls: &'a BTreeMap<String, RegistryTlsConfig>,
) -> Option<(&'a str, &'a RegistryTlsConfig)> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split('/').next().unwrap_or_default();
    tls.get_key_value(host).map(|(host, config)| (host.as_str(), config))
}

/// Name of the folder of a registry: `_default` for all others, ports as `host_5000_`.
fn folder(registry: &str) -> String {
    if registry == ANY { "_default".to_owned() } else { file_host(registry) }
}

fn file_host(host: &str) -> String {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => format!("{name}_{port}_"),
        _ => host.to_owned(),
    }
}

/// A TOML basic string.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted += "\\\"",
            '\\' => quoted += "\\\\",
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

/// Credentials by host, for pulls that the node makes itself.
pub fn credentials(
    auths: &BTreeMap<String, RegistryAuthConfig>,
) -> BTreeMap<String, containerd::Credentials> {
    let mut credentials = BTreeMap::new();
    for (host, auth) in auths {
        let known = if !auth.registry_identity_token.is_empty() {
            containerd::Credentials::Refresh(auth.registry_identity_token.clone())
        } else if !auth.registry_auth.is_empty() {
            containerd::Credentials::Header(format!("Basic {}", auth.registry_auth))
        } else {
            containerd::Credentials::Basic {
                username: auth.registry_username.clone(),
                password: auth.registry_password.clone(),
            }
        };
        if host == "docker.io" {
            // Where images of that name are really asked for.
            credentials.insert("registry-1.docker.io".to_owned(), known.clone());
        }
        credentials.insert(host.clone(), known);
    }
    credentials
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::common::PemEncodedCertificateAndKey;
    use proto::resource::cri::RegistryEndpointConfig;

    fn endpoint(url: &str, override_path: bool) -> RegistryEndpointConfig {
        RegistryEndpointConfig { endpoint_endpoint: url.into(), endpoint_override_path: override_path }
    }

    fn text(files: &[File], path: &str) -> String {
        let path = format!("cri/conf.d/hosts/{path}");
        let file = files.iter().find(|f| f.path == path).unwrap_or_else(|| panic!("{path} in {files:?}"));
        String::from_utf8(file.contents.clone()).unwrap()
    }

    #[test]
    fn the_cache_is_the_first_mirror_of_every_registry() {
        let mut config = RegistriesConfigSpec::default();
        let mirror = RegistryMirrorConfig {
            mirror_endpoints: vec![
                endpoint("http://10.0.0.1:5000", false),
                endpoint("https://m.io/v2/x", true),
            ],
            mirror_skip_fallback: false,
        };
        config.registry_mirrors.insert("registry.local:5000".into(), mirror);
        let files = render(&config, true);
        assert_eq!(files.len(), 2);
        assert_eq!(
            text(&files, "_default/hosts.toml"),
            "[host.\"http://127.0.0.1:3172\"]\n  capabilities = [\"pull\", \"resolve\"]\n"
        );
        assert_eq!(
            text(&files, "registry.local_5000_/hosts.toml"),
            r#"[host."http://127.0.0.1:3172"]
  capabilities = ["pull", "resolve"]

[host."http://10.0.0.1:5000"]
  capabilities = ["pull", "resolve"]

[host."https://m.io/v2/x"]
  capabilities = ["pull", "resolve"]
  override_path = true
"#
        );
        assert!(render(&RegistriesConfigSpec::default(), false).is_empty());
    }

    #[test]
    fn without_fallback_the_last_endpoint_is_the_server() {
        let mut config = RegistriesConfigSpec::default();
        let mirror = RegistryMirrorConfig {
            mirror_endpoints: vec![endpoint("https://a", false), endpoint("https://b", false)],
            mirror_skip_fallback: true,
        };
        config.registry_mirrors.insert("*".into(), mirror);
        let files = render(&config, false);
        assert!(text(&files, "_default/hosts.toml").starts_with("server = \"https://b\"\n"), "{files:?}");
    }

    #[test]
    fn tls_settings_follow_the_host_of_each_endpoint() {
        let mut config = RegistriesConfigSpec::default();
        let identity = PemEncodedCertificateAndKey { crt: b"crt".to_vec(), key: b"key".to_vec() };
        let tls = RegistryTlsConfig {
            tls_client_identity: Some(identity),
            tlsca: b"ca".to_vec(),
            tls_insecure_skip_verify: true,
        };
        config.registry_tl_ss.insert("harbor:8443".into(), tls);
        let mirror = RegistryMirrorConfig {
            mirror_endpoints: vec![endpoint("https://harbor:8443/p", false)],
            ..Default::default()
        };
        config.registry_mirrors.insert("docker.io".into(), mirror);
        let files = render(&config, false);
        let docker = text(&files, "docker.io/hosts.toml");
        for line in [
            "  ca = \"/etc/cri/conf.d/hosts/docker.io/harbor_8443_-ca.crt\"",
            "  client = [[\"/etc/cri/conf.d/hosts/docker.io/harbor_8443_-client.crt\", \"/etc/cri/conf.d/hosts/docker.io/harbor_8443_-client.key\"]]",
            "  skip_verify = true",
        ] {
            assert!(docker.contains(line), "{docker}");
        }
        assert_eq!(text(&files, "docker.io/harbor_8443_-client.key"), "key");
        let own = text(&files, "harbor_8443_/hosts.toml");
        assert!(
            own.starts_with("server = \"https://harbor:8443\"\n") && own.contains("skip_verify"),
            "{own}"
        );
    }

    #[test]
    fn names_cannot_break_out_of_a_string() {
        assert_eq!(quoted("a\"b\\c\nd"), "\"a\\\"b\\\\c\\u000Ad\"");
    }

    #[test]
    fn credentials_of_the_docker_hub_are_known_under_its_real_host() {
        let auth = RegistryAuthConfig { registry_username: "ada".into(), ..Default::default() };
        let credentials = credentials(&BTreeMap::from([("docker.io".to_owned(), auth)]));
        assert!(credentials.contains_key("registry-1.docker.io") && credentials.contains_key("docker.io"));
    }
}
