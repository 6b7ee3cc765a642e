//! systemd-boot: the names of what it boots, counted tries, and what it chooses (contract os.md 3.5;
//! UAPI group, boot loader specification; systemd "Automatic Boot Assessment").

use std::cmp::Ordering;

use crate::facts::Files;
use crate::version::compare;

/// The folder of unified kernel images on the firmware's partition.
pub const FOLDER: &str = "EFI/Linux";
/// Its settings.
pub const LOADER_CONF: &str = "loader/loader.conf";
/// What the settings of an installation say.
pub const LOADER_CONF_TEXT: &str = "timeout 10\n";

/// Variables of the firmware that it reads and writes, below the vendor
/// `4a67b082-0a4c-41cf-b6c7-440b29bb8c4f`.
pub mod variable {
    /// The vendor of these variables.
    pub const VENDOR: &str = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";
    /// What is booted unless something else is asked for.
    pub const DEFAULT: &str = "LoaderEntryDefault";
    /// What is booted the next time only: it is removed before that starts.
    pub const ONE_SHOT: &str = "LoaderEntryOneShot";
    /// What was booted.
    pub const SELECTED: &str = "LoaderEntrySelected";
    /// Seconds for which the menu waits.
    pub const TIMEOUT: &str = "LoaderConfigTimeout";
}

/// Tries that a new system has until it must have said that it is well.
pub const TRIES: u32 = 1;

/// How often something that has not yet proved itself may be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counter {
    /// Tries that are left.
    pub left: u32,
    /// Tries that were made.
    pub done: u32,
}

/// A kernel image by its file's name: `Talos-v1.14.0~1+2-1.efi`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name without counter and ending.
    pub name: String,
    /// Its tries, while it is on trial.
    pub counter: Option<Counter>,
}

impl Entry {
    /// The entry that a file is; none if it is no kernel image.
    pub fn parse(file: &str) -> Option<Self> {
        let at = file.len().checked_sub(4)?;
        if !file.get(at..)?.eq_ignore_ascii_case(".efi") || at == 0 {
            return None;
        }
        let stem = file.get(..at)?;
        let counted = stem.rsplit_once('+').and_then(|(name, tries)| {
            let (left, done) = tries.split_once('-').unwrap_or((tries, "0"));
            let number =
                |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?;
            Some((name, Counter { left: number(left)?, done: number(done)? }))
        });
        Some(match counted {
            Some((name, counter)) if !name.is_empty() => {
                Self { name: name.to_owned(), counter: Some(counter) }
            }
            _ => Self { name: stem.to_owned(), counter: None },
        })
    }

    /// The name of its file.
    pub fn file(&self) -> String {
        match self.counter {
            None => format!("{}.efi", self.name),
            Some(Counter { left, done: 0 }) => format!("{}+{left}.efi", self.name),
            Some(Counter { left, done }) => format!("{}+{left}-{done}.efi", self.name),
        }
    }

    /// Where its file is on the firmware's partition.
    pub fn path(&self) -> String {
        format!("{FOLDER}/{}", self.file())
    }

    /// What it is called in variables: its file without the counter. Case does not matter there.
    pub fn id(&self) -> String {
        format!("{}.efi", self.name)
    }

    /// Whether a variable means it.
    pub fn is(&self, id: &str) -> bool {
        // A variable may have been written with the counter that the file had.
        Self::parse(id).is_some_and(|other| other.name.eq_ignore_ascii_case(&self.name))
    }

    /// Whether its tries are used up.
    pub fn bad(&self) -> bool {
        self.counter.is_some_and(|counter| counter.left == 0)
    }

    /// The same without a counter: it has proved itself.
    pub fn blessed(&self) -> Self {
        Self { counter: None, ..self.clone() }
    }

    /// The same after one more try.
    pub fn tried(&self) -> Self {
        let counter = self.counter.map(|counter| Counter {
            left: counter.left.saturating_sub(1),
            done: if counter.left == 0 { counter.done } else { counter.done.saturating_add(1) },
        });
        Self { counter, ..self.clone() }
    }

    /// The version in its name, if it is one of ours.
    pub fn version(&self) -> Option<&str> {
        let version = self.name.get(..6).filter(|head| head.eq_ignore_ascii_case("talos-"))?.len();
        let version = self.name.get(version..)?;
        Some(version.split_once('~').map_or(version, |(version, _)| version))
    }
}

/// The name of a new kernel image: `Talos-<version>`, with `~1`, `~2` … while others have it.
pub fn fresh_name(version: &str, taken: &[Entry]) -> String {
    let free = |name: &String| !taken.iter().any(|entry| entry.name.eq_ignore_ascii_case(name));
    let plain = format!("Talos-{version}");
    let numbered = (1_u64..).map(|number| format!("{plain}~{number}"));
    std::iter::once(plain.clone()).chain(numbered).find(free).unwrap_or(plain)
}

/// What it finds, in the order of its menu.
pub fn entries(files: &Files) -> Vec<Entry> {
    let mut entries: Vec<Entry> = files
        .keys()
        .filter_map(|path| {
            let (folder, file) = path.rsplit_once('/')?;
            folder.eq_ignore_ascii_case(FOLDER).then(|| Entry::parse(file))?
        })
        .collect();
    entries.sort_by(order);
    entries
}

/// Those without a try left last, otherwise the newest first.
fn order(left: &Entry, right: &Entry) -> Ordering {
    let lower = |entry: &Entry| entry.id().to_lowercase();
    left.bad().cmp(&right.bad()).then_with(|| compare(&lower(right), &lower(left)))
}

/// The variables that decide.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variables {
    /// See [`variable::DEFAULT`].
    pub default: Option<String>,
    /// See [`variable::ONE_SHOT`].
    pub one_shot: Option<String>,
}

/// Why it chose what it chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It was asked for this once.
    OneShot,
    /// It is the default.
    Default,
    /// It is the first of the menu.
    First,
}

/// What it boots; none if it finds nothing.
pub fn choose(files: &Files, variables: Option<&Variables>) -> Option<(Entry, Reason)> {
    let entries = entries(files);
    let named = |id: Option<&String>| entries.iter().find(|entry| id.is_some_and(|id| entry.is(id))).cloned();
    let one_shot = named(variables.and_then(|variables| variables.one_shot.as_ref()));
    let default = || named(variables.and_then(|variables| variables.default.as_ref()));
    one_shot
        .map(|entry| (entry, Reason::OneShot))
        .or_else(|| default().map(|entry| (entry, Reason::Default)))
        .or_else(|| entries.first().cloned().map(|entry| (entry, Reason::First)))
}

/// The file that the firmware starts when nothing tells it otherwise.
pub fn removable_path(arch: crate::uki::Arch) -> &'static str {
    match arch {
        crate::uki::Arch::Amd64 => "EFI/boot/BOOTX64.EFI",
        crate::uki::Arch::Arm64 => "EFI/boot/BOOTAA64.EFI",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::FileFact;

    fn files(names: &[&str]) -> Files {
        names.iter().map(|name| (format!("EFI/Linux/{name}"), FileFact::of(name.as_bytes()))).collect()
    }

    fn chosen(names: &[&str], default: Option<&str>, one_shot: Option<&str>) -> String {
        let owned = |id: Option<&str>| id.map(str::to_owned);
        let variables = Variables { default: owned(default), one_shot: owned(one_shot) };
        choose(&files(names), Some(&variables)).map_or_else(String::new, |(entry, _)| entry.file())
    }

    #[test]
    fn counters_are_read_from_names_and_written_to_them() {
        for (file, left, done) in [("Talos-v1+3.efi", 3, 0), ("Talos-v1~2+0-3.efi", 0, 3)] {
            let entry = Entry::parse(file).unwrap();
            assert_eq!(entry.counter, Some(Counter { left, done }));
            assert_eq!(entry.file(), file);
        }
        for file in ["Talos-v1.efi", "Talos-v1+x.efi", "+1.efi", "a+1-.efi"] {
            assert_eq!(
                Entry::parse(file).map(|entry| (entry.counter, entry.file())),
                Some((None, file.to_owned()))
            );
        }
        assert_eq!(Entry::parse("Talos-v1.efi.new"), None);
        assert_eq!(Entry::parse(".efi"), None);
        let tried = Entry::parse("Talos-v1+1.efi").unwrap().tried();
        assert_eq!((tried.file().as_str(), tried.bad()), ("Talos-v1+0-1.efi", true));
        assert_eq!(tried.blessed().file(), "Talos-v1.efi");
        assert_eq!(Entry::parse("Talos-v1.14.0~2.efi").unwrap().version(), Some("v1.14.0"));
    }

    #[test]
    fn a_new_file_never_has_the_name_of_another() {
        let taken: Vec<Entry> =
            ["talos-V1.efi", "Talos-v1~1+0-1.efi"].into_iter().filter_map(Entry::parse).collect();
        assert_eq!(fresh_name("v1", &taken), "Talos-v1~2");
        assert_eq!(fresh_name("v2", &taken), "Talos-v2");
    }

    #[test]
    fn what_is_asked_for_once_goes_before_the_default_and_that_before_the_newest() {
        let both = ["Talos-v1.efi", "Talos-v2+1.efi"];
        assert_eq!(chosen(&both, Some("talos-v1.efi"), Some("Talos-v2.efi")), "Talos-v2+1.efi");
        assert_eq!(chosen(&both, Some("talos-v1.efi"), None), "Talos-v1.efi");
        assert_eq!(chosen(&both, None, None), "Talos-v2+1.efi");
        assert_eq!(chosen(&both, Some("gone.efi"), Some("gone.efi")), "Talos-v2+1.efi");
        assert_eq!(chosen(&["Talos-v1.efi", "Talos-v2+0-1.efi"], None, None), "Talos-v1.efi");
        assert_eq!(chosen(&["Talos-v2+0-1.efi"], None, None), "Talos-v2+0-1.efi");
        assert_eq!(chosen(&[], None, None), "");
    }
}
