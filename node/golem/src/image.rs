//! An image: what runs at a provider.

/// An image on a web server, pinned by its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Where providers fetch it.
    pub url: String,
    /// SHA3-224 of the file, 56 hex digits.
    pub sha3_224: String,
}
