//! Invented answers of a realistic size and shape. They mean nothing.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use vantage_protocol::hash::sha256;

/// Words of an answer: about 300 bytes, two or three sentences.
const WORDS_MIN: u64 = 36;
const WORDS_SPREAD: u64 = 24;
/// Where the words come from.
const WORDS: [&str; 48] = [
    "the",
    "river",
    "of",
    "a",
    "water",
    "and",
    "in",
    "that",
    "is",
    "north",
    "people",
    "who",
    "for",
    "trade",
    "with",
    "on",
    "harbour",
    "was",
    "not",
    "by",
    "council",
    "this",
    "from",
    "treaty",
    "which",
    "dispute",
    "are",
    "region",
    "have",
    "between",
    "government",
    "after",
    "its",
    "more",
    "than",
    "question",
    "there",
    "two",
    "accounts",
    "differ",
    "according",
    "to",
    "evidence",
    "some",
    "historians",
    "however",
    "remains",
    "open",
];

/// An answer that depends on these words alone.
pub(super) fn text(of: &str) -> String {
    let mut dice = ChaCha8Rng::from_seed(sha256(of.as_bytes()).0);
    let count = WORDS_MIN + dice.next_u64() % WORDS_SPREAD;
    let mut text = String::with_capacity(count as usize * 7);
    for i in 0..count {
        let word = WORDS[(dice.next_u64() % WORDS.len() as u64) as usize];
        if i > 0 {
            text.push_str(if i.is_multiple_of(17) { ". " } else { " " });
        }
        text.push_str(word);
    }
    text.push('.');
    text
}

/// A vendor's response around it, as one of them sends it.
pub(super) fn response(text: &str, request_id: &str, model: &str) -> Vec<u8> {
    serde_json::json!({
        "id": request_id,
        "object": "chat.completion",
        "created": 1_750_000_000,
        "model": model,
        "choices": [{
            "index": 0,
            "message": { "role": "assistant", "content": text, "refusal": null, "annotations": [] },
            "logprobs": null,
            "finish_reason": "stop"
        }],
        "usage": {
            "prompt_tokens": 24, "completion_tokens": 61, "total_tokens": 85,
            "prompt_tokens_details": { "cached_tokens": 0, "audio_tokens": 0 },
            "completion_tokens_details": { "reasoning_tokens": 0, "accepted_prediction_tokens": 0 }
        },
        "service_tier": "default",
        "system_fingerprint": "fp_44709d6fcb"
    })
    .to_string()
    .into_bytes()
}
