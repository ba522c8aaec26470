//! A provider that offers and signs, and starts nothing: what the market and the money do without a runtime.

use serde_json::{Value, json};
use std::time::Duration;
use tokio::task::JoinHandle;
use vantage_golem_bed::Daemon;

/// Stands on the market until it is dropped.
pub struct Stand {
    task: JoinHandle<()>,
}

/// The payment platform of the bed.
pub const PLATFORM: &str = "erc20-holesky-tglm";

impl Stand {
    /// Offers at so much a second.
    pub async fn open(daemon: &Daemon, subnet: &str, per_second: f64) -> Self {
        let market = Market::of(daemon);
        let offer = json!({
            "properties": {
                "golem.node.id.name": "stand",
                "golem.node.debug.subnet": subnet,
                "golem.runtime.name": "sim-exeunit",
                "golem.runtime.version": "0.1.0",
                "golem.inf.mem.gib": 4.0,
                "golem.inf.storage.gib": 20.0,
                "golem.inf.cpu.cores": 1,
                "golem.inf.cpu.threads": 1,
                "golem.srv.caps.multi-activity": true,
                "golem.com.pricing.model": "linear",
                "golem.com.pricing.model.linear.coeffs": [per_second, 0.0],
                "golem.com.scheme": "payu",
                "golem.com.usage.vector": ["golem.usage.duration_sec"],
                "golem.com.payment.protocol.version": 3,
                format!("golem.com.payment.platform.{PLATFORM}.address"): daemon.node_id(),
            },
            "constraints": "(&(golem.srv.comp.expiration>0))",
        });
        let id = market.post("offers", &offer).await.unwrap();
        let id = id.as_str().unwrap().to_owned();
        Self { task: tokio::spawn(async move { market.serve(&id, &offer).await }) }
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Market {
    client: reqwest::Client,
    base: String,
    key: String,
}

impl Market {
    fn of(daemon: &Daemon) -> Self {
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30)).build().unwrap();
        let base = daemon.api_url().trim_end_matches('/').to_owned();
        Self { client, base, key: daemon.app_key().to_owned() }
    }

    async fn post(&self, path: &str, body: &Value) -> Option<Value> {
        let url = format!("{}/market-api/v1/{path}", self.base);
        let sent = self.client.post(url).bearer_auth(&self.key).json(body).send().await.ok()?;
        sent.json().await.ok()
    }

    async fn events(&self, offer: &str) -> Option<Vec<Value>> {
        let url = format!("{}/market-api/v1/offers/{offer}/events?timeout=2&maxEvents=10", self.base);
        let sent = self.client.get(url).bearer_auth(&self.key).send().await.ok()?;
        sent.json().await.ok()
    }

    async fn serve(&self, offer: &str, with: &Value) {
        loop {
            let Some(events) = self.events(offer).await else {
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            };
            for event in events {
                if let Some(proposal) = event.pointer("/proposal/proposalId").and_then(Value::as_str) {
                    self.post(&format!("offers/{offer}/proposals/{proposal}"), with).await;
                }
                if let Some(agreement) = event.pointer("/agreement/agreementId").and_then(Value::as_str) {
                    self.post(&format!("agreements/{agreement}/approve?timeout=10"), &Value::Null).await;
                }
            }
        }
    }
}
