//! The shape of an OCI runtime specification (version 1.2): what overrides of it may say. What
//! the runtime makes of the values is the runtime's affair.

use super::Context;
use crate::yaml::{Node, Path, Value};

/// What a value has to be.
enum Shape {
    Text,
    Bool,
    Integer,
    /// Anything: parts of other operating systems.
    Any,
    List(&'static Shape),
    /// Any keys.
    Map(&'static Shape),
    /// These keys.
    Object(&'static [(&'static str, Shape)]),
}

use Shape::{Any, Bool, Integer, List, Map, Object, Text};

const TEXTS: Shape = List(&Text);
const INTEGERS: Shape = List(&Integer);
const ID_MAPPINGS: Shape = List(&Object(&[("containerID", Integer), ("hostID", Integer), ("size", Integer)]));

static SPEC: Shape = Object(&[
    ("ociVersion", Text),
    ("process", PROCESS),
    ("root", Object(&[("path", Text), ("readonly", Bool)])),
    ("hostname", Text),
    ("domainname", Text),
    ("mounts", MOUNTS),
    ("hooks", HOOKS),
    ("annotations", Map(&Text)),
    ("linux", LINUX),
    ("solaris", Map(&Any)),
    ("windows", Map(&Any)),
    ("vm", Map(&Any)),
    ("zos", Map(&Any)),
    ("freebsd", Map(&Any)),
]);

const PROCESS: Shape = Object(&[
    ("terminal", Bool),
    ("consoleSize", Object(&[("height", Integer), ("width", Integer)])),
    (
        "user",
        Object(&[
            ("uid", Integer),
            ("gid", Integer),
            ("umask", Integer),
            ("additionalGids", INTEGERS),
            ("username", Text),
        ]),
    ),
    ("args", TEXTS),
    ("commandLine", Text),
    ("env", TEXTS),
    ("cwd", Text),
    (
        "capabilities",
        Object(&[
            ("bounding", TEXTS),
            ("effective", TEXTS),
            ("inheritable", TEXTS),
            ("permitted", TEXTS),
            ("ambient", TEXTS),
        ]),
    ),
    ("rlimits", List(&Object(&[("type", Text), ("hard", Integer), ("soft", Integer)]))),
    ("noNewPrivileges", Bool),
    ("apparmorProfile", Text),
    ("oomScoreAdj", Integer),
    (
        "scheduler",
        Object(&[
            ("policy", Text),
            ("nice", Integer),
            ("priority", Integer),
            ("flags", TEXTS),
            ("runtime", Integer),
            ("deadline", Integer),
            ("period", Integer),
        ]),
    ),
    ("selinuxLabel", Text),
    ("ioPriority", Object(&[("class", Text), ("priority", Integer)])),
    ("execCPUAffinity", Object(&[("initial", Text), ("final", Text)])),
]);

const MOUNTS: Shape = List(&Object(&[
    ("destination", Text),
    ("type", Text),
    ("source", Text),
    ("options", TEXTS),
    ("uidMappings", ID_MAPPINGS),
    ("gidMappings", ID_MAPPINGS),
]));

const HOOK: Shape = List(&Object(&[("path", Text), ("args", TEXTS), ("env", TEXTS), ("timeout", Integer)]));
const HOOKS: Shape = Object(&[
    ("prestart", HOOK),
    ("createRuntime", HOOK),
    ("createContainer", HOOK),
    ("startContainer", HOOK),
    ("poststart", HOOK),
    ("poststop", HOOK),
]);

const LINUX: Shape = Object(&[
    ("uidMappings", ID_MAPPINGS),
    ("gidMappings", ID_MAPPINGS),
    ("sysctl", Map(&Text)),
    ("resources", RESOURCES),
    ("cgroupsPath", Text),
    ("namespaces", List(&Object(&[("type", Text), ("path", Text)]))),
    (
        "devices",
        List(&Object(&[
            ("path", Text),
            ("type", Text),
            ("major", Integer),
            ("minor", Integer),
            ("fileMode", Integer),
            ("uid", Integer),
            ("gid", Integer),
        ])),
    ),
    ("netDevices", Map(&Object(&[("name", Text)]))),
    ("seccomp", SECCOMP),
    ("rootfsPropagation", Text),
    ("maskedPaths", TEXTS),
    ("readonlyPaths", TEXTS),
    ("mountLabel", Text),
    ("intelRdt", Map(&Any)),
    ("memoryPolicy", Map(&Any)),
    ("personality", Object(&[("domain", Text), ("flags", TEXTS)])),
    ("timeOffsets", Map(&Object(&[("secs", Integer), ("nanosecs", Integer)]))),
]);

const THROTTLE: Shape = List(&Object(&[("major", Integer), ("minor", Integer), ("rate", Integer)]));
const RESOURCES: Shape = Object(&[
    (
        "devices",
        List(&Object(&[
            ("allow", Bool),
            ("type", Text),
            ("major", Integer),
            ("minor", Integer),
            ("access", Text),
        ])),
    ),
    (
        "memory",
        Object(&[
            ("limit", Integer),
            ("reservation", Integer),
            ("swap", Integer),
            ("kernel", Integer),
            ("kernelTCP", Integer),
            ("swappiness", Integer),
            ("disableOOMKiller", Bool),
            ("useHierarchy", Bool),
            ("checkBeforeUpdate", Bool),
        ]),
    ),
    (
        "cpu",
        Object(&[
            ("shares", Integer),
            ("quota", Integer),
            ("burst", Integer),
            ("period", Integer),
            ("realtimeRuntime", Integer),
            ("realtimePeriod", Integer),
            ("cpus", Text),
            ("mems", Text),
            ("idle", Integer),
        ]),
    ),
    ("pids", Object(&[("limit", Integer)])),
    (
        "blockIO",
        Object(&[
            ("weight", Integer),
            ("leafWeight", Integer),
            (
                "weightDevice",
                List(&Object(&[
                    ("major", Integer),
                    ("minor", Integer),
                    ("weight", Integer),
                    ("leafWeight", Integer),
                ])),
            ),
            ("throttleReadBpsDevice", THROTTLE),
            ("throttleWriteBpsDevice", THROTTLE),
            ("throttleReadIOPSDevice", THROTTLE),
            ("throttleWriteIOPSDevice", THROTTLE),
        ]),
    ),
    ("hugepageLimits", List(&Object(&[("pageSize", Text), ("limit", Integer)]))),
    (
        "network",
        Object(&[
            ("classID", Integer),
            ("priorities", List(&Object(&[("name", Text), ("priority", Integer)]))),
        ]),
    ),
    ("rdma", Map(&Object(&[("hcaHandles", Integer), ("hcaObjects", Integer)]))),
    ("unified", Map(&Text)),
]);

const SECCOMP: Shape = Object(&[
    ("defaultAction", Text),
    ("defaultErrnoRet", Integer),
    ("architectures", TEXTS),
    ("flags", TEXTS),
    ("listenerPath", Text),
    ("listenerMetadata", Text),
    (
        "syscalls",
        List(&Object(&[
            ("names", TEXTS),
            ("action", Text),
            ("errnoRet", Integer),
            (
                "args",
                List(&Object(&[("index", Integer), ("value", Integer), ("valueTwo", Integer), ("op", Text)])),
            ),
        ])),
    ),
]);

/// Whether overrides can be part of an OCI runtime specification.
pub(super) fn validate(overrides: &Node, path: &Path, cx: &mut Context<'_>) {
    walk(overrides, &SPEC, &mut path.clone(), cx);
}

fn walk(node: &Node, shape: &Shape, path: &mut Path, cx: &mut Context<'_>) {
    // Null is the same as absent.
    let expected = match (&node.value, shape) {
        (Value::Null, _) | (_, Any) => return,
        (Value::Str(_), Text) | (Value::Bool(_), Bool) | (Value::Int(_), Integer) => return,
        (Value::Seq(items), List(item)) => {
            for (index, node) in items.iter().enumerate() {
                path.push(index);
                walk(node, item, path, cx);
                path.pop();
            }
            return;
        }
        (Value::Map(map), Map(value)) => {
            for (key, node) in map.iter() {
                path.push(key.as_str());
                walk(node, value, path, cx);
                path.pop();
            }
            return;
        }
        (Value::Map(map), Object(fields)) => {
            for (key, node) in map.iter() {
                path.push(key.as_str());
                match fields.iter().find(|(known, _)| known == key) {
                    Some((_, shape)) => walk(node, shape, path, cx),
                    None => unknown(key, fields, path, cx),
                }
                path.pop();
            }
            return;
        }
        (_, Text) => "a text",
        (_, Bool) => "true or false",
        (_, Integer) => "an integer",
        (_, List(_)) => "a list",
        (_, Map(_) | Object(_)) => "a mapping",
    };
    let message = format!("an OCI runtime specification has {expected} here, not {}", node.kind_name());
    cx.error("base-runtime-spec", path.clone(), message);
}

/// Runtimes pass over keys that they do not know, so that this is no error.
fn unknown(key: &str, fields: &'static [(&'static str, Shape)], path: &Path, cx: &mut Context<'_>) {
    let meant = match crate::schema::nearest(key, fields.iter().map(|(known, _)| *known)) {
        Some(near) => format!("; did you mean {near:?}?"),
        None => String::new(),
    };
    let message = format!("this is not part of an OCI runtime specification and has no effect{meant}");
    cx.warn("base-runtime-spec-unknown", path.clone(), message);
}
