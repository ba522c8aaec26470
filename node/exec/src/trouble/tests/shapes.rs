//! Errors in shapes that no reference describes, and words that only look like errors.

use serde_json::json;

use super::*;

#[test]
fn a_status_code_is_an_error_wherever_it_stands() {
    for (body, expected) in [
        (json!({ "code": 429 }), "rate_limited"),
        (json!([{ "code": 503 }]), "http_5xx(503)"),
        (json!([[{ "code": "503" }]]), "http_5xx(503)"),
        (json!([{}, { "status": 429 }]), "rate_limited"),
        (json!({ "status": "429 Too Many Requests" }), "rate_limited"),
        (json!({ "statusCode": 502, "success": false }), "http_5xx(502)"),
        (json!({ "code": "HTTP_503" }), "http_5xx(503)"),
        (json!({ "title": "Service Unavailable", "status": 503 }), "http_5xx(503)"),
        (json!({ "title": "Too Many Requests", "type": "about:blank" }), "rate_limited"),
        (json!({ "type": "https://errors.example/problems/insufficient-quota", "status": 403 }), QUOTA),
        (json!({ "type": "urn:example:rate_limit_exceeded" }), "rate_limited"),
        (json!({ "code": "rate_limit_exceeded" }), "rate_limited"),
        (json!({ "type": "overloaded_error" }), "overloaded"),
        (json!("Rate limit exceeded"), "rate_limited"),
        (json!("rate_limit_exceeded"), "rate_limited"),
        (json!("429"), "rate_limited"),
        (json!(503), "http_5xx(503)"),
        (json!("{\"error\":{\"code\":429}}"), "rate_limited"),
        (json!("[{\"code\":503}]"), "http_5xx(503)"),
        (json!(json!("{\"code\":\"invalid_api_key\"}").to_string()), KEY),
        (json!({ "error": json!("{\"code\":429}").to_string() }), "rate_limited"),
        (json!({ "error": "[{\"code\":429},{\"code\":500}]" }), "rate_limited"),
        (json!({ "error": { "message": "slow down" }, "status": 429 }), "rate_limited"),
        (json!({ "error": { "message": "m", "code": "model_not_found" }, "status": 500 }), MODEL),
        (json!({ "code": 0, "status": 503 }), "http_5xx(503)"),
        // no error
        (json!("Canberra"), ""),
        (json!("{\"a\":1}"), ""),
        (json!(7), ""),
        (json!([7, "rate limit"]), ""),
        (json!({ "code": 7 }), ""),
        (json!({ "status": "queued" }), ""),
        (json!({ "code": "4290" }), ""),
    ] {
        assert_eq!(in_success(&body), expected, "{body}");
    }
    let answered = json!({ "choices": [{}], "code": 429, "title": "t" });
    assert_eq!(within(&answered, true), None, "what stands beside an answer is no complaint");
    assert_eq!(
        under(400, br#""{\"error\":{\"code\":\"invalid_api_key\"}}""#).codes["code"],
        "invalid_api_key"
    );
    assert_eq!(within(&json!([{}, { "code": 503 }]), false).unwrap().codes["code"], "503");
}

#[test]
fn words_that_an_error_quotes_have_no_meaning() {
    for (status, message, expected) in [
        (400, "The file 'model.json' does not exist", "http_4xx(400)"),
        (400, "Parameter `top_k` does not exist for this model", "http_4xx(400)"),
        (400, "model: extra fields not permitted; 'x' not found in schema", "http_4xx(400)"),
        (400, "Unknown field: flagged", "http_4xx(400)"),
        (400, "Your account has been flagged for review", "http_4xx(400)"),
        (400, "Unrecognized request argument supplied: content_filter", "http_4xx(400)"),
        (400, "'content filter' is not a valid option", "http_4xx(400)"),
        (400, "metadata.api_key: invalid type", "http_4xx(400)"),
        (400, "invalid value for 'user': an api key must not be sent", "http_4xx(400)"),
        (400, "Invalid model parameters: temperature", "http_4xx(400)"),
        (400, "invalid 'tools': function unauthorized is reserved", "http_4xx(400)"),
        (404, "Cannot POST /v1/models/x:generateContent", "http_4xx(404)"),
        (404, "No route for POST https://host.example/v1/models/x/chat", "http_4xx(404)"),
        (404, "path not found on this model server", "http_4xx(404)"),
        (404, "No endpoints found that support tool use", "http_4xx(404)"),
        // and what they mean where they say it
        (400, "The model `x` does not exist or you do not have access to it.", MODEL),
        (400, "The model 'gpt-4.5' has been deprecated, learn more here", MODEL),
        (404, "Model \"x\" not found", MODEL),
        (404, "model: claude-1", MODEL),
        (400, "Invalid model: x", MODEL),
        (400, "Invalid model 'x'. Permitted models can be found in the documentation.", MODEL),
        (400, "The provided model identifier is invalid.", MODEL),
        (404, "Publisher Model `projects/p/models/x` was not found or your project has no access", MODEL),
        (400, "API Key not found. Please pass a valid API key.", KEY),
        (400, "Content violates usage guidelines.", FILTER),
        (400, "Output blocked by content filtering policy", FILTER),
        (400, "Your prompt was flagged as potentially violating our usage policy.", FILTER),
        (400, "Input flagged by moderation", FILTER),
        (400, "The response was blocked by the content filter.", FILTER),
        (400, "This request violates our content policy.", FILTER),
        (400, "API key is invalid.", KEY),
        (403, "Unauthorized. Access token is missing.", KEY),
        (403, "Authentication Fails (no such user)", KEY),
        (403, "您的账户余额不足", QUOTA),
    ] {
        let body = json!({ "error": { "message": message } }).to_string();
        assert_eq!(shown(status, &body), expected, "{status} {message}");
    }
}
