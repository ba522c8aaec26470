//! Bodies that are packed, chunked or ended in ways that no standard describes.

use vantage_exec::Charge;
use vantage_protocol::target::Dialect;

use crate::support::outcomes;
use crate::wire::{Response, ask, ask_bytes, gzip};

const PLAIN: &[u8] = br#"{"choices":[{"message":{"content":"Canberra"},"finish_reason":"stop"}]}"#;

#[tokio::test]
async fn what_follows_a_whole_gzip_file_costs_no_answer_and_a_broken_member_does() {
    let packed = gzip(PLAIN);
    let (half, rest) = (gzip(&PLAIN[..30]), gzip(&PLAIN[30..]));
    for (tail, expected) in [
        (&b"\0\0\0\0\0\0\0\0"[..], "answered"),
        (b"\0", "answered"),
        (b"garbage", "answered"),
        (b"\0\0garbage", "answered"),
        (b"\x1f", "answered"),
        (b"\x1f\x8b", "malformed"),
        (&packed[..packed.len() - 1], "malformed"),
    ] {
        let body = [&packed[..], tail].concat();
        let asked = ask(&[Response::new(200, body).with("content-encoding", "gzip")]).await;
        assert_eq!(outcomes(&asked.evidence), [expected], "{tail:?}");
    }
    for (body, expected) in [
        ([&half[..], &rest, b"\0\0"].concat(), "answered"),
        ([&half[..], b"\0\0", &rest].concat(), "answered"),
        ([&half[..], b"garbage", &rest].concat(), "malformed"),
        (gzip(b"").repeat(5000), "malformed"),
    ] {
        let asked = ask(&[Response::new(200, body).with("content-encoding", "gzip")]).await;
        assert_eq!(outcomes(&asked.evidence), [expected]);
    }
}

#[tokio::test]
async fn what_names_no_packing_and_other_characters_are_told_apart_from_an_answer() {
    for (encoding, body, expected) in [
        ("utf-8", PLAIN.to_vec(), "answered"),
        ("none", PLAIN.to_vec(), "answered"),
        ("aws-chunked", PLAIN.to_vec(), "answered"),
        ("binary", gzip(PLAIN), "unknown_encoding"),
    ] {
        let asked = ask(&[Response::new(200, body).with("content-encoding", encoding)]).await;
        assert_eq!(outcomes(&asked.evidence), [expected], "{encoding}");
    }
    let gbk = b"{\"choices\":[{\"message\":{\"content\":\"\xd6\xd0\"},\"finish_reason\":\"stop\"}]}";
    for (content_type, expected) in
        [("application/json; charset=gbk", "malformed"), ("application/json; charset=utf-8", "answered")]
    {
        let response = Response::new(200, &gbk[..]).with_only(&[("content-type", content_type)]);
        assert_eq!(outcomes(&ask(&[response]).await.evidence), [expected], "{content_type}");
    }
}

#[tokio::test]
async fn what_follows_the_json_of_an_answer_is_passed_over_if_it_is_nothing() {
    for (tail, expected) in [
        (&b"\0\0\0"[..], "answered"),
        (b"\r\n\0 \t", "answered"),
        (b"\xef\xbb\xbf\n", "answered"),
        (b"x", "malformed"),
        (b"{}", "malformed"),
    ] {
        let asked = ask(&[Response::new(200, [PLAIN, tail].concat())]).await;
        assert_eq!(outcomes(&asked.evidence), [expected], "{tail:?}");
    }
    let asked = ask(&[Response::new(200, "\0\0")]).await;
    assert_eq!(outcomes(&asked.evidence), ["empty"]);
}

#[tokio::test]
async fn broken_chunks_are_a_broken_response_and_asked_for_once() {
    let chunked = |body: &str| {
        format!("HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n{body}")
            .into_bytes()
    };
    let whole = String::from_utf8(PLAIN.to_vec()).unwrap();
    let length = whole.len();
    for body in [
        format!("zz\r\n{whole}\r\n0\r\n\r\n"),
        format!("\r\n{whole}\r\n0\r\n\r\n"),
        format!("-5\r\n{whole}\r\n0\r\n\r\n"),
        format!("fffffffffffffffff\r\n{whole}\r\n0\r\n\r\n"),
        format!("5\r\n{whole}\r\n0\r\n\r\n"),
        format!("{length:x}\r\n{whole}0\r\n\r\n"),
    ] {
        let asked = ask_bytes("lab", Dialect::OpenAi, vec![chunked(&body)], |_| {}).await;
        assert_eq!(outcomes(&asked.evidence), ["malformed"], "{body}");
        assert_eq!(asked.charges, [Some(Charge::Unknown)], "{body}");
    }
    for whole in
        [format!("{length:X};x=y\r\n{whole}\r\n0\r\n\r\n"), format!("{length:04x}\r\n{whole}\r\n000\r\n\r\n")]
    {
        let asked = ask_bytes("lab", Dialect::OpenAi, vec![chunked(&whole)], |_| {}).await;
        assert_eq!(outcomes(&asked.evidence), ["answered"], "{whole}");
    }
    let cut =
        ask_bytes("lab", Dialect::OpenAi, vec![chunked(&format!("{:x}\r\n{whole}", length + 9))], |_| {})
            .await;
    assert_eq!(outcomes(&cut.evidence), ["connect"; 3], "what breaks off is asked for again");
}

#[tokio::test]
async fn a_number_that_breaks_off_is_a_broken_connection_where_nothing_marks_the_end() {
    for cut in ["Na", "-", "1e", "tru", "Infin"] {
        let body = format!("{{\"choices\":[],\"x\":{cut}");
        let asked = ask(&[Response::new(200, body.clone()).unframed(), Response::new(200, PLAIN)]).await;
        assert_eq!(outcomes(&asked.evidence), ["connect", "answered"], "{cut}");
        assert_eq!(outcomes(&ask(&[Response::new(200, body)]).await.evidence), ["malformed"], "{cut}");
    }
}

#[tokio::test]
async fn an_ending_behind_a_filter_is_kept_as_it_is_classified() {
    for (finish, expected) in [
        ("content_filter: PROHIBITED_CONTENT", "content_filter"),
        ("function_call_filter: MALFORMED_FUNCTION_CALL", "tool_call"),
    ] {
        let body = format!("{{\"choices\":[{{\"index\":0,\"finish_reason\":\"{finish}\"}}]}}");
        let asked = ask(&[Response::new(200, body)]).await;
        assert_eq!(outcomes(&asked.evidence), [expected]);
        assert_eq!(asked.evidence.finish_reason.as_deref(), Some(finish));
        assert!(String::from_utf8_lossy(&asked.evidence.response).contains(finish));
    }
}
