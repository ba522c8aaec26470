//! `vantage series`: drift over the jobs of a series, by evidence that is multiplied from sealed contents alone.

use super::args::{SeriesCommand, SeriesShowArgs};
use super::error::{CliError, CliResult};
use super::exit::Exit;
use super::render::{Field, Out, Paint, Table};
use super::{control, data, file, verdict, verify};
use std::path::Path;
use vantage_api::output::SeriesShown;
use vantage_api::{BundleIds, Client, ClientError, Fault, GetBundle};
use vantage_protocol::id::JobId;
use vantage_protocol::params::SERIES_JOBS_MAX;
use vantage_protocol::proof::{CAR_BYTES_MAX, Summary, Trust, Verdict};
use vantage_protocol::series::{Entry, Followed, LineFollowed, Role, follow, heads};
use vantage_report::series as words;

/// Carries the command out.
pub(super) fn series(command: &SeriesCommand, out: &mut Out) -> CliResult<Exit> {
    let SeriesCommand::Show(args) = command;
    let gathered = match args.sources.as_slice() {
        [one] if one != "-" && !Path::new(one).exists() => from_node(one, args)?,
        files => from_files(files, args)?,
    };
    let (entries, wanted) = match gathered {
        Gathered::Entries(entries, head) => (entries, head),
        Gathered::Invalid(found, source) => {
            verdict::show(&found, &source, false, out);
            return Ok(verify::exit(found.summary));
        }
    };
    let heads = wanted.map_or_else(|| heads(&entries), |head| vec![head]);
    let refuse =
        |error| CliError::usage(error).at(args.sources.join(" ")).advise("name the bundles of one series");
    let all = heads
        .into_iter()
        .map(|head| follow(&entries, head).map_err(refuse))
        .collect::<CliResult<Vec<_>>>()?;
    if let Some(path) = &args.html {
        file::write_new(path, words::html(&all).as_bytes())?;
    }
    let exit = exit(&all);
    for followed in &all {
        if out.is_json() {
            out.object(&SeriesShown::new(followed, exit.code()));
        } else {
            show(followed, out);
        }
    }
    if let Some(path) = args.html.as_ref().filter(|_| !out.is_json()) {
        out.line("");
        out.line(format!("page: {}", path.display()));
    }
    Ok(exit)
}

/// What came of looking at the evidence.
enum Gathered {
    /// Jobs of series that were verified, and the one that was asked for, if one was.
    Entries(Vec<Entry>, Option<JobId>),
    /// Evidence that is INVALID, and where it came from.
    Invalid(Box<Verdict>, String),
}

fn from_files(files: &[String], args: &SeriesShowArgs) -> CliResult<Gathered> {
    if files.len() > SERIES_JOBS_MAX {
        return Err(CliError::usage(format!("{} files, at most {SERIES_JOBS_MAX} are read", files.len()))
            .at("the command line")
            .advise("name the bundles of one series"));
    }
    let trust = verify::trust(args.genesis.as_deref())?;
    let mut entries = Vec::new();
    for name in files {
        let path = Path::new(if name == "-" { "/dev/stdin" } else { name });
        let found = verify::judge_file(&file::read(path, CAR_BYTES_MAX as u64)?, path, &trust)?;
        if found.summary == Summary::Invalid {
            return Ok(Gathered::Invalid(Box::new(found), name.clone()));
        }
        match found.entry {
            Some(entry) => entries.push(*entry),
            None => return Err(no_entry(found.summary).at(path.display())),
        }
    }
    Ok(Gathered::Entries(entries, None))
}

/// A job that says nothing of a series.
fn no_entry(summary: Summary) -> CliError {
    match summary {
        Summary::Incomplete => CliError::usage("the evidence is INCOMPLETE: the answers cannot be counted")
            .advise("get the whole bundle; without the file, its place in the series shows as a gap"),
        _ => CliError::usage("the job belongs to no series: its study plan names none")
            .advise("leave it out; docs/COMPARE.md shows a plan with a series"),
    }
}

/// Jobs from the running node, from one back to the first.
fn from_node(job: &str, args: &SeriesShowArgs) -> CliResult<Gathered> {
    let dir = data::dir(&args.data)?;
    control::block_on(async {
        let client = control::connect(&dir).await?;
        let trust = match args.genesis.as_deref().filter(|text| !text.trim().is_empty()) {
            Some(named) => verify::trust(Some(named))?,
            None => Trust::Hash(client.status().await.map_err(control::refused)?.net),
        };
        let Some(found) = verified(&client, job, &trust).await? else {
            return Err(CliError::failed("the job has no bundle yet")
                .at(format!("job {job}"))
                .advise("wait until it is SEALED or BOUNDED: `vantage job watch` follows it"));
        };
        let (mut next, mut entries, mut head) = (Some(found), Vec::<Entry>::new(), None);
        while let Some(found) = next.take() {
            if found.summary == Summary::Invalid {
                return Ok(Gathered::Invalid(Box::new(found), job.to_owned()));
            }
            let Some(entry) = found.entry else {
                // the first one is what was asked for; before it, a job of no series is a gap
                if entries.is_empty() {
                    return Err(no_entry(found.summary).at(format!("job {job}")));
                }
                break;
            };
            head = head.or(Some(entry.job));
            let before = entry.series.predecessor;
            entries.push(*entry);
            if let Some(before) = before.filter(|_| entries.len() <= SERIES_JOBS_MAX) {
                next = match verified(&client, &before.to_string(), &trust).await {
                    // what this node does not have is a gap
                    Err(Unverified::Refused(_)) => None,
                    found => found?,
                };
            }
        }
        Ok(Gathered::Entries(entries, head))
    })
}

/// Why a job of the node has no verdict.
enum Unverified {
    /// The node does not have it.
    Refused(Fault),
    /// Anything else.
    Failed(CliError),
}

impl From<ClientError> for Unverified {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Refused(fault) => Self::Refused(fault),
            other => Self::Failed(control::refused(other)),
        }
    }
}

impl From<Unverified> for CliError {
    fn from(error: Unverified) -> Self {
        match error {
            Unverified::Refused(fault) => control::refused(ClientError::Refused(fault)),
            Unverified::Failed(error) => error,
        }
    }
}

/// The verdict on a job of the node; none where it has no bundle.
async fn verified(client: &Client, job: &str, trust: &Trust) -> Result<Option<Verdict>, Unverified> {
    let ids = client.ask(&GetBundle { id: job.to_owned() }).await?;
    let BundleIds { bundle: Some(root), .. } = ids else { return Ok(None) };
    let mut bytes = Vec::new();
    // a bundle that is named and cannot be had is a fault, not a gap
    client.car(root, &mut bytes).await.map_err(|error| Unverified::Failed(control::refused(error)))?;
    verify::judge_file(&bytes, Path::new(job), trust).map(Some).map_err(Unverified::Failed)
}

/// How the command ends.
fn exit(all: &[Followed]) -> Exit {
    if all.iter().any(Followed::alarms) {
        Exit::Alarm
    } else if all.iter().any(|followed| followed.void.is_some()) {
        Exit::Incomplete
    } else {
        Exit::Done
    }
}

fn show(followed: &Followed, out: &mut Out) {
    out.pairs(&[
        ("series", followed.name.clone()),
        ("author", followed.author.to_string()),
        ("suite", followed.suite.to_string()),
    ]);
    for line in &followed.lines {
        out.heading("line");
        out.line(words::about(line));
        if line.links.is_empty() {
            out.line("no job is held against another yet");
        } else {
            out.table(&links(followed, line));
        }
        if let Some(alarm) = &line.alarm {
            out.painted(Paint::Bad, words::alarm(followed, line, alarm), "");
        }
    }
    out.heading("rests on");
    let mut table = Table::new(&["job", "of", "role", "content"]);
    for place in &followed.jobs {
        let role = match place.role {
            Role::Held { against } => format!("held against {}", against.short()),
            role => role.word().to_owned(),
        };
        let paint = if place.role == Role::Void { Paint::Warn } else { Paint::Plain };
        table.row([
            place.job.short().into(),
            words::dated(place).into(),
            Field::painted(paint, role),
            place.content.to_string().into(),
        ]);
    }
    out.table(&table);
    out.line("");
    if let Some(next) = &followed.next {
        let calibration =
            next.calibration.map_or("none is left, so it is one itself".to_owned(), |job| job.to_string());
        out.line(format!("the next job names: predecessor {}, calibration {calibration}", next.predecessor));
    }
    let (paint, word) = match (followed.alarms(), &followed.void) {
        (true, _) => (Paint::Bad, "ALARM"),
        (false, Some(_)) => (Paint::Warn, "VOID"),
        (false, None) => (Paint::Good, "NO ALARM"),
    };
    out.painted(paint, word, format!("  {}", words::summary(followed)));
}

fn links(followed: &Followed, line: &LineFollowed) -> Table {
    let mut table =
        Table::new(&["job", "of", "against", "up/down/tied", "answers", "own engine", "evidence", "product"]);
    let place = |at: usize| followed.jobs.get(at);
    for link in &line.links {
        let moves = &link.moves;
        let paint = if link.alarm { Paint::Bad } else { Paint::Plain };
        table.row([
            place(link.job).map_or("?".to_owned(), |place| place.job.short()).into(),
            place(link.job).map_or("?".to_owned(), words::dated).into(),
            place(link.against).map_or("?".to_owned(), |place| place.job.short()).into(),
            format!("{}/{}/{}", moves.up, moves.down, moves.tied).into(),
            format!("{0}+{0}", moves.answers).into(),
            words::engine(link.other_bytes).into(),
            link.evidence.to_string().into(),
            Field::painted(paint, link.product.to_string()),
        ]);
    }
    table
}
