//! Sentences beside codes that say more, what they quote, and what vendors alone say.

use serde_json::json;

use super::*;

const THROTTLED: &str = "rate_limited";

#[test]
fn what_an_error_quotes_decides_nothing() {
    let quota = "You exceeded your current quota";
    all_mean(&[
        (
            400,
            json!({ "error": { "code": "invalid_value", "message": format!("Invalid input: 'Explain the message {quota}'") } }),
            "http_4xx(400)",
        ),
        // by the code, whatever stands around the words
        (400, json!({ "error": { "code": "invalid_value", "message": quota } }), "http_4xx(400)"),
        (400, json!({ "error": { "code": "string_above_max_length", "message": quota } }), "http_4xx(400)"),
        (
            400,
            json!({ "error": { "type": "invalid_request_error", "param": "messages[0].content", "message": quota } }),
            "http_4xx(400)",
        ),
        (
            400,
            json!({ "error": { "code": "invalid_value", "message": "got {\"code\":\"insufficient_quota\"}" } }),
            "http_4xx(400)",
        ),
        // by the quotes, whatever the code
        (400, json!({ "error": { "message": format!("Invalid input: '{quota}' at 7") } }), "http_4xx(400)"),
        (400, json!({ "error": { "message": format!("Invalid input: \"{quota}\"") } }), "http_4xx(400)"),
        (400, json!({ "error": { "message": format!("Invalid input: `{quota}`") } }), "http_4xx(400)"),
        (400, json!({ "error": { "message": format!("Invalid input: \u{201c}{quota}") } }), "http_4xx(400)"),
        (
            400,
            json!({ "error": { "message": "Invalid input: '{\"code\":\"insufficient_quota\"}'" } }),
            "http_4xx(400)",
        ),
        // and what a code of no more than the status leaves open
        (400, json!({ "error": { "type": "invalid_request_error", "message": quota } }), QUOTA),
        (
            400,
            json!({ "error": { "type": "invalid_request_error", "param": null, "message": quota } }),
            QUOTA,
        ),
        (
            400,
            json!({ "error": { "type": "BadRequestError", "param": "model", "message": "The model `x` does not exist." } }),
            MODEL,
        ),
        (429, json!({ "error": { "param": "None", "message": quota } }), QUOTA),
        (
            429,
            json!({ "error": { "message": "Error code: 429 - {'error': {'message': 'm', 'param': None, 'code': 'insufficient_quota'}}" } }),
            QUOTA,
        ),
    ]);
}

#[test]
fn throttling_is_known_by_the_words_of_clouds() {
    for (body, expected) in [
        (json!({ "__type": "ThrottlingException" }), THROTTLED),
        (json!({ "__type": "com.amazon.coral.availability#ThrottlingException", "message": "m" }), THROTTLED),
        (
            json!({ "Response": { "Error": { "Code": "RequestLimitExceeded", "Message": "m" }, "RequestId": "r" } }),
            THROTTLED,
        ),
        (json!({ "error_code": 18, "error_msg": "m" }), THROTTLED),
        (json!({ "error_code": 17, "error_msg": "m" }), QUOTA),
        (json!({ "code": 11202, "message": "m", "sid": "cha0" }), THROTTLED),
        (json!({ "header": { "code": 11202, "message": "m" } }), THROTTLED),
        (json!({ "error_code": 1009, "error_name": "country_banned" }), REGION),
        (json!({ "error_name": "country_banned", "title": "Error 1009: Access denied" }), REGION),
    ] {
        assert_eq!([shown(400, &body.to_string()), in_success(&body)], [expected; 2], "{body}");
    }
    // the numbers mean nothing elsewhere
    all_mean(&[
        (400, json!({ "error": { "code": 18 } }), "http_4xx(400)"),
        (400, json!({ "code": 11202 }), "http_4xx(400)"),
        (503, json!({ "error_code": 17 }), "http_5xx(503)"),
    ]);
    assert_eq!(in_success(&json!({ "Response": { "Error": {} } })), "");
}

#[test]
fn money_keys_filters_and_regions_are_known_by_more_words() {
    let said = |message: &str| json!({ "error": { "message": message } });
    all_mean(&[
        (
            400,
            json!({ "error": { "type": "invalid_request_error", "message": "You have reached your specified API usage limits. You will regain access later." } }),
            QUOTA,
        ),
        (403, said("Your newly created team doesn't have any credits yet."), QUOTA),
        (403, said("Your team does not have any credits."), QUOTA),
        (400, json!({ "error": { "type": "budget_exceeded", "code": "400", "param": null } }), QUOTA),
        (403, json!({ "error": { "code": "pre_consume_token_quota_failed" } }), QUOTA),
        (
            403,
            json!({ "statusCode": 403, "message": "Out of call volume quota. Quota will be replenished in 01:00:00." }),
            QUOTA,
        ),
        (
            403,
            json!({ "error": { "code": 403, "status": "PERMISSION_DENIED", "message": "Your API key was reported as leaked. Please use another API key." } }),
            KEY,
        ),
        (400, json!({ "__type": "UnrecognizedClientException" }), KEY),
        (
            400,
            json!({ "error": { "message": "Content Exists Risk", "type": "invalid_request_error", "param": null } }),
            FILTER,
        ),
        (400, json!({ "error": { "code": "sensitive_words_detected" } }), FILTER),
        (400, json!({ "error": { "code": "content_management_policy" } }), FILTER),
        (403, json!({ "error": { "type": "forbidden", "message": "Request not allowed" } }), REGION),
        (403, said("Request not allowed"), "http_4xx(403)"),
        (400, json!({ "error": { "type": "forbidden", "message": "Request not allowed" } }), "http_4xx(400)"),
    ]);
    assert_eq!(shown(403, "error code: 1009"), REGION);
}
