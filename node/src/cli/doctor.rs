//! `vantage doctor`: what keeps a node from working, and how to mend it. It changes nothing, and calls nobody but the
//! operator's own yagna daemon, where one is configured.

mod apis;
mod finding;
mod golem;
mod live;
mod machine;
mod place;

use super::args::DoctorArgs;
use super::error::CliResult;
use super::exit::Exit;
use super::render::{Field, Out, Paint, Table};
use super::{control, data};
use finding::Findings;
use std::path::Path;
use vantage_api::Client;
use vantage_api::output::{Diagnosis, Level};
use vantage_api::{Peer, Status};
use vantage_daemon::lock::{self, DataLock, LockError};

/// What the running node says of itself.
struct Answered {
    status: Status,
    peers: Vec<Peer>,
}

/// Whether a node runs on the directory.
enum Running {
    /// It answers.
    Yes(Box<Answered>),
    /// A process holds the directory and does not answer; why not.
    Mute(String),
    /// Nobody holds the directory, which stays ours while this lives.
    No {
        _lock: Option<DataLock>,
        /// Why a node could not take it.
        refused: Option<String>,
    },
}

/// Carries the command out.
pub(super) fn doctor(args: &DoctorArgs, out: &mut Out) -> CliResult<Exit> {
    let home = data::dir(&args.data)?;
    let (mut findings, mut of_config) = (Findings::default(), Findings::default());
    // the configuration may keep the node's data elsewhere
    let config = place::configuration(&home, &mut of_config);
    let dir = config.as_ref().map_or(home, |config| config.checked.data.clone());
    let running = running(&dir);
    place::directory(&dir, &running, &mut findings);
    findings.list.append(&mut of_config.list);
    let identity = place::keys(&dir, config.as_ref(), &mut findings);
    let genesis = config.as_ref().map(|config| &config.checked.genesis);
    place::store(&dir, &running, genesis.zip(identity.as_ref()), &mut findings);
    machine::clock(&dir, config.as_ref(), &mut findings);
    machine::disk(&dir, config.as_ref(), &mut findings);
    machine::descriptors(&running, &mut findings);
    if let Some(config) = &config {
        apis::models(config, args.quick, &mut findings);
        apis::keys(config, &running, &mut findings);
        apis::addresses(config, &mut findings);
        golem::look(config, &running, &mut findings);
        machine::ports(config, &running, &mut findings);
        machine::metrics(config, &running, &mut findings);
        place::logs(config, &mut findings);
    }
    live::node(&dir, config.as_ref(), &running, &mut findings);
    tell(&findings, out);
    Ok(if findings.worst() == Level::Fail { Exit::Failed } else { Exit::Done })
}

/// Asks the node, or takes its place.
fn running(dir: &Path) -> Running {
    let asked = control::block_on(async {
        let client = match Client::connect(dir).await {
            Ok(client) => client,
            Err(_) => return Ok(None),
        };
        let status = client.status().await.map_err(control::refused)?;
        let peers = client.peers().await.map_err(control::refused)?;
        Ok(Some(Answered { status, peers }))
    });
    match asked {
        Ok(Some(answered)) => Running::Yes(Box::new(answered)),
        Err(error) => Running::Mute(error.to_string()),
        // where no node has run yet nothing is made
        Ok(None) if !dir.join(lock::FILE).exists() => Running::No { _lock: None, refused: None },
        Ok(None) => match DataLock::take(dir) {
            Ok(lock) => Running::No { _lock: Some(lock), refused: None },
            Err(LockError::Held { holder, .. }) => {
                Running::Mute(format!("{holder} holds the directory, but its control socket does not answer"))
            }
            Err(error @ LockError::Io { .. }) => {
                Running::No { _lock: None, refused: Some(error.to_string()) }
            }
        },
    }
}

fn tell(findings: &Findings, out: &mut Out) {
    if out.is_json() {
        return out.object(&Diagnosis { worst: findings.worst(), checks: findings.list.clone() });
    }
    let findings = &findings.list;
    let mut table = Table::new(&["", "check", "found"]);
    for finding in findings {
        let paint = match finding.level {
            Level::Ok => Paint::Good,
            Level::Skip => Paint::Dim,
            Level::Warn => Paint::Warn,
            Level::Fail => Paint::Bad,
        };
        table.row([
            Field::painted(paint, finding.level.word()),
            finding.check.as_str().into(),
            finding.found.as_str().into(),
        ]);
    }
    out.table(&table);
    for finding in findings.iter().filter(|finding| finding.level >= Level::Warn) {
        out.line("");
        out.line(format!("{} {}: {}", finding.level.word(), finding.check, finding.found));
        if let Some(mend) = &finding.mend {
            out.line(format!("  what to do: {mend}"));
        }
    }
    let count = |level: Level| findings.iter().filter(|finding| finding.level == level).count();
    let (failed, warned) = (count(Level::Fail), count(Level::Warn));
    out.line("");
    out.line(format!("{} checks: {failed} FAIL, {warned} WARN", findings.len()));
}
