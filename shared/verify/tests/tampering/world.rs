//! A small archive, made as ingest and checkpoint make it, that can be tampered with.

use std::collections::BTreeMap;

use bytes::Bytes;
use cairn_batch::{Row, encode_rows, keys};
use cairn_event::{Bundle, Item, Leaf, Record, Rules, TRANSFORM, transform};
use cairn_ledger::{
    BatchHeader, ChainId, Checkpoint, ConfigChange, Counts, Cursors, Entry, Found, Frontier, Hash,
    LastGood, Lineage, LogTree, Order, Parent, Plan, PlanEntry, SealedHeader, SequenceNumber,
    TenantTree, VerifierKey,
};
use cairn_verify::{
    Archive, ArchiveError, Encryption, Finding, FindingCode, Head, Lock, LockMode, LogHead,
    MAX_LAG, Object, Options, Progress, Report, TableChain, Version, verify,
};
use ed25519_dalek::pkcs8::EncodePublicKey;
use ed25519_dalek::{Signer, SigningKey};
use jiff::{SignedDuration, Timestamp};

pub const ORIGIN: &str = "audit.example.com/test";
pub const DATA_KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/data";
pub const DAY: i64 = 24 * 60 * 60;

/// One version of a key, or a delete marker.
#[derive(Clone)]
pub struct Stored {
    pub version: String,
    pub body: Bytes,
    pub marker: bool,
    pub modified: Timestamp,
    pub lock: Option<Lock>,
    pub encryption: Encryption,
}

#[derive(Clone)]
pub struct World {
    /// Versions of each key, newest last.
    pub objects: BTreeMap<String, Vec<Stored>>,
    pub bundle: Bundle,
    pub signer: SigningKey,
    pub now: Timestamp,
    pub heads: BTreeMap<ChainId, TableChain>,
    chains: BTreeMap<ChainId, Chain>,
    unlogged: Vec<SealedHeader>,
    tree: LogTree,
    cursors: Cursors,
    versions: u64,
    records: u64,
}

#[derive(Clone)]
struct Chain {
    next: u64,
    link: Hash,
}

/// A batch that is about to be sealed, open to a lying writer.
pub struct Draft {
    pub header: BatchHeader,
    pub rows: Vec<Row>,
}

pub fn chain(shard: u32) -> ChainId {
    format!("events/20260131T120000Z/shardId-{shard:012}").parse().unwrap()
}

pub fn event(tenant: &str, n: u64) -> Vec<u8> {
    format!(
        r#"{{"action":"document.share","actor":{{"id":"u-{n}","type":"user"}},"outcome":"success","resource":{{"id":"d-{n}","type":"document"}},"source":{{"ip":"203.0.113.7"}},"tenant":"{tenant}","time":"2026-01-31T12:34:56Z"}}"#
    )
    .into_bytes()
}

pub fn signing_key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub fn verifier_key(name: &str, signer: &SigningKey) -> VerifierKey {
    let der = signer.verifying_key().to_public_key_der().unwrap();
    VerifierKey::from_spki(name, der.as_bytes()).unwrap()
}

pub fn sign(checkpoint: &Checkpoint, signer: &SigningKey) -> String {
    let text = checkpoint.to_string();
    let signature = signer.sign(text.as_bytes()).to_bytes();
    verifier_key(&checkpoint.origin, signer).note(&text, &signature).unwrap().to_string()
}

impl World {
    /// Nothing but the config bundle.
    pub fn new() -> Self {
        let mut world = Self {
            objects: BTreeMap::new(),
            bundle: Bundle::with_tenant_key([7; 32]),
            signer: signing_key(1),
            now: "2026-01-31T12:35:00Z".parse().unwrap(),
            heads: BTreeMap::new(),
            chains: BTreeMap::new(),
            unlogged: Vec::new(),
            tree: LogTree::new(),
            cursors: Cursors::default(),
            versions: 0,
            records: 0,
        };
        world.put_locked(&keys::bundle(&world.bundle.hash()), world.bundle.to_json(), 3650);
        world
    }

    /// Two chains of three batches each, three checkpoints, a rejection, and a batch that is not
    /// logged yet.
    pub fn usual() -> Self {
        let mut world = Self::new();
        for round in 0..3 {
            for shard in 0..2 {
                let events = (0..4).map(|n| event(["acme", "globex"][n as usize % 2], n));
                let mut records: Vec<Vec<u8>> = events.collect();
                records.push(
                    [b"[".as_slice(), &event("acme", 8), b",", &event("acme", 9), b"]"].concat(),
                );
                if round == 1 {
                    records.push(b"not json".to_vec());
                }
                world.seal(&chain(shard), &records);
            }
            world.log();
        }
        world.seal(&chain(0), &[event("acme", 99)]);
        world
    }

    /// The key of a batch's object.
    pub fn batch_key(shard: u32, number: u64) -> String {
        keys::batch(&chain(shard), number)
    }

    pub fn put(&mut self, key: &str, body: impl Into<Bytes>, days: Option<i64>) {
        self.versions += 1;
        let stored = Stored {
            version: format!("v{:06}", self.versions),
            body: body.into(),
            marker: false,
            modified: self.now,
            lock: days.map(|days| Lock {
                mode: LockMode::Compliance,
                until: self.now + SignedDuration::from_secs(days * DAY),
            }),
            encryption: Encryption::Kms(DATA_KEY.to_owned()),
        };
        self.objects.entry(key.to_owned()).or_default().push(stored);
    }

    pub fn put_locked(&mut self, key: &str, body: impl Into<Bytes>, days: i64) {
        if !self.objects.contains_key(key) {
            self.put(key, body, Some(days));
        }
    }

    pub fn delete(&mut self, key: &str) {
        self.put(key, "", None);
        self.stored(key).marker = true;
    }

    pub fn stored(&mut self, key: &str) -> &mut Stored {
        self.objects.get_mut(key).and_then(|versions| versions.last_mut()).expect(key)
    }

    pub fn body(&self, key: &str) -> Bytes {
        self.objects[key].last().unwrap().body.clone()
    }

    pub fn change(&mut self, key: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let stored = self.stored(key);
        let mut body = stored.body.to_vec();
        change(&mut body);
        stored.body = body.into();
    }

    /// Seals the records as the next batch of the chain.
    pub fn seal(&mut self, chain: &ChainId, records: &[Vec<u8>]) -> SealedHeader {
        let draft = self.draft(chain, records);
        self.seal_draft(draft)
    }

    /// What an honest writer would seal.
    pub fn draft(&mut self, chain: &ChainId, records: &[Vec<u8>]) -> Draft {
        let rules = Rules::new(self.bundle.clone(), None).unwrap();
        let (original, mut items) = (chain.original(), Vec::new());
        for data in records {
            self.records += 1;
            let sequence =
                format!("4959033827149025660855969253836157109592157598913658{:04}", self.records);
            let arrived = self.now + SignedDuration::from_millis(self.records as i64);
            let record =
                Record { sequence: sequence.parse().unwrap(), arrived, data: data.clone() };
            transform(&original, &record, &rules, &mut items);
        }
        let number = self.chains.get(chain).map_or(0, |chain| chain.next);
        let salt = [9; 32];
        let rejections = items.iter().filter_map(|item| match item {
            Item::Rejection(rejection) => Some(rejection),
            Item::Event(_) => None,
        });
        let quarantine: String = rejections
            .map(|rejection| rejection.quarantine_line(&original, &salt) + "\n")
            .collect();
        let hash = Hash::of(quarantine.as_bytes());
        if !quarantine.is_empty() {
            self.put_locked(&keys::quarantine(chain, number, &hash), quarantine, 35);
        }
        let leaves = items.into_iter().map(|item| match item {
            Item::Event(leaf) => leaf,
            Item::Rejection(rejection) => rejection.leaf(&original, &salt, &hash),
        });
        let lineage = match self.chains.get(chain) {
            Some(chain) => Lineage::Previous(chain.link),
            None => self.first_lineage(chain),
        };
        Draft::new(&self.bundle, chain, number, lineage, leaves.collect())
    }

    /// What an honest writer names at number 0.
    fn first_lineage(&self, chain: &ChainId) -> Lineage {
        let Some(stopped) = chain.predecessor() else { return Lineage::Genesis(Vec::new()) };
        let order = Hash::of(&self.body(&keys::order(&stopped)));
        let end = self.chains.get(&stopped).map(|end| Parent { chain: stopped, link: end.link });
        Lineage::Ordered { parents: end.into_iter().collect(), order }
    }

    /// Stops a chain, for another's object at its next key.
    pub fn stop(&mut self, chain: &ChainId) {
        let number = self.chains.get(chain).map_or(0, |chain| chain.next);
        self.put(&keys::batch(chain, number), "another's", Some(35));
        self.heads.entry(chain.clone()).or_default().stopped = Some("it is another's".to_owned());
    }

    /// What an honest operator would order about a stopped chain.
    pub fn order(&self, chain: &ChainId) -> Order {
        let head = self.heads[chain].head.as_ref();
        let key = keys::batch(chain, head.map_or(0, |head| head.number + 1));
        let found = self.objects.get(&key).into_iter().flatten().rev().map(|stored| Found {
            bytes: (!stored.marker).then_some(stored.body.len() as u64),
            sha256: (!stored.marker).then(|| Hash::of(&stored.body)),
            version: stored.version.clone(),
        });
        Order {
            origin: ORIGIN.to_owned(),
            chain: chain.clone(),
            after: head.map(|head| LastGood {
                last: head.last.clone(),
                link: head.link,
                number: head.number,
            }),
            reason: "it is another's".to_owned(),
            found: found.collect(),
            by: "arn:aws:sts::111122223333:assumed-role/break-glass/zoe".to_owned(),
            why: "planted by a drill".to_owned(),
            at: format!("{:.3}", self.now),
        }
    }

    /// Writes an order, and has the table name it.
    pub fn put_order(&mut self, order: &Order) {
        self.put_locked(&keys::order(&order.chain), order.to_json(), 3650);
        self.heads.entry(order.chain.clone()).or_default().continued = Some(order.hash());
    }

    /// Seals whatever the draft says.
    pub fn seal_draft(&mut self, draft: Draft) -> SealedHeader {
        let object = encode_rows(&draft.header, &draft.rows).unwrap();
        let key = keys::batch(&draft.header.chain, draft.header.number);
        let sealed = draft.header.seal(Hash::of(&object));
        self.put(&key, object, Some(35));
        self.commit(sealed.clone());
        sealed
    }

    /// Makes the table and the next log step know a header.
    pub fn commit(&mut self, sealed: SealedHeader) {
        let header = &sealed.header;
        let link = sealed.link();
        let next = header.number + 1;
        self.chains.insert(header.chain.clone(), Chain { next, link });
        let key = keys::batch(&header.chain, header.number);
        let version = self.stored(&key).version.clone();
        let last = header.last.clone();
        let head = Head { number: header.number, link, last, key, version };
        let head = TableChain { head: Some(head), ..TableChain::default() };
        self.heads.insert(header.chain.clone(), head);
        self.unlogged.push(sealed);
    }

    /// Lets the clock go on until what is locked as batches are may go, with everything logged.
    pub fn later_when_batches_may_go(&mut self) {
        self.log();
        self.now += SignedDuration::from_secs(36 * DAY);
    }

    /// The table's head of a chain.
    pub fn head(&mut self, shard: u32) -> &mut Head {
        self.heads.get_mut(&chain(shard)).and_then(|chain| chain.head.as_mut()).unwrap()
    }

    /// The parents of a new chain: the present ends of others.
    pub fn end(&self, shard: u32) -> Parent {
        let chain = chain(shard);
        Parent { link: self.chains[&chain].link, chain }
    }

    /// Puts another config bundle into the archive, by which batches are judged from here on.
    pub fn change_bundle(&mut self, bundle: Bundle) {
        self.put_locked(&keys::bundle(&bundle.hash()), bundle.to_json(), 3650);
        self.bundle = bundle;
    }

    /// The entry that enters a bundle.
    pub fn change_to(bundle: &Bundle) -> Entry {
        ConfigChange { origin: ORIGIN.to_owned(), bundle: bundle.hash() }.into()
    }

    /// What an honest writer would log now.
    pub fn entries(&mut self) -> Vec<Entry> {
        let mut cursors = self.cursors.clone();
        let mut entries = Vec::new();
        for header in std::mem::take(&mut self.unlogged) {
            // A lying writer's header may not follow; then it is logged as it is.
            if let Ok(Some(change)) = cursors.append(&header.header.chain, &header) {
                entries.push(change.into());
            }
            entries.push(header.into());
        }
        entries
    }

    /// Logs what is not logged yet and publishes a checkpoint.
    pub fn log(&mut self) -> String {
        let entries = self.entries();
        self.log_entries(&entries)
    }

    /// Logs whatever the entries say and publishes a checkpoint.
    pub fn log_entries(&mut self, entries: &[Entry]) -> String {
        self.now += SignedDuration::from_mins(1);
        let from = self.tree.size();
        let texts: Vec<String> = entries.iter().map(Entry::to_json).collect();
        let growth = self.tree.append(&texts).unwrap();
        for entry in entries {
            let _ = self.cursors.follow(entry);
        }
        self.put_locked(&keys::cursors(&self.cursors.hash()), self.cursors.to_json(), 35);
        let plan = Plan {
            origin: ORIGIN.to_owned(),
            from,
            to: growth.size,
            root: growth.root,
            cursors: self.cursors.hash(),
            entries: entries.iter().map(PlanEntry::of).collect(),
        };
        self.put_locked(&keys::plan(self.now, growth.size), plan.to_json(), 35);
        for (path, bytes) in growth.files {
            let days = if path.is_partial() { 35 } else { 3650 };
            self.put_locked(&keys::tile(&path.to_string()), bytes, days);
        }
        let checkpoint = self.checkpoint();
        let note = sign(&checkpoint, &self.signer);
        self.put_locked(&keys::checkpoint(growth.size), note.clone(), 3650);
        self.put(keys::CHECKPOINT, note.clone(), None);
        note
    }

    /// What the log says of itself now.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint { origin: ORIGIN.to_owned(), size: self.tree.size(), root: self.tree.root() }
    }

    pub fn options(&self) -> Options {
        Options {
            verifier_keys: vec![verifier_key(ORIGIN, &signing_key(1)).to_string()],
            trusted: Vec::new(),
            data_key: Some(DATA_KEY.to_owned()),
            batch_retention: 35 * DAY,
            log_retention: 3650 * DAY,
            lock_mode: Some(LockMode::Compliance),
            now: self.now,
            max_lag: MAX_LAG,
            heads: Some(self.heads.clone()),
            log_head: Some(LogHead { size: self.tree.size(), root: self.tree.root() }),
            heads_read: None,
        }
    }

    pub fn verify(&self) -> Report {
        self.verify_with(&self.options())
    }

    pub fn verify_with(&self, options: &Options) -> Report {
        verify(self, options, &Silent).unwrap()
    }

    /// Verifies against a checkpoint that was kept.
    pub fn verify_since(&self, trusted: &str) -> Report {
        self.verify_with(&Options { trusted: vec![trusted.to_owned()], ..self.options() })
    }
}

impl Draft {
    fn new(
        bundle: &Bundle,
        chain: &ChainId,
        number: u64,
        lineage: Lineage,
        leaves: Vec<Leaf>,
    ) -> Self {
        let row = |(index, leaf)| Row {
            leaf,
            chain: chain.to_string(),
            number: number as i64,
            index: index as i64,
            private: None,
            key_id: None,
        };
        let rows: Vec<Row> = leaves.into_iter().enumerate().map(row).collect();
        let none: SequenceNumber = "0".parse().unwrap();
        let header = BatchHeader {
            origin: ORIGIN.to_owned(),
            chain: chain.clone(),
            number,
            lineage,
            root: Hash::EMPTY_ROOT,
            counts: Counts::default(),
            tenants: Hash::EMPTY_ROOT,
            first: none.clone(),
            last: none,
            arrived: [String::new(), String::new()],
            bundle: bundle.hash(),
            transform: TRANSFORM.to_owned(),
            key: keys::batch(chain, number),
        };
        let mut draft = Self { header, rows };
        draft.recompute(bundle);
        draft
    }

    /// Makes the header that of the rows, as a liar who knows what is checked would.
    pub fn recompute(&mut self, bundle: &Bundle) {
        let mut tree = Frontier::new();
        let mut tenants = TenantTree::new(&bundle.tenant_key);
        let mut counts = Counts::default();
        let mut sequences: Vec<&SequenceNumber> = Vec::new();
        for row in &self.rows {
            let hash = Hash::leaf(&row.leaf.bytes);
            tree.push(hash);
            match &row.leaf.event {
                Some(event) => {
                    counts.events += 1;
                    tenants.push(&event.tenant, hash);
                }
                None => counts.rejections += 1,
            }
            sequences.push(&row.leaf.sequence);
        }
        sequences.sort();
        sequences.dedup();
        counts.records = sequences.len() as u64;
        let arrived = || self.rows.iter().map(|row| row.leaf.arrived);
        let text =
            |at: Option<Timestamp>| at.unwrap().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string();
        self.header.root = tree.root();
        self.header.tenants = tenants.root();
        self.header.counts = counts;
        self.header.first = (*sequences.first().unwrap()).clone();
        self.header.last = (*sequences.last().unwrap()).clone();
        self.header.arrived = [text(arrived().min()), text(arrived().max())];
    }
}

impl Archive for World {
    fn versions(&self, prefix: &str) -> Result<Vec<Version>, ArchiveError> {
        let keys = self.objects.iter().filter(|(key, _)| key.starts_with(prefix));
        Ok(keys
            .flat_map(|(key, versions)| {
                versions.iter().rev().enumerate().map(|(place, stored)| Version {
                    key: key.clone(),
                    version: stored.version.clone(),
                    delete_marker: stored.marker,
                    latest: place == 0,
                    size: stored.body.len() as u64,
                })
            })
            .collect())
    }

    fn read(&self, key: &str, version: Option<&str>) -> Result<Option<Object>, ArchiveError> {
        let versions = self.objects.get(key).into_iter().flatten();
        let found = match version {
            None => versions.last(),
            Some(version) => versions.into_iter().find(|stored| stored.version == version),
        };
        Ok(found.filter(|stored| !stored.marker).map(|stored| Object {
            body: stored.body.clone(),
            version: stored.version.clone(),
            modified: stored.modified,
            lock: stored.lock,
            encryption: stored.encryption.clone(),
        }))
    }
}

pub struct Silent;

impl Progress for Silent {
    fn total(&self, _: u64) {}
    fn batch(&self, _: u64) {}
}

/// The kinds of what was found, each once, in order of their names.
pub fn codes(report: &Report) -> Vec<FindingCode> {
    let mut codes: Vec<_> = report.findings.iter().map(|finding| finding.code).collect();
    codes.sort();
    codes.dedup();
    assert_eq!(report.ok, codes.is_empty(), "{:?}", report.findings);
    codes
}

/// The one finding of a kind.
pub fn finding(report: &Report, code: FindingCode) -> Finding {
    let mut found = report.findings.iter().filter(|finding| finding.code == code);
    let first = found.next().unwrap_or_else(|| panic!("no {code} in {:?}", report.findings));
    assert!(found.next().is_none(), "several {code} in {:?}", report.findings);
    first.clone()
}
