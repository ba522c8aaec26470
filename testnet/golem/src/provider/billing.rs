//! Debit notes, the invoice, and seeing them paid.

use super::market::POLL;
use super::options::glm;
use super::seen::Bill;
use super::{Agent, Seen};
use crate::{BedError, moment};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How often notes come where nothing else was agreed.
const NOTES_EVERY: Duration = Duration::from_secs(120);
/// When an invoice falls due.
const DUE_S: i64 = 120;
/// How often confirmed payments are listed again once there are some.
const PAYMENTS_EVERY: Duration = Duration::from_secs(1);

/// Sends notes for an activity as often as was agreed, until it is over.
pub(super) async fn notes(agent: Arc<Agent>, activity: String, agreement: String) {
    let agreed = agent.demand(&agreement, "golem.com.scheme.payu.debit-note.interval-sec?");
    let agreed = agreed.as_u64().map(Duration::from_secs).filter(|every| !every.is_zero());
    let every = agent.options.faults.notes_every.or(agreed).unwrap_or(NOTES_EVERY);
    loop {
        tokio::time::sleep(every).await;
        if agent.see(|seen| seen.destroyed.contains(&activity) || seen.terminated.contains(&agreement)) {
            return;
        }
        if let Err(error) = note(&agent, &activity).await {
            agent.trouble(&error);
        }
    }
}

/// Sends one note over what an activity has cost so far.
pub(super) async fn note(agent: &Agent, activity: &str) -> Result<(), BedError> {
    let Some((agreement, meter)) = agent.meters().get(activity).cloned() else { return Ok(()) };
    let usage = meter.usage();
    let nano = agent.billed(usage.cost_nano(&agent.options.prices));
    let new = json!({
        "activityId": activity, "totalAmountDue": glm(nano), "usageCounterVector": usage.vector(),
        "paymentDueDate": null
    });
    let issued = agent.rest.post("/payment-api/v1/debitNotes", &new).await?;
    let id = issued["debitNoteId"].as_str().unwrap_or_default().to_owned();
    let bill = Bill { agreement, nano, state: "ISSUED".to_owned() };
    agent.see(|seen| seen.debit_notes.insert(id.clone(), bill));
    agent.rest.post(&format!("/payment-api/v1/debitNotes/{id}/send"), &json!(null)).await.map(drop)
}

/// Sends the one invoice of an agreement, over all its activities.
pub(super) async fn invoice(agent: &Agent, agreement: &str) -> Result<(), BedError> {
    let (mut activities, mut nano) = (Vec::new(), 0u64);
    for (activity, (_, meter)) in agent.meters().iter().filter(|(_, (of, _))| of == agreement) {
        activities.push(activity.clone());
        nano = nano.saturating_add(meter.usage().cost_nano(&agent.options.prices));
    }
    let nano = agent.billed(nano);
    let new = json!({
        "agreementId": agreement, "activityIds": activities, "amount": glm(nano),
        "paymentDueDate": moment::in_seconds(DUE_S)
    });
    let issued = agent.rest.post("/payment-api/v1/invoices", &new).await?;
    let id = issued["invoiceId"].as_str().unwrap_or_default().to_owned();
    let bill = Bill { agreement: agreement.to_owned(), nano, state: "ISSUED".to_owned() };
    agent.see(|seen| seen.invoices.insert(id.clone(), bill));
    agent.rest.post(&format!("/payment-api/v1/invoices/{id}/send"), &json!(null)).await.map(drop)
}

/// Hears what becomes of invoices.
pub(super) async fn see_invoices(agent: Arc<Agent>) {
    hear(&agent, "/payment-api/v1/invoiceEvents", "invoiceId", "Invoice", |seen| &mut seen.invoices).await;
}

/// Hears what becomes of debit notes.
pub(super) async fn see_debit_notes(agent: Arc<Agent>) {
    let path = "/payment-api/v1/debitNoteEvents";
    hear(&agent, path, "debitNoteId", "DebitNote", |seen| &mut seen.debit_notes).await;
}

async fn hear(
    agent: &Agent,
    path: &str,
    id_key: &str,
    prefix: &str,
    bills: fn(&mut Seen) -> &mut BTreeMap<String, Bill>,
) {
    let mut after = agent.started.clone();
    loop {
        for event in agent.news(path, &mut after).await {
            let id = event[id_key].as_str().unwrap_or_default();
            let kind = event["eventType"].as_str().unwrap_or_default();
            let state = kind.trim_start_matches(prefix).trim_end_matches("Event").to_uppercase();
            let is_known = ["ACCEPTED", "REJECTED", "SETTLED", "CANCELLED"].contains(&state.as_str());
            agent.see(|seen| {
                if let Some(bill) = bills(seen).get_mut(id).filter(|_| is_known) {
                    bill.state = state;
                }
            });
        }
    }
}

/// Looks for payments that the provider's daemon has confirmed. The daemon waits where there are none, and lists all of
/// them at once where there are some.
pub(super) async fn see_payments(agent: Arc<Agent>) {
    let path = format!("/payment-api/v1/payments?timeout={}", POLL.as_secs());
    loop {
        match agent.rest.poll(&path, POLL).await {
            Ok(payments) if payments.is_empty() => continue,
            Ok(payments) => agent.see(|seen| {
                for payment in &payments {
                    let text = |key: &str| payment[key].as_str().unwrap_or_default().to_owned();
                    seen.payments.insert(text("paymentId"), text("amount"));
                }
            }),
            Err(error) => agent.trouble(&error),
        }
        tokio::time::sleep(PAYMENTS_EVERY).await;
    }
}
