//! Command lines of real machines, and slips of the pen.

use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn read(line: &str) -> Settings {
    let (settings, problems) = Settings::read(&Cmdline::parse(line));
    assert_eq!(problems, []);
    settings
}

fn problem(line: &str) -> String {
    let (_, problems) = Settings::read(&Cmdline::parse(line));
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_line_is_taken_apart_as_the_kernel_does() {
    let line = Cmdline::parse("  quiet a=b=c \"d=e f\" g=\"h i\" slab_nomerge=  pti=on\n");
    let words: Vec<String> = line.arguments().iter().map(ToString::to_string).collect();
    assert_eq!(words, ["quiet", "a=b=c", "d=\"e f\"", "g=\"h i\"", "slab_nomerge=", "pti=on"]);
    assert_eq!(line.first("d"), Some("e f"));
    assert_eq!(Cmdline::parse(&line.to_string()), line);
    assert_eq!(line.hardening(), []);
    assert_eq!(Cmdline::parse("a=\"b c").first("a"), Some("b c"));
}

#[test]
fn missing_hardening_is_named() {
    let missing = Cmdline::parse("slab_nomerge=1 pti=off").hardening();
    let text: Vec<String> = missing.iter().map(ToString::to_string).collect();
    assert_eq!(
        text,
        [
            "kernel argument slab_nomerge: it is required, and missing or different",
            "kernel argument pti=on: it is required, and missing or different"
        ]
    );
}

#[test]
fn every_argument_of_the_system_has_its_meaning() {
    let settings = read(
        "talos.platform=metal talos.config=https://x/?uuid= talos.config.inline=QUJ talos.config.inline=D \
         talos.config.early=http://y talos.config.oauth.client_id=me talos.config.oauth.scope=a \
         talos.config.oauth.scope=b talos.hostname=n1 talos.network.interface.ignore=eth* talos.shutdown=halt \
         talos.halt_if_installed=1 talos.experimental.wipe=system:STATE,EPHEMERAL talos.events.sink=h:1 \
         talos.logging.kernel=udp://h:2 em.events_url=http://e siderolink.api=grpc://s talos.auditd.disabled=1 \
         talos.dashboard.disabled=1 talos.dashboard.console=tty3 talos.environment=http_proxy=http://p \
         talos.device.settle_time=1m30s selinux=1 enforcing=0 panic=0 talos.fips140=strict console=tty0 \
         console=ttyS0,115200n8",
    );
    assert_eq!(settings.config_inline.as_deref(), Some("QUJD"));
    let oauth = settings.config_oauth.unwrap();
    assert_eq!((oauth.client_id.as_str(), oauth.scopes.len()), ("me", 2));
    assert_eq!(settings.shutdown, Shutdown::Halt);
    assert_eq!(settings.wipe, Some(Wipe::Partitions(vec!["STATE".to_owned(), "EPHEMERAL".to_owned()])));
    assert_eq!(settings.environment, [("http_proxy".to_owned(), "http://p".to_owned())]);
    assert_eq!(settings.device_settle_time, Duration::from_secs(90));
    assert_eq!(settings.panic, Some(0));
    assert!(settings.halt_if_installed && settings.auditd_disabled && settings.dashboard_disabled);
    assert!(settings.selinux && !settings.enforcing && settings.fips_strict);
    assert_eq!(settings.consoles, ["tty0", "ttyS0,115200n8"]);
    assert_eq!(read("talos.experimental.wipe=system").wipe, Some(Wipe::System));
}

#[test]
fn addresses_are_read_in_every_form() {
    let ip = |value: &str| read(&format!("ip={value}")).ips;
    let one = ip("172.20.0.2::172.20.0.1:255.255.255.0:master1:eth1::10.0.0.1:10.0.0.2:10.0.0.1").remove(0);
    assert_eq!(one.address.unwrap().to_string(), "172.20.0.2/24");
    assert_eq!(one.gateway.unwrap().to_string(), "172.20.0.1");
    assert_eq!((one.hostname.as_deref(), one.device.as_deref()), (Some("master1"), Some("eth1")));
    assert_eq!((one.resolvers.len(), one.time_server.as_deref(), one.dhcp), (2, Some("10.0.0.1"), false));
    let six = ip("[2001:db8::2]::[2001:db8::1]:64::eth0").remove(0);
    assert_eq!(six.address.unwrap().to_string(), "2001:db8::2/64");
    assert_eq!(ip("dhcp"), []);
    let by_name = Ip { device: Some("eth3".to_owned()), dhcp: true, ..Ip::default() };
    assert_eq!((ip("eth3:dhcp"), ip(":::::eth3:dhcp")), (vec![by_name.clone()], vec![by_name]));
    assert_eq!(ip("10.0.0.5").remove(0).address.unwrap().to_string(), "10.0.0.5/32");
    assert_eq!(read("ip=eth0:dhcp ip=eth1:dhcp").ips.len(), 2);
}

#[test]
fn bonds_and_vlans_are_read_with_their_defaults() {
    let bond = read("bond=bond1:eth3,eth4:mode=802.3ad,miimon=100:1450").bonds.remove(0);
    assert_eq!((bond.name.as_str(), bond.mtu, bond.options.len()), ("bond1", Some(1450), 2));
    let bond = read("bond=").bonds.remove(0);
    assert_eq!((bond.name.as_str(), bond.links.join(",")), ("bond0", "eth0,eth1".to_owned()));
    for (value, id) in [("eth1.169:eth1", 169), ("vlan4095:eth1", 4095)] {
        assert_eq!(read(&format!("vlan={value}")).vlans, [Vlan { id, device: "eth1".to_owned() }]);
    }
}

#[test]
fn what_cannot_be_meant_is_named_and_left_out() {
    let table = [
        ("ip=10.0.0.300", "\"10.0.0.300\" is no address"),
        ("ip=10.0.0.1::::::pxe", "\"pxe\" is no way to get an address that is known: dhcp or none"),
        ("ip=10.0.0.1:::33", "\"33\" is no mask for 10.0.0.1"),
        ("ip=10.0.0.1::[::1]", "the address and the gateway are of different kinds"),
        ("ip=[::1", "a bracket is not closed"),
        ("bond=b:eth0:colour=red", "\"colour=red\" is no option of a bond"),
        ("vlan=eth0.4096:eth0", "\"4096\" is no number of a network: 1 to 4095"),
        ("vlan=eth0.5", "it is not like vlan5:eth0 or eth0.5:eth0"),
        ("talos.shutdown=off", "it is neither halt nor poweroff"),
        ("talos.experimental.wipe=system:", "a label is missing"),
        ("talos.experimental.wipe=all", "it is neither system nor system:LABEL,LABEL"),
        ("talos.environment=PATH", "it is not like NAME=VALUE"),
        ("talos.device.settle_time=30", "it is no time such as 30s or 1m30s"),
        ("talos.unified_cgroup_hierarchy=0", "it is ignored: there is only the unified hierarchy"),
    ];
    for (line, message) in table {
        assert_eq!(problem(line), format!("kernel argument {line}: {message}"));
    }
}

#[test]
fn a_user_adds_replaces_and_takes_out() {
    let mut line = Cmdline::parse("talos.platform=metal console=tty0 quiet a=1 a=2 b=3");
    line.customize(&["console=ttyS0", "-a=1", "-b", "c=4"].map(str::to_owned));
    assert_eq!(line.to_string(), "talos.platform=metal quiet a=2 console=ttyS0 c=4");
}

#[test]
fn what_an_installation_keeps_comes_over_from_the_running_system() {
    let mut line = Cmdline::parse("module.sig_enforce=1");
    line.preserve(&Cmdline::parse("net.ifnames=0 module.sig_enforce=0 siderolink.api=x quiet"));
    assert_eq!(line.to_string(), "module.sig_enforce=1 siderolink.api=x net.ifnames=0");
}

proptest! {
    #[test]
    fn any_line_has_a_meaning_or_problems(line in "(ip|bond|vlan|talos.experimental.wipe|talos.device.settle_time| |=|:|\\[|\\]|[a-z0-9.,\"-]){0,30}") {
        let parsed = Cmdline::parse(&line);
        let _ = Settings::read(&parsed);
        let _ = parsed.hardening();
    }
}

#[test]
fn an_installation_begins_with_the_arguments_of_its_platform() {
    assert_eq!(
        fresh("metal").to_string(),
        "talos.platform=metal console=tty0 slab_nomerge= pti=on consoleblank=0 printk.devkmsg=on selinux=1 \
         module.sig_enforce=1 proc_mem.force_override=never"
    );
    assert!(fresh("aws").hardening().is_empty());
}
