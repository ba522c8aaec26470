//! Following a job: a table drawn over itself on a terminal, lines in a pipe, JSON lines for a program.

use super::args::DataArg;
use super::control::{self, now_s};
use super::error::{CliError, CliResult};
use super::exit::Exit;
use super::render::Out;
use super::standing::{self, Source};
use std::time::Duration;
use vantage_api::Client;
use vantage_protocol::attester::JobView;
use vantage_protocol::id::JobId;

/// How often a terminal is redrawn for the countdown.
const REDRAW: Duration = Duration::from_secs(1);

/// Pause between two looks for a job that was just ordered. A guess: certifying takes a second.
const LOOK_PAUSE: Duration = Duration::from_millis(200);

/// Waits until a job that was just ordered is certified, for as long as its commits may come.
pub(super) async fn certified(client: &Client, id: JobId, patience: Duration) -> CliResult<()> {
    let until = tokio::time::Instant::now() + patience;
    while tokio::time::Instant::now() < until {
        if client.jobs().await.map_err(control::refused)?.iter().any(|view| view.id == id) {
            return Ok(());
        }
        tokio::time::sleep(LOOK_PAUSE).await;
    }
    Err(CliError::failed("the job was not certified before its commit deadline: too few members cosigned it")
        .at(format!("job {id}"))
        .advise("`vantage status` shows which members are heard; order it again when a quorum is there"))
}

/// Follows a job until it is done, or nobody reads any more.
pub(super) async fn follow(client: &Client, id: &str, data: &DataArg, out: &mut Out) -> CliResult<Exit> {
    let source = Source::of(&client.status().await.map_err(control::refused)?, data);
    let mut watched = client.watch(id).await.map_err(control::refused)?;
    let mut screen = Screen::default();
    let mut last: Option<JobView> = None;
    let mut redraw = tokio::time::interval(REDRAW);
    loop {
        let next = {
            // kept over redraws: a line read half must not be lost
            let view = watched.next();
            tokio::pin!(view);
            loop {
                tokio::select! {
                    next = &mut view => break next.map_err(control::refused)?,
                    _ = redraw.tick(), if out.is_terminal() => {
                        if let Some(view) = &last {
                            screen.draw(view, out);
                        }
                    }
                }
            }
        };
        let Some(view) = next else { break };
        screen.show(&view, out);
        last = Some(view);
        if out.is_closed() {
            return Ok(Exit::Done);
        }
    }
    let Some(view) = last else { return Ok(Exit::Failed) };
    if !out.is_json() {
        standing::outcome(&view, &source, out);
    }
    Ok(standing::exit(&view))
}

/// What was shown last.
#[derive(Default)]
struct Screen {
    line: String,
    height: usize,
}

impl Screen {
    fn show(&mut self, view: &JobView, out: &mut Out) {
        if out.is_json() {
            return out.object(view);
        }
        if out.is_terminal() {
            return self.draw(view, out);
        }
        let line = standing::line(view);
        if line != self.line {
            let elapsed_s = now_s().saturating_sub(view.from_s);
            out.line(format!("+{elapsed_s:<4} {line}"));
            self.line = line;
        }
    }

    /// Draws over what was drawn before: cursor up (CUU), erase below (ED), then the table.
    fn draw(&mut self, view: &JobView, out: &mut Out) {
        if self.height > 0 {
            out.put(&format!("\u{1b}[{}A\u{1b}[0J", self.height));
        }
        let clock = standing::deadline(view, now_s());
        let clock = clock.map_or(String::new(), |(what, left_s)| format!("  {what} in {left_s} s"));
        let finals = format!("  {} finals{clock}", view.finals.len());
        out.painted(standing::paint(view), standing::phase(view), finals);
        let table = out.drawn(&standing::table(view));
        out.put(&table);
        self.height = 1 + table.lines().count();
    }
}
