//! Gemini's `generateContent`: the JSON form of protocol buffers, in which whatever is empty is left out.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{End, Ids, Question, Said, Trouble, text_of, tokens};

/// The fields of a request that matter here.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    #[serde(default)]
    contents: Vec<Content>,
    generation_config: Option<GenerationConfig>,
}

#[derive(Debug, Deserialize)]
struct Content {
    role: Option<String>,
    #[serde(default)]
    parts: Value,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct GenerationConfig {
    max_output_tokens: Option<u64>,
    candidate_count: Option<u64>,
    temperature: Option<f64>,
}

pub(super) fn read(path: &str, body: &[u8]) -> Result<Question, Trouble> {
    let action = path.strip_prefix("/v1beta/models/").and_then(|action| action.split_once(':'));
    let Some((model, "generateContent")) = action else {
        return Err(Trouble::UnknownUrl(format!("POST {path}")));
    };
    let request: Request = serde_json::from_slice(body)
        .map_err(|error| Trouble::BadBody(400, format!("Invalid JSON payload received. {error}")))?;
    if request.contents.is_empty() {
        let message = "* GenerateContentRequest.contents: contents is not specified";
        return Err(Trouble::BadField("contents", message.into()));
    }
    let config = request.generation_config;
    if config.as_ref().and_then(|config| config.candidate_count).is_some_and(|count| count != 1) {
        return Err(Trouble::BadField("candidateCount", "sim:gemini gives one candidate".into()));
    }
    let temperature = config.as_ref().and_then(|config| config.temperature);
    if temperature.is_some_and(|temperature| !(0.0..=2.0).contains(&temperature)) {
        let message = "Invalid value at 'generation_config.temperature': must be in the range [0.0, 2.0]";
        return Err(Trouble::BadField("temperature", message.into()));
    }
    let last = request.contents.iter().rev().find(|content| content.role.as_deref() != Some("model"));
    Ok(Question {
        model: model.to_owned(),
        prompt: last.map(|content| text_of(&content.parts)).unwrap_or_default(),
        prompt_tokens: request.contents.iter().map(|content| tokens(&text_of(&content.parts))).sum(),
        tokens_max: config.and_then(|config| config.max_output_tokens),
    })
}

pub(super) fn answer(question: &Question, said: &Said, ids: &Ids) -> Value {
    let mut body = json!({
        "modelVersion": question.model,
        "responseId": format!("sim-{}", ids.short()),
    });
    let (prompt_tokens, output_tokens) = (question.prompt_tokens, question.counted(said));
    if said.end == End::Filter && said.text.is_empty() {
        body["promptFeedback"] = json!({ "blockReason": "PROHIBITED_CONTENT" });
        body["usageMetadata"] =
            json!({ "promptTokenCount": prompt_tokens, "totalTokenCount": prompt_tokens });
        return body;
    }
    let finish_reason = match said.end {
        End::Stop | End::Refusal => "STOP",
        End::Length => "MAX_TOKENS",
        End::Filter => "SAFETY",
        End::Torn => "OTHER",
    };
    let parts: Vec<Value> = said.parts().into_iter().map(|text| json!({ "text": text })).collect();
    let mut content = json!({ "role": "model" });
    if !parts.is_empty() {
        content["parts"] = json!(parts);
    }
    body["candidates"] = json!([{ "content": content, "finishReason": finish_reason, "index": 0 }]);
    body["usageMetadata"] = json!({
        "promptTokenCount": prompt_tokens,
        "candidatesTokenCount": output_tokens,
        "totalTokenCount": prompt_tokens + output_tokens,
        "promptTokensDetails": [{ "modality": "TEXT", "tokenCount": prompt_tokens }],
    });
    body
}

pub(super) fn error(trouble: &Trouble) -> (u16, Value) {
    let detail = |kind: &str, mut fields: Value| {
        fields["@type"] = json!(format!("type.googleapis.com/google.rpc.{kind}"));
        fields
    };
    let (code, status, message, details) = match trouble {
        Trouble::NoKey => {
            let message = "Method doesn't allow unregistered callers (callers without established identity). Please use \
                           API Key or other form of API consumer identity to call this API.";
            (403, "PERMISSION_DENIED", message.to_owned(), vec![])
        }
        Trouble::WrongKey(_) => {
            let message = "API key not valid. Please pass a valid API key.".to_owned();
            let reason = json!({ "reason": "API_KEY_INVALID", "domain": "googleapis.com" });
            (400, "INVALID_ARGUMENT", message, vec![detail("ErrorInfo", reason)])
        }
        Trouble::UnknownUrl(url) => {
            (404, "NOT_FOUND", format!("Requested entity was not found: {url}"), vec![])
        }
        Trouble::BadBody(status, message) => (*status, "INVALID_ARGUMENT", message.clone(), vec![]),
        Trouble::BadField(_, message) => (400, "INVALID_ARGUMENT", message.clone(), vec![]),
        Trouble::NoModel(model) => {
            let message = format!(
                "models/{model} is not found for API version v1beta, or is not supported for generateContent. Call \
                 ListModels to see the list of available models and their supported methods."
            );
            (404, "NOT_FOUND", message, vec![])
        }
        Trouble::RateLimited => {
            let quota = json!({ "violations": [{ "quotaId": "SimRequestsPerMinutePerProjectPerModel" }] });
            let message = "You exceeded your current quota (simulated). Please retry later.".to_owned();
            (429, "RESOURCE_EXHAUSTED", message, vec![detail("QuotaFailure", quota)])
        }
        Trouble::QuotaUsedUp => {
            let quota = json!({ "violations": [{ "quotaId": "SimRequestsPerDayPerProjectPerModel" }] });
            let message = "You exceeded your current quota, please check your plan and billing details.";
            (429, "RESOURCE_EXHAUSTED", message.to_owned(), vec![detail("QuotaFailure", quota)])
        }
        Trouble::Overloaded => {
            (503, "UNAVAILABLE", "The model is overloaded. Please try again later.".to_owned(), vec![])
        }
        Trouble::PlaceNotSupported => {
            let message = "User location is not supported for the API use.".to_owned();
            (400, "FAILED_PRECONDITION", message, vec![])
        }
        Trouble::Status(status) => {
            let word = if *status < 500 { "INVALID_ARGUMENT" } else { "INTERNAL" };
            (*status, word, "A planned failure.".to_owned(), vec![])
        }
    };
    let mut error = json!({ "code": code, "message": message, "status": status });
    if !details.is_empty() {
        error["details"] = json!(details);
    }
    (code, json!({ "error": error }))
}

pub(super) fn models(names: &[&str]) -> Value {
    let model = |name: &&str| {
        json!({ "name": format!("models/{name}"), "displayName": format!("{name} (simulated)"),
                "supportedGenerationMethods": ["generateContent"] })
    };
    json!({ "models": names.iter().map(model).collect::<Vec<_>>() })
}

pub(super) fn headers(latency_ms: u64) -> Vec<(&'static str, String)> {
    vec![
        ("content-type", "application/json; charset=UTF-8".to_owned()),
        ("server", "sim-gemini".to_owned()),
        ("server-timing", format!("gfet4t7; dur={latency_ms}")),
    ]
}
