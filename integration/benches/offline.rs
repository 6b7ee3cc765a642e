//! Figures of the offline commands: time and memory of whole processes, each beside what it has to reach.
//!
//! `TALOSCTL` names another program than the built one. A process is measured by a copy of this program between
//! the two, so that the memory that is read is that of one child.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say bluntly what they expect"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use integration::median;
use nix::sys::resource::{UsageWho, getrusage};
use pki::{Algorithm, PrivateKey};

/// First argument of the copy between.
const MEASURE: &str = "--measure";
/// First argument of a copy that only makes a key: with the library that talosctl makes its keys with.
const KEY: &str = "--key";
/// Runs that a median is taken of.
const RUNS: usize = 21;
/// The same where each takes half a second.
const SLOW_RUNS: usize = 31;

/// What a process took.
#[derive(Clone, Copy)]
struct Cost {
    ms: f64,
    mib: f64,
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|first| first == MEASURE) {
        return measured(&args[1..]);
    }
    if args.first().is_some_and(|first| first == KEY) {
        let algorithm = if args[1] == "rsa" { Algorithm::Rsa } else { Algorithm::EcdsaP256 };
        return drop(PrivateKey::generate(algorithm).unwrap());
    }
    let bench = Bench::prepare();
    println!("offline commands of {}:", bench.talosctl.display());
    bench.program();
    bench.generation();
    bench.validation();
    bench.many();
    bench.secrets();
}

/// Runs a command and prints microseconds and KiB.
fn measured(command: &[String]) {
    let mut command_line = Command::new(&command[0]);
    command_line.args(&command[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let status = command_line.status().unwrap();
    let elapsed = start.elapsed();
    assert!(status.success(), "{} failed", command.join(" "));
    let memory = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss();
    println!("{} {memory}", elapsed.as_micros());
}

/// How far a median of values that spread like these may be off: 1.25 standard errors of their mean.
fn uncertainty(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    1.25 * (variance / count).sqrt()
}

/// A figure with what it has to reach.
fn figure(what: &str, value: f64, unit: &str, reach: f64) {
    let verdict = if value <= reach { "" } else { "  MISSED" };
    println!(
        "  {what:<52} {value:>8.1} {unit:<4} reach {reach:>5} {unit:<4} ratio {:.2}{verdict}",
        value / reach
    );
}

struct Bench {
    folder: tempfile::TempDir,
    talosctl: PathBuf,
}

impl Bench {
    /// A folder with the secrets and configurations of a cluster, and patches for them.
    fn prepare() -> Self {
        let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../_out/bin/talosctl");
        let talosctl = std::env::var_os("TALOSCTL").map_or(built, PathBuf::from);
        assert!(talosctl.exists(), "{} is not there: run make image first", talosctl.display());
        let bench = Self { folder: tempfile::tempdir().unwrap(), talosctl };
        bench.cost(&["gen", "secrets"]);
        bench.cost(&GENERATE);
        std::fs::create_dir(bench.path("patches")).unwrap();
        for n in 0..50 {
            let text = format!(
                "machine:\n  certSANs: [node-{n}.example.org]\n  sysctls:\n    net.example.n{n}: \"{n}\"\n"
            );
            std::fs::write(bench.path(&format!("patches/{n:02}.yaml")), text).unwrap();
        }
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn cost(&self, args: &[&str]) -> Cost {
        self.cost_of(&self.talosctl, args)
    }

    fn cost_of(&self, program: &Path, args: &[&str]) -> Cost {
        let output = Command::new(std::env::current_exe().unwrap())
            .current_dir(self.folder.path())
            .arg(MEASURE)
            .arg(program)
            .args(args)
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let numbers: Vec<f64> = text.split_whitespace().map(|n| n.parse().unwrap()).collect();
        assert!(output.status.success(), "{args:?} cannot be measured");
        Cost { ms: numbers[0] / 1000.0, mib: numbers[1] / 1024.0 }
    }

    fn median(&self, args: &[&str]) -> Cost {
        let runs: Vec<Cost> = (0..RUNS).map(|_| self.cost(args)).collect();
        Cost {
            ms: median(runs.iter().map(|run| run.ms).collect()),
            mib: median(runs.iter().map(|run| run.mib).collect()),
        }
    }

    fn program(&self) {
        let size = self.talosctl.metadata().unwrap().len() as f64 / 1e6;
        figure("size of the program", size, "MB", 25.0);
        let cost = self.median(&["version", "--client"]);
        figure("version --client", cost.ms, "ms", 5.0);
        figure("version --client", cost.mib, "MiB", 12.0);
    }

    fn generation(&self) {
        let cost = self.median(&GENERATE);
        figure("gen config --with-secrets", cost.ms, "ms", 12.0);
        figure("gen config --with-secrets", cost.mib, "MiB", 20.0);
    }

    fn validation(&self) {
        let text = std::fs::read_to_string(self.path("controlplane.yaml")).unwrap();
        let what = format!("validate of {} lines", text.lines().count());
        let cost = self.median(&["validate", "-c", "controlplane.yaml", "-m", "metal"]);
        figure(&what, cost.ms, "ms", 3.0);
        let args = ["machineconfig", "patch", "controlplane.yaml", "-p", "@patches", "-o", "patched.yaml"];
        figure("patching it with 50 patches", self.median(&args).ms, "ms", 10.0);
    }

    /// Many files in one call: time may grow with their number, memory hardly.
    fn many(&self) {
        let source = self.path("controlplane.yaml");
        std::fs::create_dir(self.path("nodes")).unwrap();
        let names: Vec<String> = (0..1000).map(|n| format!("nodes/{n:04}.yaml")).collect();
        for name in &names {
            std::fs::copy(&source, self.path(name)).unwrap();
        }
        for count in [10, 100, 1000] {
            let mut args = vec!["machineconfig", "patch", "-o", "out/"];
            args.extend(PATCHES.iter().flat_map(|patch| ["-p", patch]));
            args.extend(names.iter().take(count).map(String::as_str));
            let runs: Vec<Cost> = (0..5).map(|_| self.cost(&args)).collect();
            let ms = median(runs.iter().map(|run| run.ms).collect());
            let mib = median(runs.iter().map(|run| run.mib).collect());
            let rate = count as f64 / ms * 1000.0;
            println!(
                "  {count:>4} files with 5 patches each in one call: {ms:>7.1} ms, {rate:>6.0} files/s, {mib:.1} MiB"
            );
        }
    }

    /// Times of talosctl and of a process that makes a bare key, in turns.
    fn in_turns(&self, runs: usize, args: &[&str], key: &str) -> (Vec<f64>, Vec<f64>) {
        let own = std::env::current_exe().unwrap();
        (0..runs).map(|_| (self.cost(args).ms, self.cost_of(&own, &[KEY, key]).ms)).unzip()
    }

    /// A bundle takes as long as the search for the primes of its RSA key, which differs wildly from run to run;
    /// so beside the difference of medians there is that of a bundle with a small key in the place of that one.
    fn secrets(&self) {
        let (bundles, keys) = self.in_turns(SLOW_RUNS, &["gen", "secrets", "-f"], "rsa");
        let noise = uncertainty(&bundles).hypot(uncertainty(&keys));
        let (bundle, key) = (median(bundles), median(keys));
        println!(
            "  gen secrets {bundle:.0} ms, a bare RSA-4096 key {key:.0} ms (medians of {SLOW_RUNS}, in turns): \
             {:+.0} ± {noise:.0} ms",
            bundle - key
        );
        let small = ["gen", "secrets", "-f", "--talos-version", "v1.6"];
        let (bundles, keys) = self.in_turns(SLOW_RUNS, &small, "ecdsa");
        figure("gen secrets beyond its service account key", median(bundles) - median(keys), "ms", 20.0);
    }
}

const GENERATE: [&str; 7] =
    ["gen", "config", "demo", "https://10.5.0.1:6443", "--with-secrets", "secrets.yaml", "-f"];

/// The five patches of every node's file.
const PATCHES: [&str; 5] =
    ["@patches/00.yaml", "@patches/01.yaml", "@patches/02.yaml", "@patches/03.yaml", "@patches/04.yaml"];
