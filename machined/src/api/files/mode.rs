//! File modes as the API encodes them: Go's FileMode bits (contract api.md 5.8).

const DIR: u32 = 1 << 31;
const SYMLINK: u32 = 1 << 27;
const DEVICE: u32 = 1 << 26;
const NAMED_PIPE: u32 = 1 << 25;
const SOCKET: u32 = 1 << 24;
const SETUID: u32 = 1 << 23;
const SETGID: u32 = 1 << 22;
const CHAR_DEVICE: u32 = 1 << 21;
const STICKY: u32 = 1 << 20;
const IRREGULAR: u32 = 1 << 19;

/// The wire form of `st_mode` (inode(7)).
pub fn from_unix(mode: u32) -> u32 {
    let kind = match mode & 0o170_000 {
        0o100_000 => 0,
        0o040_000 => DIR,
        0o120_000 => SYMLINK,
        0o060_000 => DEVICE,
        0o020_000 => DEVICE | CHAR_DEVICE,
        0o010_000 => NAMED_PIPE,
        0o140_000 => SOCKET,
        _ => IRREGULAR,
    };
    let flag = |bit: u32, wire: u32| if mode & bit != 0 { wire } else { 0 };
    kind | flag(0o4000, SETUID) | flag(0o2000, SETGID) | flag(0o1000, STICKY) | mode & 0o777
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_file_has_the_bits_that_clients_print() {
        let cases = [
            (0o100_644, 0o644),
            (0o040_755, DIR | 0o755),
            (0o120_777, SYMLINK | 0o777),
            (0o060_660, DEVICE | 0o660),
            (0o020_620, DEVICE | CHAR_DEVICE | 0o620),
            (0o010_600, NAMED_PIPE | 0o600),
            (0o140_660, SOCKET | 0o660),
            (0o104_755, SETUID | 0o755),
            (0o041_777, DIR | STICKY | 0o777),
        ];
        for (unix, wire) in cases {
            assert_eq!(from_unix(unix), wire, "{unix:o}");
        }
    }
}
