//! Where a bundle is read from.

use std::convert::Infallible;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use cairn_batch::keys;
use cairn_event::{Bundle, BundleError, Rules, RulesError};
use cairn_ledger::Hash;
use cairn_store::{Objects, StoreError};

use super::folder::{Folder, FolderError, Places};
use crate::cloud::{Cloud, CloudError};

/// Where a bundle is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The archive: the bundle in force.
    Current,
    /// The archive: the bundle of this hash.
    Stored(Hash),
    /// A folder, or the file of a bundle that was built.
    Path(PathBuf),
}

impl FromStr for Source {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match (text, text.parse()) {
            ("current", _) => Self::Current,
            (_, Ok(hash)) => Self::Stored(hash),
            _ => Self::Path(text.into()),
        })
    }
}

impl Source {
    /// Whether it lies in a deployment's archive.
    pub fn is_remote(&self) -> bool {
        !matches!(self, Self::Path(_))
    }
}

/// A bundle that was read.
#[derive(Debug, Clone)]
pub struct Read {
    /// The bundle. Its tenant key is none where it is not [`keyed`](Self::keyed).
    pub bundle: Bundle,
    /// Whether its tenant key is known.
    pub keyed: bool,
    /// The folder it was read from, if it was.
    pub folder: Option<Folder>,
}

/// Why a bundle cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The deployment is not known.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// The archive cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The archive has no such bundle.
    #[error("expected a config bundle at {key}, found nothing")]
    Nothing {
        /// Where it would lie.
        key: String,
    },
    /// What lies in the archive is not what its name says.
    #[error("{key}: expected bytes of that hash, found {found}: the archive was altered")]
    Altered {
        /// Where it lies.
        key: String,
        /// The hash of what lies there.
        found: Hash,
    },
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is no bundle.
    #[error("{name}: {source}")]
    Bundle {
        /// The file or object.
        name: String,
        /// Why.
        source: BundleError,
    },
    /// A bundle has schemas that cannot be used.
    #[error("{name}: {source}")]
    Rules {
        /// The file or object.
        name: String,
        /// Why.
        source: RulesError,
    },
    /// A folder makes no bundle.
    #[error("{}: {source}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: FolderError,
    },
}

impl SourceError {
    /// Whether what was read is to blame, and not that it could not be.
    pub fn is_finding(&self) -> bool {
        match self {
            Self::Folder { source, .. } => source.is_finding(),
            Self::Bundle { .. } | Self::Rules { .. } | Self::Altered { .. } => true,
            Self::Cloud(_) | Self::Store(_) | Self::Nothing { .. } | Self::Io { .. } => false,
        }
    }
}

impl Read {
    /// Reads a source; `cloud` is the deployment, where one is known.
    pub async fn of(source: &Source, cloud: Option<&Cloud>) -> Result<Self, SourceError> {
        let hash = match source {
            Source::Path(path) => return Self::path(path),
            Source::Stored(hash) => Some(*hash),
            Source::Current => None,
        };
        let unknown = CloudError::Unknown { what: "archive", variable: "CAIRN_BUCKET" };
        Self::stored(cloud.ok_or(unknown)?, hash).await
    }

    /// Reads a folder or a file.
    pub fn path(path: &Path) -> Result<Self, SourceError> {
        if path.is_dir() {
            let named = |source| SourceError::Folder { folder: path.to_owned(), source };
            let folder = Folder::read(path).map_err(named)?;
            let bundle = folder.bundle([0; 32]).map_err(named)?;
            return Ok(Self { bundle, keyed: false, folder: Some(folder) });
        }
        let bytes =
            fs::read(path).map_err(|source| SourceError::Io { path: path.to_owned(), source })?;
        Self::bytes(&bytes, &path.display().to_string())
    }

    /// Reads the archive: the bundle of this hash, or the one in force.
    async fn stored(cloud: &Cloud, hash: Option<Hash>) -> Result<Self, SourceError> {
        let hash = match hash {
            Some(hash) => hash,
            None => cloud.settings().bundle()?,
        };
        Self::object(&cloud.objects()?, &hash).await
    }

    async fn object(objects: &impl Objects, hash: &Hash) -> Result<Self, SourceError> {
        let key = keys::bundle(hash);
        let Some(object) = objects.read(&key).await? else {
            return Err(SourceError::Nothing { key });
        };
        let found = Hash::of(&object.body);
        if found != *hash {
            return Err(SourceError::Altered { key, found });
        }
        Self::bytes(&object.body, &key)
    }

    fn bytes(bytes: &[u8], name: &str) -> Result<Self, SourceError> {
        // A file that was saved with a line feed at its end is the same bundle.
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let name = || name.to_owned();
        let bundle =
            Bundle::parse(bytes).map_err(|source| SourceError::Bundle { name: name(), source })?;
        Rules::check(&bundle).map_err(|source| SourceError::Rules { name: name(), source })?;
        Ok(Self { bundle, keyed: true, folder: None })
    }

    /// Where a pointer stands in the source.
    pub fn place(&self, at: &str) -> String {
        let places = self.folder.as_ref().map(Folder::places);
        places.map_or_else(|| at.to_owned(), |places: &Places| places.name(at))
    }
}
