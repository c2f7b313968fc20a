//! Takes secrets out of text that reaches a report.
//!
//! Covers passwords in URLs and DSNs, authorization headers, cookies, assignments to names that mean a secret
//! (`password=`, `"api_key": `, `--token `), and tokens known by their shape (AWS, GitHub, Slack, Stripe, Google, JWT,
//! private keys). What was taken out shows as `[redacted]`.

use std::borrow::Cow;
use std::sync::{LazyLock, OnceLock};

use aho_corasick::AhoCorasick;
use regex::{Captures, Regex};

/// What stands where a secret stood.
pub const MASK: &str = "[redacted]";

/// Patterns that share their cues. A text is searched for those families only whose cues stand in it, and what finds them
/// is built when the first such text comes: to build all of it takes longer than to read a small log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    /// `scheme://user:password@host`.
    Url,
    /// Authorization headers and cookies.
    Header,
    /// `password=x`, `"token": "x"`.
    Named,
    /// `--token x`, `with password x`.
    Phrase,
    /// Tokens known by their shape.
    Shape,
}

impl Family {
    const ALL: [Self; 5] = [Self::Url, Self::Header, Self::Named, Self::Phrase, Self::Shape];
}

/// A set of families, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Families(u8);

impl Families {
    /// As many sets as there are.
    const SETS: usize = 1 << Family::ALL.len();

    const fn of(families: &[Family]) -> Self {
        let (mut bits, mut at) = (0, 0);
        while at < families.len() {
            bits |= 1 << families[at] as u8;
            at += 1;
        }
        Self(bits)
    }

    const fn holds(self, family: Family) -> bool {
        self.0 & 1 << family as u8 != 0
    }
}

const URL: Families = Families::of(&[Family::Url]);
const HEADER: Families = Families::of(&[Family::Header]);
const NAME: Families = Families::of(&[Family::Named, Family::Phrase]);
const SHAPE: Families = Families::of(&[Family::Shape]);
const NONE: Families = Families::of(&[]);
const EVERY: Families = Families::of(&Family::ALL);

/// One of its cues stands in everything that a family finds, in capitals or not. Most texts have none of them, and are done
/// with after one quick look.
const CUES: [(&str, Families); 48] = [
    ("://", URL),
    ("authorization", HEADER),
    ("bearer", HEADER),
    ("cookie", HEADER),
    ("passw", NAME),
    ("passphrase", NAME),
    ("pwd", NAME),
    ("secret", NAME),
    ("apikey", NAME),
    ("api_key", NAME),
    ("api-key", NAME),
    ("accesskey", NAME),
    ("access_key", NAME),
    ("access-key", NAME),
    ("privatekey", NAME),
    ("private_key", NAME),
    ("private-key", NAME),
    ("private key", SHAPE),
    ("with key ", NAME),
    ("using key ", NAME),
    ("sessionid", NAME),
    ("session_id", NAME),
    ("session-id", NAME),
    ("csrf", NAME),
    ("credential", NAME),
    ("token", NAME),
    ("contrase", NAME),
    // For `COMMANDS`.
    ("mysql", NONE),
    ("mariadb", NONE),
    ("curl", NONE),
    ("hooks.slack", SHAPE),
    ("akia", SHAPE),
    ("asia", SHAPE),
    ("ghp_", SHAPE),
    ("gho_", SHAPE),
    ("ghu_", SHAPE),
    ("ghs_", SHAPE),
    ("ghr_", SHAPE),
    ("github_pat_", SHAPE),
    ("glpat-", SHAPE),
    ("xox", SHAPE),
    ("k_live_", SHAPE),
    ("k_test_", SHAPE),
    ("sk-", SHAPE),
    ("aiza", SHAPE),
    ("eyj", SHAPE),
    // Letters that are `s` and `k` in disguise where case does not count.
    ("\u{17f}", EVERY),
    ("\u{212a}", EVERY),
];

static CUE: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(CUES.iter().map(|(cue, _)| cue))
        .expect("the literals are constant")
});

/// What finds the secrets of each set of families.
static SECRETS: [OnceLock<Regex>; Families::SETS] = [const { OnceLock::new() }; Families::SETS];

/// What finds the secrets of some families. A pattern left out could find nothing, so that it makes no difference.
fn finder(families: Families) -> &'static Regex {
    SECRETS[usize::from(families.0)].get_or_init(|| {
        let wanted = Family::ALL.into_iter().filter(|family| families.holds(*family));
        let patterns: Vec<String> = wanted.flat_map(patterns).collect();
        Regex::new(&patterns.join("|")).expect("the patterns are constant")
    })
}

/// The patterns of a family. Each keeps what stands before the secret as a group `kN` and what follows as group `t`, both
/// optional.
fn patterns(family: Family) -> Vec<String> {
    // A name that means a secret, with whatever is joined to its end, and the sign that gives it a value. What it is
    // joined to in front stays anyway.
    let name = concat!(
        r"(?i:(?:passw(?:or)?d|passphrase|pwd|secret|api[_-]?key|access[_-]?key|private[_-]?key",
        r"|session[_-]?id|csrf|credential|token|contrase(?:ñ|n)a)[a-z0-9_-]{0,20})",
        r#"\\?["']?\s{0,3}(?:=>|=|:)\s{0,3}"#
    );
    match family {
        // scheme://user:password@host
        Family::Url => vec![
            r#"(?P<k0>://[^\s/:@"'<>]*:)[^\s"'<>]+(?P<t>@)"#.to_owned(),
            // The key of a Sentry DSN: scheme://key@host
            r"(?P<k14>://)[0-9A-Fa-f]{32}(?-u:\b)".to_owned(),
        ],
        Family::Header => vec![
            // Authorization: Bearer x, OAuth a="x", b="y", or any other scheme and what looks like a token behind it
            r#"(?P<k1>(?i:(?:proxy-)?authorization)["']?\s{0,3}[:=]\s{0,3}["']?(?i:(?:bearer|basic|token|digest|apikey|negotiate|ntlm|oauth)\s+)?)(?:[A-Za-z0-9_]+="[^"\r\n]*"(?:,[ \t]*[A-Za-z0-9_]+=(?:"[^"\r\n]*"|[^\s"',;]*))*|[^\s"',;]{3,}(?:[ \t]+[A-Za-z0-9._~+/=-]{16,})?)"#.to_owned(),
            r"(?P<k2>(?-u:\b)(?i:bearer)\s+)[A-Za-z0-9._~+/=-]{4,}".to_owned(),
            // Cookie: a=b; c=d
            r#"(?P<k3>(?-u:\b)(?i:set-cookie|cookie)["']?\s{0,3}[:=]\s{0,3}["']?)[^\r\n"']{3,}"#.to_owned(),
        ],
        Family::Named => vec![
            // name = "value", name: 'value', name=value
            format!(r#"(?P<k4>{name}[bur]{{0,2}}")(?:[^"\\]|\\(?s:.))*"#),
            format!(r"(?P<k5>{name}[bur]{{0,2}}')(?:[^'\\]|\\(?s:.))*"),
            // the same inside of a quoted text, where \" ends it
            format!(r#"(?P<k12>{name}[bur]{{0,2}}\\")(?:[^"\\]|\\[^"])*"#),
            format!(r"(?P<k13>{name}[bur]{{0,2}}\\')(?:[^'\\]|\\[^'])*"),
            format!(r#"(?P<k6>{name})[^\s"',;&)}}\]\\]+"#),
        ],
        Family::Phrase => vec![
            r#"(?P<k7>--(?i:password|passwd|token|secret|api-key) )[^\s"']+"#.to_owned(),
            // "with password SECRET"
            r#"(?P<k10>(?-u:\b)(?i:with|using) (?i:password|token|secret|key) )[^\s"']+"#.to_owned(),
        ],
        Family::Shape => vec![
            r"(?P<k11>(?-u:\b)hooks\.slack\.com/(?:services|workflows|triggers)/)[A-Za-z0-9/_-]+".to_owned(),
            r"(?-u:\b(?:AKIA|ASIA)[A-Z0-9]{16}\b)".to_owned(),
            r"(?-u:\bgh[pousr]_[A-Za-z0-9]{30,}\b|\bgithub_pat_[A-Za-z0-9_]{30,}\b|\bglpat-[A-Za-z0-9_-]{20,})".to_owned(),
            r"(?-u:\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\b[rsp]k_(?:live|test)_[A-Za-z0-9]{16,}\b|\bsk-[A-Za-z0-9_-]{20,})".to_owned(),
            r"(?-u:\bAIza[A-Za-z0-9_-]{35})".to_owned(),
            r"(?-u:\b)eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*".to_owned(),
            r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[A-Za-z0-9+/=\s\\]*(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?".to_owned(),
        ],
    }
}

/// Finds passwords on command lines. Looked for apart: to build what finds them takes as long as all of [`finder`], and few
/// texts hold them.
static COMMANDS: LazyLock<Regex> = LazyLock::new(|| {
    let patterns = [
        // mysql -pSECRET, curl -u user:SECRET
        r#"(?P<k8>(?-u:\b)(?:mysql|mysqldump|mysqladmin|mariadb|mariadb-dump)(?-u:\b)[^\n|;]{0,200}? -p)[^\s"']+"#,
        r#"(?P<k9>(?-u:\bcurl\b)[^\n|;]{0,200}? (?:-u|--user)[ =]?[^\s:"']+:)[^\s"']+"#,
    ];
    Regex::new(&patterns.join("|")).expect("the patterns are constant")
});

const KEPT: [&str; 15] =
    ["k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8", "k9", "k10", "k11", "k12", "k13", "k14"];

/// What stands behind such a name and is no secret: `using password: YES` is what MySQL says of a refused login.
const HARMLESS: [&str; 6] = ["YES", "NO", "true", "false", "None", "null"];

/// The families whose cues stand in a text; `None` if no cue does.
fn cued(text: &[u8]) -> Option<Families> {
    let mut cues = CUE.find_overlapping_iter(text).peekable();
    cues.peek()?;
    let cued = cues.fold(0, |bits, cue| bits | CUES[cue.pattern().as_usize()].1.0);
    // A name needs a sign to be given a value.
    let unsigned = memchr::memchr2(b'=', b':', text).is_none();
    let idle = if unsigned { 1 << Family::Named as u8 } else { 0 };
    Some(Families(cued & !idle))
}

/// Replaces every secret in a text by [`MASK`]; what has none is borrowed.
pub fn secrets(text: &str) -> Cow<'_, str> {
    let Some(families) = cued(text.as_bytes()) else { return Cow::Borrowed(text) };
    let clean = if families == NONE { Cow::Borrowed(text) } else { without(finder(families), text) };
    if !may_hold_command(text) {
        return clean;
    }
    let cleaner = match without(&COMMANDS, &clean) {
        Cow::Owned(cleaner) => Some(cleaner),
        Cow::Borrowed(_) => None,
    };
    cleaner.map_or(clean, Cow::Owned)
}

/// Whether [`COMMANDS`] may find something: a program that takes passwords, and an option that gives it one.
fn may_hold_command(text: &str) -> bool {
    let glued = |(at, option): (usize, &str)| {
        let value = text[at + option.len()..].chars().next();
        value.is_some_and(|first| !first.is_whitespace() && !matches!(first, '"' | '\''))
    };
    let mysql = ["mysql", "mariadb"].iter().any(|program| text.contains(program));
    let curl = text.contains("curl") && [" -u", " --user"].iter().any(|option| text.contains(option));
    curl || mysql && text.match_indices(" -p").any(glued)
}

/// Replaces what a pattern finds, but for what stands before the secret and behind it.
fn without<'t>(pattern: &Regex, text: &'t str) -> Cow<'t, str> {
    pattern.replace_all(text, |found: &Captures<'_>| {
        let keep = KEPT.iter().find_map(|name| found.name(name));
        let tail = found.name("t").map_or("", |m| m.as_str());
        let keep = keep.map_or("", |m| m.as_str());
        let secret = &found[0][keep.len()..found[0].len() - tail.len()];
        if HARMLESS.contains(&secret) { found[0].to_owned() } else { format!("{keep}{MASK}{tail}") }
    })
}

/// Like [`secrets`], for text that need not be UTF-8. Where a secret was taken out of such, what is no UTF-8 is lost.
pub fn bytes(raw: &[u8]) -> Cow<'_, [u8]> {
    if !CUE.is_match(raw) {
        return Cow::Borrowed(raw);
    }
    let text = String::from_utf8_lossy(raw);
    match secrets(&text) {
        Cow::Borrowed(_) => Cow::Borrowed(raw),
        Cow::Owned(clean) => Cow::Owned(clean.into_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(secrets(text), expected);
    }

    #[test]
    fn passwords_in_urls_go() {
        check("mysql://root:s3cr3t@db:3306/x", "mysql://root:[redacted]@db:3306/x");
        check("redis://:pa:ss@h/0 ok", "redis://:[redacted]@h/0 ok");
        check("http://host:8000/path", "http://host:8000/path");
        check(
            "dsn https://0123456789abcdef0123456789abcdef@o1.ingest.sentry.io/2",
            "dsn https://[redacted]@o1.ingest.sentry.io/2",
        );
    }

    #[test]
    fn headers_and_cookies_go() {
        check(
            "Authorization: Bearer abc.def",
            "Authorization: [redacted]".replace(": [", ": Bearer [").as_str(),
        );
        check("got bearer aaaaaaaaaaaa!", "got bearer [redacted]!");
        check("Cookie: sid=1; theme=dark", "Cookie: [redacted]");
    }

    #[test]
    fn assignments_to_secret_names_go() {
        check("password=hunter2 user=bob", "password=[redacted] user=bob");
        check(r#"{"api_key": "abcd1234", "n": 1}"#, r#"{"api_key": "[redacted]", "n": 1}"#);
        check("DB_PASSWORD='x y z'", "DB_PASSWORD='[redacted]'");
        check("mysql --password=abc -h x", "mysql --password=[redacted] -h x");
    }

    #[test]
    fn a_scheme_nobody_knows_hides_no_token() {
        check("Authorization: Negotiate YIIFzQYGKwYBBQUCoIIFwT", "Authorization: Negotiate [redacted]");
        check("Authorization: Fleet dGhlIHRva2VuIG9mIGZsZWV0 sent", "Authorization: [redacted] sent");
        check(
            r#"{'Authorization': 'OAuth oauth_nonce="n1", oauth_signature="s1%3D", n=1', 'Accept': '*/*'}"#,
            "{'Authorization': 'OAuth [redacted]', 'Accept': '*/*'}",
        );
        check(
            "Authorization: Bearer abcd\nrequests.exceptions.HTTPError: 401",
            "Authorization: Bearer [redacted]\nrequests.exceptions.HTTPError: 401",
        );
    }

    #[test]
    fn a_backslash_ends_no_secret() {
        check(r#"{"password": "a\\b", "n": 1}"#, r#"{"password": "[redacted]", "n": 1}"#);
        check(r#"{"password": "a\"b", "n": 1}"#, r#"{"password": "[redacted]", "n": 1}"#);
        check(r"{'password': 'a\'b\\', 'n': 1}", "{'password': '[redacted]', 'n': 1}");
        check(r#""{\"password\": \"a\\b\", \"n\": 1}""#, r#""{\"password\": \"[redacted]\", \"n\": 1}""#);
    }

    #[test]
    fn tokens_known_by_their_shape_go() {
        check("key AKIAABCDEFGHIJKLMNOP.", "key [redacted].");
        check("xoxb-123456789012-abc", "[redacted]");
        check("jwt eyJhbGciOiJI.eyJzdWIiOiIx.sig_x", "jwt [redacted]");
    }

    #[test]
    fn secrets_on_command_lines_and_in_sentences_go() {
        check("postgresql://u:p@ss31W@h/d", "postgresql://u:[redacted]@h/d");
        check("mysql -u root -pPWD24abc -h db", "mysql -u root -p[redacted] -h db");
        check("mysql -u root -p -e 'SHOW GRANTS'", "mysql -u root -p -e 'SHOW GRANTS'");
        check("mysql -p -e x; mysql -pPWD", "mysql -p -e x; mysql -p[redacted]");
        check("curl -u admin:PWD37abc http://x", "curl -u admin:[redacted] http://x");
        check("token=a; mysqldump -h db -pPWD", "token=[redacted]; mysqldump -h db -p[redacted]");
        check("https://hooks.slack.com/services/T0/B0/XX", "https://hooks.slack.com/services/[redacted]");
        check("-----BEGIN RSA PRIVATE KEY-----MIIEow==-----END RSA PRIVATE KEY----- x", "[redacted] x");
        check("login with password PWD38abc failed", "login with password [redacted] failed");
        check("sent Bearer BEAR36", "sent Bearer [redacted]");
    }

    #[test]
    fn what_only_looks_like_a_secret_stays() {
        check(
            "(1045, 'Access denied (using password: YES)')",
            "(1045, 'Access denied (using password: YES)')",
        );
    }

    #[test]
    fn bytes_lose_their_secrets_and_nothing_else() {
        assert_eq!(*bytes(b"\xff password=hunter2 x"), *"\u{fffd} password=[redacted] x".as_bytes());
        for harmless in [&b"\xff no token here"[..], b"GET /x"] {
            assert!(matches!(bytes(harmless), Cow::Borrowed(same) if same == harmless));
        }
    }

    proptest! {
        #[test]
        fn families_without_a_cue_would_find_nothing(
            words in proptest::collection::vec(proptest::sample::select(&WORDS[..]), 0..12)
        ) {
            let text = words.concat();
            let every = without(finder(EVERY), &text);
            let some = cued(text.as_bytes()).filter(|families| *families != NONE);
            let found = some.map_or(Cow::Borrowed(text.as_str()), |some| without(finder(some), &text));
            prop_assert_eq!(found, every);
        }
    }

    /// What secrets are told by, and what stands around them.
    const WORDS: [&str; 40] = [
        "://",
        "u",
        ":",
        "pw@",
        "=",
        "\"",
        "\\\"",
        "'",
        " ",
        "b",
        "Authorization",
        "bearer ",
        "Basic ",
        "x9y8z7w6v5u4t3s2",
        "Cookie",
        "password",
        "PWD",
        "\u{17f}ecret",
        "to\u{212a}en",
        "api-key",
        "session_id",
        "--token ",
        "with ",
        "using key ",
        "private key",
        "-----BEGIN ",
        "PRIVATE KEY-----",
        "AKIAABCDEFGHIJKLMNOP",
        "ghp_",
        "sk-",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "eyJhbGciOiJI",
        ".",
        "xoxb-",
        "sk_live_",
        "mysql",
        " -p",
        "AIza",
        "hooks.slack.com/services/",
        "credential=>",
    ];

    #[test]
    fn harmless_text_is_borrowed() {
        assert!(matches!(secrets("GET /trucks/DO9693 200 in 12 ms"), Cow::Borrowed(_)));
        check("the token bucket is full", "the token bucket is full");
    }
}
