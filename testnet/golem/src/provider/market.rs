//! Offer, proposals, agreements.

use super::{Agent, network};
use crate::{BedError, moment};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// How long one question for news waits.
pub(super) const POLL: Duration = Duration::from_secs(3);
/// Pause after a question that failed; the daemon may be starting.
pub(super) const PAUSE: Duration = Duration::from_millis(300);

/// Answers proposals and agreements of one offer. A daemon that was restarted does not know the offer any more: then
/// it is published anew.
pub(super) async fn negotiate(agent: Arc<Agent>, mut offer_id: String) {
    loop {
        let path = format!("/market-api/v1/offers/{offer_id}/events?timeout={}&maxEvents=10", POLL.as_secs());
        match agent.rest.poll(&path, POLL).await {
            Ok(events) => {
                for event in &events {
                    if let Err(error) = answer(&agent, &offer_id, event).await {
                        agent.trouble(&error);
                    }
                }
            }
            Err(error) => {
                let is_unknown = matches!(&error, BedError::Rest { why, .. } if why.starts_with("404"));
                agent.trouble(&error);
                tokio::time::sleep(PAUSE).await;
                if is_unknown && let Ok(anew) = publish(&agent).await {
                    offer_id = anew;
                }
            }
        }
    }
}

/// Publishes the offer; its id.
pub(super) async fn publish(agent: &Agent) -> Result<String, BedError> {
    let id = agent.rest.post("/market-api/v1/offers", &agent.offer).await?;
    Ok(id.as_str().unwrap_or_default().to_owned())
}

async fn answer(agent: &Arc<Agent>, offer_id: &str, event: &Value) -> Result<(), BedError> {
    match event["eventType"].as_str() {
        Some("ProposalEvent") => {
            let proposal = event["proposal"]["proposalId"].as_str().unwrap_or_default();
            let path = format!("/market-api/v1/offers/{offer_id}/proposals/{proposal}");
            let asks = event["proposal"]["properties"].get(network::MANIFEST).is_some();
            // as the stock agent says no whose rules let nobody out
            if asks && (agent.options.faults.refuses_way_out || !agent.options.outbound) {
                let reason = json!({ "message": "outbound is disabled" });
                agent.rest.post(&format!("{path}/reject"), &reason).await?;
                return Ok(());
            }
            agent.rest.post(&path, &agent.offer).await?;
            agent.see(|seen| seen.proposals += 1);
        }
        Some("AgreementEvent") if !agent.options.faults.never_approves => {
            let id = event["agreement"]["agreementId"].as_str().unwrap_or_default().to_owned();
            agent.remember(&id, &event["agreement"]);
            agent
                .rest
                .post(&format!("/market-api/v1/agreements/{id}/approve?timeout=10"), &json!({}))
                .await?;
            agent.see(|seen| seen.approved.push(id.clone()));
            if let Some(after) = agent.options.faults.ends_agreement_after {
                agent.spawn(end_agreement(Arc::clone(agent), id, after));
            }
        }
        _ => (),
    }
    Ok(())
}

/// A provider that ends an agreement by itself.
async fn end_agreement(agent: Arc<Agent>, id: String, after: Duration) {
    tokio::time::sleep(after).await;
    let reason = json!({ "message": "the provider is going away", "golem.provider.code": "Shutdown" });
    if let Err(error) = agent.rest.post(&format!("/market-api/v1/agreements/{id}/terminate"), &reason).await {
        agent.trouble(&error);
    }
}

/// Sees agreements end, whoever ends them, and sends the invoice.
pub(super) async fn see_agreements_end(agent: Arc<Agent>) {
    let mut after = agent.started.clone();
    loop {
        for event in agent.news("/market-api/v1/agreementEvents", &mut after).await {
            let kind = event["eventType"].as_str().unwrap_or_default();
            if kind == "AgreementTerminatedEvent" {
                let id = event["agreementId"].as_str().unwrap_or_default().to_owned();
                let is_new = agent.see(|seen| {
                    let is_new = !seen.terminated.contains(&id) && seen.approved.contains(&id);
                    if is_new {
                        seen.terminated.push(id.clone());
                    }
                    is_new
                });
                if is_new && let Err(error) = super::billing::invoice(&agent, &id).await {
                    agent.trouble(&error);
                }
            }
        }
    }
}

impl Agent {
    /// News since `after`, which moves on; empty after a pause where the question failed.
    pub(super) async fn news(&self, path: &str, after: &mut String) -> Vec<Value> {
        let since = crate::rest::escaped(after);
        let query = format!("{path}?timeout={}&maxEvents=50&afterTimestamp={since}", POLL.as_secs());
        match self.rest.poll(&query, POLL).await {
            Ok(events) => {
                // as text they compare as times do only if their fractions are of one length; the last is the latest
                if let Some(date) = events.last().and_then(|e| e["eventDate"].as_str()) {
                    date.clone_into(after);
                }
                events
            }
            Err(error) => {
                self.trouble(&error);
                tokio::time::sleep(PAUSE).await;
                Vec::new()
            }
        }
    }
}

/// When the agent began: older news is not its own.
pub(super) fn beginning() -> String {
    moment::in_seconds(-1)
}
