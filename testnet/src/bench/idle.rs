//! What a node takes while nothing happens: real processes, four members over loopback.

use super::Watch;
use super::figure::Figure;
use crate::cluster::{Binaries, Cluster, NodePlan, Plan};
use crate::vendors::SimConfig;
use std::path::Path;
use std::time::{Duration, Instant};

/// Regions of the members.
const REGIONS: [&str; 4] = ["eu", "us", "ap", "eu"];

/// Lets a network of four come together, waits until it has settled, and watches it.
pub(super) async fn measure(binaries: &Binaries, dir: &Path, watch: Watch) -> Result<Vec<Figure>, String> {
    let member = |(i, region): (usize, &&str)| NodePlan {
        name: format!("member-{i}"),
        operator: Some(format!("operator-{i}")),
        region: (*region).to_owned(),
    };
    let plan = Plan {
        name: "idle".into(),
        nodes: REGIONS.iter().enumerate().map(member).collect(),
        offers: vec!["sim:openai".into()],
        cell_gap_ms: 0,
        golem: None,
    };
    let cluster = Cluster::start(dir, &plan, vec![SimConfig::default()], binaries.clone())
        .await
        .map_err(|error| error.to_string())?;
    cluster.gathered().await.map_err(|error| error.to_string())?;
    tokio::time::sleep(watch.settle).await;
    let pids: Vec<u32> = cluster.nodes.iter().filter_map(|node| node.process.pid()).collect();
    let figures = watch_all(&pids, watch.watch).await;
    cluster.shutdown().await;
    figures
}

async fn watch_all(pids: &[u32], watch: Duration) -> Result<Vec<Figure>, String> {
    let all =
        |of: fn(u32) -> Result<f64, String>| pids.iter().map(|pid| of(*pid)).collect::<Result<Vec<f64>, _>>();
    let (began, before) = (Instant::now(), all(cpu_s)?);
    tokio::time::sleep(watch).await;
    let (after, took_s) = (all(cpu_s)?, began.elapsed().as_secs_f64());
    let share: Vec<f64> =
        after.iter().zip(&before).map(|(after, before)| (after - before) / took_s * 100.0).collect();
    let resident = all(|pid| memory_mib(pid, "VmRSS:"))?;
    let private = Figure::absolute("", "", "MiB", &all(|pid| memory_mib(pid, "RssAnon:"))?).median;
    let peak = Figure::absolute("", "", "MiB", &all(|pid| memory_mib(pid, "VmHWM:"))?).median;
    let threads = Figure::absolute("", "", "threads", &all(threads)?).median;
    Ok(vec![
        Figure::absolute(
            "idle_resident_mib",
            "memory of an idle member of a network of four",
            "MiB",
            &resident,
        )
        .behind("private_mib", private)
        .behind("peak_mib", peak)
        .behind("threads", threads),
        Figure::absolute("idle_cpu_percent", "processor time of the same, of one core", "%", &share)
            .behind("watched_s", took_s),
    ])
}

/// Ticks of processor time in a second as the kernel tells them: fixed on Linux, whatever its timer.
const TICKS_PER_S: f64 = 100.0;

/// Processor time so far, seconds, threads that have ended included (proc(5), `utime` and `stime`).
fn cpu_s(pid: u32) -> Result<f64, String> {
    let path = format!("/proc/{pid}/stat");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    // the name may hold blanks and brackets: fields are counted from behind it
    let fields: Vec<&str> = text.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
    let ticks = |field: usize| fields.get(field).and_then(|ticks| ticks.parse::<f64>().ok());
    let (user, system) = ticks(11).zip(ticks(12)).ok_or_else(|| format!("{path}: no times"))?;
    Ok((user + system) / TICKS_PER_S)
}

fn threads(pid: u32) -> Result<f64, String> {
    status(pid, "Threads:")
}

fn memory_mib(pid: u32, field: &str) -> Result<f64, String> {
    status(pid, field).map(|kib| kib / 1024.0)
}

fn status(pid: u32, field: &str) -> Result<f64, String> {
    let path = format!("/proc/{pid}/status");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    let value =
        text.lines().find_map(|line| line.strip_prefix(field)?.split_whitespace().next()?.parse().ok());
    value.ok_or_else(|| format!("{path}: no {field}"))
}
