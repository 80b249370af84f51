//! Credentials that begin as their issuers have them begin.

use regex::Regex;

use super::text::Span;

/// What a text must hold, one of them, for the pattern to match.
const BEGINNINGS: [&str; 14] = [
    "AKIA",
    "ASIA",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "xox",
    "eyJ",
    "-----BEGIN",
    "Bearer",
    "bearer",
    "BEARER",
];

/// - access keys of AWS (IAM User Guide, "Unique identifiers");
/// - tokens of GitHub (docs.github.com, "About authentication to GitHub") and of Slack
///   (api.slack.com, "Token types");
/// - JSON Web Tokens (RFC 7519), signed or not;
/// - private keys in PEM (RFC 7468), to the end of the text where theirs is cut off;
/// - bearer tokens as HTTP has them (RFC 6750 §2.1).
const PATTERN: &str = r"(?x)
    (?-u:\b) (?:AKIA|ASIA) [A-Z0-9]{16} (?-u:\b)
  | (?-u:\b) gh[pousr]_ [A-Za-z0-9]{20,}
  | (?-u:\b) github_pat_ [A-Za-z0-9_]{20,}
  | (?-u:\b) xox[abeoprs]- [A-Za-z0-9-]{10,}
  | (?-u:\b) eyJ[A-Za-z0-9_-]{8,} \. eyJ[A-Za-z0-9_-]{8,} \. [A-Za-z0-9_-]*
  | -----BEGIN\ [A-Z0-9\ ]{0,32}PRIVATE\ KEY-----
    (?s: .*? ) (?: -----END\ [A-Z0-9\ ]{0,32}PRIVATE\ KEY----- | \z )
  | (?-u:\b) (?:Bearer|bearer|BEARER) [\ \t]+ [A-Za-z0-9._~+/-]{16,} =*
";

/// Finds credentials, in time linear in the text.
pub(super) struct Tokens {
    pattern: Regex,
}

impl Tokens {
    /// Compiles the patterns.
    pub(super) fn new() -> Self {
        #[expect(clippy::expect_used, reason = "a constant, which every test of it compiles")]
        let pattern = Regex::new(PATTERN).expect("the pattern is one");
        Self { pattern }
    }

    /// Whether a text may hold one.
    pub(super) fn may_hold(&self, text: &str) -> bool {
        BEGINNINGS.iter().any(|beginning| text.contains(beginning))
    }

    /// The credentials in a text.
    pub(super) fn find(&self, text: &str) -> Vec<Span> {
        if !self.may_hold(text) {
            return Vec::new();
        }
        self.pattern.find_iter(text).map(|found| found.range()).collect()
    }
}
