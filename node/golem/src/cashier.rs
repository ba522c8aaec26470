//! The cashier: looks at every debit note and invoice of a session, and says yes or no.
//!
//! What is accepted is written down before the daemon is told, so what was written down is never less than what was
//! accepted. The daemon cannot reject a debit note (it answers 501): one that is objected to is left without an answer,
//! and its agreement is ended.

use crate::account::{Account, Books, Deal};
use crate::amount::Nano;
use crate::bill::{self, Objection, Terms};
use crate::daemon::{Acceptance, Daemon, DocumentEvent, Rejection, Trouble};
use crate::moment;
use crate::offer::Offer;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

/// How long the daemon holds back a question for events.
const POLL: Duration = Duration::from_secs(5);
/// The wait after trouble.
const PAUSE: Duration = Duration::from_secs(1);
/// Documents remembered; what comes after that is not answered. A guess: one session has a handful.
const DOCUMENTS_MAX: usize = 10_000;

/// A task that looks at what providers ask for.
#[derive(Debug)]
pub(crate) struct Cashier {
    desk: Arc<Desk>,
    task: JoinHandle<()>,
    /// A session that is dropped is looked at no more.
    _guard: DropGuard,
}

#[derive(Debug)]
struct Desk {
    daemon: Daemon,
    books: Books,
    session: String,
    terms: Mutex<BTreeMap<String, Terms>>,
    /// Agreements whose provider asked for what is not due.
    unwanted: Mutex<BTreeSet<String>>,
    answered: Notify,
    stop: CancellationToken,
}

/// Where the events have been read to.
#[derive(Debug)]
struct Read {
    after: String,
    seen: BTreeSet<String>,
    /// Notes that were counted: one that is judged again is no other one.
    counted: BTreeSet<String>,
}

impl Cashier {
    /// Starts to look.
    pub(crate) async fn start(daemon: Daemon, books: Books) -> Self {
        let desk = Arc::new(Desk {
            daemon,
            session: books.account().await.mark,
            books,
            terms: Mutex::default(),
            unwanted: Mutex::default(),
            answered: Notify::new(),
            stop: CancellationToken::new(),
        });
        let task = tokio::spawn(desk.clone().serve());
        let _guard = desk.stop.clone().drop_guard();
        Self { desk, task, _guard }
    }

    /// An agreement is about to be signed on these terms.
    pub(crate) fn expect(&self, agreement: &str, terms: Terms) {
        lock(&self.desk.terms).insert(agreement.to_owned(), terms);
    }

    /// Whether the provider asked for something that is not due: it gets no more work.
    pub(crate) fn is_unwanted(&self, agreement: &str) -> bool {
        lock(&self.desk.unwanted).contains(agreement)
    }

    /// The most that bills may still ask for beyond what was accepted: of all deals but one that something was begun
    /// under and that have no invoice yet.
    pub(crate) fn outstanding(&self, account: &Account, except: &str) -> Nano {
        let (terms, now_ms) = (lock(&self.desk.terms), moment::now_ms());
        let is_due = |deal: &&Deal| deal.is_begun() && !deal.invoiced && !deal.suspect;
        let deals = account.deals.iter().filter(|deal| deal.agreement != except).filter(is_due);
        let due = |deal: &Deal| {
            let terms = terms.get(&deal.agreement)?;
            Some(bill::most(deal, terms, now_ms).less(deal.accepted))
        };
        deals.filter_map(due).fold(Nano::ZERO, Nano::plus)
    }

    /// Waits until each agreement under which something may have been done has its invoice, for up to `wait`.
    pub(crate) async fn await_invoices(&self, wait: Duration) {
        let until = tokio::time::Instant::now() + wait;
        loop {
            let answered = self.desk.answered.notified();
            let account = self.desk.books.account().await;
            if account.deals.iter().all(|deal| deal.invoiced || !deal.is_begun()) {
                return;
            }
            if tokio::time::timeout_at(until, answered).await.is_err() {
                return;
            }
        }
    }

    /// Ends, after what is being answered.
    pub(crate) async fn stop(self) {
        self.desk.stop.cancel();
        // it fails only if the task panicked, and then it has ended too
        let _ = self.task.await;
    }
}

/// Whether an invoice needs no further answer, whatever the daemon said to ours.
fn is_answered(trouble: &Trouble, invoice_status: &str, rejected: bool) -> bool {
    match trouble {
        // the daemon has it; the provider's daemon will ask for it. One that was answered before is answered
        Trouble::NotYet | Trouble::Silent | Trouble::Gone(_) => true,
        // a daemon that knows no rejection; without an acceptance nothing is paid
        Trouble::Refused { status: 501, .. } => rejected,
        Trouble::Refused { status: 400..=499, .. } => invoice_status != "RECEIVED",
        _ => false,
    }
}

impl Desk {
    async fn serve(self: Arc<Self>) {
        let (mut notes, mut invoices) = (Read::new(), Read::new());
        tokio::join!(self.notes(&mut notes), self.invoices(&mut invoices));
    }

    async fn notes(&self, read: &mut Read) {
        while let Some(events) = self.next(read, true).await {
            for id in read.fresh(&events, |event| event.debit_note_id.clone()) {
                let first = read.counted.insert(id.clone());
                if let Err(trouble) = self.note(&id, first).await {
                    tracing::warn!(%trouble, "a debit note could not be answered");
                    self.again(read, &id).await;
                }
            }
        }
    }

    async fn invoices(&self, read: &mut Read) {
        while let Some(events) = self.next(read, false).await {
            for id in read.fresh(&events, |event| event.invoice_id.clone()) {
                if let Err(trouble) = self.invoice(&id).await {
                    tracing::warn!(%trouble, "an invoice could not be answered");
                    self.again(read, &id).await;
                }
            }
        }
    }

    /// A document is asked for again, after a pause.
    async fn again(&self, read: &mut Read, id: &str) {
        read.seen.remove(id);
        read.after = moment::EPOCH.to_owned();
        self.pause().await;
    }

    /// The next events; none once it is to stop.
    async fn next(&self, read: &Read, notes: bool) -> Option<Vec<DocumentEvent>> {
        loop {
            let asked = async {
                if notes {
                    self.daemon.note_events(&read.after, &self.session, POLL).await
                } else {
                    self.daemon.invoice_events(&read.after, &self.session, POLL).await
                }
            };
            let answer = tokio::select! {
                () = self.stop.cancelled() => return None,
                answer = asked => answer,
            };
            match answer {
                Ok(events) if events.is_empty() => {}
                Ok(events) => return Some(events),
                Err(Trouble::NotYet) => {}
                Err(trouble) => {
                    tracing::debug!(%trouble, "payment events could not be read");
                    self.pause().await;
                }
            }
        }
    }

    async fn pause(&self) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = tokio::time::sleep(PAUSE) => {}
        }
    }

    async fn note(&self, id: &str, first: bool) -> Result<(), Trouble> {
        let note = self.daemon.note(id).await?;
        let Some(terms) = self.terms(&note.agreement_id).await? else { return Ok(()) };
        let judged = self
            .books
            .change(|account| {
                let found = account.deal(&note.agreement_id)?.clone();
                let verdict = bill::note(account, &found, &terms, &note, moment::now_ms());
                let deal = account.deal_mut(&note.agreement_id)?;
                deal.notes = deal.notes.saturating_add(first.into());
                match verdict {
                    Ok(amount) => deal.accepted = deal.accepted.max(amount),
                    Err(Objection::AboveUsage { .. }) => deal.suspect = true,
                    Err(_) => {}
                }
                Some(verdict)
            })
            .await;
        match judged {
            Ok(Some(Ok(_))) if note.status == "RECEIVED" => {
                let amount = note.total_amount_due.clone();
                let Some(acceptance) = self.acceptance(amount).await else { return Ok(()) };
                self.daemon.accept_note(id, &acceptance).await
            }
            Ok(Some(Err(Objection::Twice)) | Some(Ok(_)) | None) => Ok(()),
            Ok(Some(Err(objection))) => {
                tracing::warn!(agreement = note.agreement_id, %objection, "a debit note is not accepted");
                lock(&self.unwanted).insert(note.agreement_id);
                Ok(())
            }
            Err(error) => Err(Trouble::Nonsense(error.to_string())),
        }
    }

    async fn invoice(&self, id: &str) -> Result<(), Trouble> {
        let invoice = self.daemon.invoice(id).await?;
        let Some(terms) = self.terms(&invoice.agreement_id).await? else { return Ok(()) };
        let (agreement, invoice_status) = (invoice.agreement_id.clone(), invoice.status.clone());
        // judged where it is written down: a note may come in between
        let judged = self.books.change(|account| {
            let found = account.deal(&invoice.agreement_id).filter(|deal| !deal.invoiced)?.clone();
            let verdict = bill::invoice(account, &found, &terms, &invoice, moment::now_ms());
            let deal = account.deal_mut(&invoice.agreement_id)?;
            deal.invoice.get_or_insert_with(|| invoice.invoice_id.clone());
            // what debit notes were accepted for is owed, whatever the invoice says
            deal.accepted = deal.accepted.max(verdict.unwrap_or_default());
            Some(verdict)
        });
        let judged = judged.await.map_err(|error| Trouble::Nonsense(error.to_string()))?;
        let Some(verdict) = judged else { return Ok(()) };
        let told = match verdict {
            Ok(_) => {
                let Some(acceptance) = self.acceptance(invoice.amount).await else { return Ok(()) };
                self.daemon.accept_invoice(id, &acceptance).await
            }
            Err(objection) => {
                tracing::warn!(agreement = invoice.agreement_id, %objection, "an invoice is rejected");
                lock(&self.unwanted).insert(invoice.agreement_id);
                let rejection = Rejection {
                    rejection_reason: "INCORRECT_AMOUNT",
                    total_amount_accepted: "0".to_owned(),
                    message: objection.to_string(),
                };
                self.daemon.reject_invoice(id, &rejection).await
            }
        };
        if let Err(trouble) = told
            && !is_answered(&trouble, &invoice_status, verdict.is_err())
        {
            return Err(trouble);
        }
        let answered = self.books.change(|account| {
            if let Some(deal) = account.deal_mut(&agreement) {
                deal.invoiced = true;
            }
        });
        answered.await.map_err(|error| Trouble::Nonsense(error.to_string()))?;
        self.answered.notify_one();
        Ok(())
    }

    async fn acceptance(&self, amount: String) -> Option<Acceptance> {
        let allocation_id = self.books.account().await.allocation?;
        Some(Acceptance { total_amount_accepted: amount, allocation_id })
    }

    /// What was agreed; after a restart the daemon knows. None for an agreement of others, or one that cannot be read.
    async fn terms(&self, agreement: &str) -> Result<Option<Terms>, Trouble> {
        if let Some(terms) = lock(&self.terms).get(agreement) {
            return Ok(Some(terms.clone()));
        }
        if self.books.account().await.deal(agreement).is_none() {
            return Ok(None);
        }
        let (provider, properties) = self.daemon.agreed_offer(agreement).await?;
        let Ok(offer) = Offer::read(&provider, &properties) else { return Ok(None) };
        let terms = Terms { threads: offer.billed_threads(), price: offer.price };
        lock(&self.terms).insert(agreement.to_owned(), terms.clone());
        Ok(Some(terms))
    }
}

impl Read {
    fn new() -> Self {
        Self { after: moment::EPOCH.to_owned(), seen: BTreeSet::new(), counted: BTreeSet::new() }
    }

    /// Documents received that were not seen before; events are never read twice.
    fn fresh(
        &mut self,
        events: &[DocumentEvent],
        id: impl Fn(&DocumentEvent) -> Option<String>,
    ) -> Vec<String> {
        let mut fresh = Vec::new();
        for event in events {
            if moment::parse(&event.event_date) >= moment::parse(&self.after) {
                self.after = event.event_date.clone();
            }
            let received = event.event_type.ends_with("ReceivedEvent");
            let Some(id) = id(event).filter(|_| received && self.seen.len() < DOCUMENTS_MAX) else {
                continue;
            };
            if self.seen.insert(id.clone()) {
                fresh.push(id);
            }
        }
        fresh
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_without_rejections_leaves_nothing_open() {
        let refused = |status| Trouble::Refused { status, text: String::new() };
        assert!(
            is_answered(&refused(501), "RECEIVED", true) && !is_answered(&refused(501), "RECEIVED", false)
        );
        assert!(
            !is_answered(&refused(500), "RECEIVED", true) && !is_answered(&refused(400), "RECEIVED", true)
        );
        assert!(is_answered(&refused(409), "REJECTED", true));
        assert!(is_answered(&Trouble::Gone(String::new()), "RECEIVED", true));
        assert!(!is_answered(&Trouble::Unreachable { heard: true }, "RECEIVED", true));
    }
    use crate::account::tests::{Full, account};
    use crate::daemon::AppKey;
    use crate::offer::tests::price;

    /// Money for a bill that is still to come is no money for somebody else.
    #[tokio::test]
    async fn what_bills_may_still_ask_for_is_spoken_for() {
        let daemon = Daemon::new("http://127.0.0.1:1", &AppKey::new("key").unwrap()).unwrap();
        let mut account = account(1_000_000);
        let deal = account.deal_mut("one").unwrap();
        (deal.began_ms, deal.ended_ms, deal.accepted) = (0, Some(10_000), Nano(300_000));
        let cashier = Cashier::start(daemon, Books::reopen(account.clone(), Arc::new(Full))).await;
        cashier.expect("one", Terms { price: price(0.0, 0.0001, 0.0), threads: 1 });
        // ten seconds and the slack of ten
        let due = |account: &Account| cashier.outstanding(account, "two");
        assert_eq!((due(&account), cashier.outstanding(&account, "one")), (Nano(1_700_000), Nano::ZERO));
        let changed = |change: fn(&mut Deal)| {
            let mut account = account.clone();
            change(account.deal_mut("one").unwrap());
            due(&account)
        };
        assert_eq!(changed(|deal| deal.invoiced = true), Nano::ZERO);
        assert_eq!(changed(|deal| deal.activity = None), Nano(1_700_000), "one may have been begun");
        let none: fn(&mut Deal) = |deal| (deal.activity, deal.begun) = (None, false);
        assert_eq!(changed(none), Nano::ZERO, "nothing was begun");
        assert_eq!(changed(|deal| deal.suspect = true), Nano::ZERO, "it gets no more");
    }

    fn event(id: &str, at: &str, kind: &str) -> DocumentEvent {
        DocumentEvent {
            debit_note_id: Some(id.into()),
            invoice_id: None,
            event_date: at.into(),
            event_type: kind.into(),
        }
    }

    #[test]
    fn each_document_is_looked_at_once_and_time_goes_on() {
        let mut read = Read::new();
        let events = [
            event("a", "2026-11-26T10:25:39.694260Z", "DebitNoteReceivedEvent"),
            event("a", "2026-11-26T10:25:39.694260Z", "DebitNoteAcceptedEvent"),
            event("b", "2026-11-26T10:25:41Z", "DebitNoteReceivedEvent"),
        ];
        let fresh = |read: &mut Read| read.fresh(&events, |event| event.debit_note_id.clone());
        assert_eq!(fresh(&mut read), ["a", "b"]);
        assert_eq!(read.after, "2026-11-26T10:25:41Z");
        assert!(fresh(&mut read).is_empty());
        let odd = [event("c", "yesterday", "DebitNoteReceivedEvent")];
        assert_eq!(read.fresh(&odd, |event| event.debit_note_id.clone()), ["c"]);
        assert_eq!(read.after, "2026-11-26T10:25:41Z");
    }
}
