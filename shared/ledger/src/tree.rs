//! Merkle trees over leaf hashes: RFC 6962 §2.1 and RFC 9162 §2.1. SPEC.md §3.

mod frontier;
mod proof;

pub use frontier::Frontier;
pub use proof::{
    ProofError, consistency_path, inclusion_path, verify_consistency, verify_inclusion,
};
pub(crate) use proof::{consistency_ranges, inclusion_ranges};

use crate::Hash;

/// The root of the tree over these leaf hashes; [`Hash::EMPTY_ROOT`] for none.
pub fn root(leaves: &[Hash]) -> Hash {
    let mut frontier = Frontier::new();
    frontier.extend(leaves.iter().copied());
    frontier.root()
}

/// The size of the left subtree of a tree of `size` leaves, at least 2: the largest power of two
/// below it.
fn split(size: u64) -> u64 {
    debug_assert!(size >= 2);
    1 << (u64::BITS - 1 - (size - 1).leading_zeros())
}

/// The level of the largest perfect tree of at most `size` leaves, at least 1.
pub(crate) fn top_level(size: u64) -> u32 {
    u64::BITS - 1 - size.leading_zeros()
}

#[cfg(test)]
pub(crate) mod model {
    //! RFC 6962 §2.1 as it is written, recursive and slow: the oracle of the property tests.

    use crate::Hash;

    fn split(n: usize) -> usize {
        let mut k = 1;
        while k * 2 < n {
            k *= 2;
        }
        k
    }

    pub(crate) fn root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Hash::of(b""),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(split(leaves.len()));
                Hash::node(&root(left), &root(right))
            }
        }
    }

    pub(crate) fn inclusion(leaves: &[Hash], index: usize) -> Vec<Hash> {
        if leaves.len() == 1 {
            return Vec::new();
        }
        let k = split(leaves.len());
        let (left, right) = leaves.split_at(k);
        let (mut path, sibling) = match index < k {
            true => (inclusion(left, index), root(right)),
            false => (inclusion(right, index - k), root(left)),
        };
        path.push(sibling);
        path
    }

    pub(crate) fn consistency(leaves: &[Hash], old: usize) -> Vec<Hash> {
        fn subproof(leaves: &[Hash], old: usize, whole: bool) -> Vec<Hash> {
            if old == leaves.len() {
                return if whole { Vec::new() } else { vec![root(leaves)] };
            }
            let k = split(leaves.len());
            let (left, right) = leaves.split_at(k);
            let (mut path, sibling) = match old <= k {
                true => (subproof(left, old, whole), root(right)),
                false => (subproof(right, old - k, false), root(left)),
            };
            path.push(sibling);
            path
        }
        if old == 0 { Vec::new() } else { subproof(leaves, old, true) }
    }

    pub(crate) fn leaves(n: usize) -> Vec<Hash> {
        (0..n).map(|i| Hash::leaf(&i.to_be_bytes())).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_root_of_every_small_tree_is_that_of_the_recursive_definition() {
        let leaves = model::leaves(300);
        for n in 0..=leaves.len() {
            assert_eq!(root(&leaves[..n]), model::root(&leaves[..n]), "size {n}");
        }
    }

    #[test]
    fn the_roots_are_those_of_the_certificate_transparency_reference_tree() {
        // Inputs and roots of certificate-transparency-go, merkle/testonly/reference.
        let inputs = [
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        ];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let leaves: Vec<Hash> =
            inputs.iter().map(|input| Hash::leaf(&hex::decode(input).unwrap())).collect();
        for (n, expected) in roots.iter().enumerate() {
            assert_eq!(root(&leaves[..=n]).to_string(), *expected, "size {}", n + 1);
        }
    }
}
