//! How a job stands, for people: a table by region and target, and its outcome.

use super::args::DataArg;
use super::data;
use super::exit::Exit;
use super::render::{Field, Out, Paint, Table};
use vantage_api::Status;
use vantage_protocol::attester::{JobView, OutcomeView, Phase, SlotState, SlotView};
use vantage_protocol::id::NetId;
use vantage_protocol::moment::utc;

/// Slots of one region and target, counted.
#[derive(Default)]
struct Tally {
    slots: usize,
    committed: usize,
    revealed: usize,
    acks_least: Option<u32>,
    notes: Vec<String>,
}

impl Tally {
    fn add(&mut self, slot: &SlotView) {
        self.slots += 1;
        let who = slot.operator.as_deref().unwrap_or("nobody");
        let note = match &slot.state {
            SlotState::Waiting => None,
            SlotState::Committed => {
                self.committed += 1;
                None
            }
            SlotState::Revealed => {
                self.committed += 1;
                self.revealed += 1;
                self.ack(slot.acked_ok);
                None
            }
            SlotState::Declined { reason } => {
                self.ack(slot.acked_ok);
                Some(format!("{who} declined: {reason}"))
            }
            SlotState::Unassigned => Some("1 unassigned".to_owned()),
            SlotState::CommittedLate => Some(format!("{who} committed late")),
            SlotState::RevealedLate => {
                self.committed += 1;
                Some(format!("{who} revealed late"))
            }
        };
        self.notes.extend(note);
        if slot.acked_bad > 0 {
            self.notes.push(format!("{who} found bad by {}", slot.acked_bad));
        }
    }

    fn ack(&mut self, acked: u32) {
        self.acks_least = Some(self.acks_least.map_or(acked, |least| least.min(acked)));
    }

    fn done(&self, count: usize) -> Field {
        let paint = if count == self.slots { Paint::Good } else { Paint::Plain };
        Field::painted(paint, format!("{count}/{}", self.slots))
    }
}

/// The table by region and target.
pub(super) fn table(view: &JobView) -> Table {
    let mut table = Table::new(&["region", "target", "committed", "revealed", "acks", "notes"]);
    for region in &view.regions {
        for target in view.targets.iter().map(|t| t.target.as_str()) {
            let mut tally = Tally::default();
            let mine = |s: &&SlotView| s.region == *region && s.target == target;
            view.slots.iter().filter(mine).for_each(|slot| tally.add(slot));
            table.row([
                region.as_str().into(),
                target.into(),
                tally.done(tally.committed),
                tally.done(tally.revealed),
                tally.acks_least.map_or("-".to_owned(), |n| n.to_string()).into(),
                Field::painted(Paint::Warn, tally.notes.join("; ")),
            ]);
        }
    }
    table
}

/// The job in one line: what a log or a pipe gets when something changes.
pub(super) fn line(view: &JobView) -> String {
    let count = |f: fn(&SlotState) -> bool| view.slots.iter().filter(|s| f(&s.state)).count();
    let committed =
        count(|s| matches!(s, SlotState::Committed | SlotState::Revealed | SlotState::RevealedLate));
    let revealed = count(|s| matches!(s, SlotState::Revealed));
    let declined = count(|s| matches!(s, SlotState::Declined { .. }));
    let unassigned = count(|s| matches!(s, SlotState::Unassigned));
    let mut line = format!(
        "{:<11} committed {committed}/{n}  revealed {revealed}/{n}  finals {}",
        phase(view),
        view.finals.len(),
        n = view.slots.len()
    );
    for (what, n) in [("declined", declined), ("unassigned", unassigned)] {
        if n > 0 {
            line += &format!("  {what} {n}");
        }
    }
    line
}

/// The word for where a job stands.
pub(super) fn phase(view: &JobView) -> &'static str {
    match (&view.outcome, view.phase) {
        (Some(OutcomeView::Sealed { .. }), _) => "SEALED",
        (Some(OutcomeView::Bounded), _) => "BOUNDED",
        (None, Phase::Waiting) => "waiting",
        (None, Phase::Executing) => "executing",
        (None, Phase::Revealing) => "revealing",
        (None, Phase::Finalising) => "finalising",
        (None, Phase::Done) => "done",
        (None, Phase::Refused) => "refused",
    }
}

/// The word's colour.
pub(super) fn paint(view: &JobView) -> Paint {
    match (&view.outcome, view.phase) {
        (Some(OutcomeView::Sealed { .. }), _) => Paint::Good,
        (Some(OutcomeView::Bounded), _) => Paint::Warn,
        (None, Phase::Refused) => Paint::Bad,
        _ => Paint::Plain,
    }
}

/// How a command that follows the job ends.
pub(super) fn exit(view: &JobView) -> Exit {
    match &view.outcome {
        Some(OutcomeView::Sealed { .. }) => Exit::Done,
        Some(OutcomeView::Bounded) => Exit::Bounded,
        None => Exit::Failed,
    }
}

/// The next deadline and the seconds left to it.
pub(super) fn deadline(view: &JobView, now_s: u64) -> Option<(&'static str, u64)> {
    let deadlines = [("commit", view.commit_by_s), ("reveal", view.reveal_by_s), ("final", view.final_by_s)];
    let next = deadlines.into_iter().find(|(_, at_s)| *at_s > now_s)?;
    view.outcome.is_none().then_some((next.0, next.1 - now_s))
}

/// Where the job's evidence can be had, for the commands that are suggested.
pub(super) struct Source {
    net: NetId,
    peer: String,
    data: String,
}

impl Source {
    /// The node that was asked.
    pub(super) fn of(status: &Status, data: &DataArg) -> Self {
        let addr = status.external.iter().chain(&status.listen).next();
        let peer = addr.map_or("ADDR".to_owned(), |addr| format!("{addr}/p2p/{}", status.peer_id));
        Self { net: status.net, peer, data: data::argument(data) }
    }
}

/// How it ended, who says so, and what to do next.
pub(super) fn outcome(view: &JobView, source: &Source, out: &mut Out) {
    out.line("");
    if let Some(why) = &view.refused {
        out.painted(Paint::Bad, "refused: ", why);
    }
    match &view.outcome {
        Some(OutcomeView::Sealed { root, count, .. }) => {
            out.painted(paint(view), "SEALED", format!("  {count} statements under root {root}"));
        }
        Some(OutcomeView::Bounded) => {
            out.painted(paint(view), "BOUNDED", "  a quorum made Finals, but on different sets");
        }
        None => {}
    }
    if !view.finals.is_empty() {
        out.heading("who finalised");
        let mut table = Table::new(&["region", "operator", "member", "statements", "root"]);
        let mut finals: Vec<_> = view.finals.iter().collect();
        finals.sort_by(|a, b| (&a.region, &a.operator, a.member).cmp(&(&b.region, &b.operator, b.member)));
        for last in finals {
            table.row([
                last.region.as_str().into(),
                last.operator.as_str().into(),
                last.member.short().into(),
                last.count.to_string().into(),
                last.root.short().into(),
            ]);
        }
        out.table(&table);
    }
    if let Some(content) = &view.content {
        let Source { net, peer, data } = source;
        out.heading("anyone can check it");
        out.line(format!("content   {content}"));
        out.line(format!("by id     vantage verify {content} --genesis {net} --peer {peer}"));
        out.line(format!("as a file vantage bundle export {} --out job.car{data}", view.id.short()));
        if let Some(bundle) = &view.provided {
            out.line(format!(
                "bundle    {bundle}, the proof that this node provides: any IPFS program exports it"
            ));
        }
    }
}

/// The job's facts, as `job show` begins.
pub(super) fn facts(view: &JobView, now_s: u64) -> Vec<(&'static str, String)> {
    let targets = view.targets.iter().map(|t| match t.repeats {
        1 => t.target.to_string(),
        n => format!("{} x{n}", t.target),
    });
    let mut facts = vec![
        ("job", view.id.to_string()),
        ("author", view.author.to_string()),
        ("suite", view.suite.to_string()),
        ("targets", targets.collect::<Vec<_>>().join(", ")),
        ("regions", format!("{}, {} replicas each", view.regions.join(", "), view.replicas)),
        ("made", utc(view.from_s)),
        ("phase", phase(view).to_owned()),
    ];
    if let Some((what, left_s)) = deadline(view, now_s) {
        facts.push(("deadline", format!("{what} in {left_s} s, on {}", utc(now_s + left_s))));
    }
    facts
}
