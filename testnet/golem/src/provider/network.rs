//! Whether an activity has a network, as its agreement says.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::process::Stdio;
use tokio::sync::OnceCell;

/// Property of a demand that carries a manifest.
pub(super) const MANIFEST: &str = "golem.srv.comp.payload";

/// What programs of an activity reach.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Network {
    /// What this machine reaches. A real provider holds programs to the addresses of the manifest; here no firewall does.
    Open,
    /// Nothing: programs run in a network namespace of their own that has no interface. Where none can be made, which
    /// takes root, they run without one, and a `probe` is refused.
    Closed,
}

impl Network {
    /// Open if the provider lets programs out and the demand's manifest names an address to reach.
    pub(super) fn agreed(outbound: bool, manifest: Option<&str>) -> Self {
        match manifest {
            Some(manifest) if outbound && names_addresses(manifest) => Self::Open,
            _ => Self::Closed,
        }
    }
}

/// Whether a manifest, JSON in base64, asks for addresses of the Internet.
fn names_addresses(manifest: &str) -> bool {
    let decoded = STANDARD.decode(manifest).ok();
    let manifest = decoded.and_then(|json| serde_json::from_slice::<Value>(&json).ok());
    let urls = manifest.as_ref().and_then(|m| m.pointer("/compManifest/net/inet/out/urls"));
    urls.and_then(Value::as_array).is_some_and(|urls| urls.iter().any(Value::is_string))
}

/// Whether network namespaces can be made here; found out once.
pub(super) async fn can_be_closed() -> bool {
    static KNOWN: OnceCell<bool> = OnceCell::const_new();
    let tried = async {
        let mut unshare = tokio::process::Command::new("unshare");
        unshare.args(["--net", "true"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        unshare.status().await.is_ok_and(|status| status.success())
    };
    *KNOWN.get_or_init(|| tried).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_a_manifest_with_addresses_opens_the_network() {
        let manifest = |out: Value| {
            let manifest = json!({ "compManifest": { "net": { "inet": { "out": out } } } });
            STANDARD.encode(manifest.to_string())
        };
        let good = manifest(json!({ "protocols": ["http"], "urls": ["http://a/"] }));
        assert_eq!(Network::agreed(true, Some(&good)), Network::Open);
        assert_eq!(Network::agreed(false, Some(&good)), Network::Closed);
        assert_eq!(Network::agreed(true, None), Network::Closed);
        for none in [manifest(json!({ "urls": [] })), manifest(json!({})), "{}".to_owned(), String::new()] {
            assert_eq!(Network::agreed(true, Some(&none)), Network::Closed, "{none}");
        }
    }
}
