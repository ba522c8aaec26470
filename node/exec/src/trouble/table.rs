//! What the codes and the words of errors mean: the data that errors are classified by.
//!
//! Codes are those of the references of OpenAI ("Error codes"), Azure OpenAI ("Content filtering"), Anthropic ("Errors"),
//! Google (`google.rpc.Code`, `google.api.ErrorReason`, "Troubleshooting guide" of the Gemini API), Z.ai ("Errors",
//! docs.z.ai/api-reference/api-code), Moonshot ("Errors", platform.kimi.ai/docs/api/errors), Alibaba Model Studio ("Error
//! messages"), Volcano Ark ("Error codes"), DeepSeek ("Error codes"), Mistral, Groq, Together, OpenRouter ("Errors"),
//! MiniMax, SiliconFlow and GitHub Models, and those in the sources of vLLM, llama.cpp, TGI, Ollama and new-api.

use super::Means::{self, Filter, Http, Key, Model, Overload, Quota, Rate, Region};

/// Codes by their meaning. They are compared without regard to case, `_`, `-`, `.` and spaces: the same code is spelled in
/// many ways. Of a code in several segments (`Throttling.RateQuota`) the first is looked up where the whole is unknown.
pub(super) const CODES: [(Means, &[&str]); 19] = [
    (
        Key,
        &[
            "account_deactivated",
            "api_key_expired",
            "api_key_http_referrer_blocked",
            "api_key_invalid",
            "api_key_ip_address_blocked",
            "api_key_service_blocked",
            "authentication_error",
            "authorized_error",
            "credentials_missing",
            "incorrect_api_key_error",
            "invalid_api_key",
            "invalid_authentication_error",
            "invalid_iam_token",
            "unauthenticated",
            "unauthorized",
            // Z.ai, "authentication error"
            "1000",
            "1001",
            "1002",
            "1003",
            "1004",
        ],
    ),
    (
        Quota,
        &[
            "account_overdue",
            "account_overdue_error",
            "allocation_quota",
            "arrearage",
            "billing_disabled",
            "billing_error",
            "billing_hard_limit_reached",
            "billing_not_active",
            "credit_limit",
            "exceeded_current_quota_error",
            "insufficient_balance",
            "insufficient_balance_error",
            "insufficient_credits",
            "insufficient_quota",
            "insufficient_user_quota",
            "postpaid_bill_overdue",
            "prepaid_bill_overdue",
            "quota_exceeded",
            // Z.ai: in arrears; the day's, the plan's, the week's or the month's limit is reached
            "1113",
            "1304",
            "1308",
            "1309",
            "1310",
            // SiliconFlow
            "30001",
        ],
    ),
    (
        Model,
        &[
            "access_denied.unpurchased",
            "deployment_not_found",
            "invalid_endpoint_or_model",
            "invalid_model",
            "model_access_denied",
            "model_decommissioned",
            "model_not_available",
            "model_not_exist",
            "model_not_found",
            "model_not_open",
            "unknown_model",
            // Z.ai: no such model; none of the plan's
            "1211",
            "1311",
            // SiliconFlow
            "20012",
            "30003",
        ],
    ),
    (
        Region,
        &[
            "country_not_supported",
            "region_not_supported",
            "unsupported_country",
            "unsupported_country_region_territory",
            "unsupported_region",
        ],
    ),
    (
        Filter,
        &[
            "content_filter",
            "content_filter_error",
            "content_policy_violation",
            "data_inspection_failed",
            "input_text_sensitive_content_detected",
            "moderation_blocked",
            "output_text_sensitive_content_detected",
            "responsible_ai_policy_violation",
            "sensitive_content_detected",
            // Z.ai
            "1301",
        ],
    ),
    (
        Rate,
        &[
            "account_rate_limit_exceeded",
            "limit_requests",
            "rate_limit",
            "rate_limit_error",
            "rate_limit_exceeded",
            "rate_limit_exceeded_error",
            "rate_limit_reached",
            "rate_limit_reached_error",
            "rate_limited",
            "resource_exhausted",
            "rpm_rate_limit_exceeded",
            "throttling",
            "throttling_exception",
            "too_many_requests",
            "too_many_requests_error",
            "tpm_rate_limit_exceeded",
            // Z.ai
            "1302",
            "1303",
            "1305",
        ],
    ),
    (
        Overload,
        &[
            "capacity_exceeded",
            "engine_overloaded",
            "engine_overloaded_error",
            "model_overloaded",
            "no_capacity",
            "overloaded",
            "overloaded_error",
            "server_overloaded",
            "service_tier_capacity_exceeded",
            "service_unavailable",
            "unavailable",
            "unavailable_error",
            // Z.ai
            "1312",
        ],
    ),
    (
        Http(400),
        &[
            "bad_request",
            "bad_request_error",
            "context_length_exceeded",
            "exceed_context_size_error",
            "failed_precondition",
            "invalid_argument",
            "invalid_parameter",
            "invalid_parameter_error",
            "invalid_request_error",
            "out_of_range",
            "unsupported_parameter",
            "unsupported_value",
            "validation",
            // Z.ai
            "1210",
            "1213",
            "1214",
            "1261",
        ],
    ),
    (
        Http(403),
        &["access_denied", "forbidden", "permission_denied", "permission_denied_error", "permission_error"],
    ),
    (Http(404), &["not_found", "not_found_error", "resource_not_found_error"]),
    (Http(408), &["request_timeout"]),
    (Http(409), &["aborted", "conflict_error"]),
    (Http(413), &["request_too_large"]),
    (Http(422), &["unprocessable_entity_error", "validation_error"]),
    (
        Http(500),
        &[
            "api_error",
            "internal",
            "internal_error",
            "internal_server_error",
            "internal_service_error",
            "server_error",
            // Z.ai
            "1120",
            "1200",
            "1230",
            "1234",
        ],
    ),
    (Http(501), &["not_supported_error", "unimplemented"]),
    (Http(502), &["bad_gateway", "upstream_error"]),
    (Http(503), &["model_serving_error", "model_unavailable"]),
    (Http(504), &["deadline_exceeded", "gateway_timeout", "timeout_error"]),
];

/// The codes of MiniMax's `base_resp.status_code`, which stands under status 200: the same numbers as Z.ai's, with other
/// meanings.
pub(super) const BASE_RESP: [(Means, &[&str]); 8] = [
    (Http(504), &["1001"]),
    (Rate, &["1002", "1041"]),
    (Key, &["1004", "2049"]),
    (Quota, &["1008", "2056"]),
    (Http(500), &["1000", "1013", "1024", "1033"]),
    (Filter, &["1026", "1027"]),
    (Http(400), &["1039", "2013"]),
    (Http(408), &["1042"]),
];

/// What the sentences of errors say. They are looked at where no code says more, as sentences change; the first row counts.
///
/// A phrase is words in a row, as [`Sentences`](super::words::Sentences) reads it: loose words would find a meaning in
/// whatever an error quotes.
pub(super) const WORDS: [(Means, &[&str]); 5] = [
    (
        Region,
        &[
            "user location is not supported",
            "country region or territory not supported",
            "unsupported country|region",
            "not available|supported in your country|region",
        ],
    ),
    (
        Filter,
        &[
            "content management policy",
            "content filter|filters|filtering|policy|policies & \
             blocked|filtered|flagged|refused|rejected|triggered|violate|violated|violates|violating|violation",
            "inappropriate|sensitive content",
            "requires moderation",
            "content|input|message|output|prompt|request|response flagged",
            "content|input|message|output|prompt|request|response is|was flagged",
            "content|input|message|output|prompt|request|response has been flagged",
            "violates|violating usage guidelines|policies|policy",
            "considered high risk",
        ],
    ),
    (
        Quota,
        &[
            "insufficient balance|credit|credits|funds|quota",
            "insufficient_quota",
            "balance is insufficient",
            "insufficient account balance",
            "credit balance is too low",
            "not enough credit|credits",
            "requires more credits",
            "exceeded your current quota",
            "余额不足",
            "欠费",
        ],
    ),
    (
        Key,
        &[
            "expired|incorrect|invalid|missing|wrong api key",
            "expired|incorrect|invalid|missing|wrong api-key|api_key|apikey",
            "api key not found|valid",
            "api key expired|incorrect|invalid|missing",
            "api key is|was expired|incorrect|invalid|missing|revoked|wrong",
            "api key has expired",
            "api-key|api_key|apikey is expired|incorrect|invalid|missing",
            "api key * is expired|incorrect|invalid",
            "no api key found|provided|supplied",
            "pass|provide a valid api key",
            "api_key_invalid",
            "unregistered callers",
            "^ unauthorized",
            "authentication failed|fails|failure|invalid",
            "authentication * is invalid",
            "invalid authentication",
        ],
    ),
    (
        Model,
        &[
            "model not available|exist|found|supported",
            "model does not exist",
            "model is|was not available|found|supported",
            "model * not available|exist|found|supported",
            "model * does not exist",
            "model * is|was not found",
            "models/* is not found",
            "not found the model",
            "no such model",
            "unknown model",
            "invalid model $",
            "invalid model: *",
            "invalid model id|identifier|name|provided|requested|specified",
            "invalid model * permitted",
            "model id|identifier|name is invalid",
            "^ model: * $",
            "model * is|was decommissioned|deprecated|discontinued|retired",
            "model * has been decommissioned|deprecated|discontinued|retired",
            "model * is not available|supported",
            "no endpoints found for",
        ],
    ),
];

/// As [`WORDS`], of errors that came under a status of success or under 403, which some use for every refusal.
pub(super) const WORDS_OF_LOAD: [(Means, &[&str]); 2] = [
    (Rate, &["rate limit|limited", "rate-limited", "too many requests"]),
    (Overload, &["overloaded", "currently loading", "at capacity"]),
];
