//! Answers that are wrong, late or not trusted, and errors in logs.

use std::path::Path;
use std::process::Command;

use super::play::{Diagnosis, Expected};
use super::stage::Stage;

fn tls(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/data/tls").join(name).display().to_string()
}

/// A web server of Python's own, with the expired certificate.
fn expired_server(stage: &mut Stage) {
    let (certificate, key, port) = (tls("expired.pem"), tls("expired.key"), stage.port);
    let script = format!(
        "import http.server, ssl\n\
         server = http.server.ThreadingHTTPServer(('127.0.0.1', {port}), http.server.SimpleHTTPRequestHandler)\n\
         context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n\
         context.load_cert_chain('{certificate}', '{key}')\n\
         server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)\n\
         server.serve_forever()"
    );
    let mut command: Command = stage.python();
    command.args(["-c", &script]);
    stage.launch(command);
    stage.listens();
}

scenarios! {
    a_bug_answers_500:
        "a bug: the health route raises an exception that nobody catches",
        |stage| {
            stage.service("");
            stage.start(&[("FAIL", "boom")]);
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "service.backend.http",
            cause: "bad-response",
            says: "answers 500, not 200-299",
            folded: &[],
            hint: "tail -n 50",
            code: 2,
        }]);
    html_where_json_is_expected:
        "the route answers HTML where JSON is expected",
        |stage| {
            let mut command = stage.python();
            command.args(["-m", "http.server", "--bind", "127.0.0.1", &stage.port.to_string()]);
            stage.launch(command);
            stage.listens();
            let url = format!("url = \"http://127.0.0.1:{}/\"\njson = {{ status = \"healthy\" }}", stage.port);
            stage.check("api", "http", &url);
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "check.api",
            cause: "bad-response",
            says: "answers 200 with HTML where JSON is expected",
            folded: &[],
            hint: "{port}/",
            code: 2,
        }]);
    slower_than_agreed:
        "a route answers, and takes longer than its threshold",
        |stage| {
            stage.service("");
            stage.start(&[]);
            let url = format!("http://127.0.0.1:{}/slow", stage.port);
            let bars = "latency = { warn = \"200ms\", critical = \"30s\" }\ntimeout = \"20s\"";
            stage.check("report", "http", &format!("url = \"{url}\"\n{bars}"));
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "check.report",
            cause: "slow-response",
            says: "slower than 200 ms",
            folded: &[],
            hint: "fuelops health --target report --format json",
            code: 1,
        }]);
    certificate_has_expired:
        "the certificate of the web server has expired",
        |stage| {
            expired_server(stage);
            let port = stage.port;
            stage.check("certificate", "certificate", &format!("address = \"localhost:{port}\""));
            let ca = tls("ca.pem");
            stage.check("web", "http", &format!("url = \"https://localhost:{port}/\"\nca = \"{ca}\""));
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "check.certificate",
            cause: "certificate-expiring",
            says: "certificate expired",
            folded: &["check.web"],
            hint: "openssl s_client -connect",
            code: 2,
        }]);
    log_has_fallen_silent:
        "a log that must not fall silent has not been written to for hours",
        |stage| {
            let log = stage.env.write("sync.log", "synced\n");
            let old = std::time::SystemTime::now() - std::time::Duration::from_secs(7_200);
            std::fs::File::options().append(true).open(log).unwrap().set_modified(old).unwrap();
            stage.check("sync", "file-age", "path = \"sync.log\"\nmax_age = \"1h\"");
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "check.sync",
            cause: "stale-log",
            says: "was written to 2h ago, limit 1h",
            folded: &[],
            hint: "ls -l",
            code: 2,
        }]);
    errors_pile_up:
        "thirty errors in the last hour, of a kind that nobody knows",
        |stage| {
            stage.service("").set("{ warn = 1000, critical = 2000 }", "{ warn = 5, critical = 20 }");
            stage.start(&[]);
            let now = chrono::Utc::now() - chrono::TimeDelta::seconds(20);
            let line = format!("{} - fuel - ERROR - tank 7 is upside down\n", now.format("%Y-%m-%d %H:%M:%S,000"));
            stage.env.write("sync.log", line.repeat(30));
            true
        },
        Expected::Causes(&[Diagnosis {
            root: "logs.errors",
            cause: "error-rate",
            says: "in the last hour",
            folded: &[],
            hint: "fuelops analyze-logs",
            code: 2,
        }]);
}
