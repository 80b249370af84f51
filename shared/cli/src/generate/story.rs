//! The incident: a phished account, followed from the first wrong code to the clean-up.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::event::{Actor, Deed, Resource};
use super::random::Random;
use super::work::Act;
use super::world::{Person, Tenant};

/// Where the thief sits (RFC 5737 documentation range).
const THIEF_IP: &str = "203.0.113.66";

const THIEF_AGENT: &str = "python-requests/2.32.3";

/// A scene of the incident: when, who and what, and what an auditor should read in it.
pub(super) struct Scene {
    pub(super) at: Timestamp,
    pub(super) act: Act,
    pub(super) meaning: &'static str,
}

struct Script<'a> {
    tenant: &'a Tenant,
    victim: Person,
    at: Timestamp,
    scenes: Vec<Scene>,
}

/// The scenes, in order of time; `exports` documents are carried off.
pub(super) fn scenes(
    tenant: &Tenant,
    begin: Timestamp,
    exports: usize,
    random: &mut Random,
) -> Vec<Scene> {
    let mut victim = tenant.people[1].clone();
    victim.session = None;
    let mut script = Script { tenant, victim, at: begin, scenes: Vec::new() };
    script.break_in(random);
    script.climb(random);
    script.carry_off(exports, random);
    script.stay(random);
    script.discovered();
    script.scenes
}

impl Script<'_> {
    fn thief(&mut self, after_seconds: i64, deed: Deed, meaning: &'static str) {
        self.at += SignedDuration::from_secs(after_seconds);
        let act = Act {
            actor: self.victim.actor(),
            ip: THIEF_IP.to_owned(),
            user_agent: Some(THIEF_AGENT),
            service: if deed.action.starts_with("auth.") { "auth" } else { "documents" },
            deed,
        };
        self.scenes.push(Scene { at: self.at, act, meaning });
    }

    fn defender(&mut self, after_seconds: i64, deed: Deed, meaning: &'static str) {
        self.at += SignedDuration::from_secs(after_seconds);
        let admin = &self.tenant.people[0];
        let act = Act {
            actor: admin.actor(),
            ip: admin.ip.clone(),
            user_agent: Some(admin.user_agent),
            service: "admin",
            deed,
        };
        self.scenes.push(Scene { at: self.at, act, meaning });
    }

    fn account(&self) -> Resource {
        Resource::new("account", self.victim.id.clone()).named(self.victim.name.clone())
    }

    fn break_in(&mut self, random: &mut Random) {
        let abroad = |method: &str| json!({"method": method, "country": "AQ", "new_device": true});
        let login = Deed::new("auth.login", self.account());
        let wrong = login.clone().ended("failure", "wrong code").with(abroad("password+totp"));
        self.thief(0, wrong.clone(), "the password is right, the code is not: it was phished");
        self.thief(19, wrong, "a second wrong code");
        self.victim.session = Some(format!("ses_{}", random.hex::<6>()));
        let right = login.with(abroad("password+recovery_code"));
        self.thief(48, right, "in, with a recovery code, from a country nobody works in");
        let reset = Deed::new("auth.mfa.reset", self.account()).change(
            "/mfa/device",
            "authenticator (enrolled 2024)",
            "authenticator (enrolled now)",
        );
        self.thief(33, reset, "the second factor now belongs to the thief");
    }

    fn climb(&mut self, random: &mut Random) {
        let grant = Deed::new("role.grant", self.account());
        let denied = grant.clone().ended("denied", "needs an admin role");
        self.thief(61, denied.change("/roles/security-admin", false, true), "reaches too high");
        let granted = grant.change("/roles/data-exporter", false, true);
        let granted = granted.with(json!({"via": "self-service policy", "ticket": null}));
        self.thief(27, granted, "a self-service policy grants the export role");
        self.victim.roles.push("data-exporter");
        for query in ["iban", "payroll", "password"] {
            let workspace = Resource::new("workspace", self.tenant.id.clone());
            let hits = 3 + random.below(40);
            let search = Deed::new("document.search", workspace);
            self.thief(
                14,
                search.with(json!({"query": query, "hits": hits})),
                "looks for what is worth taking",
            );
        }
    }

    fn carry_off(&mut self, exports: usize, random: &mut Random) {
        for _ in 0..exports {
            let (id, name) = random.pick(&self.tenant.documents);
            let document = Resource::new("document", id.clone()).named(name.clone());
            let data = json!({"bytes": 20_000 + random.below(9_000_000), "format": "original"});
            let gap = 1 + random.below(4) as i64;
            self.thief(
                gap,
                Deed::new("document.export", document).with(data),
                "mass export, seconds apart",
            );
        }
    }

    fn stay(&mut self, random: &mut Random) {
        let key =
            Resource::new("apikey", format!("key_{}", random.hex::<4>())).named("backup sync");
        let create = Deed::new("apikey.create", key.clone());
        self.thief(
            40,
            create.with(json!({"scopes": ["documents:read"], "expires": null})),
            "a key to come back with",
        );
        let person = std::mem::replace(&mut self.victim, self.tenant.people[1].clone());
        let document = Resource::new("document", self.tenant.documents[0].0.clone());
        self.thief(95, Deed::new("document.export", document), "the key is tried");
        if let Some(scene) = self.scenes.last_mut() {
            scene.act.actor = Actor {
                kind: "apikey",
                id: key.id.clone(),
                name: key.name.clone(),
                email: None,
                roles: Vec::new(),
                session: None,
            };
        }
        self.victim = person;
        let alert = Resource::new("alert_rule", "mass-export");
        self.thief(
            22,
            Deed::new("alert_rule.delete", alert).ended("denied", "needs an admin role"),
            "tries to silence the alarm",
        );
        let trail = Resource::new("audit_trail", self.tenant.id.clone());
        self.thief(
            8,
            Deed::new("audit_trail.delete", trail).ended("denied", "nobody may"),
            "tries to remove the trail",
        );
        let session = Resource::new("session", self.victim.session.clone().unwrap_or_default());
        self.thief(30, Deed::new("auth.logout", session), "gone");
    }

    fn discovered(&mut self) {
        let suspend = Deed::new("user.suspend", self.account()).change("/active", true, false);
        self.defender(2_100, suspend, "the security admin suspends the account");
        let key = self.scenes.iter().find(|scene| scene.act.deed.action == "apikey.create");
        if let Some(key) = key.map(|scene| scene.act.deed.resource.clone()) {
            self.defender(35, Deed::new("apikey.revoke", key), "and revokes the key");
        }
        let reset = Deed::new("auth.mfa.reset", self.account());
        let reset =
            reset.change("/mfa/device", "authenticator (enrolled now)", serde_json::Value::Null);
        self.defender(50, reset, "and the second factor");
        let revoke =
            Deed::new("role.revoke", self.account()).change("/roles/data-exporter", true, false);
        self.defender(20, revoke, "and the role");
    }
}
