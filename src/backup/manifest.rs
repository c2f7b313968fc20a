//! What is known of a backup, written beside it and signed.
//!
//! On the disk it is `{"manifest": {…}, "hmac_sha256": "…"}`; the proof is made of the manifest as compact JSON with its
//! keys in their order, so that indenting it changes nothing and anything else does. Keys that a later version adds are
//! covered, and passed over by this one.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::flaw::Flaw;
use super::key::Key;

/// Version of the manifest; newer ones are not read.
pub(super) const FORMAT: u32 = 1;
/// Ends the names of manifests.
pub(super) const ENDING: &str = ".manifest.json";
/// Larger is no manifest.
pub(super) const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// What a backup was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Mysql,
    Postgres,
    Sqlite,
    Files,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::Mysql, Self::Postgres, Self::Sqlite, Self::Files];

    /// The word that stands in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Mysql => "mysql",
            Self::Postgres => "postgres",
            Self::Sqlite => "sqlite",
            Self::Files => "files",
        }
    }

    /// What an archive's name ends in.
    pub(super) fn ending(self) -> &'static str {
        match self {
            Self::Mysql => ".sql.zst",
            Self::Postgres => ".pgdump.zst",
            Self::Sqlite => ".sqlite.zst",
            Self::Files => ".tar.zst",
        }
    }
}

/// Where a backup comes from; backups of the same origin follow each other.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Origin {
    pub kind: Kind,
    /// The check's name, the database's file, or `logs`.
    pub name: String,
}

/// Whether a backup is one to rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Everything agreed when it was made.
    Verified,
    /// It is whole, but holds so much less than those before it that it does not replace them.
    Suspicious,
}

/// One table of a database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    pub name: String,
    pub rows: u64,
    /// Of its rows as they are dumped; empty where they are not looked at one by one.
    pub sha256: String,
}

/// One file of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub path: String,
    pub bytes: u64,
    pub sha256: String,
}

/// Who made it of what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    pub fuelops: String,
    pub tool: Option<String>,
    pub server: Option<String>,
}

/// What is known of one backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    pub id: String,
    pub origin: Origin,
    /// Host and database, without any secret.
    pub place: String,
    /// The machine that it was made on.
    pub host: String,
    pub created_at: DateTime<Utc>,
    pub standing: Standing,
    /// It is what a restore has replaced: chosen by its id only, and never for the newest one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_safety: bool,
    /// Why it is suspicious, and what else was noticed.
    pub remarks: Vec<String>,
    /// Name of the archive, in the same folder.
    pub file: String,
    pub bytes: u64,
    pub sha256: String,
    /// Before compression.
    pub content_bytes: u64,
    pub tables: Vec<Table>,
    /// How many there are, also where not all are listed.
    pub table_count: u64,
    pub files: Vec<Member>,
    pub versions: Versions,
    pub dump_ms: u64,
    pub verify_ms: u64,
    /// What was found wrong with it since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flaw: Option<Flaw>,
}

impl Manifest {
    /// Rows of all tables.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }

    /// The name of its own file.
    pub(super) fn name(id: &str) -> String {
        format!("{id}{ENDING}")
    }

    /// The signed text.
    pub(super) fn to_text(&self, key: &Key) -> serde_json::Result<Vec<u8>> {
        let value = serde_json::to_value(self)?;
        let proof = key.sign(&serde_json::to_vec(&value)?);
        let mut text =
            serde_json::to_vec_pretty(&serde_json::json!({ "manifest": value, "hmac_sha256": proof }))?;
        text.push(b'\n');
        Ok(text)
    }

    /// Reads a signed text; the error says why it proves nothing.
    pub(super) fn from_text(text: &[u8], key: Option<&Key>) -> Result<Self, String> {
        let Some(key) = key else { return Err("the key that would prove it is not there".to_owned()) };
        let value: Value = serde_json::from_slice(text).map_err(|_| "its manifest is no JSON".to_owned())?;
        let (body, proof) = (&value["manifest"], value["hmac_sha256"].as_str().unwrap_or_default());
        let bytes = serde_json::to_vec(body).map_err(|_| "its manifest is malformed".to_owned())?;
        if !key.proves(&bytes, proof) {
            return Err("its manifest was changed, or signed with another key".to_owned());
        }
        if body["format"].as_u64().is_none_or(|format| format > u64::from(FORMAT)) {
            return Err("a newer fuelops has made it".to_owned());
        }
        serde_json::from_value(body.clone()).map_err(|error| format!("its manifest lacks something: {error}"))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A verified backup of a database, made so many hours after the start of time.
    pub(in crate::backup) fn manifest(name: &str, hour: i64) -> Manifest {
        let id = format!("{name}-{hour}");
        Manifest {
            format: FORMAT,
            file: format!("{id}.sql.zst"),
            id,
            origin: Origin { kind: Kind::Mysql, name: name.to_owned() },
            place: "db/fuel".to_owned(),
            host: "here".to_owned(),
            created_at: DateTime::from_timestamp(hour * 3600, 0).unwrap(),
            standing: Standing::Verified,
            is_safety: false,
            remarks: Vec::new(),
            bytes: 10,
            sha256: "00".to_owned(),
            content_bytes: 100_000,
            tables: vec![Table { name: "trucks".to_owned(), rows: 10, sha256: "ab".to_owned() }],
            table_count: 1,
            files: Vec::new(),
            versions: Versions::default(),
            dump_ms: 1,
            verify_ms: 1,
            flaw: None,
        }
    }

    #[test]
    fn what_was_signed_is_read_back_and_any_change_is_seen() {
        let (key, other) = (Key::of(&[1; 32]), Key::of(&[2; 32]));
        let made = manifest("mysql", 5);
        let text = String::from_utf8(made.to_text(&key).unwrap()).unwrap();
        assert_eq!(Manifest::from_text(text.as_bytes(), Some(&key)).unwrap(), made);
        let compact: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(Manifest::from_text(compact.to_string().as_bytes(), Some(&key)).unwrap(), made);
        let changed = text.replace("\"rows\": 10", "\"rows\": 11");
        assert_ne!(changed, text);
        for (text, key) in [
            (changed.as_str(), Some(&key)),
            (&text, Some(&other)),
            (&text, None),
            ("", Some(&key)),
            ("[]", Some(&key)),
        ] {
            Manifest::from_text(text.as_bytes(), key).unwrap_err();
        }
    }

    #[test]
    fn only_what_a_restore_has_replaced_says_so() {
        let key = Key::of(&[1; 32]);
        let plain = manifest("mysql", 5);
        let text = plain.to_text(&key).unwrap();
        assert!(!String::from_utf8_lossy(&text).contains("is_safety"));
        assert_eq!(Manifest::from_text(&text, Some(&key)).unwrap(), plain);
        let safety = Manifest { is_safety: true, ..plain };
        assert_eq!(Manifest::from_text(&safety.to_text(&key).unwrap(), Some(&key)).unwrap(), safety);
    }

    #[test]
    fn what_a_later_version_adds_is_covered_and_passed_over() {
        let key = Key::of(&[1; 32]);
        let mut value = serde_json::to_value(manifest("mysql", 5)).unwrap();
        value["wal_position"] = "0/1".into();
        let proof = key.sign(&serde_json::to_vec(&value).unwrap());
        let text = serde_json::json!({ "manifest": value, "hmac_sha256": proof }).to_string();
        Manifest::from_text(text.as_bytes(), Some(&key)).unwrap();
        Manifest::from_text(text.replace("0/1", "0/2").as_bytes(), Some(&key)).unwrap_err();
    }
}
