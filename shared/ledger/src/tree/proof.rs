//! Inclusion and consistency proofs: RFC 9162 §2.1.3 and §2.1.4.

use std::ops::Range;

use crate::Hash;
use crate::tree::{root, split};

/// Why a proof proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// There is no such leaf.
    #[error("expected an index below the tree's size {size}, found {index}")]
    Index {
        /// The index.
        index: u64,
        /// The size of the tree.
        size: u64,
    },
    /// A tree cannot have shrunk.
    #[error("expected an old size of at most {new}, found {old}")]
    Shrunk {
        /// The older size.
        old: u64,
        /// The newer size.
        new: u64,
    },
    /// A path of another length than the positions demand.
    #[error("expected a path of {expected} hashes, found {found}")]
    Length {
        /// The length it must have.
        expected: usize,
        /// The length it has.
        found: usize,
    },
    /// The path leads to another root: the leaf is not in that tree.
    #[error("expected the root {expected}, found {found}")]
    Root {
        /// The root to be reached.
        expected: Hash,
        /// The root that was reached.
        found: Hash,
    },
    /// The path starts from another old root: the new tree does not extend the old one.
    #[error("expected the old root {expected}, found {found}")]
    OldRoot {
        /// The old root to be reached.
        expected: Hash,
        /// The old root that was reached.
        found: Hash,
    },
}

/// The leaves under each hash of an inclusion path, leaf's sibling first. `index < size`.
pub(crate) fn inclusion_ranges(index: u64, size: u64) -> Vec<Range<u64>> {
    let (mut from, mut to) = (0, size);
    let mut ranges = Vec::new();
    while to - from > 1 {
        let middle = from + split(to - from);
        if index < middle {
            ranges.push(middle..to);
            to = middle;
        } else {
            ranges.push(from..middle);
            from = middle;
        }
    }
    ranges.reverse();
    ranges
}

/// The leaves under each hash of a consistency path (`SUBPROOF` of RFC 6962 §2.1.2).
/// `old <= size`.
pub(crate) fn consistency_ranges(old: u64, size: u64) -> Vec<Range<u64>> {
    if old == 0 {
        return Vec::new();
    }
    let (mut from, mut to) = (0, size);
    let mut ranges = Vec::new();
    while old != to {
        let middle = from + split(to - from);
        if old <= middle {
            ranges.push(middle..to);
            to = middle;
        } else {
            ranges.push(from..middle);
            from = middle;
        }
    }
    if from > 0 {
        ranges.push(from..to);
    }
    ranges.reverse();
    ranges
}

fn roots(leaves: &[Hash], ranges: Vec<Range<u64>>) -> Vec<Hash> {
    let part = |range: Range<u64>| root(&leaves[range.start as usize..range.end as usize]);
    ranges.into_iter().map(part).collect()
}

/// The inclusion path of the leaf at `index`; `None` where there is no such leaf.
pub fn inclusion_path(leaves: &[Hash], index: u64) -> Option<Vec<Hash>> {
    let size = leaves.len() as u64;
    (index < size).then(|| roots(leaves, inclusion_ranges(index, size)))
}

/// The path that proves that these leaves extend their first `old` ones; `None` where there are
/// fewer. Empty for `old` 0, whose root everyone knows, and for `old` equal to the size.
pub fn consistency_path(leaves: &[Hash], old: u64) -> Option<Vec<Hash>> {
    let size = leaves.len() as u64;
    (old <= size).then(|| roots(leaves, consistency_ranges(old, size)))
}

/// Checks that `leaf` stands at `index` in the tree of `size` leaves with this `root`.
/// RFC 9162 §2.1.3.2.
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    path: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::Index { index, size });
    }
    // Siblings inside the part of the tree that is perfect above the leaf, then one for each
    // left subtree beside the right border.
    let inner = u64::BITS - (index ^ (size - 1)).leading_zeros();
    let border = index.checked_shr(inner).unwrap_or(0).count_ones();
    let expected = (inner + border) as usize;
    if path.len() != expected {
        return Err(ProofError::Length { expected, found: path.len() });
    }
    let (siblings, lefts) = path.split_at(inner as usize);
    let mut node = *leaf;
    for (level, sibling) in siblings.iter().enumerate() {
        node = match index >> level & 1 {
            0 => Hash::node(&node, sibling),
            _ => Hash::node(sibling, &node),
        };
    }
    node = lefts.iter().fold(node, |node, left| Hash::node(left, &node));
    if node == *root { Ok(()) } else { Err(ProofError::Root { expected: *root, found: node }) }
}

/// Checks that the tree of `new_size` leaves extends that of `old_size`. RFC 9162 §2.1.4.2; also
/// an `old_size` of 0 with the empty root and an empty path, and equal sizes with equal roots.
pub fn verify_consistency(
    old_size: u64,
    old_root: &Hash,
    new_size: u64,
    new_root: &Hash,
    path: &[Hash],
) -> Result<(), ProofError> {
    if old_size > new_size {
        return Err(ProofError::Shrunk { old: old_size, new: new_size });
    }
    let expected = consistency_ranges(old_size, new_size).len();
    if path.len() != expected {
        return Err(ProofError::Length { expected, found: path.len() });
    }
    let old_is = |found: Hash| match found == *old_root {
        true => Ok(()),
        false => Err(ProofError::OldRoot { expected: *old_root, found }),
    };
    let new_is = |found: Hash| match found == *new_root {
        true => Ok(()),
        false => Err(ProofError::Root { expected: *new_root, found }),
    };
    if old_size == 0 {
        old_is(Hash::EMPTY_ROOT)?;
        return if new_size == 0 { new_is(Hash::EMPTY_ROOT) } else { Ok(()) };
    }
    if old_size == new_size {
        return new_is(*old_root);
    }
    let (old, new) = consistency_roots(old_size, old_root, new_size, path);
    old_is(old)?;
    new_is(new)
}

/// The two roots that a consistency path leads to: steps 1 to 6 of RFC 9162 §2.1.4.2, for
/// `0 < old_size < new_size` and a path of the right length.
fn consistency_roots(old_size: u64, old_root: &Hash, new_size: u64, path: &[Hash]) -> (Hash, Hash) {
    // The last perfect subtree of the old tree, which both roots are built upon: the old root
    // itself where the old tree is perfect, else the first hash of the path.
    let (first, rest) = match path {
        [first, rest @ ..] if !old_size.is_power_of_two() => (first, rest),
        _ => (old_root, path),
    };
    let mut last_old = (old_size - 1) >> (old_size - 1).trailing_ones();
    let mut last_new = (new_size - 1) >> (old_size - 1).trailing_ones();
    let (mut old, mut new) = (*first, *first);
    for hash in rest {
        if last_old & 1 == 1 || last_old == last_new {
            old = Hash::node(hash, &old);
            new = Hash::node(hash, &new);
            while last_old & 1 == 0 && last_old != 0 {
                last_old >>= 1;
                last_new >>= 1;
            }
        } else {
            new = Hash::node(&new, hash);
        }
        last_old >>= 1;
        last_new >>= 1;
    }
    (old, new)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::tree::model;

    #[test]
    fn every_small_inclusion_path_is_the_recursive_one_and_verifies() {
        let all = model::leaves(70);
        for n in 1..=all.len() {
            let leaves = &all[..n];
            let root = root(leaves);
            for (i, leaf) in leaves.iter().enumerate() {
                let path = inclusion_path(leaves, i as u64).unwrap();
                assert_eq!(path, model::inclusion(leaves, i), "{i} of {n}");
                verify_inclusion(leaf, i as u64, n as u64, &path, &root).unwrap();
            }
        }
    }

    #[test]
    fn every_small_consistency_path_is_the_recursive_one_and_verifies() {
        let all = model::leaves(70);
        for n in 0..=all.len() {
            for old in 0..=n {
                let path = consistency_path(&all[..n], old as u64).unwrap();
                assert_eq!(path, model::consistency(&all[..n], old), "{old} of {n}");
                let (old_root, new_root) = (root(&all[..old]), root(&all[..n]));
                verify_consistency(old as u64, &old_root, n as u64, &new_root, &path).unwrap();
            }
        }
    }

    #[test]
    fn no_path_is_made_for_a_leaf_or_a_size_that_is_not_there() {
        let leaves = model::leaves(3);
        assert_eq!(inclusion_path(&leaves, 3), None);
        assert_eq!(inclusion_path(&[], 0), None);
        assert_eq!(consistency_path(&leaves, 4), None);
    }

    #[test]
    fn a_tree_that_shrank_is_refused() {
        let leaves = model::leaves(5);
        let found = verify_consistency(5, &root(&leaves), 4, &root(&leaves[..4]), &[]);
        assert_eq!(found, Err(ProofError::Shrunk { old: 5, new: 4 }));
    }

    #[test]
    fn two_trees_of_one_size_with_different_roots_are_refused() {
        let leaves = model::leaves(2);
        let found = verify_consistency(1, &leaves[0], 1, &leaves[1], &[]);
        assert_eq!(found, Err(ProofError::Root { expected: leaves[1], found: leaves[0] }));
    }

    #[test]
    fn an_empty_tree_has_only_the_empty_root() {
        let leaf = Hash::leaf(b"x");
        assert!(verify_consistency(0, &leaf, 1, &leaf, &[]).is_err());
        assert!(verify_consistency(0, &Hash::EMPTY_ROOT, 0, &leaf, &[]).is_err());
    }

    #[test]
    fn a_fork_is_refused() {
        let old = model::leaves(6);
        let mut fork = model::leaves(9);
        fork[5] = Hash::leaf(b"another");
        let path = consistency_path(&fork, 6).unwrap();
        let found = verify_consistency(6, &root(&old), 9, &root(&fork), &path);
        assert!(matches!(found, Err(ProofError::OldRoot { .. })), "{found:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_change_to_an_inclusion_proof_makes_it_fail(
            n in 1u64..600, at in any::<prop::sample::Index>(), bit in 0usize..256,
            which in any::<prop::sample::Index>(),
        ) {
            let leaves = model::leaves(n as usize);
            let index = at.index(n as usize) as u64;
            let root = root(&leaves);
            let leaf = leaves[index as usize];
            let path = inclusion_path(&leaves, index).unwrap();
            prop_assert!(verify_inclusion(&leaf, index, n, &path, &root).is_ok());
            prop_assert!(verify_inclusion(&flip(leaf, bit), index, n, &path, &root).is_err());
            prop_assert!(verify_inclusion(&leaf, index, n, &path, &flip(root, bit)).is_err());
            prop_assert!(verify_inclusion(&leaf, (index + 1) % (n + 1), n, &path, &root).is_err());
            let mut longer = path.clone();
            longer.push(leaf);
            prop_assert!(verify_inclusion(&leaf, index, n, &longer, &root).is_err());
            if !path.is_empty() {
                prop_assert!(verify_inclusion(&leaf, index, n, &path[1..], &root).is_err());
                let mut other = path.clone();
                let i = which.index(other.len());
                other[i] = flip(other[i], bit);
                prop_assert!(verify_inclusion(&leaf, index, n, &other, &root).is_err());
            }
        }

        #[test]
        fn any_change_to_a_consistency_proof_makes_it_fail(
            n in 2u64..600, at in any::<prop::sample::Index>(), bit in 0usize..256,
            which in any::<prop::sample::Index>(),
        ) {
            let leaves = model::leaves(n as usize);
            let old = 1 + at.index(n as usize - 1) as u64;
            let (old_root, new_root) = (root(&leaves[..old as usize]), root(&leaves));
            let path = consistency_path(&leaves, old).unwrap();
            let check = |o: u64, or: &Hash, n: u64, nr: &Hash, p: &[Hash]| {
                verify_consistency(o, or, n, nr, p).is_ok()
            };
            prop_assert!(check(old, &old_root, n, &new_root, &path));
            prop_assert!(!check(old, &flip(old_root, bit), n, &new_root, &path));
            prop_assert!(!check(old, &old_root, n, &flip(new_root, bit), &path));
            prop_assert!(!check(old, &old_root, n, &new_root, &path[1..]));
            let mut other = path.clone();
            let i = which.index(other.len());
            other[i] = flip(other[i], bit);
            prop_assert!(!check(old, &old_root, n, &new_root, &other));
        }

        #[test]
        fn no_position_and_no_size_makes_verification_panic(
            index: u64, size: u64, length in 0usize..70,
        ) {
            let path = vec![Hash::leaf(b""); length];
            let root = Hash::leaf(b"root");
            prop_assert!(verify_inclusion(&root, index, size, &path, &root).is_err() || size == 1);
            let _ = verify_consistency(index, &root, size, &root, &path);
        }
    }

    fn flip(hash: Hash, bit: usize) -> Hash {
        let mut bytes = *hash.as_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        Hash::from_bytes(bytes)
    }

    #[test]
    fn the_largest_positions_are_checked_without_overflow() {
        let root = Hash::leaf(b"root");
        let path = vec![root; 64];
        for (index, size) in [(u64::MAX - 1, u64::MAX), (0, u64::MAX), (1 << 63, u64::MAX)] {
            assert!(verify_inclusion(&root, index, size, &path, &root).is_err());
            let mut verdicts = (0..=64)
                .map(|n| verify_inclusion(&root, index, size, &path[..n], &root).unwrap_err());
            assert!(verdicts.any(|e| matches!(e, ProofError::Root { .. })));
        }
    }
}
