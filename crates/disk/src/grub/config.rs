//! GRUB's configuration of two slots, rendered and read.

use std::fmt;
use std::str::FromStr;

use super::NEXT_ENTRY;

/// One of the two places for a system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// The first.
    A,
    /// The second.
    B,
}

impl Slot {
    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::A => "A",
            Self::B => "B",
        })
    }
}

impl FromStr for Slot {
    type Err = ConfigError;

    /// A label alone, or the name of its entry.
    fn from_str(text: &str) -> Result<Self, ConfigError> {
        match text.split_once(" - ").map_or(text, |(label, _)| label) {
            "A" => Ok(Self::A),
            "B" => Ok(Self::B),
            _ => Err(ConfigError(format!("{text:?} names neither slot A nor slot B"))),
        }
    }
}

/// Why a configuration cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("GRUB's configuration is not one of an installation: {0}")]
pub struct ConfigError(String);

/// A system in the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MenuEntry {
    /// Where it lies.
    pub slot: Slot,
    /// Its version, with the leading v.
    pub version: String,
    /// Its kernel arguments.
    pub cmdline: String,
}

impl MenuEntry {
    /// Its name in the menu.
    pub fn name(&self) -> String {
        format!("{} - Talos {}", self.slot, self.version)
    }

    /// Its kernel, in the file system of BOOT.
    pub fn kernel(&self) -> String {
        format!("{}/vmlinuz", self.slot)
    }

    /// Its first file system.
    pub fn initramfs(&self) -> String {
        format!("{}/initramfs.xz", self.slot)
    }
}

/// The menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// What is booted.
    pub default: Slot,
    /// What is booted when that cannot be loaded.
    pub fallback: Option<Slot>,
    /// The systems, the default one first.
    pub entries: Vec<MenuEntry>,
}

const RESET: &str = "Reset Talos installation and return to maintenance mode";
const RESET_ARGUMENT: &str = "talos.experimental.wipe=system:EPHEMERAL,STATE";

impl Config {
    /// A menu of systems.
    pub fn new(default: MenuEntry, other: Option<MenuEntry>) -> Self {
        let fallback = other.as_ref().map(|entry| entry.slot);
        Self { default: default.slot, fallback, entries: std::iter::once(default).chain(other).collect() }
    }

    /// The system in a slot.
    pub fn entry(&self, slot: Slot) -> Option<&MenuEntry> {
        self.entries.iter().find(|entry| entry.slot == slot)
    }

    /// The text of `grub.cfg`. What is to be tried once comes out of the environment and is taken
    /// from there before it starts; if it cannot even be loaded, the default follows.
    pub fn render(&self) -> String {
        let name = |slot: Slot| self.entry(slot).map_or_else(String::new, MenuEntry::name);
        let mut text = format!("set default=\"{}\"\n", name(self.default));
        if let Some(fallback) = self.fallback {
            text.push_str(&format!("set fallback=\"{}\"\n", name(fallback)));
        }
        text.push_str(&format!(
            "\nset timeout=3\n\ninsmod all_video\n\nterminal_input console\nterminal_output console\n\nload_env \
             -f ${{prefix}}/grubenv\nif [ -n \"${{{NEXT_ENTRY}}}\" ]; then\n  set fallback=\"${{default}}\"\n  set \
             default=\"${{{NEXT_ENTRY}}}\"\n  set {NEXT_ENTRY}=\n  save_env -f ${{prefix}}/grubenv {NEXT_ENTRY}\nfi\n\n"
        ));
        for entry in &self.entries {
            text.push_str(&menu_entry(&entry.name(), entry, &entry.cmdline));
        }
        if let Some(entry) = self.entry(self.default) {
            text.push_str(&menu_entry(RESET, entry, &format!("{} {RESET_ARGUMENT}", entry.cmdline)));
        }
        text
    }

    /// Reads a `grub.cfg` of an installation.
    ///
    /// # Errors
    /// When the default or an entry is missing or malformed.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let quoted = |line: &str| line.strip_suffix('"').map(str::to_owned);
        let (mut default, mut fallback) = (None, None);
        let mut entries: Vec<MenuEntry> = Vec::new();
        let mut open: Option<(Slot, String)> = None;
        for line in text.lines().map(str::trim) {
            if let Some(name) = line.strip_prefix("set default=\"").filter(|name| !name.starts_with('$')) {
                default = quoted(name);
            } else if let Some(name) =
                line.strip_prefix("set fallback=\"").filter(|name| !name.starts_with('$'))
            {
                fallback = quoted(name);
            } else if let Some(rest) = line.strip_prefix("menuentry \"") {
                let name = rest.split('"').next().unwrap_or_default();
                let version = name.split_once(" - Talos ").map(|(_, version)| version.to_owned());
                // The entry that resets belongs to no slot.
                open = version.and_then(|version| Some((name.parse().ok()?, version)));
            } else if let Some(rest) = line.strip_prefix("linux ")
                && let Some((slot, version)) = open.take()
            {
                let cmdline = rest.trim_start().split_once(' ').map_or("", |(_, cmdline)| cmdline);
                entries.push(MenuEntry { slot, version, cmdline: unquote(cmdline) });
            }
        }
        let default: Slot = default.ok_or_else(|| ConfigError("it has no default".to_owned()))?.parse()?;
        let fallback = fallback.map(|name| name.parse()).transpose()?;
        let config = Self { default, fallback, entries };
        for slot in std::iter::once(default).chain(fallback) {
            config.entry(slot).ok_or_else(|| ConfigError(format!("slot {slot} has no entry")))?;
        }
        Ok(config)
    }
}

fn menu_entry(name: &str, entry: &MenuEntry, cmdline: &str) -> String {
    format!(
        "menuentry \"{name}\" {{\n  set gfxmode=auto\n  set gfxpayload=text\n  linux /{} {}\n  initrd /{}\n}}\n",
        entry.kernel(),
        quote(cmdline),
        entry.initramfs()
    )
}

/// Kernel arguments as GRUB's language takes them literally.
pub fn quote(cmdline: &str) -> String {
    let mut text = String::with_capacity(cmdline.len());
    for c in cmdline.chars() {
        if "\\{}&$|;<>\"".contains(c) {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

fn unquote(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        plain.push(if c == '\\' { chars.next().unwrap_or('\\') } else { c });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(slot: Slot, version: &str) -> MenuEntry {
        MenuEntry {
            slot,
            version: version.to_owned(),
            cmdline: "talos.platform=metal a=\"b;c\" d=${uuid}".to_owned(),
        }
    }

    #[test]
    fn a_menu_is_rendered_as_the_contract_has_it_and_read_again() {
        let config = Config::new(entry(Slot::B, "v2"), Some(entry(Slot::A, "v1")));
        let text = config.render();
        assert_eq!(text, include_str!("../../tests/golden/grub.cfg"));
        assert_eq!(Config::parse(&text), Ok(config));
        let single = Config::new(entry(Slot::A, "v1"), None);
        assert!(!single.render().contains("set fallback=\"B"));
        assert_eq!(Config::parse(&single.render()), Ok(single));
    }

    #[test]
    fn what_is_no_menu_of_ours_is_told() {
        let error = |text: &str| Config::parse(text).unwrap_err().to_string();
        let start = "GRUB's configuration is not one of an installation: ";
        assert_eq!(error(""), format!("{start}it has no default"));
        assert_eq!(
            error("set default=\"Debian\"\n"),
            format!("{start}\"Debian\" names neither slot A nor slot B")
        );
        assert_eq!(error("set default=\"A - Talos v1\"\n"), format!("{start}slot A has no entry"));
    }
}
