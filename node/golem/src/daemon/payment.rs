//! Payment: accounts, allocations, debit notes, invoices.

use super::{
    Acceptance, Account, Allocation, Daemon, DebitNote, Decorations, DocumentEvent, Invoice, NewAllocation,
    Rejection, Trouble, check_id,
};
use reqwest::Method;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// Events and documents taken at once. A guess.
const EVENTS_MAX: usize = 100;
/// How long the daemon may take to tell the provider of a yes or no, seconds. A guess: the provider may be gone.
const TELL_S: u64 = 5;

impl Daemon {
    /// Accounts that are set up for paying.
    pub async fn accounts(&self) -> Result<Vec<Account>, Trouble> {
        self.get("payment-api/v1/requestorAccounts", &[]).await
    }

    /// Sets money aside.
    pub async fn allocate(&self, allocation: &NewAllocation) -> Result<Allocation, Trouble> {
        let made: Allocation =
            self.post("payment-api/v1/allocations", &[], allocation, Duration::from_secs(25)).await?;
        check_id(&made.allocation_id)?;
        Ok(made)
    }

    /// All money set aside at this daemon, for whomever.
    pub async fn allocations(&self) -> Result<Vec<Allocation>, Trouble> {
        self.get("payment-api/v1/allocations", &[]).await
    }

    /// One allocation.
    pub async fn allocation(&self, id: &str) -> Result<Allocation, Trouble> {
        self.get(&format!("payment-api/v1/allocations/{}", check_id(id)?), &[]).await
    }

    /// Gives back what is left of an allocation. One that was given back before is [`Trouble::Gone`].
    pub async fn release(&self, allocation: &str) -> Result<(), Trouble> {
        let path = format!("payment-api/v1/allocations/{}", check_id(allocation)?);
        self.tell(Method::DELETE, &path, &[], None::<&()>, Duration::from_secs(15)).await
    }

    /// What an allocation adds to a demand.
    pub async fn decorations(&self, allocation: &str) -> Result<Decorations, Trouble> {
        let query = [("allocationIds", check_id(allocation)?.to_owned())];
        self.get("payment-api/v1/demandDecorations", &query).await
    }

    /// Debit notes' events after a time, for up to `wait`.
    pub async fn note_events(
        &self,
        after: &str,
        session: &str,
        wait: Duration,
    ) -> Result<Vec<DocumentEvent>, Trouble> {
        self.document_events("payment-api/v1/debitNoteEvents", after, session, wait).await
    }

    /// Invoices' events after a time, for up to `wait`.
    pub async fn invoice_events(
        &self,
        after: &str,
        session: &str,
        wait: Duration,
    ) -> Result<Vec<DocumentEvent>, Trouble> {
        self.document_events("payment-api/v1/invoiceEvents", after, session, wait).await
    }

    /// One debit note.
    pub async fn note(&self, id: &str) -> Result<DebitNote, Trouble> {
        self.get(&format!("payment-api/v1/debitNotes/{}", check_id(id)?), &[]).await
    }

    /// One invoice.
    pub async fn invoice(&self, id: &str) -> Result<Invoice, Trouble> {
        self.get(&format!("payment-api/v1/invoices/{}", check_id(id)?), &[]).await
    }

    /// Says yes to a debit note.
    pub async fn accept_note(&self, id: &str, acceptance: &Acceptance) -> Result<(), Trouble> {
        let path = format!("payment-api/v1/debitNotes/{}/accept", check_id(id)?);
        self.say(&path, acceptance).await
    }

    /// Says yes to an invoice.
    pub async fn accept_invoice(&self, id: &str, acceptance: &Acceptance) -> Result<(), Trouble> {
        let path = format!("payment-api/v1/invoices/{}/accept", check_id(id)?);
        self.say(&path, acceptance).await
    }

    /// Says no to an invoice.
    pub async fn reject_invoice(&self, id: &str, rejection: &Rejection) -> Result<(), Trouble> {
        let path = format!("payment-api/v1/invoices/{}/reject", check_id(id)?);
        self.say(&path, rejection).await
    }

    async fn say(&self, path: &str, body: &impl serde::Serialize) -> Result<(), Trouble> {
        let query = [("timeout", TELL_S.to_string())];
        self.tell(Method::POST, path, &query, Some(body), Duration::from_secs(TELL_S)).await
    }

    async fn document_events<T: DeserializeOwned>(
        &self,
        path: &str,
        after: &str,
        session: &str,
        wait: Duration,
    ) -> Result<Vec<T>, Trouble> {
        let query = [
            ("timeout", wait.as_secs().to_string()),
            ("afterTimestamp", after.to_owned()),
            ("maxEvents", EVENTS_MAX.to_string()),
            ("appSessionId", session.to_owned()),
        ];
        self.wait(path, &query, wait).await
    }
}
