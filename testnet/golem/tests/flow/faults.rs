//! Each thing that a provider may be told to do wrong, as a requestor meets it. One pair of daemons has them all: each
//! provider has a subnet of its own.

use crate::requestor::{LIMIT, Requestor, deploy, image, say};
use std::time::{Duration, Instant};
use vantage_golem_bed::image::ImageServer;
use vantage_golem_bed::{Faults, PairOptions, Prices, ProviderOptions, SimProvider, Yagna, YagnaPair};

/// A pair, an image, and somebody to meet the providers.
struct World {
    pair: YagnaPair,
    image: ImageServer,
    _dir: tempfile::TempDir,
}

impl World {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let image = ImageServer::start(&image(dir.path())).await.unwrap();
        let pair = YagnaPair::start(&Yagna::install().unwrap(), &PairOptions::default()).await.unwrap();
        Self { pair, image, _dir: dir }
    }

    async fn provider(&self, name: &str, faults: Faults) -> (SimProvider, String) {
        let subnet = format!("{}-{name}", self.pair.subnet);
        let options = ProviderOptions { name: name.to_owned(), faults, ..ProviderOptions::default() };
        (SimProvider::start(&self.pair.provider, &subnet, options).await.unwrap(), subnet)
    }
}

/// Asks for results that are not to come, until the answer starts with a status.
async fn fails_with(world: &World, results: &str, status: &str) {
    let started = Instant::now();
    loop {
        let answer = world.pair.requestor.try_get(results).await;
        let error = answer.expect_err("nothing can come of it").to_string();
        if error.contains(&format!("{results}: {status}")) {
            return;
        }
        assert!(started.elapsed() < LIMIT, "{error}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_requestor_meets_providers_that_start_nothing() {
    let world = World::start().await;
    let requestor = Requestor::open(&world.pair).await;

    let faults = Faults { never_approves: true, ..Faults::default() };
    let (_provider, subnet) = world.provider("deaf", faults).await;
    let agreement = requestor.propose(&subnet, &world.image.task_package).await;
    let waited = requestor.approved(&agreement, 1).await.unwrap_err().to_string();
    assert!(waited.contains(": 408"), "{waited}");
    assert_eq!(requestor.state(&agreement).await, "Pending");

    let faults = Faults { no_exeunit: true, ..Faults::default() };
    let (provider, subnet) = world.provider("idle", faults).await;
    let agreement = requestor.agree(&subnet, &world.image.task_package).await;
    let created = requestor.create(&agreement, 2).await.unwrap_err().to_string();
    assert!(created.contains(": 408"), "{created}");
    provider.until("it was ordered", LIMIT, |seen| seen.activities.len() == 1).await.unwrap();

    let faults = Faults { ends_agreement_after: Some(Duration::ZERO), ..Faults::default() };
    let (provider, subnet) = world.provider("hasty", faults).await;
    let agreement = requestor.agree(&subnet, &world.image.task_package).await;
    provider.until("it has ended it", LIMIT, |seen| seen.terminated.contains(&agreement)).await.unwrap();
    let started = Instant::now();
    while requestor.state(&agreement).await != "Terminated" {
        assert!(started.elapsed() < LIMIT, "the requestor hears of the end");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_requestor_meets_providers_that_do_not_finish() {
    let world = World::start().await;
    let requestor = Requestor::open(&world.pair).await;

    let faults = Faults { endless_run: true, ..Faults::default() };
    let (provider, subnet) = world.provider("endless", faults).await;
    let agreement = requestor.agree(&subnet, &world.image.task_package).await;
    let activity = requestor.create(&agreement, 10).await.unwrap();
    requestor.exec(&activity, deploy()).await;
    let results = requestor.send(&activity, &say(&["x"])).await.replace("timeout=4", "timeout=1");
    fails_with(&world, &results, "408").await;
    requestor.destroy(&activity).await;
    let seen = provider.until("its end", LIMIT, |seen| seen.destroyed == [activity.clone()]).await.unwrap();
    assert_eq!((seen.begun, seen.runs), (1, 0));

    let faults = Faults { dies_at_run: Some(2), ..Faults::default() };
    let (provider, subnet) = world.provider("mortal", faults).await;
    let agreement = requestor.agree(&subnet, &world.image.task_package).await;
    let activity = requestor.create(&agreement, 10).await.unwrap();
    requestor.exec(&activity, deploy()).await;
    assert_eq!(requestor.exec(&activity, say(&["x"])).await[0]["stdout"], "says x\n");
    let results = requestor.send(&activity, &say(&["y"])).await;
    fails_with(&world, &results, "500").await;
    let seen = provider.seen();
    assert_eq!((seen.begun, seen.runs), (2, 1));
}

#[tokio::test]
async fn a_requestor_meets_providers_that_cheat() {
    let world = World::start().await;
    let requestor = Requestor::open(&world.pair).await;

    let faults = Faults { wrong_output: true, bills_times: Some(1000), ..Faults::default() };
    let faults = Faults { notes_every: Some(Duration::from_millis(100)), ..faults };
    let (provider, subnet) = world.provider("greedy", faults).await;
    let agreement = requestor.agree(&subnet, &world.image.task_package).await;
    let activity = requestor.create(&agreement, 10).await.unwrap();
    requestor.exec(&activity, deploy()).await;
    assert_eq!(requestor.exec(&activity, say(&["hello"])).await[0]["stdout"], "says hell0\n");
    provider.until("notes too often", LIMIT, |seen| seen.debit_notes.len() >= 5).await.unwrap();
    requestor.destroy(&activity).await;
    requestor.terminate(&agreement).await;
    let seen = provider.until("an invoice", LIMIT, |seen| !seen.invoices.is_empty()).await.unwrap();
    let (invoice, bill) = seen.invoices.first_key_value().unwrap();
    assert!(bill.nano >= 1000 * Prices::default().start_nano, "{bill:?}");
    requestor.reject(invoice).await;
    let rejected = |bills: &std::collections::BTreeMap<_, _>| {
        bills.values().all(|bill: &vantage_golem_bed::provider::Bill| bill.state == "REJECTED")
    };
    provider.until("it is rejected", LIMIT, |seen| rejected(&seen.invoices)).await.unwrap();

    let faults = Faults { output_bytes: Some(1_000_000), ..Faults::default() };
    let (_provider, subnet) = world.provider("talkative", faults).await;
    let agreement = requestor.agree(&subnet, &world.image.task_package).await;
    let activity = requestor.create(&agreement, 10).await.unwrap();
    requestor.exec(&activity, deploy()).await;
    let said = requestor.exec(&activity, say(&["x"])).await;
    assert_eq!(said[0]["stdout"].as_str().unwrap().len(), 1_000_000);
}
