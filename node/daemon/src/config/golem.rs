//! `[golem]`: the operator's yagna daemon, what is rented, and what it may cost.

use super::ConfigError;
use crate::ledger::GlmLimits;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::Duration;
use vantage_exec::KeySource;
use vantage_golem::{
    AppKey, Caps, Daemon, Image, Landmark, Nano, Order, RUNTIME_SIM, RUNTIME_VM, Times, is_plain_name,
};
use vantage_runner::is_landmark_url;

/// Most GiB or threads that may be demanded; more is a typing error.
const DEMAND_MAX: u32 = 256;
/// Longest of the times, seconds: a day; more is a typing error.
const TIME_S_MAX: u64 = 86_400;
/// Threads that are demanded: the runner uses one.
const THREADS: u32 = 1;
/// Most landmarks, and the longest name of one or of its region, bytes: each receipt of a slot repeats them, and has 2 KiB.
pub(crate) const LANDMARKS_MAX: usize = 4;
pub(crate) const NAME_BYTES_MAX: usize = 24;
/// How long ending agreements and giving money back may take beside the wait for the last invoice, seconds. A guess: a
/// daemon that lives answers in one.
const END_S_MAX: u64 = 30;

/// `[golem]`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawGolem {
    /// Address of the daemon.
    #[serde(default = "daemon")]
    pub daemon: String,
    /// The daemon may be another machine that is reached by http://.
    #[serde(default)]
    pub allow_plain_http: bool,
    /// Where its app-key is.
    #[serde(default)]
    pub app_key: KeySource,
    /// Payment platform.
    pub platform: String,
    /// Part of the market.
    #[serde(default = "subnet")]
    pub subnet: String,
    /// Runtime of offers.
    #[serde(default = "runtime")]
    pub runtime: String,
    /// Where providers fetch the task image.
    pub image_url: String,
    /// SHA3-224 of the task image.
    pub image_sha3_224: String,
    /// Models in the task image.
    pub models: Vec<String>,
    /// Where round trips from inside are measured to.
    #[serde(default)]
    pub landmarks: Vec<RawLandmark>,
    /// Least memory.
    #[serde(default = "gib")]
    pub mem_gib_min: u32,
    /// Least disk.
    #[serde(default = "gib")]
    pub storage_gib_min: u32,
    /// Most GLM for one job.
    pub glm_max_per_job: String,
    /// Most GLM on one day, UTC.
    pub glm_max_per_day: String,
    /// Most GLM that an offer may ask for an hour.
    #[serde(default = "hour")]
    pub hour_glm_max: String,
    /// Most GLM that an offer may ask for a processor's second.
    #[serde(default = "cpu_second")]
    pub cpu_second_glm_max: String,
    /// Most GLM that an offer may ask for starting.
    #[serde(default = "zero")]
    pub start_glm_max: String,
    /// Longest search for a provider, seconds.
    #[serde(default = "hire_s")]
    pub hire_s_max: u64,
    /// Longest fetching and starting of the image, seconds.
    #[serde(default = "start_s")]
    pub start_s_max: u64,
    /// Longest run of one cell, seconds.
    #[serde(default = "command_s")]
    pub command_s_max: u64,
    /// Longest agreement, seconds.
    #[serde(default = "rent_s")]
    pub rent_s_max: u64,
    /// Longest wait for the last invoice, seconds.
    #[serde(default = "invoice_s")]
    pub invoice_s_max: u64,
}

/// One of `landmarks`
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawLandmark {
    /// Its name in receipts.
    pub name: String,
    /// Where it stands, by the operator's word.
    pub region: String,
    /// Plain HTTP address.
    pub url: String,
}

/// Golem, checked.
#[derive(Clone, Debug)]
pub struct Golem {
    /// The operator's daemon, app-key loaded.
    pub daemon: Daemon,
    /// What is rented.
    pub order: Order,
    /// Models in the image.
    pub models: Vec<String>,
    /// How long things may take.
    pub times: Times,
    /// What it may cost.
    pub limits: GlmLimits,
}

impl Golem {
    /// The longest that a session may take to end; what remains is ended later.
    pub fn close_max(&self) -> Duration {
        self.times.invoice + Duration::from_secs(END_S_MAX)
    }
}

impl RawGolem {
    /// Checks everything and loads the app-key. A simulated runtime is refused unless `allow_sim`.
    pub(super) fn check(&self, allow_sim: bool, file: &Path) -> Result<Golem, ConfigError> {
        let table = Table { raw: self, file };
        let order = table.order(allow_sim)?;
        if self.models.is_empty() || self.models.iter().any(|model| !is_plain_name(model)) {
            let help = "name the models that are in the image, as in models = [\"smollm2-135m\"]";
            return table.wrong("models", format!("{:?} names no model", self.models), help);
        }
        let limits = table.limits()?;
        let times = table.times()?;
        let daemon = table.daemon()?;
        Ok(Golem { daemon, order, models: self.models.clone(), times, limits })
    }
}

/// The table, and the file that it stands in.
struct Table<'a> {
    raw: &'a RawGolem,
    file: &'a Path,
}

impl Table<'_> {
    fn wrong<T>(&self, key: &str, what: impl ToString, help: impl ToString) -> Result<T, ConfigError> {
        Err(ConfigError::key(self.file, &format!("golem.{key}"), what, help))
    }

    fn order(&self, allow_sim: bool) -> Result<Order, ConfigError> {
        let raw = self.raw;
        for (key, name) in [("subnet", &raw.subnet), ("runtime", &raw.runtime), ("platform", &raw.platform)] {
            if !is_plain_name(name) {
                return self.wrong(key, format!("{name:?} is no name"), "use letters, digits, -, . and _");
            }
        }
        match raw.runtime.as_str() {
            RUNTIME_VM => {}
            RUNTIME_SIM if allow_sim => {}
            RUNTIME_SIM => {
                let help =
                    format!("set allow_sim = true (in a test network), or use runtime = {RUNTIME_VM:?}");
                return self.wrong("runtime", format!("{RUNTIME_SIM:?} is simulated"), help);
            }
            other => {
                let what = format!("{other:?} is not a runtime that the task image runs in");
                return self.wrong("runtime", what, format!("use {RUNTIME_VM:?}, or leave it out"));
            }
        }
        let caps = Caps {
            hour: self.amount("hour_glm_max", &raw.hour_glm_max)?,
            cpu_second: self.amount("cpu_second_glm_max", &raw.cpu_second_glm_max)?,
            start: self.amount("start_glm_max", &raw.start_glm_max)?,
        };
        for (key, gib) in [("mem_gib_min", raw.mem_gib_min), ("storage_gib_min", raw.storage_gib_min)] {
            if !(1..=DEMAND_MAX).contains(&gib) {
                return self.wrong(key, format!("{gib} GiB cannot be"), format!("from 1 to {DEMAND_MAX}"));
            }
        }
        Ok(Order {
            runtime: raw.runtime.clone(),
            subnet: raw.subnet.clone(),
            image: self.image()?,
            platform: raw.platform.clone(),
            mem_gib: raw.mem_gib_min,
            storage_gib: raw.storage_gib_min,
            threads: THREADS,
            caps,
            landmarks: self.landmarks()?,
        })
    }

    fn landmarks(&self) -> Result<Vec<Landmark>, ConfigError> {
        const KEY: &str = "landmarks";
        let raw = &self.raw.landmarks;
        if raw.len() > LANDMARKS_MAX {
            return self.wrong(KEY, format!("{} of them", raw.len()), format!("at most {LANDMARKS_MAX}"));
        }
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
        let is_name = |name: &str| (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(plain);
        let mut found: Vec<Landmark> = Vec::new();
        for RawLandmark { name, region, url } in raw {
            if let Some(bad) = [name, region].into_iter().find(|name| !is_name(name)) {
                return self.wrong(KEY, format!("{bad:?} is no name"), "use a-z, 0-9, -, _ and .");
            }
            if found.iter().any(|landmark| landmark.name == *name) {
                return self.wrong(
                    KEY,
                    format!("{name:?} stands there twice"),
                    "each needs a name of its own",
                );
            }
            if !is_landmark_url(url) {
                let help = "the task image speaks plain HTTP alone: http://host/ or http://host:port/path";
                return self.wrong(KEY, format!("the url of {name:?} is no such address"), help);
            }
            found.push(Landmark { name: name.clone(), region: region.clone(), url: url.clone() });
        }
        Ok(found)
    }

    fn image(&self) -> Result<Image, ConfigError> {
        let (url, hash) = (&self.raw.image_url, &self.raw.image_sha3_224);
        let is_web = url.starts_with("http://") || url.starts_with("https://");
        if !is_web || url.len() > 512 || !url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'@') {
            let help = "providers fetch the image from there, and everybody can read it in receipts: an http or https \
                        address without user name and password";
            return self.wrong("image_url", "is no such address", help);
        }
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if hash.len() != 56 || !hash.bytes().all(is_hex) {
            let help = "56 lower-case hex digits: the SHA3-224 of the .gvmi file";
            return self.wrong("image_sha3_224", format!("{hash:?} is no such hash"), help);
        }
        Ok(Image { url: url.clone(), sha3_224: hash.clone() })
    }

    fn amount(&self, key: &str, text: &str) -> Result<Nano, ConfigError> {
        text.parse().or_else(|error| self.wrong(key, error, "correct it"))
    }

    fn limits(&self) -> Result<GlmLimits, ConfigError> {
        let mut limits = [Nano::ZERO; 2];
        let texts =
            [("glm_max_per_job", &self.raw.glm_max_per_job), ("glm_max_per_day", &self.raw.glm_max_per_day)];
        for (limit, (key, text)) in limits.iter_mut().zip(texts) {
            *limit = self.amount(key, text)?;
            if *limit == Nano::ZERO {
                let help = "set it, such as \"0.5\", or remove the table";
                return self.wrong(key, "is zero: nothing may be spent", help);
            }
        }
        let [job, day] = limits;
        Ok(GlmLimits { job, day })
    }

    fn times(&self) -> Result<Times, ConfigError> {
        let time = |key: &str, seconds: u64| {
            if !(1..=TIME_S_MAX).contains(&seconds) {
                return self.wrong(key, format!("{seconds} cannot be"), format!("from 1 to {TIME_S_MAX}"));
            }
            Ok(Duration::from_secs(seconds))
        };
        Ok(Times {
            hire: time("hire_s_max", self.raw.hire_s_max)?,
            start: time("start_s_max", self.raw.start_s_max)?,
            command: time("command_s_max", self.raw.command_s_max)?,
            rent: time("rent_s_max", self.raw.rent_s_max)?,
            invoice: time("invoice_s_max", self.raw.invoice_s_max)?,
        })
    }

    fn daemon(&self) -> Result<Daemon, ConfigError> {
        const HELP: &str = "write app_key = { env = \"YAGNA_APPKEY\" } or { file = \"/absolute/path\" }; \
                            `yagna app-key list` shows the key";
        let key = match self.raw.app_key.load() {
            Ok(Some(secret)) => match AppKey::new(secret.expose()) {
                Ok(key) => key,
                Err(error) => return self.wrong("app_key", error, HELP),
            },
            Ok(None) => return self.wrong("app_key", "is missing", HELP),
            Err(error) => return self.wrong("app_key", error, HELP),
        };
        let daemon = match Daemon::new(&self.raw.daemon, &key) {
            Ok(daemon) => daemon,
            Err(error) => return self.wrong("daemon", error, "it is YAGNA_API_URL of the daemon"),
        };
        if daemon.is_in_clear() && !self.raw.allow_plain_http {
            let what = format!("{} is another machine, reached without encryption", daemon.address());
            let help = "use https://, or write allow_plain_http = true if the app-key may travel in clear: whoever \
                        reads it can spend the money";
            return self.wrong("daemon", what, help);
        }
        Ok(daemon)
    }
}

fn daemon() -> String {
    "http://127.0.0.1:7465".to_owned()
}

fn subnet() -> String {
    "public".to_owned()
}

fn runtime() -> String {
    RUNTIME_VM.to_owned()
}

fn gib() -> u32 {
    2
}

fn hour() -> String {
    "0.5".to_owned()
}

fn cpu_second() -> String {
    "0.0001".to_owned()
}

fn zero() -> String {
    "0".to_owned()
}

fn hire_s() -> u64 {
    120
}

fn start_s() -> u64 {
    300
}

fn command_s() -> u64 {
    120
}

fn rent_s() -> u64 {
    1800
}

fn invoice_s() -> u64 {
    60
}
