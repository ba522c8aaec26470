//! The requestor where money, time, or the other side's daemon gives out.

use super::work::{Bench, say};
use super::{World, code, now_ms};
use std::time::{Duration, Instant};
use vantage_golem::{Account, Journal, Nano, reclaim};
use vantage_golem_bed::provider::Faults;
use vantage_golem_bed::{Anvil, Chain, PairOptions, Yagna, YagnaPair};

/// A daemon on a chain where it owns nothing.
#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_money_sets_none_aside_and_is_told_so() {
    let dir = tempfile::tempdir().unwrap();
    let (yagna, anvil) = (Yagna::install().unwrap(), Anvil::install().unwrap());
    let chain = Chain::start(&anvil, dir.path()).await.unwrap();
    let secret = ("YAGNA_AUTOCONF_ID_SECRET".to_owned(), "5e".repeat(32));
    let poor = PairOptions { requestor_environment: vec![secret], ..PairOptions::default() };
    let world = World::on(YagnaPair::start_on(&yagna, &poor, &chain).await.unwrap());
    let failure = world.requestor.open("test", Nano(5_000_000_000), now_ms() + 600_000).await.unwrap_err();
    assert_eq!(failure.code(), "golem_funds", "{failure}");
    assert!(failure.to_string().starts_with("5 GLM cannot be set aside: "), "{failure}");
    assert_eq!((world.allocations().await, world.kept.open().len()), (0, 0));
}

/// What is set aside is the most that is ever paid, however long the provider goes on.
#[tokio::test(flavor = "multi_thread")]
async fn when_the_money_set_aside_is_used_up_nothing_more_is_asked() {
    let bench = Bench::start(Faults::default()).await;
    // the start, and a second or two of work
    let most = Nano(250_000);
    let mut session = bench.world.requestor.open("test", most, now_ms() + 600_000).await.unwrap();
    let mut answered = 0;
    let last = loop {
        match say(&mut session, &["on and on"]).await.result {
            Ok(_) => answered += 1,
            Err(failure) => break failure,
        }
        assert!(answered < 1000, "it goes on for ever");
    };
    assert_eq!(last.code(), "budget", "after {answered}: {last}");
    let closed = session.close().await;
    assert!(closed.left_open.is_none() && closed.account.spent() <= most, "{closed:?}");
    bench.is_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_that_expires_is_ended_and_another_signed() {
    let mut bench = Bench::start(Faults { endless_run: true, ..Faults::default() }).await;
    bench.world.requestor.times.rent = Duration::from_secs(6);
    let mut session = bench.world.open().await;
    let began = Instant::now();
    let ran = say(&mut session, &["hello"]).await;
    assert!(ran.attempts.len() > 1, "{ran:?}");
    let mut agreements = Vec::new();
    for attempt in &ran.attempts {
        assert_eq!(attempt.failure.as_ref().unwrap().code(), "golem_expired", "{ran:?}");
        let agreement = &attempt.on.as_ref().unwrap().agreement;
        assert_eq!(bench.world.requestor.daemon.agreement(agreement).await.unwrap().state, "Terminated");
        agreements.push(agreement.clone());
    }
    agreements.dedup();
    assert_eq!(agreements.len(), ran.attempts.len(), "each has an agreement of its own");
    assert!(began.elapsed() < Duration::from_secs(100), "{:?}", began.elapsed());
    let closed = session.close().await;
    assert!(closed.left_open.is_none() && closed.account.spent() <= closed.account.most, "{closed:?}");
    bench.is_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_ends_the_agreement_in_the_middle_is_lost() {
    let ends = Some(Duration::from_secs(3));
    let faults = Faults { endless_run: true, ends_agreement_after: ends, ..Faults::default() };
    let bench = Bench::start(faults).await;
    let mut session = bench.world.open().await;
    let ran = say(&mut session, &["hello"]).await;
    assert_eq!(ran.attempts[0].failure.as_ref().unwrap().code(), "golem_provider_lost", "{ran:?}");
    assert!(session.close().await.left_open.is_none());
    bench.is_clean().await;
}

/// Machine and daemon of the provider go dark. Nothing hangs. The daemon here cannot end an agreement whose other side it
/// cannot tell: so the account stays open, and is ended when the provider is back, who may bill what was done.
#[tokio::test(flavor = "multi_thread")]
async fn a_provider_whose_daemon_stops_is_lost_and_told_of_the_end_once_it_is_back() {
    let mut bench = Bench::start(Faults::default()).await;
    let mut session = bench.world.open().await;
    say(&mut session, &["before"]).await.result.unwrap();
    bench.world.pair.provider.kill();
    let began = Instant::now();
    let ran = say(&mut session, &["after"]).await;
    let first = ran.attempts[0].failure.as_ref().unwrap();
    assert_eq!(first.code(), "golem_provider_lost", "{ran:?}");
    assert_eq!(code(&ran), "golem_no_provider", "{ran:?}");
    let closed = session.close().await;
    assert!(began.elapsed() < Duration::from_secs(300), "{:?}", began.elapsed());
    let agreement = closed.account.deals[0].agreement.clone();
    assert!(closed.left_open.is_some_and(|why| why.contains(&agreement)));
    let account = bench.world.kept.open().remove(0);
    assert_eq!((account.spent(), bench.world.allocations().await), (Nano::ZERO, 1));
    bench.world.pair.provider.start().await.unwrap();
    let requestor = &bench.world.requestor;
    let closed = reclaim(&requestor.daemon, account, bench.world.kept.clone(), &requestor.times).await;
    assert!(closed.left_open.is_none() && closed.account.spent() <= closed.account.most, "{closed:?}");
    bench.is_clean().await;
}

/// It never comes back: once the money's own time limit has passed, the account is closed and the budget is free again.
#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_never_comes_back_holds_no_money_beyond_its_time_limit() {
    let mut bench = Bench::start(Faults::default()).await;
    let mut session = bench.world.open().await;
    say(&mut session, &["before"]).await.result.unwrap();
    bench.world.pair.provider.kill();
    let account = bench.world.kept.open().remove(0);
    drop(session);
    let requestor = &bench.world.requestor;
    let over = Account { mark: "2026-01-01T00:00:00Z".to_owned(), ..account };
    Journal::open(&*bench.world.kept, &over).unwrap();
    let closed = reclaim(&requestor.daemon, over, bench.world.kept.clone(), &requestor.times).await;
    assert!(closed.left_open.is_none() && closed.account.spent() == Nano::ZERO, "{closed:?}");
    assert_eq!(bench.world.allocations().await, 0);
    assert_eq!(bench.world.kept.open().len(), 1, "that is the account under its first mark");
}

/// A daemon that is restarted, as for an update, while money is set aside.
#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_restarts_is_waited_for_before_anybody_is_hired() {
    let mut bench = Bench::start(Faults::default()).await;
    let World { pair, requestor, .. } = &mut bench.world;
    pair.requestor.kill();
    let opened = requestor.open("test", Nano(1_000_000_000), now_ms() + 600_000);
    let (opened, started) = tokio::join!(opened, pair.requestor.start());
    started.unwrap();
    let mut session = opened.unwrap();
    pair.requestor.kill();
    let (ran, started) = tokio::join!(say(&mut session, &["hello"]), pair.requestor.start());
    started.unwrap();
    assert_eq!(ran.result.as_ref().unwrap(), b"says hello\n", "{ran:?}");
    assert!(session.close().await.left_open.is_none());
    bench.is_clean().await;
}

/// It goes while a provider is at work and comes back: the answer is fetched all the same, under the same agreement.
#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_restarts_in_the_middle_costs_no_answer_and_no_money() {
    let mut bench = Bench::start(Faults::default()).await;
    let mut session = bench.world.open().await;
    let Bench { world, provider, .. } = &mut bench;
    let restart = async {
        provider.until("it is at work", Duration::from_secs(60), |seen| seen.begun > 0).await.unwrap();
        world.pair.requestor.kill();
        world.pair.requestor.start().await.unwrap();
    };
    let (ran, ()) = tokio::join!(say(&mut session, &["during", "0", "5"]), restart);
    assert!(ran.result.as_ref().is_ok_and(|said| said == b"says during\n"), "{ran:?}");
    let ran = say(&mut session, &["after"]).await;
    assert_eq!(ran.result.as_ref().unwrap(), b"says after\n", "{ran:?}");
    let closed = session.close().await;
    assert!(closed.left_open.is_none() && closed.account.spent() <= closed.account.most, "{closed:?}");
    assert_eq!(closed.account.deals.len(), 1, "{closed:?}");
    bench.is_clean().await;
}
