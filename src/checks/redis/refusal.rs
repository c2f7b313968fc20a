//! What a server's own refusals mean, and what to do about them.

use crate::checks::redis::RedisObservation;
use crate::checks::wire::{Meaning, Refusal};
use crate::model::Cause;
use crate::text::shell;

const DOWN: Option<Cause> = Some(Cause::CacheDown);

/// What the first word of an error means.
pub(super) fn meaning(refusal: &Refusal) -> Option<Meaning<&'static [&'static str]>> {
    let of = |words, cause, cure, run| Some(Meaning { words, cause, cure, run });
    let said = |part: &str| refusal.message.contains(part);
    match refusal.code.as_str() {
        "NOAUTH" => of(
            "it wants a password",
            None,
            "the server runs; put its password into the check's url: redis://:<password>@host/0",
            None,
        ),
        "WRONGPASS" => of(
            "wrong user or password",
            None,
            "the server runs; correct the login in the check's url",
            Some(&["ACL", "WHOAMI"]),
        ),
        "ERR" if said("invalid password") || said("without any password configured") => of(
            "wrong password, or one where none is wanted",
            None,
            "the server runs; correct the password in the check's url",
            None,
        ),
        "NOPERM" => of("the user lacks a right", None, "grant it with ACL SETUSER", Some(&["ACL", "WHOAMI"])),
        "LOADING" => of(
            "it is loading its data, and answers nobody until it is done",
            DOWN,
            "wait, and see how far it is",
            Some(&["INFO", "persistence"]),
        ),
        "MISCONF" => of(
            "it cannot save to its disk, and takes no writes until it can",
            DOWN,
            "see its last save; then free space on the disk of its folder, or give it back its rights there",
            Some(&["INFO", "persistence"]),
        ),
        "OOM" => of(
            "its memory is full, and its policy throws nothing out",
            DOWN,
            "see what fills it; then raise maxmemory, or set a maxmemory-policy that evicts",
            Some(&["INFO", "memory"]),
        ),
        "READONLY" => of(
            "it is a replica, and takes no writes",
            DOWN,
            "point the url at the primary",
            Some(&["INFO", "replication"]),
        ),
        "MASTERDOWN" => of(
            "it is a replica that has lost its primary",
            DOWN,
            "see why the primary is gone",
            Some(&["INFO", "replication"]),
        ),
        "CLUSTERDOWN" => {
            of("its cluster is down", DOWN, "see which slots are lost", Some(&["CLUSTER", "INFO"]))
        }
        "NOREPLICAS" => of(
            "too few replicas follow it for it to take writes",
            DOWN,
            "see which are gone",
            Some(&["INFO", "replication"]),
        ),
        "BUSY" => of(
            "a script keeps it busy",
            DOWN,
            "end the script, if it has written nothing",
            Some(&["SCRIPT", "KILL"]),
        ),
        "DENIED" => of(
            "it is in protected mode, and takes no connections from elsewhere",
            None,
            "set a password, or bind it to the address that is meant",
            None,
        ),
        "ERR" if said("max number of clients") => of(
            "all connections are taken",
            DOWN,
            "see who holds them from a connection that is open already, or raise maxclients",
            None,
        ),
        "ERR" if said("DB index is out of range") => {
            of("it has no database of this number", None, "correct the number in the check's url", None)
        }
        _ => None,
    }
}

/// The command of the server's own client; it asks for the password by itself.
pub(super) fn client(seen: &RedisObservation, run: &[&str]) -> String {
    let mut words = vec!["redis-cli"];
    match seen.place.rsplit_once(':').filter(|_| !seen.place.starts_with('/')) {
        Some((host, port)) => {
            words.extend(["-h", host.trim_start_matches('[').trim_end_matches(']'), "-p", port]);
        }
        None => words.extend(["-s", &seen.place]),
    }
    if seen.has_password {
        words.push("--askpass");
    }
    words.extend(run);
    shell::command(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::redact;

    #[test]
    fn placeholder_of_a_password_is_no_secret() {
        let cure = meaning(&Refusal { code: "NOAUTH".into(), message: String::new() }).unwrap().cure;
        assert_eq!(redact::secrets(cure), cure);
    }
}
