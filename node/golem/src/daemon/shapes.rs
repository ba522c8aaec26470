//! What the daemon says, as far as it is used. Fields that are not used are not read.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// Properties of an offer, by their full names.
pub type Properties = Map<String, Value>;

/// Who we are.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Identity {
    /// Node id.
    pub identity: String,
}

/// Versions of the daemon.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct VersionInfo {
    /// The one that runs.
    pub current: Release,
}

/// One version.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Release {
    /// As `0.17.6`.
    pub version: String,
}

/// An account that is set up for sending or receiving.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Account {
    /// As `erc20-polygon-glm`.
    pub platform: String,
    /// Address on the chain.
    pub address: String,
    /// Can pay.
    #[serde(default)]
    pub send: bool,
}

/// A request to set money aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewAllocation {
    /// As `erc20-polygon-glm`.
    pub payment_platform: String,
    /// Decimal text.
    pub total_amount: String,
    /// RFC 3339.
    pub timeout: String,
    /// A deposit on the chain; never.
    pub make_deposit: bool,
}

/// Money set aside.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Allocation {
    /// Its id.
    pub allocation_id: String,
    /// As `erc20-polygon-glm`.
    pub payment_platform: String,
    /// Decimal text.
    pub total_amount: String,
    /// Decimal text.
    pub spent_amount: String,
    /// RFC 3339.
    #[serde(default)]
    pub timeout: Option<String>,
}

/// What an allocation adds to a demand.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Decorations {
    /// Properties.
    pub properties: Vec<Decoration>,
    /// Constraints.
    pub constraints: Vec<String>,
}

/// One property.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Decoration {
    /// Full name.
    pub key: String,
    /// Its value, a text.
    pub value: String,
}

/// A demand, and the counter to a proposal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Demand {
    /// By full name.
    pub properties: Properties,
    /// An LDAP-like filter.
    pub constraints: String,
}

/// What happened to a demand.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "eventType")]
pub enum DemandEvent {
    /// A provider proposes.
    ProposalEvent {
        /// What.
        proposal: Proposal,
    },
    /// A provider says no to a counter-proposal.
    ProposalRejectedEvent {
        /// Why.
        #[serde(default)]
        reason: Option<Reason>,
    },
    /// Something that is of no use here.
    #[serde(other)]
    Other,
}

/// Why somebody said no.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Reason {
    /// For people; the provider's word.
    #[serde(default)]
    pub message: String,
}

/// An offer in negotiation.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Proposal {
    /// Its id.
    pub proposal_id: String,
    /// The provider's id.
    pub issuer_id: String,
    /// `Initial`, `Draft`, `Rejected`, `Accepted`, `Expired`.
    pub state: String,
    /// Of the offer.
    pub properties: Properties,
}

/// A request for an agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewAgreement {
    /// Which proposal.
    pub proposal_id: String,
    /// By when it must be approved, RFC 3339.
    pub valid_to: String,
}

/// An agreement, as far as it is used.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Agreement {
    /// `Proposal`, `Pending`, `Cancelled`, `Rejected`, `Approved`, `Expired`, `Terminated`.
    pub state: String,
}

/// Why an agreement is ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ending {
    /// For people.
    pub message: String,
    /// `Success`, `Cancelled`.
    #[serde(rename = "golem.requestor.code")]
    pub code: String,
}

/// A new activity.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewActivity {
    /// Its id.
    pub activity_id: String,
}

/// An activity's state and the one that it is going to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActivityState {
    /// `New`, `Initialized`, `Deployed`, `Ready`, `Terminated`, `Unresponsive`.
    pub state: (String, Option<String>),
    /// The provider's word on what went wrong.
    #[serde(default)]
    pub error_message: Option<String>,
}

impl ActivityState {
    /// Nothing can be run in it any more.
    pub fn is_over(&self) -> bool {
        self.state.0 == "Terminated" || self.state.1.as_deref() == Some("Terminated")
    }

    /// Nothing was heard of the provider for some seconds.
    pub fn is_mute(&self) -> bool {
        self.state.0 == "Unresponsive" && !self.is_over()
    }
}

/// What came of one command of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CommandResult {
    /// Which command.
    pub index: u32,
    /// `Ok` or `Error`.
    pub result: String,
    /// What it printed.
    #[serde(default, deserialize_with = "output")]
    pub stdout: Option<Vec<u8>>,
    /// What it complained of.
    #[serde(default, deserialize_with = "output")]
    pub stderr: Option<Vec<u8>>,
    /// The provider's word on it.
    #[serde(default)]
    pub message: Option<String>,
}

/// A payment document's event.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DocumentEvent {
    /// Of a debit note.
    #[serde(default)]
    pub debit_note_id: Option<String>,
    /// Of an invoice.
    #[serde(default)]
    pub invoice_id: Option<String>,
    /// When, RFC 3339.
    pub event_date: String,
    /// `DebitNoteReceivedEvent`, `InvoiceReceivedEvent`, and others.
    pub event_type: String,
}

/// A running account of what an activity costs so far.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DebitNote {
    /// Its id.
    pub debit_note_id: String,
    /// The provider's id.
    pub issuer_id: String,
    /// Of which agreement.
    pub agreement_id: String,
    /// Of which activity.
    #[serde(default)]
    pub activity_id: Option<String>,
    /// As `erc20-polygon-glm`.
    pub payment_platform: String,
    /// Decimal text: of the activity, from its beginning.
    pub total_amount_due: String,
    /// In the order of the offer's usage vector; the provider's word.
    #[serde(default)]
    pub usage_counter_vector: Option<Vec<serde_json::Number>>,
    /// `RECEIVED` while nobody said anything.
    pub status: String,
}

/// What an agreement costs, once.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invoice {
    /// Its id.
    pub invoice_id: String,
    /// The provider's id.
    pub issuer_id: String,
    /// Of which agreement.
    pub agreement_id: String,
    /// As `erc20-polygon-glm`.
    pub payment_platform: String,
    /// Decimal text.
    pub amount: String,
    /// `RECEIVED` while nobody said anything.
    pub status: String,
}

/// A yes to a payment document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Acceptance {
    /// Exactly what the document says.
    pub total_amount_accepted: String,
    /// What it is paid from.
    pub allocation_id: String,
}

/// A no to an invoice. (The daemon knows none to a debit note: it answers 501.)
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rejection {
    /// `INCORRECT_AMOUNT`, `UNSOLICITED_SERVICE`, `BAD_SERVICE`.
    pub rejection_reason: &'static str,
    /// Decimal text: how much of it is accepted.
    pub total_amount_accepted: String,
    /// For people.
    pub message: String,
}

/// Captured output: text, or bytes as numbers.
fn output<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Vec<u8>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Output {
        Text(String),
        Bytes(Vec<u8>),
    }
    Ok(Option::<Output>::deserialize(d)?.map(|output| match output {
        Output::Text(text) => text.into_bytes(),
        Output::Bytes(bytes) => bytes,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_daemon_was_seen_to_say_is_read() {
        let results = r#"[{"index": 2, "result": "Ok", "stdout": "hi\n", "stderr": [104, 105], "message": null,
            "isBatchFinished": true, "eventDate": "2026-11-26T10:25:42.381860474Z"}]"#;
        let results: Vec<CommandResult> = serde_json::from_str(results).unwrap();
        assert_eq!(results[0].stdout.as_deref(), Some(&b"hi\n"[..]));
        assert_eq!(results[0].stderr.as_deref(), Some(&b"hi"[..]));
        let state: ActivityState = serde_json::from_str(r#"{"state": ["Ready", null]}"#).unwrap();
        assert!(!state.is_over());
        let state: ActivityState = serde_json::from_str(r#"{"state": ["Ready", "Terminated"]}"#).unwrap();
        assert!(state.is_over());
        let events = r#"[{"eventType": "PropertyQueryEvent", "eventDate": "x", "propertyQuery": {}},
            {"eventType": "ProposalRejectedEvent", "eventDate": "x", "proposalId": "R-1", "reason": {"message": "no"}}]"#;
        let events: Vec<DemandEvent> = serde_json::from_str(events).unwrap();
        assert_eq!(events[0], DemandEvent::Other);
        let event = r#"{"invoiceId": "fe0b", "eventDate": "2026-11-26T10:25:43Z", "eventType": "InvoiceReceivedEvent"}"#;
        assert_eq!(serde_json::from_str::<DocumentEvent>(event).unwrap().invoice_id.as_deref(), Some("fe0b"));
    }
}
