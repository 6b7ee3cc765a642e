//! What the arguments mean to the system.

use std::time::Duration;

use crate::{Bond, Cmdline, Ip, Problem, Vlan};

/// What a shut-down machine does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Shutdown {
    /// It switches off.
    #[default]
    PowerOff,
    /// It stops, and stays powered.
    Halt,
}

/// What is wiped at the next boot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wipe {
    /// The whole system disk.
    System,
    /// Partitions of it, by label.
    Partitions(Vec<String>),
}

/// How the machine proves to the server of its configuration who it is: the device flow of OAuth 2.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Oauth {
    /// The client's name.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: Option<String>,
    /// Whom the token is for.
    pub audience: Option<String>,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// Where the flow begins; by default `/device/code` on the server of the configuration.
    pub device_auth_url: Option<String>,
    /// Where the token comes from; by default `/token` there.
    pub token_url: Option<String>,
    /// Variables of the URL that are sent along.
    pub extra_variables: Vec<String>,
}

/// Everything that the command line tells the system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The platform's name.
    pub platform: Option<String>,
    /// Where the configuration comes from: a URL, `metal-iso`, `none`, `guestinfo`.
    pub config: Option<String>,
    /// The configuration itself: base64 of compressed documents, put together from all its parts.
    pub config_inline: Option<String>,
    /// Where a configuration comes from before the platform is asked.
    pub config_early: Option<String>,
    /// How the machine proves who it is, if it has to.
    pub config_oauth: Option<Oauth>,
    /// The host name.
    pub hostname: Option<String>,
    /// Addresses.
    pub ips: Vec<Ip>,
    /// Bonds.
    pub bonds: Vec<Bond>,
    /// VLANs.
    pub vlans: Vec<Vlan>,
    /// Patterns of links that are left alone.
    pub ignored_interfaces: Vec<String>,
    /// What a shut-down machine does.
    pub shutdown: Shutdown,
    /// Whether an installed machine that was booted from elsewhere stops.
    pub halt_if_installed: bool,
    /// What is wiped.
    pub wipe: Option<Wipe>,
    /// Where events go: host and port.
    pub events_sink: Option<String>,
    /// Where the kernel's log goes: URLs of tcp or udp.
    pub logging_kernel: Vec<String>,
    /// Where a provider wants to hear of events.
    pub em_events_url: Option<String>,
    /// The API of SideroLink.
    pub siderolink_api: Option<String>,
    /// Whether there is no audit daemon.
    pub auditd_disabled: bool,
    /// Whether there is no dashboard.
    pub dashboard_disabled: bool,
    /// The dashboard's console, `tty2` for example.
    pub dashboard_console: Option<String>,
    /// Variables of every process.
    pub environment: Vec<(String, String)>,
    /// How much longer devices are waited for.
    pub device_settle_time: Duration,
    /// Whether SELinux is on.
    pub selinux: bool,
    /// Whether SELinux refuses what it finds, instead of telling.
    pub enforcing: bool,
    /// Seconds until a machine with a fatal error starts again; 0 for never.
    pub panic: Option<u32>,
    /// Whether only approved cryptography is allowed.
    pub fips_strict: bool,
    /// Consoles of the kernel's log, in their order.
    pub consoles: Vec<String>,
}

impl Settings {
    /// Reads a command line. What cannot be understood is told and otherwise left out: a machine
    /// whose command line has a mistake still has to come up.
    pub fn read(line: &Cmdline) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let text = |key: &str| line.first(key).filter(|value| !value.is_empty()).map(str::to_owned);
        let texts = |key: &str| line.all(key).filter(|value| !value.is_empty()).map(str::to_owned).collect();
        let inline: String = line.all("talos.config.inline").collect();
        let settings = Self {
            platform: text("talos.platform"),
            config: text("talos.config"),
            config_inline: (!inline.is_empty()).then_some(inline),
            config_early: text("talos.config.early"),
            config_oauth: oauth(line),
            hostname: text("talos.hostname"),
            ips: each(line, "ip", &mut problems, crate::ip::parse),
            bonds: each(line, "bond", &mut problems, |value| crate::bond::parse(value).map(Some)),
            vlans: each(line, "vlan", &mut problems, |value| crate::vlan::parse(value).map(Some)),
            ignored_interfaces: texts("talos.network.interface.ignore"),
            shutdown: one(line, "talos.shutdown", &mut problems, shutdown).unwrap_or_default(),
            halt_if_installed: flag(line, "talos.halt_if_installed", &mut problems),
            wipe: one(line, "talos.experimental.wipe", &mut problems, wipe),
            events_sink: text("talos.events.sink"),
            logging_kernel: texts("talos.logging.kernel"),
            em_events_url: text("em.events_url"),
            siderolink_api: text("siderolink.api"),
            auditd_disabled: flag(line, "talos.auditd.disabled", &mut problems),
            dashboard_disabled: flag(line, "talos.dashboard.disabled", &mut problems),
            dashboard_console: text("talos.dashboard.console"),
            environment: each(line, "talos.environment", &mut problems, variable),
            device_settle_time: one(line, "talos.device.settle_time", &mut problems, duration)
                .unwrap_or_default(),
            selinux: flag(line, "selinux", &mut problems),
            enforcing: flag(line, "enforcing", &mut problems),
            panic: one(line, "panic", &mut problems, |value| {
                value.parse().map_err(|_| "it is no number of seconds".to_owned())
            }),
            fips_strict: one(line, "talos.fips140", &mut problems, fips).unwrap_or(false),
            consoles: texts("console"),
        };
        if line.first("talos.unified_cgroup_hierarchy") == Some("0") {
            problems.push(Problem {
                argument: "talos.unified_cgroup_hierarchy=0".to_owned(),
                message: "it is ignored: there is only the unified hierarchy".to_owned(),
            });
        }
        (settings, problems)
    }
}

/// What a value means, or why it means nothing.
type Meaning<T> = Result<T, String>;

fn one<T>(
    line: &Cmdline,
    key: &str,
    problems: &mut Vec<Problem>,
    read: impl Fn(&str) -> Meaning<T>,
) -> Option<T> {
    each(line, key, problems, |value| read(value).map(Some)).into_iter().next()
}

fn each<T>(
    line: &Cmdline,
    key: &str,
    problems: &mut Vec<Problem>,
    read: impl Fn(&str) -> Meaning<Option<T>>,
) -> Vec<T> {
    let mut found = Vec::new();
    for value in line.all(key) {
        match read(value) {
            Ok(meaning) => found.extend(meaning),
            Err(message) => problems.push(Problem { argument: format!("{key}={value}"), message }),
        }
    }
    found
}

fn flag(line: &Cmdline, key: &str, problems: &mut Vec<Problem>) -> bool {
    let meaning = one(line, key, problems, |value| match value {
        "1" | "true" | "on" | "yes" | "" => Ok(true),
        "0" | "false" | "off" | "no" => Ok(false),
        _ => Err("it is neither 1 nor 0".to_owned()),
    });
    meaning.unwrap_or(false)
}

fn shutdown(value: &str) -> Meaning<Shutdown> {
    match value {
        "halt" => Ok(Shutdown::Halt),
        "poweroff" => Ok(Shutdown::PowerOff),
        _ => Err("it is neither halt nor poweroff".to_owned()),
    }
}

fn wipe(value: &str) -> Meaning<Wipe> {
    if value == "system" {
        return Ok(Wipe::System);
    }
    let labels: Vec<String> = match value.strip_prefix("system:") {
        Some(labels) => labels.split(',').map(str::to_owned).collect(),
        None => return Err("it is neither system nor system:LABEL,LABEL".to_owned()),
    };
    // Nothing is wiped on a guess.
    if labels.iter().any(String::is_empty) {
        return Err("a label is missing".to_owned());
    }
    Ok(Wipe::Partitions(labels))
}

fn fips(value: &str) -> Meaning<bool> {
    if value == "strict" { Ok(true) } else { Err("only strict is known".to_owned()) }
}

fn variable(value: &str) -> Meaning<Option<(String, String)>> {
    match value.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok(Some((name.to_owned(), value.to_owned()))),
        _ => Err("it is not like NAME=VALUE".to_owned()),
    }
}

fn oauth(line: &Cmdline) -> Option<Oauth> {
    let key = |name: &str| format!("talos.config.oauth.{name}");
    let text = |name: &str| line.first(&key(name)).filter(|value| !value.is_empty()).map(str::to_owned);
    let texts =
        |name: &str| line.all(&key(name)).filter(|value| !value.is_empty()).map(str::to_owned).collect();
    Some(Oauth {
        client_id: text("client_id")?,
        client_secret: text("client_secret"),
        audience: text("audience"),
        scopes: texts("scope"),
        device_auth_url: text("device_auth_url"),
        token_url: text("token_url"),
        extra_variables: texts("extra_variable"),
    })
}

/// A span such as `1m30s`, `500ms` or `1.5h`.
fn duration(value: &str) -> Meaning<Duration> {
    let wrong = || "it is no time such as 30s or 1m30s".to_owned();
    let (mut rest, mut seconds) = (value, 0.0);
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let (number, tail) = rest.split_at(end);
        let unit = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit);
        let scale = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return Err(wrong()),
        };
        seconds += number.parse::<f64>().map_err(|_| wrong())? * scale;
        rest = tail;
    }
    Duration::try_from_secs_f64(seconds).map_err(|_| wrong())
}
