//! Where an address is, by a MaxMind DB (<https://maxmind.github.io/MaxMind-DB/>).

use std::net::IpAddr;

use bytes::Bytes;
use cairn_ledger::Hash;
use maxminddb::{PathElement, Reader};

use crate::event::{ObjectWriter, is_country, is_region};
use crate::rules::RulesError;
use crate::{Detail, LocationSource};

/// Looks addresses up.
pub(super) struct Locations {
    reader: Reader<Bytes>,
    detail: Detail,
}

/// Where an address is: never more than a region.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// ISO 3166-1 alpha-2.
    country: String,
    /// ISO 3166-2.
    region: Option<String>,
}

impl Locations {
    /// Opens the database that a bundle names, if it names one.
    pub(super) fn new(
        source: Option<LocationSource>,
        database: Option<Bytes>,
    ) -> Result<Option<Self>, RulesError> {
        let found = database.as_ref().map(|database| Hash::of(database));
        let expected = source.map(|source| source.database);
        if found != expected {
            let said = |hash: Option<Hash>| hash.map_or("none".to_owned(), |hash| hash.to_string());
            return Err(RulesError::Database { expected: said(expected), found: said(found) });
        }
        let Some((source, database)) = source.zip(database) else { return Ok(None) };
        Ok(Some(Self { reader: Reader::from_source(database)?, detail: source.detail }))
    }

    /// Where an address is, if the database says so in the form of the standard.
    pub(super) fn find(&self, ip: &str) -> Option<Place> {
        // An IPv4 address that is written as an IPv6 one is the same address.
        let ip = ip.parse::<IpAddr>().ok()?.to_canonical();
        let found = self.reader.lookup(ip).ok()?;
        let text = |path: &[PathElement<'_>]| found.decode_path::<&str>(path).ok().flatten();
        let country = text(&[PathElement::Key("country"), PathElement::Key("iso_code")])?;
        if !is_country(country) {
            return None;
        }
        let region = || {
            let first = PathElement::Index(0);
            let path = [PathElement::Key("subdivisions"), first, PathElement::Key("iso_code")];
            let region = format!("{country}-{}", text(&path)?);
            is_region(&region, country).then_some(region)
        };
        let region = if self.detail == Detail::Region { region() } else { None };
        Some(Place { country: country.to_owned(), region })
    }
}

impl Place {
    /// Appends it as canonical JSON.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let mut object = ObjectWriter::new(out);
        object.text("country", &self.country);
        object.optional_text("region", self.region.as_deref());
        object.end();
    }
}
