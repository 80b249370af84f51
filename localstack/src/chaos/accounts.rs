//! The account: what was put, and how often the archive holds each of it.

use serde::Serialize;

/// What was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Put {
    /// Records.
    pub records: u64,
    /// Events that they carried; the ids are the numbers below this.
    pub events: u64,
    /// Records of which each makes one rejection.
    pub bad: u64,
}

/// How often each event is there.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// By id; one byte each, so that millions can be counted.
    seen: Vec<u8>,
    /// Events whose ids were never given.
    foreign: u64,
    rejections: u64,
}

/// What was put, against what is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// What was put.
    pub put: Put,
    /// Events that the archive holds.
    pub sealed: u64,
    /// Rejections that it holds.
    pub rejections: u64,
    /// Events that were put and are not there.
    pub lost: u64,
    /// Events that are there more often than they were put.
    pub duplicated: u64,
    /// Events that nobody put.
    pub invented: u64,
    /// Chains that are stopped.
    pub stopped: u64,
    /// Findings of the verifier that tell of a fork.
    pub forks: u64,
}

impl Counts {
    /// Counts for so many events.
    pub fn new(put: Put) -> Self {
        let seen = vec![0; usize::try_from(put.events).unwrap_or_default()];
        Self { seen, ..Self::default() }
    }

    /// Counts a leaf: the number of an event, `None` for one that has none of ours.
    pub fn event(&mut self, number: Option<u64>) {
        let place = number.and_then(|number| usize::try_from(number).ok());
        match place.and_then(|place| self.seen.get_mut(place)) {
            Some(seen) => *seen = seen.saturating_add(1),
            None => self.foreign += 1,
        }
    }

    /// Counts a rejection.
    pub fn rejection(&mut self) {
        self.rejections += 1;
    }
}

impl Account {
    /// Draws it up.
    pub fn of(put: Put, counts: &Counts, stopped: u64, forks: u64) -> Self {
        let times = counts.seen.iter().map(|seen| u64::from(*seen));
        Self {
            put,
            sealed: times.clone().sum::<u64>() + counts.foreign,
            rejections: counts.rejections,
            lost: times.clone().filter(|seen| *seen == 0).count() as u64,
            duplicated: times.map(|seen| seen.saturating_sub(1)).sum(),
            invented: counts.foreign,
            stopped,
            forks,
        }
    }

    /// Whether all is there, once, and nothing else.
    pub fn is_fine(&self) -> bool {
        let wrong = self.lost + self.duplicated + self.invented + self.stopped + self.forks;
        wrong == 0 && self.rejections == self.put.bad
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUT: Put = Put { records: 4, events: 3, bad: 1 };

    fn account(events: &[Option<u64>], rejections: usize) -> Account {
        let mut counts = Counts::new(PUT);
        events.iter().for_each(|event| counts.event(*event));
        (0..rejections).for_each(|_| counts.rejection());
        Account::of(PUT, &counts, 0, 0)
    }

    #[test]
    fn all_once_is_fine() {
        let account = account(&[Some(2), Some(0), Some(1)], 1);
        assert!(account.is_fine(), "{account:?}");
        assert_eq!((account.sealed, account.rejections), (3, 1));
    }

    #[test]
    fn what_is_wrong_is_told_apart() {
        let lost = account(&[Some(0), Some(2)], 1);
        assert_eq!((lost.lost, lost.is_fine()), (1, false));
        let twice = account(&[Some(0), Some(1), Some(1), Some(2), Some(1)], 1);
        assert_eq!((twice.duplicated, twice.sealed, twice.is_fine()), (2, 5, false));
        let invented = account(&[Some(0), Some(1), Some(2), None, Some(7)], 1);
        assert_eq!((invented.invented, invented.is_fine()), (2, false));
        for rejections in [0, 2] {
            assert!(!account(&[Some(0), Some(1), Some(2)], rejections).is_fine());
        }
        let fine = account(&[Some(0), Some(1), Some(2)], 1);
        assert!(!Account { stopped: 1, ..fine.clone() }.is_fine());
        assert!(!Account { forks: 1, ..fine }.is_fine());
    }
}
