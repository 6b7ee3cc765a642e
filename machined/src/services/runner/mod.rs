//! The ways in which services run.

mod child;
mod container;
mod process;
mod task;

pub use child::{ChildRunner, StoreServer};
pub use container::{ContainerPlan, ContainerRunner};
pub use process::ProcessRunner;
pub use task::TaskRunner;

use std::time::Duration;

/// How long a process has between SIGTERM and SIGKILL (contract os.md 7).
pub const GRACE: Duration = Duration::from_secs(10);

/// A command as service events show it.
pub(super) fn describe(program: &str, args: &[String]) -> String {
    let words: Vec<String> =
        std::iter::once(program).chain(args.iter().map(String::as_str)).map(|w| format!("{w:?}")).collect();
    format!("Process([{}])", words.join(" "))
}

#[cfg(test)]
mod tests {
    #[test]
    fn commands_are_shown_in_quotes() {
        let shown = super::describe("/usr/bin/containerd", &["--address".into(), "/run/c.sock".into()]);
        assert_eq!(shown, "Process([\"/usr/bin/containerd\" \"--address\" \"/run/c.sock\"])");
    }
}
