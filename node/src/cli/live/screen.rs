//! The terminal: taken, drawn on, and given back whatever happens.

use super::super::control::{self, now_s};
use super::super::error::{CliError, CliResult};
use super::super::exit::Exit;
use super::{Look, draw};
use crossterm::cursor::{Hide, Show};
use crossterm::execute;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode, size};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use vantage_api::Client;

/// Longest time that one look at the node may take.
const LOOK_PATIENCE: Duration = Duration::from_secs(5);
/// What Ctrl-C and Esc are where the terminal passes keys on.
const INTERRUPT: u8 = 3;
const ESCAPE: u8 = 27;
/// Size of a terminal that does not tell its own.
const SIZE: (u16, u16) = (80, 24);

/// Shows the node until a key or a signal ends it.
pub(super) async fn show(client: Client, every: Duration, colour: bool) -> CliResult<Exit> {
    let refuse = |error: io::Error| {
        CliError::failed(format!("cannot draw: {error}"))
            .at("the terminal")
            .advise("pipe the output, or use --json: then it is text")
    };
    // Asked for before the terminal is taken, so that no signal finds it without being given back.
    let mut signals = Signals::new().map_err(refuse)?;
    let taken = Taken::take().map_err(refuse)?;
    let shown = run(client, every, colour, &mut signals).await;
    drop(taken);
    shown.map_err(refuse)?;
    Ok(Exit::Done)
}

async fn run(client: Client, every: Duration, colour: bool, signals: &mut Signals) -> io::Result<()> {
    let mut keys = keys();
    let mut look: Result<Look, String> = Err("asking the node".to_owned());
    let mut turn = tokio::time::interval(every);
    turn.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            ends = signals.next() => if ends { return Ok(()) },
            Some(()) = keys.recv() => return Ok(()),
            _ = turn.tick() => look = ask(&client).await,
        }
        let picture = draw::picture(look.as_ref().map_err(String::as_str), size().unwrap_or(SIZE), colour);
        let mut out = io::stdout().lock();
        out.write_all(picture.as_bytes())?;
        out.flush()?;
    }
}

/// Asks the node; a restart of the node does not end the view.
async fn ask(client: &Client) -> Result<Look, String> {
    match tokio::time::timeout(LOOK_PATIENCE, Look::take(client, now_s())).await {
        Ok(answer) => answer.map_err(|error| control::refused(error).to_string()),
        Err(_) => Err("the node does not answer".to_owned()),
    }
}

/// The terminal while it is ours: no echo, no lines, another screen. It is given back when this is dropped, and before
/// the message of a panic is written.
struct Taken;

impl Taken {
    fn take() -> io::Result<Self> {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            give_back();
            before(info);
        }));
        enable_raw_mode()?;
        let taken = Self;
        execute!(io::stdout(), EnterAlternateScreen, Hide)?;
        Ok(taken)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        give_back();
    }
}

/// Nothing more can be done where it fails: the terminal is gone.
fn give_back() {
    let _ = execute!(io::stdout(), Show, LeaveAlternateScreen);
    let _ = disable_raw_mode();
}

/// Says when a key ends the view. The thread ends with the process: nobody can call off a read from a terminal.
fn keys() -> mpsc::Receiver<()> {
    let (ends, receiver) = mpsc::channel(1);
    std::thread::spawn(move || {
        let Ok(mut terminal) = File::open("/dev/tty") else { return };
        let mut bytes = [0; 32];
        while let Ok(count @ 1..) = terminal.read(&mut bytes) {
            if is_end(bytes.get(..count).unwrap_or_default()) && ends.blocking_send(()).is_err() {
                return;
            }
        }
    });
    receiver
}

/// `q`, Ctrl-C, or Esc by itself: what begins with it is another key.
fn is_end(bytes: &[u8]) -> bool {
    bytes == [ESCAPE]
        || bytes.iter().any(|byte| [INTERRUPT, b'q', b'Q'].contains(byte)) && bytes.first() != Some(&ESCAPE)
}

/// The signals that end the view, and the one that says that the terminal has another size.
struct Signals([Signal; 4]);

impl Signals {
    fn new() -> io::Result<Self> {
        let kinds = [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::hangup(),
            SignalKind::window_change(),
        ];
        let [interrupt, terminate, hangup, resized] = kinds.map(signal);
        Ok(Self([interrupt?, terminate?, hangup?, resized?]))
    }

    /// Whether the next one ends the view.
    async fn next(&mut self) -> bool {
        let Self([interrupt, terminate, hangup, resized]) = self;
        tokio::select! {
            _ = interrupt.recv() => true,
            _ = terminate.recv() => true,
            _ = hangup.recv() => true,
            _ = resized.recv() => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q_ctrl_c_and_esc_end_it_and_arrows_do_not() {
        for end in [&b"q"[..], b"Q", b"\x03", b"\x1b", b"xq"] {
            assert!(is_end(end), "{end:?}");
        }
        for other in [&b""[..], b"x", b"\x1b[A", b"\x1bOq"] {
            assert!(!is_end(other), "{other:?}");
        }
    }
}
