//! Content ids as people write them: alone, in any base, or in an address of IPFS.

use super::error::{CliError, CliResult};
use vantage_protocol::cid::Cid;

/// Longest text that is looked at, bytes: a gateway's address with a name of its own.
const TEXT_BYTES_MAX: usize = 512;
/// What stands before an id in a path.
const NAMESPACE: &str = "ipfs/";

/// Reads a content id: `bafyrei…`, the same in another base or in capitals, `/ipfs/CID`, `ipfs://CID`,
/// `https://gateway/ipfs/CID`, `https://CID.ipfs.gateway`.
pub(super) fn parse(text: &str) -> CliResult<Cid> {
    let refuse = |what: String, help: &str| Err(CliError::usage(what).at(text).advise(help));
    if text.len() > TEXT_BYTES_MAX {
        return refuse(format!("a content id of {} bytes is none", text.len()), WANTED);
    }
    let (id, below) = part(text.trim());
    match read(id) {
        Some(cid) if below.chars().all(|c| c == '/') => return Ok(cid),
        Some(_) => {
            let help = "name the content id alone: a bundle is verified whole";
            return refuse(format!("the address goes on below the content id: {below:?}"), help);
        }
        None => {}
    }
    if id.len() == 46 && id.starts_with("Qm") {
        return refuse(
            "this is a CIDv0, which names a file in UnixFS; a bundle has none".to_owned(),
            "if the bundle was added to IPFS as a file, fetch it with `ipfs cat` and verify the file; else name the \
             content id that `vantage job show` prints (bafyrei…)",
        );
    }
    match id.parse::<vantage_net::Cid>() {
        Ok(other) => refuse(
            format!(
                "this content id has codec 0x{:x} and hash 0x{:x}; bundles have dag-cbor (0x71) and SHA-256 (0x12)",
                other.codec(),
                other.hash().code()
            ),
            WANTED,
        ),
        Err(_) => {
            Err(CliError::failed("there is no such file, and it is no content id").at(text).advise(WANTED))
        }
    }
}

/// What is wanted.
const WANTED: &str = "name a bundle file (CAR), or a content id as `vantage job show` prints it (bafyrei…)";

/// The id in a text, and what follows it. Queries and fragments say how to show a thing, not which.
fn part(text: &str) -> (&str, &str) {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    let lower = text.to_ascii_lowercase();
    let (path, host) = match lower.find("://") {
        // a scheme of its own: the id is where a host would be
        Some(at) if matches!(&lower[..at], "ipfs" | "dweb") => (&text[at + 3..], None),
        Some(at) => {
            let rest = &text[at + 3..];
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            (path, Some(host))
        }
        None => (text.strip_prefix("dweb:").or_else(|| text.strip_prefix("ipfs:")).unwrap_or(text), None),
    };
    // a gateway that gives each content a name: CID.ipfs.HOST
    if let Some((id, rest)) = host.and_then(|host| host.split_once('.'))
        && rest.starts_with("ipfs.")
    {
        return (id, path);
    }
    let path = path.trim_start_matches('/');
    let path = match path.get(..NAMESPACE.len()) {
        Some(begin) if begin.eq_ignore_ascii_case(NAMESPACE) => &path[NAMESPACE.len()..],
        _ if host.is_some() => path.find("/ipfs/").map_or(path, |at| &path[at + 1 + NAMESPACE.len()..]),
        _ => path,
    };
    // base64 has slashes of its own
    if path.starts_with('m') && read(path).is_some() {
        return (path, "");
    }
    let end = path.find('/').unwrap_or(path.len());
    path.split_at(end)
}

/// An id in any base; capitals mean the same where the base knows only one case.
fn read(id: &str) -> Option<Cid> {
    // the library would look for /ipfs/ in it
    if id.contains("/ipfs/") {
        return None;
    }
    let lower =
        || Some(id.to_ascii_lowercase()).filter(|lower| lower.starts_with(['b', 'f', 'k']) && lower != id);
    id.parse().ok().or_else(|| lower()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;

    /// One id in four bases.
    const BASE32: &str = "bafyreidjybmoif7gtrzvl3iuij7egcbtvqmencve4de6qncelsy2tvlp4e";
    const BASE16: &str = "f0171122069c058e417e69c7355ed14427e430833ac18468aa4e0c9e834445cb1a9d56fe1";
    const BASE36: &str = "k2jvsl80y66xrfvqtotvnbao03if0nw5a0q559bq9sf4sj04va5cbobl";
    const BASE58: &str = "zdpuAsYFQMBMW3JVT7Txj6hyemmenipHYqSCoP6sY8jHQHLUg";

    #[test]
    fn every_form_means_the_same_content() {
        let cid: Cid = BASE32.parse().unwrap();
        let upper = BASE32.to_ascii_uppercase();
        for text in [
            BASE32.to_owned(),
            format!(" {BASE32}\n"),
            BASE16.to_owned(),
            BASE16.to_ascii_uppercase(),
            BASE36.to_owned(),
            BASE58.to_owned(),
            format!("/ipfs/{BASE58}/"),
            format!("b{}", &upper[1..]),
            upper,
            format!("ipfs://{BASE32}"),
            format!("ipfs://{BASE32}/"),
            format!("IPFS://{BASE32}/"),
            format!("ipfs://ipfs/{BASE32}"),
            format!("/ipfs/{BASE32}"),
            format!("/ipfs/{BASE32}/"),
            format!("ipfs/{BASE32}"),
            format!("dweb:/ipfs/{BASE32}"),
            format!("https://ipfs.io/ipfs/{BASE32}?format=car"),
            format!("http://127.0.0.1:8080/ipfs/{BASE32}/#x"),
            format!("https://gateway.example/a/ipfs/{BASE32}"),
            format!("https://{BASE32}.ipfs.dweb.link/"),
        ] {
            assert_eq!(parse(&text).unwrap(), cid, "{text}");
        }
    }

    #[test]
    fn an_id_in_base64_may_hold_slashes() {
        let base64 = |cid: &Cid| {
            format!("m{}", base64::engine::general_purpose::STANDARD_NO_PAD.encode(cid.to_bytes()))
        };
        let slashed = (0u8..=255).map(|n| Cid::raw(&[n])).find(|cid| base64(cid).matches('/').count() > 1);
        let cid = slashed.unwrap();
        for text in [base64(&cid), format!("/ipfs/{}", base64(&cid)), format!("ipfs://{}", base64(&cid))] {
            assert_eq!(parse(&text).unwrap(), cid, "{text}");
        }
    }

    #[test]
    fn other_ids_are_named_and_nothing_panics() {
        for (text, said) in [
            ("QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG", "CIDv0"),
            ("/ipfs/QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG", "CIDv0"),
            ("bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi", "codec 0x70"),
            (&format!("/ipfs/{BASE32}/answers/1"), "goes on below"),
            ("", "no content id"),
            ("ipfs://", "no content id"),
            ("https://ipfs.io/", "no content id"),
            ("/ipfs/", "no content id"),
            ("b", "no content id"),
            ("\u{e9}ipfs://\u{e9}", "no content id"),
            (&"a".repeat(600), "is none"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(said) && error.contains("what to do"), "{text}: {error}");
        }
    }
}
