//! The bytes that are sent to a model: a function of the job alone, so that every member can
//! recompute them. Host and credentials are not part of them; no region is ever hinted at.

use crate::domain::Label;
use crate::hash::labelled;
use crate::id::{Hash, JobId, NetId};
use crate::suite::{Prompt, Suite};
use crate::target::{Dialect, Target};
use crate::wire;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of Anthropic's API that `anthropic-messages/2` asks for, in the header that the API wants with every
/// request. The vendor's own client of late 2026 asks for 2026-10-21, and knows no temperature there; an adapter for that
/// is another adapter.
const ANTHROPIC_VERSION: (&str, &str) = ("anthropic-version", "2023-06-01");

/// What makes the requests to a target and gives their answers a meaning.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Adapter {
    /// A model that the executor runs itself, or on Golem.
    OpenChat,
    /// OpenAI's own chat completions.
    OpenAiChat,
    /// Chat completions of whoever else speaks OpenAI's format.
    CompatibleChat,
    /// Anthropic's messages.
    AnthropicMessages,
    /// Gemini's `generateContent`.
    GeminiGenerate,
}

impl Adapter {
    /// All that this edition knows.
    pub const ALL: [Self; 5] = [
        Self::OpenChat,
        Self::OpenAiChat,
        Self::CompatibleChat,
        Self::AnthropicMessages,
        Self::GeminiGenerate,
    ];

    /// The adapter of a target.
    pub fn of(target: &Target) -> Self {
        match (target.dialect(), target.vendor()) {
            (None, _) => Self::OpenChat,
            (Some(Dialect::OpenAi), "openai") => Self::OpenAiChat,
            (Some(Dialect::OpenAi), _) => Self::CompatibleChat,
            (Some(Dialect::Anthropic), _) => Self::AnthropicMessages,
            (Some(Dialect::Gemini), _) => Self::GeminiGenerate,
        }
    }

    /// Its name in requests, with its version.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenChat => "open-chat/2",
            Self::OpenAiChat => "openai-chat/2",
            Self::CompatibleChat => "openai-compatible-chat/2",
            Self::AnthropicMessages => "anthropic-messages/2",
            Self::GeminiGenerate => "gemini-generate/1",
        }
    }

    /// The adapter of this name; none for a name that this edition does not know.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|adapter| adapter.name() == name)
    }
}

/// One request to a model.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Which [`Adapter`] made the request, with its version.
    pub adapter: String,
    /// HTTP method, or `RUN` for a model that the executor runs itself.
    pub method: String,
    /// Path below the endpoint's base address.
    pub path: String,
    /// Headers that change what is asked, by lower-case name; those that carry credentials, name the sender or
    /// describe the body are no part of a request.
    pub headers: BTreeMap<String, String>,
    /// The body, JSON.
    #[serde(with = "serde_bytes")]
    pub body: Vec<u8>,
}

impl Request {
    /// The request for one prompt of a suite to one target.
    pub fn of(target: &Target, suite: &Suite, prompt: &Prompt) -> Self {
        let asked = Asked { target, suite, prompt };
        match Adapter::of(target) {
            Adapter::OpenChat => asked.request("RUN", "/", asked.open()),
            // reasoning models of this vendor refuse the older name of the limit
            Adapter::OpenAiChat => {
                asked.request("POST", "/v1/chat/completions", asked.chat("max_completion_tokens"))
            }
            // which version of its API stands before that is the endpoint's, and in its base address
            Adapter::CompatibleChat => asked.request("POST", "/chat/completions", asked.chat("max_tokens")),
            Adapter::AnthropicMessages => {
                let (name, value) = ANTHROPIC_VERSION;
                let headers = BTreeMap::from([(name.to_owned(), value.to_owned())]);
                Self { headers, ..asked.request("POST", "/v1/messages", asked.messages()) }
            }
            Adapter::GeminiGenerate => asked.request("POST", &gemini_path(target.model()), asked.generate()),
        }
    }

    /// Its hash, as receipts carry it.
    pub fn hash(&self, net: &NetId) -> Hash {
        labelled(Label::Request, net, &[&wire::encode(self)])
    }
}

/// Where an open model's draws for one cell come from. It follows from the cell's place alone, so that anyone who has the model
/// gets the same answer, and no executor can draw until it likes one.
pub fn cell_seed(net: &NetId, job: &JobId, slot: u32, prompt: u32, repeat: u32) -> Hash {
    let place: [&[u8]; 4] = [&job.0, &slot.to_be_bytes(), &prompt.to_be_bytes(), &repeat.to_be_bytes()];
    labelled(Label::CellSeed, net, &place)
}

/// The path of Gemini's answers. The vendor names a model with its collection or without; one that is not named is
/// `models`. The rest is one segment, whatever it holds.
fn gemini_path(model: &str) -> String {
    let (collection, id) = match model.split_once('/') {
        Some((collection @ ("models" | "tunedModels"), id)) if !id.is_empty() => (collection, id),
        _ => ("models", model),
    };
    format!("/v1beta/{collection}/{}:generateContent", segment(id))
}

/// Text as one segment of a path (RFC 3986): every byte that is not unreserved as `%XX`.
fn segment(text: &str) -> String {
    text.bytes().fold(String::new(), |out, byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            out + &char::from(byte).to_string()
        }
        _ => out + &format!("%{byte:02X}"),
    })
}

/// What a request is a function of.
///
/// Bodies have their keys in alphabetical order, no spaces, numbers without exponent. They are written by hand so that
/// no library's choices are part of the protocol.
struct Asked<'a> {
    target: &'a Target,
    suite: &'a Suite,
    prompt: &'a Prompt,
}

impl Asked<'_> {
    fn request(&self, method: &str, path: &str, body: String) -> Request {
        Request {
            adapter: Adapter::of(self.target).name().to_owned(),
            method: method.to_owned(),
            path: path.to_owned(),
            headers: BTreeMap::new(),
            body: body.into_bytes(),
        }
    }

    /// Where tokens are drawn, each cell has a seed of its own ([`cell_seed`]), which is no part of the request.
    fn open(&self) -> String {
        let Self { suite, .. } = self;
        let drawn = |milli| format!(",\"temperature_milli\":{milli}");
        format!(
            "{{\"max_tokens\":{},\"messages\":[{}],\"model\":{}{}}}",
            suite.tokens_max,
            self.message(),
            self.model(),
            suite.drawn_at_milli().map_or(String::new(), drawn)
        )
    }

    /// A stream is asked for by nobody, and said so: some endpoints stream unless they are told.
    fn chat(&self, limit: &str) -> String {
        format!(
            "{{\"{limit}\":{},\"messages\":[{}],\"model\":{}{},\"stream\":false{}}}",
            self.suite.tokens_max,
            self.message(),
            self.model(),
            self.seed(),
            self.temperature()
        )
    }

    /// This API knows no seed.
    fn messages(&self) -> String {
        format!(
            "{{\"max_tokens\":{},\"messages\":[{}],\"model\":{},\"stream\":false{}}}",
            self.suite.tokens_max,
            self.message(),
            self.model(),
            self.temperature()
        )
    }

    /// The model stands in the path, and streams have a method of their own.
    fn generate(&self) -> String {
        format!(
            "{{\"contents\":[{{\"parts\":[{{\"text\":{}}}],\"role\":\"user\"}}],\
             \"generationConfig\":{{\"maxOutputTokens\":{}{}{}}}}}",
            json_text(&self.prompt.text),
            self.suite.tokens_max,
            self.seed(),
            self.temperature()
        )
    }

    fn message(&self) -> String {
        format!("{{\"content\":{},\"role\":\"user\"}}", json_text(&self.prompt.text))
    }

    fn model(&self) -> String {
        json_text(self.target.model())
    }

    /// With a comma before it, or nothing.
    fn seed(&self) -> String {
        self.suite.seed.map_or(String::new(), |seed| format!(",\"seed\":{seed}"))
    }

    /// With a comma before it, or nothing.
    fn temperature(&self) -> String {
        let milli = self.suite.temperature_milli;
        milli.map_or(String::new(), |milli| format!(",\"temperature\":{}", thousandths(milli)))
    }
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
    fn an_adapter_is_known_by_its_name() {
        for adapter in Adapter::ALL {
            assert_eq!(Adapter::named(adapter.name()), Some(adapter));
        }
        assert_eq!(Adapter::named("openai-chat/1"), None);
        let of = |target: &str| Adapter::of(&target.parse().unwrap());
        assert_eq!([of("open:a"), of("golem:a")], [Adapter::OpenChat; 2]);
        assert_eq!([of("openai/a"), of("sim:openai")], [Adapter::OpenAiChat; 2]);
        assert_eq!(of("compat:lab/a"), Adapter::CompatibleChat);
        assert_eq!([of("anthropic/a"), of("sim:anthropic")], [Adapter::AnthropicMessages; 2]);
        assert_eq!([of("gemini/a"), of("sim:gemini")], [Adapter::GeminiGenerate; 2]);
    }

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
            temperature_milli: Some(700),
            seed: Some(7),
            prompts: vec![prompt.clone()],
        };
        let of = |t: &str| String::from_utf8(Request::of(&t.parse().unwrap(), &suite, &prompt).body).unwrap();
        assert_eq!(
            of("sim:openai"),
            "{\"max_completion_tokens\":64,\"messages\":[{\"content\":\"Say \\\"hi\\\"\\n\\u0001é\",\"role\":\"user\"}],\
             \"model\":\"sim-gpt-1\",\"seed\":7,\"stream\":false,\"temperature\":0.7}"
        );
        assert_eq!(
            of("anthropic/claude-haiku-4-5"),
            "{\"max_tokens\":64,\"messages\":[{\"content\":\"Say \\\"hi\\\"\\n\\u0001é\",\"role\":\"user\"}],\
             \"model\":\"claude-haiku-4-5\",\"stream\":false,\"temperature\":0.7}"
        );
        assert_eq!(
            of("sim:gemini"),
            "{\"contents\":[{\"parts\":[{\"text\":\"Say \\\"hi\\\"\\n\\u0001é\"}],\"role\":\"user\"}],\
             \"generationConfig\":{\"maxOutputTokens\":64,\"seed\":7,\"temperature\":0.7}}"
        );
        let request = |t: &str| Request::of(&t.parse().unwrap(), &suite, &prompt);
        let claude = request("anthropic/claude-haiku-4-5");
        assert_eq!((claude.adapter.as_str(), claude.path.as_str()), ("anthropic-messages/2", "/v1/messages"));
        assert_eq!(claude.headers["anthropic-version"], "2023-06-01");
        let gemini = request("gemini/gemini-2.5-flash");
        assert_eq!(gemini.path, "/v1beta/models/gemini-2.5-flash:generateContent");
        assert!(gemini.headers.is_empty() && request("openai/gpt-4.1").headers.is_empty());
        // what a header asks for is covered by the hash
        let net = NetId([1; 32]);
        let mut other = claude.clone();
        other.headers.insert("anthropic-version".into(), "2023-01-01".into());
        assert_ne!(claude.hash(&net), other.hash(&net));
        assert_eq!(
            of("open:smollm2-135m"),
            "{\"max_tokens\":64,\"messages\":[{\"content\":\"Say \\\"hi\\\"\\n\\u0001é\",\"role\":\"user\"}],\
             \"model\":\"smollm2-135m\",\"temperature_milli\":700}"
        );
        let compatible = request("compat:lab/Qwen/Q\"2\\5");
        assert_eq!(compatible.path, "/chat/completions");
        assert_eq!(
            of("compat:lab/Qwen/Q\"2\\5"),
            "{\"max_tokens\":64,\"messages\":[{\"content\":\"Say \\\"hi\\\"\\n\\u0001é\",\"role\":\"user\"}],\
             \"model\":\"Qwen/Q\\\"2\\\\5\",\"seed\":7,\"stream\":false,\"temperature\":0.7}"
        );
        assert_eq!(request("openai/gpt-4.1").path, "/v1/chat/completions");
        assert_eq!(thousandths(0), "0");
        assert_eq!(thousandths(2000), "2");
        assert_eq!(thousandths(1250), "1.25");
    }
    #[test]
    fn what_a_suite_leaves_open_is_not_sent() {
        let prompt = Prompt { id: "a".into(), topic: "t".into(), kind: PromptKind::Fact, text: "Hi".into() };
        let suite = Suite {
            v: 1,
            name: "s".into(),
            label: "l".into(),
            tokens_max: 64,
            temperature_milli: None,
            seed: None,
            prompts: vec![prompt.clone()],
        };
        let of = |t: &str| String::from_utf8(Request::of(&t.parse().unwrap(), &suite, &prompt).body).unwrap();
        let said = "\"messages\":[{\"content\":\"Hi\",\"role\":\"user\"}],\"model\"";
        assert_eq!(of("openai/o"), format!("{{\"max_completion_tokens\":64,{said}:\"o\",\"stream\":false}}"));
        assert_eq!(of("compat:lab/o"), format!("{{\"max_tokens\":64,{said}:\"o\",\"stream\":false}}"));
        assert_eq!(of("anthropic/o"), format!("{{\"max_tokens\":64,{said}:\"o\",\"stream\":false}}"));
        assert_eq!(of("open:o"), format!("{{\"max_tokens\":64,{said}:\"o\"}}"));
        assert!(
            of("gemini/o").ends_with("\"generationConfig\":{\"maxOutputTokens\":64}}"),
            "{}",
            of("gemini/o")
        );
    }

    #[test]
    fn a_model_is_one_segment_of_geminis_path() {
        for (model, path) in [
            ("gemini-2.5-flash", "models/gemini-2.5-flash"),
            ("models/gemini-2.5-flash", "models/gemini-2.5-flash"),
            ("tunedModels/mine-1", "tunedModels/mine-1"),
            ("models/", "models/models%2F"),
            ("models/../x", "models/..%2Fx"),
            ("Models/x", "models/Models%2Fx"),
            ("..", "models/.."),
            ("a/../../b", "models/a%2F..%2F..%2Fb"),
            ("x:generateContent", "models/x%3AgenerateContent"),
            ("x?alt=sse#%2e\\", "models/x%3Falt%3Dsse%23%252e%5C"),
        ] {
            assert_eq!(gemini_path(model), format!("/v1beta/{path}:generateContent"), "{model}");
        }
    }
}
