//! The executor of vendor APIs: one for all dialects.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use reqwest::Url;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::call::Call;
use crate::config::Vendor;
use crate::dialect;
use crate::evidence::{Evidence, Outcome};
use crate::failure::Failure;
use crate::meter::{Charge, Meter, MeterError, Ticket, Tokens, Unseen};
use crate::pace::{Pace, PaceState};
use crate::transport::{NoReply, Transport, TransportError};

/// Longest time for which a vendor is left alone because it asks for it: a guess, its limits are by the day at most.
const HOLD_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Draws a number, uniform over `u32`, for the jitter between attempts.
pub type Roll = Box<dyn Fn() -> u32 + Send + Sync>;

/// Calls one vendor. One per target and node, shared by all jobs: it keeps the pace for all of them.
pub struct VendorClient {
    vendor: Vendor,
    transport: Transport,
    pace: Pace,
    roll: Roll,
    unseen: Unseen,
}

/// What a job allows one call: money, time, and a way to call it off.
#[derive(Clone, Debug)]
pub struct Allowance {
    /// Keeps account of the job's calls to this vendor, shared by all of its cells.
    pub meter: Arc<dyn Meter>,
    /// When an answer is of no use any more. No wait is begun that would pass it.
    pub deadline: Option<Instant>,
    /// Ends the call at once, also amid a request.
    pub cancel: CancellationToken,
}

/// The node could not record a call before sending it, or what it cost after. Not a failure of the call: there is nothing
/// to put in a receipt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct RecordError(MeterError);

impl VendorClient {
    /// An executor for a checked configuration.
    pub fn new(vendor: Vendor) -> Result<Self, TransportError> {
        // Without randomness the longest wait is the safe one.
        Self::with_roll(vendor, Box::new(|| getrandom::u32().unwrap_or(u32::MAX)))
    }

    /// As [`VendorClient::new`], with the jitter drawn by `roll`: for runs that must repeat.
    pub fn with_roll(vendor: Vendor, roll: Roll) -> Result<Self, TransportError> {
        let transport = Transport::new(&vendor)?;
        let config = vendor.config();
        let pace = Pace::new(config.concurrency_max, Duration::from_millis(config.gap_ms));
        Ok(Self { vendor, transport, pace, roll, unseen: Unseen::default() })
    }

    /// The vendor that is called.
    pub fn vendor(&self) -> &Vendor {
        &self.vendor
    }

    /// How the vendor is being called right now.
    pub fn pace(&self) -> PaceState {
        self.pace.state()
    }

    /// The most tokens that is set aside for `call`: no token is shorter than a byte, the answer has the limit that the
    /// body sets, and a vendor may add some of its own to both, as many as it did before.
    pub fn most(&self, call: &Call) -> Tokens {
        self.unseen.most(&dialect::model_asked(call), self.shown(call))
    }

    /// The most tokens of `call` by what it shows.
    fn shown(&self, call: &Call) -> Tokens {
        let input = u64::try_from(call.body().len()).unwrap_or(u64::MAX);
        let output = dialect::output_tokens_max(self.vendor.dialect(), call.body()).unwrap_or(u64::MAX);
        Tokens { input, output }
    }

    /// Sends `call` to the endpoint of `region`, with as many attempts as the configuration and `allowance` permit.
    ///
    /// Whatever the vendor does ends as [`Evidence`]. Dropping the future ends the call too, and loses the record of
    /// it; prefer `allowance.cancel`.
    pub async fn execute(
        &self,
        region: &str,
        call: &Call,
        allowance: &Allowance,
    ) -> Result<Evidence, RecordError> {
        let clock = CallClock::start();
        let mut evidence = Evidence::begun(clock.unix_ms());
        evidence.asked = dialect::model_asked(call);
        match self.vendor.address(region, call.path()) {
            Ok(url) => self.attempt_all(&url, call, allowance, &clock, &mut evidence).await?,
            Err(_) => evidence.failure = Some(Failure::NoEndpoint),
        }
        evidence.ended_unix_ms = clock.unix_ms();
        tracing::debug!(
            target: "vantage_exec",
            vendor = self.vendor.target(),
            region,
            attempts = evidence.attempts.len(),
            outcome = %evidence.failure.map_or(Outcome::Answered, Outcome::Failed),
            "call ended"
        );
        Ok(evidence)
    }

    async fn attempt_all(
        &self,
        url: &Url,
        call: &Call,
        allowance: &Allowance,
        clock: &CallClock,
        evidence: &mut Evidence,
    ) -> Result<(), RecordError> {
        let attempts_max = self.vendor.config().attempts_max;
        for attempt in 1..=attempts_max {
            let place = match allowance.guard(self.pace.enter()).await {
                Ok(place) => place,
                Err(stop) => {
                    evidence.failure = Some(self.without_a_place(stop, evidence.failure));
                    return Ok(());
                }
            };
            let most = self.most(call);
            let ticket = match allowance.meter.reserve(most).await {
                Ok(ticket) => ticket,
                Err(MeterError::Exhausted(why)) => {
                    tracing::warn!(target: "vantage_exec", vendor = self.vendor.target(), why, "no call is sent");
                    // of a call that was sent, what came of it says more than why it was not sent again
                    evidence.failure.get_or_insert(Failure::Budget);
                    return Ok(());
                }
                Err(error @ MeterError::NotRecorded(_)) => return Err(RecordError(error)),
            };
            let at_unix_ms = clock.unix_ms();
            let reply = allowance.guard(self.send(url, call)).await;
            let reply = reply.unwrap_or_else(|failure| Err(NoReply { failure, may_have_arrived: true }));
            let charge = evidence.absorb_aside(at_unix_ms, reply, &self.vendor, most).await;
            if let Some(took) = evidence.usage.tokens() {
                self.unseen.learn(&dialect::model_asked(call), self.shown(call), took);
            }
            let began = place.began();
            drop(place);
            settle(allowance, ticket, charge, evidence).await?;
            let asked = self.heed(began, evidence);
            if attempt == attempts_max || !self.wait(attempt, asked, allowance, evidence).await {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn send(&self, url: &Url, call: &Call) -> Result<crate::transport::Reply, NoReply> {
        let key = self.vendor.key().map(|key| dialect::credential(self.vendor.dialect(), key)).transpose();
        let key = key.map_err(|failure| NoReply { failure, may_have_arrived: false })?;
        self.transport.post(url.clone(), call, key).await
    }

    /// Why a call ends that waited for its place: too late is seldom the whole reason.
    fn without_a_place(&self, stop: Failure, earlier: Option<Failure>) -> Failure {
        match (stop, earlier) {
            (Failure::Timeout, Some(earlier)) => earlier,
            (Failure::Timeout, None) if self.pace.is_held() => Failure::RateLimited,
            _ => stop,
        }
    }

    /// How long the vendor is to be left alone, which then holds for all calls to it; adapts the pace.
    fn heed(&self, began: Instant, evidence: &Evidence) -> Option<Duration> {
        let Some(failure) = evidence.failure else {
            self.pace.answered();
            return None;
        };
        let asked = evidence.retry_after;
        let in_row = failure.is_throttle().then(|| self.pace.throttled(began));
        match (asked, in_row) {
            (Some(asked), _) => self.pace.hold(asked.min(HOLD_MAX)),
            (None, Some(in_row)) => {
                // It concerns the account, not this call alone: nobody else is to try at once.
                let wait = self.vendor.backoff().wait(in_row, None, (self.roll)());
                self.pace.hold(wait.unwrap_or_default());
            }
            (None, None) => {}
        }
        asked
    }

    /// Waits for the next attempt; `false` if there is to be none.
    async fn wait(
        &self,
        attempt: u32,
        asked: Option<Duration>,
        allowance: &Allowance,
        evidence: &mut Evidence,
    ) -> bool {
        if !evidence.is_retried() || allowance.is_over() {
            return false;
        }
        let Some(wait) = self.vendor.backoff().wait(attempt, asked, (self.roll)()) else { return false };
        if allowance.deadline.is_some_and(|deadline| Instant::now() + wait >= deadline) {
            return false;
        }
        if let Err(stop) = allowance.guard(sleep(wait)).await {
            evidence.failure = Some(stop);
            return false;
        }
        true
    }
}

/// Puts the charge in place of the reservation, and adds it to the call's cost.
async fn settle(
    allowance: &Allowance,
    ticket: Ticket,
    charge: Charge,
    evidence: &mut Evidence,
) -> Result<(), RecordError> {
    let cost = allowance.meter.settle(ticket, charge).await.map_err(RecordError)?;
    evidence.cost_microusd = evidence.cost_microusd.zip(cost).map(|(sum, cost)| sum.saturating_add(cost));
    Ok(())
}

impl Allowance {
    /// Runs `work` until the call is called off (`cancelled`) or the deadline passes (`timeout`).
    async fn guard<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        let too_late = async {
            match self.deadline {
                Some(deadline) => sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Failure::Cancelled),
            () = too_late => Err(Failure::Timeout),
            done = work => Ok(done),
        }
    }

    fn is_over(&self) -> bool {
        self.cancel.is_cancelled() || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

impl fmt::Debug for VendorClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VendorClient").field("vendor", &self.vendor).finish_non_exhaustive()
    }
}

/// The wall clock, read once and carried on by the monotonic one: a clock that is set meanwhile changes no order.
struct CallClock {
    started_unix_ms: u64,
    started: Instant,
}

impl CallClock {
    fn start() -> Self {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { started_unix_ms: millis(since), started: Instant::now() }
    }

    fn unix_ms(&self) -> u64 {
        self.started_unix_ms.saturating_add(millis(self.started.elapsed()))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
