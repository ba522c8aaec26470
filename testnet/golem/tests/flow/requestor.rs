//! A requestor that does the least that gets a job done.

use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};
use vantage_golem_bed::image::{Packed, pack};
use vantage_golem_bed::provider::{Bill, NANO};
use vantage_golem_bed::{BedError, Daemon, YagnaPair};

/// The payment platform of the bed.
pub const PLATFORM: &str = "erc20-holesky-tglm";
/// Longest time for something to come true: far above what it takes, for a machine with much else to do.
pub const LIMIT: Duration = Duration::from_secs(60);

/// An image with one program: it says its first argument, and ends with the second.
pub fn image(dir: &Path) -> Packed {
    let tree = dir.join("tree");
    std::fs::create_dir_all(tree.join("app")).unwrap();
    let program = tree.join("app/say");
    std::fs::write(&program, "#!/bin/sh\necho \"says $1\"; echo loud >&2; exit \"${2:-0}\"\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    pack(&tree, &dir.join("say.gvmi")).unwrap()
}

/// The first batch of an activity.
pub fn deploy() -> Value {
    json!([{"deploy": {}}, {"start": {"args": []}}])
}

/// A batch that runs the one program of the image.
pub fn say(arguments: &[&str]) -> Value {
    let end = json!({"atEnd": {"format": "str"}});
    json!([{"run": {"entry_point": "/app/say", "args": arguments, "capture": {"stdout": end, "stderr": end}}}])
}

/// One with an allocation, which is the least that a demand needs.
pub struct Requestor<'a> {
    daemon: &'a Daemon,
    allocation: String,
}

impl<'a> Requestor<'a> {
    pub async fn open(pair: &'a YagnaPair) -> Self {
        let new = json!({ "paymentPlatform": PLATFORM, "totalAmount": "1", "makeDeposit": false,
            "timeout": "2090-01-01T00:00:00Z" });
        let allocation = pair.requestor.post("/payment-api/v1/allocations", &new).await.unwrap();
        let allocation = allocation["allocationId"].as_str().unwrap().to_owned();
        Self { daemon: &pair.requestor, allocation }
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        self.daemon.post(path, &body).await.unwrap_or_else(|e| panic!("{e}"))
    }

    async fn get(&self, path: &str) -> Value {
        self.daemon.get(path).await.unwrap_or_else(|| panic!("GET {path}"))
    }

    async fn demand(&self, subnet: &str, package: &str) -> Value {
        let path = format!("/payment-api/v1/demandDecorations?allocationIds={}", self.allocation);
        let decorations = self.get(&path).await;
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
        json!({ "properties": properties, "constraints": format!("(&{constraints})") })
    }

    /// Finds the provider of a subnet and proposes an agreement; its id. Whether it is approved is another question.
    pub async fn propose(&self, subnet: &str, package: &str) -> String {
        let demand = self.demand(subnet, package).await;
        let id = self.post("/market-api/v1/demands", demand.clone()).await;
        let demands = format!("/market-api/v1/demands/{}", id.as_str().unwrap());
        let started = Instant::now();
        while started.elapsed() < LIMIT {
            let events = self.get(&format!("{demands}/events?timeout=2&maxEvents=5")).await;
            for event in events.as_array().unwrap() {
                let proposal = &event["proposal"];
                let proposal_id = proposal["proposalId"].as_str().unwrap();
                if proposal["state"] == "Initial" {
                    self.post(&format!("{demands}/proposals/{proposal_id}"), demand.clone()).await;
                } else {
                    let new = json!({ "proposalId": proposal_id, "validTo": "2090-01-01T00:00:00Z" });
                    let agreement = self.post("/market-api/v1/agreements", new).await;
                    let agreement = agreement.as_str().unwrap().to_owned();
                    let path = format!("/market-api/v1/agreements/{agreement}/confirm?appSessionId=s");
                    self.post(&path, Value::Null).await;
                    return agreement;
                }
            }
        }
        panic!("no offer came");
    }

    /// Waits until an agreement is approved, up to so many seconds.
    pub async fn approved(&self, agreement: &str, seconds: u64) -> Result<Value, BedError> {
        let path = format!("/market-api/v1/agreements/{agreement}/wait?timeout={seconds}");
        self.daemon.post(&path, &Value::Null).await
    }

    /// Finds the provider of a subnet and agrees with it; the agreement's id.
    pub async fn agree(&self, subnet: &str, package: &str) -> String {
        let agreement = self.propose(subnet, package).await;
        self.approved(&agreement, 10).await.unwrap();
        agreement
    }

    /// What an agreement's state is.
    pub async fn state(&self, agreement: &str) -> String {
        let found = self.get(&format!("/market-api/v1/agreements/{agreement}")).await;
        found["state"].as_str().unwrap().to_owned()
    }

    /// Orders an activity, and waits up to so many seconds; its id.
    pub async fn create(&self, agreement: &str, seconds: u64) -> Result<String, BedError> {
        let path = format!("/activity-api/v1/activity?timeout={seconds}");
        let created = self.daemon.post(&path, &json!({ "agreementId": agreement })).await?;
        Ok(created["activityId"].as_str().unwrap().to_owned())
    }

    /// Sends a script; what tells of its results.
    pub async fn send(&self, activity: &str, script: &Value) -> String {
        let path = format!("/activity-api/v1/activity/{activity}/exec");
        let batch = self.post(&format!("{path}?timeout=5"), json!({ "text": script.to_string() })).await;
        let index = script.as_array().unwrap().len() - 1;
        format!("{path}/{}?timeout=4&commandIndex={index}", batch.as_str().unwrap())
    }

    /// One script in an activity; all results.
    pub async fn exec(&self, activity: &str, script: Value) -> Value {
        let results = self.send(activity, &script).await;
        self.get(&results).await
    }

    /// Ends an activity.
    pub async fn destroy(&self, activity: &str) {
        self.daemon.delete(&format!("/activity-api/v1/activity/{activity}?timeout=4")).await.unwrap();
    }

    /// Ends an agreement.
    pub async fn terminate(&self, agreement: &str) {
        let reason = json!({ "message": "done", "golem.requestor.code": "Success" });
        self.post(&format!("/market-api/v1/agreements/{agreement}/terminate"), reason).await;
    }

    /// Accepts `debitNotes` or `invoices` of an id, once it has come.
    pub async fn accept(&self, kind: &str, id: &str, bill: &Bill) {
        let amount = format!("{}.{:09}", bill.nano / NANO, bill.nano % NANO);
        let acceptance = json!({ "totalAmountAccepted": amount, "allocationId": self.allocation });
        self.answer(&format!("/payment-api/v1/{kind}/{id}/accept"), &acceptance).await;
    }

    /// Rejects an invoice, once it has come.
    pub async fn reject(&self, id: &str) {
        let rejection = json!({ "rejectionReason": "INCORRECT_AMOUNT", "totalAmountAccepted": "0",
            "message": "too much" });
        self.answer(&format!("/payment-api/v1/invoices/{id}/reject"), &rejection).await;
    }

    /// A bill reaches this daemon before the provider hears that it was sent, or a moment later.
    async fn answer(&self, path: &str, body: &Value) {
        let started = Instant::now();
        while let Err(error) = self.daemon.post(path, body).await {
            assert!(started.elapsed() < LIMIT, "{error}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
