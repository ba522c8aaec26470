//! The configuration after every check that needs no keys and no network.

use super::error::ConfigError;
use super::golem::Golem;
use super::offers::Offers;
use super::upkeep::{Disk, Keep, Log};
use super::{MODELS_VAR, raw};
use crate::environment;
use crate::ledger::{Limit, Limits, Prices, today, vendor_name};
use crate::policy::Policy;
use crate::{plain_file, text_file};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use vantage_exec::{
    DAY_CALLS_MAX, JOB_CALLS_MAX, KeySource, MICROUSD_MAX, SIM_PREFIX, Vendor, VendorConfig, shown,
};
use vantage_net::{Multiaddr, Role};
use vantage_protocol::genesis::Genesis;
use vantage_protocol::id::NodeId;
use vantage_protocol::params::NAME_BYTES_MAX;
use vantage_protocol::target::Surface;

/// Longest file that is read, bytes: a genesis may have 64 KiB in its shorter form.
const FILE_BYTES_MAX: u64 = 256 * 1024;
/// Longest pause between two cells, milliseconds; more is a typing error.
const GAP_MS_MAX: u64 = 3_600_000;

/// What a node runs with.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file that it comes from.
    pub file: PathBuf,
    /// Where the node keeps everything.
    pub data: PathBuf,
    /// The network.
    pub genesis: Genesis,
    /// Where a volunteer says it stands, or what a member's operator expects the genesis to say.
    pub region: Option<String>,
    /// Addresses.
    pub net: Net,
    /// What the node runs for others.
    pub offers: Offers,
    /// Directory of models.
    pub models: PathBuf,
    /// How slots are run.
    pub execution: Execution,
    /// APIs that the node may call, keys loaded.
    pub vendors: Vec<Vendor>,
    /// The Golem Network; none: the node rents nothing.
    pub golem: Option<Golem>,
    /// Address for health and metrics; none: nothing is served.
    pub metrics: Option<SocketAddr>,
    /// What calls may cost.
    pub budget: Budget,
    /// How open models are run.
    pub runner: RunnerCommand,
    /// What the node logs, and where.
    pub log: Log,
    /// How much space is left free.
    pub disk: Disk,
    /// What is kept for how long.
    pub keep: Keep,
    /// What the node takes on.
    pub policy: Policy,
}

/// Addresses of the node and of others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Net {
    /// Addresses to listen on.
    pub listen: Vec<Multiaddr>,
    /// Addresses under which others reach the node.
    pub external: Vec<Multiaddr>,
    /// Entry points.
    pub bootstrap: Vec<Multiaddr>,
    /// Let private addresses be dialled and published.
    pub allow_private: bool,
}

/// What calls may cost, and how that is told beforehand.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Budget {
    /// Of each vendor and of all together.
    pub limits: Limits,
    /// What models cost.
    pub prices: Prices,
}

/// How slots are run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Execution {
    /// Pause between two cells of a slot, milliseconds.
    pub gap_ms: u64,
}

/// The program that runs an open model in a process of its own: it must call [`vantage_runner::serve`] on its standard
/// streams. The file cannot name it; by default it is this program with the argument `runner`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunnerCommand {
    /// The program; none means this one.
    pub program: Option<PathBuf>,
    /// Its arguments.
    pub args: Vec<String>,
}

impl Default for RunnerCommand {
    fn default() -> Self {
        Self { program: None, args: vec!["runner".to_owned()] }
    }
}

impl Config {
    /// Reads and checks a file and the genesis that it names.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let text = read(file, "make one with `vantage init`, or name another with --config")?;
        let raw = raw::Config::parse(file, &text)?;
        let vendors = raw.vendors.clone();
        let config = Self::check(raw, file)?;
        match vendors.iter().find_map(|vendor| uncapped(vendor, &config.budget.limits)) {
            Some(Uncapped { key, what, help }) => Err(ConfigError::key(file, key, what, help)),
            None => Ok(config),
        }
    }

    /// Checks what the file says, but for caps of money, which `doctor` tells by themselves. Relative paths begin at the
    /// file's directory.
    pub fn check(raw: raw::Config, file: &Path) -> Result<Self, ConfigError> {
        let base = file.parent().unwrap_or(Path::new("."));
        let genesis = load_genesis(&base.join(&raw.genesis), file)?;
        let checker = Checker { file, genesis: &genesis, allow_sim: raw.allow_sim };
        checker.sim()?;
        checker.region(raw.region.as_deref())?;
        let metrics = raw.metrics.check(file)?;
        let net = checker.net(&raw.net, metrics)?;
        if raw.execution.gap_ms > GAP_MS_MAX {
            return Err(ConfigError::key(
                file,
                "execution.gap_ms",
                format!("{} is more than an hour", raw.execution.gap_ms),
                format!("at most {GAP_MS_MAX}"),
            ));
        }
        let vendors = checker.vendors(&raw.vendors)?;
        let region = raw.region.as_deref();
        let golem = raw.golem.as_ref().map(|golem| golem.check(raw.allow_sim, file)).transpose()?;
        let offers = checker.offers(&raw.offers, &vendors, golem.as_ref(), region)?;
        let budget = checker.budget(&raw, base)?;
        checker.priced(&offers, &budget)?;
        Ok(Self {
            data: raw.data.map_or_else(|| base.to_owned(), |data| base.join(data)),
            file: file.to_owned(),
            region: raw.region,
            net,
            offers,
            models: raw.open.models.map_or_else(default_models, |models| base.join(models)),
            execution: Execution { gap_ms: raw.execution.gap_ms },
            vendors,
            golem,
            metrics,
            budget,
            runner: RunnerCommand::default(),
            log: raw.log.check(base, file)?,
            disk: raw.disk,
            keep: raw.keep.check(file)?,
            policy: raw.policy.check(file)?,
            genesis,
        })
    }

    /// What the genesis makes of a node.
    pub fn role(&self, node: &NodeId) -> Role {
        if self.genesis.member(node).is_some() { Role::Member } else { Role::Volunteer }
    }

    /// The region that a node declares; none if it offers nothing. The error is of the configuration: a member's
    /// region is what the genesis vouches for.
    pub fn region_of(&self, node: &NodeId) -> Result<Option<String>, ConfigError> {
        let vouched = self.genesis.member(node).map(|member| member.region.as_str());
        match (vouched, self.region.as_deref()) {
            (Some(vouched), Some(written)) if vouched != written => Err(ConfigError::key(
                &self.file,
                "region",
                format!("is {}, but the genesis says that this member stands in {vouched:?}", shown(written)),
                "leave it out, or correct it",
            )),
            (vouched, written) => Ok(vouched.or(written).map(str::to_owned)),
        }
    }
}

/// The directory of models where the configuration names none: `$VANTAGE_MODELS`, else `~/.cache/vantage/models`.
pub fn default_models() -> PathBuf {
    environment::set(MODELS_VAR).map(PathBuf::from).unwrap_or_else(|| {
        environment::home()
            .unwrap_or_else(|| PathBuf::from("."))
            .join(".cache")
            .join("vantage")
            .join("models")
    })
}

/// Reads and checks a genesis; `named_by` is the configuration that names it.
fn load_genesis(path: &Path, named_by: &Path) -> Result<Genesis, ConfigError> {
    let help = format!("set genesis in {} to the network's genesis file", named_by.display());
    let text = read(path, &help)?;
    Genesis::from_toml(&text).map_err(|error| ConfigError {
        file: path.to_owned(),
        line: None,
        key: None,
        what: error.to_string(),
        help: "get the genesis anew from the network's founders; its hash names the network".to_owned(),
    })
}

fn read(path: &Path, help: &str) -> Result<String, ConfigError> {
    let wrong = |what: String| ConfigError {
        file: path.to_owned(),
        line: None,
        key: None,
        what,
        help: help.to_owned(),
    };
    let bytes = plain_file::read(path, FILE_BYTES_MAX)
        .map_err(|error| ConfigError::unreadable(path, &error, help))?;
    text_file::read(bytes).map_err(|error| wrong(error.to_string()))
}

/// What the checks need to know.
pub(super) struct Checker<'a> {
    file: &'a Path,
    genesis: &'a Genesis,
    pub(super) allow_sim: bool,
}

impl Checker<'_> {
    pub(super) fn wrong<T>(
        &self,
        key: &str,
        what: impl ToString,
        help: impl ToString,
    ) -> Result<T, ConfigError> {
        Err(ConfigError::key(self.file, key, what, help))
    }

    fn sim(&self) -> Result<(), ConfigError> {
        if self.allow_sim && !self.genesis.test {
            let what = format!("is true, but {:?} is not a test network", self.genesis.name);
            return self.wrong("allow_sim", what, "remove it: simulated targets exist in test networks only");
        }
        Ok(())
    }

    fn region(&self, region: Option<&str>) -> Result<(), ConfigError> {
        let Some(region) = region else { return Ok(()) };
        let in_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if region.is_empty() || region.len() > NAME_BYTES_MAX || !region.bytes().all(in_name) {
            return self.wrong(
                "region",
                format!("{} is no name of a region", shown(region)),
                "use a-z, 0-9 and -",
            );
        }
        Ok(())
    }

    fn vendors(&self, vendors: &[VendorConfig]) -> Result<Vec<Vendor>, ConfigError> {
        let mut seen = BTreeSet::new();
        let mut checked = Vec::new();
        for vendor in vendors {
            if !seen.insert(&vendor.target) {
                let what = format!("{} stands twice", shown(&vendor.target));
                return self.wrong("vendor.target", what, "keep one table for each vendor");
            }
            let sim = vendor.target.starts_with(SIM_PREFIX);
            if sim && !self.allow_sim {
                let what = format!("{} is simulated", shown(&vendor.target));
                return self.wrong("vendor", what, "set allow_sim = true (in a test network), or remove it");
            }
            match vendor.clone().check(self.allow_sim) {
                Ok(vendor) => checked.push(vendor),
                Err(error) => return self.wrong("vendor", error, "correct this [[vendor]] table"),
            }
        }
        Ok(checked)
    }

    fn budget(&self, raw: &raw::Config, base: &Path) -> Result<Budget, ConfigError> {
        const HELP: &str = "correct the list; docs/OPERATING.md shows its form";
        let budget = &raw.budget;
        for (key, found, max) in [
            ("budget.calls_max_per_day", budget.calls_max_per_day, DAY_CALLS_MAX),
            ("budget.calls_max_per_job", budget.calls_max_per_job, JOB_CALLS_MAX),
            ("budget.microusd_max_per_day", budget.microusd_max_per_day, MICROUSD_MAX),
            ("budget.microusd_max_per_job", budget.microusd_max_per_job, MICROUSD_MAX),
        ] {
            if let Some(found) = found.filter(|found| *found > max) {
                return self.wrong(
                    key,
                    format!("{found} is more than anybody means"),
                    format!("at most {max}"),
                );
            }
        }
        let day = Limit { calls_max: budget.calls_max_per_day, microusd_max: budget.microusd_max_per_day };
        let job = Limit { calls_max: budget.calls_max_per_job, microusd_max: budget.microusd_max_per_job };
        let path = budget.prices.as_ref().map(|path| base.join(path));
        let text = match &path {
            Some(path) => Some(read(path, "let [budget] prices name a list of prices, or leave it out")?),
            None => None,
        };
        let named = path.as_deref().zip(text.as_deref());
        match Prices::new(&raw.vendors, named) {
            Ok(prices) => Ok(Budget { limits: Limits::new(day, job, &raw.vendors), prices }),
            Err(error) => self.wrong("budget.prices", error, HELP),
        }
    }

    /// A budget of money holds only for what has a price.
    fn priced(&self, offers: &Offers, budget: &Budget) -> Result<(), ConfigError> {
        let api = offers.targets.iter().map(|offer| &offer.target).filter(|t| t.surface() == Surface::Api);
        for target in api {
            let vendor = vendor_name(target);
            if budget.limits.need_price(vendor) && budget.prices.of(target, today()).is_none() {
                let model = target.model();
                let what =
                    format!("{target} is offered under a budget of money, and no price of it is known");
                let help = format!(
                    "write it into the vendor's table, as in prices = {{ {model:?} = {{ input = 400_000, output = \
                     1_600_000 }} }} (millionths of a US dollar for a million tokens), or name a list with [budget] prices"
                );
                return self.wrong("offers.targets", what, help);
            }
        }
        Ok(())
    }
}

/// A vendor whose cost on one day nothing limits.
pub struct Uncapped {
    /// The key that is missing.
    pub key: &'static str,
    /// What is wrong.
    pub what: String,
    /// The line to write.
    pub help: &'static str,
}

/// Whether nothing limits what a vendor may cost on one day. Whoever has a key can run up a bill, and so can whoever is
/// known by an address or by a part of the endpoint's path. A server of one's own on this machine that wants no key charges
/// nobody, and neither does a simulated vendor. A cap of money holds for what has a price: where that is 0, calls are
/// counted instead.
pub fn uncapped(vendor: &VendorConfig, limits: &Limits) -> Option<Uncapped> {
    let may_charge = (vendor.key != KeySource::None || vendor.leaves_this_machine())
        && !vendor.target.starts_with(SIM_PREFIX);
    let days = [limits.day(Some(&vendor.target)), limits.day(None)];
    let name = shown(&vendor.target);
    if !may_charge {
        return None;
    }
    if days.iter().all(|day| day.microusd_max.is_none()) {
        return Some(Uncapped {
            key: "vendor.microusd_max_per_day",
            what: format!("{name} may charge somebody, and nothing limits what it may cost on one day"),
            help: "add the line microusd_max_per_day = 2_000_000 to its [[vendor]] table ($2 a day, in millionths of a US \
                   dollar), or to [budget] for all vendors together",
        });
    }
    let free = vendor.free_model().filter(|_| days.iter().all(|day| day.calls_max.is_none()))?;
    Some(Uncapped {
        key: "vendor.calls_max_per_day",
        what: format!(
            "{name} may charge somebody, and the price 0 for {} makes its cap of money void",
            shown(free)
        ),
        help: "write its price, or add the line calls_max_per_day = 1_000 to its [[vendor]] table",
    })
}
