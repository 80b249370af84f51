//! What is measured on: real CloudTrail records where they are at hand, else generated events.

use std::io::Read;
use std::path::Path;

/// Records of about a kilobyte, and what they are.
pub(crate) struct Corpus {
    /// What they are.
    pub(crate) name: &'static str,
    /// One event each.
    pub(crate) records: Vec<Vec<u8>>,
}

impl Corpus {
    /// Real records if there are any.
    pub(crate) fn load() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/cloudtrail");
        match cloudtrail(&folder) {
            Some(records) if !records.is_empty() => {
                Self { name: "real CloudTrail records", records }
            }
            _ => Self { name: "generated events", records: generated(2_000) },
        }
    }

    /// Bytes of all records.
    pub(crate) fn bytes(&self) -> usize {
        self.records.iter().map(Vec::len).sum()
    }
}

fn cloudtrail(folder: &Path) -> Option<Vec<Vec<u8>>> {
    let mut files: Vec<_> =
        std::fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    let mut records = Vec::new();
    for file in files.iter().filter(|path| path.extension().is_some_and(|e| e == "gz")) {
        let mut text = Vec::new();
        flate2::read::MultiGzDecoder::new(std::fs::File::open(file).ok()?)
            .read_to_end(&mut text)
            .ok()?;
        // Byte for byte: in the order of members that CloudTrail gives them.
        let delivered = sonic_rs::get(text.as_slice(), &["Records"]).ok()?;
        for record in delivered.into_array_iter()? {
            records.push(record.ok()?.as_raw_str().as_bytes().to_vec());
        }
    }
    Some(records)
}

/// Events with enough in `data` to weigh a kilobyte.
pub(crate) fn generated(n: usize) -> Vec<Vec<u8>> {
    (0..n)
        .map(|n| {
            let actor = format!("user-{}", n % 97);
            let action = ["document.read", "document.share", "user.login"][n % 3];
            let notes: Vec<_> = (0..14).map(|i| format!("{:016x}", n * 7919 + i * 104_729)).collect();
            serde_json::to_vec(&serde_json::json!({
                "tenant": format!("tenant-{}", n % 5),
                "time": format!("2026-03-01T09:{:02}:{:02}Z", n / 60 % 60, n % 60),
                "action": action,
                "actor": { "type": "user", "id": actor, "email": format!("{actor}@example.com") },
                "resource": { "type": "document", "id": format!("d-{}", n % 1009) },
                "outcome": "success",
                "source": { "ip": format!("192.0.2.{}", n % 250), "user_agent": "Mozilla/5.0 (X11; Linux x86_64)" },
                "data": { "n": n, "revisions": notes, "comment": "A comment of the kind that people write." },
            }))
            .unwrap()
        })
        .collect()
}
