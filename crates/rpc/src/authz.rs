//! Which roles may call which method: the authorization table, whole and pure.
//!
//! The destination's machined enforces it (see [`crate::guard`]). The numbers and names are those of
//! contract api.md 4; a method that is not listed is the administrator's alone.

use crate::role::{Role, RoleSet};

const A: RoleSet = RoleSet::of(&[Role::Admin]);
const AO: RoleSet = RoleSet::of(&[Role::Admin, Role::Operator]);
const AM: RoleSet = RoleSet::of(&[Role::Admin, Role::MetaWriter]);
const AOR: RoleSet = RoleSet::of(&[Role::Admin, Role::Operator, Role::Reader]);
const AOE: RoleSet = RoleSet::of(&[Role::Admin, Role::Operator, Role::EtcdBackup]);
const AORE: RoleSet = RoleSet::of(&[Role::Admin, Role::Operator, Role::Reader, Role::EtcdBackup]);
const AORV: RoleSet = RoleSet::of(&[Role::Admin, Role::Operator, Role::Reader, Role::ImageVerifier]);

/// One line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Full method path, as in the `:path` of the request.
    pub method: &'static str,
    /// Any of these roles suffices.
    pub roles: RoleSet,
    /// In maintenance mode [`Role::Reader`] suffices too.
    pub reader_in_maintenance: bool,
}

const fn rule(method: &'static str, roles: RoleSet) -> Rule {
    Rule { method, roles, reader_in_maintenance: false }
}

const fn maintenance(method: &'static str) -> Rule {
    Rule { method, roles: A, reader_in_maintenance: true }
}

/// Every listed method, sorted by path. Methods that are the administrator's alone are listed too, so
/// that a new method is noticed in review instead of falling through.
pub const RULES: &[Rule] = &[
    rule("/cluster.ClusterService/HealthCheck", AOR),
    rule("/cosi.resource.State/Create", A),
    rule("/cosi.resource.State/Destroy", A),
    rule("/cosi.resource.State/Get", AOR),
    rule("/cosi.resource.State/List", AOR),
    rule("/cosi.resource.State/Teardown", A),
    rule("/cosi.resource.State/TeardownAndDestroy", A),
    rule("/cosi.resource.State/Update", A),
    rule("/cosi.resource.State/Watch", AOR),
    rule("/inspect.InspectService/ControllerRuntimeDependencies", AOR),
    rule("/machine.DebugService/ContainerRun", A),
    rule("/machine.ImageService/Import", A),
    rule("/machine.ImageService/List", AOR),
    rule("/machine.ImageService/Pull", AO),
    rule("/machine.ImageService/Remove", A),
    rule("/machine.ImageService/Verify", AORV),
    maintenance("/machine.LVMService/LogicalVolumeRemove"),
    maintenance("/machine.LVMService/PhysicalVolumeRemove"),
    maintenance("/machine.LVMService/VolumeGroupRemove"),
    rule("/machine.LifecycleService/Install", A),
    rule("/machine.LifecycleService/Upgrade", A),
    maintenance("/machine.MDService/Destroy"),
    maintenance("/machine.MachineService/ApplyConfiguration"),
    rule("/machine.MachineService/Bootstrap", A),
    rule("/machine.MachineService/CPUFreqStats", AOR),
    rule("/machine.MachineService/CPUInfo", AOR),
    rule("/machine.MachineService/Containers", AOR),
    rule("/machine.MachineService/Copy", A),
    rule("/machine.MachineService/DiskStats", AOR),
    rule("/machine.MachineService/DiskUsage", AOR),
    rule("/machine.MachineService/Dmesg", AOR),
    rule("/machine.MachineService/EtcdAlarmDisarm", AO),
    rule("/machine.MachineService/EtcdAlarmList", AORE),
    rule("/machine.MachineService/EtcdDefragment", AO),
    rule("/machine.MachineService/EtcdDowngradeCancel", A),
    rule("/machine.MachineService/EtcdDowngradeEnable", A),
    rule("/machine.MachineService/EtcdDowngradeValidate", A),
    rule("/machine.MachineService/EtcdForfeitLeadership", A),
    rule("/machine.MachineService/EtcdLeaveCluster", A),
    rule("/machine.MachineService/EtcdMemberList", AORE),
    rule("/machine.MachineService/EtcdRecover", A),
    rule("/machine.MachineService/EtcdRemoveMemberByID", A),
    rule("/machine.MachineService/EtcdSnapshot", AOE),
    rule("/machine.MachineService/EtcdStatus", AORE),
    rule("/machine.MachineService/Events", AOR),
    rule("/machine.MachineService/GenerateClientConfiguration", A),
    rule("/machine.MachineService/Hostname", AOR),
    rule("/machine.MachineService/ImageList", AOR),
    rule("/machine.MachineService/ImagePull", AO),
    rule("/machine.MachineService/Kubeconfig", A),
    rule("/machine.MachineService/List", AOR),
    rule("/machine.MachineService/LoadAvg", AOR),
    rule("/machine.MachineService/Logs", AOR),
    rule("/machine.MachineService/LogsContainers", AOR),
    rule("/machine.MachineService/Memory", AOR),
    rule("/machine.MachineService/MetaDelete", AM),
    rule("/machine.MachineService/MetaWrite", AM),
    rule("/machine.MachineService/Mounts", AOR),
    rule("/machine.MachineService/Netstat", AOR),
    rule("/machine.MachineService/NetworkDeviceStats", AOR),
    rule("/machine.MachineService/PacketCapture", AO),
    rule("/machine.MachineService/Processes", AOR),
    rule("/machine.MachineService/Read", A),
    rule("/machine.MachineService/Reboot", AO),
    rule("/machine.MachineService/Reset", A),
    rule("/machine.MachineService/Restart", AO),
    rule("/machine.MachineService/Rollback", A),
    rule("/machine.MachineService/ServiceList", AOR),
    rule("/machine.MachineService/ServiceRestart", AO),
    rule("/machine.MachineService/ServiceStart", AO),
    rule("/machine.MachineService/ServiceStop", AO),
    rule("/machine.MachineService/Shutdown", AO),
    rule("/machine.MachineService/Stats", AOR),
    rule("/machine.MachineService/SystemStat", AOR),
    rule("/machine.MachineService/Upgrade", A),
    rule("/machine.MachineService/Version", AOR),
    maintenance("/storage.StorageService/BlockDeviceWipe"),
    rule("/storage.StorageService/Disks", AOR),
    rule("/time.TimeService/Time", AOR),
    rule("/time.TimeService/TimeCheck", AOR),
];

/// What a denied call is answered with, besides the code PermissionDenied.
pub const DENIED: &str = "not authorized";

/// Whether a caller with these roles may call the method (`/package.Service/Method`).
#[must_use]
pub fn allowed(method: &str, roles: RoleSet, maintenance: bool) -> bool {
    let Some(rule) = find(method) else { return roles.contains(Role::Admin) };
    roles.intersects(rule.roles)
        || (maintenance && rule.reader_in_maintenance && roles.contains(Role::Reader))
}

/// Whether another node might serve a caller with these roles: it decides itself, and may know methods that this one
/// does not, but nobody is asked what all of them refuse.
#[must_use]
pub fn worth_asking(method: &str, roles: RoleSet) -> bool {
    find(method).map_or(!roles.is_empty(), |rule| roles.intersects(rule.roles))
}

fn find(method: &str) -> Option<&'static Rule> {
    RULES.binary_search_by(|rule| rule.method.cmp(method)).ok().and_then(|index| RULES.get(index))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every role with the methods that the contract's table gives to it, one letter a role.
    const TABLE: &str = include_str!("../tests/authorization.txt");

    fn role_of(letter: char) -> Role {
        match letter {
            'A' => Role::Admin,
            'O' => Role::Operator,
            'R' => Role::Reader,
            'E' => Role::EtcdBackup,
            'V' => Role::ImageVerifier,
            'M' => Role::MetaWriter,
            other => panic!("unknown letter {other}"),
        }
    }

    /// (method, roles allowed, whether a reader is allowed in maintenance) of the plain table.
    fn table() -> Vec<(String, RoleSet, bool)> {
        let mut lines = Vec::new();
        for line in TABLE.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let (letters, methods) = line.split_once(':').unwrap();
            let (service, methods) = methods.trim().split_once('/').unwrap();
            let maintenance = letters.contains('+');
            let letters = letters.split('+').next().unwrap();
            let roles: RoleSet = letters.chars().filter(|c| *c != ' ').map(role_of).collect();
            for method in methods.split(',') {
                lines.push((format!("/{service}/{}", method.trim()), roles, maintenance));
            }
        }
        lines
    }

    #[test]
    fn the_table_is_sorted_without_duplicates() {
        for pair in RULES.windows(2) {
            assert!(pair[0].method < pair[1].method, "{} before {}", pair[0].method, pair[1].method);
        }
    }

    #[test]
    fn each_role_may_call_exactly_what_the_table_says() {
        let table = table();
        assert_eq!(table.len(), RULES.len(), "a method is missing on one side");
        for (method, roles, maintenance) in &table {
            for role in Role::ALL {
                let only = RoleSet::of(&[role]);
                assert_eq!(allowed(method, only, false), roles.contains(role), "{role} {method}");
                let expected = roles.contains(role) || (*maintenance && role == Role::Reader);
                assert_eq!(allowed(method, only, true), expected, "{role} {method} in maintenance");
            }
        }
    }

    #[test]
    fn without_roles_everything_is_refused() {
        for rule in RULES {
            assert!(!allowed(rule.method, RoleSet::EMPTY, false));
            assert!(!allowed(rule.method, RoleSet::EMPTY, true));
        }
    }

    #[test]
    fn a_method_that_is_not_listed_is_the_administrators() {
        for method in ["/machine.MachineService/Nope", "", "/", "machine.MachineService/Version"] {
            for role in Role::ALL {
                assert_eq!(allowed(method, RoleSet::of(&[role]), true), role == Role::Admin, "{method}");
            }
        }
    }

    #[test]
    fn impersonating_is_no_permission_by_itself() {
        let impersonator = RoleSet::of(&[Role::Impersonator]);
        assert!(RULES.iter().all(|rule| !allowed(rule.method, impersonator, true)));
    }
}
