//! What a bundle becomes to judge records by it: its schemas compiled, its database opened. Made
//! once for a warm function, shared by all that it does.

mod additions;
mod enrich;
mod error;
mod judge;
mod redact;
mod schema;

pub use error::RulesError;

pub(crate) use additions::Additions;
pub(crate) use redact::{MOST_PLACES, POINTER_BYTES, Redacted};

use bytes::Bytes;

use crate::Bundle;
use crate::event::Event;
use crate::reason::Reason;

/// A config bundle, ready to judge records. The result of judging is a function of the bundle, the
/// database that it names, and [`TRANSFORM`](crate::TRANSFORM) alone.
pub struct Rules {
    bundle: Bundle,
    schemas: schema::Schemas,
    enricher: enrich::Enricher,
    redactor: redact::Redactor,
}

impl Rules {
    /// Compiles a bundle. `database` is the object that the bundle's `location` names, where it
    /// names one; its hash is checked.
    pub fn new(bundle: Bundle, database: Option<Bytes>) -> Result<Self, RulesError> {
        let schemas = schema::Schemas::compile(&bundle.schemas)?;
        let enricher = enrich::Enricher::new(&bundle, database)?;
        let redactor = redact::Redactor::new(&bundle);
        Ok(Self { bundle, schemas, enricher, redactor })
    }

    /// Checks what [`new`](Self::new) does of a bundle's schemas, without a database: for tools
    /// that make bundles.
    pub fn check(bundle: &Bundle) -> Result<(), RulesError> {
        schema::Schemas::compile(&bundle.schemas).map(drop)
    }

    /// The rules of [`Bundle::with_tenant_key`], which take any event as it is.
    pub fn with_tenant_key(tenant_key: [u8; 32]) -> Self {
        let bundle = Bundle::with_tenant_key(tenant_key);
        Self {
            schemas: schema::Schemas::default(),
            enricher: enrich::Enricher::default(),
            redactor: redact::Redactor::new(&bundle),
            bundle,
        }
    }

    /// The bundle.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// Judges an event as it was sent, then completes it: schemas see what redaction takes away,
    /// and so does enrichment, which keeps the country of an address that is removed.
    pub(crate) fn apply(
        &self,
        event: &mut Event<'_>,
        adapter: Option<&str>,
    ) -> Result<Additions, Reason> {
        judge::judge(self, event, adapter)?;
        let mut additions = Additions { enrichment: self.enricher.enrich(event), redacted: None };
        additions.redacted = self.redactor.redact(event);
        Ok(additions)
    }
}

impl std::fmt::Debug for Rules {
    /// As the bundle has it: without secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rules").field("bundle", &self.bundle).finish_non_exhaustive()
    }
}
