//! A real client against a real server on loopback.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio_util::sync::CancellationToken;
use vantage_exec::{Allowance, Call, CallBudget, Evidence, KeySource, OpenAi, Record, VendorConfig};
use vantage_testnet::vendors::{Fault, SIM_KEY, SimConfig, SimOpenAi};

/// A simulated vendor, an executor with quick retries, and the record of its budget.
pub struct Bench {
    pub sim: SimOpenAi,
    pub executor: OpenAi,
    pub recorded: Arc<AtomicU32>,
    _key_dir: tempfile::TempDir,
}

/// A bench with an executor whose configuration `change` may change.
pub async fn bench(change: impl FnOnce(&mut VendorConfig)) -> Bench {
    let sim = SimOpenAi::start(SimConfig::default()).await.unwrap();
    let key_dir = tempfile::tempdir().unwrap();
    let mut config = config_for(&["eu", "us"].map(|region| (region, sim.endpoint(region))));
    config.key = KeySource::File(key_file(&key_dir, SIM_KEY));
    change(&mut config);
    let executor = OpenAi::with_roll(config.check(true).unwrap(), Box::new(|| 0)).unwrap();
    Bench { sim, executor, recorded: Arc::default(), _key_dir: key_dir }
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

/// The request for one prompt.
pub fn call(prompt: &str) -> Call {
    let body = serde_json::json!({ "model": "sim-gpt", "messages": [{ "role": "user", "content": prompt }] });
    Call::new("POST", "/v1/chat/completions", body.to_string().into_bytes()).unwrap()
}

/// A recording that keeps the highest count in memory.
pub fn record_in(store: &Arc<AtomicU32>) -> Record {
    let store = store.clone();
    Box::new(move |count| {
        store.fetch_max(count, Ordering::SeqCst);
        Box::pin(async { Ok(()) })
    })
}

/// What lets `calls_max` calls through, with no deadline.
pub fn allow(calls_max: u32, store: &Arc<AtomicU32>) -> Allowance {
    let budget = Arc::new(CallBudget::new(calls_max, store.load(Ordering::SeqCst), record_in(store)));
    Allowance { budget, deadline: None, cancel: CancellationToken::new() }
}

impl Bench {
    /// Asks for the capital of Australia in region `eu`.
    pub async fn ask(&self) -> Evidence {
        let allowance = allow(100, &self.recorded);
        self.executor.execute("eu", &call("What is the capital of Australia?"), &allowance).await.unwrap()
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
