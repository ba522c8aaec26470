//! SIGKILL at random moments: ten rounds here; `cargo testnet kill --rounds 200` for more.

use crate::turn;
use vantage_testnet::kill::{KillArgs, run};

#[tokio::test(flavor = "multi_thread")]
async fn ten_killed_processes_lose_nothing_and_say_nothing_twice() {
    let _turn = turn().await;
    let dir = tempfile::tempdir().unwrap();
    let arguments = KillArgs { rounds: 10, seed: 7, json: true };
    match run(&arguments, dir.path(), |round| println!("{round:?}")).await {
        Ok(rounds) => assert_eq!(rounds.len(), 10),
        Err(e) => panic!("{e}; kept for a look: {}", dir.keep().display()),
    }
}
