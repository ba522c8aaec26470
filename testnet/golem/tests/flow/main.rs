//! One whole job of a requestor against the real market, in its barest form.

mod faults;
mod requestor;

use requestor::{LIMIT, Requestor, deploy, image, say};
use serde_json::Value;
use vantage_golem_bed::image::ImageServer;
use vantage_golem_bed::provider::{Bill, Seen};
use vantage_golem_bed::{Anvil, Chain, PairOptions, ProviderOptions, SimProvider, Yagna, YagnaPair};

/// Has a job done, and pays; what came back, and the agreement.
async fn job(pair: &YagnaPair, provider: &SimProvider, package: &str) -> (Vec<Value>, String) {
    let requestor = Requestor::open(pair).await;
    let agreement = requestor.agree(&pair.subnet, package).await;
    let activity = requestor.create(&agreement, 10).await.unwrap();
    let mut said = Vec::new();
    for script in [deploy(), say(&["hello"]), say(&["no", "3"])] {
        said.push(requestor.exec(&activity, script).await);
    }
    let noted = provider.until("a debit note", LIMIT, |seen| !seen.debit_notes.is_empty()).await.unwrap();
    let (note, bill) = noted.debit_notes.first_key_value().unwrap();
    requestor.accept("debitNotes", note, bill).await;
    requestor.destroy(&activity).await;
    requestor.terminate(&agreement).await;
    let billed = provider.until("an invoice", LIMIT, |seen| !seen.invoices.is_empty()).await.unwrap();
    let (invoice, bill) = billed.invoices.first_key_value().unwrap();
    assert_eq!(bill.agreement, agreement);
    requestor.accept("invoices", invoice, bill).await;
    (said, agreement)
}

#[tokio::test]
async fn a_job_runs_on_the_real_market() {
    let dir = tempfile::tempdir().unwrap();
    let packed = image(dir.path());
    let server = ImageServer::start(&packed).await.unwrap();
    let pair = YagnaPair::start(&Yagna::install().unwrap(), &PairOptions::default()).await.unwrap();
    let provider =
        SimProvider::start(&pair.provider, &pair.subnet, ProviderOptions::default()).await.unwrap();

    let (said, _) = job(&pair, &provider, &server.task_package).await;
    assert_eq!(said[0][1]["result"], "Ok", "{said:#?}");
    assert_eq!(said[1][0]["stdout"], "says hello\n", "{said:#?}");
    assert_eq!(said[1][0]["stderr"], "loud\n");
    assert_eq!(said[2][0]["result"], "Error");
    assert_eq!(said[2][0]["message"], "ExeScript command exited with code 3");

    let accepted = |bill: &Bill| bill.state == "ACCEPTED";
    let seen = provider.until("both accepted", LIMIT, |seen| {
        seen.debit_notes.values().any(accepted) && seen.invoices.values().all(accepted)
    });
    let seen = seen.await.unwrap();
    assert_eq!((seen.runs, seen.approved.len(), seen.destroyed.len()), (2, 1, 1));
    assert!(seen.troubles.is_empty(), "{:?}", seen.troubles);
}

#[tokio::test]
async fn an_image_with_another_hash_is_not_deployed() {
    let dir = tempfile::tempdir().unwrap();
    let server = ImageServer::start(&image(dir.path())).await.unwrap();
    let wrong = format!("hash:sha3:{}:{}", "0".repeat(56), server.url);
    let pair = YagnaPair::start(&Yagna::install().unwrap(), &PairOptions::default()).await.unwrap();
    let provider =
        SimProvider::start(&pair.provider, &pair.subnet, ProviderOptions::default()).await.unwrap();
    let (said, _) = job(&pair, &provider, &wrong).await;
    assert_eq!(said[0][0]["result"], "Error");
    let message = said[0][0]["message"].as_str().unwrap();
    assert!(message.contains("its sha3-224 is"), "{message}");
    assert_eq!(said[1][0]["message"], "invalid state: Initialized");
}

/// All the way: the chain says that it was paid, and the provider's daemon confirms it.
#[tokio::test]
async fn a_job_is_paid_on_the_chain() {
    let dir = tempfile::tempdir().unwrap();
    let server = ImageServer::start(&image(dir.path())).await.unwrap();
    let chain = Chain::start(&Anvil::install().unwrap(), &dir.path().join("chain")).await.unwrap();
    let yagna = Yagna::install().unwrap();
    let pair = YagnaPair::start_on(&yagna, &PairOptions::default(), &chain).await.unwrap();
    let provider =
        SimProvider::start(&pair.provider, &pair.subnet, ProviderOptions::default()).await.unwrap();
    assert_eq!(chain.balance(pair.provider.node_id()).await.unwrap(), 0);

    let (said, agreement) = job(&pair, &provider, &server.task_package).await;
    assert_eq!(said[1][0]["stdout"], "says hello\n");
    let settled = |seen: &Seen| seen.is_settled(&agreement) && !seen.payments.is_empty();
    let seen = provider.until("the invoice is paid", LIMIT * 2, settled).await.unwrap();
    let bill = seen.invoices.values().next().unwrap();
    let wei = u128::from(bill.nano) * 1_000_000_000;
    assert_eq!(chain.balance(pair.provider.node_id()).await.unwrap(), wei, "{seen:#?}");
    assert!(seen.troubles.is_empty(), "{:?}", seen.troubles);
}
