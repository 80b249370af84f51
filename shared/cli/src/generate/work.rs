//! An ordinary day: what people and machines do when nothing is wrong, errors included.

use serde_json::json;

use super::event::{Actor, Deed, Resource};
use super::random::Random;
use super::world::Tenant;

/// Who did it, from where, and what.
pub(super) struct Act {
    pub(super) actor: Actor,
    pub(super) ip: String,
    pub(super) user_agent: Option<&'static str>,
    pub(super) service: &'static str,
    pub(super) deed: Deed,
}

/// The next thing that happens at a tenant.
pub(super) fn next(tenant: &mut Tenant, random: &mut Random) -> Act {
    if random.percent(12) {
        return machine(tenant, random);
    }
    let n = random.below(tenant.people.len());
    if tenant.people[n].session.is_none() {
        return login(tenant, n, random);
    }
    if random.percent(6) {
        let mut act = person(tenant, n, Deed::new("auth.logout", session(tenant, n)));
        act.service = "auth";
        tenant.people[n].session = None;
        return act;
    }
    let deed = work(tenant, n, random);
    person(tenant, n, deed)
}

fn person(tenant: &Tenant, n: usize, deed: Deed) -> Act {
    let who = &tenant.people[n];
    let service = match deed.action.split('.').next() {
        Some("auth") => "auth",
        Some("role" | "user" | "apikey" | "settings") => "admin",
        _ => "documents",
    };
    Act { actor: who.actor(), ip: who.ip.clone(), user_agent: Some(who.user_agent), service, deed }
}

fn session(tenant: &Tenant, n: usize) -> Resource {
    Resource::new("session", tenant.people[n].session.clone().unwrap_or_default())
}

fn login(tenant: &mut Tenant, n: usize, random: &mut Random) -> Act {
    let method = *random.pick(&["password+totp", "sso", "passkey"]);
    let account = Resource::new("account", tenant.people[n].id.clone());
    if random.percent(7) {
        let reason = *random.pick(&["wrong password", "code expired", "account locked"]);
        let deed = Deed::new("auth.login", account).ended("failure", reason);
        return person(tenant, n, deed.with(json!({"method": method, "country": tenant.country})));
    }
    tenant.people[n].session = Some(format!("ses_{}", random.hex::<6>()));
    let deed = Deed::new("auth.login", account);
    person(
        tenant,
        n,
        deed.with(json!({"method": method, "country": tenant.country, "new_device": false})),
    )
}

fn document(tenant: &Tenant, random: &mut Random) -> Resource {
    let (id, name) = random.pick(&tenant.documents);
    Resource::new("document", id.clone()).named(name.clone())
}

fn work(tenant: &Tenant, n: usize, random: &mut Random) -> Deed {
    let document = document(tenant, random);
    match random.below(100) {
        0..=44 => {
            let read = Deed::new("document.read", document);
            if random.percent(3) { read.ended("denied", "not shared with this user") } else { read }
        }
        45..=64 => {
            let version = random.below(40) as u64 + 1;
            Deed::new("document.update", document).change("/version", version, version + 1)
        }
        65..=74 => {
            let with = random.pick(&tenant.people).id.clone();
            let permission = *random.pick(&["viewer", "commenter", "editor"]);
            Deed::new("document.share", document)
                .with(json!({"with": with, "permission": permission}))
        }
        75..=79 => Deed::new("document.download", document).with(
            json!({"bytes": random.below(4_000_000), "format": random.pick(&["pdf", "original"])}),
        ),
        80..=84 => Deed::new("document.create", document),
        85..=87 => Deed::new("document.delete", document).change("/deleted", false, true),
        88..=91 => Deed::new("document.search", Resource::new("workspace", tenant.id.clone()))
            .with(json!({"hits": random.below(60), "took_ms": random.below(900)})),
        92..=93 => {
            let report = Resource::new("report", format!("rep_{}", random.hex::<4>()));
            Deed::new("report.export", report)
                .with(json!({"format": "csv", "rows": random.below(9_000)}))
        }
        94..=97 => Deed::new("document.comment", document),
        _ => admin(tenant, n, random),
    }
}

fn admin(tenant: &Tenant, n: usize, random: &mut Random) -> Deed {
    let other = random.pick(&tenant.people);
    let account = Resource::new("account", other.id.clone()).named(other.name.clone());
    let allowed = tenant.people[n].roles.iter().any(|role| role.ends_with("-admin"));
    let deed =
        match random.below(5) {
            0 => Deed::new("role.grant", account).change("/roles/editor", false, true),
            1 => Deed::new("role.revoke", account).change("/roles/editor", true, false),
            2 => Deed::new("user.invite", account).with(json!({"role": "member"})),
            3 => Deed::new(
                "apikey.rotate",
                Resource::new("apikey", format!("key_{}", random.hex::<4>())),
            ),
            _ => Deed::new("settings.update", Resource::new("workspace", tenant.id.clone()))
                .change("/session/idle_minutes", 30, *random.pick(&[15, 20, 60])),
        };
    if allowed { deed } else { deed.ended("denied", "needs an admin role") }
}

fn machine(tenant: &Tenant, random: &mut Random) -> Act {
    let (id, deed) = match random.below(4) {
        0 => {
            let hook = Resource::new("webhook", format!("hook_{:02}", random.below(6)));
            let deed = Deed::new("webhook.deliver", hook);
            let deed = if random.percent(5) {
                deed.ended("failure", "endpoint answered 503")
            } else {
                deed
            };
            ("svc_webhooks", deed.with(json!({"attempt": 1, "took_ms": random.below(2_500)})))
        }
        1 => {
            let backup = Resource::new("backup", format!("bak_{}", random.hex::<4>()));
            (
                "svc_backup",
                Deed::new("backup.create", backup)
                    .with(json!({"bytes": random.below(900_000_000)})),
            )
        }
        2 => ("svc_index", Deed::new("document.index", document(tenant, random))),
        _ => {
            let sync = Resource::new("directory", "scim");
            (
                "svc_scim",
                Deed::new("directory.sync", sync).with(json!({"users": tenant.people.len()})),
            )
        }
    };
    Act {
        actor: Actor {
            kind: "service",
            id: id.to_owned(),
            name: None,
            email: None,
            roles: Vec::new(),
            session: None,
        },
        ip: format!("10.{}.{}.{}", random.below(4), random.below(16), 2 + random.below(250)),
        user_agent: None,
        service: "jobs",
        deed,
    }
}
