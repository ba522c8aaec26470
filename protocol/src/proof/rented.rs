//! Who did the work on Golem, as the receipts tell it: the executor's word, and the provider's.

use super::compare_input::Compared;
use super::source::Source;
use crate::leaf::Statement;
use crate::receipt::{Golem, GolemAttempt, GolemWorker, ProviderRegion, Receipt};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Most rows: a guess, far above what honest executors need; the receipts hold the rest.
const ROWS_MAX: usize = 256;
/// Most providers of several operators: a guess, as many as fit on two screens.
const SHARED_MAX: usize = 64;

/// What receipts tell of Golem.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct OnGolem {
    /// One for each agreement of each slot, in the order of the slots.
    pub rows: Vec<Rented>,
    /// Rows that found no room.
    pub left_out: u64,
    /// Providers whose answers several operators gave to one target's prompts, by target and provider.
    pub shared: Vec<SharedProvider>,
    /// Such providers that found no room.
    pub shared_left_out: u64,
}

/// One provider that answered for several operators: what it falsifies is false for all of them alike.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SharedProvider {
    /// The provider's id, in lower case.
    pub provider: String,
    /// The target that was asked.
    pub target: String,
    /// Who stands behind the executors that it served; all volunteers count as one.
    pub operators: BTreeSet<String>,
}

impl SharedProvider {
    /// What a reader should know of it. The names in it come from outside.
    pub fn text(&self) -> String {
        let operators: Vec<&str> = self.operators.iter().map(String::as_str).collect();
        format!(
            "provider {} served {} operators ({}) for {}: their answers are no independent witnesses",
            self.provider,
            operators.len(),
            operators.join(", "),
            self.target
        )
    }
}

/// What one slot's executor had done under one agreement, or without finding anybody.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Rented {
    /// Slot of the job.
    pub slot: u32,
    /// Region that the executor declared. Where the provider stands is `provider_region`.
    pub region: String,
    /// Target.
    pub target: String,
    /// Who stands behind the executor.
    pub operator: String,
    /// SHA3-224 of the image.
    pub image: String,
    /// Payment platform.
    pub platform: String,
    /// Its money is a test network's.
    pub test_money: bool,
    /// What is known of where the provider stands.
    pub provider_region: ProviderRegion,
    /// Who did it; none if nobody was found.
    pub worker: Option<GolemWorker>,
    /// The runtime is simulated: by its name.
    pub sim: bool,
    /// Cells answered under this agreement.
    pub answered: u64,
    /// Attempts that failed, by the code.
    pub failed: BTreeMap<String, u64>,
}

impl OnGolem {
    /// Gathers it from all listed reveals of assigned executors. Receipts that cannot be read are told elsewhere.
    pub(super) fn gather(compared: &Compared<'_>, source: &dyn Source) -> Self {
        let mut found = Self::default();
        let mut served = Served::default();
        for slot in compared.job.slots() {
            let Some(node) = compared.assignment.get(slot.index as usize).copied().flatten() else {
                continue;
            };
            let reveal = compared.statements.iter().find_map(|(author, statement)| match statement {
                Statement::Reveal(reveal) if *author == node && reveal.slot == slot.index => Some(reveal),
                _ => None,
            });
            let Some(Ok(receipts)) = reveal.and_then(|reveal| source.receipts(&reveal.receipts)) else {
                continue;
            };
            let operator = compared.genesis.operator(&node).label().to_owned();
            let region = compared.job.regions.get(slot.region).cloned().unwrap_or_default();
            let target =
                compared.job.targets.get(slot.target).map(|t| t.target.to_string()).unwrap_or_default();
            let begin = |golem: &Golem, attempt: &GolemAttempt| Rented {
                slot: slot.index,
                region: region.clone(),
                target: target.clone(),
                operator: operator.clone(),
                image: golem.image.clone(),
                platform: golem.platform.clone(),
                test_money: golem.test_money,
                provider_region: ProviderRegion::Unmeasured,
                sim: attempt.worker.as_ref().is_some_and(|worker| worker.runtime.starts_with("sim-")),
                worker: attempt.worker.clone(),
                answered: 0,
                failed: BTreeMap::new(),
            };
            let first = found.rows.len();
            receipts.cells.iter().for_each(|receipt| found.receipt(first, receipt, &begin));
            let providers: BTreeSet<&str> = receipts.cells.iter().filter_map(answered_by).collect();
            for provider in providers {
                let place = (target.clone(), provider.to_ascii_lowercase());
                served.entry(place).or_default().insert(operator.clone());
            }
        }
        (found.shared, found.shared_left_out) = shared(served);
        found
    }

    fn receipt(&mut self, first: usize, receipt: &Receipt, begin: &dyn Fn(&Golem, &GolemAttempt) -> Rented) {
        let Some(golem) = &receipt.golem else { return };
        for (n, attempt) in golem.attempts.iter().enumerate() {
            let agreement = |worker: &Option<GolemWorker>| worker.as_ref().map(|w| w.agreement.clone());
            let of = agreement(&attempt.worker);
            let known = self.rows.iter().skip(first).position(|row| agreement(&row.worker) == of);
            let at = match known {
                Some(at) => first + at,
                None if self.rows.len() < ROWS_MAX => {
                    self.rows.push(begin(golem, attempt));
                    self.rows.len() - 1
                }
                None => {
                    self.left_out += 1;
                    continue;
                }
            };
            let Some(row) = self.rows.get_mut(at) else { continue };
            match &attempt.failure {
                Some(code) => *row.failed.entry(code.clone()).or_default() += 1,
                None => row.answered += u64::from(receipt.output.is_some()),
            }
            // it is said of the provider of the last attempt alone
            if n + 1 == golem.attempts.len() && row.provider_region == ProviderRegion::Unmeasured {
                row.provider_region = golem.region.clone();
            }
            // the activity is known once the first command was sent
            if let (Some(worker), Some(later)) = (&mut row.worker, &attempt.worker) {
                worker.activity = later.activity.clone().or(worker.activity.take());
            }
        }
    }

    /// Runtimes that are simulated, by the target that they served.
    pub(super) fn simulated(&self) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for row in self.rows.iter().filter(|row| row.sim) {
            let runtime = row.worker.as_ref().map_or("", |worker| worker.runtime.as_str());
            let text = format!("simulated: runtime {runtime} of {}", row.target);
            if !found.contains(&text) {
                found.push(text);
            }
        }
        found
    }
}

/// Operators, by the target and the provider that answered for them.
type Served = BTreeMap<(String, String), BTreeSet<String>>;

/// The provider that brought a receipt's answer.
fn answered_by(receipt: &Receipt) -> Option<&str> {
    let last = receipt.golem.as_ref()?.attempts.last()?;
    let went_well = receipt.output.is_some() && last.failure.is_none();
    last.worker.as_ref().filter(|_| went_well).map(|worker| worker.provider.as_str())
}

/// Providers of several operators, and how many found no room.
fn shared(served: Served) -> (Vec<SharedProvider>, u64) {
    let several = served.into_iter().filter(|(_, operators)| operators.len() > 1);
    let mut found: Vec<SharedProvider> = several
        .map(|((target, provider), operators)| SharedProvider { provider, target, operators })
        .collect();
    let left_out = found.len().saturating_sub(SHARED_MAX) as u64;
    found.truncate(SHARED_MAX);
    (found, left_out)
}
