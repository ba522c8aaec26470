//! A real client against a real server on loopback, in each dialect.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tokio_util::sync::CancellationToken;
use vantage_exec::{
    Allowance, Call, Charge, Evidence, KeySource, Meter, MeterError, Pending, Ticket, Tokens, VendorClient,
    VendorConfig,
};
use vantage_protocol::target::Dialect;
use vantage_testnet::vendors::{Fault, SIM_KEY, SimConfig, SimVendor};

/// All dialects.
pub const DIALECTS: [Dialect; 3] = [Dialect::OpenAi, Dialect::Anthropic, Dialect::Gemini];

/// A simulated vendor, a client with quick retries, and the record of its calls.
pub struct Bench {
    pub dialect: Dialect,
    pub sim: SimVendor,
    pub client: VendorClient,
    pub tally: Arc<Tally>,
    _key_dir: tempfile::TempDir,
}

/// Keeps account in memory, as the ledger does on disk.
#[derive(Debug)]
pub struct Tally {
    calls_max: u64,
    calls: Mutex<Vec<Option<Charge>>>,
}

impl Tally {
    pub fn new(calls_max: u64) -> Arc<Self> {
        Arc::new(Self { calls_max, calls: Mutex::default() })
    }

    /// Calls let through.
    pub fn calls(&self) -> u64 {
        self.calls.lock().unwrap().len() as u64
    }

    /// What each call was charged for, if it is settled.
    pub fn charges(&self) -> Vec<Option<Charge>> {
        self.calls.lock().unwrap().clone()
    }
}

impl Meter for Tally {
    fn reserve(&self, most: Tokens) -> Pending<'_, Ticket> {
        Box::pin(async move {
            assert!(most.input > 0 && most.output > 0);
            let mut calls = self.calls.lock().unwrap();
            if calls.len() as u64 >= self.calls_max {
                return Err(MeterError::Exhausted("all calls are used up".into()));
            }
            calls.push(None);
            Ok(Ticket(calls.len() as u64 - 1))
        })
    }

    /// A token of either kind costs one.
    fn settle(&self, ticket: Ticket, charge: Charge) -> Pending<'_, Option<u64>> {
        Box::pin(async move {
            self.calls.lock().unwrap()[ticket.0 as usize] = Some(charge);
            Ok(match charge {
                Charge::Nothing => Some(0),
                Charge::For(tokens) => Some(tokens.input + tokens.output),
                Charge::Unknown => None,
            })
        })
    }
}

/// A bench of OpenAI's dialect with a client whose configuration `change` may change.
pub async fn bench(change: impl FnOnce(&mut VendorConfig)) -> Bench {
    bench_of(Dialect::OpenAi, change).await
}

/// As [`bench`], in any dialect.
pub async fn bench_of(dialect: Dialect, change: impl FnOnce(&mut VendorConfig)) -> Bench {
    let sim = SimVendor::start(SimConfig { dialect, ..SimConfig::default() }).await.unwrap();
    let key_dir = tempfile::tempdir().unwrap();
    let mut config = config_for(&["eu", "us"].map(|region| (region, sim.endpoint(region))));
    config.target = sim.target();
    config.key = KeySource::File(key_file(&key_dir, SIM_KEY));
    change(&mut config);
    let client = VendorClient::with_roll(config.check(true).unwrap(), Box::new(|| 0)).unwrap();
    Bench { dialect, sim, client, tally: Tally::new(100), _key_dir: key_dir }
}

/// A configuration of `sim:openai` with quick retries and no key.
pub fn config_for(endpoints: &[(&str, String)]) -> VendorConfig {
    let mut config: VendorConfig =
        serde_json::from_str(r#"{ "target": "sim:openai", "endpoints": {} }"#).unwrap();
    config.endpoints =
        endpoints.iter().map(|(region, address)| ((*region).to_owned(), address.clone())).collect();
    config.backoff_base_ms = 2;
    config.backoff_cap_ms = 10;
    config
}

/// A private file that holds `key`.
pub fn key_file(dir: &tempfile::TempDir, key: &str) -> std::path::PathBuf {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let path = dir.path().join("key");
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(&path).unwrap();
    writeln!(file, "{key}").unwrap();
    path
}

/// The request for one prompt, in OpenAI's dialect.
pub fn call(prompt: &str) -> Call {
    call_in(Dialect::OpenAi, prompt)
}

/// The request for one prompt, in any dialect: the bytes that the pure core makes.
pub fn call_in(dialect: Dialect, prompt: &str) -> Call {
    use vantage_protocol::request::Request;
    use vantage_protocol::suite::{Prompt, PromptKind, Suite};
    let prompt =
        Prompt { id: "p".into(), topic: "t".into(), kind: PromptKind::Fact, text: prompt.to_owned() };
    let suite = Suite {
        v: 1,
        name: "s".into(),
        label: "l".into(),
        tokens_max: 4096,
        temperature_milli: Some(0),
        seed: None,
        prompts: vec![prompt.clone()],
    };
    let target = match dialect {
        Dialect::OpenAi => "sim:openai",
        Dialect::Anthropic => "sim:anthropic",
        Dialect::Gemini => "sim:gemini",
    };
    let request = Request::of(&target.parse().unwrap(), &suite, &prompt);
    Call::new(request.method, request.path, &request.headers, request.body).unwrap()
}

/// A request in OpenAI's dialect with this body.
pub fn raw_call(body: &[u8]) -> Call {
    Call::new("POST", "/v1/chat/completions", &BTreeMap::new(), body.to_vec()).unwrap()
}

/// What lets through what `meter` does, with no deadline.
pub fn allow(meter: &Arc<Tally>) -> Allowance {
    Allowance { meter: meter.clone(), deadline: None, cancel: CancellationToken::new() }
}

impl Bench {
    /// Asks for the capital of Australia in region `eu`.
    pub async fn ask(&self) -> Evidence {
        let call = call_in(self.dialect, "What is the capital of Australia?");
        self.client.execute("eu", &call, &allow(&self.tally)).await.unwrap()
    }

    /// Asks while the next `times` calls end in `fault`.
    pub async fn ask_with(&self, fault: Fault, times: usize) -> Evidence {
        self.sim.inject(fault, times);
        self.ask().await
    }
}

/// The outcomes of all attempts, as receipts show them.
pub fn outcomes(evidence: &Evidence) -> Vec<String> {
    evidence.attempts.iter().map(|attempt| attempt.outcome.to_string()).collect()
}

/// The failure, as receipts show it.
pub fn failure(evidence: &Evidence) -> String {
    evidence.failure.map(|failure| failure.to_string()).unwrap_or_default()
}
