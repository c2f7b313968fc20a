//! `[errors]`: the error store.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use toml::de::DeValue;

use crate::config::read::{Node, Reader, Schema, Setting, absolute, quoted, section};
use crate::config::{ByteSize, Secret, Url};

/// The file of the embedded store, in `state_dir`.
const STORE_FILE: &str = "errors.db";

section! {
    /// Where error events are kept, and how long.
    pub struct Errors {
        /// sqlite (errors.db in state_dir), sqlite:PATH, or postgres://… shared by several hosts.
        pub store: Store = "sqlite",
        /// Older events go.
        pub max_age: Duration = "90d",
        /// The oldest events go above it.
        pub max_bytes: ByteSize = "1GiB",
        /// Of disk, below which only counts are kept.
        pub min_free: ByteSize = "500MiB",
        /// Beyond loopback always true.
        pub require_key: bool = false,
        /// Names of fields that are scrubbed beside those of the built-in list.
        pub scrub: Vec<String> = [],
    }
}

/// Which database holds the events.
#[derive(Clone, Debug, PartialEq)]
pub enum Store {
    Sqlite(PathBuf),
    Postgres(Url),
}

impl Store {
    /// The file of the embedded store; none where the events are kept elsewhere.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }
}

impl Setting for Store {
    fn read(node: &Node<'_>, cx: &mut Reader<'_>) -> Option<Self> {
        const EXPECTED: &str = "\"sqlite\", \"sqlite:PATH\" or \"postgres://…\"";
        if let DeValue::Table(_) = node.value() {
            return Secret::read(node, cx).map(|secret| Self::Postgres(Url::secret(secret)));
        }
        let text = cx.text(node, EXPECTED)?;
        match text.strip_prefix("sqlite") {
            Some("") => return Some(Self::Sqlite(cx.state_dir.join(STORE_FILE))),
            Some(rest) if rest.len() > 1 && rest.starts_with(':') && !rest.starts_with("://") => {
                return Some(Self::Sqlite(absolute(&cx.root, &rest[1..])));
            }
            _ => {}
        }
        match Url::literal(&text) {
            Ok(url) if matches!(url.scheme().as_deref(), Some("postgres" | "postgresql")) => {
                Some(Self::Postgres(url))
            }
            // The text is not repeated: it may hold a password.
            _ => {
                cx.wrong(node, format_args!("is not a store; write {EXPECTED}"));
                None
            }
        }
    }

    fn show(&self) -> Option<String> {
        match self {
            Self::Sqlite(path) => Some(quoted(&format!("sqlite:{}", path.display()))),
            Self::Postgres(url) => url.show(),
        }
    }

    fn schema(schema: &mut Schema) -> Value {
        Secret::schema(schema)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{check_problem, read};

    #[test]
    fn a_store_is_a_file_or_a_server() {
        let store = |text: &str| read(&format!("state_dir = \"/s\"\n[errors]\nstore = {text}")).errors.store;
        assert_eq!(store("\"sqlite\""), Store::Sqlite("/s/errors.db".into()));
        assert_eq!(store("\"sqlite:/x/e.db\""), Store::Sqlite("/x/e.db".into()));
        assert!(matches!(store("\"postgres://u@h/d\""), Store::Postgres(_)));
        assert!(matches!(store("{ env = \"STORE\" }"), Store::Postgres(_)));
        for bad in ["mysql://h/d", "sqlite:", "sqlit", "sqlite://x"] {
            check_problem(
                &format!("[errors]\nstore = \"{bad}\""),
                "2:9: [errors] store: is not a store; write \"sqlite\", \"sqlite:PATH\" or \"postgres://…\"",
            );
        }
    }
}
