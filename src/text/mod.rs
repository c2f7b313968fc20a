//! Text at the borders: units for people both ways, sanitising, redaction, quoting, near misses, bytes in JSON.

pub mod ansi;
pub mod arguments;
pub mod escaped;
pub mod human;
pub mod markup;
pub mod moment;
pub mod redact;
pub mod sanitize;
pub mod shell;
pub mod suggest;
pub mod width;
