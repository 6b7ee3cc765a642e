//! What the machine is made of.

use crate::yaml::field::{Field, Kind::*, Message};

pub(crate) static CPU_CORE_SPEC: Message = Message(&[
    Field::new(1, "socket", Text).optional(),
    Field::new(2, "coreID", Text).optional(),
    Field::new(3, "logicalCPUs", Uint).list().optional(),
    Field::new(4, "vendorID", Text).optional(),
    Field::new(5, "cpuFamily", Text).optional(),
    Field::new(6, "model", Text).optional(),
    Field::new(7, "modelName", Text).optional(),
    Field::new(8, "stepping", Text).optional(),
    Field::new(9, "microcode", Text).optional(),
    Field::new(10, "cacheSize", Text).optional(),
    Field::new(11, "coresPerSocket", Uint).optional(),
    Field::new(12, "threadsPerSocket", Uint).optional(),
    Field::new(13, "flags", Text).list().optional(),
    Field::new(14, "bugs", Text).list().optional(),
    Field::new(15, "bogoMips", Double).optional(),
    Field::new(16, "addressSizes", Text).optional(),
]);

pub(crate) static MEMORY_MODULE_SPEC: Message = Message(&[
    Field::new(1, "sizeMiB", Uint).optional(),
    Field::new(2, "deviceLocator", Text).optional(),
    Field::new(3, "bankLocator", Text).optional(),
    Field::new(4, "speed", Uint).optional(),
    Field::new(5, "manufacturer", Text).optional(),
    Field::new(6, "serialNumber", Text).optional(),
    Field::new(7, "assetTag", Text).optional(),
    Field::new(8, "productName", Text).optional(),
]);

pub(crate) static PCI_DEVICE_SPEC: Message = Message(&[
    Field::new(1, "class", Text).optional(),
    Field::new(2, "subclass", Text).optional(),
    Field::new(3, "vendor", Text).optional(),
    Field::new(4, "product", Text).optional(),
    Field::new(5, "class_id", Text),
    Field::new(6, "subclass_id", Text),
    Field::new(7, "vendor_id", Text),
    Field::new(8, "product_id", Text),
    Field::new(9, "driver", Text).optional(),
]);

pub(crate) static PCI_DRIVER_REBIND_CONFIG_SPEC: Message =
    Message(&[Field::new(1, "pciID", Text), Field::new(2, "targetDriver", Text)]);

pub(crate) static PCI_DRIVER_REBIND_STATUS_SPEC: Message =
    Message(&[Field::new(1, "pciID", Text), Field::new(2, "targetDriver", Text)]);

pub(crate) static PROCESSOR_SPEC: Message = Message(&[
    Field::new(1, "socket", Text).optional(),
    Field::new(2, "manufacturer", Text).optional(),
    Field::new(3, "productName", Text).optional(),
    Field::new(4, "maxSpeedMhz", Uint).optional(),
    Field::new(5, "bootSpeedMhz", Uint).optional(),
    Field::new(6, "status", Uint).optional(),
    Field::new(7, "serialNumber", Text).optional(),
    Field::new(8, "assetTag", Text).optional(),
    Field::new(9, "partNumber", Text).optional(),
    Field::new(10, "coreCount", Uint).optional(),
    Field::new(11, "coreEnabled", Uint).optional(),
    Field::new(12, "threadCount", Uint).optional(),
]);

pub(crate) static SYSTEM_INFORMATION_SPEC: Message = Message(&[
    Field::new(1, "manufacturer", Text).optional(),
    Field::new(2, "productName", Text).optional(),
    Field::new(3, "version", Text).optional(),
    Field::new(8, "biosVersion", Text).optional(),
    Field::new(4, "serialnumber", Text).optional(),
    Field::new(5, "uuid", Text).optional(),
    Field::new(6, "wakeUpType", Text).optional(),
    Field::new(7, "skuNumber", Text).optional(),
]);
