//! Takes secrets out of text that reaches a report.
//!
//! Covers passwords in URLs and DSNs, authorization headers, cookies, assignments to names that mean a secret
//! (`password=`, `"api_key": `, `--token `), and tokens known by their shape (AWS, GitHub, Slack, Stripe, Google, JWT,
//! private keys). What was taken out shows as `[redacted]`.

use std::borrow::Cow;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use regex::{Captures, Regex};

/// What stands where a secret stood.
pub const MASK: &str = "[redacted]";

/// One of these stands in everything that [`SECRETS`] finds, in capitals or not. Most texts have none of them, and are
/// done with after one quick look.
const CUES: [&str; 46] = [
    "://",
    "authorization",
    "bearer",
    "cookie",
    "passw",
    "passphrase",
    "pwd",
    "secret",
    "apikey",
    "api_key",
    "api-key",
    "accesskey",
    "access_key",
    "access-key",
    "privatekey",
    "private_key",
    "private-key",
    "private key",
    "with key ",
    "using key ",
    "sessionid",
    "session_id",
    "session-id",
    "csrf",
    "credential",
    "token",
    "contrase",
    "mysql",
    "mariadb",
    "curl",
    "hooks.slack",
    "akia",
    "asia",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xox",
    "k_live_",
    "k_test_",
    "sk-",
    "aiza",
    "eyj",
];

/// Letters that are `s` and `k` in disguise where case does not count.
const DISGUISED: [&str; 2] = ["\u{17f}", "\u{212a}"];

static CUE: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(CUES.iter().chain(&DISGUISED))
        .expect("the literals are constant")
});

/// Each pattern keeps what stands before the secret as a group `kN` and what follows as group `t`, both optional.
static SECRETS: LazyLock<Regex> = LazyLock::new(|| {
    // A name that means a secret, with whatever is joined to its end, and the sign that gives it a value. What it is
    // joined to in front stays anyway.
    let name = concat!(
        r"(?i:(?:passw(?:or)?d|passphrase|pwd|secret|api[_-]?key|access[_-]?key|private[_-]?key",
        r"|session[_-]?id|csrf|credential|token|contrase(?:ñ|n)a)[a-z0-9_-]{0,20})",
        r#"\\?["']?\s{0,3}(?:=>|=|:)\s{0,3}"#
    );
    let patterns = [
        // scheme://user:password@host
        r#"(?P<k0>://[^\s/:@"'<>]*:)[^\s"'<>]+(?P<t>@)"#.to_owned(),
        // Authorization: Bearer x, OAuth a="x", b="y", or any other scheme and what looks like a token behind it
        r#"(?P<k1>(?i:(?:proxy-)?authorization)["']?\s{0,3}[:=]\s{0,3}["']?(?i:(?:bearer|basic|token|digest|apikey|negotiate|ntlm|oauth)\s+)?)(?:[A-Za-z0-9_]+="[^"\r\n]*"(?:,[ \t]*[A-Za-z0-9_]+=(?:"[^"\r\n]*"|[^\s"',;]*))*|[^\s"',;]{3,}(?:[ \t]+[A-Za-z0-9._~+/=-]{16,})?)"#.to_owned(),
        r"(?P<k2>(?-u:\b)(?i:bearer)\s+)[A-Za-z0-9._~+/=-]{4,}".to_owned(),
        // Cookie: a=b; c=d
        r#"(?P<k3>(?-u:\b)(?i:set-cookie|cookie)["']?\s{0,3}[:=]\s{0,3}["']?)[^\r\n"']{3,}"#.to_owned(),
        // name = "value", name: 'value', name=value
        format!(r#"(?P<k4>{name}[bur]{{0,2}}")(?:[^"\\]|\\(?s:.))*"#),
        format!(r"(?P<k5>{name}[bur]{{0,2}}')(?:[^'\\]|\\(?s:.))*"),
        // the same inside of a quoted text, where \" ends it
        format!(r#"(?P<k12>{name}[bur]{{0,2}}\\")(?:[^"\\]|\\[^"])*"#),
        format!(r"(?P<k13>{name}[bur]{{0,2}}\\')(?:[^'\\]|\\[^'])*"),
        format!(r#"(?P<k6>{name})[^\s"',;&)}}\]\\]+"#),
        r#"(?P<k7>--(?i:password|passwd|token|secret|api-key) )[^\s"']+"#.to_owned(),
        // "with password SECRET"
        r#"(?P<k10>(?-u:\b)(?i:with|using) (?i:password|token|secret|key) )[^\s"']+"#.to_owned(),
        r"(?P<k11>(?-u:\b)hooks\.slack\.com/(?:services|workflows|triggers)/)[A-Za-z0-9/_-]+".to_owned(),
        // tokens known by their shape
        r"(?-u:\b(?:AKIA|ASIA)[A-Z0-9]{16}\b)".to_owned(),
        r"(?-u:\bgh[pousr]_[A-Za-z0-9]{30,}\b|\bgithub_pat_[A-Za-z0-9_]{30,}\b|\bglpat-[A-Za-z0-9_-]{20,})".to_owned(),
        r"(?-u:\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\b[rsp]k_(?:live|test)_[A-Za-z0-9]{16,}\b|\bsk-[A-Za-z0-9_-]{20,})".to_owned(),
        r"(?-u:\bAIza[A-Za-z0-9_-]{35})".to_owned(),
        r"(?-u:\b)eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*".to_owned(),
        r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[A-Za-z0-9+/=\s\\]*(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?".to_owned(),
    ];
    Regex::new(&patterns.join("|")).expect("the patterns are constant")
});

/// Programs that take passwords on their command line, and the options that do. Looked for apart: to build what finds them
/// takes as long as all of [`SECRETS`], and few texts hold them.
const PROGRAMS: [&str; 3] = ["mysql", "mariadb", "curl"];
const OPTIONS: [&str; 3] = [" -p", " -u", " --user"];

static COMMANDS: LazyLock<Regex> = LazyLock::new(|| {
    let patterns = [
        // mysql -pSECRET, curl -u user:SECRET
        r#"(?P<k8>(?-u:\b)(?:mysql|mysqldump|mysqladmin|mariadb|mariadb-dump)(?-u:\b)[^\n|;]{0,200}? -p)[^\s"']+"#,
        r#"(?P<k9>(?-u:\bcurl\b)[^\n|;]{0,200}? (?:-u|--user)[ =]?[^\s:"']+:)[^\s"']+"#,
    ];
    Regex::new(&patterns.join("|")).expect("the patterns are constant")
});

const KEPT: [&str; 14] =
    ["k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8", "k9", "k10", "k11", "k12", "k13"];

/// What stands behind such a name and is no secret: `using password: YES` is what MySQL says of a refused login.
const HARMLESS: [&str; 6] = ["YES", "NO", "true", "false", "None", "null"];

/// Replaces every secret in a text by [`MASK`]; what has none is borrowed.
pub fn secrets(text: &str) -> Cow<'_, str> {
    if !CUE.is_match(text) {
        return Cow::Borrowed(text);
    }
    let clean = without(&SECRETS, text);
    let holds = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if !holds(&PROGRAMS) || !holds(&OPTIONS) {
        return clean;
    }
    let cleaner = match without(&COMMANDS, &clean) {
        Cow::Owned(cleaner) => Some(cleaner),
        Cow::Borrowed(_) => None,
    };
    cleaner.map_or(clean, Cow::Owned)
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

    #[test]
    fn harmless_text_is_borrowed() {
        assert!(matches!(secrets("GET /trucks/DO9693 200 in 12 ms"), Cow::Borrowed(_)));
        check("the token bucket is full", "the token bucket is full");
    }
}
