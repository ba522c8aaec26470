//! The Computation Payload Manifest: how a demand asks that the image may reach some addresses of the Internet.
//!
//! As Golem's documentation has it (docs.golem.network, payload manifest; GAP-4 and GAP-5 of golem-architecture), and as
//! yagna reads it (`utils/manifest-utils`): JSON in base64 under `golem.srv.comp.payload`. It is not signed: providers who
//! let nobody out unsigned say no.

use crate::daemon::Properties;
use crate::image::Image;
use crate::moment;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Property of a demand that carries the manifest.
pub(crate) const PROPERTY: &str = "golem.srv.comp.payload";
/// Property of an offer: manifests are understood.
const SUPPORT: &str = "golem.srv.caps.payload-manifest";
/// Property of an offer: what the runtime can do.
const CAPABILITIES: &str = "golem.runtime.capabilities";
/// The capability of reaching the Internet.
const INET: &str = "inet";
/// Most capabilities of an offer that are looked at; stock providers name four. A guess.
const CAPABILITIES_MAX: usize = 32;
/// Version of the manifest's schema, and of the part on computations.
const VERSION: &str = "0.1.0";
/// By so much the manifest is older than it is: a provider's clock may be behind. A guess.
const CLOCKS_APART_MS: u64 = 10 * 60 * 1000;

/// A place of known region on the Internet, to which a round trip is measured from inside the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Landmark {
    /// Its name.
    pub name: String,
    /// Where its operator says that it stands.
    pub region: String,
    /// Plain HTTP address.
    pub url: String,
}

/// A manifest for an image that may reach these landmarks and nothing else, as the property has it. It holds until a
/// time, POSIX milliseconds.
pub(crate) fn encode(image: &Image, landmarks: &[Landmark], now_ms: u64, expires_ms: u64) -> String {
    let urls: Vec<&str> = landmarks.iter().map(|landmark| landmark.url.as_str()).collect();
    let manifest = json!({
        "version": VERSION,
        "createdAt": moment::text(now_ms.saturating_sub(CLOCKS_APART_MS)),
        "expiresAt": moment::text(expires_ms.saturating_add(CLOCKS_APART_MS)),
        "payload": [{ "urls": [image.url], "hash": format!("sha3:{}", image.sha3_224) }],
        "compManifest": {
            "version": VERSION,
            // with nothing named here no program of the image might be run at all
            "script": { "commands": ["run .*"], "match": "regex" },
            "net": { "inet": { "out": { "protocols": ["http"], "urls": urls } } },
        },
    });
    STANDARD.encode(manifest.to_string())
}

/// Whether an offer says that manifests are understood and the Internet can be reached. Whether it is these addresses
/// only the answer to a demand tells.
pub(crate) fn is_offered(properties: &Properties) -> bool {
    let supports = properties.get(SUPPORT).and_then(Value::as_bool) == Some(true);
    let capabilities = properties.get(CAPABILITIES).and_then(Value::as_array);
    let is_inet = |value: &Value| value.as_str().is_some_and(|word| word.trim().eq_ignore_ascii_case(INET));
    supports && capabilities.is_some_and(|list| list.iter().take(CAPABILITIES_MAX).any(is_inet))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn landmark() -> Landmark {
        Landmark { name: "eu-1".into(), region: "eu".into(), url: "http://landmark.example/".into() }
    }

    #[test]
    fn a_manifest_names_image_and_addresses_and_nothing_else() {
        let image = Image { url: "http://images.example/x.gvmi".into(), sha3_224: "9a".repeat(28) };
        let text = encode(&image, &[landmark()], 1_795_690_537_123, 1_795_694_137_123);
        let manifest: Value = serde_json::from_slice(&STANDARD.decode(text).unwrap()).unwrap();
        assert_eq!(
            manifest,
            json!({
                "version": "0.1.0",
                "createdAt": "2026-11-26T10:45:37.123Z",
                "expiresAt": "2026-11-26T12:05:37.123Z",
                "payload": [{
                    "urls": ["http://images.example/x.gvmi"], "hash": format!("sha3:{}", "9a".repeat(28)),
                }],
                "compManifest": {
                    "version": "0.1.0",
                    "script": { "commands": ["run .*"], "match": "regex" },
                    "net": { "inet": { "out": { "protocols": ["http"], "urls": ["http://landmark.example/"] } } },
                },
            })
        );
    }

    #[test]
    fn what_an_offer_grants_is_read_strictly() {
        let offered = |value: Value| is_offered(value.as_object().unwrap());
        assert!(offered(json!({ SUPPORT: true, CAPABILITIES: ["vpn", "inet"] })));
        for no in [
            json!({}),
            json!({ SUPPORT: true }),
            json!({ CAPABILITIES: ["inet"] }),
            json!({ SUPPORT: false, CAPABILITIES: ["inet"] }),
            json!({ SUPPORT: "true", CAPABILITIES: ["inet"] }),
            json!({ SUPPORT: true, CAPABILITIES: "inet" }),
            json!({ SUPPORT: true, CAPABILITIES: ["vpn", ["inet"], 1] }),
        ] {
            assert!(!offered(no.clone()), "{no}");
        }
    }
}
