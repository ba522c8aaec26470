//! `vantage log`: the leaves of a node's log, as the running node holds them.

use super::args::LogArgs;
use super::error::{CliError, CliResult};
use super::exit::Exit;
use super::render::{Field, Out, Paint, Table};
use super::{control, data, statement};
use vantage_api::output::{LeafShown, LogShown};
use vantage_api::{Client, GetLog};
use vantage_protocol::attester::{LogPage, PAGE_LEAVES_MAX};
use vantage_protocol::id::{Hash, NetId};
use vantage_protocol::leaf::{Leaf, Statement};
use vantage_protocol::log::leaf_hash;

/// A leaf that was read.
struct Entry {
    index: u64,
    certified: bool,
    hash: Hash,
    statement: Statement,
}

/// Carries the command out.
pub(super) fn log(args: &LogArgs, out: &mut Out) -> CliResult<Exit> {
    let dir = data::dir(&args.data)?;
    let (net, page, entries) = control::block_on(async {
        let client = control::connect(&dir).await?;
        let net = client.status().await.map_err(control::refused)?.net;
        let (page, entries) = read(&client, args, &net).await?;
        Ok((net, page, entries))
    })?;
    if out.is_json() {
        let LogPage { node, size, certified, .. } = page;
        out.object(&LogShown { net, node, size, certified, leaves: entries.iter().map(leaf).collect() });
        return Ok(Exit::Done);
    }
    out.line(format!("log of {}: {} leaves, {} certified", page.node, page.size, page.certified));
    if entries.is_empty() {
        return Ok(Exit::Done);
    }
    out.line("");
    let mut table = Table::new(&["index", "says", "job", "what", "", "hash"]);
    for entry in &entries {
        let mark = if entry.certified { "" } else { "not certified" };
        table.row([
            entry.index.to_string().into(),
            entry.statement.typ().into(),
            statement::job(&entry.statement).into(),
            statement::line(&entry.statement).into(),
            Field::painted(Paint::Warn, mark),
            entry.hash.short().to_string().into(),
        ]);
    }
    out.table(&table);
    Ok(Exit::Done)
}

/// Asks page after page.
async fn read(client: &Client, args: &LogArgs, net: &NetId) -> CliResult<(LogPage, Vec<Entry>)> {
    let ask = async |start, count| {
        client.ask(&GetLog { node: args.node.clone(), start, count }).await.map_err(control::refused)
    };
    let head = ask(0, 0).await?;
    let mut next = args.from.unwrap_or_else(|| head.size.saturating_sub(args.count.into()));
    let end = next.saturating_add(args.count.into()).min(head.size);
    let mut entries = Vec::new();
    while next < end {
        let count = u32::try_from(end - next).unwrap_or(u32::MAX).min(PAGE_LEAVES_MAX);
        let page = ask(next, count).await?;
        if page.leaves.is_empty() {
            break;
        }
        for bytes in page.leaves {
            let leaf = Leaf::decode(&bytes, net).map_err(|error| {
                CliError::failed(format!("a leaf is not understood: {error}"))
                    .at(format!("leaf {next} of {}", head.node))
                    .advise("run the program and the node in the same version")
            })?;
            let (certified, hash) = (next < head.certified, leaf_hash(&bytes));
            entries.push(Entry { index: next, certified, hash, statement: leaf.statement });
            next += 1;
        }
    }
    Ok((head, entries))
}

fn leaf(entry: &Entry) -> LeafShown {
    LeafShown {
        index: entry.index,
        certified: entry.certified,
        hash: entry.hash,
        typ: entry.statement.typ().to_owned(),
        job: entry.statement.job(),
        body: (&entry.statement).into(),
    }
}
