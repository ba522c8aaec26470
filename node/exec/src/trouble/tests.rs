mod quoted;
mod shapes;
mod waits;

use serde_json::json;

use super::*;

/// What an error under this status comes to, as receipts show it.
fn shown(status: u16, body: &str) -> String {
    under(status, body.as_bytes()).failure.map(|failure| failure.to_string()).unwrap_or_default()
}

/// What an error under 200 comes to; `-` is an error of which nothing is known, and nothing is no error at all.
fn in_success(body: &Value) -> String {
    let shown = |trouble: Trouble| trouble.failure.map_or("-".to_owned(), |failure| failure.to_string());
    within(body, false).map(shown).unwrap_or_default()
}

const KEY: &str = "refused_by_api(invalid_key)";
const QUOTA: &str = "refused_by_api(insufficient_quota)";
const MODEL: &str = "refused_by_api(model_not_found)";
const REGION: &str = "refused_by_api(region_not_supported)";
const FILTER: &str = "content_filter";

#[test]
fn tables_are_true_to_their_own_rules() {
    for rows in [&CODES[..], &BASE_RESP[..]] {
        let mut seen: Vec<String> =
            rows.iter().flat_map(|(_, codes)| codes.iter().map(|code| folded(code))).collect();
        let count = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), count, "a code has one meaning");
    }
    for (means, phrases) in WORDS.iter().chain(&WORDS_OF_LOAD) {
        assert!(phrases.iter().all(|phrase| *phrase == phrase.to_lowercase()), "{means:?}");
    }
}

/// Each error comes to what is expected of it.
fn all_mean(rows: &[(u16, Value, &str)]) {
    for (status, body, expected) in rows {
        assert_eq!(shown(*status, &body.to_string()), *expected, "{status} {body}");
    }
}

#[test]
fn codes_of_openai_and_of_who_serves_its_format_are_known() {
    all_mean(&[
        // OpenAI
        (
            404,
            json!({ "error": { "message": "m", "type": "invalid_request_error", "code": "model_not_found" } }),
            MODEL,
        ),
        (429, json!({ "error": { "type": "insufficient_quota", "code": "insufficient_quota" } }), QUOTA),
        (429, json!({ "error": { "type": "insufficient_quota", "code": null } }), QUOTA),
        (429, json!({ "error": { "type": "tokens", "code": "rate_limit_exceeded" } }), "rate_limited"),
        (401, json!({ "error": { "code": "invalid_api_key" } }), KEY),
        (403, json!({ "error": { "code": "unsupported_country_region_territory" } }), REGION),
        (400, json!({ "error": { "code": "content_policy_violation" } }), FILTER),
        (
            400,
            json!({ "error": { "code": "unsupported_value", "param": "temperature",
            "message": "Unsupported value: 'temperature' does not support 0 with this model." } }),
            "http_4xx(400)",
        ),
        // Azure
        (400, json!({ "error": { "code": "content_filter", "status": 400, "innererror": {} } }), FILTER),
        (
            400,
            json!({ "error": { "code": "BadRequest", "innererror": { "code": "ResponsibleAIPolicyViolation" } } }),
            FILTER,
        ),
        (404, json!({ "error": { "code": "DeploymentNotFound", "message": "m" } }), MODEL),
        (401, json!({ "statusCode": 401, "message": "Unauthorized. Access token is missing." }), KEY),
        (
            429,
            json!({ "error": { "code": "429", "message": "exceeded token rate limit of your tier" } }),
            "rate_limited",
        ),
        // vLLM, old and new; llama.cpp; Ollama; TGI
        (
            404,
            json!({ "object": "error", "message": "The model `x` does not exist.", "type": "NotFoundError", "code": 404 }),
            MODEL,
        ),
        (
            404,
            json!({ "error": { "message": "The model `x` does not exist.", "type": "NotFoundError", "code": 404 } }),
            MODEL,
        ),
        (401, json!({ "error": "Unauthorized" }), KEY),
        (
            503,
            json!({ "error": { "code": 503, "message": "Loading model", "type": "unavailable_error" } }),
            "overloaded",
        ),
        (400, json!({ "error": { "code": 400, "type": "exceed_context_size_error" } }), "http_4xx(400)"),
        (404, json!({ "error": "model \"x\" not found, try pulling it first" }), MODEL),
        (429, json!({ "error": "Model is overloaded", "error_type": "overloaded" }), "overloaded"),
    ]);
}

#[test]
fn codes_of_hosts_and_model_makers_are_known() {
    all_mean(&[
        // Together, Groq
        (
            400,
            json!({ "error": { "message": "Unable to access model x", "code": "model_not_available" } }),
            MODEL,
        ),
        (400, json!({ "error": { "message": "m", "code": "model_decommissioned" } }), MODEL),
        // DeepSeek
        (
            402,
            json!({ "error": { "message": "Insufficient Balance", "type": "unknown_error", "code": "invalid_request_error" } }),
            QUOTA,
        ),
        (400, json!({ "error": { "message": "Model Not Exist", "code": "invalid_request_error" } }), MODEL),
        // Moonshot
        (429, json!({ "error": { "type": "exceeded_current_quota_error", "message": "m" } }), QUOTA),
        (429, json!({ "error": { "type": "engine_overloaded_error", "message": "m" } }), "overloaded"),
        (400, json!({ "error": { "type": "content_filter", "message": "considered high risk" } }), FILTER),
        (
            404,
            json!({ "error": { "type": "resource_not_found_error", "message": "Not found the model x" } }),
            MODEL,
        ),
        // Z.ai
        (401, json!({ "error": { "code": "1002", "message": "Authorization Token is invalid" } }), KEY),
        (400, json!({ "error": { "code": 1000, "message": "m" } }), KEY),
        (429, json!({ "error": { "code": "1113", "message": "m" } }), QUOTA),
        (400, json!({ "error": { "code": "1211", "message": "m" } }), MODEL),
        (
            400,
            json!({ "contentFilter": [{ "level": 1 }], "error": { "code": "1301", "message": "m" } }),
            FILTER,
        ),
        (429, json!({ "error": { "code": "1302", "message": "m" } }), "rate_limited"),
    ]);
}

#[test]
fn codes_of_gateways_and_clouds_are_known() {
    all_mean(&[
        // Alibaba, in its own shape and in OpenAI's
        (401, json!({ "code": "InvalidApiKey", "message": "m", "request_id": "r" }), KEY),
        (400, json!({ "code": "Arrearage", "message": "m" }), QUOTA),
        (400, json!({ "code": "DataInspectionFailed", "message": "m" }), FILTER),
        (400, json!({ "error": { "code": "data_inspection_failed", "message": "m" } }), FILTER),
        (429, json!({ "code": "Throttling.RateQuota", "message": "m" }), "rate_limited"),
        (403, json!({ "code": "Model.AccessDenied", "message": "m" }), MODEL),
        (403, json!({ "code": "AllocationQuota.FreeTierOnly", "message": "m" }), QUOTA),
        // Volcano Ark
        (403, json!({ "error": { "code": "AccountOverdueError", "type": "Forbidden" } }), QUOTA),
        (404, json!({ "error": { "code": "InvalidEndpointOrModel.NotFound" } }), MODEL),
        // Mistral
        (
            400,
            json!({ "object": "error", "message": "Invalid model: x", "type": "invalid_model", "code": "1500" }),
            MODEL,
        ),
        (
            422,
            json!({ "detail": [{ "type": "missing", "loc": ["body"], "msg": "Field required" }] }),
            "http_4xx(422)",
        ),
        (429, json!({ "message": "Requests rate limit exceeded" }), "rate_limited"),
        // OpenRouter: an upstream's error as a string, and a moderation
        (
            403,
            json!({ "error": { "code": 403, "message": "m", "metadata": { "raw":
            "{\"error\":{\"code\":\"unsupported_country_region_territory\"}}" } } }),
            REGION,
        ),
        (
            400,
            json!({ "error": { "code": 400, "message": "Provider returned error", "metadata": { "raw":
            "{\"error\":{\"code\":\"content_filter\",\"message\":\"m\"}}" } } }),
            FILTER,
        ),
        (
            403,
            json!({ "error": { "code": 403, "message": "m", "metadata": { "reasons": ["violence"] } } }),
            FILTER,
        ),
        (402, json!({ "error": { "code": 402, "message": "Insufficient credits" } }), QUOTA),
        (404, json!({ "error": { "code": 404, "message": "No endpoints found for x." } }), MODEL),
        // new-api, LiteLLM, xAI, SiliconFlow
        (403, json!({ "error": { "code": "insufficient_user_quota", "type": "new_api_error" } }), QUOTA),
        (503, json!({ "error": { "code": "model_not_found", "message": "No available channel" } }), MODEL),
        (
            400,
            json!({ "error": { "message": "litellm.BadRequestError: {\"error\": {\"code\": \"invalid_api_key\"}}" } }),
            KEY,
        ),
        (
            400,
            json!({ "code": "Client specified an invalid argument", "error": "Incorrect API key provided: x." }),
            KEY,
        ),
        (403, json!({ "code": 30001, "message": "m", "data": null }), QUOTA),
        (400, json!({ "code": 20012, "message": "m", "data": null }), MODEL),
    ]);
}

#[test]
fn codes_of_anthropic_are_known() {
    all_mean(&[
        // Anthropic
        (402, json!({ "type": "error", "error": { "type": "billing_error", "message": "m" } }), QUOTA),
        (
            400,
            json!({ "type": "error", "error": { "type": "invalid_request_error",
            "message": "Your credit balance is too low to access the Anthropic API." } }),
            QUOTA,
        ),
        (
            404,
            json!({ "type": "error", "error": { "type": "not_found_error", "message": "model: claude-1" } }),
            MODEL,
        ),
        (
            404,
            json!({ "type": "error", "error": { "type": "not_found_error", "message": "Not Found" } }),
            "http_4xx(404)",
        ),
        (
            529,
            json!({ "type": "error", "error": { "type": "overloaded_error", "message": "Overloaded" } }),
            "overloaded",
        ),
        (500, json!({ "type": "error", "error": { "type": "api_error", "message": "m" } }), "http_5xx(500)"),
    ]);
}

#[test]
fn codes_of_gemini_are_known_behind_gateways_too() {
    all_mean(&[
        // Gemini, itself and behind its compatible endpoint
        (
            400,
            json!({ "error": { "code": 400, "status": "INVALID_ARGUMENT", "message": "m",
            "details": [{ "reason": "API_KEY_INVALID" }] } }),
            KEY,
        ),
        (
            400,
            json!([{ "error": { "code": 400, "status": "INVALID_ARGUMENT", "message": "API key not valid." } }]),
            KEY,
        ),
        (
            403,
            json!({ "error": { "code": 403, "status": "PERMISSION_DENIED", "message":
            "Method doesn't allow unregistered callers." } }),
            KEY,
        ),
        (
            400,
            json!([{ "error": { "code": 400, "status": "FAILED_PRECONDITION", "message":
            "User location is not supported for the API use." } }]),
            REGION,
        ),
        (
            404,
            json!({ "error": { "code": 404, "status": "NOT_FOUND", "message": "models/x is not found" } }),
            MODEL,
        ),
        (
            429,
            json!({ "error": { "code": 429, "status": "RESOURCE_EXHAUSTED", "message":
            "You exceeded your current quota, please check your plan." } }),
            "rate_limited",
        ),
        (
            429,
            json!({ "error": { "code": 429, "status": "RESOURCE_EXHAUSTED", "details": [{ "violations":
            [{ "quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier" }] }] } }),
            QUOTA,
        ),
        (503, json!({ "error": { "code": 503, "status": "UNAVAILABLE", "message": "m" } }), "overloaded"),
        (
            400,
            json!({ "error": { "code": 400, "status": "INVALID_ARGUMENT", "message": "Invalid value" } }),
            "http_4xx(400)",
        ),
    ]);
}

#[test]
fn a_status_says_what_no_code_does_and_an_unknown_code_says_nothing() {
    for (status, body, expected) in [
        (401, "", KEY),
        (402, "<html>", QUOTA),
        (429, "slow down", "rate_limited"),
        (429, "Insufficient balance.", QUOTA),
        (400, "Invalid API key", KEY),
        (404, "", "http_4xx(404)"),
        (404, "<html>the model page</html>", "http_4xx(404)"),
        (408, "{}", "http_4xx(408)"),
        (500, "\"model not found\"", "http_5xx(500)"),
        (418, r#"{"error":"nope"}"#, "http_4xx(418)"),
        (418, r#"{"error":{"code":"of_the_future"}}"#, "http_4xx(418)"),
        (400, r#"{"error":{"code":["content_filter"]}}"#, "http_4xx(400)"),
        (307, r#"{"error":"nope"}"#, "http_3xx(307)"),
        (400, r#"{"error":{"code":1113.0}}"#, QUOTA),
        (400, r#"{"error":{"code":1113.5}}"#, "http_4xx(400)"),
        (400, r#"{"error":{"code":429}}"#, "rate_limited"),
        (403, r#"{"error":{"message":"Too many requests, slow down"}}"#, "rate_limited"),
        (400, r#"{"error":{"message":"max_tokens breaks the rate limit of nothing"}}"#, "http_4xx(400)"),
    ] {
        assert_eq!(shown(status, body), expected, "{status} {body}");
    }
}

#[test]
fn an_error_under_a_status_of_success_is_the_same_error() {
    for (body, expected) in [
        (
            json!({ "id": "gen-1", "error": { "message": "Provider overloaded, come back", "code": 502 } }),
            "http_5xx(502)",
        ),
        (json!({ "error": { "message": "m", "code": 429 } }), "rate_limited"),
        (json!({ "error": { "message": "m", "code": "503" } }), "http_5xx(503)"),
        (json!({ "error": { "message": "m", "code": 408 } }), "http_4xx(408)"),
        (json!({ "error": { "message": "m", "type": "server_error" } }), "http_5xx(500)"),
        (json!({ "error": { "message": "m", "http_code": "529" } }), "http_5xx(529)"),
        (json!({ "error": "overloaded, try later" }), "overloaded"),
        (json!({ "error": "Rate limit exceeded" }), "rate_limited"),
        (json!([{ "error": { "code": 429, "status": "RESOURCE_EXHAUSTED" } }]), "rate_limited"),
        (json!({ "type": "error", "error": { "type": "overloaded_error" } }), "overloaded"),
        (json!({ "detail": "Invalid API key" }), KEY),
        (json!({ "detail": [{ "msg": "Field required", "type": "missing" }] }), "-"),
        (json!({ "code": "1113", "message": "m" }), QUOTA),
        (json!({ "code": "InvalidApiKey", "message": "m" }), KEY),
        (json!({ "code": 500, "msg": "404 NOT_FOUND", "success": false }), "http_5xx(500)"),
        (json!({ "errors": [{ "code": 10000, "message": "Authentication failed" }], "success": false }), KEY),
        (json!({ "object": "error", "message": "m", "code": 404 }), "http_4xx(404)"),
        (json!({ "base_resp": { "status_code": 1002, "status_msg": "m" }, "choices": null }), "rate_limited"),
        (json!({ "base_resp": { "status_code": 1001, "status_msg": "m" } }), "http_5xx(504)"),
        (json!({ "base_resp": { "status_code": 1004, "status_msg": "m" } }), KEY),
        (json!({ "base_resp": { "status_code": 1113, "status_msg": "m" } }), "-"),
        (json!({ "error": { "message": "m" } }), "-"),
        (json!({ "error": true }), "-"),
        // no error
        (json!({}), ""),
        (json!([]), ""),
        (json!({ "error": null, "id": "x" }), ""),
        (json!({ "base_resp": { "status_code": 0, "status_msg": "success" } }), ""),
        (json!({ "code": 200, "message": "success", "data": {} }), ""),
        (json!({ "code": 0, "msg": "ok" }), ""),
        (json!({ "message": { "role": "assistant", "content": "hi" }, "done": true }), ""),
    ] {
        assert_eq!(in_success(&body), expected, "{body}");
    }
    let answered = json!({ "choices": [{}], "detail": "d", "message": "m", "code": 7 });
    assert_eq!(within(&answered, true), None, "what stands beside an answer is no complaint");
}

#[test]
fn codes_are_kept_as_a_receipt_takes_them_and_sentences_are_not() {
    let codes = |body: &Value| {
        let codes = under(400, body.to_string().as_bytes()).codes;
        codes.into_iter().map(|(field, code)| format!("{field}={code}")).collect::<Vec<_>>().join(" ")
    };
    for (body, expected) in [
        (
            json!({ "error": { "message": "m", "type": "tokens", "param": "model", "code": "rate_limit_exceeded" } }),
            "code=rate_limit_exceeded type=tokens",
        ),
        (
            json!([{ "error": { "code": 400, "status": "INVALID_ARGUMENT", "details": [{ "reason": "API_KEY_INVALID" }] } }]),
            "code=400 reason=API_KEY_INVALID status=INVALID_ARGUMENT",
        ),
        (json!({ "error": { "code": 1113 } }), "code=1113"),
        (json!({ "code": "Arrearage", "message": "m" }), "code=Arrearage"),
        (json!({ "error": { "code": "from 192.0.2.1", "type": "org-1 at 10.0.0.1", "status": "" } }), ""),
        (json!({ "error": { "code": "x".repeat(65), "type": null, "reason": ["a"] } }), ""),
        (json!({ "error": { "code": "a", "innererror": { "code": "b", "type": "c" } } }), "code=a type=c"),
        (json!({ "error": "invalid key for org-123" }), ""),
        (json!({ "base_resp": { "status_code": 1002 } }), "code=1002"),
    ] {
        assert_eq!(codes(&body), expected, "{body}");
    }
}

#[test]
fn hostile_errors_cost_little() {
    let mut nested = json!("overloaded");
    for _ in 0..100 {
        nested = json!({ "error": { "message": nested } });
    }
    assert_eq!(within(&nested, false).unwrap().failure, None, "too deep to be looked at");
    let long = json!({ "error": { "message": "\u{1e9e}".repeat(1 << 18), "details": vec![json!({ "code": "x" }); 4096] } });
    assert_eq!(shown(400, &long.to_string()), "http_4xx(400)");
}

#[test]
fn an_error_written_out_as_none_is_none() {
    for none in [
        json!({ "message": "", "type": "", "param": "", "code": null }),
        json!({ "message": null, "code": null }),
        json!({ "code": 0, "message": "success" }),
        json!({ "code": "0", "message": "OK", "status": "OK" }),
        json!({ "code": 200 }),
        json!(false),
        json!([{}, null, ""]),
    ] {
        assert_eq!(within(&json!({ "choices": [{}], "error": none }), true), None, "{none}");
        assert_eq!(of_choice(&json!({ "error": none })), None, "{none}");
    }
    for some in
        [json!({ "message": "boom" }), json!({ "code": 200, "status": "error" }), json!("boom"), json!(502)]
    {
        assert!(within(&json!({ "choices": [{}], "error": some }), true).is_some(), "{some}");
    }
}

#[test]
fn an_endless_error_is_looked_into_so_far() {
    let codes: serde_json::Map<String, Value> =
        CODE_NAMES.iter().map(|name| ((*name).to_owned(), json!("z.z"))).collect();
    let inner = json!({ "details": vec![Value::Object(codes); 16] }).to_string();
    let outer = json!({ "details": vec![json!({ "details": vec![inner; 16] }).to_string(); 16] });
    let mut said = Said::default();
    said.gather(&outer, DEPTH_MAX);
    assert!(said.codes.len() <= CODES_MAX && said.objects <= OBJECTS_MAX && said.inner <= INNER_MAX);
    assert!(said.words.len() <= WORDS_MAX + OBJECTS_MAX);
    let mut wide = Said::default();
    wide.gather(&json!({ "details": (0..16).map(|_| outer.clone()).collect::<Vec<_>>() }), DEPTH_MAX);
    assert!(wide.inner <= INNER_MAX);
}

#[test]
fn a_code_alone_is_a_code() {
    for (body, expected) in [
        (json!({ "error": 429 }), "rate_limited"),
        (json!({ "error": "429" }), "rate_limited"),
        (json!({ "error": "rate_limit_exceeded" }), "rate_limited"),
        (json!({ "detail": "rate_limit_exceeded" }), "rate_limited"),
        (json!({ "errors": ["rate_limit_exceeded"] }), "rate_limited"),
        (json!({ "error": "invalid_api_key" }), KEY),
        (json!({ "error": "model_not_found" }), MODEL),
        (json!({ "error": 503 }), "http_5xx(503)"),
    ] {
        assert_eq!(in_success(&body), expected, "{body}");
    }
}

#[test]
fn a_number_of_one_vendors_is_no_failure_of_anothers_that_passes() {
    all_mean(&[
        (500, json!({ "error": { "code": 1001, "message": "internal error" } }), "http_5xx(500)"),
        (503, json!({ "code": 1000 }), "http_5xx(503)"),
        (429, json!({ "error": { "code": 1002 } }), "rate_limited"),
        (408, json!({ "error": { "code": "1000" } }), "http_4xx(408)"),
        (
            409,
            json!({ "error": { "message": "unauthorized concurrent modification, flagged" } }),
            "http_4xx(409)",
        ),
        (408, json!({ "error": { "message": "model not found in time" } }), "http_4xx(408)"),
        (401, json!({ "error": { "code": 1001 } }), KEY),
        (429, json!({ "error": { "code": 1113 } }), QUOTA),
    ]);
}
