//! Writes the log corpus that figures and truth tests are made with; see `corpus/mod.rs` for what is in it.
//!
//! `cargo bench --bench corpus -- KIND SIZE FILE [--seed N]` writes FILE and FILE.truth.json, `-- source FOLDER` the
//! Python source of the backend that would have written it. Only `std` is used, so
//! `rustc --edition 2024 -O benches/generate.rs` builds it in seconds where the crate itself is not needed.

mod corpus;

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use corpus::{Kind, generate, parse_size, python_source, quoted};

const USAGE: &str = "usage: corpus KIND SIZE FILE [--seed N]
       corpus source FOLDER
  KIND  backend celery jsonl nginx (with FILE.truth.json), distinct random oneline (for memory)
  SIZE  bytes, or with a unit: 64KiB, 100MiB, 1GiB
  FILE  `-` writes to stdout, without truth
";

fn main() -> ExitCode {
    // `cargo bench` adds its own flag to what stands behind `--`.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut stderr = std::io::stderr();
            writeln!(stderr, "corpus: {error}\n{USAGE}").map_or(ExitCode::FAILURE, |()| ExitCode::from(64))
        }
    }
}

fn run(args: &[String]) -> Result<(), String> {
    if let [word, folder] = args
        && word == "source"
    {
        return write_source(Path::new(folder)).map_err(|error| format!("{folder}: {error}"));
    }
    let (names, seed) = match args {
        [names @ .., flag, seed] if flag == "--seed" => {
            (names, seed.parse().map_err(|_| format!("bad seed `{seed}`"))?)
        }
        names => (names, 1),
    };
    let [kind, size, file] = names else { return Err("three words are needed".to_owned()) };
    let kind = Kind::named(kind).ok_or_else(|| format!("no kind `{kind}`"))?;
    let bytes = parse_size(size).ok_or_else(|| format!("bad size `{size}`"))?;
    if file == "-" {
        return generate(kind, seed, bytes, &mut std::io::stdout().lock())
            .map(|_| ())
            .map_err(|error| error.to_string());
    }
    let named = |error: std::io::Error| format!("{file}: {error}");
    let mut out = File::create(file).map_err(named)?;
    let truth = generate(kind, seed, bytes, &mut out).map_err(named)?;
    if let Some(truth) = truth {
        fs::write(format!("{file}.truth.json"), truth.to_json()).map_err(named)?;
    }
    Ok(())
}

/// Writes the backend's source and, as `calls.json`, which call logs which text.
fn write_source(folder: &Path) -> std::io::Result<()> {
    let source = python_source();
    for (path, text) in &source.files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(path, text)?;
    }
    let call = |(text, path, line): &(&str, String, usize)| {
        format!("  {{\"text\": {}, \"path\": {}, \"line\": {line}}}", quoted(text), quoted(path))
    };
    let calls: Vec<String> = source.calls.iter().map(call).collect();
    fs::write(folder.join("calls.json"), format!("[\n{}\n]\n", calls.join(",\n")))
}
