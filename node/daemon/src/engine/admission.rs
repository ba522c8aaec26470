//! Slots before they run: the policy's word, the disk's room, and whose turn it is.

use super::{Engine, Group};
use crate::execution::SlotEnd;
use crate::policy::Admission;
use crate::store::StoreError;
use std::time::{Duration, Instant};
use vantage_api::Room;
use vantage_protocol::attester::{Execution, Input};
use vantage_protocol::id::JobId;

/// How often is looked how much room the disk has. A guess: what fills it faster than this fills any reserve.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How much room the disk has, looked at now and then.
#[derive(Debug)]
pub(super) struct Disk {
    dir: std::path::PathBuf,
    floor_bytes: u64,
    room: Room,
    free_bytes: u64,
    looked: Option<Instant>,
}

impl Disk {
    /// A floor of 0 means that the disk is not looked at.
    pub(super) fn new(dir: std::path::PathBuf, floor_bytes: u64) -> Self {
        Self { dir, floor_bytes, room: Room::Ample, free_bytes: 0, looked: None }
    }

    /// Free bytes and what they mean, as last looked at.
    pub(super) fn now(&self) -> (u64, Room) {
        (self.free_bytes, self.room)
    }

    /// Looks, if it is time to; tells of a change.
    fn look(&mut self) -> Option<Room> {
        if self.floor_bytes == 0 || self.looked.is_some_and(|at| at.elapsed() < LOOK_EVERY) {
            return None;
        }
        self.looked = Some(Instant::now());
        match crate::store::free_bytes(&self.dir) {
            Ok(free) => self.free_bytes = free,
            Err(error) => {
                tracing::warn!(%error, "the free space of the data directory cannot be read");
                return None;
            }
        }
        let room = match self.free_bytes {
            free if free < self.floor_bytes / 2 => Room::Scarce,
            free if free < self.floor_bytes => Room::Low,
            _ => Room::Ample,
        };
        let before = std::mem::replace(&mut self.room, room);
        (before != room).then_some(room)
    }
}

impl Engine {
    /// Looks at the disk now and then, and says when that matters.
    pub(super) fn look_at_disk(&mut self) {
        let Some(room) = self.disk.look() else { return };
        let (free, floor) = (self.disk.free_bytes / 1024, self.disk.floor_bytes / 1024);
        let text = match room {
            Room::Ample => format!("there is room on the disk again ({free} KiB): jobs are taken on"),
            Room::Low => format!(
                "only {free} KiB are free below the data directory, less than {floor}: no further job is taken on; make room"
            ),
            Room::Scarce => format!(
                "only {free} KiB are free below the data directory, less than half of {floor}: no job is taken on and no \
                 block is taken for others; make room"
            ),
        };
        self.notices.say(room == Room::Ample, text);
    }

    /// Takes a slot on, lets it wait, or has it declined.
    pub(super) fn execute(&mut self, execution: Execution) -> Result<(), StoreError> {
        let (job, slot) = (execution.job, execution.slot);
        if self.executions.is_running(&job, slot) {
            return Ok(());
        }
        let now_s = self.clock.now_ms() / 1000;
        let (running, (_, room)) = (self.executions.running(), self.disk.now());
        match self.gate.admit(execution, running, room, now_s)? {
            Admission::Start(execution) => self.executions.start(*execution),
            Admission::Wait => tracing::info!(job = %job.short(), slot, "a slot waits for its turn"),
            Admission::Decline(reason) => self.refused.push((job, slot, reason)),
        }
        Ok(())
    }

    /// Has the slots declined that were refused since the last group.
    pub(super) fn decline_refused(&mut self, group: &mut Group) {
        for (job, slot, reason) in std::mem::take(&mut self.refused) {
            tracing::warn!(job = %job.short(), slot, reason, "a slot is not taken on");
            self.hear(Input::Declined { job, slot, reason }, group);
        }
    }

    /// A slot has ended: the next one may run.
    pub(super) fn run_next(&mut self, end: &SlotEnd) {
        self.executions.ended(end);
        while let Some(execution) = self.gate.next(self.executions.running()) {
            self.executions.start(execution);
        }
    }

    /// A slot need not be run any more.
    pub(super) fn abandon(&mut self, job: &JobId, slot: u32) {
        if !self.gate.abandon(job, slot) {
            self.executions.abandon(job, slot);
        }
    }
}
