//! The purse for Golem: what a session may take, and where its open account is written down.

use super::{date, day_number};
use crate::store::{GlmBegun, GlmOpen, GlmSums, Store, StoreError};
use std::sync::Arc;
use time::Date;
use vantage_golem::{Account, Journal, JournalError, Nano};
use vantage_protocol::id::JobId;

/// Budgets of GLM.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GlmLimits {
    /// For one job.
    pub job: Nano,
    /// On one day, UTC.
    pub day: Nano,
}

/// What one job may spend on Golem. It is the journal of its sessions.
#[derive(Clone, Debug)]
pub struct GlmPurse {
    store: Arc<Store>,
    limits: GlmLimits,
    job: JobId,
    day: u32,
}

impl GlmPurse {
    /// The purse of a job, today.
    pub fn new(store: Arc<Store>, limits: GlmLimits, job: JobId) -> Self {
        Self { store, limits, job, day: day_number() }
    }

    /// The purse that an open account was taken from.
    pub fn of_open(store: Arc<Store>, limits: GlmLimits, open: &GlmOpen) -> Self {
        Self { store, limits, job: open.job, day: open.day }
    }

    /// The most that can be taken now.
    pub fn free(&self) -> Result<Nano, StoreError> {
        Ok(free(&self.limits, &self.store.glm_sums(self.day, &self.job)?))
    }
}

/// What was spent and is set aside on the day that is, and which day that is (UTC).
pub fn glm_today(store: &Store) -> Result<(GlmSums, Date), StoreError> {
    let day = day_number();
    Ok((store.glm_sums(day, &JobId([0; 32]))?, date(day)))
}

/// What is left of the smaller of two budgets.
fn free(limits: &GlmLimits, sums: &GlmSums) -> Nano {
    let day = sums.day_spent_nanoglm.saturating_add(sums.reserved_nanoglm);
    let job = sums.job_spent_nanoglm.saturating_add(sums.job_reserved_nanoglm);
    limits.day.less(Nano(day)).min(limits.job.less(Nano(job)))
}

impl Journal for GlmPurse {
    fn open(&self, account: &Account) -> Result<(), JournalError> {
        let open = GlmOpen {
            mark: account.mark.clone(),
            day: self.day,
            job: self.job,
            most_nanoglm: account.most.0,
            account: written(account)?,
        };
        match self.store.glm_begin(&open, |sums| account.most <= free(&self.limits, sums)) {
            Ok(GlmBegun::Done) => Ok(()),
            Ok(GlmBegun::Taken) => Err(JournalError::Taken),
            Ok(GlmBegun::NoRoom) => Err(JournalError::NoRoom),
            Err(error) => Err(unwritten(&error)),
        }
    }

    fn keep(&self, account: &Account) -> Result<(), JournalError> {
        match self.store.glm_keep(&account.mark, &written(account)?) {
            Ok(true) => Ok(()),
            Ok(false) => Err(JournalError::Write("the account is not open any more".to_owned())),
            Err(error) => Err(unwritten(&error)),
        }
    }

    fn close(&self, account: &Account) -> Result<(), JournalError> {
        let closed = self.store.glm_close(&account.mark, account.spent().0);
        closed.map_err(|error| unwritten(&error))
    }
}

fn written(account: &Account) -> Result<Vec<u8>, JournalError> {
    serde_json::to_vec(account).map_err(|error| unwritten(&error))
}

fn unwritten(error: &dyn std::error::Error) -> JournalError {
    JournalError::Write(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use vantage_golem::Deal;
    use vantage_protocol::id::{NetId, NodeId};

    fn store(dir: &tempfile::TempDir) -> Arc<Store> {
        Arc::new(Store::open(dir.path(), &NetId([1; 32]), &NodeId([2; 32])).unwrap())
    }

    fn account(mark: &str, most: u64) -> Account {
        Account {
            mark: mark.into(),
            purpose: "test".into(),
            platform: "erc20-holesky-tglm".into(),
            most: Nano(most),
            allocation: None,
            demand: None,
            deals: vec![],
        }
    }

    #[test]
    fn an_account_is_found_after_a_restart_and_counts_until_it_is_closed() {
        let dir = tempfile::tempdir().unwrap();
        let limits = GlmLimits { job: Nano(10), day: Nano(15) };
        let purse = |store: &Arc<Store>, job| GlmPurse::new(store.clone(), limits, JobId([job; 32]));
        let first = store(&dir);
        purse(&first, 1).open(&account("a", 10)).unwrap();
        assert_eq!((purse(&first, 1).free().unwrap(), purse(&first, 2).free().unwrap()), (Nano(0), Nano(5)));
        assert_eq!(purse(&first, 2).open(&account("b", 6)), Err(JournalError::NoRoom));
        assert_eq!(purse(&first, 2).open(&account("a", 1)), Err(JournalError::Taken));
        purse(&first, 2).open(&account("b", 5)).unwrap();
        // a change of what is open already needs no room, and what is not open does not come back
        purse(&first, 1).keep(&account("a", 10)).unwrap();
        assert!(purse(&first, 1).keep(&account("c", 0)).is_err());
        drop(first);
        let store = store(&dir);
        let open = store.glm_open().unwrap();
        assert_eq!(open.iter().map(|open| open.mark.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        let kept: Account = serde_json::from_slice(&open[0].account).unwrap();
        assert_eq!(kept, account("a", 10));
        GlmPurse::of_open(store.clone(), limits, &open[0]).close(&kept).unwrap();
        assert_eq!(purse(&store, 1).free().unwrap(), Nano(10));
        assert_eq!(store.glm_open().unwrap().len(), 1);
    }

    /// An account of which so much was accepted.
    fn spent(mark: &str, most: u64, accepted: u64) -> Account {
        let deal = Deal {
            agreement: "a".into(),
            provider: "0x1".into(),
            activity: None,
            began_ms: 0,
            ended_ms: None,
            accepted: Nano(accepted),
            invoice: None,
            invoiced: false,
            notes: 0,
            suspect: false,
            begun: false,
            expires_ms: None,
        };
        Account { deals: vec![deal], ..account(mark, most) }
    }

    proptest! {
        // each step is on disk when it is done
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// However sessions come and go, whatever they spend of what was set aside, the day's and the job's budget hold,
        /// and nothing that was spent is forgotten.
        #[test]
        fn budgets_hold(
            steps in proptest::collection::vec((0..3u8, 0..20u64, 0..3usize, 0..20u64), 1..16),
        ) {
            let dir = tempfile::tempdir().unwrap();
            let store = store(&dir);
            let limits = GlmLimits { job: Nano(30), day: Nano(50) };
            let purse = |job: u8| GlmPurse { store: store.clone(), limits, job: JobId([job; 32]), day: 7 };
            let sum = |list: &[(u8, u64)], of: Option<u8>| {
                list.iter().filter(|(job, _)| of.is_none_or(|of| of == *job)).map(|(_, n)| n).sum::<u64>()
            };
            let mut open: Vec<(u8, u64, String)> = Vec::new();
            let mut paid: Vec<(u8, u64)> = Vec::new();
            for (n, (job, most, close, accepted)) in steps.into_iter().enumerate() {
                let mark = n.to_string();
                let aside: Vec<(u8, u64)> = open.iter().map(|(job, most, _)| (*job, *most)).collect();
                let taken = |of| sum(&aside, of) + sum(&paid, of);
                let free = (50 - taken(None)).min(30 - taken(Some(job)));
                prop_assert_eq!(purse(job).free().unwrap(), Nano(free));
                match purse(job).open(&account(&mark, most)) {
                    Ok(()) => {
                        prop_assert!(most <= free);
                        open.push((job, most, mark));
                    }
                    Err(error) => {
                        prop_assert_eq!(error, JournalError::NoRoom);
                        prop_assert!(most > free);
                    }
                }
                if let Some(at) = open.len().checked_sub(1 + close) {
                    let (job, most, mark) = open.remove(at);
                    let accepted = accepted.min(most);
                    purse(job).close(&spent(&mark, most, accepted)).unwrap();
                    paid.push((job, accepted));
                }
            }
            let sums = store.glm_sums(7, &JobId([0; 32])).unwrap();
            prop_assert_eq!((sums.day_spent_nanoglm, sums.job_spent_nanoglm), (sum(&paid, None), sum(&paid, Some(0))));
        }
    }
}
