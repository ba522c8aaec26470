//! What the commands of `vantage` print with `--json`: a type each, or one that the node's own interface has.

mod evidence;
mod failure;
mod golem;
mod log;
mod model;
mod series;
mod setup;
mod suite;
mod target;
mod upkeep;

pub use evidence::{BundleExported, Finding, Imported, ReportWritten, Verified};
pub use failure::{Failed, Failure};
pub use golem::{OfferSeen, OffersSeen};
pub use log::{Cosigner, LeafShown, LogShown, ProofHolds, ProofShown, StatementBody};
pub use model::{
    CellRecomputed, ModelListed, ModelPulled, ModelState, ModelsListed, Recomputation, Recomputed,
};
pub use series::{SeriesAlarm, SeriesJob, SeriesLine, SeriesLink, SeriesNext, SeriesShown, SeriesVoid};
pub use setup::{Check, Diagnosis, GenesisShown, Initialised, Level, MemberShown};
pub use suite::{ContrastPlanned, JobOrdered, JobsListed, PriceListed, SuiteChecked, SuitePlanned, SuiteRow};
pub use target::{Limits, Price, Probed, Sampling, TargetOffered, TargetsListed, VendorConfigured};
pub use upkeep::{BackedUp, Moved, PruneDone, Restored, Stopping};

use crate::order::StoppedHere;
use crate::peer::{Nodes, Peers};
use crate::ready::Ready;
use crate::status::Status;
use utoipa::ToSchema;
use vantage_protocol::attester::JobView;

/// Something that is told of every type that commands print.
pub(crate) trait Visit {
    /// `command` prints this.
    fn printed<T: ToSchema>(&mut self, command: &'static str);
}

/// Every command that has `--json`, with what it prints: one object, or one a line. Where a command fails, each prints
/// [`Failed`].
pub(crate) fn visit(visitor: &mut impl Visit) {
    visitor.printed::<BackedUp>("backup");
    visitor.printed::<BundleExported>("bundle export");
    visitor.printed::<Verified>("bundle import");
    visitor.printed::<Diagnosis>("doctor");
    visitor.printed::<GenesisShown>("genesis create");
    visitor.printed::<GenesisShown>("genesis show");
    visitor.printed::<OffersSeen>("golem offers");
    visitor.printed::<Initialised>("init");
    visitor.printed::<StoppedHere>("job cancel");
    visitor.printed::<JobsListed>("job list");
    visitor.printed::<JobView>("job show");
    visitor.printed::<JobOrdered>("job submit");
    // with --watch: the order is followed by the job
    visitor.printed::<JobView>("job submit");
    visitor.printed::<JobView>("job watch");
    visitor.printed::<LogShown>("log");
    visitor.printed::<ModelsListed>("model list");
    visitor.printed::<ModelPulled>("model pull");
    visitor.printed::<Recomputed>("model recompute");
    // where the evidence does not hold
    visitor.printed::<Verified>("model recompute");
    visitor.printed::<Moved>("move");
    visitor.printed::<Peers>("peers");
    visitor.printed::<Nodes>("peers");
    visitor.printed::<ProofShown>("proof");
    visitor.printed::<ProofHolds>("proof check");
    visitor.printed::<PruneDone>("prune");
    visitor.printed::<ReportWritten>("report");
    visitor.printed::<Restored>("restore");
    visitor.printed::<Ready>("run");
    visitor.printed::<SeriesShown>("series show");
    // where the evidence does not hold
    visitor.printed::<Verified>("series show");
    visitor.printed::<Status>("status");
    visitor.printed::<Stopping>("stop");
    visitor.printed::<SuiteChecked>("suite check");
    visitor.printed::<SuitePlanned>("suite plan");
    visitor.printed::<TargetsListed>("target list");
    visitor.printed::<Probed>("target probe");
    visitor.printed::<Verified>("verify");
}
