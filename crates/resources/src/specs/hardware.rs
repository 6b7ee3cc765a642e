//! What the machine is made of.

use proto::internal::specs as own;
use proto::resource::hardware;

define! {
    hardware::CpuCoreSpec => "CPUCores.hardware.talos.dev" in "hardware" {
        aliases: &["cpucore", "cpucores"],
        columns: &[
            ("Socket", "{.socket}"),
            ("Core", "{.coreID}"),
            ("Model", "{.modelName}"),
            ("Logical CPUs", "{.logicalCPUs}"),
        ],
    }
    hardware::MemoryModuleSpec => "MemoryModules.hardware.talos.dev" in "hardware" {
        aliases: &["memorymodules", "ram"],
        columns: &[
            ("Manufacturer", "{.manufacturer}"),
            ("Model", "{.productName}"),
            ("SizeMiB", "{.sizeMiB}"),
        ],
    }
    hardware::PciDriverRebindConfigSpec => "PCIDriverRebindConfigs.runtime.talos.dev" in "hardware" {
        columns: &[("Name", "{.name}"), ("PCI ID", "{.pciID}"), ("TargetDriver", "{.targetDriver}")],
    }
    hardware::PciDriverRebindStatusSpec => "PCIDriverRebindStatuses.runtime.talos.dev" in "hardware" {
        aliases: &["pcidriverrebinds"],
        columns: &[("Name", "{.name}"), ("PCI ID", "{.pciID}"), ("TargetDriver", "{.targetDriver}")],
    }
    hardware::PciDeviceSpec => "PCIDevices.hardware.talos.dev" in "hardware" {
        aliases: &["devices", "device"],
        columns: &[
            ("Class", "{.class}"),
            ("Subclass", "{.subclass}"),
            ("Vendor", "{.vendor}"),
            ("Product", "{.product}"),
        ],
    }
    own::PcrStatusSpec => "PCRStatuses.hardware.talos.dev" in "hardware" {}
    hardware::ProcessorSpec => "Processors.hardware.talos.dev" in "hardware" {
        aliases: &["cpus", "cpu"],
        columns: &[
            ("Manufacturer", "{.manufacturer}"),
            ("Model", "{.productName}"),
            ("Cores", "{.coreCount}"),
            ("Threads", "{.threadCount}"),
        ],
    }
    hardware::SystemInformationSpec => "SystemInformations.hardware.talos.dev" in "hardware" {
        aliases: &["systeminformation"],
        columns: &[
            ("Manufacturer", "{.manufacturer}"),
            ("ProductName", "{.productName}"),
            ("Version", "{.version}"),
            ("SerialNumber", "{.serialnumber}"),
            ("UUID", "{.uuid}"),
            ("WakeUpType", "{.wakeUpType}"),
            ("SKUNumber", "{.skuNumber}"),
        ],
    }
}
