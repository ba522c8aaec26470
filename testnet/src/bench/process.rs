//! What the kernel tells of a process (proc(5)).

/// Ticks of processor time in a second as the kernel tells them: fixed on Linux, whatever its timer.
const TICKS_PER_S: f64 = 100.0;

/// Processor time so far, seconds, threads that have ended included (proc(5), `utime` and `stime`).
pub(super) fn cpu_s(pid: u32) -> Result<f64, String> {
    let path = format!("/proc/{pid}/stat");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    // the name may hold blanks and brackets: fields are counted from behind it
    let fields: Vec<&str> = text.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
    let ticks = |field: usize| fields.get(field).and_then(|ticks| ticks.parse::<f64>().ok());
    let (user, system) = ticks(11).zip(ticks(12)).ok_or_else(|| format!("{path}: no times"))?;
    Ok((user + system) / TICKS_PER_S)
}

/// Threads that run.
pub(super) fn threads(pid: u32) -> Result<f64, String> {
    status(pid, "Threads:")
}

/// A field of the process's status that is told in KiB, in MiB.
pub(super) fn memory_mib(pid: u32, field: &str) -> Result<f64, String> {
    status(pid, field).map(|kib| kib / 1024.0)
}

fn status(pid: u32, field: &str) -> Result<f64, String> {
    let path = format!("/proc/{pid}/status");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    let value =
        text.lines().find_map(|line| line.strip_prefix(field)?.split_whitespace().next()?.parse().ok());
    value.ok_or_else(|| format!("{path}: no {field}"))
}
