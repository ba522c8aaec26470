//! The requestor against the real daemon and its real market, where nothing runs: every way to find nobody, and where
//! the money is afterwards.

mod faults;
mod stand;
mod work;

use stand::{PLATFORM, Stand};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio_util::sync::CancellationToken;
use vantage_golem::{
    Account, AppKey, Caps, Command, Daemon, Image, Journal, JournalError, Nano, Order, RUNTIME_SIM, Ran,
    Requestor, Session, Times, reclaim,
};
use vantage_golem_bed::{PairOptions, Yagna, YagnaPair};

/// A journal that a test can look into.
#[derive(Debug, Default)]
struct Kept(Mutex<BTreeMap<String, Account>>);

impl Journal for Kept {
    fn open(&self, account: &Account) -> Result<(), JournalError> {
        match self.0.lock().unwrap().insert(account.mark.clone(), account.clone()) {
            None => Ok(()),
            Some(_) => Err(JournalError::Taken),
        }
    }

    fn keep(&self, account: &Account) -> Result<(), JournalError> {
        match self.0.lock().unwrap().insert(account.mark.clone(), account.clone()) {
            Some(_) => Ok(()),
            None => Err(JournalError::Write("it is not open any more".to_owned())),
        }
    }

    fn close(&self, account: &Account) -> Result<(), JournalError> {
        self.0.lock().unwrap().remove(&account.mark);
        Ok(())
    }
}

impl Kept {
    fn open(&self) -> Vec<Account> {
        self.0.lock().unwrap().values().cloned().collect()
    }
}

struct World {
    pair: YagnaPair,
    kept: Arc<Kept>,
    requestor: Requestor,
}

impl World {
    async fn start() -> Self {
        let yagna = Yagna::install().unwrap();
        Self::on(YagnaPair::start(&yagna, &PairOptions::default()).await.unwrap())
    }

    fn on(pair: YagnaPair) -> Self {
        let kept = Arc::new(Kept::default());
        let order = Order {
            runtime: RUNTIME_SIM.into(),
            subnet: pair.subnet.clone(),
            image: Image { url: "http://127.0.0.1:1/none.gvmi".into(), sha3_224: "00".repeat(28) },
            platform: PLATFORM.into(),
            mem_gib: 1,
            storage_gib: 1,
            threads: 1,
            caps: Caps { hour: "1".parse().unwrap(), cpu_second: Nano(0), start: Nano(0) },
            landmarks: Vec::new(),
        };
        let seconds = Duration::from_secs;
        let times = Times {
            hire: seconds(10),
            start: seconds(20),
            command: seconds(20),
            rent: seconds(600),
            invoice: seconds(2),
        };
        let journal = kept.clone();
        let daemon = daemon(&pair, pair.requestor.app_key());
        let requestor = Requestor { daemon, order, probe: None, times, journal };
        Self { pair, kept, requestor }
    }

    async fn open(&self) -> Session {
        self.requestor.open("test", "1".parse().unwrap(), now_ms() + 600_000).await.unwrap()
    }

    async fn allocations(&self) -> usize {
        self.requestor.daemon.allocations().await.unwrap().len()
    }
}

fn daemon(pair: &YagnaPair, key: &str) -> Daemon {
    Daemon::new(&pair.requestor.api_url(), &AppKey::new(key).unwrap()).unwrap()
}

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis().try_into().unwrap()
}

async fn ran(session: &mut Session) -> Ran<Vec<u8>> {
    let command = Command { program: "/bin/true".into(), args: vec![], output_bytes_max: 10 };
    let cancel = CancellationToken::new();
    session.run(&command, now_ms() + 300_000, &cancel, |bytes| Ok(bytes.to_vec())).await
}

fn code(ran: &Ran<Vec<u8>>) -> &'static str {
    ran.result.as_ref().unwrap_err().code()
}

#[tokio::test(flavor = "multi_thread")]
async fn with_no_provider_the_money_comes_back() {
    let world = World::start().await;
    let mut session = world.open().await;
    assert_eq!(world.allocations().await, 1);
    assert!(world.kept.open()[0].allocation.is_some());
    let began = Instant::now();
    let ran = ran(&mut session).await;
    assert_eq!((code(&ran), ran.attempts.len()), ("golem_no_provider", 1));
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
    let closed = session.close().await;
    assert_eq!((closed.left_open, closed.account.spent()), (None, Nano::ZERO));
    assert_eq!((world.allocations().await, world.kept.open().len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_above_the_cap_is_never_signed() {
    let world = World::start().await;
    let _stand = Stand::open(&world.pair.provider, &world.pair.subnet, 0.0003).await;
    let mut session = world.open().await;
    let ran = ran(&mut session).await;
    assert_eq!(code(&ran), "golem_price", "{ran:?}");
    let why = ran.result.unwrap_err().to_string();
    assert!(why.contains("an hour 1.08 GLM, at most 1"), "{why}");
    let closed = session.close().await;
    assert!(closed.left_open.is_none() && closed.account.deals.is_empty());
    assert_eq!(world.allocations().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_starts_nothing_is_left() {
    let world = World::start().await;
    let _stand = Stand::open(&world.pair.provider, &world.pair.subnet, 0.0001).await;
    let mut session = world.open().await;
    let ran = ran(&mut session).await;
    let first = ran.attempts[0].failure.as_ref().unwrap();
    assert_eq!(first.code(), "golem_activity", "{ran:?}");
    let on = ran.attempts[0].on.as_ref().unwrap();
    assert_eq!(on.provider, world.pair.provider.node_id());
    // it is the only one, and is not asked again
    assert_eq!(code(&ran), "golem_no_provider", "{ran:?}");
    let agreement = world.requestor.daemon.agreement(&on.agreement).await.unwrap();
    assert_eq!(agreement.state, "Terminated");
    assert!(session.close().await.left_open.is_none());
    assert_eq!((world.allocations().await, world.kept.open().len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_app_key_and_a_wrong_platform_open_nothing() {
    let world = World::start().await;
    let mut requestor = world.requestor.clone();
    requestor.daemon = daemon(&world.pair, "0f1e2d3c4b5a69788796a5b4c3d2e1f0");
    let until = now_ms() + 600_000;
    let failure = requestor.open("test", Nano(5), until).await.unwrap_err();
    assert_eq!(failure.code(), "golem_app_key");
    let mut requestor = world.requestor.clone();
    requestor.order.platform = "erc20-nowhere-glm".into();
    let failure = requestor.open("test", Nano(5), until).await.unwrap_err();
    assert_eq!(failure.code(), "golem_funds", "{failure}");
    assert_eq!((world.allocations().await, world.kept.open().len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_leaves_open_is_found_and_ended() {
    let mut world = World::start().await;
    let _stand = Stand::open(&world.pair.provider, &world.pair.subnet, 0.0001).await;
    let mut session = world.open().await;
    // an agreement is signed, and the one who signed is gone in the middle
    tokio::select! {
        _ = ran(&mut session) => panic!("nothing can run here"),
        () = signed(&world) => {}
    }
    drop(session);
    let account = world.kept.open().remove(0);
    let agreement = account.deals[0].agreement.clone();
    // the daemon goes and comes back, too
    world.pair.requestor.kill();
    world.pair.requestor.start().await.unwrap();
    let daemon = daemon(&world.pair, world.pair.requestor.app_key());
    assert_eq!(daemon.agreement(&agreement).await.unwrap().state, "Approved");
    assert_eq!(daemon.allocations().await.unwrap().len(), 1);
    // nor does it matter that the id of the money was never told
    let account = Account { allocation: None, ..account };
    let closed = reclaim(&daemon, account, world.kept.clone(), &world.requestor.times).await;
    assert!(closed.left_open.is_none(), "{closed:?}");
    assert_eq!(daemon.agreement(&agreement).await.unwrap().state, "Terminated");
    assert_eq!((daemon.allocations().await.unwrap().len(), world.kept.open().len()), (0, 0));
}

/// Until the daemon says that an agreement is approved.
async fn signed(world: &World) {
    loop {
        for deal in world.kept.open().iter().flat_map(|account| &account.deals) {
            if world.requestor.daemon.agreement(&deal.agreement).await.is_ok_and(|a| a.state == "Approved") {
                return;
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_is_gone_leaves_everything_in_the_journal() {
    let mut world = World::start().await;
    let session = world.open().await;
    world.pair.requestor.kill();
    let began = Instant::now();
    let closed = session.close().await;
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    assert!(closed.left_open.is_some());
    world.pair.requestor.start().await.unwrap();
    let daemon = daemon(&world.pair, world.pair.requestor.app_key());
    let account = world.kept.open().remove(0);
    let closed = reclaim(&daemon, account, world.kept.clone(), &world.requestor.times).await;
    assert!(closed.left_open.is_none(), "{closed:?}");
    assert_eq!((daemon.allocations().await.unwrap().len(), world.kept.open().len()), (0, 0));
}
