//! `talosctl config info`.

use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::ValueEnum;
use config::talosconfig::Context;
use config::yaml::{Node, write};
use pki::Certificate;
use serde_json::json;

use crate::credentials;
use crate::global::Global;
use crate::output::{human, print};

/// Form of the output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Output {
    /// Lines for people
    #[default]
    Text,
    /// JSON
    Json,
    /// YAML
    Yaml,
}

/// Show the current context
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl config info
  talosctl config info -o json")]
pub struct Args {
    /// Form of the output
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

/// Runs it.
pub fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let file = credentials::open(global)?;
    let info = Info::of(file.selected_name(global), file.selected(global)?, SystemTime::now());
    print(&match args.output {
        Output::Text => info.text(),
        Output::Json => format!("{}\n", serde_json::to_string_pretty(&info.json())?),
        Output::Yaml => write(&Node::from(info.json())),
    })
}

/// What a context says.
struct Info {
    name: String,
    nodes: Vec<String>,
    endpoints: Vec<String>,
    roles: Vec<String>,
    /// How far away the end of the certificate is, and its day.
    expires: Option<(String, String)>,
}

impl Info {
    fn of(name: &str, context: &Context, now: SystemTime) -> Self {
        let pem = STANDARD.decode(&context.crt).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let certificate = pem.and_then(|pem| Certificate::from_pem(&pem).ok());
        let end = certificate.as_ref().map(|certificate| certificate.validity().not_after);
        Self {
            name: name.to_owned(),
            nodes: context.nodes.clone(),
            endpoints: context.endpoints.clone(),
            roles: certificate.map(|c| c.subject().organizations.clone()).unwrap_or_default(),
            expires: end.map(|end| (human::relative(end, now), human::day(end))),
        }
    }

    fn text(&self) -> String {
        let list =
            |items: &[String]| if items.is_empty() { "not defined".to_owned() } else { items.join(", ") };
        let expires = match &self.expires {
            Some((relative, day)) => format!("{relative} ({day})"),
            None => "not defined".to_owned(),
        };
        format!(
            "Current context:     {}\nNodes:               {}\nEndpoints:           {}\nRoles:               {}\nCertificate expires: {expires}\n",
            self.name,
            list(&self.nodes),
            list(&self.endpoints),
            list(&self.roles),
        )
    }

    fn json(&self) -> serde_json::Value {
        let (ttl, day) = self.expires.clone().unwrap_or_default();
        json!({
            "context": self.name,
            "nodes": self.nodes,
            "endpoints": self.endpoints,
            "roles": self.roles,
            "certTTL": ttl,
            "certNotAfter": day,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info() -> Info {
        Info {
            name: "peer".into(),
            nodes: vec![],
            endpoints: vec!["10.5.0.2".into()],
            roles: vec!["os:admin".into()],
            expires: Some(("1 year from now".into(), "2027-11-21".into())),
        }
    }

    #[test]
    fn text_has_the_lines_that_people_know() {
        assert_eq!(
            info().text(),
            "Current context:     peer\nNodes:               not defined\nEndpoints:           10.5.0.2\n\
             Roles:               os:admin\nCertificate expires: 1 year from now (2027-11-21)\n"
        );
    }

    #[test]
    fn json_has_the_keys_that_scripts_know_in_their_order() {
        let keys: Vec<String> = info().json().as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys, ["context", "nodes", "endpoints", "roles", "certTTL", "certNotAfter"]);
    }

    #[test]
    fn a_context_without_certificate_has_neither_roles_nor_an_end() {
        let info = Info::of("x", &Context { crt: "!".into(), ..Context::default() }, SystemTime::now());
        assert!(info.roles.is_empty() && info.expires.is_none());
    }
}
