//! What a node takes while nothing happens: real processes, four members over loopback.

use super::Watch;
use super::figure::Figure;
use super::four::four_members;
use super::process::{cpu_s, memory_mib, threads};
use crate::cluster::Binaries;
use std::path::Path;
use std::time::{Duration, Instant};

/// Regions of the members.
const REGIONS: [&str; 4] = ["eu", "us", "ap", "eu"];

/// Lets a network of four come together, waits until it has settled, and watches it.
pub(super) async fn measure(binaries: &Binaries, dir: &Path, watch: Watch) -> Result<Vec<Figure>, String> {
    let cluster = four_members("idle", REGIONS, binaries, dir).await?;
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
