//! Which known name a misspelt one may stand for.

/// Bytes of the longest name that is compared: no field of an event has a longer one.
const LONGEST: usize = 16;

/// Changes that a slip has at most.
const SLIPS: usize = 2;

/// The known name, of a list with commas, that is a slip of the finger or a habit of spelling away
/// from `name`, whatever the case: at most two letters added, dropped or replaced, and no more than
/// half of the known name.
pub(super) fn nearest<'k>(name: &[u8], known: &'k str) -> Option<&'k str> {
    let distances = known.split(", ").filter_map(|known| {
        let distance = distance(name, known.as_bytes())?;
        (distance <= SLIPS.min(known.len() / 2)).then_some((distance, known))
    });
    distances.min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}

/// Levenshtein's distance, case aside; `None` where it is not worth knowing.
fn distance(name: &[u8], known: &[u8]) -> Option<usize> {
    if known.len() > LONGEST || name.len().abs_diff(known.len()) > SLIPS {
        return None;
    }
    // `row[n]` is the distance of the part of `name` so far from the first n bytes of `known`.
    let mut row: [usize; LONGEST + 1] = std::array::from_fn(|n| n);
    for (place, byte) in name.iter().enumerate() {
        let mut diagonal = std::mem::replace(row.first_mut()?, place + 1);
        for (n, other) in known.iter().enumerate() {
            let replaced = diagonal + usize::from(!byte.eq_ignore_ascii_case(other));
            diagonal = row[n + 1];
            row[n + 1] = replaced.min(diagonal + 1).min(row[n] + 1);
        }
    }
    row.get(known.len()).copied()
}
