//! Roles of a caller: a small set of names, carried in certificates and in metadata.

use std::fmt;

/// One role (contract api.md 2.3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Role {
    /// Everything.
    Admin,
    /// Reader plus power, services, etcd maintenance, packet capture and image pull.
    Operator,
    /// Reads state that is not sensitive.
    Reader,
    /// Etcd snapshots and etcd status.
    EtcdBackup,
    /// Image verification only; used by containerd's plugin on the node.
    ImageVerifier,
    /// Writes META values only; used by the dashboard on the node.
    MetaWriter,
    /// May say which roles it speaks for; held by nodes among themselves.
    Impersonator,
}

impl Role {
    /// Every role there is.
    pub const ALL: [Role; 7] = [
        Role::Admin,
        Role::Operator,
        Role::Reader,
        Role::EtcdBackup,
        Role::ImageVerifier,
        Role::MetaWriter,
        Role::Impersonator,
    ];

    /// The name in certificates and metadata.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Role::Admin => "os:admin",
            Role::Operator => "os:operator",
            Role::Reader => "os:reader",
            Role::EtcdBackup => "os:etcd:backup",
            Role::ImageVerifier => "os:image:verifier",
            Role::MetaWriter => "os:meta:writer",
            Role::Impersonator => "os:impersonator",
        }
    }

    /// The role of that name; an unknown name that somebody holds is no error, it grants nothing.
    #[must_use]
    pub fn parse(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }

    /// The names that no role has, for whoever gives roles out: there they are an error.
    pub fn unknown<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        names.into_iter().filter(|name| Role::parse(name).is_none()).collect()
    }

    const fn bit(self) -> u8 {
        1 << (self as u8)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of roles; the empty set may do nothing.
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct RoleSet(u8);

impl RoleSet {
    /// No role: every call is refused.
    pub const EMPTY: RoleSet = RoleSet(0);
    /// Every role, as the ceiling of peers that forward for others.
    pub const ALL: RoleSet = RoleSet(0x7f);

    /// The set of just these roles.
    #[must_use]
    pub const fn of(roles: &[Role]) -> RoleSet {
        let mut bits = 0;
        let mut rest = roles;
        while let [role, tail @ ..] = rest {
            bits |= role.bit();
            rest = tail;
        }
        RoleSet(bits)
    }

    /// The known roles among names; unknown names are ignored.
    pub fn parse<'a>(names: impl IntoIterator<Item = &'a str>) -> RoleSet {
        names.into_iter().filter_map(Role::parse).collect()
    }

    /// Whether the role is in the set.
    #[must_use]
    pub const fn contains(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    /// Whether the sets share a role.
    #[must_use]
    pub const fn intersects(self, other: RoleSet) -> bool {
        self.0 & other.0 != 0
    }

    /// What both sets hold: how a ceiling is applied.
    #[must_use]
    pub const fn intersection(self, ceiling: RoleSet) -> RoleSet {
        RoleSet(self.0 & ceiling.0)
    }

    /// Whether there is no role at all.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The roles of the set, in the order of [`Role::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.contains(*role))
    }
}

impl FromIterator<Role> for RoleSet {
    fn from_iter<T: IntoIterator<Item = Role>>(roles: T) -> RoleSet {
        RoleSet(roles.into_iter().fold(0, |bits, role| bits | role.bit()))
    }
}

impl fmt::Display for RoleSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, role) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            f.write_str(role.name())?;
        }
        Ok(())
    }
}

impl fmt::Debug for RoleSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_is_found_by_its_name() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.name()), Some(role));
        }
    }

    #[test]
    fn unknown_names_are_ignored() {
        let set = RoleSet::parse(["os:reader", "system:masters", "os:Admin", ""]);
        assert_eq!(set, RoleSet::of(&[Role::Reader]));
    }

    #[test]
    fn names_that_no_role_has_are_told() {
        assert_eq!(Role::unknown(["os:reader", "admin", "os:Admin"]), ["admin", "os:Admin"]);
        assert!(Role::unknown(Role::ALL.map(Role::name)).is_empty());
    }

    #[test]
    fn all_holds_every_role_and_empty_none() {
        assert_eq!(RoleSet::ALL, Role::ALL.into_iter().collect());
        assert!(RoleSet::EMPTY.is_empty());
        assert!(Role::ALL.into_iter().all(|role| !RoleSet::EMPTY.contains(role)));
    }

    #[test]
    fn a_ceiling_only_takes_away() {
        let asked = RoleSet::of(&[Role::Admin, Role::Reader]);
        let ceiling = RoleSet::of(&[Role::Reader, Role::MetaWriter]);
        assert_eq!(asked.intersection(ceiling), RoleSet::of(&[Role::Reader]));
        assert_eq!(RoleSet::EMPTY.intersection(RoleSet::ALL), RoleSet::EMPTY);
    }

    #[test]
    fn a_set_prints_its_names() {
        assert_eq!(RoleSet::of(&[Role::Reader, Role::Admin]).to_string(), "os:admin, os:reader");
    }
}
