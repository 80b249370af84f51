//! Step 7: one batch's object.

use cairn_batch::Columns;
use cairn_ledger::{BatchHeader, Hash, SealedHeader};
use jiff::Timestamp;

use crate::config::Configs;
use crate::diagnosis::diagnose;
use crate::listing::Listed;
use crate::protection::{Retention, check_versions};
use crate::quarantine::check_rejections;
use crate::report::FindingCode::{
    BatchMissing, HeaderInvalid, MetadataMismatch, ObjectSwapped, ObjectUnreadable,
};
use crate::rows::Rows;
use crate::{Archive, ArchiveError, Findings, Object, Options};

/// Bytes that the columns of an object may take: far more than a full invocation makes.
pub(crate) const LIMIT: u64 = 2 << 30;

/// What all checks of objects share.
pub(crate) struct Context<'a, A> {
    pub(crate) archive: &'a A,
    pub(crate) options: &'a Options,
    pub(crate) origin: &'a str,
    pub(crate) configs: Configs,
}

/// What came of one object.
pub(crate) struct Checked {
    pub(crate) findings: Findings,
    /// The header: the logged one, or for an object that is not logged its own.
    pub(crate) sealed: Option<SealedHeader>,
    /// Its link hash.
    pub(crate) link: Option<Hash>,
    /// When the object was put, and how large it is.
    pub(crate) object: Option<(Timestamp, u64)>,
    /// SHA-256 of the bytes, where they are not those of the header.
    pub(crate) mismatch: Option<Hash>,
    /// Rejections whose raw bytes are gone from quarantine.
    pub(crate) resolved: u64,
}

impl<A: Archive> Context<'_, A> {
    /// Checks the object at `key`. `logged` is the header that is logged for it; without one, the
    /// object speaks for itself, and its chain tells whether it is believed.
    pub(crate) fn check(
        &self,
        key: &str,
        listed: Option<&Listed>,
        logged: Option<SealedHeader>,
    ) -> Result<Checked, ArchiveError> {
        let mut checked = Checked {
            findings: Findings::default(),
            link: logged.as_ref().map(SealedHeader::link),
            sealed: logged,
            object: None,
            mismatch: None,
            resolved: 0,
        };
        if let Some(listed) = listed {
            check_versions(listed, &mut checked.findings);
        }
        if let Some(sealed) = &checked.sealed {
            self.check_header(key, &sealed.header, &mut checked.findings);
        }
        let object = match self.archive.read(key, None)? {
            Some(object) => object,
            None => {
                checked.findings.add(BatchMissing, key, "expected the batch, found no object");
                // Behind a delete marker the object may still be what it was.
                let oldest = listed.and_then(|listed| listed.versions.last());
                let hidden = oldest.map(|version| self.archive.read(key, Some(version)));
                let Some(hidden) = hidden.transpose()?.flatten() else { return Ok(checked) };
                hidden
            }
        };
        self.check_bytes(key, &object, &mut checked)?;
        Ok(checked)
    }

    fn check_bytes(
        &self,
        key: &str,
        object: &Object,
        checked: &mut Checked,
    ) -> Result<(), ArchiveError> {
        let findings = &mut checked.findings;
        checked.object = Some((object.modified, object.body.len() as u64));
        self.options.check_protection(key, object, Retention::Batch, findings);
        let sha256 = Hash::of(&object.body);
        if let Some(sealed) = &checked.sealed
            && sealed.sha256 != sha256
        {
            checked.mismatch = Some(sha256);
            diagnose(key, &object.body, sealed, findings);
            return Ok(());
        }
        let columns = match Columns::read(&object.body, LIMIT) {
            Ok(columns) => columns,
            Err(error) => {
                findings.add(ObjectUnreadable, key, error.to_string());
                return Ok(());
            }
        };
        let own = columns.header();
        let header = match &checked.sealed {
            Some(sealed) => {
                if *own != sealed.header {
                    let detail = "expected the header that was logged, found another";
                    findings.add(MetadataMismatch, key, detail);
                }
                sealed.header.clone()
            }
            None => {
                if own.key != key {
                    let detail = format!("expected its own batch, found that of {}", own.key);
                    findings.add(ObjectSwapped, key, detail);
                    return Ok(());
                }
                self.check_header(key, own, findings);
                let sealed = own.clone().seal(sha256);
                checked.link = Some(sealed.link());
                checked.sealed = Some(sealed);
                own.clone()
            }
        };
        let bundle = self.configs.get(self.archive, self.options, &header.bundle)?;
        let rows = Rows::read(key, &columns, bundle.as_deref(), findings);
        rows.check(key, &header, findings);
        checked.resolved =
            check_rejections(self.archive, key, &header, &rows.rejections, findings)?;
        Ok(())
    }

    /// Checks that a header is of this log, and names the key of its own chain and number.
    fn check_header(&self, key: &str, header: &BatchHeader, findings: &mut Findings) {
        if header.origin != self.origin {
            let detail =
                format!("expected the origin {:?}, found {:?}", self.origin, header.origin);
            findings.add(HeaderInvalid, key, detail);
        }
        let expected = cairn_batch::keys::batch(&header.chain, header.number);
        if header.key != expected {
            let detail = format!("expected the key {expected}, found {}", header.key);
            findings.add(HeaderInvalid, key, detail);
        }
    }
}
