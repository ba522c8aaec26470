//! `vantage suite plan`: cells, calls, tokens, cost and time, before anything is spent.

mod money;
mod power;

use super::super::args::SuitePlanArgs;
use super::super::control::{self, now_s};
use super::super::error::{CliError, CliResult};
use super::super::exit::Exit;
use super::super::render::{Field, Out, Paint, Table};
use super::super::{amount::Seconds, data};
use money::Money;
use std::collections::{BTreeMap, BTreeSet};
use vantage_api::output::{SuitePlanned, SuiteRow};
use vantage_api::{GolemView, KnownNode, Status};
use vantage_daemon::ledger;
use vantage_golem::Nano;
use vantage_protocol::cid::Cid;
use vantage_protocol::params::{REPEATS_MAX, REPLICAS_MAX, SLOT_CELLS_MAX, SLOTS_MAX};
use vantage_protocol::suite::Suite;
use vantage_protocol::target::{Surface, Target};
use vantage_protocol::wire;

/// Time of one call of an API, seconds. A guess: a paragraph takes 2 to 10 s.
const API_CALL_S: u64 = 5;
/// Time of one call of an open model, seconds. A guess: one thread, a small model, a paragraph.
const OPEN_CALL_S: u64 = 20;

/// Carries the command out.
pub(super) fn plan(args: &SuitePlanArgs, out: &mut Out) -> CliResult<Exit> {
    let suite = super::read(&args.suite)?;
    let (nodes, status) =
        if args.offline { (None, None) } else { known(args).map(|(n, s)| (Some(n), Some(s)))? };
    let (vendors, golem) = status.map_or((None, None), |status| (Some(status.vendors), status.golem));
    let mut plan = work_out(args, &suite, nodes.as_deref(), now_s())?;
    plan.power = power::power(args, &suite)?;
    let money = Money::new(args, &suite, &data::prices(&args.data)?, vendors, ledger::today());
    plan.remarks.extend(money.remarks(&plan.rows));
    plan.remarks.extend(rented(&plan.rows, golem.as_ref()));
    if out.is_json() {
        out.object(&SuitePlanned { prices: money.prices, vendors: money.vendors, ..plan });
    } else {
        print(&plan, &money, args, out);
    }
    Ok(Exit::Done)
}

/// Who offers what, and what the running node's budgets leave.
fn known(args: &SuitePlanArgs) -> CliResult<(Vec<KnownNode>, Status)> {
    let dir = data::dir(&args.data)?;
    let asked = control::block_on(async {
        let client = control::connect(&dir).await?;
        let nodes = client.nodes().await.map_err(control::refused)?;
        Ok((nodes, client.status().await.map_err(control::refused)?))
    });
    asked.map_err(|error| error.advise("start the node, or plan with --offline and --price NAME=MICROUSD"))
}

/// That providers on Golem are paid by whoever runs the slot, and what this node would have for it.
fn rented(rows: &[SuiteRow], golem: Option<&GolemView>) -> Option<String> {
    let row = rows.iter().find(|row| row.target.surface() == Surface::Golem)?;
    let here = match golem {
        Some(view) => format!("this one leaves {} GLM today", Nano(view.free_nanoglm)),
        None => "this one rents nothing, or was not asked".to_owned(),
    };
    Some(format!(
        "{}: each executor pays providers in GLM, at the market's prices, out of its own budget; {here}",
        row.target
    ))
}

fn work_out(
    args: &SuitePlanArgs,
    suite: &Suite,
    nodes: Option<&[KnownNode]>,
    now_s: u64,
) -> CliResult<SuitePlanned> {
    bounds(args, suite)?;
    let until_s = now_s.saturating_add(args.commit.0);
    let prompts = suite.prompts.len() as u64;
    let prompt_bytes: u64 = suite.prompts.iter().map(|prompt| prompt.text.len() as u64).sum();
    let repeats_most = args.targets.iter().map(|(_, repeats)| u64::from(*repeats)).max().unwrap_or(1);
    let slot_calls = args.calls_max.map_or(prompts * repeats_most * 2, u64::from);
    let (mut rows, mut remarks, mut prompt_tokens) = (Vec::new(), Vec::new(), 0);
    let slots = u64::from(args.replicas);
    for region in args.regions.iter().collect::<BTreeSet<_>>() {
        for (target, repeats) in
            args.targets.iter().map(|(target, n)| (target, n)).collect::<BTreeMap<_, _>>()
        {
            let cells = prompts * u64::from(*repeats);
            let offers = nodes.map(|nodes| offers(nodes, region, target, until_s));
            let given =
                args.prices.iter().rev().find(|(priced, _)| priced == target).map(|(_, price)| *price);
            let asked = offers.as_ref().and_then(|offers| offers.values().max().copied());
            let price = given.or(asked);
            let operators: Option<BTreeSet<String>> = offers.map(|offers| offers.into_keys().collect());
            if let Some(short) = operators.as_ref().filter(|o| (o.len() as u64) < slots) {
                remarks.push(format!(
                    "{target} in {region}: {} operators offer it, {slots} are asked for: the rest stays unassigned",
                    short.len()
                ));
            }
            // no token is shorter than a byte; calls above one a cell put a prompt again
            prompt_tokens +=
                slots * (prompt_bytes * u64::from(*repeats)).saturating_mul(slot_calls.div_ceil(cells));
            rows.push(SuiteRow {
                region: region.clone(),
                target: target.clone(),
                slots,
                cells: slots * cells,
                calls_most: slots * slot_calls,
                operators,
                call_microusd: price,
                cost_most_microusd: price.map(|price| price.saturating_mul(slots * slot_calls)),
                time_s: cells.saturating_mul(call_s(args.call, target)),
            });
        }
    }
    Ok(total(args, suite, rows, remarks, prompt_tokens, nodes.is_some()))
}

fn total(
    args: &SuitePlanArgs,
    suite: &Suite,
    rows: Vec<SuiteRow>,
    mut remarks: Vec<String>,
    prompt_tokens_most: u64,
    asked: bool,
) -> SuitePlanned {
    let sum = |of: fn(&SuiteRow) -> u64| rows.iter().map(of).fold(0, u64::saturating_add);
    let cost = |calls: fn(&SuiteRow) -> u64| {
        rows.iter().try_fold(0u64, |sum, row| {
            Some(sum.saturating_add(row.call_microusd?.saturating_mul(calls(row))))
        })
    };
    let (cells, calls_most) = (sum(|row| row.cells), sum(|row| row.calls_most));
    if calls_most < cells {
        remarks.push(
            "--calls-max allows fewer calls than there are cells: some will be receipts of a spent budget"
                .into(),
        );
    }
    let (cost_least_microusd, cost_most_microusd) = (cost(|row| row.cells), cost(|row| row.calls_most));
    if cost_most_microusd.is_none() {
        remarks.push("a price is not known: give it with --price NAME=MICROUSD".into());
    }
    let time_s = rows.iter().map(|row| row.time_s).max().unwrap_or(0);
    let fits = time_s <= args.commit.0;
    if !fits {
        remarks.push(format!(
            "the calls take about {time_s} s, but --commit gives {} s: later answers do not count",
            args.commit.0
        ));
    }
    SuitePlanned {
        suite: Cid::dag_cbor(&wire::encode(suite)),
        prompts: suite.prompts.len() as u64,
        slots: sum(|row| row.slots),
        cells,
        calls_least: cells,
        calls_most,
        output_tokens_most: calls_most.saturating_mul(suite.tokens_max.into()),
        prompt_tokens_most,
        cost_least_microusd,
        cost_most_microusd,
        time_s,
        commit_s: args.commit.0,
        fits,
        asked,
        rows,
        power: Vec::new(),
        remarks,
        prices: Vec::new(),
        vendors: None,
    }
}

/// Prices by operator, of those who offer a target in a region until the commits are due.
fn offers(nodes: &[KnownNode], region: &str, target: &Target, until_s: u64) -> BTreeMap<String, u64> {
    let mut offers: BTreeMap<String, u64> = BTreeMap::new();
    for node in nodes {
        let announce = node.announce.as_ref().filter(|announce| announce.covers(region, target, until_s));
        let price = announce.and_then(|a| a.offers.iter().find(|offer| offer.target == *target));
        if let Some(offer) = price {
            let kept = offers.entry(node.operator.clone()).or_default();
            *kept = (*kept).max(offer.call_microusd);
        }
    }
    offers
}

fn call_s(given: Option<Seconds>, target: &Target) -> u64 {
    given.map_or(if target.is_open_model() { OPEN_CALL_S } else { API_CALL_S }, |s| s.0)
}

/// What `job submit` would refuse.
fn bounds(args: &SuitePlanArgs, suite: &Suite) -> CliResult<()> {
    let refuse = |what: String, place: &str| {
        Err(CliError::usage(what).at(place).advise("ask for less in one job, or make several jobs of it"))
    };
    let repeats = args.targets.iter().map(|(_, repeats)| *repeats).max().unwrap_or(1);
    let cells = suite.prompts.len().saturating_mul(repeats as usize);
    let slots = args.regions.len().saturating_mul(args.targets.len()).saturating_mul(args.replicas as usize);
    if repeats > REPEATS_MAX {
        return refuse(format!("{repeats} repeats are too many: at most {REPEATS_MAX}"), "--target");
    }
    if !(1..=REPLICAS_MAX).contains(&args.replicas) {
        return refuse(format!("{} replicas: 1 to {REPLICAS_MAX} are possible", args.replicas), "--replicas");
    }
    if cells > SLOT_CELLS_MAX {
        return refuse(format!("{cells} cells a slot are too many: at most {SLOT_CELLS_MAX}"), "the suite");
    }
    if slots > SLOTS_MAX {
        return refuse(
            format!("{slots} slots are too many: at most {SLOTS_MAX}"),
            "--regions, --target, --replicas",
        );
    }
    Ok(())
}

fn print(plan: &SuitePlanned, money: &Money, args: &SuitePlanArgs, out: &mut Out) {
    let usd = |amount: Option<u64>| amount.map_or("not known".to_owned(), dollars);
    let mut table = Table::new(&[
        "region",
        "target",
        "slots",
        "cells",
        "calls at most",
        "a call",
        "cost at most",
        "time",
        "operators",
    ]);
    for row in &plan.rows {
        let few = row.operators.as_ref().is_some_and(|operators| (operators.len() as u64) < row.slots);
        let who = row.operators.as_ref().map_or("not asked".to_owned(), |operators| {
            operators.iter().cloned().collect::<Vec<_>>().join(", ")
        });
        table.row([
            row.region.as_str().into(),
            row.target.as_str().into(),
            row.slots.to_string().into(),
            row.cells.to_string().into(),
            row.calls_most.to_string().into(),
            usd(row.call_microusd).into(),
            usd(row.cost_most_microusd).into(),
            format!("{} s", row.time_s).into(),
            Field::painted(
                if few { Paint::Bad } else { Paint::Plain },
                if who.is_empty() { "nobody".into() } else { who },
            ),
        ]);
    }
    out.table(&table);
    out.line("");
    out.pairs(&[
        ("suite", plan.suite.to_string()),
        ("cells", format!("{}: {} prompts, {} slots", plan.cells, plan.prompts, plan.slots)),
        ("calls", format!("{}, at most {}", plan.calls_least, plan.calls_most)),
        ("tokens", format!("at most {} in, {} out", plan.prompt_tokens_most, plan.output_tokens_most)),
        ("cost", format!("{}, at most {}", usd(plan.cost_least_microusd), usd(plan.cost_most_microusd))),
        ("time", format!("{} s of calls in the longest slot, --commit {} s", plan.time_s, args.commit.0)),
    ]);
    money.print(out);
    contrasts(plan, args, out);
    plan.remarks.iter().for_each(|remark| out.painted(Paint::Warn, "remark: ", remark));
}

/// What registered contrasts take.
fn contrasts(plan: &SuitePlanned, args: &SuitePlanArgs, out: &mut Out) {
    if plan.power.is_empty() {
        return;
    }
    let of: u64 = plan.power.iter().map(|kind| kind.contrasts).sum();
    out.line("");
    out.line(format!(
        "registered: {of} contrasts; how often {} points more than {}% are shown, by simulation",
        args.effect, args.base
    ));
    let mut table =
        Table::new(&["contrasts", "compared", "of whom", "prompts", "operators", "shown", "prompts for 90%"]);
    for kind in &plan.power {
        let few = kind.operators_needed.map(|needed| format!("too few operators: it takes {needed}"));
        let texts = kind.measure == vantage_protocol::study::Measure::Texts;
        let shown = match (&few, kind.power_percent) {
            (Some(few), _) => few.clone(),
            (None, Some(percent)) => format!("{percent}%"),
            (None, None) => "depends on the texts".to_owned(),
        };
        let needed = kind.prompts_needed.map(|prompts| prompts.to_string());
        let beyond = if texts || few.is_some() { "-" } else { "more than 512" };
        table.row([
            kind.contrasts.to_string().into(),
            vantage_report::study::measure(kind.measure).into(),
            vantage_report::study::scope(kind.scope).into(),
            kind.prompts.to_string().into(),
            format!("{} x {}", kind.operators, kind.repeats).into(),
            Field::painted(if few.is_some() { Paint::Bad } else { Paint::Plain }, shown),
            needed.unwrap_or_else(|| beyond.to_owned()).into(),
        ]);
    }
    out.table(&table);
}

/// Millionths of a US dollar as people read them.
fn dollars(microusd: u64) -> String {
    format!("${}.{:06}", microusd / 1_000_000, microusd % 1_000_000)
}

#[cfg(test)]
mod tests;
