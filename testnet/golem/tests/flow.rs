//! One whole job of a requestor against the real market, in its barest form.

use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;
use vantage_golem_bed::image::{ImageServer, Packed, pack};
use vantage_golem_bed::{Anvil, Chain, Daemon, PairOptions, ProviderOptions, SimProvider, Yagna, YagnaPair};

const PLATFORM: &str = "erc20-holesky-tglm";
const LIMIT: Duration = Duration::from_secs(60);

/// An image with one program.
fn image(dir: &Path) -> Packed {
    let tree = dir.join("tree");
    std::fs::create_dir_all(tree.join("app")).unwrap();
    let program = tree.join("app/say");
    std::fs::write(&program, "#!/bin/sh\necho \"says $1\"; echo loud >&2; exit \"${2:-0}\"\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    pack(&tree, &dir.join("say.gvmi")).unwrap()
}

/// A requestor that does the least that gets a job done.
struct Requestor<'a> {
    daemon: &'a Daemon,
    allocation: String,
}

impl Requestor<'_> {
    async fn post(&self, path: &str, body: Value) -> Value {
        self.daemon.post(path, &body).await.unwrap_or_else(|e| panic!("{e}"))
    }

    async fn get(&self, path: &str) -> Value {
        self.daemon.get(path).await.unwrap_or_else(|| panic!("GET {path}"))
    }

    async fn agree(&self, subnet: &str, package: &str) -> String {
        let decorations =
            self.get(&format!("/payment-api/v1/demandDecorations?allocationIds={}", self.allocation)).await;
        let mut properties = json!({
            "golem.node.debug.subnet": subnet,
            "golem.srv.comp.expiration": 4_000_000_000_000u64,
            "golem.srv.caps.multi-activity": true,
            "golem.srv.comp.vm.package_format": "gvmkit-squash",
            "golem.srv.comp.task_package": package,
            "golem.com.scheme.payu.debit-note.interval-sec?": 2,
            "golem.com.payment.chosen-platform": PLATFORM,
        });
        for property in decorations["properties"].as_array().unwrap() {
            properties[property["key"].as_str().unwrap()] = property["value"].clone();
        }
        let mut constraints = format!(
            "(golem.runtime.name=sim-exeunit)(golem.inf.mem.gib>=1)(golem.node.debug.subnet={subnet})"
        );
        for constraint in decorations["constraints"].as_array().unwrap() {
            constraints.push_str(constraint.as_str().unwrap());
        }
        let demand = json!({ "properties": properties, "constraints": format!("(&{constraints})") });
        let id = self.post("/market-api/v1/demands", demand.clone()).await;
        let id = id.as_str().unwrap();
        for _ in 0..30 {
            let events = self.get(&format!("/market-api/v1/demands/{id}/events?timeout=2&maxEvents=5")).await;
            for event in events.as_array().unwrap() {
                let proposal = &event["proposal"];
                let proposal_id = proposal["proposalId"].as_str().unwrap();
                if proposal["state"] == "Initial" {
                    self.post(
                        &format!("/market-api/v1/demands/{id}/proposals/{proposal_id}"),
                        demand.clone(),
                    )
                    .await;
                } else {
                    let new = json!({ "proposalId": proposal_id, "validTo": "2090-01-01T00:00:00Z" });
                    let agreement = self.post("/market-api/v1/agreements", new).await;
                    let agreement = agreement.as_str().unwrap().to_owned();
                    let path = format!("/market-api/v1/agreements/{agreement}");
                    self.post(&format!("{path}/confirm?appSessionId=s"), Value::Null).await;
                    self.post(&format!("{path}/wait?timeout=10"), Value::Null).await;
                    return agreement;
                }
            }
        }
        panic!("no offer came");
    }

    /// One script in an activity; all results.
    async fn exec(&self, activity: &str, script: Value) -> Value {
        let path = format!("/activity-api/v1/activity/{activity}/exec");
        let batch = self.post(&format!("{path}?timeout=5"), json!({ "text": script.to_string() })).await;
        let batch = batch.as_str().unwrap();
        let index = script.as_array().unwrap().len() - 1;
        self.get(&format!("{path}/{batch}?timeout=4&commandIndex={index}")).await
    }
}

/// Has a job done, and pays; what came back, and the agreement.
async fn job(pair: &YagnaPair, provider: &SimProvider, package: &str) -> (Vec<Value>, String) {
    let new = json!({ "paymentPlatform": PLATFORM, "totalAmount": "1", "makeDeposit": false,
        "timeout": "2090-01-01T00:00:00Z" });
    let allocation = pair.requestor.post("/payment-api/v1/allocations", &new).await.unwrap();
    let allocation = allocation["allocationId"].as_str().unwrap().to_owned();
    let requestor = Requestor { daemon: &pair.requestor, allocation: allocation.clone() };
    let agreement = requestor.agree(&pair.subnet, package).await;
    let created =
        requestor.post("/activity-api/v1/activity?timeout=20", json!({ "agreementId": agreement })).await;
    let activity = created["activityId"].as_str().unwrap().to_owned();

    let mut said = vec![requestor.exec(&activity, json!([{"deploy": {}}, {"start": {"args": []}}])).await];
    let capture = json!({"stdout": {"atEnd": {"format": "str"}}, "stderr": {"atEnd": {"format": "str"}}});
    for arguments in [json!(["hello"]), json!(["no", "3"])] {
        let run = json!([{"run": {"entry_point": "/app/say", "args": arguments, "capture": capture}}]);
        said.push(requestor.exec(&activity, run).await);
    }
    let noted = provider.until("a debit note", LIMIT, |seen| !seen.debit_notes.is_empty()).await.unwrap();
    let (note, bill) = noted.debit_notes.first_key_value().unwrap();
    let amount = |nano: u64| format!("{}.{:09}", nano / 1_000_000_000, nano % 1_000_000_000);
    let acceptance =
        |nano| json!({ "totalAmountAccepted": amount(nano), "allocationId": requestor.allocation });
    // it reaches the requestor's daemon before the provider hears that it was sent, or a moment later
    let path = format!("/payment-api/v1/debitNotes/{note}/accept");
    while pair.requestor.post(&path, &acceptance(bill.nano)).await.is_err() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    pair.requestor.delete(&format!("/activity-api/v1/activity/{activity}?timeout=10")).await.unwrap();
    let reason = json!({ "message": "done", "golem.requestor.code": "Success" });
    requestor.post(&format!("/market-api/v1/agreements/{agreement}/terminate"), reason).await;
    let billed = provider.until("an invoice", LIMIT, |seen| !seen.invoices.is_empty()).await.unwrap();
    let (invoice, bill) = billed.invoices.first_key_value().unwrap();
    assert_eq!(bill.agreement, agreement);
    let path = format!("/payment-api/v1/invoices/{invoice}/accept");
    while pair.requestor.post(&path, &acceptance(bill.nano)).await.is_err() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
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

    let accepted = |bill: &vantage_golem_bed::provider::Bill| bill.state == "ACCEPTED";
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
    let settled =
        |seen: &vantage_golem_bed::provider::Seen| seen.is_settled(&agreement) && !seen.payments.is_empty();
    let seen = provider.until("the invoice is paid", Duration::from_secs(120), settled).await.unwrap();
    let bill = seen.invoices.values().next().unwrap();
    let wei = u128::from(bill.nano) * 1_000_000_000;
    assert_eq!(chain.balance(pair.provider.node_id()).await.unwrap(), wei, "{seen:#?}");
    assert!(seen.troubles.is_empty(), "{:?}", seen.troubles);
}
