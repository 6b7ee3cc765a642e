//! Hostile, damaged and merely odd files: each is answered in bounded time and memory, and what is
//! refused is refused with a position. One process and one test, so that its peak of memory is theirs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]

mod support;

use std::time::Duration;

use config::validate::{Mode, ValidateOptions};
use config::{Config, patch, secrets::Secrets, talosconfig::Talosconfig};
use support::cpu_time;

/// What a file is answered.
enum Answer {
    /// Accepted, and this is its canonical text.
    Text(&'static str),
    /// Accepted, whatever its content.
    Fine,
    /// Refused with these words, the position in front.
    Refused(&'static str),
}
use Answer::{Fine, Refused, Text};

/// Of processor time, without optimisation; a release build takes a tenth of it.
const LONGEST: Duration = Duration::from_secs(10);
/// Peak of the whole process, every case included (the tree of the largest accepted file is the most of it).
const MOST_MEMORY_KIB: u64 = 600 << 10;

fn documents(count: usize) -> String {
    (0..count).map(|i| format!("---\napiVersion: v1alpha1\nkind: LinkConfig\nname: link{i}\n")).collect()
}

fn bomb() -> String {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..40 {
        text.push_str(&format!("a{level}: &a{level} [{}]\n", format!("*a{}, ", level - 1).repeat(10)));
    }
    text
}

/// The same with merge keys, which multiply entries of mappings.
fn merge_bomb() -> String {
    let entries: String = (0..1000).map(|i| format!("k{i}: v, ")).collect();
    let mut text = format!("machine:\n  sysctls: &m0 {{{entries}}}\n  env:\n");
    for i in 0..2000 {
        text.push_str(&format!("    e{i}: {{<<: *m0, own: x}}\n"));
    }
    text
}

fn cases() -> Vec<(&'static str, Vec<u8>, Answer)> {
    let deep_flow = format!("machine: {}{}\n", "[".repeat(200_000), "]".repeat(200_000));
    let deep_block: String = (0..3000).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    let deep_list = format!("machine:\n{}x\n", "- ".repeat(100_000));
    let wide = format!("machine:\n  certSANs: [{}]\n", "a, ".repeat(600_000));
    let long_line = format!("machine:\n  token: {}\n", "x".repeat(16 << 20));
    let many_keys: String =
        "machine:\n".to_owned() + &(0..20_000).map(|i| format!("  unknown{i}: 1\n")).collect::<String>();
    let comments = "# nothing\n".repeat(300_000) + "machine: {type: worker}\n";
    let patterns = |pattern: &str, count: usize| {
        let rule = |i| {
            format!("  - image: a.example/{i}/*\n    keyless: {{issuer: i, subjectRegex: '{pattern}{i}'}}\n")
        };
        let rules: String = (0..count).map(rule).collect();
        format!("apiVersion: v1alpha1\nkind: ImageVerificationConfig\nrules:\n{rules}").into_bytes()
    };
    let expressions = |text: &str, count: usize| {
        let volume = |i| {
            format!(
                "---\napiVersion: v1alpha1\nkind: UserVolumeConfig\nname: v{i}\nprovisioning: {{minSize: 1GiB, \
                 diskSelector: {{match: \"{text}\"}}}}\n"
            )
        };
        (0..count).map(volume).collect::<String>().into_bytes()
    };
    let nested = format!("{}true{}", "(".repeat(40), ")".repeat(40));
    let choices = "true ? ".repeat(40) + "true" + &" : false".repeat(40);
    let lists = "[1,2].exists(x, ".repeat(20) + "true" + &")".repeat(20);
    let toml = format!("content: '{}'", "a.".repeat(400_000));
    vec![
        ("an alias bomb", bomb().into(), Refused(": error: aliases make this document too large")),
        ("a merge bomb", merge_bomb().into(), Refused("aliases make this document too large")),
        ("64 MiB of spaces", vec![b' '; 64 << 20], Refused("c.yaml:1:33554433: error: the text is 67108864")),
        ("64 MiB of lines", "a: 1\n".repeat((64 << 20) / 5).into(), Refused("the text is 67108860 bytes")),
        ("64 MiB of zeroes", vec![0; 64 << 20], Refused("the text is 67108864 bytes long")),
        ("one long line", long_line.into(), Fine),
        ("10,000 documents", documents(10_000).into(), Fine),
        ("30,000 documents", documents(30_000).into(), Refused("more than 20000 documents in one stream")),
        ("10,000 empty documents", "---\n".repeat(10_000).into(), Text("")),
        (
            "10,000 documents of one identity",
            "---\napiVersion: v1alpha1\nkind: HostnameConfig\n".repeat(10_000).into(),
            Refused("c.yaml:5:1: error: HostnameConfig: duplicate document v1alpha1/HostnameConfig/ is"),
        ),
        (
            "duplicate keys",
            "machine:\n  type: worker\n  type: init\n".into(),
            Refused("c.yaml:3:3: error: duplicate key \"type\": it is already set at line 2"),
        ),
        (
            "duplicate keys that are written differently",
            "machine:\n  type: worker\n  \"type\": init\n".into(),
            Refused("c.yaml:3:3: error: duplicate key \"type\""),
        ),
        (
            "tabs",
            "machine:\n\ttype: worker\n".into(),
            Refused("c.yaml:2:2: error: a tab cannot indent YAML; use spaces"),
        ),
        ("tabs between tokens", "machine:\t{type:\tworker}\n".into(), Text("machine:\n    type: worker\n")),
        (
            "a byte order mark",
            b"\xef\xbb\xbfmachine: {type: worker}\n".to_vec(),
            Text("machine:\n    type: worker\n"),
        ),
        (
            "UTF-16",
            b"\xff\xfem\0a\0".to_vec(),
            Refused("c.yaml:1:1: error: the text is UTF-16; save it as UTF-8"),
        ),
        (
            "Windows' line ends",
            "machine:\r\n  type: worker\r\n  certSANs:\r\n  - a\r\n".into(),
            Text("machine:\n    type: worker\n    certSANs:\n        - a\n"),
        ),
        (
            "an error behind Windows' line ends",
            "machine:\r\n  type: worker\r\n  nope: 1\r\n".into(),
            Refused("c.yaml:3:3: error: v1alpha1: machine.nope: unknown key"),
        ),
        (
            "a NUL",
            "machine:\n  token: a\0b\n".into(),
            Refused("c.yaml:2:11: error: a NUL character cannot be part of YAML"),
        ),
        ("an escaped NUL", "machine:\n  token: \"a\\0b\"\n".into(), Text("machine:\n    token: \"a\\0b\"\n")),
        ("other control characters", "machine:\n  token: a\x07b\n".into(), Refused("c.yaml:2:")),
        (
            "bytes that are not UTF-8",
            b"machine:\n  token: a\xffb\n".to_vec(),
            Refused("c.yaml:2:11: error: this byte is not UTF-8 text"),
        ),
        (
            "an overlong encoding",
            b"machine: \xc0\xaf\n".to_vec(),
            Refused("c.yaml:1:10: error: this byte is not UTF-8"),
        ),
        (
            "half a surrogate",
            b"machine: \xed\xa0\x80\n".to_vec(),
            Refused("c.yaml:1:10: error: this byte is not UTF-8"),
        ),
        ("deep nesting in brackets", deep_flow.into(), Refused("c.yaml:1:")),
        ("deep nesting by indentation", deep_block.into(), Refused("c.yaml:129:")),
        ("deep nesting of lists", deep_list.into(), Refused("c.yaml:2:")),
        ("a wide list", wide.into(), Refused("more than 500000 values in one stream")),
        (
            "many unknown keys",
            many_keys.into(),
            Refused("c.yaml:2:3: error: v1alpha1: machine.unknown0: unknown key"),
        ),
        ("13 KB of large regular expressions", patterns("((((a?){9}){9}){9}){9}", 130), Fine),
        ("13 KB of classes of letters", patterns("[\\w]{40}[\\d]{40}", 130), Fine),
        ("many small regular expressions", patterns("^a+$", 4000), Fine),
        ("a long regular expression", patterns(&"(a|b)*".repeat(10_000), 1), Fine),
        ("nested expressions", expressions(&nested, 3000), Fine),
        ("choices in expressions", expressions(&choices, 1000), Fine),
        ("lists in expressions", expressions(&lists, 1000), Fine),
        ("long expressions", expressions(&"disk.size > 1u && ".repeat(800), 40), Fine),
        (
            "much TOML",
            format!("apiVersion: v1alpha1\nkind: CRICustomizationConfig\nname: a\n{toml}\n").into_bytes(),
            Fine,
        ),
        ("300,000 comments", comments.into(), Text("machine:\n    type: worker\n")),
        (
            "an integer past 64 bits",
            "machine:\n  kubelet:\n    extraConfig: {a: 340282366920938463463374607431768211456}\n".into(),
            Fine,
        ),
        (
            "an integer past its field",
            "machine:\n  features: {kubePrism: {port: 99999999999999999999}}\n".into(),
            Refused("c.yaml:2:32: error: v1alpha1: machine.features.kubePrism.port: expected an integer"),
        ),
        (
            "an integer with a million digits",
            format!("machine:\n  features: {{kubePrism: {{port: {}}}}}\n", "9".repeat(1 << 20)).into(),
            Refused("c.yaml:2:32: error: v1alpha1: machine.features.kubePrism.port: expected an integer"),
        ),
        (
            "octal numbers",
            "machine:\n  files:\n    - permissions: 0o644\n    - permissions: 0644\n    - permissions: 420\n"
                .into(),
            Text(
                "machine:\n    files:\n        - permissions: 0o644\n        - permissions: 0644\n        - permissions: 420\n",
            ),
        ),
        (
            "numbers where texts belong",
            "machine:\n  sysctls: {a: 1, b: 0x10, c: 1.10, d: 1e3, e: 0o17, f: 12:30:45}\n".into(),
            Text(
                "machine:\n    sysctls:\n        a: \"1\"\n        b: \"0x10\"\n        c: \"1.10\"\n        d: \"1e3\"\n        e: \"0o17\"\n        f: \"12:30:45\"\n",
            ),
        ),
        (
            "countries and switches where texts belong",
            "machine:\n  sysctls: {no: no, on: on, y: y, \"null\": \"null\", t: true}\n".into(),
            Text(
                "machine:\n    sysctls:\n        \"no\": \"no\"\n        \"null\": \"null\"\n        \"on\": \"on\"\n        t: \"true\"\n        \"y\": \"y\"\n",
            ),
        ),
        (
            "older booleans where booleans belong",
            "machine:\n  install: {wipe: yes}\n".into(),
            Text("machine:\n    install:\n        wipe: true\n"),
        ),
        (
            "a word where a boolean belongs",
            "machine:\n  install: {wipe: maybe}\n".into(),
            Refused("c.yaml:2:19: error: v1alpha1: machine.install.wipe: expected true or false"),
        ),
        (
            "anchors and merge keys",
            "machine:\n  sysctls: &base {a: \"1\", b: \"2\"}\n  sysfs:\n    <<: *base\n    b: \"3\"\n".into(),
            Text(
                "machine:\n    sysctls:\n        a: \"1\"\n        b: \"2\"\n    sysfs:\n        a: \"1\"\n        b: \"3\"\n",
            ),
        ),
        (
            "an alias without its anchor",
            "machine: *nothing\n".into(),
            Refused("c.yaml:1:10: error: this alias has no anchor"),
        ),
        (
            "an alias into another document",
            "machine: &m {type: worker}\n---\napiVersion: v1alpha1\nkind: LinkConfig\nname: *m\n".into(),
            Refused("c.yaml:5:7: error: this alias has no anchor"),
        ),
        (
            "an alias to itself",
            "machine: &m {a: *m}\n".into(),
            Refused("c.yaml:1:17: error: this alias refers to"),
        ),
        (
            "a merge key of a text",
            "machine:\n  <<: x\n".into(),
            Refused("c.yaml:2:7: error: a merge key (<<) takes"),
        ),
        ("no document at all", "".into(), Text("")),
        ("only comments", "# nothing\n---\n# still nothing\n...\n".into(), Text("")),
        ("null documents", "---\nnull\n---\n~\n---\nmachine: {}\n".into(), Text("machine: {}\n")),
        (
            "a list",
            "- a\n".into(),
            Refused("c.yaml:1:1: error: expected a YAML document at line 1, found a list"),
        ),
        (
            "a text",
            "machine\n".into(),
            Refused("c.yaml:1:1: error: expected a YAML document at line 1, found a string"),
        ),
        ("a key that is a list", "? [a]\n: 1\n".into(), Refused("c.yaml:1:3: error: a key must be a plain")),
        ("a directive of another version", "%YAML 9.9\n---\nmachine: {}\n".into(), Refused("c.yaml:1:")),
        (
            "a tag of another program",
            "machine: !!python/object:os.system {a: b}\n".into(),
            Refused("c.yaml:1:"),
        ),
        ("an open quote", "machine:\n  token: \"abc\n".into(), Refused("c.yaml:")),
        ("an open bracket", "machine: {type: worker\n".into(), Refused("c.yaml:")),
        ("wrong indentation", "machine:\n    type: worker\n  token: x\n".into(), Refused("c.yaml:3:")),
    ]
}

/// Peak of resident memory of this process in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

#[test]
fn bad_files_are_answered_in_bounded_time_and_memory_with_a_position() {
    let mut wrong = Vec::new();
    for (name, bytes, answer) in cases() {
        let began = cpu_time();
        let decoded = Config::decode("c.yaml", &bytes);
        match (&decoded, answer) {
            (Ok(config), Text(expected)) => {
                let text = config.canonical_text();
                if text != expected {
                    wrong.push(format!("{name}: {text:?}"));
                }
            }
            (Ok(_), Fine) => {}
            (Err(report), Refused(expected)) => {
                let text = report.to_string();
                if !text.contains(expected) || !text.starts_with("c.yaml:") {
                    wrong.push(format!("{name}: {:?}", text.chars().take(300).collect::<String>()));
                }
            }
            (Ok(_), Refused(_)) => wrong.push(format!("{name}: accepted")),
            (Err(report), _) => {
                wrong.push(format!(
                    "{name}: refused: {:?}",
                    report.to_string().chars().take(300).collect::<String>()
                ));
            }
        }
        // Everything else that reads files reads them in the same way, so with the same bounds.
        if bytes.len() < 1 << 20 {
            if let Ok(config) = Config::decode_lenient("c.yaml", &bytes) {
                let _ = config.validate(&ValidateOptions::on_node(Mode::Container));
                let _ = config.redacted_text();
            }
            let _ = patch::load("p.yaml", &bytes);
            let _ = Secrets::parse(&bytes);
            let _ = Talosconfig::parse(&bytes);
        }
        let took = cpu_time().saturating_sub(began);
        if took > LONGEST {
            wrong.push(format!("{name}: took {took:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(peak() < MOST_MEMORY_KIB, "peak of {} MiB", peak() >> 10);
}
