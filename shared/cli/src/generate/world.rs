//! Who there is: tenants with their people, documents and habits.

use super::event::Actor;
use super::random::Random;

/// A customer of the imagined SaaS company.
#[derive(Debug, Clone)]
pub(super) struct Tenant {
    pub(super) id: String,
    pub(super) people: Vec<Person>,
    /// Its documents, as (id, name).
    pub(super) documents: Vec<(String, String)>,
    /// Hours its clocks are ahead of UTC.
    pub(super) offset: i8,
    pub(super) country: &'static str,
    pub(super) region: &'static str,
    /// First three bytes of its office's addresses (RFC 5737), or the start of an RFC 3849 prefix.
    network: String,
    /// How busy it is beside others.
    pub(super) weight: usize,
}

/// Somebody who works there.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) roles: Vec<&'static str>,
    pub(super) ip: String,
    pub(super) user_agent: &'static str,
    /// The session, while logged in.
    pub(super) session: Option<String>,
}

/// (id, hours ahead of UTC, country, region, weight)
const TENANTS: [(&str, i8, &str, &str, usize); 10] = [
    ("nordwind-bank", 1, "DE", "eu-central-1", 9),
    ("acme-robotics", -5, "US", "us-east-1", 7),
    ("blue-harbor-clinic", 0, "GB", "eu-west-2", 5),
    ("sakura-logistics", 9, "JP", "ap-northeast-1", 6),
    ("atelier-lumiere", 1, "FR", "eu-west-3", 2),
    ("pampas-foods", -3, "BR", "sa-east-1", 3),
    ("kiwi-energy", 13, "NZ", "ap-southeast-2", 2),
    ("zenith-law", -8, "US", "us-west-2", 3),
    ("ganges-textiles", 5, "IN", "ap-south-1", 4),
    ("fjord-insurance", 1, "NO", "eu-north-1", 2),
];

const FIRST: [&str; 24] = [
    "Amara", "Björn", "Chloé", "Daniel", "Elif", "Fatima", "Giorgos", "Hana", "Ingrid", "João",
    "Keiko", "Liam", "Mei", "Nikhil", "Olga", "Priya", "Quentin", "Rosa", "Søren", "Tomasz", "Uma",
    "Víctor", "Wanjiru", "Yusuf",
];

const LAST: [&str; 24] = [
    "Almeida",
    "Berg",
    "Castillo",
    "Dubois",
    "Eriksen",
    "Fischer",
    "García",
    "Hoffmann",
    "Ito",
    "Jensen",
    "Kowalski",
    "Lindqvist",
    "Müller",
    "Nakamura",
    "Okafor",
    "Patel",
    "Quinn",
    "Rossi",
    "Schneider",
    "Tanaka",
    "Ueda",
    "Volkov",
    "Weber",
    "Yılmaz",
];

const DOCUMENTS: [&str; 16] = [
    "Q3 forecast.xlsx",
    "Board minutes.docx",
    "Payroll.csv",
    "Kundenliste.xlsx",
    "Roadmap.md",
    "Supplier contract.pdf",
    "Incident review.docx",
    "Préavis.pdf",
    "設計書.docx",
    "Price list.csv",
    "Onboarding.pptx",
    "Risk register.xlsx",
    "Audit plan.docx",
    "Patientenakte.pdf",
    "NDA.pdf",
    "Budget \"final\".xlsx",
];

const AGENTS: [&str; 5] = [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:135.0) Gecko/20100101 Firefox/135.0",
    "LedgerDocs/7.4 (iPhone; iOS 18.3)",
    "LedgerDocs-Desktop/3.11.2",
];

/// The first `count` tenants of the world; the names repeat with a number where there are many.
pub(super) fn tenants(count: usize, random: &Random) -> Vec<Tenant> {
    (0..count).map(|n| tenant(n, &mut random.fork(n as u64 + 1))).collect()
}

fn tenant(n: usize, random: &mut Random) -> Tenant {
    let (name, offset, country, region, weight) = TENANTS[n % TENANTS.len()];
    let id = match n / TENANTS.len() {
        0 => name.to_owned(),
        round => format!("{name}-{}", round + 1),
    };
    let network = match n % 3 {
        0 => "198.51.100.".to_owned(),
        1 => "192.0.2.".to_owned(),
        _ => format!("2001:db8:{n:x}::"),
    };
    let documents = (0..24 + random.below(80))
        .map(|i| {
            let name = random.pick(&DOCUMENTS);
            let name =
                if i < DOCUMENTS.len() { (*name).to_owned() } else { format!("{i:03} {name}") };
            (format!("doc_{}", random.hex::<5>()), name)
        })
        .collect();
    let mut tenant =
        Tenant { id, people: Vec::new(), documents, offset, country, region, network, weight };
    tenant.people = (0..8 + random.below(20)).map(|i| tenant.person(i, random)).collect();
    tenant
}

impl Tenant {
    fn person(&self, n: usize, random: &mut Random) -> Person {
        let (first, last) = (random.pick(&FIRST), random.pick(&LAST));
        let mut roles = vec!["member"];
        match n {
            0 => roles.push("security-admin"),
            1 => roles.push("finance"),
            2 => roles.push("billing-admin"),
            _ if random.percent(30) => roles.push("editor"),
            _ => {}
        }
        let id = format!("usr_{}", random.hex::<4>());
        let email = format!("{}.{}@{}.example", ascii(first), ascii(last), self.id);
        Person {
            id,
            name: format!("{first} {last}"),
            email,
            roles,
            ip: self.address(random),
            user_agent: random.pick::<&str>(&AGENTS),
            session: None,
        }
    }

    fn address(&self, random: &mut Random) -> String {
        let host = 2 + random.below(250);
        match self.network.ends_with(':') {
            true => format!("{}{host:x}", self.network),
            false => format!("{}{host}", self.network),
        }
    }

    /// How much of its work is done at this hour of UTC, in hundredths.
    pub(super) fn activity(&self, hour_utc: i8) -> usize {
        match (hour_utc + self.offset).rem_euclid(24) {
            9..=11 | 13..=16 => 100,
            8 | 12 | 17 => 60,
            7 | 18 | 19 => 25,
            6 | 20..=22 => 8,
            _ => 3,
        }
    }
}

impl Person {
    pub(super) fn actor(&self) -> Actor {
        Actor {
            kind: "user",
            id: self.id.clone(),
            name: Some(self.name.clone()),
            email: Some(self.email.clone()),
            roles: self.roles.clone(),
            session: self.session.clone(),
        }
    }
}

/// A name's letters as they may stand in an address.
fn ascii(name: &str) -> String {
    let letter = |c: char| match c {
        'ö' | 'ø' => 'o',
        'é' => 'e',
        'ã' => 'a',
        'í' | 'ı' => 'i',
        'ü' => 'u',
        c => c.to_ascii_lowercase(),
    };
    name.chars().map(letter).collect()
}
