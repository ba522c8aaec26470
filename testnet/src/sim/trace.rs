//! The trace: everything that happened, as one hash and, if asked for, as lines to read.

use super::describe;
use super::event::{Event, Index};
use super::world::World;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use vantage_protocol::attester::Effect;
use vantage_protocol::id::Hash;

/// Runs over every event and every effect, in order.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    hasher: Sha256,
    lines: u64,
    kinds: BTreeMap<&'static str, u64>,
    text: Option<Vec<String>>,
}

impl Trace {
    /// A trace that also keeps its lines.
    pub fn readable() -> Self {
        Self { text: Some(Vec::new()), ..Self::default() }
    }

    /// Adds one line: when, what, who, and the bytes that went with it.
    pub fn add(&mut self, now_ms: u64, kind: &'static str, node: usize, payload: &[u8]) {
        self.lines += 1;
        *self.kinds.entry(kind).or_default() += 1;
        self.hasher.update(now_ms.to_be_bytes());
        self.hasher.update((kind.len() as u64).to_be_bytes());
        self.hasher.update(kind.as_bytes());
        self.hasher.update((node as u64).to_be_bytes());
        self.hasher.update((payload.len() as u64).to_be_bytes());
        self.hasher.update(payload);
    }

    /// Lines so far.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Lines so far by what happened.
    pub fn kinds(&self) -> &BTreeMap<&'static str, u64> {
        &self.kinds
    }

    /// The hash over all lines so far.
    pub fn hash(&self) -> Hash {
        Hash(self.hasher.clone().finalize().into())
    }

    /// The lines, if they are kept.
    pub fn text(&self) -> &[String] {
        self.text.as_deref().unwrap_or(&[])
    }
}

impl World {
    pub(super) fn note_event(&mut self, node: Index, event: &Event) {
        self.trace.add(self.now_ms, event.kind(), node, &event.payload());
        if self.trace.text.is_some() {
            let line = describe::event(self, event);
            self.line(node, '<', line);
        }
    }

    pub(super) fn note_effect(&mut self, node: Index, effect: &Effect) {
        self.trace.add(self.now_ms, describe::kind(effect), node, &describe::payload(effect));
        if self.trace.text.is_some() {
            let line = describe::effect(self, effect);
            self.line(node, '>', line);
        }
    }

    pub(super) fn note_crash(&mut self, node: Index, down_ms: Option<u64>) {
        self.trace.add(self.now_ms, "crash", node, &[]);
        if self.trace.text.is_some() {
            let back = down_ms.map_or("for good".into(), |ms| format!("for {ms} ms"));
            self.line(node, '!', format!("crash: power is off {back}"));
        }
    }

    fn line(&mut self, node: Index, mark: char, what: String) {
        let at_ms = self.now_ms - super::cast::START_S * 1000;
        let name = describe::node(self, node);
        if let Some(text) = &mut self.trace.text {
            text.push(format!("{:>7}.{:03}  {name:<5} {mark} {what}", at_ms / 1000, at_ms % 1000));
        }
    }
}
