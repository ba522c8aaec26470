//! A session: money set aside, and one provider after another doing what is asked, until it is closed.

use crate::account::{Account, Books, JournalError};
use crate::amount::Nano;
use crate::attempt::{ATTEMPTS_MAX, Attempt, Command, Ran, UNSIGNED_MAX, Worker};
use crate::avoid::Avoided;
use crate::cashier::Cashier;
use crate::daemon::{NewAllocation, Trouble, plain};
use crate::failure::Failure;
use crate::moment::millis;
use crate::rental::Rental;
use crate::requestor::Requestor;
use crate::settle::Closed;
use crate::{backoff, moment, settle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio_util::sync::CancellationToken;

/// Waits between attempts. As stock requestors wait.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// How much longer than the work the money stays set aside: invoices come after it. As stock requestors do.
const ALLOCATION_EXTRA_MS: u64 = 15 * 60 * 1000;

/// Longest wait for the end of an agreement with a provider that failed. A guess: one that lives answers in a second.
pub(crate) const DISMISS_MAX: Duration = Duration::from_secs(10);
/// Marks drawn before it is given up: chance makes a second draw rare.
const DRAWS_MAX: u32 = 8;
/// By so much at most allocations that would end together are set apart, milliseconds. A guess: seldom the same twice.
const APART_MS_MAX: u64 = 600_000;

/// Money set aside and, at times, a provider at work. It must be closed: what is only dropped stays open at the daemon
/// until [`crate::reclaim`] finds it in the journal.
#[derive(Debug)]
pub struct Session {
    pub(crate) requestor: Requestor,
    pub(crate) books: Books,
    pub(crate) cashier: Cashier,
    rental: Option<Rental>,
    pub(crate) avoided: Avoided,
    /// Nobody was found who gives a way out: it is not asked for any more.
    pub(crate) no_way_out: bool,
    /// Who was about to sign during the last search, and did not.
    pub(crate) unsigned: Vec<Attempt>,
    /// What was left when a provider could not be paid from it: nobody is looked for until there is more.
    pub(crate) exhausted: Option<Nano>,
    until_ms: u64,
}

impl Requestor {
    /// Sets `most` aside until a time, POSIX milliseconds.
    pub async fn open(&self, purpose: &str, most: Nano, until_ms: u64) -> Result<Session, Failure> {
        let books = self.book(purpose, most, until_ms).await?;
        let asked = NewAllocation {
            payment_platform: self.order.platform.clone(),
            total_amount: most.to_string(),
            timeout: books.account().await.mark,
            make_deposit: false,
        };
        let asked = &asked;
        let allocation = match settle::unheard(move || self.daemon.allocate(asked)).await {
            Ok(allocation) => allocation,
            Err(trouble) => {
                // what may have been set aside all the same is found by its mark
                if matches!(
                    trouble,
                    Trouble::Unreachable { heard: false } | Trouble::Refused { .. } | Trouble::AppKey
                ) {
                    books.close().await?;
                }
                return Err(no_money(most, trouble));
            }
        };
        books.change(|account| account.allocation = Some(allocation.allocation_id)).await?;
        let cashier = Cashier::start(self.daemon.clone(), books.clone()).await;
        let avoided = Avoided::default();
        let (requestor, rental, no_way_out) = (self.clone(), None, false);
        let (unsigned, exhausted) = (Vec::new(), None);
        Ok(Session { requestor, books, cashier, rental, avoided, no_way_out, unsigned, exhausted, until_ms })
    }
}

impl Requestor {
    /// Writes an account down under a mark that no other one has.
    async fn book(&self, purpose: &str, most: Nano, until_ms: u64) -> Result<Books, Failure> {
        let mut draws = 0;
        loop {
            let mark = until_ms.saturating_add(ALLOCATION_EXTRA_MS).saturating_add(apart_ms());
            let account = Account {
                mark: moment::text(mark),
                purpose: purpose.to_owned(),
                platform: self.order.platform.clone(),
                most,
                allocation: None,
                demand: None,
                deals: Vec::new(),
            };
            match Books::open(account, self.journal.clone()).await {
                Err(JournalError::Taken) if draws < DRAWS_MAX => draws += 1,
                Err(JournalError::NoRoom) => return Err(Failure::Budget(most)),
                opened => return Ok(opened?),
            }
        }
    }
}

fn no_money(most: Nano, trouble: Trouble) -> Failure {
    match trouble {
        Trouble::Refused { status: 400..=499, text } => Failure::Funds { most, said: text },
        Trouble::Gone(text) => Failure::Funds { most, said: text },
        trouble => trouble.into(),
    }
}

impl Session {
    /// Runs a command, at another provider if one fails. `read` makes a result of what was printed; if it cannot, the
    /// provider has failed. Ends at `deadline_ms` at the latest, POSIX milliseconds, or when called off.
    pub async fn run<T>(
        &mut self,
        command: &Command,
        deadline_ms: u64,
        cancel: &CancellationToken,
        read: impl Fn(&[u8]) -> Result<T, String>,
    ) -> Ran<T> {
        let mut attempts = Vec::new();
        let mut tried = 0;
        loop {
            let began_ms = moment::now_ms();
            self.unsigned.clear();
            let attempt = tokio::select! {
                biased;
                () = cancel.cancelled() => Err(Failure::Cancelled),
                () = tokio::time::sleep(moment::until(deadline_ms.min(self.until_ms))) => Err(Failure::Deadline),
                attempt = self.attempt(command, deadline_ms, &read) => attempt,
            };
            let room = UNSIGNED_MAX.saturating_sub(attempts.len().saturating_sub(tried));
            attempts.extend(self.unsigned.drain(..).take(room));
            tried += 1;
            let on = self.rental.as_ref().map(|rental| rental.worker.clone());
            let failure = attempt.as_ref().err().cloned();
            attempts.push(Attempt { on, began_ms, ended_ms: moment::now_ms(), failure: failure.clone() });
            let Some(failure) = failure else { return Ran { result: attempt, attempts } };
            tracing::info!(code = failure.code(), %failure, "an attempt on Golem failed");
            if let Some(rental) = self.rental.take_if(|_| failure.is_providers()) {
                // a provider that is gone must not take the time that others need; what remains is ended by `close`
                let left = moment::until(deadline_ms).min(DISMISS_MAX);
                tokio::select! {
                    () = cancel.cancelled() => {}
                    () = tokio::time::sleep(left) => {}
                    () = self.dismiss(rental, &failure) => {}
                }
            }
            let wait = backoff::after(u32::try_from(tried).unwrap_or(u32::MAX), BACKOFF.0, BACKOFF.1);
            let in_time = moment::until(deadline_ms.min(self.until_ms)) > wait;
            if !failure.is_providers() || tried >= ATTEMPTS_MAX || !in_time {
                return Ran { result: Err(failure), attempts };
            }
            tokio::select! {
                () = cancel.cancelled() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    async fn attempt<T>(
        &mut self,
        command: &Command,
        deadline_ms: u64,
        read: &impl Fn(&[u8]) -> Result<T, String>,
    ) -> Result<T, Failure> {
        self.end_stale().await;
        if self.rental.is_none() {
            let most = self.books.account().await.most;
            let exhausted = self.exhausted.unwrap_or_default();
            if self.left_for("").await <= exhausted {
                // bills that are on their way may ask for less than they could
                self.cashier.await_invoices(self.requestor.times.invoice).await;
            }
            if self.left_for("").await <= exhausted {
                return Err(Failure::Budget(most));
            }
            let expires_ms = self.until_ms.min(moment::now_ms() + millis(self.requestor.times.rent));
            let rental = self.hire(expires_ms).await?;
            let left = self.left_for(&rental.worker.agreement).await;
            if rental.cost_so_far() > left {
                // nobody is set to work who could not be paid
                self.exhausted = Some(left);
                settle::end_deal(&self.requestor.daemon, &self.books, &rental.worker.agreement, true).await;
                return Err(Failure::Budget(most));
            }
            self.rental = Some(rental);
        }
        let Some(rental) = &mut self.rental else { return Err(Failure::Cancelled) };
        if !rental.is_started() {
            rental.start(&self.requestor, &self.books).await?;
            rental.probe(&self.requestor, deadline_ms.min(self.until_ms)).await;
        }
        let output = rental.run(&self.requestor, command).await?;
        read(&output).map_err(|why| Failure::Output(plain(&why)))
    }

    /// What may be spent under one agreement: what is set aside, without what was accepted of the others and what their
    /// bills may still ask for.
    pub(crate) async fn left_for(&self, agreement: &str) -> Nano {
        let account = self.books.account().await;
        account.left_for(agreement).less(self.cashier.outstanding(&account, agreement))
    }

    /// Ends a rental that has too little time or money left for another command.
    async fn end_stale(&mut self) {
        let Some(rental) = &self.rental else { return };
        // one that lasts as long as the work is not exchanged for another that would end with it, too
        let lasts = rental.ends_ms() >= self.until_ms;
        let enough = lasts || rental.ends_ms() > moment::now_ms() + millis(self.requestor.times.command);
        let affordable = rental.cost_so_far() <= self.left_for(&rental.worker.agreement).await;
        let wanted = !self.cashier.is_unwanted(&rental.worker.agreement);
        if enough && affordable && wanted {
            return;
        }
        if let Some(rental) = self.rental.take() {
            if !wanted {
                self.avoided.add(&rental.worker.provider, moment::now_ms());
            }
            settle::end_deal(&self.requestor.daemon, &self.books, &rental.worker.agreement, true).await;
        }
    }

    /// Ends the agreement with a provider that failed, and does not come back to it soon.
    async fn dismiss(&mut self, rental: Rental, failure: &Failure) {
        if *failure != Failure::Expired {
            self.avoided.add(&rental.worker.provider, moment::now_ms());
        }
        settle::end_deal(&self.requestor.daemon, &self.books, &rental.worker.agreement, false).await;
    }

    /// Who is at work now.
    pub fn worker(&self) -> Option<&Worker> {
        self.rental.as_ref().map(|rental| &rental.worker)
    }

    /// The account as it stands.
    pub async fn account(&self) -> Account {
        self.books.account().await
    }

    /// Ends everything, waits for the last invoice, gives back what is left.
    pub async fn close(self) -> Closed {
        settle::close(&self.requestor.daemon, &self.books, self.cashier, self.requestor.times.invoice).await
    }
}

/// Some time of up to ten minutes, by chance: accounts that end together are told apart by it, here and at the daemon.
fn apart_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::from(since.subsec_micros()) % APART_MS_MAX
}
