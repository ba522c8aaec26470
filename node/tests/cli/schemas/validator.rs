//! JSON Schema (draft 2020-12) as far as `docs/openapi.json` uses it. A keyword that is not known here is a fault of the
//! schema: nothing is passed over in silence.

use serde_json::{Map, Value};

/// Keywords that say nothing about a value.
const NOTES: [&str; 3] = ["title", "description", "format"];

/// What of a value does not fit a schema of a document, in words.
pub fn faults(document: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let schema = match schema {
        Value::Bool(true) => return Vec::new(),
        Value::Bool(false) => return vec![format!("{at}: nothing may stand here")],
        other => other.as_object().unwrap_or_else(|| panic!("no schema: {other}")),
    };
    let mut found = Vec::new();
    for (keyword, rule) in schema {
        found.extend(broken(document, keyword, rule, value, at));
    }
    for (name, rule, value) in members(schema, value) {
        found.extend(faults(document, rule, value, &format!("{at}/{name}")));
    }
    found
}

/// What does not fit one keyword.
fn broken(document: &Value, keyword: &str, rule: &Value, value: &Value, at: &str) -> Vec<String> {
    let inner = |schema: &Value| faults(document, schema, value, at);
    let items = value.as_array().map(|items| items.len() as u64);
    let fits = match keyword {
        note if NOTES.contains(&note) => true,
        "properties" | "additionalProperties" | "items" | "prefixItems" => true,
        "propertyNames" => {
            let names = value.as_object().into_iter().flat_map(Map::keys);
            return names.flat_map(|name| faults(document, rule, &Value::String(name.clone()), at)).collect();
        }
        "type" => kinds(rule).iter().any(|kind| is(kind, value)),
        "const" => value == rule,
        "enum" => list(rule).contains(value),
        "pattern" => value.as_str().is_none_or(|text| matches(rule.as_str().unwrap(), text)),
        "minimum" => value.as_i64().is_none_or(|n| n >= rule.as_i64().unwrap()),
        "maximum" => value.as_i64().is_none_or(|n| n <= rule.as_i64().unwrap()),
        "minItems" => items.is_none_or(|n| n >= rule.as_u64().unwrap()),
        "maxItems" => items.is_none_or(|n| n <= rule.as_u64().unwrap()),
        "uniqueItems" => value.as_array().is_none_or(|items| {
            items.iter().enumerate().all(|(n, item)| !items[..n].contains(item))
                || rule == &Value::Bool(false)
        }),
        "anyOf" => list(rule).iter().any(|one| inner(one).is_empty()),
        "oneOf" => list(rule).iter().filter(|one| inner(one).is_empty()).count() == 1,
        "allOf" => return list(rule).iter().flat_map(inner).collect(),
        "$ref" => {
            let path = rule.as_str().unwrap().strip_prefix('#').expect("a reference into the document");
            return inner(document.pointer(path).unwrap_or_else(|| panic!("{path} is not there")));
        }
        "required" => {
            let Some(map) = value.as_object() else { return Vec::new() };
            let names = list(rule).iter().map(|name| name.as_str().unwrap());
            return names
                .filter(|name| !map.contains_key(*name))
                .map(|name| format!("{at}: {name} is missing"))
                .collect();
        }
        other => panic!("{other}: this keyword is not known here"),
    };
    if fits { Vec::new() } else { vec![format!("{at}: {value} does not fit {keyword}: {rule}")] }
}

/// The parts of an object or a list, each with the schema that it must fit.
fn members<'a>(schema: &'a Map<String, Value>, value: &'a Value) -> Vec<(String, &'a Value, &'a Value)> {
    match value {
        Value::Object(map) => {
            let named = schema.get("properties").and_then(Value::as_object);
            let rule = |name: &str| {
                named.and_then(|named| named.get(name)).or_else(|| schema.get("additionalProperties"))
            };
            map.iter().filter_map(|(name, value)| Some((name.clone(), rule(name)?, value))).collect()
        }
        Value::Array(items) => {
            let first = schema.get("prefixItems").map_or(&[][..], |rules| list(rules));
            let rule = |n: usize| first.get(n).or_else(|| schema.get("items"));
            items.iter().enumerate().filter_map(|(n, item)| Some((n.to_string(), rule(n)?, item))).collect()
        }
        _ => Vec::new(),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn kinds(rule: &Value) -> Vec<&str> {
    match rule {
        Value::String(kind) => vec![kind],
        other => list(other).iter().map(|kind| kind.as_str().unwrap()).collect(),
    }
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no type known here: {other}"),
    }
}

/// The two forms of pattern that our shapes have: so many hex digits, and a content id in base32.
fn matches(pattern: &str, text: &str) -> bool {
    if let Some(digits) = pattern.strip_prefix("^[0-9a-f]{").and_then(|rest| rest.strip_suffix("}$")) {
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        return text.len() == digits.parse::<usize>().unwrap() && text.bytes().all(hex);
    }
    assert_eq!(pattern, "^b[a-z2-7]+$", "this pattern is not known here");
    let rest = text.strip_prefix('b').unwrap_or_default();
    !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_lowercase() || (b'2'..=b'7').contains(&byte))
}

#[test]
fn each_keyword_can_be_broken() {
    let document = serde_json::json!({"components": {"schemas": {"s": {"type": "string"}}}});
    let closed = r#"{"properties":{"a":{"const":1}},"required":["a"],"additionalProperties":false}"#;
    for (schema, good, bad) in [
        (r#"{"type":"integer","minimum":1,"maximum":3}"#, "2", &["0", "4", "\"2\"", "2.5", "null"][..]),
        (r#"{"type":["string","null"]}"#, "null", &["1"]),
        (r#"{"const":true}"#, "true", &["false"]),
        (r#"{"enum":["a",null]}"#, "null", &["\"b\""]),
        (r#"{"pattern":"^[0-9a-f]{4}$"}"#, "\"09af\"", &["\"09aF\"", "\"09a\""]),
        (r#"{"pattern":"^b[a-z2-7]+$"}"#, "\"bafy2\"", &["\"b\"", "\"bafy1\"", "\"Qm\""]),
        (r#"{"propertyNames":{"enum":["a"]}}"#, r#"{"a":1}"#, &[r#"{"b":1}"#]),
        (
            r#"{"items":{"type":"null"},"minItems":1,"maxItems":2}"#,
            "[null]",
            &["[]", "[1]", "[null,null,null]"],
        ),
        (r#"{"uniqueItems":true}"#, "[1,2]", &["[1,2,1]"]),
        (r#"{"prefixItems":[{"const":1}],"items":false}"#, "[1]", &["[2]", "[1,2]"]),
        (closed, r#"{"a":1}"#, &["{}", r#"{"a":2}"#, r#"{"a":1,"b":1}"#]),
        (r#"{"additionalProperties":{"type":"integer"}}"#, r#"{"x":1}"#, &[r#"{"x":"y"}"#]),
        (r#"{"anyOf":[{"const":1},{"const":2}]}"#, "2", &["3"]),
        (r#"{"oneOf":[{"type":"integer"},{"const":2}]}"#, "1", &["2", "\"x\""]),
        (r#"{"allOf":[{"type":"integer"},{"minimum":2}]}"#, "2", &["1"]),
        (r##"{"$ref":"#/components/schemas/s"}"##, "\"x\"", &["1"]),
    ] {
        let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let schema = parse(schema);
        assert_eq!(faults(&document, &schema, &parse(good), ""), Vec::<String>::new(), "{schema} {good}");
        for bad in bad {
            assert!(!faults(&document, &schema, &parse(bad), "").is_empty(), "{schema} {bad}");
        }
    }
}
