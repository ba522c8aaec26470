//! Both ends are real: the simulated vendors answer the vendors' own clients, and a network of real processes answers a
//! stock IPFS client, as those come from the package indices. SciPy and statsmodels recompute what the core concludes.
//!
//! The clients are installed once, in pinned versions, below the target directory. Without Python, pip, Node.js or npm
//! these tests fail: a check that is left out checks nothing.

mod environment;
mod findable;
mod oracle;

use environment::python;
use serde_json::{Value, json};
use vantage_protocol::target::{Dialect, SIM_MODELS};
use vantage_testnet::vendors::{Fault, SIM_KEY, SimConfig, SimVendor};

/// A prompt that has a prepared answer.
const PROMPT: &str = "What is the capital of Australia?";

/// Vendors by the name of their simulation.
const VENDORS: [(&str, Dialect); 3] =
    [("openai", Dialect::OpenAi), ("anthropic", Dialect::Anthropic), ("gemini", Dialect::Gemini)];

/// What is planned for one call after another.
fn steps() -> Vec<(&'static str, Option<Fault>)> {
    vec![
        ("rate limit", Some(Fault::RateLimited { retry_after: Some("7".to_owned()) })),
        ("overloaded", Some(Fault::Overloaded)),
        ("server error", Some(Fault::Status(500))),
        ("retired model", Some(Fault::ModelRetired)),
        ("quota", Some(Fault::InsufficientQuota)),
        ("place", Some(Fault::PlaceNotSupported)),
        ("refusal", Some(Fault::Refusal)),
        ("filtered", Some(Fault::ContentFilter)),
        ("blocked", Some(Fault::Blocked)),
        ("in parts", Some(Fault::InParts)),
        ("answer", None),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_vendors_own_clients_understand_the_simulations() {
    let mut sims = Vec::new();
    let mut given = json!({ "key": SIM_KEY, "prompt": PROMPT, "steps": {} });
    let names: Vec<&str> = steps().iter().map(|(name, _)| *name).collect();
    for (name, dialect) in VENDORS {
        let model = SIM_MODELS.iter().find(|(vendor, _)| *vendor == name).unwrap().1.to_owned();
        let config = SimConfig { dialect, models: vec![model], ..SimConfig::default() };
        let sim = SimVendor::start(config).await.unwrap();
        for (_, fault) in steps() {
            if let Some(fault) = fault {
                sim.inject(fault, 1);
            }
        }
        given[name] = json!(sim.endpoint("eu"));
        given["steps"][name] = json!(names);
        sims.push(sim);
    }
    let told = python("sdks.py", &given.to_string()).await;
    for (name, check) in [
        ("openai", openai as fn(&Value)),
        ("anthropic", anthropic as fn(&Value)),
        ("gemini", gemini as fn(&Value)),
    ] {
        let seen = &told["told"][name];
        assert!(seen.is_object(), "{told}");
        check(seen);
    }
    // One call each, and none that a client made again behind our back: the wrong key, the unknown model, the steps.
    let calls = u64::try_from(names.len()).unwrap() + 2;
    assert!(
        sims.iter().all(|sim| sim.calls() == calls),
        "{:?}",
        sims.iter().map(SimVendor::calls).collect::<Vec<_>>()
    );
}

/// The class of error that a client raised, and the status that it read.
fn raised(seen: &Value, step: &str) -> (String, u64) {
    let error = seen[step]["error"].as_str().unwrap_or_else(|| panic!("{step} is no error: {}", seen[step]));
    (error.to_owned(), seen[step]["status"].as_u64().unwrap_or_default())
}

fn is(error: &str, status: u64) -> (String, u64) {
    (error.to_owned(), status)
}

fn openai(seen: &Value) {
    assert_eq!(seen["models"], json!(["sim-gpt-1"]));
    assert_eq!(raised(seen, "wrong key"), is("AuthenticationError", 401));
    for step in ["unknown model", "retired model"] {
        assert_eq!(raised(seen, step), is("NotFoundError", 404), "{step}");
    }
    for step in ["rate limit", "quota"] {
        assert_eq!(raised(seen, step), is("RateLimitError", 429), "{step}");
    }
    assert_eq!(raised(seen, "overloaded"), is("InternalServerError", 503));
    assert_eq!(raised(seen, "server error"), is("InternalServerError", 500));
    assert_eq!(raised(seen, "place"), is("PermissionDeniedError", 403));
    assert!(seen["rate limit"]["request_id"].as_str().unwrap().starts_with("req_sim_"));
    let refusal = &seen["refusal"];
    assert!(refusal["refusal"].as_str().unwrap().contains("can't help") && refusal["text"].is_null());
    assert_eq!(seen["filtered"]["finish"], "content_filter");
    assert!(seen["blocked"]["text"].is_null() && seen["blocked"]["finish"] == "content_filter");
    answered(seen, "stop", "sim-gpt-1", "chatcmpl-sim-");
    let answer = &seen["answer"];
    assert!(answer["request_id"].as_str().unwrap().starts_with("req_sim_"));
    let sum = answer["input_tokens"].as_u64().unwrap() + answer["output_tokens"].as_u64().unwrap();
    assert_eq!(answer["total_tokens"].as_u64(), Some(sum));
}

fn anthropic(seen: &Value) {
    assert_eq!(seen["models"], json!(["sim-claude-1"]));
    assert_eq!(raised(seen, "wrong key"), is("AuthenticationError", 401));
    for step in ["unknown model", "retired model"] {
        assert_eq!(raised(seen, step), is("NotFoundError", 404), "{step}");
    }
    assert_eq!(raised(seen, "rate limit"), is("RateLimitError", 429));
    assert_eq!(raised(seen, "overloaded"), is("OverloadedError", 529));
    assert_eq!(raised(seen, "server error"), is("InternalServerError", 500));
    assert_eq!(raised(seen, "quota"), is("PaymentRequiredError", 402));
    assert_eq!(raised(seen, "place"), is("PermissionDeniedError", 403));
    assert!(seen["rate limit"]["request_id"].as_str().unwrap().starts_with("req_sim_"));
    assert!(seen["refusal"]["text"].as_str().unwrap().contains("can't help"));
    assert_eq!(seen["refusal"]["finish"], "end_turn");
    assert_eq!(seen["filtered"]["finish"], "refusal");
    assert_eq!((&seen["blocked"]["finish"], &seen["blocked"]["blocks"]), (&json!("refusal"), &json!(0)));
    assert_eq!(seen["in parts"]["blocks"], 2);
    answered(seen, "end_turn", "sim-claude-1", "msg_sim_");
    assert!(seen["answer"]["request_id"].as_str().unwrap().starts_with("req_sim_"));
}

fn gemini(seen: &Value) {
    assert_eq!(seen["models"], json!(["models/sim-gemini-1"]));
    for (step, status, word) in [
        ("wrong key", 400, "INVALID_ARGUMENT"),
        ("unknown model", 404, "NOT_FOUND"),
        ("retired model", 404, "NOT_FOUND"),
        ("rate limit", 429, "RESOURCE_EXHAUSTED"),
        ("quota", 429, "RESOURCE_EXHAUSTED"),
        ("place", 400, "FAILED_PRECONDITION"),
    ] {
        assert_eq!(raised(seen, step), is("ClientError", status), "{step}");
        assert_eq!(seen[step]["word"], word, "{step}");
    }
    assert_eq!(raised(seen, "overloaded"), is("ServerError", 503));
    assert_eq!(raised(seen, "server error"), is("ServerError", 500));
    assert!(seen["refusal"]["text"].as_str().unwrap().contains("can't help"));
    assert_eq!(seen["filtered"]["finish"], "SAFETY");
    assert!(seen["blocked"]["text"].is_null() && seen["blocked"]["blocked"] == "PROHIBITED_CONTENT");
    assert_eq!(seen["in parts"]["blocks"], 2);
    answered(seen, "STOP", "sim-gemini-1", "sim-");
}

/// A proper answer, whole and in parts, as each client reads it.
fn answered(seen: &Value, finish: &str, model: &str, id: &str) {
    let answer = &seen["answer"];
    assert!(answer["text"].as_str().unwrap().contains("Canberra"), "{answer}");
    assert_eq!((answer["finish"].as_str(), answer["model"].as_str()), (Some(finish), Some(model)));
    assert!(answer["id"].as_str().unwrap().starts_with(id));
    assert!(answer["input_tokens"].as_u64() > Some(0) && answer["output_tokens"].as_u64() > Some(0));
    assert_eq!(seen["in parts"]["text"], "A simulated answer to a call with a planned fault.");
}
