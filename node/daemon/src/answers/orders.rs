//! What can be ordered. It is served on the node's own socket only.

use super::Context;
use crate::engine::Command;
use crate::{backup, pruning};
use tokio::task::spawn_blocking;
use vantage_api::{
    Backup, Done, Handlers, ORDER_KEY_BYTES_MAX, Prune, Pruned, PutBlock, Refusal, Shutdown, StopHere,
    StoppedHere, Submit, Submitted, Written,
};
use vantage_protocol::bundle::Certs;
use vantage_protocol::cid::Cid;
use vantage_protocol::study::StudyPlan;
use vantage_protocol::suite::Suite;
use vantage_protocol::wire::{self, Wire as _};

pub(super) fn handlers(handlers: Handlers<Context>) -> Handlers<Context> {
    handlers.call(submit).call(stop_here).call(put).call(write_backup).call(prune).call(shutdown)
}

async fn submit(context: Context, wanted: Submit) -> Result<Submitted, Refusal> {
    let Submit { order, suite, study, key } = wanted;
    let wrong = |what: String| {
        Refusal::wrong("suite", what, "send the suite's canonical block in base64, and its id in order.suite")
    };
    wire::decode::<Suite>(&suite).map_err(|error| wrong(error.to_string()))?;
    let cid = Cid::dag_cbor(&suite);
    if order.suite != cid {
        return Err(wrong(format!("order.suite is {}, the block is {cid}", order.suite)));
    }
    check_study(order.study, &study)?;
    check_key(key.as_deref())?;
    let ordered = context.ask(|reply| Command::Submit { order, suite, study, key, reply }).await;
    ordered.ok_or_else(Refusal::stopping)?.map_err(|what| {
        let help = "correct the order; `vantage status` shows what this node knows of the network";
        Refusal::wrong("order", what, help)
    })
}

/// A study plan comes with its block, and no block without a plan.
fn check_study(named: Option<Cid>, block: &[u8]) -> Result<(), Refusal> {
    let wrong = |what: String| {
        Refusal::wrong(
            "study",
            what,
            "send the study plan's canonical block in base64, and its id in order.study",
        )
    };
    match named {
        None if block.is_empty() => Ok(()),
        None => Err(wrong("there is a block, and order.study names none".to_owned())),
        Some(cid) if cid != Cid::dag_cbor(block) => {
            Err(wrong(format!("order.study is {cid}, the block is {}", Cid::dag_cbor(block))))
        }
        Some(_) => wire::decode::<StudyPlan>(block).map(drop).map_err(|error| wrong(error.to_string())),
    }
}

/// Keys are names that people can read and give again.
fn check_key(key: Option<&str>) -> Result<(), Refusal> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    if key.is_none_or(|key| (1..=ORDER_KEY_BYTES_MAX).contains(&key.len()) && key.chars().all(allowed)) {
        return Ok(());
    }
    let help = format!("give up to {ORDER_KEY_BYTES_MAX} letters, digits, `-`, `_`, `.` and `:`");
    Err(Refusal::wrong("key", "is no key", &help))
}

async fn stop_here(context: Context, wanted: StopHere) -> Result<StoppedHere, Refusal> {
    let id = context.job(wanted.id).await?.id;
    let stop = |reply| Command::StopHere { id, done: None, reply };
    context.ask(stop).await.ok_or_else(Refusal::stopping)
}

async fn put(context: Context, block: PutBlock) -> Result<Done, Refusal> {
    let PutBlock { cid, bytes, provide } = block;
    let wrong = |what: String| Refusal::wrong("bytes", what, "send the block's own bytes in base64");
    if bytes.len() > Certs::BYTES_MAX {
        return Err(wrong(format!("{} bytes, no block is that long", bytes.len())));
    }
    if !cid.names(&bytes) {
        return Err(wrong(format!("the bytes are not {cid}")));
    }
    let put = context.ask(|reply| Command::Put { cid, bytes, provide, reply }).await;
    put.ok_or_else(Refusal::stopping)?.map(|()| Done::YES).map_err(|what| {
        Refusal::failed("disk", what, "free some space below the data directory, or lower disk.free_mib_min")
    })
}

/// Writes a backup while the node runs.
async fn write_backup(context: Context, wanted: Backup) -> Result<Written, Refusal> {
    let (store, data) = (context.store.clone(), context.upkeep.data.clone());
    let Backup { out, root_key } = wanted;
    let place = out.display().to_string();
    let write = move || backup::write(&store, &data, &out, root_key).map_err(|error| error.to_string());
    let written = spawn_blocking(write).await.map_err(|error| error.to_string()).and_then(|written| written);
    written.map_err(|what| Refusal::failed(&place, what, "choose another place, where the node may write"))
}

/// Prunes now, or says what would go.
async fn prune(context: Context, wanted: Prune) -> Result<Pruned, Refusal> {
    let pruned = pruning::prune(&context.events, &context.store, context.upkeep.keep, wanted.dry).await;
    pruned.map_err(|what| Refusal::failed("node", what, "try again; see the node's log"))
}

async fn shutdown(context: Context, _: Shutdown) -> Result<Done, Refusal> {
    context.stop.cancel();
    Ok(Done::YES)
}
