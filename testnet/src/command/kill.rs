//! `vantage-testnet kill`

use serde_json::json;
use vantage_testnet::kill::{KillArgs, run as run_rounds};

pub(crate) async fn run(arguments: &KillArgs) -> anyhow::Result<()> {
    let dir = tempfile::Builder::new().prefix("vantage-kill-").tempdir()?;
    let rounds = run_rounds(arguments, dir.path(), |round| {
        if !arguments.json {
            println!(
                "round {:3}: {:14} killed after {:5} ms, away {:4} ms; SEALED on {}, BOUNDED on {}; {} of {} cells answered; {} ms",
                round.round,
                round.victim,
                round.after_ms,
                round.away_ms,
                round.sealed,
                round.bounded,
                round.answered,
                round.cells,
                round.took_ms
            );
        }
    })
    .await;
    if rounds.is_err() {
        // the logs tell what happened
        eprintln!("kept for a look: {}", dir.keep().display());
    }
    let rounds = rounds?;
    if arguments.json {
        println!("{}", json!({ "ok": true, "seed": arguments.seed, "rounds": rounds }));
    } else {
        println!("{} rounds: nothing lost, nothing said twice, every cell accounted for", rounds.len());
    }
    Ok(())
}
