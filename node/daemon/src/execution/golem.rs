//! Cells that providers of the Golem Network answer: one session a slot, so that one agreement serves its cells.

use super::api::in_store;
use super::cell::{Cell, NoCell, Terms};
use super::open::question;
use super::{landmarks, receipt};
use crate::clock;
use crate::config;
use crate::ledger::GlmPurse;
use crate::store::{GlmOpen, Store, StoreError};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use vantage_api::{AgreementView, GolemOpenView, GolemView};
use vantage_golem::{
    Account, Attempt, Command, Deal, Failure, JournalError, Nano, OUTPUT_BYTES_MAX, Requestor, Session,
    is_test_platform, reclaim,
};
use vantage_protocol::attester::Task;
use vantage_protocol::id::JobId;
use vantage_runner::{Answer, GenerateError};

/// The program in the task image that answers one question.
pub(super) const PROGRAM: &str = "/vantage/vantage-runner";
/// Longest question, bytes: it travels as one argument of a program, of which Linux takes 128 KiB.
const QUESTION_BYTES_MAX: usize = 96 * 1024;
/// What an answer takes beside its text, bytes: facts about the engine, and counts. A guess, generous.
const FACTS_BYTES_MAX: u64 = 8 * 1024;
/// Longest escape of one byte of text in JSON: `\u00XX`.
const ESCAPE_BYTES_MAX: u64 = 6;
/// How often what could not be ended is tried again. A guess: the daemon may be away for long.
const TEND_INTERVAL: Duration = Duration::from_secs(60);

/// Longest wait for that before a slot opens an account of its own. A guess: the daemon may be restarting.
const SWEEP_MAX: Duration = Duration::from_secs(90);

/// How often a slot that finds nothing free looks again while others have something set aside. A guess.
const ROOM_INTERVAL: Duration = Duration::from_secs(1);

/// The operator's daemon, and the ledger of what it is used for.
#[derive(Debug)]
pub(super) struct GolemDesk {
    golem: config::Golem,
    store: Arc<Store>,
    /// What sessions of this process are for; everything else that is open is an earlier one's.
    at_work: Mutex<BTreeSet<String>>,
    /// What earlier processes left open was looked after once.
    swept: CancellationToken,
    /// Held from asking what is free until it is taken.
    opening: tokio::sync::Mutex<()>,
}

/// One slot's session.
#[derive(Debug)]
pub(super) struct GolemSlot {
    desk: Arc<GolemDesk>,
    job: JobId,
    purpose: String,
    session: tokio::sync::Mutex<Option<Session>>,
}

impl GolemDesk {
    pub(super) fn new(golem: config::Golem, store: Arc<Store>) -> Self {
        Self {
            golem,
            store,
            at_work: Mutex::default(),
            swept: CancellationToken::new(),
            opening: tokio::sync::Mutex::default(),
        }
    }

    /// Whether the image has a model.
    pub(super) fn has(&self, model: &str) -> bool {
        self.golem.models.iter().any(|name| name == model)
    }

    /// Ends what is open and nobody's, again and again, until called off.
    pub(super) async fn tend(&self, stop: &CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.end_orphans() => self.swept.cancel(),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(TEND_INTERVAL) => {}
            }
        }
    }

    async fn end_orphans(&self) {
        let store = self.store.clone();
        let open = match in_store(move || store.glm_open()).await {
            Ok(open) => open,
            Err(error) => return tracing::error!(%error, "the ledger for Golem cannot be read"),
        };
        for open in open {
            let Some(account) = read(&open) else { continue };
            if self.works_on().contains(&account.purpose) {
                continue;
            }
            let (mark, purpose) = (account.mark.clone(), account.purpose.clone());
            // it may have been closed while others were ended
            let (store, asked) = (self.store.clone(), mark.clone());
            let is_open = in_store(move || Ok(store.glm_open()?.iter().any(|open| open.mark == asked))).await;
            if !is_open.unwrap_or(false) {
                continue;
            }
            tracing::info!(mark, purpose, "ending what was left open at Golem");
            let purse = Arc::new(GlmPurse::of_open(self.store.clone(), self.golem.limits, &open));
            let closed = reclaim(&self.golem.daemon, account, purse, &self.golem.times).await;
            if closed.left_open.is_none() {
                let spent = closed.account.spent();
                tracing::info!(mark, purpose, %spent, "what was left open at Golem is ended");
            }
        }
    }

    fn works_on(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        self.at_work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The most that a session can cost until a time: set aside, so that nothing is ever owed beyond it.
    fn most(&self, until_ms: u64) -> Nano {
        let left_ms = u128::from(until_ms.saturating_sub(clock::now_ms()));
        let caps = &self.golem.order.caps;
        let threads = u128::from(self.golem.order.threads) + 1; // as bills are judged
        let hours = (u128::from(caps.hour.0) * left_ms).div_ceil(3_600_000);
        let busy = (u128::from(caps.cpu_second.0) * threads * left_ms).div_ceil(1000);
        Nano(u64::try_from(hours + busy).unwrap_or(u64::MAX)).plus(caps.start)
    }

    /// What was spent, and what is open.
    pub(super) fn view(&self) -> Result<GolemView, StoreError> {
        let limits = &self.golem.limits;
        let (sums, on) = crate::ledger::glm_today(&self.store)?;
        let committed = Nano(sums.day_spent_nanoglm.saturating_add(sums.reserved_nanoglm));
        let at_work = self.works_on().clone();
        let open = self.store.glm_open()?;
        let platform = self.golem.order.platform.clone();
        Ok(GolemView {
            test_money: is_test_platform(&platform),
            platform,
            day: on.to_string(),
            spent_nanoglm: sums.day_spent_nanoglm,
            reserved_nanoglm: sums.reserved_nanoglm,
            nanoglm_max: limits.day.0,
            free_nanoglm: limits.day.less(committed).0,
            open: open.iter().filter_map(read).map(|account| open_view(&account, &at_work)).collect(),
        })
    }
}

/// Tells that something is open at a daemon that the configuration does not name any more.
pub(super) fn warn_of_open(store: &Store) {
    match store.glm_open() {
        Ok(open) if open.is_empty() => {}
        Ok(open) => tracing::warn!(
            accounts = open.len(),
            "money is set aside at a yagna daemon that the configuration no longer names: put [golem] back, so that \
             it is released"
        ),
        Err(error) => tracing::error!(%error, "the ledger for Golem cannot be read"),
    }
}

/// The account that was written down. One that cannot be read stays set aside: nothing else is known of it.
fn read(open: &GlmOpen) -> Option<Account> {
    let read = serde_json::from_slice(&open.account);
    read.inspect_err(|error| tracing::error!(mark = open.mark, %error, "an account at Golem cannot be read"))
        .ok()
}

fn open_view(account: &Account, at_work: &BTreeSet<String>) -> GolemOpenView {
    let agreement = |deal: &Deal| AgreementView {
        agreement: deal.agreement.clone(),
        provider: deal.provider.clone(),
        activity: deal.activity.clone(),
        began_ms: deal.began_ms,
        ended_ms: deal.ended_ms,
        accepted_nanoglm: deal.accepted.0,
    };
    GolemOpenView {
        purpose: account.purpose.clone(),
        at_work: at_work.contains(&account.purpose),
        most_nanoglm: account.most.0,
        accepted_nanoglm: account.spent().0,
        agreements: account.deals.iter().map(agreement).collect(),
    }
}

impl GolemSlot {
    /// Nothing is opened before the first cell.
    pub(super) fn new(desk: Arc<GolemDesk>, job: JobId, slot: u32) -> Self {
        // of this life alone: an earlier one's session for the slot is another
        let purpose = format!("job {job} slot {slot} from {}", clock::now_ms());
        Self { desk, job, purpose, session: tokio::sync::Mutex::default() }
    }

    /// Has one cell's question answered.
    pub(super) async fn run(&self, task: &Task, terms: &Terms) -> Result<Cell, NoCell> {
        let order = &self.desk.golem.order;
        let Some(command) = command(task, terms) else {
            return Ok(receipt::of_failure(task, terms, "bad_request"));
        };
        let began_ms = clock::now_ms();
        let mut place = self.session.lock().await;
        if place.is_none() {
            match self.open(terms).await {
                Ok(session) => *place = Some(session),
                Err(Failure::Journal(error)) => return Err(unrecorded(&error)),
                Err(Failure::Cancelled) => return Err(NoCell::Cancelled),
                Err(failure) => {
                    tracing::warn!(code = failure.code(), %failure, "Golem cannot be used");
                    let attempt = Attempt {
                        on: None,
                        began_ms,
                        ended_ms: clock::now_ms(),
                        failure: Some(failure.clone()),
                    };
                    return Ok(receipt::of_golem(task, terms, order, &[attempt], Err(failure)));
                }
            }
        }
        let Some(session) = place.as_mut() else { return Err(NoCell::Cancelled) };
        let model = terms.target.model().to_owned();
        let answer = move |output: &[u8]| answer(output, &model);
        let ran = session.run(&command, terms.stop_ms, &terms.cancel, answer).await;
        match &ran.result {
            Err(Failure::Cancelled) => Err(NoCell::Cancelled),
            Err(Failure::Journal(error)) => Err(unrecorded(error)),
            _ => Ok(receipt::of_golem(task, terms, order, &ran.attempts, ran.result)),
        }
    }

    async fn open(&self, terms: &Terms) -> Result<Session, Failure> {
        let golem = &self.desk.golem;
        // what an earlier life left open is set aside until it is ended, and this slot's share may be in it
        let left = SWEEP_MAX.min(Duration::from_millis(terms.stop_ms.saturating_sub(clock::now_ms())));
        tokio::select! {
            () = self.desk.swept.cancelled() => {}
            () = tokio::time::sleep(left) => {}
            () = terms.cancel.cancelled() => return Err(Failure::Cancelled),
        }
        let purse = Arc::new(GlmPurse::new(self.desk.store.clone(), golem.limits, self.job));
        let (free, _opening) = loop {
            let opening = self.desk.opening.lock().await;
            let (free, is_shared) = self.room(&purse).await?;
            match free {
                // what others have set aside comes back, as far as they do not spend it
                Nano::ZERO if is_shared => {}
                Nano::ZERO => return Err(Failure::Budget(golem.limits.job.min(golem.limits.day))),
                free => break (free, opening),
            }
            drop(opening);
            tokio::select! {
                () = terms.cancel.cancelled() => return Err(Failure::Cancelled),
                () = tokio::time::sleep(ROOM_INTERVAL) => {}
            }
            if terms.is_late() {
                return Err(Failure::Budget(golem.limits.job.min(golem.limits.day)));
            }
        };
        let requestor = Requestor {
            daemon: golem.daemon.clone(),
            order: golem.order.clone(),
            probe: landmarks::probe(&golem.order.landmarks),
            times: golem.times,
            journal: purse,
        };
        self.desk.works_on().insert(self.purpose.clone());
        let most = self.desk.most(terms.stop_ms).min(free);
        let opened = requestor.open(&self.purpose, most, terms.stop_ms).await;
        if opened.is_err() {
            self.desk.works_on().remove(&self.purpose);
        }
        opened
    }

    /// What is free now, and whether anything is set aside by others.
    async fn room(&self, purse: &Arc<GlmPurse>) -> Result<(Nano, bool), Failure> {
        let (purse, store) = (purse.clone(), self.desk.store.clone());
        let asked = in_store(move || Ok((purse.free()?, !store.glm_open()?.is_empty()))).await;
        asked.map_err(|error| JournalError::Write(error.to_string()).into())
    }

    /// Ends agreements, waits for the last invoice, gives back what is left.
    pub(super) async fn close(&self) {
        let Some(session) = self.session.lock().await.take() else { return };
        let bound = self.desk.golem.close_max();
        let closed = tokio::time::timeout(bound, session.close()).await;
        self.desk.works_on().remove(&self.purpose);
        let Ok(closed) = closed else {
            // it is in the ledger: ended as what an earlier life left open, by this one or by the next
            let (purpose, bound_s) = (&self.purpose, bound.as_secs());
            return tracing::warn!(purpose, bound_s, "a session at Golem could not be ended in time");
        };
        let (spent, agreements) = (closed.account.spent(), closed.account.deals.len());
        tracing::info!(purpose = self.purpose, %spent, agreements, "a session at Golem is over");
    }
}

fn unrecorded(error: &JournalError) -> NoCell {
    NoCell::Failed(StoreError::Unrecorded(error.to_string()))
}

/// The question as it travels; none if it is too long for that.
fn command(task: &Task, terms: &Terms) -> Option<Command> {
    let question = serde_json::to_string(&question(&task.request, task.seed).ok()?).ok()?;
    if question.len() > QUESTION_BYTES_MAX || question.contains('\0') {
        return None;
    }
    let longest = terms.output_bytes_max.saturating_mul(ESCAPE_BYTES_MAX).saturating_add(FACTS_BYTES_MAX);
    Some(Command {
        program: PROGRAM.to_owned(),
        args: vec!["answer".to_owned(), question],
        output_bytes_max: usize::try_from(longest).unwrap_or(OUTPUT_BYTES_MAX).min(OUTPUT_BYTES_MAX),
    })
}

/// What a provider printed, if it is an answer of the model that was asked for. What it says of a run that broke off is
/// its own trouble: another one may do better.
fn answer(output: &[u8], model: &str) -> Result<Answer, String> {
    let answer = Answer::read(output).map_err(|error| format!("it is no answer: {error}"))?;
    match &answer {
        Answer::Answered { facts, .. } if facts.model != model => {
            Err(format!("the answer is of the model {:?}", facts.model))
        }
        Answer::Answered { facts, .. } => match vantage_runner::ModelSpec::find(model) {
            Ok(spec) if spec.sha256 != facts.model_sha256 => {
                Err(format!("the answer is of other weights than those of {model}"))
            }
            _ => Ok(answer),
        },
        Answer::Refused(GenerateError::Engine { .. } | GenerateError::Stopped { .. }) => {
            Err("the model's run broke off".to_owned())
        }
        Answer::Refused(_) => Ok(answer),
    }
}
