//! Which disk: every field that a configuration can select by, through the expression that its
//! selector stands for.

use config::cel::{CelError, Environment, Value, holds};
use sys::disk_identity::Identity;

/// The value of `disk` in an expression.
fn object(disk: &Identity) -> Value {
    let text = |text: &String| Value::Text(text.clone());
    let texts = |texts: &[String]| Value::List(texts.iter().cloned().map(Value::Text).collect());
    Value::Object(vec![
        ("dev_path", text(&disk.dev_path)),
        ("size", Value::Uint(disk.size)),
        ("pretty_size", Value::Text(disk::bytes::human(disk.size))),
        ("io_size", Value::Uint(disk.io_size)),
        ("sector_size", Value::Uint(disk.sector_size)),
        ("readonly", Value::Bool(disk.readonly)),
        ("cdrom", Value::Bool(disk.cdrom)),
        ("model", text(&disk.model)),
        ("firmware_version", text(&disk.firmware_version)),
        ("serial", text(&disk.serial)),
        ("modalias", text(&disk.modalias)),
        ("wwid", text(&disk.wwid)),
        ("uuid", text(&disk.uuid)),
        ("bus_path", text(&disk.bus_path)),
        ("sub_system", text(&disk.sub_system)),
        ("transport", text(&disk.transport)),
        ("rotational", Value::Bool(disk.rotational)),
        ("secondary_disks", texts(&disk.secondary_disks)),
        ("symlinks", texts(&disk.symlinks)),
    ])
}

/// The disks for which an expression holds, in their order. `system_disk` is the device node of the
/// disk that the system is on.
///
/// # Errors
/// When the expression has a mistake, or no value for a disk.
pub fn matching<'a>(
    disks: &'a [Identity],
    expression: &str,
    system_disk: Option<&str>,
) -> Result<Vec<&'a Identity>, CelError> {
    let mut found = Vec::new();
    for disk in disks {
        let variables = |name: &str| match name {
            "disk" => Some(object(disk)),
            "system_disk" => Some(Value::Bool(system_disk == Some(disk.dev_path.as_str()))),
            _ => None,
        };
        if holds(expression, Environment::Disk, &variables)? {
            found.push(disk);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use config::access::disk_selector_expression;
    use config::documents::v1alpha1::{InstallDiskSelectorSection as Selector, InstallDiskType};

    use super::*;

    fn disks() -> Vec<Identity> {
        let base = Identity { size: 500_000_000_000, sector_size: 512, ..Identity::default() };
        let text = str::to_owned;
        vec![
            Identity {
                dev_path: text("/dev/nvme0n1"),
                transport: text("nvme"),
                model: text("SAMSUNG MZ"),
                serial: text("S1"),
                wwid: text("eui.1"),
                uuid: text("u-1"),
                modalias: text("pci:v1"),
                bus_path: text("/pci0000:00/nvme"),
                ..base.clone()
            },
            Identity {
                dev_path: text("/dev/sda"),
                size: 2_000_000_000_000,
                transport: text("sata"),
                rotational: true,
                ..base.clone()
            },
            Identity { dev_path: text("/dev/mmcblk0"), transport: text("mmc"), ..base.clone() },
            Identity { dev_path: text("/dev/sr0"), transport: text("sata"), cdrom: true, ..base.clone() },
            Identity { dev_path: text("/dev/sdb"), transport: text("usb"), readonly: true, ..base.clone() },
            Identity { dev_path: text("/dev/loop0"), ..base },
        ]
    }

    fn selected(selector: &Selector) -> Vec<String> {
        let disks = disks();
        let found = matching(&disks, &disk_selector_expression(selector), None).unwrap();
        found.iter().map(|disk| disk.dev_path.trim_start_matches("/dev/").to_owned()).collect()
    }

    #[test]
    fn every_field_of_a_selector_selects() {
        let none = Selector::default();
        let text = str::to_owned;
        assert_eq!(selected(&none), ["nvme0n1", "sda", "mmcblk0"]);
        for selector in [
            Selector { size: text("<= 1TB"), kind: Some(InstallDiskType::Nvme), ..none.clone() },
            Selector { model: text("SAMSUNG*"), ..none.clone() },
            Selector { serial: text("S?"), ..none.clone() },
            Selector { wwid: text("eui.*"), ..none.clone() },
            Selector { uuid: text("u-1"), ..none.clone() },
            Selector { modalias: text("pci:*"), ..none.clone() },
            Selector { bus_path: text("/pci*"), ..none.clone() },
        ] {
            assert_eq!(selected(&selector), ["nvme0n1"], "{selector:?}");
        }
        for (kind, names) in [
            (InstallDiskType::Hdd, vec!["sda"]),
            (InstallDiskType::Ssd, vec!["nvme0n1", "mmcblk0"]),
            (InstallDiskType::Sd, vec!["mmcblk0"]),
        ] {
            assert_eq!(selected(&Selector { kind: Some(kind), ..none.clone() }), names);
        }
        assert_eq!(selected(&Selector { size: text("> 1TB"), ..none }), ["sda"]);
    }

    #[test]
    fn an_expression_may_ask_for_the_system_disk_and_tells_its_mistakes() {
        let disks = disks();
        let found = matching(&disks, "system_disk", Some("/dev/sda")).unwrap();
        assert_eq!(found.iter().map(|disk| disk.dev_path.as_str()).collect::<Vec<_>>(), ["/dev/sda"]);
        assert!(matching(&disks, "disk.size +", None).is_err());
    }
}
