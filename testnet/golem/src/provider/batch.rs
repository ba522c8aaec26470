//! One batch of commands: what came of each, and who waits for it.

use super::script::Command;
use crate::moment;
use serde_json::{Value, json};
use tokio::sync::{broadcast, watch};

/// Events of a batch that a slow listener may lag behind. A guess.
const EVENTS_MAX: usize = 1024;

/// A batch, from its order to its last result.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) id: String,
    pub(super) commands: Vec<Command>,
    progress: watch::Sender<Progress>,
    events: broadcast::Sender<Option<Value>>,
}

#[derive(Clone, Debug, Default)]
struct Progress {
    results: Vec<Outcome>,
    finished: bool,
}

/// What came of one command.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    pub(super) failed: bool,
    pub(super) stdout: Option<Value>,
    pub(super) stderr: Option<Value>,
    pub(super) message: Option<String>,
    date: String,
}

impl Outcome {
    pub(super) fn ok() -> Self {
        Self::default()
    }

    pub(super) fn error(message: impl Into<String>) -> Self {
        Self { failed: true, message: Some(message.into()), ..Self::default() }
    }
}

impl Batch {
    pub(super) fn new(id: String, commands: Vec<Command>) -> Self {
        let finished = commands.is_empty();
        let progress = watch::Sender::new(Progress { finished, ..Progress::default() });
        Self { id, commands, progress, events: broadcast::Sender::new(EVENTS_MAX) }
    }

    /// Tells streams that something happened with a command.
    pub(super) fn event(&self, index: usize, kind: &Value) {
        let event = json!({
            "batch_id": self.id, "index": index, "timestamp": moment::naive_now(), "kind": kind
        });
        // nobody may listen
        let _ = self.events.send(Some(event));
    }

    /// A command is done; after a failure, so is the batch.
    pub(super) fn done(&self, mut outcome: Outcome) {
        outcome.date = moment::now();
        self.progress.send_modify(|progress| {
            progress.finished = outcome.failed || progress.results.len() + 1 == self.commands.len();
            progress.results.push(outcome);
        });
        if self.progress.borrow().finished {
            let _ = self.events.send(None);
        }
    }

    /// What happens from now on; ends with `None`. After the end of the batch there is nothing to hear.
    pub(super) fn listen(&self) -> Option<broadcast::Receiver<Option<Value>>> {
        let events = self.events.subscribe();
        (!self.progress.borrow().finished).then_some(events)
    }

    /// Waits for the result of a command, or of the last one.
    pub(super) async fn wait(&self, index: Option<usize>) {
        let is_there =
            |progress: &Progress| progress.finished || index.is_some_and(|i| progress.results.len() > i);
        // the sender is ours and lives as long
        let _ = self.progress.subscribe().wait_for(is_there).await;
    }

    /// The results up to a command, as the ExeUnit of Golem's provider gives them: output only with the one that was
    /// asked for, and the last that is returned says that the batch is finished, whether it is or not.
    pub(super) fn results(&self, index: Option<usize>) -> Value {
        let progress = self.progress.borrow();
        let count = index.map_or(usize::MAX, |i| i.saturating_add(1)).min(progress.results.len());
        let results = progress.results.iter().take(count).enumerate().map(|(i, outcome)| {
            let is_wanted = index.is_none_or(|wanted| wanted == i);
            json!({
                "index": i,
                "result": if outcome.failed { "Error" } else { "Ok" },
                "stdout": outcome.stdout.as_ref().filter(|_| is_wanted),
                "stderr": outcome.stderr.as_ref().filter(|_| is_wanted),
                "message": outcome.message,
                "isBatchFinished": i + 1 == count,
                "eventDate": outcome.date,
            })
        });
        Value::Array(results.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch() -> Batch {
        Batch::new("b".to_owned(), vec![Command::Deploy {}, Command::Start {}, Command::Terminate {}])
    }

    #[tokio::test]
    async fn results_are_those_of_a_stock_exeunit() {
        let batch = batch();
        let mut events = batch.listen().unwrap();
        batch.done(Outcome { stdout: Some(json!("a")), ..Outcome::ok() });
        batch.done(Outcome { stdout: Some(json!("b")), ..Outcome::ok() });
        batch.wait(Some(1)).await;
        let results = batch.results(Some(1));
        assert_eq!(results[0]["stdout"], Value::Null, "output only for the one asked for");
        assert_eq!(results[1]["stdout"], "b");
        assert_eq!(results[0]["isBatchFinished"], false);
        assert_eq!(results[1]["isBatchFinished"], true, "though a third is to come");
        batch.done(Outcome::error("no"));
        batch.wait(None).await;
        assert_eq!(batch.results(None)[2]["result"], "Error");
        assert_eq!(batch.results(None)[1]["stdout"], "b");
        assert_eq!(events.recv().await.unwrap(), None);
        assert!(batch.listen().is_none(), "after the end there is nothing to hear");
    }

    #[tokio::test]
    async fn a_failure_ends_the_batch() {
        let batch = batch();
        batch.done(Outcome::error("no image"));
        batch.wait(None).await;
        assert_eq!(batch.results(None).as_array().unwrap().len(), 1);
        batch.wait(Some(2)).await;
        assert_eq!(batch.results(Some(2)).as_array().unwrap().len(), 1);
    }
}
