//! What the figures were measured on. No host name, no path.

use serde::Serialize;
use std::path::Path;
use std::process::Command;

/// A machine, as far as it matters for the figures.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// Processor as it names itself.
    pub cpu: String,
    /// Logical processors.
    pub cores: usize,
    /// Those instruction sets that hashing and signatures make use of.
    pub cpu_flags: Vec<String>,
    /// Memory, MiB.
    pub memory_mib: u64,
    /// Kernel's name and release.
    pub kernel: String,
    /// File system under the temporary directory, where the store is measured.
    pub file_system: String,
    /// Load average over one minute before the run: over a few tenths, others were at work.
    pub load_before: f64,
    /// The same after the run; the run itself keeps about one core busy.
    pub load_after: f64,
    /// Our crates were built with optimisation: figures of other builds say nothing.
    pub optimised: bool,
}

/// Instruction sets worth naming.
const FLAGS: [&str; 5] = ["sha_ni", "avx2", "avx512f", "avx512ifma", "sha2"];

impl Machine {
    /// Looks around.
    pub(super) fn look() -> Self {
        let cpuinfo = read("/proc/cpuinfo");
        let field = |name: &str| {
            let line = cpuinfo.lines().find(|line| line.starts_with(name));
            line.and_then(|line| line.split_once(':')).map_or("", |(_, value)| value.trim()).to_owned()
        };
        // `Features` is what ARM calls them
        let flags = format!("{} {}", field("flags"), field("Features"));
        let cpu_flags = FLAGS.iter().filter(|flag| flags.split(' ').any(|f| f == **flag));
        let load = load();
        Self {
            cpu: field("model name"),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            cpu_flags: cpu_flags.map(|flag| (*flag).to_owned()).collect(),
            memory_mib: memory_mib(),
            kernel: format!(
                "{} {}",
                read("/proc/sys/kernel/ostype").trim(),
                read("/proc/sys/kernel/osrelease").trim()
            ),
            file_system: file_system(&std::env::temp_dir()),
            load_before: load,
            load_after: load,
            optimised: !cfg!(debug_assertions),
        }
    }

    pub(super) fn finished(&mut self) {
        self.load_after = load();
    }

    /// One line for people.
    pub(super) fn line(&self) -> String {
        format!(
            "{} x {} ({}), {} MiB, {}, {} under the temporary directory; load {:.2} before, {:.2} after",
            self.cores,
            self.cpu,
            self.cpu_flags.join(" "),
            self.memory_mib,
            self.kernel,
            self.file_system,
            self.load_before,
            self.load_after
        )
    }
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn load() -> f64 {
    read("/proc/loadavg").split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(f64::NAN)
}

fn memory_mib() -> u64 {
    let total = read("/proc/meminfo");
    let kib = total.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    kib.and_then(|rest| rest.trim().split(' ').next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// The type alone: the mount point is nobody's business.
fn file_system(dir: &Path) -> String {
    let said = Command::new("df").arg("--output=fstype").arg(dir).output();
    let said = said.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    said.lines().nth(1).unwrap_or("unknown").trim().to_owned()
}
