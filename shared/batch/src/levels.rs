//! Parquet's hybrid of run-length encoding and bit packing, used for two things: which rows of an
//! optional column have a value, and places in a dictionary.
//!
//! A sequence is written as one run: run-length if all its values are the same, bit-packed
//! otherwise; zstd finds what repeats. Places take whole bytes, for its sake.
//!
//! <https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE>

/// Which rows of a page have a value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Levels<'a> {
    /// All or none.
    Same(bool),
    /// A bit a row, the lowest first.
    Packed(&'a [u8]),
}

impl Levels<'_> {
    /// Whether a row has a value.
    pub(crate) fn has(&self, row: usize) -> bool {
        match self {
            Self::Same(all) => *all,
            Self::Packed(bits) => bits.get(row / 8).is_some_and(|byte| byte >> (row % 8) & 1 == 1),
        }
    }
}

/// Appends the levels of an optional column's values; nothing for a required one.
pub(crate) fn write<T>(optional: bool, values: &[Option<T>], page: &mut Vec<u8>) {
    if !optional {
        return;
    }
    let start = page.len();
    page.extend_from_slice(&[0; 4]);
    let present = values.iter().filter(|value| value.is_some()).count();
    if present == 0 || present == values.len() {
        varint(values.len() << 1, page);
        page.push(u8::from(present > 0));
    } else {
        varint(values.len().div_ceil(8) << 1 | 1, page);
        let pack = |values: &[Option<T>]| {
            values.iter().rev().fold(0, |byte, value| byte << 1 | u8::from(value.is_some()))
        };
        page.extend(values.chunks(8).map(pack));
    }
    let length = (page.len() - start - 4) as u32;
    if let Some(prefix) = page.get_mut(start..start + 4) {
        prefix.copy_from_slice(&length.to_le_bytes());
    }
}

/// Reads the levels of `rows` rows at the start of an optional column's page; also what follows.
/// `None` where they are not as [`write`] writes them.
pub(crate) fn read(page: &[u8], rows: usize) -> Option<(Levels<'_>, &[u8])> {
    let (length, page) = page.split_first_chunk::<4>()?;
    let (levels, rest) = page.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let (head, bits) = read_varint(levels)?;
    let levels = if head & 1 == 0 {
        match bits {
            [value @ (0 | 1)] if head >> 1 == rows => Levels::Same(*value == 1),
            _ => return None,
        }
    } else if head >> 1 == rows.div_ceil(8) && bits.len() == rows.div_ceil(8) {
        Levels::Packed(bits)
    } else {
        return None;
    };
    let padded = (rows..rows.next_multiple_of(8)).any(|row| levels.has(row));
    (matches!(levels, Levels::Same(_)) || !padded).then_some((levels, rest))
}

/// Bytes that a place in a dictionary of `entries` takes.
fn width(entries: usize) -> usize {
    match entries {
        0..=0x100 => 1,
        0x101..=0x1_0000 => 2,
        _ => 4,
    }
}

/// Appends places in a dictionary of `entries`.
pub(crate) fn write_indices(indices: &[u32], entries: usize, page: &mut Vec<u8>) {
    let width = width(entries);
    page.push(8 * width as u8);
    if entries == 1 {
        varint(indices.len() << 1, page);
        page.push(0);
        return;
    }
    varint(indices.len().div_ceil(8) << 1 | 1, page);
    for index in indices {
        page.extend(index.to_le_bytes().iter().take(width));
    }
    page.resize(page.len() + (indices.len().next_multiple_of(8) - indices.len()) * width, 0);
}

/// Places in a dictionary.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Indices<'a> {
    width: usize,
    packed: Option<&'a [u8]>,
}

impl Indices<'_> {
    /// Reads `values` places in a dictionary of `entries`, which fill the page. `None` where they
    /// are not as [`write_indices`] writes them.
    pub(crate) fn read(page: &[u8], values: usize, entries: usize) -> Option<Indices<'_>> {
        let (bits, page) = page.split_first()?;
        let width = width(entries);
        let (head, packed) = read_varint(page)?;
        let padded = values.next_multiple_of(8);
        let padding = packed.get(values * width..).unwrap_or_default();
        let good = usize::from(*bits) == 8 * width
            && if entries == 1 {
                head == values << 1 && packed == [0]
            } else {
                head == (padded / 8) << 1 | 1
                    && packed.len() == padded * width
                    && padding.iter().all(|byte| *byte == 0)
            };
        good.then_some(Indices { width, packed: (entries != 1).then_some(packed) })
    }

    /// The place of a value; may lie beyond the dictionary.
    pub(crate) fn place(&self, value: usize) -> usize {
        let Some(packed) = self.packed else { return 0 };
        let bytes = packed.iter().skip(value * self.width).take(self.width);
        bytes.rev().fold(0, |place, byte| place << 8 | usize::from(*byte))
    }
}

fn varint(mut value: usize, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn read_varint(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    for (place, byte) in bytes.iter().enumerate().take(5) {
        value |= usize::from(byte & 0x7f) << (7 * place);
        if *byte < 0x80 {
            let shortest = *byte != 0 || place == 0;
            return shortest.then_some((value, bytes.get(place + 1..).unwrap_or_default()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn levels_are_the_bytes_that_the_format_says() {
        let mut page = Vec::new();
        write(true, &[Some(()); 3], &mut page);
        assert_eq!(page, [2, 0, 0, 0, 3 << 1, 1], "a run of three ones");
        page.clear();
        write(true, &[Some(()), None, Some(())], &mut page);
        assert_eq!(page, [2, 0, 0, 0, 1 << 1 | 1, 0b101], "one group of eight bits");
        page.clear();
        write(false, &[Some(()); 3], &mut page);
        assert!(page.is_empty(), "required");
    }

    #[test]
    fn places_are_the_bytes_that_the_format_says() {
        let mut page = Vec::new();
        write_indices(&[1, 0, 2], 3, &mut page);
        assert_eq!(page, [8, 1 << 1 | 1, 1, 0, 2, 0, 0, 0, 0, 0], "one group of eight bytes");
        page.clear();
        write_indices(&[0; 200], 1, &mut page);
        assert_eq!(page, [8, 0x90, 0x03, 0], "a run of two hundred zeros");
        page.clear();
        write_indices(&[258, 1], 300, &mut page);
        assert_eq!(page[..6], [16, 1 << 1 | 1, 2, 1, 1, 0], "two bytes a place");
    }

    proptest! {
        #[test]
        fn levels_are_read_back(present in prop::collection::vec(any::<bool>(), 0..70)) {
            let values: Vec<Option<()>> = present.iter().map(|is| is.then_some(())).collect();
            let mut page = Vec::new();
            write(true, &values, &mut page);
            page.push(7);
            let (levels, rest) = read(&page, values.len()).unwrap();
            prop_assert_eq!(rest, &[7u8][..]);
            let found: Vec<bool> = (0..values.len()).map(|row| levels.has(row)).collect();
            prop_assert_eq!(found, present);
        }

        #[test]
        fn places_are_read_back(
            (entries, indices) in prop_oneof![1usize..5, 250usize..260, 65_530usize..65_540]
                .prop_flat_map(|entries| {
                    (Just(entries), prop::collection::vec(0..entries as u32, 1..40))
                }),
        ) {
            let mut page = Vec::new();
            write_indices(&indices, entries, &mut page);
            let read = Indices::read(&page, indices.len(), entries).unwrap();
            for (value, index) in indices.iter().enumerate() {
                prop_assert_eq!(read.place(value), *index as usize);
            }
            page.push(0);
            prop_assert!(Indices::read(&page, indices.len(), entries).is_none());
        }

        #[test]
        fn no_bytes_make_the_readers_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..40),
            rows in 0usize..100,
            entries in 0usize..70_000,
        ) {
            if let Some((levels, _)) = read(&bytes, rows) {
                (0..rows).for_each(|row| {
                    levels.has(row);
                });
            }
            if let Some(indices) = Indices::read(&bytes, rows, entries) {
                (0..rows).for_each(|value| {
                    indices.place(value);
                });
            }
        }
    }
}
