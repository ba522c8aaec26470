//! A job as a node might see it, for the tests beside it.

use vantage_protocol::attester::{JobView, OutcomeView, Phase, SlotState, SlotView};
use vantage_protocol::cid::Cid;
use vantage_protocol::id::{Hash, JobId, NodeId};

/// A job whose slots stand like this.
pub(super) fn view(states: &[SlotState], outcome: Option<OutcomeView>) -> JobView {
    let slot = |state: &SlotState| SlotView {
        index: 0,
        region: "eu".into(),
        target: "sim:openai".into(),
        replica: 0,
        executor: None,
        operator: Some("alder".into()),
        state: state.clone(),
        acked_ok: 0,
        acked_bad: 0,
    };
    JobView {
        id: JobId([0; 32]),
        author: NodeId([0; 32]),
        index: 1,
        suite: Cid::raw(b""),
        regions: vec!["eu".into()],
        targets: Vec::new(),
        replicas: 1,
        from_s: 0,
        commit_by_s: 1,
        reveal_by_s: 2,
        final_by_s: 3,
        phase: Phase::Executing,
        slots: states.iter().map(slot).collect(),
        finals: Vec::new(),
        outcome,
        content: None,
        bundle: None,
        provided: None,
        refused: None,
    }
}

/// How it ended.
pub(super) fn sealed() -> OutcomeView {
    OutcomeView::Sealed { root: Hash([0; 32]), count: 2, report: None }
}
