//! What a file is that is no CARv1, as far as its first bytes tell.

use crate::cid::Cid;

/// Files that people take for a bundle, by how they begin.
const BEGINNINGS: [(&[u8], &str, &str); 14] = [
    (&[0x1f, 0x8b], "compressed with gzip", "unpack it: gunzip -c FILE > job.car"),
    (b"PK\x03\x04", "a zip archive", "unpack it, and name the .car file in it"),
    (b"PK\x05\x06", "an empty zip archive", GET),
    (&[0x28, 0xb5, 0x2f, 0xfd], "compressed with zstd", "unpack it: zstd -d FILE -o job.car"),
    (b"BZh", "compressed with bzip2", "unpack it: bunzip2 -c FILE > job.car"),
    (b"\xfd7zXZ\0", "compressed with xz", "unpack it: xz -dc FILE > job.car"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it, and name the .car file in it"),
    (b"%PDF-", "a PDF document", GET),
    (b"\x89PNG", "a picture", GET),
    (b"c2sp.org/", "a proof of one statement", "`vantage proof check` checks those"),
    (b"vantage/", "a signed note", "`vantage proof check` checks proofs; a bundle is a CAR file"),
    (b"\xff\xfe", "text in UTF-16", GET),
    (b"\xfe\xff", "text in UTF-16", GET),
    (b"\x7fELF", "a program", GET),
];
/// Where a tar archive says what it is.
const TAR_AT: core::ops::Range<usize> = 257..262;
/// How every CARv2 begins: a CARv1 header that says version 2 and has no roots.
const V2: &[u8] = b"\x0a\xa1gversion\x02";
/// How the header of a CARv1 begins, behind its length: a map of two, whose first key is `roots`.
const V1: &[u8] = b"\xa2eroots";
/// Most bytes that the length before it may take, and one for the first byte behind it.
const LENGTH_BYTES_MAX: usize = 10;
/// Bytes of a text that are looked at.
const TEXT_BYTES_MAX: usize = 512;
/// What to do where nothing can be made of the file.
const GET: &str =
    "get the bundle again; `vantage bundle export` writes such files, and so does `ipfs dag export CID`";

/// What the file is, and what to do about it; none where it may be a CARv1.
pub(super) fn other_than_car(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    if bytes.is_empty() {
        return Some(("empty", GET));
    }
    if bytes.starts_with(V2) {
        let make = "make CARv1 of it: `car extract-v1 FILE job.car` (go-car), or `ipfs dag import FILE` and then \
                    `ipfs dag export CID > job.car`";
        return Some(("a CARv2, and CARv1 is read", make));
    }
    if let Some((_, what, help)) = BEGINNINGS.iter().find(|(begin, ..)| bytes.starts_with(begin)) {
        return Some((what, help));
    }
    if bytes.get(TAR_AT) == Some(b"ustar".as_slice()) {
        return Some(("a tar archive", "unpack it, and name the .car file in it"));
    }
    if bytes.iter().all(|byte| *byte == 0) {
        return Some(("nothing but zero bytes", GET));
    }
    let text = text(bytes)?;
    let lower = text.trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    let is_page = ["<!doctype", "<html", "<head", "<body", "<?xml", "<!--", "<title"];
    Some(match lower.chars().next() {
        _ if is_page.iter().any(|begin| lower.starts_with(begin)) => {
            ("a web page (HTML or XML), perhaps a server's error", GET)
        }
        _ if text.split_whitespace().next()?.parse::<Cid>().is_ok() => {
            ("a list of content ids", "fetch the content: `vantage verify CID --peer ADDRESS`")
        }
        Some('{' | '[') => ("JSON, perhaps a server's error", GET),
        _ => ("text", GET),
    })
}

/// What a file is, as far as its first bytes tell, for programs that read something else than CAR files.
pub fn file_kind(bytes: &[u8]) -> Option<&'static str> {
    let is_car =
        bytes.starts_with(V2) || bytes.windows(V1.len()).take(LENGTH_BYTES_MAX).any(|part| part == V1);
    if is_car { Some("a CAR file, such as a bundle") } else { other_than_car(bytes).map(|(what, _)| what) }
}

/// The beginning of a file that is printable text. A CARv1 never is: behind its length stands a byte of CBOR that no text has.
fn text(bytes: &[u8]) -> Option<&str> {
    let head = bytes.get(..TEXT_BYTES_MAX).unwrap_or(bytes);
    let text = match core::str::from_utf8(head) {
        Ok(text) => text,
        // the end may cut a character in two
        Err(error) if error.error_len().is_none() => {
            core::str::from_utf8(head.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    let printable = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    // one byte may be all that is left of a CARv1
    if text.len() > 1 && text.chars().all(printable) { Some(text) } else { None }
}
