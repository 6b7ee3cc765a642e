//! Flags of clusters whose nodes are containers of Docker or virtual machines: known, and refused.

use crate::failure::usage;

/// What nodes that are namespaces of this machine cannot do.
#[derive(Debug, Default, clap::Args)]
pub struct Elsewhere {
    #[arg(short = 'p', long, hide = true, value_delimiter = ',')]
    exposed_ports: Vec<String>,
    #[arg(long, hide = true)]
    host_ip: Option<String>,
    #[arg(long, hide = true)]
    mount: Vec<String>,
    #[arg(long, hide = true)]
    cpus_controlplanes: Option<String>,
    #[arg(long, hide = true)]
    cpus_workers: Option<String>,
    #[arg(long, hide = true)]
    memory_controlplanes: Option<String>,
    #[arg(long, hide = true)]
    memory_workers: Option<String>,
    #[arg(long, hide = true, value_delimiter = ',')]
    disks: Vec<String>,
    #[arg(long, hide = true, value_delimiter = ',')]
    presets: Vec<String>,
    #[arg(long, hide = true)]
    schematic_id: Option<String>,
    #[arg(long, hide = true)]
    image_factory_url: Option<String>,
    #[arg(long, hide = true)]
    image_factory_auth: Option<String>,
    #[arg(long, hide = true)]
    omni_api_endpoint: Option<String>,
}

impl Elsewhere {
    /// Fails if any of them is given.
    ///
    /// # Errors
    /// With its name, and why it has no effect here.
    pub fn refuse(&self) -> anyhow::Result<()> {
        let limits =
            "nodes are namespaces that share all of this machine: none of them can be given a part yet";
        let ports = "nodes have addresses of their own, which this machine reaches directly";
        let machines = "nodes are namespaces of this machine, not virtual machines";
        let flags = [
            ("exposed-ports", !self.exposed_ports.is_empty(), ports),
            ("host-ip", self.host_ip.is_some(), ports),
            ("mount", !self.mount.is_empty(), "folders of this machine cannot be mounted into nodes yet"),
            ("cpus-controlplanes", self.cpus_controlplanes.is_some(), limits),
            ("cpus-workers", self.cpus_workers.is_some(), limits),
            ("memory-controlplanes", self.memory_controlplanes.is_some(), limits),
            ("memory-workers", self.memory_workers.is_some(), limits),
            ("disks", !self.disks.is_empty(), machines),
            ("presets", !self.presets.is_empty(), machines),
            ("schematic-id", self.schematic_id.is_some(), machines),
            ("image-factory-url", self.image_factory_url.is_some(), machines),
            ("image-factory-auth", self.image_factory_auth.is_some(), machines),
            ("omni-api-endpoint", self.omni_api_endpoint.is_some(), machines),
        ];
        match flags.into_iter().find(|(_, given, _)| *given) {
            Some((name, _, why)) => Err(usage(format!("flag --{name}: {why}"))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Elsewhere,
    }

    #[test]
    fn every_one_of_them_is_refused_by_its_name() {
        use clap::CommandFactory as _;
        assert!(Line::parse_from(["create"]).args.refuse().is_ok());
        let command = Line::command();
        let flags: Vec<&str> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
        assert_eq!(flags.len(), 13);
        for flag in flags {
            let error =
                Line::parse_from(["create", &format!("--{flag}=x")]).args.refuse().unwrap_err().to_string();
            assert!(error.starts_with(&format!("flag --{flag}: ")), "{error}");
        }
    }
}
