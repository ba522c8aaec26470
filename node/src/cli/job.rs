//! `vantage job`: order jobs, list them, look at one.

use super::args::{JobArgs, JobCancelArgs, JobCommand, JobSubmitArgs, JobWatchArgs, NodeArgs};
use super::control::{self, now_s};
use super::error::{CliError, CliResult};
use super::exit::Exit;
use super::render::{Field, Out, Table};
use super::standing::{self, Source};
use super::{data, file, suite, watch};
use std::path::Path;
use vantage_api::output::{JobOrdered, JobsListed};
use vantage_api::{ClientError, StopHere, Submit, Submitted};
use vantage_protocol::attester::{JobOrder, JobView};
use vantage_protocol::cid::Cid;
use vantage_protocol::job::JobTarget;
use vantage_protocol::params::SLOT_CELLS_MAX;
use vantage_protocol::study::StudyPlan;
use vantage_protocol::suite::Suite;
use vantage_protocol::wire::{self, Wire as _};

/// Carries the command out.
pub(super) fn job(command: &JobCommand, out: &mut Out) -> CliResult<Exit> {
    match command {
        JobCommand::Submit(args) => submit(args, out),
        JobCommand::List(args) => list(args, out),
        JobCommand::Show(args) => show(args, out),
        JobCommand::Watch(args) => follow(args, out),
        JobCommand::Cancel(args) => cancel(args, out),
    }
}

fn submit(args: &JobSubmitArgs, out: &mut Out) -> CliResult<Exit> {
    let suite = suite::read(&args.suite)?;
    let block = wire::encode(&suite);
    let study =
        args.plan.as_deref().map(read_plan).transpose()?.map(|plan| wire::encode(&plan)).unwrap_or_default();
    let order = order(args, &suite, Cid::dag_cbor(&block), &study)?;
    let dir = data::dir(&args.data)?;
    control::block_on(async {
        let client = control::connect(&dir).await?;
        let cid = order.suite;
        let key = args.key.clone().map_or_else(random_key, Ok)?;
        let taken = client.ask(&Submit { order, suite: block, study, key: Some(key.clone()) }).await;
        let Submitted { id, again } = taken.map_err(|error| lost(error, &key))?;
        if out.is_json() {
            out.object(&JobOrdered { id, suite: cid, again });
        } else {
            out.line(format!("job {id}{}", if again { " (ordered before under this key)" } else { "" }));
        }
        if args.watch {
            watch::certified(&client, id, args.commit.duration()).await?;
            return watch::follow(&client, &id.to_string(), &args.data, out).await;
        }
        if !out.is_json() {
            let data = data::argument(&args.data);
            out.line(format!("follow it: vantage job watch {}{data}", id.short()));
        }
        Ok(Exit::Done)
    })
}

/// Reads and checks a study plan.
pub(super) fn read_plan(path: &Path) -> CliResult<StudyPlan> {
    let text = file::read_text(path, StudyPlan::BYTES_MAX as u64)?;
    StudyPlan::from_toml(&text).map_err(|error| {
        CliError::usage(format!("the study plan is not valid: {error}"))
            .at(path.display())
            .advise("correct the line or the field that is named; docs/COMPARE.md shows a plan")
    })
}

fn random_key() -> CliResult<String> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|error| {
        CliError::failed(format!("gives no random bytes: {error}"))
            .at("the system")
            .advise("name the order yourself with --key")
    })?;
    Ok(format!("{:016x}", u64::from_be_bytes(bytes)))
}

/// Where the answer was lost, the order may have been taken: the same key finds out, and orders nothing twice.
fn lost(error: ClientError, key: &str) -> CliError {
    let maybe_taken = matches!(error, ClientError::Io(_) | ClientError::Answer(_));
    let error = control::refused(error);
    if !maybe_taken {
        return error;
    }
    error.advise(format!(
        "the order may have been taken: give it again with --key {key}, it is not carried out twice"
    ))
}

/// The order as the node gets it. What the core will refuse anyhow is said here in the words of
/// the command line.
fn order(args: &JobSubmitArgs, suite: &Suite, cid: Cid, study: &[u8]) -> CliResult<JobOrder> {
    let mut regions = args.regions.clone();
    regions.sort();
    if let Some(pair) = regions.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(CliError::usage(format!("region {} stands twice", pair[0]))
            .at("--regions")
            .advise("name each region once; --replicas asks for more executors in each"));
    }
    let mut targets: Vec<JobTarget> =
        args.targets.iter().map(|(t, n)| JobTarget { target: t.clone(), repeats: *n }).collect();
    targets.sort();
    if let Some(pair) = targets.windows(2).find(|pair| pair[0].target == pair[1].target) {
        return Err(CliError::usage(format!("target {} stands twice", pair[0].target))
            .at("--target")
            .advise("ask for repeats with --target NAME=REPEATS"));
    }
    let repeats = targets.iter().map(|t| t.repeats as usize).max().unwrap_or(1);
    let cells = suite.prompts.len().saturating_mul(repeats);
    if cells > SLOT_CELLS_MAX {
        return Err(CliError::usage(format!(
            "{} prompts put {repeats} times are {cells} cells a slot, at most {SLOT_CELLS_MAX} are possible",
            suite.prompts.len()
        ))
        .at(args.suite.display())
        .advise("split the suite, or ask for fewer repeats"));
    }
    let twice = u32::try_from(cells * 2).unwrap_or(u32::MAX);
    Ok(JobOrder {
        suite: cid,
        targets,
        regions,
        replicas: args.replicas,
        study: (!study.is_empty()).then(|| Cid::dag_cbor(study)),
        commit_s: args.commit.0,
        reveal_s: args.reveal.0,
        final_s: args.last.0,
        output_bytes_max: args.output_max,
        slot_calls_max: args.calls_max.unwrap_or(twice),
    })
}

fn list(args: &NodeArgs, out: &mut Out) -> CliResult<Exit> {
    let dir = data::dir(&args.data)?;
    let views =
        control::block_on(async { control::connect(&dir).await?.jobs().await.map_err(control::refused) })?;
    if out.is_json() {
        out.object(&JobsListed { jobs: views });
        return Ok(Exit::Done);
    }
    if views.is_empty() {
        out.line("no jobs yet; order one with `vantage job submit`");
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["job", "phase", "regions", "targets", "slots", "deadline", "content"]);
    views.iter().for_each(|view| table.row(row(view)));
    out.table(&table);
    Ok(Exit::Done)
}

fn row(view: &JobView) -> [Field; 7] {
    let targets: Vec<&str> = view.targets.iter().map(|t| t.target.as_str()).collect();
    let deadline = standing::deadline(view, now_s());
    [
        view.id.short().into(),
        Field::painted(standing::paint(view), standing::phase(view)),
        view.regions.join(",").into(),
        targets.join(" ").into(),
        view.slots.len().to_string().into(),
        deadline.map_or(String::new(), |(what, left_s)| format!("{what} in {left_s} s")).into(),
        view.content.map_or(String::new(), |cid| cid.to_string()).into(),
    ]
}

fn show(args: &JobArgs, out: &mut Out) -> CliResult<Exit> {
    let dir = data::dir(&args.data)?;
    let (view, status) = control::block_on(async {
        let client = control::connect(&dir).await?;
        let view = client.job(&args.id).await.map_err(control::refused)?;
        Ok((view, client.status().await.map_err(control::refused)?))
    })?;
    if out.is_json() {
        out.object(&view);
        return Ok(Exit::Done);
    }
    out.pairs(&standing::facts(&view, now_s()));
    out.line("");
    out.table(&standing::table(&view));
    standing::outcome(&view, &Source::of(&status, &args.data), out);
    Ok(Exit::Done)
}

fn follow(args: &JobWatchArgs, out: &mut Out) -> CliResult<Exit> {
    let dir = data::dir(&args.data)?;
    control::block_on(async {
        let client = control::connect(&dir).await?;
        watch::follow(&client, &args.id, &args.data, out).await
    })
}

fn cancel(args: &JobCancelArgs, out: &mut Out) -> CliResult<Exit> {
    let dir = data::dir(&args.data)?;
    control::block_on(async {
        let client = control::connect(&dir).await?;
        if !args.stop_here {
            let view = client.job(&args.id).await.map_err(control::refused)?;
            return Err(cannot_cancel(&view));
        }
        let done = client.ask(&StopHere { id: args.id.clone() }).await.map_err(control::refused)?;
        if out.is_json() {
            out.object(&done);
            return Ok(Exit::Done);
        }
        out.line(format!("job {}: this node runs no more of it", done.id));
        out.line(format!("  slots declined now     {}", listed(&done.declined_now)));
        out.line(format!("  declined before        {}", listed(&done.declined_before)));
        out.line(format!("  committed, that stands {}", listed(&done.committed)));
        out.line("other nodes go on; receipts of cells that were run here are kept on disk");
        Ok(Exit::Done)
    })
}

/// Why a job that is certified has no cancel, and what its operator can do instead.
fn cannot_cancel(view: &JobView) -> CliError {
    let what = match view.outcome {
        Some(_) => "the job has its outcome already",
        None => {
            "a job that is certified cannot be cancelled: who runs it is known, and others may be running it"
        }
    };
    CliError::failed(what).at(format!("job {}, {}", view.id, standing::phase(view))).advise(format!(
        "`vantage job cancel {} --stop-here` declines what this node has not committed of it",
        view.id.short()
    ))
}

fn listed(slots: &[u32]) -> String {
    match slots {
        [] => "none".to_owned(),
        slots => slots.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}
