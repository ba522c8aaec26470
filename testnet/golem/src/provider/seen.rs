//! What a provider has seen so far, for tests to wait for and look at.

use std::collections::BTreeMap;

/// Troubles that are kept.
const TROUBLES_MAX: usize = 50;

/// What a provider has seen so far.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Proposals that were answered.
    pub proposals: u64,
    /// Agreements that were approved, oldest first.
    pub approved: Vec<String>,
    /// Agreements that were terminated by either side.
    pub terminated: Vec<String>,
    /// Activities that were ordered, oldest first.
    pub activities: Vec<String>,
    /// Activities that were destroyed by the requestor.
    pub destroyed: Vec<String>,
    /// Programs of the image that were to be run.
    pub begun: u64,
    /// Those of them that ended, well or not.
    pub runs: u64,
    /// Debit notes by id.
    pub debit_notes: BTreeMap<String, Bill>,
    /// Invoices by id.
    pub invoices: BTreeMap<String, Bill>,
    /// Payments that the provider's daemon has confirmed: id and amount in GLM, as the daemon writes it.
    pub payments: BTreeMap<String, String>,
    /// What went wrong on the way, the latest last.
    pub troubles: Vec<String>,
}

/// A debit note or an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    /// The agreement.
    pub agreement: String,
    /// Amount in nano-GLM (10⁻⁹ GLM).
    pub nano: u64,
    /// `ISSUED`, then what the daemon told last: `ACCEPTED`, `REJECTED`, `SETTLED`, `CANCELLED`.
    pub state: String,
}

impl Seen {
    /// Whether an invoice of this agreement was paid, as the provider's daemon has it.
    pub fn is_settled(&self, agreement: &str) -> bool {
        self.invoices.values().any(|bill| bill.agreement == agreement && bill.state == "SETTLED")
    }

    pub(super) fn trouble(&mut self, what: String) {
        if self.troubles.len() >= TROUBLES_MAX {
            self.troubles.remove(0);
        }
        self.troubles.push(what);
    }
}
