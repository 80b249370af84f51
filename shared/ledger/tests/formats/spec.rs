//! The worked example of SPEC.md §14, recomputed from its own text.

use std::collections::BTreeMap;

use cairn_ledger::tree::{inclusion_path, root};
use cairn_ledger::{
    BatchHeader, Checkpoint, ConfigChange, Cursors, Entry, EventProof, Hash, LastGood, Lineage,
    LogTree, Order, Parent, Plan, PlanEntry, SealedHeader, TenantTree, TileKind, VerifierKey,
};
use ed25519_dalek::Signer;
use serde_json::Value;

const SPEC: &str = include_str!("../../SPEC.md");

/// The example's blocks: what stands between "```<language> <name>" and "```".
struct Example(BTreeMap<&'static str, &'static str>);

impl Example {
    fn read() -> Self {
        let (_, example) = SPEC.split_once("\n## 14. ").unwrap();
        let mut blocks = BTreeMap::new();
        for part in example.split("\n```").filter(|part| part.contains(' ')) {
            let (info, text) = part.split_once('\n').unwrap_or_default();
            if let Some(("json" | "text", name)) = info.split_once(' ') {
                assert_eq!(blocks.insert(name, text), None, "{name} is there twice");
            }
        }
        Self(blocks)
    }

    fn text(&self, name: &str) -> &'static str {
        self.0.get(name).unwrap_or_else(|| panic!("SPEC.md has no block `{name}`"))
    }

    fn hash(&self, name: &str) -> Hash {
        let line = self.text("hashes").lines().find(|line| line[..16].trim_end() == name).unwrap();
        line[16..].parse().unwrap()
    }

    fn leaves(&self, batch: u32) -> Vec<&'static str> {
        (0..).map_while(|i| self.0.get(format!("leaf-{batch}-{i}").as_str()).copied()).collect()
    }

    fn header(&self, batch: u32) -> SealedHeader {
        SealedHeader::parse(self.text(&format!("header-{batch}"))).unwrap()
    }

    fn links(&self) -> [Hash; 2] {
        [self.header(0).link(), self.header(1).link()]
    }

    /// The entries of the log.
    fn entries(&self) -> [Entry; 3] {
        ["change", "header-0", "header-1"].map(|name| Entry::parse(self.text(name)).unwrap())
    }
}

fn json(text: &str) -> Value {
    let value = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json_canonicalizer::to_string(&value).unwrap(), text, "not canonical");
    value
}

fn tenant_key(example: &Example) -> [u8; 32] {
    let bundle = json(example.text("bundle"));
    let key = bundle["tenant_key"].as_str().unwrap();
    hex::decode(key).unwrap().try_into().unwrap()
}

#[test]
fn every_block_is_there_and_none_is_forgotten() {
    let names: Vec<&str> = Example::read().0.into_keys().collect();
    let expected = [
        "bundle",
        "change",
        "checkpoint",
        "cursors",
        "files",
        "hashes",
        "header-0",
        "header-1",
        "header-order",
        "leaf-0-0",
        "leaf-0-1",
        "leaf-0-2",
        "leaf-1-0",
        "order",
        "plan",
        "proof",
        "quarantine",
        "tenants-0",
        "tenants-1",
        "vkey",
    ];
    assert_eq!(names, expected);
}

#[test]
fn leaves_and_roots_have_the_hashes_that_the_text_says() {
    let example = Example::read();
    assert_eq!(Hash::of(example.text("bundle").as_bytes()), example.hash("bundle"));
    for batch in 0..2 {
        let mut hashes = Vec::new();
        for (i, leaf) in example.leaves(batch).into_iter().enumerate() {
            json(leaf);
            hashes.push(Hash::leaf(leaf.as_bytes()));
            assert_eq!(hashes[i], example.hash(&format!("leaf {batch}.{i}")));
        }
        assert_eq!(root(&hashes), example.hash(&format!("root {batch}")));
    }
}

#[test]
fn tenant_lines_are_those_of_the_events() {
    let example = Example::read();
    for batch in 0..2 {
        let mut tree = TenantTree::new(&tenant_key(&example));
        for leaf in example.leaves(batch) {
            if let Some(tenant) = json(leaf)["tenant"].as_str() {
                tree.push(tenant, Hash::leaf(leaf.as_bytes()));
            }
        }
        assert_eq!(tree.lines().join("\n"), example.text(&format!("tenants-{batch}")));
        assert_eq!(tree.root(), example.hash(&format!("tenants {batch}")));
    }
}

#[test]
fn the_rejection_commits_to_its_quarantine_object() {
    let example = Example::read();
    let leaf = json(example.text("leaf-0-2"));
    let line = json(example.text("quarantine"));
    let object = format!("{}\n", example.text("quarantine"));
    let commitment = leaf["raw"]["sha256"].as_str().unwrap();
    assert_eq!(leaf["raw"]["quarantine"], Hash::of(object.as_bytes()).to_string());
    let raw = crate::common::base64(line["raw"].as_str().unwrap());
    assert_eq!(raw, b"{\"tenant\":");
    let salt = hex::decode(line["salt"].as_str().unwrap()).unwrap();
    assert!(SPEC.contains(&format!("`{}`", hex::encode(&salt))));
    assert_eq!(commitment, Hash::of(&[salt, raw.clone()].concat()).to_string());
    assert_eq!(leaf["raw"]["bytes"], raw.len());
    for member in ["arrived", "coordinates", "reason"] {
        assert_eq!(leaf[member], line[member]);
    }
}

#[test]
fn the_default_id_is_made_of_the_coordinates() {
    let leaf = json(Example::read().text("leaf-0-0"));
    let at = &leaf["coordinates"];
    let (chain, sequence) = (at["chain"].as_str().unwrap(), at["sequence"].as_str().unwrap());
    let input = format!("cairn/event-id/v1\n{chain}\n{sequence}\n{}", at["index"]);
    let mut id: [u8; 16] = Hash::of(input.as_bytes()).as_bytes()[..16].try_into().unwrap();
    id[6] = id[6] & 0x0f | 0x80;
    id[8] = id[8] & 0x3f | 0x80;
    assert_eq!(leaf["id"].as_str().unwrap().replace('-', ""), hex::encode(id));
}

#[test]
fn headers_say_what_their_batches_hold_and_link() {
    let example = Example::read();
    for batch in 0..2u32 {
        let SealedHeader { header, sha256 } = example.header(batch);
        assert_eq!(sha256, Hash::of(format!("object {batch}").as_bytes()));
        assert_eq!(header.root, example.hash(&format!("root {batch}")));
        assert_eq!(header.tenants, example.hash(&format!("tenants {batch}")));
        assert_eq!(header.bundle, example.hash("bundle"));
        assert_eq!(header.number, u64::from(batch));
        let leaves: Vec<Value> = example.leaves(batch).into_iter().map(json).collect();
        let of_kind = |kind| leaves.iter().filter(|leaf| leaf["kind"] == kind).count() as u64;
        assert_eq!(header.counts.events, of_kind("event"));
        assert_eq!(header.counts.rejections, of_kind("rejection"));
        let (first, last) = (&leaves[0], &leaves[leaves.len() - 1]);
        assert_eq!(first["coordinates"]["sequence"], header.first.as_str());
        assert_eq!(last["coordinates"]["sequence"], header.last.as_str());
        assert_eq!([&first["arrived"], &last["arrived"]], [&header.arrived[0], &header.arrived[1]]);
        assert!(leaves.iter().all(|leaf| leaf["coordinates"]["chain"] == header.chain.as_str()));
        let key = format!("batches/{}/{:020}.parquet", header.chain, header.number);
        assert_eq!(header.key, key);
        assert_eq!(example.links()[batch as usize], example.hash(&format!("link {batch}")));
        assert!(BatchHeader::parse(&header.to_json()).is_ok());
    }
    let [first, _] = example.links();
    assert_eq!(example.header(0).header.lineage, Lineage::Genesis(Vec::new()));
    assert_eq!(example.header(1).header.lineage, Lineage::Previous(first));
}

#[test]
fn the_order_is_about_the_end_of_the_chain_and_its_successor_names_it() {
    let example = Example::read();
    let order = Order::parse(example.text("order").as_bytes()).unwrap();
    assert_eq!(order.hash(), example.hash("order"));
    let last = example.header(1);
    let (link, number) = (last.link(), last.header.number);
    let chain = last.header.chain;
    assert_eq!(order.chain, chain);
    assert_eq!(order.after, Some(LastGood { last: last.header.last, link, number }));
    let first = SealedHeader::parse(example.text("header-order")).unwrap();
    assert_eq!(first.link(), example.hash("link of order"));
    assert_eq!(first.header.chain, chain.successor());
    let parents = vec![Parent { chain, link }];
    assert_eq!(first.header.lineage, Lineage::Ordered { parents, order: order.hash() });
}

#[test]
fn the_change_enters_the_bundle() {
    let example = Example::read();
    let [change, ..] = example.entries();
    let (origin, bundle) = (example.header(0).header.origin, example.hash("bundle"));
    assert_eq!(change, Entry::from(ConfigChange { origin, bundle }));
    assert_eq!(change.to_json(), example.text("change"));
    assert_eq!(change.link(), example.hash("change"));
}

#[test]
fn the_log_is_made_of_the_change_and_the_headers() {
    let example = Example::read();
    let entries = ["change", "header-0", "header-1"].map(|name| example.text(name));
    let mut tree = LogTree::new();
    let growth = tree.append(&entries).unwrap();
    assert_eq!(growth.root, example.hash("root of the log"));
    let hashes = growth.files.iter().filter(|(path, _)| path.kind() != TileKind::Entries);
    let files: Vec<String> =
        hashes.map(|(path, bytes)| format!("{path} {}", hex::encode(bytes))).collect();
    assert_eq!(files.join("\n"), example.text("files"));

    let (mut read, mut written) = (Cursors::default(), Cursors::default());
    let mut step = Vec::new();
    for header in [example.header(0), example.header(1)] {
        let chain = header.header.chain.clone();
        step.extend(written.append(&chain, &header).unwrap().map(Entry::from));
        step.push(header.into());
    }
    assert_eq!(step, example.entries());
    step.iter().for_each(|entry| read.follow(entry).unwrap());
    assert_eq!(read, written);
    assert_eq!(read.to_json(), example.text("cursors"));
    assert_eq!(read.hash(), example.hash("cursors"));
    let plan = Plan {
        origin: example.header(0).header.origin,
        from: 0,
        to: 3,
        root: growth.root,
        cursors: read.hash(),
        entries: step.iter().map(PlanEntry::of).collect(),
    };
    assert_eq!(plan.to_json(), example.text("plan"));
}

#[test]
fn the_checkpoint_is_signed_by_the_key_and_the_event_is_proven() {
    let example = Example::read();
    let key: VerifierKey = example.text("vkey").parse().unwrap();
    let checkpoint = Checkpoint {
        origin: example.header(0).header.origin,
        size: 3,
        root: example.hash("root of the log"),
    };
    let text = checkpoint.to_string();
    let secret = ed25519_dalek::SigningKey::from_bytes(&[1; 32]);
    let note = key.note(&text, &secret.sign(text.as_bytes()).to_bytes()).unwrap().to_string();
    assert_eq!(note, format!("{}\n", example.text("checkpoint")));

    let leaves = example.leaves(0);
    let hashes: Vec<Hash> = leaves.iter().map(|leaf| Hash::leaf(leaf.as_bytes())).collect();
    let entries = example.entries().map(|entry| entry.link());
    let log_path = inclusion_path(&entries, 1).unwrap();
    let (leaf, header) = (leaves[1].to_owned(), example.header(0));
    let proof = EventProof::new(leaf, 1, &hashes, header, 1, log_path, note).unwrap();
    assert_eq!(proof.to_text(), format!("{}\n", example.text("proof")));
    let checked = EventProof::check(&proof.to_text(), &[key]).unwrap();
    assert_eq!(checked.checkpoint.checkpoint, checkpoint);
}

#[test]
fn the_sections_that_the_code_cites_exist() {
    let code = [
        include_str!("../../src/checkpoint.rs"),
        include_str!("../../src/cursors.rs"),
        include_str!("../../src/order.rs"),
        include_str!("../../src/entry.rs"),
        include_str!("../../src/header.rs"),
        include_str!("../../src/note.rs"),
        include_str!("../../src/plan.rs"),
        include_str!("../../src/proof.rs"),
        include_str!("../../src/tenants.rs"),
        include_str!("../../src/tile.rs"),
        include_str!("../../src/tree.rs"),
    ];
    for code in code {
        let mut cited = code.split("SPEC.md §").skip(1).peekable();
        assert!(cited.peek().is_some());
        for section in cited {
            let digits =
                section.len() - section.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let heading = format!("\n## {}. ", &section[..digits]);
            assert!(SPEC.contains(&heading), "§{}", &section[..digits]);
        }
    }
}
