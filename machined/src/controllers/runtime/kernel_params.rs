//! Kernel parameters: built-in defaults, the configuration's over them, and what the kernel made of both.

use std::collections::BTreeMap;
use std::sync::Arc;

use proto::internal::specs::KernelParamDefaultSpecSpec;
use proto::resource::runtime::{KernelParamSpecSpec, KernelParamStatusSpec};
use state::{Context, Controller, Input, Next, Output};
use sys::sysctl::{SysctlPort, Sysctls};

use crate::controllers::{Deps, config_input};
use crate::platform::Mode;

/// Parameters of every machine (contract os.md 4). Those of a network namespace come first.
///
/// Routers may tell a node its addresses and routes only where the configuration asks for it (`accept_ra`), for
/// anybody on a link can say that it is a router; the contract is looser.
const DEFAULTS: [(&str, &str); 32] = [
    ("net.ipv4.ip_forward", "1"),
    ("net.ipv4.icmp_ignore_bogus_error_responses", "1"),
    ("net.ipv4.icmp_echo_ignore_broadcasts", "1"),
    ("net.ipv4.conf.all.send_redirects", "0"),
    ("net.ipv4.conf.default.send_redirects", "0"),
    ("net.ipv4.ip_local_reserved_ports", "50000,50001"),
    ("net.ipv6.conf.default.forwarding", "1"),
    ("net.ipv6.conf.default.accept_ra", "0"),
    ("net.ipv4.tcp_keepalive_time", "600"),
    ("net.ipv4.tcp_keepalive_intvl", "60"),
    ("net.core.bpf_jit_harden", "2"),
    ("kernel.panic", "10"),
    ("kernel.pid_max", "262144"),
    ("vm.overcommit_memory", "1"),
    ("fs.inotify.max_user_instances", "8192"),
    ("fs.aio-max-nr", "1048576"),
    ("kernel.ctrl-alt-del", "0"),
    // What the kernel self-protection project advises.
    ("dev.tty.ldisc_autoload", "0"),
    ("dev.tty.legacy_tiocsti", "0"),
    ("fs.protected_symlinks", "1"),
    ("fs.protected_hardlinks", "1"),
    ("fs.protected_fifos", "2"),
    ("fs.protected_regular", "2"),
    ("fs.suid_dumpable", "0"),
    ("kernel.kptr_restrict", "2"),
    ("kernel.dmesg_restrict", "1"),
    ("kernel.perf_event_paranoid", "3"),
    ("kernel.randomize_va_space", "2"),
    ("kernel.yama.ptrace_scope", "2"),
    ("user.max_user_namespaces", "0"),
    ("kernel.unprivileged_bpf_disabled", "1"),
    ("vm.unprivileged_userfaultfd", "0"),
];

/// Which tree a parameter is in; with its name it makes the id of its resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tree {
    Proc,
    Sys,
}

impl Tree {
    fn id(self, name: &str) -> String {
        let tree = if self == Self::Proc { "proc.sys" } else { "sys" };
        format!("{tree}.{}", name.replace('/', "."))
    }
}

/// Publishes KernelParamDefaultSpecs, KernelParamSpecs and KernelParamStatuses.
pub struct KernelParams {
    deps: Deps,
    proc: Arc<dyn SysctlPort>,
    sys: Arc<dyn SysctlPort>,
    /// Values before we changed them: what is no longer wanted gets them back.
    before: BTreeMap<(Tree, String), String>,
}

impl KernelParams {
    /// A controller of this kernel's parameters.
    pub fn new(deps: Deps) -> Self {
        let (proc, sys) = (Arc::new(Sysctls::default()), Arc::new(Sysctls::below("/sys")));
        Self { deps, proc, sys, before: BTreeMap::new() }
    }

    fn port(&self, tree: Tree) -> &dyn SysctlPort {
        match tree {
            Tree::Proc => &*self.proc,
            Tree::Sys => &*self.sys,
        }
    }

    fn apply(&mut self, tree: Tree, name: &str, value: &str) -> KernelParamStatusSpec {
        let current = self.port(tree).get(name).unwrap_or_default();
        let key = (tree, name.to_owned());
        let before = self.before.get(&key).cloned();
        let mut unsupported = !ours(self.deps.platform.mode, tree, name);
        if !unsupported && !same(&current, value) {
            match self.port(tree).set(name, value) {
                Ok(()) => drop(self.before.entry(key).or_insert_with(|| current.clone())),
                Err(error) => {
                    tracing::warn!("{error}");
                    unsupported = true;
                }
            }
        }
        let default = before.unwrap_or_else(|| current.clone());
        let current = self.port(tree).get(name).unwrap_or(current);
        KernelParamStatusSpec { current, default, unsupported }
    }

    /// What is no longer wanted is put back.
    fn forget(&mut self, wanted: &BTreeMap<(Tree, String), String>) {
        let gone: Vec<_> = self.before.keys().filter(|key| !wanted.contains_key(key)).cloned().collect();
        for key in gone {
            if let Some(value) = self.before.remove(&key)
                && let Err(error) = self.port(key.0).set(&key.1, &value)
            {
                tracing::warn!("{error}");
            }
        }
    }
}

/// A container has network parameters of its own; all others are the machine's that it runs on.
fn ours(mode: Mode, tree: Tree, name: &str) -> bool {
    let name = name.replace('/', ".");
    // The one of the network that is there once for all.
    let shared = name == "net.core.bpf_jit_harden";
    mode != Mode::Container || (tree == Tree::Proc && name.starts_with("net.") && !shared)
}

/// Some parameters are several numbers, which the kernel separates by tabs.
fn same(a: &str, b: &str) -> bool {
    a.split_ascii_whitespace().eq(b.split_ascii_whitespace())
}

#[async_trait::async_trait]
impl Controller for KernelParams {
    fn name(&self) -> &'static str {
        "runtime.KernelParamSpecController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![config_input()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![
            Output::exclusive::<KernelParamDefaultSpecSpec>(),
            Output::exclusive::<KernelParamSpecSpec>(),
            Output::exclusive::<KernelParamStatusSpec>(),
        ]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let mode = self.deps.platform.mode;
        let mut wanted = BTreeMap::new();
        let defaults = ctx.outputs::<KernelParamDefaultSpecSpec>();
        for (name, value) in DEFAULTS.iter().filter(|(name, _)| ours(mode, Tree::Proc, name)) {
            let spec = KernelParamDefaultSpecSpec { value: (*value).to_owned(), ignore_errors: true };
            defaults.put(&Tree::Proc.id(name), spec).await?;
            wanted.insert((Tree::Proc, (*name).to_owned()), (*value).to_owned());
        }
        defaults.finish().await?;
        let specs = ctx.outputs::<KernelParamSpecSpec>();
        if let Some(active) = self.deps.config().await? {
            let proc = active.config.sysctls().into_iter().map(|(name, value)| (Tree::Proc, name, value));
            let sys = active.config.sysfs().into_iter().map(|(name, value)| (Tree::Sys, name, value));
            for (tree, name, value) in proc.chain(sys) {
                let spec = KernelParamSpecSpec { value: value.clone(), ignore_errors: false };
                specs.put(&tree.id(&name), spec).await?;
                wanted.insert((tree, name), value);
            }
        }
        specs.finish().await?;
        self.forget(&wanted);
        let statuses = ctx.outputs::<KernelParamStatusSpec>();
        for ((tree, name), value) in &wanted {
            let status = self.apply(*tree, name, value);
            statuses.put(&tree.id(name), status).await?;
        }
        statuses.finish().await?;
        Ok(Next::Wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_changes_its_own_network_only() {
        assert!(ours(Mode::Container, Tree::Proc, "net.core.somaxconn"));
        assert!(ours(Mode::Container, Tree::Proc, "net/ipv4/conf/eth0.5/forwarding"));
        assert!(!ours(Mode::Container, Tree::Proc, "kernel.panic"));
        assert!(!ours(Mode::Container, Tree::Sys, "net.something"));
    }

    #[test]
    fn no_router_is_believed_and_no_user_namespace_made_unless_the_configuration_says_so() {
        let default = |name| DEFAULTS.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        assert_eq!(default("net.ipv6.conf.default.accept_ra"), Some("0"));
        assert_eq!(default("user.max_user_namespaces"), Some("0"));
        assert!(
            !ours(Mode::Container, Tree::Proc, "user.max_user_namespaces"),
            "the machine's, not the node's"
        );
    }

    #[test]
    fn ids_say_the_tree_and_values_are_compared_by_words() {
        assert_eq!(Tree::Proc.id("net/ipv4/ip_forward"), "proc.sys.net.ipv4.ip_forward");
        assert_eq!(Tree::Sys.id("block.sda.queue.scheduler"), "sys.block.sda.queue.scheduler");
        assert!(same("4096\t131072\t6291456", "4096 131072 6291456") && !same("1", "10"));
    }
}
