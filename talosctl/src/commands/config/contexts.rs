//! `talosctl config contexts`.

use config::talosconfig::Talosconfig;

use crate::credentials;
use crate::global::Global;
use crate::output::Table;

/// List contexts
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl config contexts")]
pub struct Args {}

/// Runs it.
pub fn run(global: &Global, _: Args) -> anyhow::Result<()> {
    table(&credentials::open(global)?.config).print()
}

fn table(config: &Talosconfig) -> Table {
    let mut table = Table::new(["CURRENT", "NAME", "ENDPOINTS", "NODES"]);
    let mut names: Vec<&String> = config.contexts.keys().collect();
    names.sort();
    for name in names {
        let Some(context) = config.contexts.get(name) else { continue };
        let current = if *name == config.context { "*" } else { "" };
        table.row([current, name, &context.endpoints.join(","), &context.nodes.join(",")]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_current_context_has_a_star() {
        let text = "context: peer\ncontexts:\n    peer: {endpoints: [10.5.0.2], nodes: [10.5.0.2]}\n    a: {endpoints: [x, y]}\n";
        let config = Talosconfig::parse(text.as_bytes()).unwrap();
        assert_eq!(
            table(&config).render(),
            "CURRENT   NAME   ENDPOINTS   NODES\n          a      x,y         \n*         peer   10.5.0.2    10.5.0.2\n"
        );
    }
}
