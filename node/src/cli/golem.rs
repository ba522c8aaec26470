//! `vantage golem`: who offers what on the Golem Network.

use super::args::{GolemCommand, GolemOffersArgs};
use super::error::{CliError, CliResult};
use super::exit::Exit;
use super::render::{Field, Out, Paint, Table};
use super::{control, target};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use vantage_api::output::{OfferSeen, OffersSeen};
use vantage_daemon::config::Golem;
use vantage_golem::{Seen, Trouble, is_test_platform};

/// Carries the command out.
pub(super) fn golem(command: &GolemCommand, out: &mut Out) -> CliResult<Exit> {
    match command {
        GolemCommand::Offers(args) => offers(args, out),
    }
}

fn offers(args: &GolemOffersArgs, out: &mut Out) -> CliResult<Exit> {
    let config = target::load(&args.data)?;
    let Some(golem) = &config.golem else {
        return Err(CliError::usage("Golem is not set up: there is no table [golem]")
            .at(config.file.display())
            .advise("add the table; the configuration that `vantage init` writes shows one"));
    };
    if !out.is_json() {
        out.line(format!("gathering offers for {} s; Ctrl-C ends it early", args.wait.0));
    }
    let seen = control::block_on(async { gather(golem, args.wait.duration()).await })?;
    let hired = seen.iter().filter(|seen| seen.refusal.is_none()).count();
    if out.is_json() {
        let order = &golem.order;
        out.object(&OffersSeen {
            runtime: order.runtime.clone(),
            subnet: order.subnet.clone(),
            platform: order.platform.clone(),
            test_money: is_test_platform(&order.platform),
            hour_nanoglm_max: order.caps.hour.0,
            cpu_second_nanoglm_max: order.caps.cpu_second.0,
            start_nanoglm_max: order.caps.start.0,
            offers: seen.iter().map(shown).collect(),
        });
    } else {
        print(golem, &seen, hired, out);
    }
    Ok(if hired == 0 { Exit::Failed } else { Exit::Done })
}

async fn gather(golem: &Golem, wait: Duration) -> CliResult<Vec<Seen>> {
    let cancel = CancellationToken::new();
    let interrupted = cancel.clone();
    let ear = tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            interrupted.cancel();
        }
    });
    let seen = vantage_golem::look(&golem.daemon, &golem.order, wait, &cancel).await;
    ear.abort();
    seen.map_err(|trouble| {
        let advice = match trouble {
            Trouble::AppKey => "`yagna app-key list` shows the keys that the daemon knows",
            _ => "`vantage doctor` looks at the daemon",
        };
        CliError::failed(trouble).at(golem.daemon.address()).advise(advice)
    })
}

fn shown(seen: &Seen) -> OfferSeen {
    let offer = seen.offer.as_ref();
    OfferSeen {
        provider: seen.provider.clone(),
        name: offer.map(|offer| offer.name.clone()),
        runtime: offer.map(|offer| offer.runtime.clone()),
        threads: offer.map(|offer| offer.threads),
        hour_nanoglm: offer.map(|offer| offer.price.hour().0),
        cpu_second_nanoglm: offer.map(|offer| offer.price.cpu_second().0),
        start_nanoglm: offer.map(|offer| offer.price.start().0),
        outbound: offer.map(|offer| offer.outbound),
        refused: seen.refusal.as_ref().map(ToString::to_string),
    }
}

fn print(golem: &Golem, seen: &[Seen], hired: usize, out: &mut Out) {
    let order = &golem.order;
    let money = if is_test_platform(&order.platform) { ", test money" } else { "" };
    out.line(format!(
        "runtime {}, subnet {}, {}{money}; at most {} GLM an hour, {} a processor's second, {} for the start",
        order.runtime, order.subnet, order.platform, order.caps.hour, order.caps.cpu_second, order.caps.start
    ));
    let mut table =
        Table::new(&["provider", "name", "runtime", "an hour", "a cpu second", "the start", "way out", ""]);
    for seen in seen {
        let of =
            |text: fn(&vantage_golem::Offer) -> String| seen.offer.as_ref().map(text).unwrap_or_default();
        let verdict = match &seen.refusal {
            None => Field::painted(Paint::Good, "would be hired"),
            Some(refusal) => Field::painted(Paint::Warn, refusal.to_string()),
        };
        table.row([
            seen.provider.as_str().into(),
            of(|offer| offer.name.clone()).into(),
            of(|offer| offer.runtime.clone()).into(),
            of(|offer| offer.price.hour().to_string()).into(),
            of(|offer| offer.price.cpu_second().to_string()).into(),
            of(|offer| offer.price.start().to_string()).into(),
            of(|offer| if offer.outbound { "offered" } else { "no" }.to_owned()).into(),
            verdict,
        ]);
    }
    out.table(&table);
    out.line(format!("{} offers in GLM, {hired} good enough", seen.len()));
}
