//! A reader that knows nothing of moves.

use cairn_batch::keys;
use cairn_checkpoint::Tick;
use cairn_ledger::{Cursors, Entry, Frontier, TileKind, TilePath, tile};

use super::Simulated;

/// Reads the log as anybody would: from its entry bundles.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) cursors: Cursors,
    pub(super) batches: u64,
    tree: Frontier,
    read: u64,
}

impl Reader {
    /// Reads on, up to what a tick has signed.
    pub(super) fn follow(&mut self, cloud: &Simulated, tick: &Tick) {
        let width = u64::from(tile::WIDTH);
        while self.read < tick.size {
            let index = self.read / width;
            let path = TilePath::at(TileKind::Entries, index, tick.size).unwrap();
            let bundle = cloud.body(&keys::tile(&path.to_string()));
            let entries = tile::decode_bundle(&bundle, path.width()).unwrap();
            for entry in &entries[(self.read - index * width) as usize..] {
                let text = str::from_utf8(entry).unwrap();
                let entry = Entry::parse(text).unwrap();
                self.cursors.follow(&entry).expect("each entry is the next of its chain");
                self.batches += u64::from(matches!(entry, Entry::Batch(_)));
                self.tree.push(entry.link());
                self.read += 1;
            }
        }
        assert_eq!(self.tree.root(), tick.root, "the signed root is that of the entries");
    }
}
