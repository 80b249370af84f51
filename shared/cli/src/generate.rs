//! `cairn generate`: the traffic of a SaaS company's customers on one day, and an incident in it
//! that an auditor can follow. The same options make the same bytes, everywhere and for good.

mod event;
mod random;
mod story;
mod work;
mod world;

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use event::{Event, Producer, Source, Trace};
use random::Random;
use story::Scene;
use work::Act;
use world::Tenant;

/// What the day spans.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The latest beginning, 9999-12-27T00:00:00Z: a day of few events can be twice as long, and times
/// end with that year.
pub const LATEST: Timestamp = Timestamp::constant(253_401_868_800, 0);

/// Fewer events than this hold no incident: it would be all there is.
const STORY_NEEDS: u64 = 100;

/// Where the incident begins: 02:13 at its tenant, when nobody is at work.
const STORY_HOUR: (i8, i64) = (2, 13);

/// What to generate.
#[derive(Debug, Clone)]
pub struct Options {
    /// Same seed, same traffic.
    pub seed: u64,
    /// How many events.
    pub events: u64,
    /// How many tenants, at least 1.
    pub tenants: usize,
    /// When the day begins: [`LATEST`] at most.
    pub start: Timestamp,
}

/// One event of the traffic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// Its id.
    pub id: String,
    /// The event as JSON, on one line, without line feed.
    pub json: String,
    /// What an auditor should read in it, if it belongs to the incident.
    pub story: Option<&'static str>,
}

/// The traffic, in order of time: an iterator of exactly as many events as were asked for.
pub struct Traffic {
    random: Random,
    tenants: Vec<Tenant>,
    weights: usize,
    scenes: VecDeque<Scene>,
    ordinary: u64,
    clock: Timestamp,
    gap: SignedDuration,
    counters: [u64; SERVICES.len()],
}

/// Services that produce events, with the producers behind them and their versions.
const SERVICES: [(&str, &str, &str); 4] = [
    ("auth", "auth-1", "2.19.0"),
    ("documents", "documents-1", "7.4.1"),
    ("admin", "admin-1", "4.0.3"),
    ("jobs", "jobs-1", "1.31.2"),
];

impl Default for Options {
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "a constant within jiff's range")]
        let start = Timestamp::from_second(1_772_409_600).expect("2026-03-02T00:00:00Z is a time");
        Self { seed: 1, events: 1_000, tenants: 5, start }
    }
}

/// Begins to generate. The incident happens at the first tenant, whenever there are 100 events or more.
pub fn generate(options: &Options) -> Traffic {
    let random = Random::new(options.seed);
    let start = options.start.min(LATEST);
    let tenants = world::tenants(options.tenants.max(1), &random);
    let scenes = match options.events {
        ..STORY_NEEDS => Vec::new(),
        events => {
            let exports = (events / 50).clamp(8, 60) as usize;
            let (hour, minute) = STORY_HOUR;
            let hour = i64::from((hour - tenants[0].offset).rem_euclid(24));
            let begin = start + SignedDuration::from_mins(hour * 60 + minute);
            story::scenes(&tenants[0], begin, exports, &mut random.fork(0))
        }
    };
    let ordinary = options.events - scenes.len() as u64;
    let micros = DAY.as_micros() as u64 / ordinary.max(1);
    Traffic {
        weights: tenants.iter().map(|tenant| tenant.weight).sum(),
        random,
        tenants,
        scenes: scenes.into(),
        ordinary,
        clock: start,
        gap: SignedDuration::from_micros(micros.cast_signed()),
        counters: [0; SERVICES.len()],
    }
}

impl Iterator for Traffic {
    type Item = Generated;

    fn next(&mut self) -> Option<Generated> {
        let due = |scene: &Scene| self.ordinary == 0 || scene.at <= self.clock;
        if self.scenes.front().is_some_and(due) {
            let Scene { at, act, meaning } = self.scenes.pop_front()?;
            return Some(self.finish(0, at, act, Some(meaning)));
        }
        self.ordinary = self.ordinary.checked_sub(1)?;
        let at = self.clock;
        // Between nothing and twice the mean: the day comes out as long as it should.
        self.clock += self.gap.saturating_mul(self.random.below(2_001) as i32) / 1_000;
        let n = self.tenant(at);
        let act = work::next(&mut self.tenants[n], &mut self.random);
        Some(self.finish(n, at, act, None))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.ordinary as usize + self.scenes.len();
        (left, Some(left))
    }
}

impl Traffic {
    /// A tenant at work: by weight, and by the hour where it is.
    fn tenant(&mut self, at: Timestamp) -> usize {
        let hour = (at.as_second().rem_euclid(86_400) / 3_600) as i8;
        loop {
            let mut ticket = self.random.below(self.weights);
            let n = self.tenants.iter().position(|tenant| {
                let won = ticket < tenant.weight;
                ticket = ticket.saturating_sub(tenant.weight);
                won
            });
            let n = n.unwrap_or_default();
            if self.random.percent(self.tenants[n].activity(hour)) {
                return n;
            }
        }
    }

    fn finish(
        &mut self,
        tenant: usize,
        at: Timestamp,
        act: Act,
        story: Option<&'static str>,
    ) -> Generated {
        let tenant = &self.tenants[tenant];
        let service =
            SERVICES.iter().position(|(name, ..)| *name == act.service).unwrap_or_default();
        let (name, producer, version) = SERVICES[service];
        let seq = self.counters[service];
        self.counters[service] += 1;
        let event = Event {
            id: event::id(at, &mut self.random),
            tenant: tenant.id.clone(),
            // Machines log in UTC, people's applications where they are.
            time: event::local_time(at, if name == "jobs" { 0 } else { tenant.offset }),
            action: act.deed.action,
            actor: act.actor,
            resource: act.deed.resource,
            outcome: act.deed.outcome,
            reason: act.deed.reason,
            source: Source {
                ip: act.ip,
                user_agent: act.user_agent,
                service: name,
                version,
                region: tenant.region,
            },
            trace: Trace::new(&mut self.random),
            changes: act.deed.changes,
            data: act.deed.data,
            producer: Producer { id: producer, seq },
        };
        #[expect(
            clippy::expect_used,
            reason = "strings, integers and objects with text keys serialise"
        )]
        let json = serde_json::to_string(&event).expect("an event serialises");
        Generated { id: event.id, json, story }
    }
}

#[cfg(test)]
mod tests;
