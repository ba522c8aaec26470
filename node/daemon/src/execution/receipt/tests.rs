use super::*;
use crate::config::golem::{self as config, LANDMARKS_MAX};
use vantage_golem::{Caps, Image, Landmark, Nano};
use vantage_protocol::id::{JobId, NodeId};
use vantage_protocol::params::{CODE_BYTES_MAX, HEADERS_MAX, SLOT_CELLS_MAX};
use vantage_protocol::receipt::{CODE_FIELDS, ProviderRegion, Receipts};
use vantage_runner::{ModelHash, Probed, Trip, TripFailure, TripOutcome};

#[test]
fn texts_are_bounded_and_plain() {
    assert_eq!(bounded("a\nb\u{1b}[31m", 64).unwrap(), "a\u{fffd}b\u{fffd}[31m");
    assert_eq!(bounded("ééé", 5).unwrap(), "éé");
    assert_eq!(bounded("", 5), None);
    let found = [("server", ""), ("date", "now")];
    let found = found.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(headers(found.into()).into_keys().collect::<Vec<_>>(), ["date"]);
}

/// Longer than any bound.
fn long() -> String {
    "\u{10ffff}".repeat(1000)
}

fn name(n: usize, bytes: usize) -> String {
    format!("{n}{}", "z".repeat(bytes - 1))
}

/// As many landmarks as a configuration takes, with the longest names.
fn order() -> Order {
    let landmark = |n| Landmark {
        name: name(n, config::NAME_BYTES_MAX),
        region: name(n, config::NAME_BYTES_MAX),
        url: "http://a.example/".to_owned(),
    };
    Order {
        runtime: "vm".into(),
        subnet: name(0, 64),
        image: Image { url: "http://a.example/".into(), sha3_224: "a".repeat(56) },
        platform: name(0, 64),
        mem_gib: 1,
        storage_gib: 1,
        threads: 1,
        caps: Caps { hour: Nano(0), cpu_second: Nano(0), start: Nano(0) },
        landmarks: (0..LANDMARKS_MAX).map(landmark).collect(),
    }
}

/// As many as the requestor makes.
fn attempts(order: &Order) -> Vec<Attempt> {
    let trips = order.landmarks.iter().enumerate().map(|(n, landmark)| Trip {
        landmark: landmark.name.clone(),
        outcome: match n {
            0 => TripOutcome::RoundTripUs(60_000_000),
            _ => TripOutcome::Failed(TripFailure::Unreachable),
        },
    });
    let probed = serde_json::to_vec(&Probed { trips: trips.collect() }).unwrap();
    let worker = Worker {
        provider: format!("0x{}", "f".repeat(40)),
        name: long(),
        runtime: long(),
        agreement: long(),
        activity: Some(long()),
        price: [Nano(u64::MAX); 3],
        probed: Some(probed),
    };
    let attempt =
        |failure| Attempt { on: Some(worker.clone()), began_ms: u64::MAX, ended_ms: u64::MAX, failure };
    let lost = || attempt(Some(vantage_golem::Failure::Lost(long())));
    let mut attempts: Vec<Attempt> = (1..ATTEMPTS_MAX + UNSIGNED_MAX).map(|_| lost()).collect();
    attempts.push(attempt(None));
    attempts
}

fn answer(text: &str) -> Answer {
    let facts = EngineFacts {
        engine: long(),
        version: long(),
        model: long(),
        model_sha256: ModelHash::from_bytes([255; 32]),
        weights_sha256: ModelHash::from_bytes([255; 32]),
        quantisation: long(),
        cpu: long(),
        threads: u32::MAX,
    };
    let generation = Generation {
        text: text.to_owned(),
        finish: Finish::Length,
        prompt_tokens: u32::MAX,
        output_tokens: u32::MAX,
        prompt_us: u64::MAX,
        output_us: u64::MAX,
    };
    Answer::Answered { facts: Box::new(facts), generation }
}

/// Whether the longest slot of such receipts has a block.
fn has_a_block(receipt: &Receipt) {
    let cells = (0..SLOT_CELLS_MAX).map(|_| receipt.clone()).collect();
    let (job, executor) = (JobId([255; 32]), NodeId([255; 32]));
    let bytes = wire::encode(&Receipts { v: 1, job, slot: u32::MAX, executor, cells }).len();
    assert!(bytes <= BLOCK_BYTES_MAX, "{bytes} bytes, {} a receipt", bytes / SLOT_CELLS_MAX);
}

/// Everything as long as providers, a configuration and the requestor can make it.
#[test]
fn the_longest_receipts_of_a_slot_on_golem_have_a_block() {
    let (task, terms) = sample_task(u32::MAX, u32::MAX);
    let order = order();
    let whole = of_golem(&task, &terms, &order, &attempts(&order), Ok(answer("a"))).receipt;
    let (mut alone, mut of_many) = (whole.clone(), whole.clone());
    fit(&mut alone, 1);
    assert_eq!(alone, whole, "where there is room, nothing is left out");
    fit(&mut of_many, SLOT_CELLS_MAX);
    has_a_block(&of_many);
    let golem = of_many.golem.as_ref().unwrap();
    assert!(matches!(&golem.region, ProviderRegion::Measured { delays } if delays.len() == LANDMARKS_MAX));
    assert_eq!(of_many.attempts, whole.attempts, "how many there were stays");
    assert!(golem.attempts.last().unwrap().worker.is_some(), "who did the work stays");
    let once = &attempts(&order)[ATTEMPTS_MAX + UNSIGNED_MAX - 1..];
    let mut once = of_golem(&task, &terms, &order, once, Ok(answer("a"))).receipt;
    let before = once.clone();
    fit(&mut once, SLOT_CELLS_MAX);
    assert_eq!(once, before, "one attempt always has room");
}

/// A vendor with as many headers as are kept, all of them long.
#[test]
fn the_longest_receipts_of_a_slot_with_a_vendor_have_a_block() {
    let mut receipt = sample(u32::MAX, u32::MAX);
    let text = Some("z".repeat(REASON_BYTES_MAX));
    for field in [&mut receipt.endpoint, &mut receipt.model, &mut receipt.request_id, &mut receipt.finish] {
        field.clone_from(&text);
    }
    let code = |field: &str| (field.to_owned(), "z".repeat(CODE_BYTES_MAX));
    receipt.codes = CODE_FIELDS.into_iter().map(code).collect();
    receipt.headers = (0..HEADERS_MAX).map(|n| (name(n, 30), "z".repeat(HEADER_BYTES_MAX))).collect();
    fit(&mut receipt, SLOT_CELLS_MAX);
    has_a_block(&receipt);
    assert_eq!(receipt.model, text);
}

/// Whether the capture ended at the provider or the text came and is longer than the job allows, the receipt says the same.
#[test]
fn an_answer_over_the_limit_has_one_name_whoever_saw_it() {
    let (task, terms) = sample_task(0, 0);
    let order = order();
    let too_long = "a".repeat(usize::try_from(terms.output_bytes_max).unwrap() + 1);
    for result in [Ok(answer(&too_long)), Err(vantage_golem::Failure::TooLarge(10))] {
        let cell = of_golem(&task, &terms, &order, &attempts(&order), result);
        assert_eq!(cell.receipt.failure.as_deref(), Some("too_large"));
        assert_eq!((cell.receipt.output, cell.blocks.len()), (None, 0));
    }
    let fits = of_golem(&task, &terms, &order, &attempts(&order), Ok(answer(&too_long[1..])));
    assert_eq!((fits.receipt.failure, fits.blocks.len()), (None, 1));
}
