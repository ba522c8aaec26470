//! A chain of our own on loopback, with a token of our own: what is paid on it is worth nothing, and is really paid.

mod anvil;

pub use anvil::Anvil;

use crate::BedError;
use crate::port::{self, ATTEMPTS};
use crate::process::Process;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// The chain's number. The daemon knows the network of this number as `holesky`, a test network.
const CHAIN_ID: u64 = 17_000;
/// The first account of the development chain, which owns everything there, and its key: both are in the program's
/// documentation and worth nothing anywhere.
const OWNER: &str = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266";
const OWNER_SECRET: &str = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
/// The token, compiled from `Token.sol`; a test compiles it again.
const TOKEN_CODE: &str = include_str!("chain/Token.hex");
/// A daemon's payment settings.
const PAYMENTS: &str = include_str!("chain/payments.toml");
/// Longest time for the chain to answer and to take up the token: a guess; together they take 2 s.
const READY_TIME_MAX: Duration = Duration::from_secs(30);
/// Time between two looks at a condition.
const LOOK: Duration = Duration::from_millis(50);

/// A running chain with the token on it. It ends when dropped.
#[derive(Debug)]
pub struct Chain {
    url: String,
    token: String,
    http: reqwest::Client,
    process: Process,
}

impl Chain {
    /// Starts a chain with a block a second and puts the token on it. The log is kept in `dir`.
    pub async fn start(anvil: &Anvil, dir: &Path) -> Result<Self, BedError> {
        let mut attempt = 1;
        loop {
            match Self::try_start(anvil, dir).await {
                Err(BedError::NotReady(seen)) if attempt < ATTEMPTS && port::was_taken(&seen) => attempt += 1,
                outcome => return outcome,
            }
        }
    }

    async fn try_start(anvil: &Anvil, dir: &Path) -> Result<Self, BedError> {
        std::fs::create_dir_all(dir).map_err(BedError::io(dir))?;
        let port = port::any()?;
        let mut command = Command::new(&anvil.program);
        command
            .args(["--host", "127.0.0.1", "--port", &port.to_string(), "--block-time", "1"])
            .args(["--chain-id", &CHAIN_ID.to_string()])
            .current_dir(dir)
            .env_clear()
            .env("HOME", dir)
            .env("PATH", std::env::var_os("PATH").unwrap_or_default());
        let process = Process::spawn("chain", command, &dir.join("chain.log"))?;
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build();
        let http = http.unwrap_or_default();
        let url = format!("http://127.0.0.1:{port}");
        let mut chain = Self { url, token: String::new(), http, process };
        chain
            .until("no answer", async |chain: &Self| chain.call("eth_chainId", json!([])).await.map(Some))
            .await?;
        let code = format!("0x{}", TOKEN_CODE.trim());
        let sent = chain
            .call("eth_sendTransaction", json!([{ "from": OWNER, "data": code, "gas": "0x1e8480" }]))
            .await?;
        let receipt = async |chain: &Self| {
            let receipt = chain.call("eth_getTransactionReceipt", json!([sent])).await?;
            Ok((!receipt.is_null()).then_some(receipt))
        };
        let receipt = chain.until("the token is not on it", receipt).await?;
        if receipt["status"] != "0x1" {
            return Err(BedError::Rest { call: "token".to_owned(), why: receipt.to_string() });
        }
        chain.token = receipt["contractAddress"].as_str().unwrap_or_default().to_owned();
        Ok(chain)
    }

    /// Where it is asked: JSON-RPC over HTTP.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The token's address.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// What an address has of the token, in 10⁻¹⁸ of it.
    pub async fn balance(&self, address: &str) -> Result<u128, BedError> {
        let data = format!("0x70a08231{:0>64}", address.trim_start_matches("0x"));
        let answer = self.call("eth_call", json!([{ "to": self.token, "data": data }, "latest"])).await?;
        let digits = answer.as_str().unwrap_or_default().trim_start_matches("0x");
        let unread = |e| BedError::Rest { call: "balanceOf".to_owned(), why: format!("{answer}: {e}") };
        u128::from_str_radix(digits, 16).map_err(unread)
    }

    /// What a daemon is started with to pay on this chain: its payment settings.
    pub(crate) fn payments(&self) -> String {
        PAYMENTS.replace("TOKEN", &self.token).replace("ENDPOINT", &self.url)
    }

    /// The environment of the daemon that owns the money.
    pub(crate) fn owner_environment() -> [(String, String); 1] {
        [("YAGNA_AUTOCONF_ID_SECRET".to_owned(), OWNER_SECRET.to_owned())]
    }

    async fn call(&self, method: &str, params: Value) -> Result<Value, BedError> {
        let failed = |why: String| BedError::Rest { call: method.to_owned(), why };
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let answer = self.http.post(&self.url).json(&body).send().await.map_err(|e| failed(e.to_string()))?;
        let mut answer: Value = answer.json().await.map_err(|e| failed(e.to_string()))?;
        match answer.get("error") {
            Some(error) => Err(failed(error.to_string())),
            None => Ok(answer["result"].take()),
        }
    }

    async fn until(
        &mut self,
        what: &str,
        look: impl AsyncFn(&Self) -> Result<Option<Value>, BedError>,
    ) -> Result<Value, BedError> {
        let started = Instant::now();
        loop {
            let seen = match look(&*self).await {
                Ok(Some(found)) => return Ok(found),
                Ok(None) => "not yet".to_owned(),
                Err(error) => error.to_string(),
            };
            let waited = started.elapsed();
            let ended = self.process.ended();
            if waited > READY_TIME_MAX || ended.is_some() {
                let why = ended.map_or(seen, |status| format!("it ended: {status}"));
                return Err(self.process.not_ready(what, waited, &why));
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// Settings for a daemon that is to reach no chain: the one endpoint is closed. Without any, the daemon would ask
/// public nodes.
pub(crate) fn no_payments() -> String {
    PAYMENTS
        .replace("TOKEN", "0x0000000000000000000000000000000000000001")
        .replace("ENDPOINT", "http://127.0.0.1:1")
}
