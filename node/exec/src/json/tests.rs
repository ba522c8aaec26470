use serde_json::json;

use super::*;

fn content(body: &str) -> Result<Value, Unreadable> {
    whole(body.as_bytes()).map(|value| value.get("content").cloned().unwrap_or_default())
}

/// All that is kept of a body in which nothing passes a bound.
fn whole(body: &[u8]) -> Result<Value, Unreadable> {
    let read = read(body, "content")?;
    assert!(!read.is_cut);
    Ok(read.value)
}

#[test]
fn the_fields_are_in_order() {
    assert!(FIELDS.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn what_stands_around_the_value_is_passed_over() {
    for body in [
        "\u{feff}{\"content\":1}",
        " \n\t{\"content\":1}\r\n",
        "\n\u{feff} \n{\"content\":1}\u{feff}",
        "{\"content\":1}\n\0\0 \0",
    ] {
        assert_eq!(content(body), Ok(json!(1)), "{body:?}");
    }
    for body in ["", "  ", "{\"content\":1} x", "data: {\"content\":1}", "{\"content\":1}{\"content\":2}"] {
        assert!(whole(body.as_bytes()).is_err(), "{body:?}");
    }
}

#[test]
fn half_a_surrogate_pair_becomes_a_replacement_character() {
    for (text, read) in [
        (r"a\ud83d", "a\u{fffd}"),
        (r"\uDE00b", "\u{fffd}b"),
        (r"\ud83d\ud83d\ude00", "\u{fffd}\u{1f600}"),
        (r"\ude00\ud83d", "\u{fffd}\u{fffd}"),
        (r"\ud83d\n\ude00", "\u{fffd}\n\u{fffd}"),
        (r"\ud83dxude00", "\u{fffd}xude00"),
        (r"\\ud83d", r"\ud83d"),
        (r"\\\ud83d", "\\\u{fffd}"),
        (r#"\"\ud83d\""#, "\"\u{fffd}\""),
        (r"\ud83d\ude00 \u00e9", "\u{1f600} \u{e9}"),
    ] {
        assert_eq!(content(&format!("{{\"content\":\"{text}\"}}")), Ok(json!(read)), "{text}");
    }
    for broken in [r"\u", r"\ud8", r"\ud83d\u12", r"\uzzzz", r"\u+123", r"\x"] {
        assert!(content(&format!("{{\"content\":\"{broken}\"}}")).is_err(), "{broken}");
    }
}

#[test]
fn bytes_that_are_no_utf8_and_bare_control_characters_cost_no_answer() {
    assert_eq!(whole(b"{\"content\":\"a\xff\xc3\"}").unwrap()["content"], "a\u{fffd}\u{fffd}");
    assert_eq!(content("{\"content\":\"a\nb\tc\u{0}\"}"), Ok(json!("a\nb\tc\0")));
}

#[test]
fn numbers_of_any_form_cost_at_most_themselves() {
    for odd in ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "+1", ".5", "1.", "007", "nan"] {
        let body = format!("{{\"content\":\"yes\",\"usage\":{odd},\"else\":[{odd},{odd}]}}");
        let value = whole(body.as_bytes()).unwrap();
        assert_eq!((&value["content"], &value["usage"]), (&json!("yes"), &Value::Null), "{odd}");
    }
    assert_eq!(content("{\"content\":12345678901234567890123}"), Ok(json!(1.2345678901234568e22)));
    for kept in ["-0", "9.0", "1e3", "true", "false", "null", "18446744073709551615"] {
        assert_eq!(content(&format!("{{\"content\":{kept}}}")), Ok(kept.parse().unwrap()), "{kept}");
    }
    for word in ["undefined", "None", "True", "-", "e5", "1-2"] {
        assert!(content(&format!("{{\"content\":{word}}}")).is_err(), "{word}");
    }
}

#[test]
fn the_last_of_equal_keys_counts() {
    assert_eq!(content("{\"content\":1,\"x\":0,\"content\":[2]}"), Ok(json!([2])));
}

#[test]
fn what_breaks_off_is_told_from_what_is_no_json() {
    for torn in [
        "",
        "{\"content\":",
        "{\"content\":\"ye",
        "[{}",
        "{\"content\":\"a\\",
        "[N",
        "[-Na",
        "[I",
        "[Infini",
        "[-",
        "[1e",
        "[1.",
        "[2.5e-",
        "[tru",
        "[NaN",
    ] {
        assert_eq!(whole(torn.as_bytes()), Err(Unreadable::Torn), "{torn}");
    }
    for foreign in ["<html>", "}", "{'a':1}", "{\"a\" 1}", "{\"a\":1,}"] {
        assert_eq!(whole(foreign.as_bytes()), Err(Unreadable::Foreign), "{foreign}");
    }
}

/// A value that nests so deep.
fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

/// Deeper than any stack.
fn deep() -> String {
    nested(200_000)
}

/// A list of more objects than there is room for.
fn wide() -> String {
    format!("[{}{{}}]", "{\"id\":0},".repeat(ANSWER_VALUES_MAX))
}

#[test]
fn a_field_beyond_all_bounds_costs_itself_alone() {
    for field in FIELDS.into_iter().filter(|field| *field != "candidates") {
        let many = if OF_WORDS.contains(&field) { ANSWER_VALUES_MAX } else { FIELD_VALUES_MAX };
        for (value, kept) in
            [(nested(200), DEPTH_MAX), (format!("[0{}]", ",0".repeat(many)), FIELD_VALUES_MAX)]
        {
            for body in [
                format!("{{\"{field}\":{value},\"candidates\":[{{\"content\":\"yes\"}}],\"model\":\"m\"}}"),
                format!("{{\"candidates\":[{{\"{field}\":{value},\"content\":\"yes\"}}],\"model\":\"m\"}}"),
            ] {
                let read = read(body.as_bytes(), "candidates").unwrap();
                let is_of_words = OF_WORDS.contains(&field) && body.starts_with("{\"candidates");
                assert_eq!(read.is_cut, is_of_words, "{field}");
                let is_full = is_of_words && kept > DEPTH_MAX;
                if !is_full && !["content", "model"].contains(&field) {
                    assert_eq!(read.value["candidates"][0]["content"], "yes", "{field}");
                }
                assert!(field == "model" || read.value["model"] == "m", "{field}");
            }
        }
    }
    for body in [format!("{{\"logprobs\":{}}}", deep()), format!("{{\"logprobs\":{}}}", wide())] {
        assert_eq!(whole(body.as_bytes()), Ok(json!({})), "what nobody reads is free");
    }
}

#[test]
fn an_answer_beyond_all_bounds_is_cut_and_what_stands_beside_it_is_kept() {
    for value in [deep(), wide(), format!("[\"half\",{}]", deep())] {
        let body = format!("{{\"content\":{value},\"id\":\"i\",\"usage\":{{\"input_tokens\":3}}}}");
        let read = read(body.as_bytes(), "content").unwrap();
        assert!(read.is_cut);
        assert_eq!((&read.value["id"], &read.value["usage"]["input_tokens"]), (&json!("i"), &json!(3)));
    }
    assert_eq!(read("[".repeat(2 << 20).as_bytes(), "content"), Err(Unreadable::Torn));
}

#[test]
fn what_passes_a_bound_is_never_taken_for_none() {
    let read = read(format!("{{\"error\":{},\"errors\":{}}}", deep(), wide()).as_bytes(), "choices").unwrap();
    let (mut innermost, mut depth) = (&read.value["error"], 0);
    while let Some(inner) = innermost.get(0) {
        (innermost, depth) = (inner, depth + 1);
    }
    assert_eq!((innermost, depth), (&json!(true), DEPTH_MAX));
    let errors = read.value["errors"].as_array().unwrap();
    assert!(errors.len() <= FIELD_VALUES_MAX && errors.last() == Some(&json!(true)));
}
