//! What a server's own refusals mean, and what to do about them.

use crate::checks::mysql::Login;
use crate::checks::wire::{Meaning, Refusal};
use crate::model::Cause;
use crate::text::shell;

const DOWN: Option<Cause> = Some(Cause::DatabaseDown);

/// What an error number means; `None` for the many that a query of the config may bring.
///
/// What the client runs is a statement; an empty one is a login by hand.
pub(super) fn meaning(refusal: &Refusal) -> Option<Meaning<&'static str>> {
    let of = |words, cause, cure, run| Some(Meaning { words, cause, cure, run });
    match refusal.code.as_str() {
        "1040" => of(
            "all connections are taken",
            DOWN,
            "see who holds them: an account with SUPER or CONNECTION ADMIN still gets in; then close the idle \
             ones or raise max_connections",
            Some("SHOW FULL PROCESSLIST"),
        ),
        "1203" | "1226" => of(
            "this account has all the connections that it may have",
            DOWN,
            "see who holds them, or raise the account's limit",
            Some("SHOW FULL PROCESSLIST"),
        ),
        "1041" | "1037" | "1135" => of("the server has no memory left", DOWN, "see what uses it up", None),
        "1045" | "1698" => of(
            "wrong user or password",
            None,
            "the server runs; correct the login in the check's url, and see whether it works by hand (an account \
             that must use TLS is refused in the same words without it)",
            Some(""),
        ),
        "1044" | "1142" | "1143" | "1227" => of(
            "the account lacks a right",
            None,
            "see what it may do, and grant what the query needs",
            Some("SHOW GRANTS"),
        ),
        "1049" => of(
            "the database does not exist",
            None,
            "see which there are: it was dropped, never restored, or the url names another",
            Some("SHOW DATABASES"),
        ),
        "1129" => of(
            "this host is blocked after too many broken connections",
            DOWN,
            "something here connects and hangs up without logging in; stop it, then run this where the server \
             still lets you in",
            Some("FLUSH HOSTS"),
        ),
        "1130" => of(
            "this host may not connect",
            None,
            "no account of the server is for this host; make one, or correct the url",
            None,
        ),
        "1820" | "1862" => of("the password has expired", None, "set a new one", Some("")),
        "3118" | "4151" => of("the account is locked", None, "have it unlocked with ALTER USER", None),
        "3159" | "4024" => of(
            "TLS is required",
            None,
            "set ?ssl-mode=REQUIRED in the check's url, or leave the ssl mode out",
            None,
        ),
        "1053" | "1077" | "1079" => {
            of("the server is shutting down", DOWN, "see who stops it, and start it again", None)
        }
        "1021" | "3675" => of("its disk is full", DOWN, "free space on the disk of its data folder", None),
        "1205" | "3024" | "1969" => of(
            "the query took longer than the server allows",
            Some(Cause::SlowResponse),
            "see what holds it up",
            Some("SHOW FULL PROCESSLIST"),
        ),
        "1290" | "1792" | "1836" => of(
            "it takes no writes at present",
            None,
            "see whether it is a replica, or was set read-only",
            Some("SELECT @@global.read_only"),
        ),
        "1251" | "1275" | "2059" => of(
            "the way of logging in is not supported",
            None,
            "give the account mysql_native_password or caching_sha2_password",
            None,
        ),
        _ => None,
    }
}

/// The command of the server's own client; it asks for the password by itself.
pub(super) fn client(place: &str, login: &Login, statement: &str) -> String {
    let mut words = vec!["mysql".to_owned()];
    match place.rsplit_once(':').filter(|_| !place.starts_with('/')) {
        Some((host, port)) => {
            let host = host.trim_start_matches('[').trim_end_matches(']');
            words.extend([format!("--host={host}"), format!("--port={port}")]);
        }
        None => words.push(format!("--socket={place}")),
    }
    words.push(format!("--user={}", login.user));
    if login.has_password {
        words.push("-p".to_owned());
    }
    if statement.is_empty() {
        words.extend(login.database.clone());
    } else {
        words.extend(["-e".to_owned(), statement.to_owned()]);
    }
    shell::command(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(code: &str) -> Refusal {
        Refusal { code: code.to_owned(), message: String::new() }
    }

    fn run(code: &str) -> &'static str {
        meaning(&refusal(code)).unwrap().run.unwrap()
    }

    #[test]
    fn cures_name_the_server_and_never_the_password() {
        let login = Login { user: "o'neill".into(), has_password: true, database: Some("fuel".into()) };
        let line = client("[::1]:3307", &login, run("1045"));
        assert_eq!(line, r"mysql --host=::1 --port=3307 '--user=o'\''neill' -p fuel");
        let line = client("/run/my.sock", &Login::default(), run("1040"));
        assert_eq!(line, "mysql --socket=/run/my.sock --user= -e 'SHOW FULL PROCESSLIST'");
        assert!(meaning(&refusal("1064")).is_none());
    }
}
