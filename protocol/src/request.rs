//! The bytes that are sent to a model: a function of the job alone, so that every member can
//! recompute them. Host and credentials are not part of them; no region is ever hinted at.

use crate::domain::Label;
use crate::hash::labelled;
use crate::id::{Hash, NetId};
use crate::suite::{Prompt, Suite};
use crate::target::{Surface, Target};
use crate::wire;
use serde::{Deserialize, Serialize};

/// One request to a model.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Which adapter made the body, with its version: `openai-chat/1`, `open-chat/1`.
    pub adapter: String,
    /// HTTP method, or `RUN` for a model that the executor runs itself.
    pub method: String,
    /// Path below the endpoint's base address.
    pub path: String,
    /// The body, JSON.
    #[serde(with = "serde_bytes")]
    pub body: Vec<u8>,
}

impl Request {
    /// The request for one prompt of a suite to one target.
    pub fn of(target: &Target, suite: &Suite, prompt: &Prompt) -> Self {
        let (adapter, method, path, limit) = match (target.surface(), target.vendor()) {
            (Surface::Open, _) => ("open-chat/1", "RUN", "/", "max_tokens"),
            // reasoning models of this vendor refuse the older name
            (Surface::Api, "openai") => {
                ("openai-chat/1", "POST", "/v1/chat/completions", "max_completion_tokens")
            }
            (Surface::Api, _) => ("openai-compatible-chat/1", "POST", "/v1/chat/completions", "max_tokens"),
        };
        Self {
            adapter: adapter.into(),
            method: method.into(),
            path: path.into(),
            body: body(target, suite, prompt, limit),
        }
    }

    /// Its hash, as receipts carry it.
    pub fn hash(&self, net: &NetId) -> Hash {
        labelled(Label::Request, net, &[&wire::encode(self)])
    }
}

/// Keys in alphabetical order, no spaces, numbers without exponent: written by hand so that no
/// library's choices are part of the protocol.
fn body(target: &Target, suite: &Suite, prompt: &Prompt, limit: &str) -> Vec<u8> {
    let mut fields = vec![format!("\"{limit}\":{}", suite.tokens_max)];
    fields.push(format!("\"messages\":[{{\"content\":{},\"role\":\"user\"}}]", json_text(&prompt.text)));
    fields.push(format!("\"model\":{}", json_text(target.model())));
    if target.surface() == Surface::Api {
        if let Some(seed) = suite.seed {
            fields.push(format!("\"seed\":{seed}"));
        }
        fields.push(format!("\"temperature\":{}", thousandths(suite.temperature_milli)));
    }
    format!("{{{}}}", fields.join(",")).into_bytes()
}

fn thousandths(milli: u32) -> String {
    let text = format!("{}.{:03}", milli / 1000, milli % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn json_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::PromptKind;

    #[test]
    fn bytes_are_pinned() {
        let prompt = Prompt {
            id: "a".into(),
            topic: "t".into(),
            kind: PromptKind::Fact,
            text: "Say \"hi\"\n\u{1}é".into(),
        };
        let suite = Suite {
            v: 1,
            name: "s".into(),
            label: "l".into(),
            tokens_max: 64,
            temperature_milli: 700,
            seed: Some(7),
            prompts: vec![prompt.clone()],
        };
        let of = |t: &str| String::from_utf8(Request::of(&t.parse().unwrap(), &suite, &prompt).body).unwrap();
        assert_eq!(
            of("sim:openai"),
            "{\"max_completion_tokens\":64,\"messages\":[{\"content\":\"Say \\\"hi\\\"\\n\\u0001é\",\"role\":\"user\"}],\
             \"model\":\"sim-gpt-1\",\"seed\":7,\"temperature\":0.7}"
        );
        assert_eq!(
            of("open:smollm2-135m"),
            "{\"max_tokens\":64,\"messages\":[{\"content\":\"Say \\\"hi\\\"\\n\\u0001é\",\"role\":\"user\"}],\
             \"model\":\"smollm2-135m\"}"
        );
        assert_eq!(thousandths(0), "0");
        assert_eq!(thousandths(2000), "2");
        assert_eq!(thousandths(1250), "1.25");
    }
}
