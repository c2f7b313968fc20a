//! The figures of `backup`: `cargo bench --bench backup`, where MariaDB, PostgreSQL and `zstd` are installed.
//!
//! Prints one Markdown table for README: what verification costs beside the dump that it proves, on real servers, and
//! compression beside `zstd -T0` at the same level on the same content, runs of both interleaved. Each figure is a median.
//! Ends with 1 if a bar is missed.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot run has nothing to say"
)]

#[expect(dead_code, unused_imports, reason = "the tests need more of it than the figures do")]
#[path = "../tests/it/support/mod.rs"]
mod support;

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use fuelops::store::{Compressor, LEVEL};

use support::Env;
use support::servers::{MariaDb, Postgres};

const RUNS: usize = 5;
/// Rows of the dumped table, of some 130 bytes each.
const ROWS: u32 = 1_000_000;
/// Bytes that are compressed.
const CONTENT: usize = 256 << 20;

/// One line of the table.
struct Figure {
    what: String,
    bar: f64,
    measured: f64,
    unit: &'static str,
}

fn main() -> ExitCode {
    // `cargo test --benches` and the like only ask whether it starts.
    if !std::env::args().any(|word| word == "--bench") {
        return ExitCode::SUCCESS;
    }
    let mut figures = compression();
    if let Some(server) = MariaDb::start() {
        server.sql(&format!(
            "USE fuel; CREATE TABLE trucks (id INT PRIMARY KEY, at DATETIME, plate VARCHAR(20), litres DOUBLE, note TEXT);
             INSERT INTO trucks SELECT seq, NOW() - INTERVAL seq SECOND, CONCAT('VD', seq % 9973), RAND() * 400,
             CONCAT('refuel at station ', seq % 311, ', driver ', MD5(seq)) FROM seq_1_to_{ROWS}"
        ));
        figures.push(verification("mysql", &server.url()));
    }
    if let Some(server) = Postgres::start() {
        server.sql(&format!(
            "CREATE TABLE trucks AS SELECT i AS id, now() - i * interval '1 second' AS at, 'VD' || i % 9973 AS plate,
             random() * 400 AS litres, 'refuel at station ' || i % 311 || ', driver ' || md5(i::text) AS note
             FROM generate_series(1, {ROWS}) i"
        ));
        figures.push(verification("postgres", &server.url().replace("/fuel", "/postgres")));
    }
    println!("{}", table(&figures));
    if figures.iter().all(|figure| figure.measured <= figure.bar) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// What `verify` takes, in percent of what the dump took.
fn verification(kind: &str, url: &str) -> Figure {
    let env = Env::new();
    let check = format!("[[check]]\nname = \"db\"\ntype = \"{kind}\"\nurl = \"{url}\"\n");
    env.write("fuelops.toml", format!("{check}[backup]\ninclude = []\ndatabases = [\"db\"]\n"));
    let (mut shares, mut seconds) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let made = env.run(&["backup", "create", "--format", "json"]).expect(0).json();
        let entry = &made["backups"][0];
        let verified = env.run(&["backup", "verify", entry["id"].as_str().unwrap(), "--format", "json"]);
        let verified = verified.expect(0).json();
        let (dump, verify) = (&entry["dump_ms"], &verified["backups"][0]["verify_ms"]);
        let (dump, verify) = (dump.as_f64().unwrap(), verify.as_f64().unwrap());
        shares.push(verify / dump * 100.0);
        seconds.push(dump / 1000.0);
    }
    let what = format!("{kind}: `backup verify`, of the dump's {:.1} s", median(seconds));
    Figure { what, bar: 20.0, measured: median(shares), unit: "%" }
}

/// Ours beside `zstd -T0`, from the page cache into nothing.
fn compression() -> Vec<Figure> {
    let env = Env::new();
    let path = env.path("content.sql");
    fs::write(&path, content()).unwrap();
    let (mut ours, mut theirs, mut packed) = (Vec::new(), Vec::new(), 0);
    for _ in 0..RUNS {
        let start = Instant::now();
        packed = compress(&path);
        ours.push(start.elapsed().as_secs_f64());
        let start = Instant::now();
        let level = format!("-{LEVEL}");
        let mut zstd = Command::new("zstd");
        zstd.args(["-T0", &level, "-q", "-c"]).arg(&path).stdout(Stdio::null()).stdin(Stdio::null());
        assert!(zstd.status().unwrap().success());
        theirs.push(start.elapsed().as_secs_f64());
    }
    let level = LEVEL;
    let whole =
        env.command("zstd").args(["-T0", &format!("-{level}"), "-q", "-c"]).arg(&path).output().unwrap();
    let (ours, theirs) = (median(ours), median(theirs));
    vec![
        Figure {
            what: format!("compression of {} MiB, wall against `zstd -T0 -{level}`", CONTENT >> 20),
            bar: 1.0,
            measured: ours / theirs,
            unit: "×",
        },
        Figure {
            what: "… size against `zstd -T0`".into(),
            bar: 1.05,
            measured: packed as f64 / whole.stdout.len() as f64,
            unit: "×",
        },
    ]
}

/// The compressed size.
fn compress(path: &Path) -> u64 {
    struct Count(u64);
    impl io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len() as u64;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut compressor = Compressor::new(Count(0));
    io::copy(&mut io::BufReader::with_capacity(256 << 10, File::open(path).unwrap()), &mut compressor)
        .unwrap();
    compressor.finish().unwrap().0
}

/// Rows as a dump writes them.
fn content() -> Vec<u8> {
    let mut out = Vec::with_capacity(CONTENT + 1024);
    let mut n = 1_u64;
    while out.len() < CONTENT {
        let mix = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
        writeln!(
            out,
            "({n},'2026-01-{:02} {:02}:{:02}:00','VD{}',{}.{},'refuel at station {}, driver {mix:x}'),",
            n % 28 + 1,
            n % 24,
            n % 60,
            mix % 9973,
            mix % 400,
            mix % 977,
            mix % 311
        )
        .unwrap();
        n += 1;
    }
    out
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn table(figures: &[Figure]) -> String {
    let mut out = String::from("| what | bar | measured |\n| --- | ---: | ---: |\n");
    for Figure { what, bar, measured, unit } in figures {
        let mark = if measured <= bar { "" } else { " ✖" };
        writeln!(out, "| {what} | ≤ {bar} {unit} | {measured:.2} {unit}{mark} |").unwrap();
    }
    out
}
