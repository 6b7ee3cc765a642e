//! Values of expressions that configurations hold.

use super::*;

fn disk(name: &str) -> Option<Value> {
    let text = |text: &str| Value::Text(text.to_owned());
    match name {
        "system_disk" => Some(Value::Bool(false)),
        "disk" => Some(Value::Object(vec![
            ("size", Value::Uint(500_000_000_000)),
            ("model", text("WDC WD5000")),
            ("serial", text("")),
            ("transport", text("sata")),
            ("rotational", Value::Bool(true)),
            ("symlinks", Value::List(vec![text("/dev/disk/by-id/ata-WDC")])),
        ])),
        _ => None,
    }
}

fn of(text: &str) -> Result<Value, String> {
    check(text, Environment::Disk).map_err(|error| error.to_string())?;
    evaluate(text, Environment::Disk, &disk).map_err(|error| error.to_string())
}

#[test]
fn selectors_hold_or_do_not() {
    let table = [
        ("disk.size > 10u * GB && disk.size < 1u * TB", true),
        ("disk.size >= 1 && disk.size == 500000000000", true),
        ("disk.size <= 100u * GiB", false),
        ("glob(\"WDC*\", disk.model) && !glob('*SSD*', disk.model)", true),
        ("disk.symlinks.exists(link, link.startsWith(\"/dev/disk/by-id/\"))", true),
        ("disk.symlinks.all(link, link.endsWith('x')) || system_disk", false),
        ("disk.transport in ['nvme', 'sata'] ? disk.rotational : false", true),
        ("disk.model.lowerAscii().matches('^wdc .*[0-9]+$')", true),
        ("has(disk.model) && !has(disk.serial)", true),
        ("size(disk.model) == 10 && disk.model.substring(0, 3) == 'WDC'", true),
        ("{'a': 1}['a'] + [1, 2][1] == 3", true),
        ("[1, 2, 3].filter(x, x > 1).map(x, x * 2) == [4, 6]", true),
        ("string(1u) + 'x' == '1x' && int('5') == 5 && double(2) == 2.0", true),
        ("disk.model.split(' ')[0] == 'WDC' && disk.model.replace('WD', '').contains('C 5000')", true),
        ("duration('90s') > duration('1m') && -1 < 0 && 7 % 4 == 3", true),
    ];
    for (text, expected) in table {
        assert_eq!(of(text), Ok(Value::Bool(expected)), "{text}");
    }
}

#[test]
fn one_side_that_decides_forgives_the_other_its_error() {
    assert_eq!(of("1 / 0 == 1 || true"), Ok(Value::Bool(true)));
    assert_eq!(of("false && [1][5] == 1"), Ok(Value::Bool(false)));
    let error = "the result is too large, or divided by zero (at character 3)".to_owned();
    assert_eq!(of("1 / 0 == 1 || false"), Err(error));
}

#[test]
fn what_has_no_value_is_told_with_its_place() {
    let table = [
        ("[1, 2][2] == 1", "there is no such item (at character 7)"),
        ("{'a': 1}['b'] == 1", "there is no such item (at character 9)"),
        ("int('x') == 1", "int cannot convert this (at character 1)"),
        ("9223372036854775807 + 1 == 0", "the result is too large, or divided by zero (at character 21)"),
        ("disk.model.matches('(')", "\"(\" is no regular expression (at character 11)"),
        ("disk.wwid == 'x'", "there is no \"wwid\" (at character 5)"),
    ];
    for (text, message) in table {
        assert_eq!(of(text), Err(message.to_owned()), "{text}");
    }
}

#[test]
fn items_within_items_do_not_take_for_ever() {
    let list = "[1,2,3,4,5,6,7,8,9,10]";
    let mut text = "true".to_owned();
    for depth in 0..12 {
        text = format!("{list}.all(x{depth}, {text})");
    }
    assert!(of(&text).unwrap_err().contains("takes too long"));
}

#[test]
fn other_environments_have_their_values_too() {
    let memory = |name: &str| match name {
        "memory_max" => Some(Value::Optional(None)),
        "memory_current" => Some(Value::Optional(Some(Box::new(Value::Uint(8))))),
        "class" => Some(Value::Int(1)),
        _ => None,
    };
    let ranking = "memory_max.hasValue() ? 0.0 : {Besteffort: 1.0, Burstable: 0.5}[class] * double(memory_current.orValue(0u))";
    assert_eq!(evaluate(ranking, Environment::OomRanking, &memory), Ok(Value::Double(4.0)));
    let link = |name: &str| {
        let address = Value::Bytes(vec![0, 0x1a, 0xff]);
        (name == "link").then(|| Value::Object(vec![("hardware_addr", address)]))
    };
    assert_eq!(holds("mac(link.hardware_addr) == '00:1a:ff'", Environment::Link, &link), Ok(true));
}

#[test]
fn patterns_fit_whole_texts() {
    for (pattern, text, fits) in [
        ("*", "", true),
        ("a*b*c", "a-b-b-c", true),
        ("a?c", "abc", true),
        ("a*c", "abcd", false),
        ("", "a", false),
        ("*/nvme?n1", "/dev/nvme0n1", true),
    ] {
        assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
    }
}
