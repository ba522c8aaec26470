//! `vantage target`: the APIs that this node may call, and one real call to try one.

use super::args::{NodeArgs, TargetCommand, TargetProbeArgs};
use super::error::{CliError, CliResult};
use super::exit::Exit;
use super::render::{Out, Paint, Table};
use super::spending::dollars;
use super::{control, data, run, suite};
use std::collections::BTreeMap;
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::sync::Arc;
use vantage_api::output::{self, Limits, Price, Sampling, TargetOffered, TargetsListed, VendorConfigured};
use vantage_daemon::config::{self, Config};
use vantage_daemon::execution::{Probe, Probed, plain_suite};
use vantage_daemon::keys;
use vantage_daemon::ledger::vendor_name;
use vantage_daemon::ledger::{Known, Ledger, Purpose, today};
use vantage_daemon::lock::DataLock;
use vantage_daemon::store::Store;
use vantage_exec::{Tokens, Vendor, VendorClient};
use vantage_protocol::suite::Suite;
use vantage_protocol::target::{Dialect, Surface, Target};

/// How much of an answer, or of a response without one, is shown, characters.
const SHOWN_MAX: usize = 600;

/// Carries the command out.
pub(super) fn target(command: &TargetCommand, out: &mut Out) -> CliResult<Exit> {
    match command {
        TargetCommand::Probe(args) => probe(args, out),
        TargetCommand::List(args) => list(args, out),
    }
}

fn list(args: &NodeArgs, out: &mut Out) -> CliResult<Exit> {
    let config = load(&args.data)?;
    let offered = config.offers.targets.iter().filter(|offer| offer.target.surface() == Surface::Api);
    let offered: Vec<(&Target, Option<Known>)> =
        offered.map(|offer| (&offer.target, config.budget.prices.of(&offer.target, today()))).collect();
    if out.is_json() {
        let target = |(target, known): &(&Target, Option<Known>)| TargetOffered {
            target: (*target).clone(),
            price: known.as_ref().map(price),
        };
        out.object(&TargetsListed {
            vendors: config.vendors.iter().map(|vendor| configured(&config, vendor)).collect(),
            targets: offered.iter().map(target).collect(),
        });
        return Ok(Exit::Done);
    }
    if config.vendors.is_empty() {
        out.line(format!("no vendor is set up: there is no [[vendor]] in {}", config.file.display()));
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["vendor", "speaks", "region", "endpoint", "a job", "a day"]);
    for vendor in &config.vendors {
        let limits = &config.budget.limits;
        let (job, day) = (limits.job(Some(vendor.target())), limits.day(Some(vendor.target())));
        for (at, region) in vendor.regions().enumerate() {
            let first = |text: String| if at == 0 { text } else { String::new() };
            let endpoint = vendor.shown_endpoint(region).unwrap_or_default();
            table.row([
                first(vendor.target().to_owned()).into(),
                first(speaks(vendor.dialect()).to_owned()).into(),
                region.into(),
                endpoint.into(),
                first(limit(job)).into(),
                first(limit(day)).into(),
            ]);
        }
    }
    out.table(&table);
    if !offered.is_empty() {
        out.heading("offered, for a million tokens");
        let mut table = Table::new(&["target", "input", "output", "price by"]);
        for (target, known) in offered {
            let of = |pick: fn(&Known) -> u64| {
                known.as_ref().map_or("not known".to_owned(), |known| dollars(pick(known)))
            };
            let source = known.as_ref().map_or(String::new(), |known| known.source.clone());
            table.row([
                target.as_str().into(),
                of(|known| known.price.input).into(),
                of(|known| known.price.output).into(),
                source.into(),
            ]);
        }
        out.table(&table);
        out.line("prices age: check them against the vendor's own page");
    }
    Ok(Exit::Done)
}

fn probe(args: &TargetProbeArgs, out: &mut Out) -> CliResult<Exit> {
    let config = load(&args.data)?;
    let vendor = vendor_of(&config, &args.target)?;
    let region = region_of(args, &config, vendor)?;
    vendor.endpoint(&region).map_err(|error| {
        CliError::usage(error)
            .at(config.file.display())
            .advise("name a region that has an endpoint with --region")
    })?;
    let endpoint = vendor.shown_endpoint(&region).unwrap_or_default();
    let client = VendorClient::new(vendor.clone())
        .map_err(|error| CliError::failed(error).at("the HTTP client").advise("put right what is named"))?;
    let suite = args.suite.as_deref().map_or_else(|| Ok(plain_suite()), suite::read)?;
    let probe = Probe::new(&config.genesis.net(), args.target.clone(), &region, &suite).ok_or_else(|| {
        CliError::usage("a suite without a prompt asks nothing").at("--suite").advise("add one")
    })?;
    let desk = Desk::open(&config)?;
    let most = probe.most(&client).map_err(|error| CliError::failed(error).at("the request"))?;
    let known = desk.ledger.price(&args.target);
    if known.is_none() && config.budget.limits.need_price(vendor.target()) {
        return Err(unpriced(&config, &args.target));
    }
    let purse = desk.ledger.purse(&args.target, vendor.target(), Purpose::Probe);
    let plan = Plan { args, region: &region, endpoint, suite: &suite, most, known: &known };
    let most_microusd = purse.cost_microusd(most);
    if !out.is_json() {
        plan.print(most_microusd, out);
    }
    if !args.yes && !agreed()? {
        out.line("nothing was sent");
        return Ok(Exit::Failed);
    }
    let probed = control::block_on(async {
        probe.run(&client, purse).await.map_err(|why| {
            CliError::failed(why)
                .at("the ledger, or the request")
                .advise("nothing was sent unless it says so")
        })
    })?;
    let address =
        vendor.address(&region, &probe.request().path).map(|url| url.to_string()).unwrap_or_default();
    let advice = advice(vendor, &address, &suite, probed.receipt.status);
    let answered = probed.receipt.failure.is_none();
    if out.is_json() {
        out.object(&plan.probed(most_microusd, advice, probed));
    } else {
        print_probed(&probed, out);
        advice.iter().for_each(|advice| out.painted(Paint::Warn, "advice: ", advice));
    }
    Ok(if answered { Exit::Done } else { Exit::Failed })
}

/// A budget of money cannot tell what a call costs whose price is not known, so it lets none through.
fn unpriced(config: &Config, target: &Target) -> CliError {
    CliError::failed(format!("there is a budget of money, and no price of {target} is known: nothing was sent"))
        .at(config.file.display())
        .advise(format!(
            "write it into the vendor's table, as in prices = {{ {:?} = {{ input = 400_000, output = 1_600_000 }} }} \
             (millionths of a US dollar for a million tokens)",
            target.model()
        ))
}

/// What a probe needs of the data directory, which nobody else has meanwhile.
struct Desk {
    ledger: Arc<Ledger>,
    _lock: DataLock,
}

impl Desk {
    fn open(config: &Config) -> CliResult<Self> {
        let place = config.data.display();
        let refused = |error: &dyn std::fmt::Display| CliError::failed(error).at(&place);
        let lock = DataLock::take(&config.data).map_err(|error| {
            refused(&error).advise(
                "a probe is paid from the ledger, which one process has at a time: stop the node first",
            )
        })?;
        let wrong = |error: &dyn std::fmt::Display| refused(error).advise("put right what is named");
        let net = config.genesis.net();
        let mut identity = keys::load(&config.data, &config.genesis).map_err(|error| wrong(&error))?;
        let store = Store::open(&config.data, &net, &identity.node).map_err(|error| wrong(&error))?;
        identity.keep(&net).map_err(|error| wrong(&error))?;
        let budget = &config.budget;
        let ledger = Ledger::open(Arc::new(store), budget.limits.clone(), budget.prices.clone())
            .map_err(|error| wrong(&error))?;
        Ok(Self { ledger: Arc::new(ledger), _lock: lock })
    }
}

/// A call before it is made.
struct Plan<'a> {
    args: &'a TargetProbeArgs,
    region: &'a str,
    endpoint: String,
    suite: &'a Suite,
    most: Tokens,
    known: &'a Option<Known>,
}

impl Plan<'_> {
    fn print(&self, most_microusd: Option<u64>, out: &mut Out) {
        let price = self.known.as_ref().map_or("not known".to_owned(), |known| {
            let (input, output) = (dollars(known.price.input), dollars(known.price.output));
            format!("{input} in, {output} out for a million tokens, by {}", known.source)
        });
        let Tokens { input, output } = self.most;
        out.pairs(&[
            ("target", self.args.target.to_string()),
            ("region", self.region.to_owned()),
            ("endpoint", self.endpoint.clone()),
            ("asked with", suite::sampling(self.suite)),
            ("price", price),
            ("at most", format!("{input} tokens in, {output} out")),
            ("costs at most", most_microusd.map_or("not known".to_owned(), dollars)),
        ]);
    }

    fn probed(&self, most_microusd: Option<u64>, advice: Option<String>, probed: Probed) -> output::Probed {
        let text = |bytes: Option<Vec<u8>>| bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let Suite { tokens_max, temperature_milli, seed, .. } = *self.suite;
        output::Probed {
            target: self.args.target.clone(),
            region: self.region.to_owned(),
            endpoint: self.endpoint.clone(),
            sampling: Sampling { tokens_max, temperature_milli, seed },
            price: self.known.as_ref().map(price),
            most_microusd,
            advice,
            cost_microusd: probed.receipt.cost_microusd,
            request: probed.receipt.request,
            output: text(probed.output),
            response: text(probed.response),
            receipt: probed.receipt,
        }
    }
}

/// What to try next where the API's status hints at it.
fn advice(vendor: &Vendor, address: &str, suite: &Suite, status: Option<u16>) -> Option<String> {
    match status? {
        404 | 405 if vendor.config().is_compatible() => Some(format!(
            "{address} is not there, or there is no such model. A compatible endpoint's base address carries its version: \
             https://api.example/v1, https://api.example/api/paas/v4 or https://api.example/v1beta/openai"
        )),
        400 | 422 if suite.temperature_milli.is_some() => Some(
            "some models take no temperature but their own: leave temperature_milli out of the suite and none is sent"
                .to_owned(),
        ),
        _ => None,
    }
}

fn print_probed(probed: &Probed, out: &mut Out) {
    let receipt = &probed.receipt;
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
    let number = |n: Option<u32>| n.map_or("not told".to_owned(), |n| n.to_string());
    out.heading("as a receipt would have it");
    match &receipt.failure {
        None => out.painted(Paint::Good, "answered", ""),
        Some(failure) => out.painted(Paint::Bad, "failed: ", failure),
    }
    out.pairs(&[
        ("cost", receipt.cost_microusd.map_or("not known".to_owned(), dollars)),
        ("model id", or_none(&receipt.model)),
        ("request id", or_none(&receipt.request_id)),
        ("finish", or_none(&receipt.finish)),
        ("status", receipt.status.map_or("none".to_owned(), |status| status.to_string())),
        ("said by code", codes(&receipt.codes)),
        ("attempts", receipt.attempts.to_string()),
        ("tokens", format!("{} in, {} out", number(receipt.input_tokens), number(receipt.output_tokens))),
        ("host told", or_none(&receipt.endpoint)),
        ("request", receipt.request.to_string()),
    ]);
    for (heading, kept) in
        [("codes of the error", &receipt.codes), ("headers that are kept", &receipt.headers)]
    {
        if !kept.is_empty() {
            out.heading(heading);
            let pairs: Vec<(&str, String)> =
                kept.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
            out.pairs(&pairs);
        }
    }
    let (what, bytes) = match &probed.output {
        Some(output) => ("answer", Some(output)),
        None => ("response", probed.response.as_ref()),
    };
    if let Some(bytes) = bytes {
        out.heading(what);
        out.line(String::from_utf8_lossy(bytes).chars().take(SHOWN_MAX).collect::<String>());
    }
}

/// What an error says in its code fields.
fn codes(codes: &BTreeMap<String, String>) -> String {
    let said: Vec<String> = codes.iter().map(|(field, code)| format!("{field} {code}")).collect();
    if said.is_empty() { "nothing".to_owned() } else { said.join(", ") }
}

pub(super) fn load(arg: &super::args::DataArg) -> CliResult<Config> {
    let mut config = Config::load(&data::dir(arg)?.join(config::FILE)).map_err(run::wrong)?;
    if let Some(dir) = &arg.dir {
        config.data = dir.clone();
    }
    Ok(config)
}

fn vendor_of<'a>(config: &'a Config, target: &Target) -> CliResult<&'a Vendor> {
    if target.surface() == Surface::Open {
        return Err(CliError::usage(format!("{target} is run on this machine and costs nothing"))
            .at("TARGET")
            .advise("`vantage model list` shows the open models"));
    }
    if target.surface() == Surface::Golem {
        return Err(CliError::usage(format!(
            "{target} is run by a provider of the Golem Network, not by a vendor"
        ))
        .at("TARGET")
        .advise("`vantage golem offers` shows who would run it, and for how much"));
    }
    let name = vendor_name(target);
    config.vendors.iter().find(|vendor| vendor.target() == name).ok_or_else(|| {
        CliError::usage(format!("{target} is not set up: there is no [[vendor]] with target = {name:?}"))
            .at(config.file.display())
            .advise("add the table; the configuration that `vantage init` writes shows one")
    })
}

fn region_of(args: &TargetProbeArgs, config: &Config, vendor: &Vendor) -> CliResult<String> {
    if let Some(region) = args.region.as_ref().or(config.region.as_ref()) {
        return Ok(region.clone());
    }
    let regions: Vec<&str> = vendor.regions().collect();
    match regions[..] {
        [only] => Ok(only.to_owned()),
        _ => Err(CliError::usage("which region's endpoint is to be called?")
            .at("--region")
            .advise(format!("name one of: {}", regions.join(", ")))),
    }
}

/// Asks for a yes on the terminal.
fn agreed() -> CliResult<bool> {
    if !std::io::stdin().is_terminal() {
        return Err(CliError::usage("nobody is there to agree to the cost")
            .at("standard input")
            .advise("add --yes to send the call without asking"));
    }
    // Nobody reading the question will not answer it either.
    let _ = write!(std::io::stderr(), "Send it? [y/N] ");
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    Ok(read.is_ok() && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

fn speaks(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::OpenAi => "chat completions",
        Dialect::Anthropic => "messages",
        Dialect::Gemini => "generateContent",
    }
}

fn limit(limit: vantage_daemon::ledger::Limit) -> String {
    let calls = limit.calls_max.map(|max| format!("{max} calls"));
    let money = limit.microusd_max.map(dollars);
    let parts: Vec<String> = [calls, money].into_iter().flatten().collect();
    if parts.is_empty() { "no limit".to_owned() } else { parts.join(", ") }
}

fn price(known: &Known) -> Price {
    Price { input: known.price.input, output: known.price.output, source: known.source.clone() }
}

fn configured(config: &Config, vendor: &Vendor) -> VendorConfigured {
    let limits = &config.budget.limits;
    let limit = |limit: vantage_daemon::ledger::Limit| Limits {
        calls_max: limit.calls_max,
        microusd_max: limit.microusd_max,
    };
    let endpoint = |region: &str| Some((region.to_owned(), vendor.shown_endpoint(region)?));
    VendorConfigured {
        vendor: vendor.target().to_owned(),
        speaks: speaks(vendor.dialect()).to_owned(),
        simulated: vendor.is_simulated(),
        endpoints: vendor.regions().filter_map(endpoint).collect(),
        job: limit(limits.job(Some(vendor.target()))),
        day: limit(limits.day(Some(vendor.target()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_by_its_codes() {
        let said = [("type", "invalid_request_error"), ("code", "unsupported_value")];
        let said = said.map(|(field, code)| (field.to_owned(), code.to_owned())).into();
        assert_eq!(codes(&said), "code unsupported_value, type invalid_request_error");
        assert_eq!(codes(&BTreeMap::new()), "nothing");
    }
}
