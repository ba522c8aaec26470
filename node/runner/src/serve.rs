//! The runner process: loads one model, answers until its input ends.

use crate::engine::Engine;
use crate::facts;
use crate::lines::{self, Ask, Say};
use crate::store::ModelStore;
use std::io::{self, BufReader, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;

/// Why a runner process ended early.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The parent could not be read or written.
    #[error("talking to the parent: {0}")]
    Io(#[from] io::Error),
    /// The runner gave up; the parent was told.
    #[error("{0}")]
    GaveUp(String),
}

/// Serves one parent, which is [`crate::Runner`]: reads requests from `input`, writes answers to `output`, and returns
/// when `input` ends. A program that offers this must offer nothing else on these two streams.
///
/// An answer under way is given up within one token when `input` ends, so no runner outlives its parent.
pub fn serve(input: impl Read + Send + 'static, output: &mut dyn Write) -> Result<(), ServeError> {
    let closed = Arc::new(AtomicBool::new(false));
    let asks = read_ahead(input, Arc::clone(&closed))?;
    let Some(first) = next(&asks, output)? else { return Ok(()) };
    let Ask::Load { store, model } = first else {
        return give_up(output, "the first line must name a model to load".to_owned());
    };
    let mut engine = match load(&store, &model) {
        Ok(engine) => engine,
        Err(reason) => return give_up(output, reason),
    };
    let ready = Say::Ready { facts: engine.facts().clone(), context_tokens: engine.context_tokens() };
    lines::write(output, &ready)?;
    while let Some(ask) = next(&asks, output)? {
        let Ask::Generate { id, messages, max_tokens, sampling } = ask else {
            return give_up(output, "a model is loaded already".to_owned());
        };
        let stop = || closed.load(Ordering::Relaxed);
        let say = match engine.generate(&messages, max_tokens, sampling, &stop) {
            Ok(generation) => Say::Answer { id, generation },
            Err(error) => Say::Refused { id, error },
        };
        if closed.load(Ordering::Relaxed) {
            return Ok(());
        }
        lines::write(output, &say)?;
    }
    Ok(())
}

fn load(store: &str, model: &str) -> Result<Engine, String> {
    let threads = facts::threads();
    if threads != 1 {
        return Err(format!(
            "the engine would use {threads} threads: start the runner with RAYON_NUM_THREADS=1"
        ));
    }
    let pulled = ModelStore::new(store).open(model).map_err(|error| error.to_string())?;
    Engine::load(&pulled).map_err(|error| error.to_string())
}

/// Reads lines on a thread of its own, which notices the end of the input while an answer is under way.
fn read_ahead(
    input: impl Read + Send + 'static,
    closed: Arc<AtomicBool>,
) -> io::Result<Receiver<io::Result<Ask>>> {
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::Builder::new().name("vantage-runner-input".to_owned()).spawn(move || {
        let mut input = BufReader::new(input);
        while let Some(ask) = lines::read(&mut input).transpose() {
            let broken = ask.is_err();
            if sender.send(ask).is_err() || broken {
                break;
            }
        }
        closed.store(true, Ordering::Relaxed);
    })?;
    Ok(receiver)
}

/// The next line; `None` at the end of the input.
fn next(asks: &Receiver<io::Result<Ask>>, output: &mut dyn Write) -> Result<Option<Ask>, ServeError> {
    match asks.recv() {
        Ok(Ok(ask)) => Ok(Some(ask)),
        Ok(Err(error)) => give_up(output, format!("cannot read the parent's line: {error}")),
        Err(_ended) => Ok(None),
    }
}

fn give_up<T>(output: &mut dyn Write, reason: String) -> Result<T, ServeError> {
    lines::write(output, &Say::Failed { reason: reason.clone() })?;
    Err(ServeError::GaveUp(reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `serve` says to `lines`, and whether it gave up.
    fn talk(lines: &str) -> (String, bool) {
        let mut output = Vec::new();
        let result = serve(io::Cursor::new(lines.to_owned().into_bytes()), &mut output);
        (String::from_utf8(output).unwrap(), result.is_err())
    }

    #[test]
    fn no_input_is_a_quiet_end() {
        assert_eq!(talk(""), (String::new(), false));
    }

    #[test]
    fn the_parent_is_told_why_the_runner_gives_up() {
        for (lines, reason) in [
            ("nonsense\n", "cannot read the parent's line"),
            (
                "{\"generate\":{\"id\":1,\"messages\":[],\"max_tokens\":1}}\n",
                "the first line must name a model",
            ),
        ] {
            let (said, gave_up) = talk(lines);
            assert!(gave_up && said.starts_with("{\"failed\":") && said.contains(reason), "{said}");
        }
    }
}
