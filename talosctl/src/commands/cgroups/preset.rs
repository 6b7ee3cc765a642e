//! Columns that are shown together, as a table: which file of a group, and what of it.

use crate::output::human;

use super::tree::Group;

/// Columns that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Preset {
    /// Shares, limits and use of processors
    Cpu,
    /// Which processors and memory nodes
    Cpuset,
    /// What was read and written
    Io,
    /// Use and limits of memory
    Memory,
    /// Numbers of processes
    Process,
    /// How long processes had to wait
    Psi,
    /// Use and limits of swap
    Swap,
}

/// What is shown of a file.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// Everything.
    Whole,
    /// A number of bytes, or `max`.
    Bytes,
    /// The value of a key, in microseconds.
    Micros(&'static str),
    /// The value of a key.
    Key(&'static str),
    /// Bytes of a key, over all devices.
    Devices(&'static str),
    /// Share of time lost: of `some` or `full`, over how many seconds.
    Pressure(&'static str, &'static str),
}

type Column = (&'static str, &'static str, Part);

impl Preset {
    fn columns(self) -> &'static [Column] {
        match self {
            Preset::Cpu => &[
                ("CpuWeight", "cpu.weight", Part::Whole),
                ("CpuNice", "cpu.weight.nice", Part::Whole),
                ("CpuMax", "cpu.max", Part::Whole),
                ("CpuUser", "cpu.stat", Part::Micros("user_usec")),
                ("CpuSystem", "cpu.stat", Part::Micros("system_usec")),
                ("CpuThrottled", "cpu.stat", Part::Micros("throttled_usec")),
            ],
            Preset::Cpuset => &[
                ("CpuSet", "cpuset.cpus", Part::Whole),
                ("CpuSet(Eff)", "cpuset.cpus.effective", Part::Whole),
                ("Mems", "cpuset.mems", Part::Whole),
                ("Mems(Eff)", "cpuset.mems.effective", Part::Whole),
            ],
            Preset::Io => &[
                ("BytesRead", "io.stat", Part::Devices("rbytes")),
                ("BytesWritten", "io.stat", Part::Devices("wbytes")),
                ("SomeAvg10", "io.pressure", Part::Pressure("some", "avg10")),
                ("FullAvg10", "io.pressure", Part::Pressure("full", "avg10")),
            ],
            Preset::Memory => &[
                ("MemCurrent", "memory.current", Part::Bytes),
                ("MemPeak", "memory.peak", Part::Bytes),
                ("MemLow", "memory.low", Part::Bytes),
                ("MemHigh", "memory.high", Part::Bytes),
                ("MemMin", "memory.min", Part::Bytes),
                ("MemMax", "memory.max", Part::Bytes),
            ],
            Preset::Process => &[
                ("PidCurrent", "pids.current", Part::Whole),
                ("PidPeak", "pids.peak", Part::Whole),
                ("PidMax", "pids.max", Part::Whole),
                ("OOMKills", "memory.events", Part::Key("oom_kill")),
            ],
            Preset::Psi => &[
                ("CpuSome10", "cpu.pressure", Part::Pressure("some", "avg10")),
                ("CpuSome60", "cpu.pressure", Part::Pressure("some", "avg60")),
                ("MemSome10", "memory.pressure", Part::Pressure("some", "avg10")),
                ("MemSome60", "memory.pressure", Part::Pressure("some", "avg60")),
                ("MemFull10", "memory.pressure", Part::Pressure("full", "avg10")),
                ("IOSome10", "io.pressure", Part::Pressure("some", "avg10")),
                ("IOSome60", "io.pressure", Part::Pressure("some", "avg60")),
                ("IOFull10", "io.pressure", Part::Pressure("full", "avg10")),
            ],
            Preset::Swap => &[
                ("SwapCurrent", "memory.swap.current", Part::Bytes),
                ("SwapPeak", "memory.swap.peak", Part::Bytes),
                ("SwapHigh", "memory.swap.high", Part::Bytes),
                ("SwapMax", "memory.swap.max", Part::Bytes),
            ],
        }
    }

    /// The headings of its columns.
    pub fn headings(self) -> impl Iterator<Item = &'static str> {
        self.columns().iter().map(|(heading, ..)| *heading)
    }

    /// What its columns say of a group; empty where the group has no such file.
    pub fn cells(self, group: &Group) -> impl Iterator<Item = String> {
        let cell = |(_, file, part): &Column| {
            let text = group.files.get(*file)?;
            cell(text, *part)
        };
        self.columns().iter().map(cell).map(Option::unwrap_or_default).collect::<Vec<_>>().into_iter()
    }
}

fn cell(text: &str, part: Part) -> Option<String> {
    match part {
        Part::Whole => Some(text.replace('\n', " ")),
        Part::Bytes => Some(text.parse().map_or_else(|_| text.to_owned(), human::bytes)),
        Part::Key(key) => value(text, key).map(str::to_owned),
        Part::Micros(key) => {
            let micros: u64 = value(text, key)?.parse().ok()?;
            let (whole, millis) = (micros / 1_000_000, micros / 1000 % 1000);
            Some(format!("{whole}.{millis:03}s"))
        }
        Part::Devices(key) => {
            let values = text.split_whitespace().filter_map(|pair| pair.split_once('='));
            let of =
                values.filter(|(name, _)| *name == key).filter_map(|(_, value)| value.parse::<u64>().ok());
            Some(human::bytes(of.fold(0, u64::saturating_add)))
        }
        Part::Pressure(kind, over) => {
            let line = text.lines().find_map(|line| line.strip_prefix(kind))?;
            let values = line.split_whitespace().filter_map(|pair| pair.split_once('='));
            values.into_iter().find(|(name, _)| *name == over).map(|(_, value)| value.to_owned())
        }
    }
}

fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines()
        .filter_map(|line| line.split_once(' '))
        .find(|(name, _)| *name == key)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_every_form_become_cells() {
        for (text, part, expected) in [
            ("0-1", Part::Whole, Some("0-1")),
            ("max 100000", Part::Whole, Some("max 100000")),
            ("115000000", Part::Bytes, Some("115 MB")),
            ("max", Part::Bytes, Some("max")),
            ("usage_usec 9\nuser_usec 1234567\n", Part::Micros("user_usec"), Some("1.234s")),
            ("low 0\noom_kill 3", Part::Key("oom_kill"), Some("3")),
            (
                "254:0 rbytes=1000 wbytes=5\n254:16 rbytes=2000 wbytes=5",
                Part::Devices("rbytes"),
                Some("3.0 kB"),
            ),
            (
                "some avg10=0.50 avg60=0.10\nfull avg10=0.20 avg60=0",
                Part::Pressure("full", "avg10"),
                Some("0.20"),
            ),
            ("nothing", Part::Pressure("some", "avg10"), None),
            ("", Part::Micros("user_usec"), None),
        ] {
            assert_eq!(cell(text, part).as_deref(), expected, "{text:?} {part:?}");
        }
    }
}
