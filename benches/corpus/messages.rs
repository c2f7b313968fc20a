//! What the backend says when nothing fails: layouts, loggers, texts, and levels that lie.

use super::truth::Level;

/// How a record looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// `2026-03-02 00:00:00,123 [INFO] main - text`
    Bracket,
    /// `2026-03-02 00:00:00,123 - main - INFO - text`
    Dashed,
    /// `2026-03-02 00:00:00,123 - INFO - text`
    Nameless,
    /// `INFO:main:text`
    Basic,
    /// `2026-03-02 00:00:00.123 | INFO     | main:run:10 - text`
    Loguru,
    /// `00:00:00 - ESC[32mINFO ESC[0m - text`
    Console,
    /// `{"timestamp": …, "level": "INFO", …}`
    Json,
    /// `[2026-03-02 00:00:00] text`
    Stamped,
    /// `Mon Mar  2 00:00:00 UTC 2026: text`
    Shell,
}

/// Share, layout, logger, level as written, level as meant, text.
pub(crate) type Message = (u32, Layout, &'static str, Level, Level, &'static str);

use Layout::{Basic, Bracket, Console, Dashed, Json, Loguru, Nameless, Shell, Stamped};
use Level::{Critical, Debug, Error, Info, None, Warning};

#[rustfmt::skip]
pub(crate) const MESSAGES: &[Message] = &[
    (900, Bracket, "main", Info, Info, "✅ Truck {truck} updated: fuel {pct}% odometer {n} km"),
    (300, Bracket, "main", Info, Info, "Cache hit for truck {truck} (age {small}s)"),
    (200, Bracket, "wialon_sync", Info, Info, "📡 {truck}: {small} messages in {ms} ms"),
    (150, Bracket, "database_pool", Info, Info, "Connection {n} returned to pool, {small} idle"),
    (60, Bracket, "main", Info, Info, "Batch finished: 0 errors, ERROR rate {pct}%"),
    (20, Bracket, "main", Debug, Debug, "Computed score for {truck} in {ms} ms"),
    (250, Bracket, "wialon_sync", Warning, Warning, "⚠️ No recent data for truck {truck} ({n} min)"),
    (40, Bracket, "mpg_engine", Warning, Warning, "MPG {pct} outside of range for {truck}"),
    (40, Bracket, "main", Warning, Debug, "🔍 DEBUG: First truck keys: ['unit', 'fuel', 'odom'] {small}"),
    (120, Bracket, "main", Error, Debug, "🔍 DEBUG: truck {truck} raw level {pct}"),
    (50, Bracket, "wialon_client", Error, Error, "❌ Error fetching sensors for {truck}: HTTP 502"),
    (30, Bracket, "refuel_calibration", Error, Error, "Refuel of {truck} rejected: volume {n} l exceeds tank"),
    (4, Bracket, "main", Critical, Critical, "🚨 Fuel theft suspected: {truck} lost {small} l in {small} min"),

    (350, Dashed, "wialon_sync", Info, Info, "Synced {small} units in {ms} ms"),
    (150, Dashed, "routers.fleet", Info, Info, "Fleet summary built for user {user} from {ip}"),
    (200, Dashed, "wialon_sync", Warning, Warning, "Sensor {n} of {truck} stale since {date}"),
    (50, Dashed, "wialon_sync", Error, Debug, "DEBUG sensor dump: id={n} value={pct}"),
    (30, Dashed, "wialon_sync", Error, Error, "Failed to store batch {n}: deadlock, retry {small}"),
    (20, Dashed, "driver_scoring_engine", Debug, Debug, "weights={pct},{pct},{pct}"),

    (120, Nameless, "", Info, Info, "Scheduler tick {n}, next run in {small}s"),
    (30, Nameless, "", Warning, Warning, "Slow query: {ms} ms on fuel_metrics"),
    (15, Nameless, "", Error, Error, "Backup to /var/backups/fuel_{date}.sql.gz failed with status {small}"),

    (200, Basic, "main", Info, Info, "Request {uuid} served"),
    (60, Basic, "driver_scoring_engine", Warning, Warning, "driver {n} has only {small} trips"),
    (30, Basic, "driver_scoring_engine", Error, Error, "score of driver {n} could not be computed"),
    (20, Basic, "ml_engine", Info, Error, "Error while loading model v{small}: checksum mismatch"),

    (80, Loguru, "etl.loader:run:88", Info, Info, "loaded {n} rows for {date}"),
    (15, Loguru, "etl.loader:retry:97", Warning, Warning, "attempt {small} failed, waiting {small}s"),
    (8, Loguru, "etl.loader:run:104", Error, Error, "row {n} has {small} columns, 14 expected"),

    (90, Console, "", Info, Info, "Heartbeat from {truck}"),
    (15, Console, "", Warning, Warning, "Queue length {n}"),
    (8, Console, "", Error, Error, "Push to {ip}:{port} failed"),

    (120, Json, "api", Info, Info, "request finished in {ms} ms"),
    (15, Json, "api", Warning, Warning, "token of {user} expires in {small} min"),
    (12, Json, "api", Error, Error, "upstream {ip}:{port} answered 503"),

    (30, Stamped, "", None, None, "✅ Backend OK (PID {n}, {small} threads)"),
    (4, Shell, "", None, None, "backend check: memory {pct}%, cpu {pct}%"),
];
