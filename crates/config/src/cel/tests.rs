//! Expressions that configurations hold, and slips of the pen.

use super::*;

fn of(text: &str, environment: Environment) -> Result<String, String> {
    check(text, environment).map(|ty| ty.to_string()).map_err(|error| error.to_string())
}

#[test]
fn expressions_in_use_have_the_types_they_need() {
    let disk = [
        "disk.transport == \"nvme\" && !system_disk",
        "disk.size > 10u * GB && disk.size < 1u * TB",
        "disk.size > 100 && disk.rotational == false",
        "disk.dev_path == '/dev/sda'",
        "glob(\"WDC*\", disk.model) || disk.serial in [\"a\", \"b\"]",
        "disk.symlinks.exists(link, link.startsWith(\"/dev/disk/by-id/\"))",
        "system_disk",
        "'x' in disk.secondary_disks // comment",
    ];
    for text in disk {
        assert_eq!(of(text, Environment::Disk), Ok("bool".to_owned()), "{text}");
    }
    assert_eq!(
        of("volume.partition_label == \"data\" && disk.transport == \"nvme\"", Environment::Volume).unwrap(),
        "bool"
    );
    for text in [
        "mac(link.permanent_addr) == \"00:1a:2b:3c:4d:5e\"",
        "glob(\"00:1a:*\", mac(link.hardware_addr)) && link.driver == 'virtio_net'",
        "link.pci_id.matches(r\"^8086:\") && has(link.alias)",
    ] {
        assert_eq!(of(text, Environment::Link), Ok("bool".to_owned()), "{text}");
    }
    let trigger = "multiply_qos_vectors(d_qos_memory_full_total,{System:8.0,Podruntime:4.0})>3000.0 && \
                   multiply_qos_vectors(qos_memory_full_avg10,{System:1.0,Podruntime:1.0})>5.0 && \
                   time_since_trigger>duration(\"5s\")";
    assert_eq!(of(trigger, Environment::OomTrigger).unwrap(), "bool");
    let ranking = "memory_max.hasValue() ? 0.0 : {Besteffort: 1.0, Burstable: 0.5, Guaranteed: 0.0, Podruntime: 0.0, \
                   System: 0.0}[class] * double(memory_current.orValue(0u))";
    assert_eq!(of(ranking, Environment::OomRanking).unwrap(), "double");
}

#[test]
fn mistakes_are_named_at_their_place() {
    let table = [
        ("disk.sise > 1u", "a disk has no field \"sise\"; did you mean \"size\"? (at character 5)"),
        ("dsk.size > 1u", "\"dsk\" is not known here; did you mean \"disk\"? (at character 1)"),
        ("disk.size == 'big'", "== does not go with uint, string (at character 11)"),
        ("disk.size > 10 * GB", "* does not go with int, uint (at character 16)"),
        ("!disk.model", "! does not go with string (at character 1)"),
        ("disk.size >", "the expression ends too early (at character 12)"),
        ("disk.model == \"x", "this text is not closed (at character 15)"),
        ("glob(disk.model)", "there is no function glob(string) (at character 1)"),
        ("disk.model.contains(1)", "a string has no method contains(int) (at character 11)"),
        ("disk.model # x", "unexpected '#' (at character 12)"),
        ("(disk.readonly", "expected \")\" (at character 15)"),
        ("disk.model == \"\\q\"", "this is not an escape that texts know (at character 16)"),
        ("99999999999999999999 == 1", "this number is malformed or too large (at character 1)"),
    ];
    for (text, message) in table {
        assert_eq!(of(text, Environment::Disk), Err(message.to_owned()), "{text}");
    }
}

#[test]
fn nesting_and_length_are_bounded() {
    for text in ["(".repeat(100_000), "!".repeat(15_000), "a.b".repeat(5000), "[".repeat(10_000)] {
        assert!(check(&text, Environment::Disk).is_err());
    }
    assert!(check(&format!("disk{}", ".x".repeat(5000)), Environment::Disk).is_err());
    assert!(check(&format!("{}1", "1+".repeat(5000)), Environment::Disk).is_err());
}

#[test]
fn precedence_is_that_of_the_language() {
    assert_eq!(of("1 + 2 * 3 == 7 && true || false ? 'a' : 'b'", Environment::Disk).unwrap(), "string");
    assert_eq!(of("-1 < 2", Environment::Disk).unwrap(), "bool");
    assert_eq!(of("{'a': 1}['a'] + [1, 2][0]", Environment::Disk).unwrap(), "int");
}
