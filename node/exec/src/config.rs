//! What an operator writes about one vendor, and the check that turns it into something that can be called.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use reqwest::Url;
use serde::{Deserialize, Serialize};
use vantage_protocol::request::Adapter;
use vantage_protocol::target::{Dialect, VENDORS};

use crate::key::KeySource;
use crate::retry::Backoff;
use crate::secret::{Secret, looks_secret};

mod problem;

pub use problem::{ConfigError, ConfigProblem, NoEndpoint};

/// Highest budget of money, millionths of a US dollar: 100,000 dollars. A guess at what nobody means.
pub const MICROUSD_MAX: u64 = 100_000_000_000;

/// Highest price of a million tokens, millionths of a US dollar: 10,000 dollars. The dearest known model takes 600.
pub const PRICE_MAX: u64 = 10_000_000_000;

/// Highest budgets of calls, for one job and for one day. Guesses at what nobody means.
pub const JOB_CALLS_MAX: u64 = 1_000_000;
/// See [`JOB_CALLS_MAX`].
pub const DAY_CALLS_MAX: u64 = 10_000_000;

/// How targets of a simulated vendor begin.
pub const SIM_PREFIX: &str = "sim:";

/// The hosts that vendors' own names stand for, with their regional siblings such as `eu.api.openai.com`. Nobody else may
/// answer in their names.
const OWN_HOSTS: [(&str, &str); 3] = [
    ("openai", "api.openai.com"),
    ("anthropic", "api.anthropic.com"),
    ("gemini", "generativelanguage.googleapis.com"),
];

/// What the path of a compatible endpoint's base address does not end with, and what to write.
const ENDS: [(&str, &str); 7] = [
    ("/chat/completions", "leave off /chat/completions, which requests bring"),
    ("/chat", "leave off /chat, for requests bring /chat/completions"),
    ("/completions", "leave off /completions, for requests bring /chat/completions"),
    ("/responses", "leave off /responses, for requests bring /chat/completions"),
    ("/messages", "leave off /messages, for requests bring /chat/completions"),
    ("/embeddings", "leave off /embeddings, for requests bring /chat/completions"),
    (":generatecontent", "write the address of the compatible endpoint, such as https://host/v1beta/openai"),
];

/// One vendor, as it stands in the node's configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VendorConfig {
    /// The name jobs use: `openai`, `anthropic`, `gemini`, a compatible vendor's own name, or `sim:<name>` for a simulated
    /// one.
    pub target: String,
    /// Base address by region. A vendor's own is its host alone, `eu = "https://eu.api.openai.com"`: requests bring their
    /// path. A compatible endpoint's is what its `/chat/completions` follows, version included: `https://api.example/v1`.
    /// A vendor with one address for all has it written down for each region that this node may call it from.
    pub endpoints: BTreeMap<String, String>,
    /// Where the API key is: `{ env = "NAME" }`, `{ file = "/path" }` (mode 0600) or `"none"`.
    #[serde(default)]
    pub key: KeySource,
    /// Allows `http://` to hosts other than this machine: key, prompts and answers travel in clear.
    #[serde(default)]
    pub allow_plain_http: bool,
    /// Longest time to connect. Default 10 s, a guess: slow links need 3 s.
    #[serde(default = "connect_timeout_ms")]
    pub connect_timeout_ms: u64,
    /// Longest time for one attempt, answer included. Default 60 s, a guess: long answers take 30 s.
    #[serde(default = "timeout_ms")]
    pub timeout_ms: u64,
    /// Most attempts for one call. Default 4, a guess.
    #[serde(default = "attempts_max")]
    pub attempts_max: u32,
    /// First wait between attempts. Default 500 ms, as OpenAI's own clients.
    #[serde(default = "backoff_base_ms")]
    pub backoff_base_ms: u64,
    /// Longest wait of our own choosing. Default 8 s, as OpenAI's own clients.
    #[serde(default = "backoff_cap_ms")]
    pub backoff_cap_ms: u64,
    /// Longest `Retry-After` that is waited for. Default 60 s, the period of most rate limits.
    #[serde(default = "retry_after_max_ms")]
    pub retry_after_max_ms: u64,
    /// Most calls for one job, retries included, over all restarts. Default 1000, a guess.
    #[serde(default = "calls_max_per_job")]
    pub calls_max_per_job: u32,
    /// Most calls on one day (UTC), all jobs and retries included. Default: no limit but the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls_max_per_day: Option<u32>,
    /// Most that one job may cost here, millionths of a US dollar, over all restarts. Default: no limit but the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub microusd_max_per_job: Option<u64>,
    /// Most that one day (UTC) may cost here, millionths of a US dollar. Default: no limit but the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub microusd_max_per_day: Option<u64>,
    /// Prices by model, before those of any list: `"qwen-2.5" = { input = 200_000, output = 600_000 }`, millionths of a US
    /// dollar for a million tokens.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub prices: BTreeMap<String, Price>,
    /// Most calls at once. Default 2, a guess that stays below the limits of new accounts.
    #[serde(default = "concurrency_max")]
    pub concurrency_max: u32,
    /// Shortest time between the starts of two calls. Default 0.
    #[serde(default)]
    pub gap_ms: u64,
}

/// What a million tokens cost, millionths of a US dollar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Of requests.
    #[serde(deserialize_with = "problem::whole_price")]
    pub input: u64,
    /// Of answers.
    #[serde(deserialize_with = "problem::whole_price")]
    pub output: u64,
}

/// A configuration that passed the check, its key loaded.
#[derive(Clone)]
pub struct Vendor {
    config: VendorConfig,
    endpoints: BTreeMap<String, Url>,
    key: Option<Secret>,
    /// Parts of the endpoints' paths that may be secrets.
    parts: Vec<Secret>,
}

impl VendorConfig {
    /// Checks everything and loads the key. `allow_sim`: whether the network is a test network.
    pub fn check(self, allow_sim: bool) -> Result<Vendor, ConfigError> {
        let target = self.target.clone();
        self.checked(allow_sim).map_err(|problem| ConfigError { target, problem })
    }

    fn checked(self, allow_sim: bool) -> Result<Vendor, ConfigProblem> {
        let simulated = check_target(&self.target)?;
        if simulated && !allow_sim {
            return Err(ConfigProblem::SimOutsideTestnet);
        }
        self.check_numbers()?;
        if self.endpoints.is_empty() {
            return Err(ConfigProblem::NoEndpoints);
        }
        let mut endpoints = BTreeMap::new();
        for (region, address) in &self.endpoints {
            endpoints.insert(region.clone(), self.check_endpoint(region, address, simulated)?);
        }
        let key = self.key.load()?;
        let parts = endpoints.values().flat_map(secret_parts).filter_map(Secret::of_part);
        let parts = parts.collect();
        Ok(Vendor { config: self, endpoints, key, parts })
    }

    fn check_endpoint(&self, region: &str, address: &str, simulated: bool) -> Result<Url, ConfigProblem> {
        let in_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if region.is_empty() || region.len() > 32 || !region.bytes().all(in_name) {
            return Err(ConfigProblem::RegionName(region.to_owned()));
        }
        let region = region.to_owned();
        let url = match base_address(address) {
            Ok(url) => url,
            Err(reason) => return Err(ConfigProblem::Address { region, reason }),
        };
        let host = url.host_str().unwrap_or_default().to_owned();
        let loopback = is_loopback(&url);
        if simulated && !loopback {
            return Err(ConfigProblem::SimNotLoopback { region, host });
        }
        let own = OWN_HOSTS.iter().find(|(name, _)| *name == self.target).map(|(_, own)| *own);
        if let Some(own) = own.filter(|own| host != *own && !host.ends_with(&format!(".{own}"))) {
            return Err(ConfigProblem::NotItsOwn { region, host, own });
        }
        if let Some(reason) = self.wrong_path(&url) {
            return Err(ConfigProblem::Address { region, reason: reason.to_owned() });
        }
        if url.scheme() == "http" && !loopback && !self.allow_plain_http {
            return Err(ConfigProblem::PlainHttp { region, host });
        }
        Ok(url)
    }

    /// What the path of a base address has too much, for what requests bring of their own.
    fn wrong_path(&self, url: &Url) -> Option<&'static str> {
        let path = url.path().trim_end_matches('/').to_ascii_lowercase();
        if self.is_compatible() {
            let brings = |(end, _): &&(&str, &str)| path.ends_with(*end);
            ENDS.iter().find(brings).map(|(_, reason)| *reason)
        } else if self.target.starts_with(SIM_PREFIX) {
            None
        } else {
            (!path.is_empty())
                .then_some("leave off its path, requests to this vendor bring theirs with the version")
        }
    }

    fn check_numbers(&self) -> Result<(), ConfigProblem> {
        // Upper bounds are guesses at what nobody means; they keep a typing error from costing a day or a fortune.
        let ranges = [
            ("connect_timeout_ms", self.connect_timeout_ms, 1, 600_000),
            ("timeout_ms", self.timeout_ms, 1, 600_000),
            ("attempts_max", u64::from(self.attempts_max), 1, 10),
            ("backoff_base_ms", self.backoff_base_ms, 1, 600_000),
            ("backoff_cap_ms", self.backoff_cap_ms, self.backoff_base_ms, 3_600_000),
            ("retry_after_max_ms", self.retry_after_max_ms, 0, 3_600_000),
            ("calls_max_per_job", u64::from(self.calls_max_per_job), 1, JOB_CALLS_MAX),
            ("calls_max_per_day", self.calls_max_per_day.map_or(1, u64::from), 0, DAY_CALLS_MAX),
            ("microusd_max_per_job", self.microusd_max_per_job.unwrap_or(0), 0, MICROUSD_MAX),
            ("microusd_max_per_day", self.microusd_max_per_day.unwrap_or(0), 0, MICROUSD_MAX),
            ("prices", self.dearest(), 0, PRICE_MAX),
            ("concurrency_max", u64::from(self.concurrency_max), 1, 64),
            ("gap_ms", self.gap_ms, 0, 600_000),
        ];
        match ranges.into_iter().find(|(_, value, min, max)| value < min || value > max) {
            Some((field, value, min, max)) => Err(ConfigProblem::Range { field, value, min, max }),
            None => Ok(()),
        }
    }
}

impl VendorConfig {
    /// The highest price written down.
    fn dearest(&self) -> u64 {
        self.prices.values().map(|price| price.input.max(price.output)).max().unwrap_or(0)
    }

    /// The format that the vendor speaks.
    pub fn dialect(&self) -> Dialect {
        Dialect::of_vendor(self.target.strip_prefix(SIM_PREFIX).unwrap_or(&self.target))
    }

    /// Whether some endpoint is on another machine than this, or is no address at all.
    pub fn leaves_this_machine(&self) -> bool {
        self.endpoints.values().any(|address| Url::parse(address).map_or(true, |url| !is_loopback(&url)))
    }

    /// A model that is said to cost nothing at all, if there is one: a budget of money does not hold for it.
    pub fn free_model(&self) -> Option<&str> {
        let is_free = |price: &Price| price.input == 0 && price.output == 0;
        self.prices.iter().find(|(_, price)| is_free(price)).map(|(model, _)| model.as_str())
    }

    /// Whether it is an endpoint that speaks another vendor's format, under a name of the operator's.
    pub fn is_compatible(&self) -> bool {
        !self.target.starts_with(SIM_PREFIX) && !VENDORS.contains(&self.target.as_str())
    }
}

impl Vendor {
    /// The target's name.
    pub fn target(&self) -> &str {
        &self.config.target
    }

    /// Whether the vendor is simulated, which receipts say as surface `sim`.
    pub fn is_simulated(&self) -> bool {
        self.config.target.starts_with(SIM_PREFIX)
    }

    /// The format that the vendor speaks.
    pub fn dialect(&self) -> Dialect {
        self.config.dialect()
    }

    /// The adapter that its requests are made by, which says what the end of an answer means.
    pub fn adapter(&self) -> Adapter {
        match (self.dialect(), self.target().strip_prefix(SIM_PREFIX).unwrap_or(self.target())) {
            (Dialect::OpenAi, "openai") => Adapter::OpenAiChat,
            (Dialect::OpenAi, _) => Adapter::CompatibleChat,
            (Dialect::Anthropic, _) => Adapter::AnthropicMessages,
            (Dialect::Gemini, _) => Adapter::GeminiGenerate,
        }
    }

    /// The host that serves a region, if it is the vendor's own, which receipts may say.
    pub fn own_host(&self, region: &str) -> Option<&str> {
        OWN_HOSTS.iter().find(|(name, _)| *name == self.target())?;
        self.endpoints.get(region)?.host_str()
    }

    /// The configuration as it was checked.
    pub fn config(&self) -> &VendorConfig {
        &self.config
    }

    /// The regions with an endpoint.
    pub fn regions(&self) -> impl Iterator<Item = &str> {
        self.endpoints.keys().map(String::as_str)
    }

    /// Where a request with this path goes from a region: the path stands behind that of the base address, byte for byte,
    /// with one slash between them.
    pub fn address(&self, region: &str, path: &str) -> Result<Url, NoEndpoint> {
        let mut url = self.endpoint(region)?.clone();
        let whole = format!("{}{path}", url.path().trim_end_matches('/'));
        url.set_path(&whole);
        Ok(url)
    }

    /// The base address for a region: this one or none.
    pub fn endpoint(&self, region: &str) -> Result<&Url, NoEndpoint> {
        self.endpoints.get(region).ok_or_else(|| NoEndpoint {
            target: self.config.target.clone(),
            region: region.to_owned(),
            known: self.regions().collect::<Vec<_>>().join(", "),
        })
    }

    /// The base address for a region as it may be shown: what may be a secret in its path is `***`.
    pub fn shown_endpoint(&self, region: &str) -> Option<String> {
        let url = self.endpoints.get(region)?;
        let segment =
            |segment: &str| if looks_secret(segment) { "***".to_owned() } else { segment.to_owned() };
        let path: Vec<String> = url.path().split('/').map(segment).collect();
        Some(format!("{}{}", url.origin().ascii_serialization(), path.join("/")))
    }

    pub(crate) fn key(&self) -> Option<&Secret> {
        self.key.as_ref()
    }

    /// What is looked for in answers.
    pub(crate) fn secrets(&self) -> Vec<Secret> {
        self.key.iter().chain(&self.parts).cloned().collect()
    }

    pub(crate) fn uses_tls(&self) -> bool {
        self.endpoints.values().any(|url| url.scheme() == "https")
    }

    pub(crate) fn backoff(&self) -> Backoff {
        Backoff {
            base: Duration::from_millis(self.config.backoff_base_ms),
            cap: Duration::from_millis(self.config.backoff_cap_ms),
            retry_after_max: Duration::from_millis(self.config.retry_after_max_ms),
        }
    }
}

impl fmt::Debug for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoints: BTreeMap<_, _> =
            self.regions().map(|region| (region, self.shown_endpoint(region))).collect();
        f.debug_struct("Vendor")
            .field("target", &self.target())
            .field("endpoints", &endpoints)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// The segments of an address's path that may be secrets: a key, or an account's id that works like one.
fn secret_parts(url: &Url) -> impl Iterator<Item = &str> {
    url.path().split('/').filter(|segment| looks_secret(segment))
}

/// Whether the target is a simulated one, after a check of its name.
fn check_target(target: &str) -> Result<bool, ConfigProblem> {
    let (simulated, name) = match target.strip_prefix(SIM_PREFIX) {
        Some(name) => (true, name),
        None => (false, target),
    };
    let in_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    let starts_well = name.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit());
    if !starts_well || name.len() > 64 || !name.bytes().all(in_name) {
        return Err(ConfigProblem::TargetName);
    }
    Ok(simulated)
}

/// A base address, or what is wrong with it. The address may hold a password and is not quoted.
fn base_address(address: &str) -> Result<Url, String> {
    let url = Url::parse(address).map_err(|error| error.to_string())?;
    let reason = if !matches!(url.scheme(), "http" | "https") {
        "neither http nor https"
    } else if url.host_str().is_none_or(str::is_empty) {
        "no host"
    } else if !url.username().is_empty() || url.password().is_some() {
        "a user name or password in it: use key"
    } else if url.query().is_some() || url.fragment().is_some() {
        "a ? or # part"
    } else {
        return Ok(url);
    };
    Err(reason.to_owned())
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    // `localhost` is resolved to this machine by our own resolver, whatever the name service says.
    address.map_or(host == "localhost", |address| address.is_loopback())
}

fn connect_timeout_ms() -> u64 {
    10_000
}
fn timeout_ms() -> u64 {
    60_000
}
fn attempts_max() -> u32 {
    4
}
fn backoff_base_ms() -> u64 {
    500
}
fn backoff_cap_ms() -> u64 {
    8_000
}
fn retry_after_max_ms() -> u64 {
    60_000
}
fn calls_max_per_job() -> u32 {
    1_000
}
fn concurrency_max() -> u32 {
    2
}

#[cfg(test)]
mod tests;
