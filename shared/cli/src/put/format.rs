//! What the input may be.

/// What the input is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Whatever each piece shows itself to be.
    #[default]
    Auto,
    /// Events of Cairn's own form.
    Event,
    /// AWS CloudTrail records, or the files it delivers.
    Cloudtrail,
    /// CloudEvents 1.0.
    Cloudevents,
    /// Audit events of Kubernetes, or lists of them.
    Kubernetes,
    /// Events of the Open Cybersecurity Schema Framework.
    Ocsf,
    /// Records as they are, cut nowhere: each file is one, and each line of standard input.
    Raw,
}

/// The formats that a piece can have, the adapters that read them, and their names with an article.
const NAMED: [(Format, Option<&str>, &str); 5] = [
    (Format::Event, None, "an event of Cairn's own form"),
    (Format::Cloudtrail, Some("cloudtrail"), "a CloudTrail record"),
    (Format::Cloudevents, Some("cloudevents"), "a CloudEvent"),
    (Format::Kubernetes, Some("kubernetes"), "an audit event of Kubernetes"),
    (Format::Ocsf, Some("ocsf"), "an OCSF event"),
];

impl Format {
    /// The adapter that has to read each piece, and what that is for a person; `None` if anything may
    /// be put.
    pub(super) fn named(self) -> Option<(Option<&'static str>, &'static str)> {
        NAMED
            .iter()
            .find(|(format, ..)| *format == self)
            .map(|(_, adapter, name)| (*adapter, *name))
    }
}

/// What an adapter reads, for a person.
pub(super) fn described(adapter: Option<&str>) -> &'static str {
    let known = NAMED.iter().find(|(_, known, _)| *known == adapter);
    known.map_or("something else", |(.., name)| name)
}
