//! What is open at the daemon: money set aside and agreements, written down before any of it is used.

use crate::amount::Nano;
use crate::moment;
use serde::{Deserialize, Serialize};
use std::fmt::Debug;
use std::sync::Arc;
use tokio::sync::Mutex;

/// One allocation and whatever is paid from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Ours alone: the allocation's time limit to the millisecond, by which it is found before its id is known, and the
    /// session's name at the daemon.
    pub mark: String,
    /// What it is for, in the caller's words.
    pub purpose: String,
    /// As `erc20-polygon-glm`.
    pub platform: String,
    /// The most that may be spent.
    pub most: Nano,
    /// Id of the allocation, once it is known.
    pub allocation: Option<String>,
    /// Id of the demand that is published.
    pub demand: Option<String>,
    /// Agreements, in the order in which they were made.
    pub deals: Vec<Deal>,
}

/// One agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deal {
    /// Its id.
    pub agreement: String,
    /// The provider's id.
    pub provider: String,
    /// Id of the activity under it.
    pub activity: Option<String>,
    /// When it was made, POSIX milliseconds.
    pub began_ms: u64,
    /// When it was ended.
    pub ended_ms: Option<u64>,
    /// What was accepted so far: debit notes, then the invoice.
    pub accepted: Nano,
    /// Id of the invoice that was judged: no other one will be.
    pub invoice: Option<String>,
    /// The daemon was told of that.
    pub invoiced: bool,
    /// Debit notes seen.
    pub notes: u32,
    /// A debit note was above the usage that it stated: nothing beyond what was accepted before is.
    #[serde(default)]
    pub suspect: bool,
    /// An activity was asked for: there may be one, even where its id was never told.
    #[serde(default)]
    pub begun: bool,
    /// When the agreement expires, POSIX milliseconds: nothing is due for the time after it.
    #[serde(default)]
    pub expires_ms: Option<u64>,
}

impl Deal {
    /// Something may have been done under it.
    pub fn is_begun(&self) -> bool {
        self.begun || self.activity.is_some()
    }
}

impl Account {
    /// Whether the money's own time limit has passed: the daemon has given it back by itself, and nothing is paid any more.
    pub fn is_over(&self, now_ms: u64) -> bool {
        moment::parse(&self.mark).is_some_and(|limit_ms| limit_ms < now_ms)
    }

    /// Accepted so far.
    pub fn spent(&self) -> Nano {
        self.deals.iter().fold(Nano::ZERO, |sum, deal| sum.plus(deal.accepted))
    }

    /// What may be accepted for one deal: all that the others leave.
    pub fn left_for(&self, agreement: &str) -> Nano {
        let others = self.deals.iter().filter(|deal| deal.agreement != agreement);
        self.most.less(others.fold(Nano::ZERO, |sum, deal| sum.plus(deal.accepted)))
    }

    /// The deal of an agreement.
    pub fn deal(&self, agreement: &str) -> Option<&Deal> {
        self.deals.iter().find(|deal| deal.agreement == agreement)
    }

    /// The deal of an agreement, to be changed.
    pub fn deal_mut(&mut self, agreement: &str) -> Option<&mut Deal> {
        self.deals.iter_mut().find(|deal| deal.agreement == agreement)
    }
}

/// Why an account is not written down: nothing more may be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// The caller's budget has no room for it.
    #[error("the budget of GLM has no room for it")]
    NoRoom,
    /// Another account is known by its mark.
    #[error("another account is known by the same mark")]
    Taken,
    /// The caller cannot remember.
    #[error("what is open at the daemon cannot be written down: {0}")]
    Write(String),
}

/// The caller's durable memory of open accounts. Calls may block; what they wrote is on disk when they return.
pub trait Journal: Send + Sync + Debug {
    /// Writes a new account down, unless there is no room for it or its `mark` is taken.
    fn open(&self, account: &Account) -> Result<(), JournalError>;
    /// Writes down what became of an open account, in place of what was written of it before. One that is not open any
    /// more must not come back: that is an error.
    fn keep(&self, account: &Account) -> Result<(), JournalError>;
    /// Nothing of this account is open any more. What was accepted is spent for good.
    fn close(&self, account: &Account) -> Result<(), JournalError>;
}

/// An account in memory and on disk: what was changed is on disk before it is told.
#[derive(Clone, Debug)]
pub(crate) struct Books {
    account: Arc<Mutex<Account>>,
    journal: Arc<dyn Journal>,
}

impl Books {
    /// Writes a new account down.
    pub(crate) async fn open(account: Account, journal: Arc<dyn Journal>) -> Result<Self, JournalError> {
        let (written, to) = (account.clone(), journal.clone());
        blocking(move || to.open(&written)).await?;
        Ok(Self::reopen(account, journal))
    }

    /// An account that was written down before.
    pub(crate) fn reopen(account: Account, journal: Arc<dyn Journal>) -> Self {
        Self { account: Arc::new(Mutex::new(account)), journal }
    }

    pub(crate) async fn account(&self) -> Account {
        self.account.lock().await.clone()
    }

    /// Changes the account, on disk first.
    pub(crate) async fn change<T>(&self, change: impl FnOnce(&mut Account) -> T) -> Result<T, JournalError> {
        let mut account = self.account.lock().await;
        let mut changed = account.clone();
        let told = change(&mut changed);
        let (journal, written) = (self.journal.clone(), changed.clone());
        blocking(move || journal.keep(&written)).await?;
        *account = changed;
        Ok(told)
    }

    pub(crate) async fn close(&self) -> Result<Account, JournalError> {
        let account = self.account().await;
        let (journal, closed) = (self.journal.clone(), account.clone());
        blocking(move || journal.close(&closed)).await?;
        Ok(account)
    }
}

async fn blocking(
    write: impl FnOnce() -> Result<(), JournalError> + Send + 'static,
) -> Result<(), JournalError> {
    tokio::task::spawn_blocking(write)
        .await
        .unwrap_or_else(|error| Err(JournalError::Write(error.to_string())))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn account(most: u64) -> Account {
        Account {
            mark: "2026-11-26T10:55:37.123Z".into(),
            purpose: "test".into(),
            platform: "erc20-holesky-tglm".into(),
            most: Nano(most),
            allocation: Some("a".into()),
            demand: None,
            deals: vec![deal("one"), deal("two")],
        }
    }

    fn deal(agreement: &str) -> Deal {
        Deal {
            agreement: agreement.into(),
            provider: crate::offer::tests::PROVIDER.into(),
            activity: Some("act".into()),
            began_ms: 1_000,
            ended_ms: None,
            accepted: Nano::ZERO,
            invoice: None,
            invoiced: false,
            notes: 0,
            suspect: false,
            begun: true,
            expires_ms: None,
        }
    }

    /// A journal that takes no change.
    #[derive(Debug)]
    pub(crate) struct Full;

    impl Journal for Full {
        fn open(&self, _: &Account) -> Result<(), JournalError> {
            Ok(())
        }

        fn keep(&self, _: &Account) -> Result<(), JournalError> {
            Err(JournalError::Write("disk full".into()))
        }

        fn close(&self, _: &Account) -> Result<(), JournalError> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn what_cannot_be_written_down_does_not_happen() {
        let books = Books::reopen(account(5), Arc::new(Full));
        assert!(books.change(|account| account.most = Nano(9)).await.is_err());
        assert_eq!(books.account().await.most, Nano(5));
    }

    #[test]
    fn deals_share_one_budget() {
        let mut account = account(10);
        account.deal_mut("one").unwrap().accepted = Nano(7);
        assert_eq!((account.left_for("one"), account.left_for("two")), (Nano(10), Nano(3)));
        assert_eq!(account.spent(), Nano(7));
    }
}
