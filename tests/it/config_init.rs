//! `config init` on real stacks, each in a network of its own where it may: what is found, written, and then healthy.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::support::{Env, skip};

/// A backend that serves itself, logs to a file and writes its pid file.
const BACKEND: &str = "\
import http.server, os
open('backend.pid', 'w').write(str(os.getpid()))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == '/health' else 404)
        self.end_headers()
        self.wfile.write(b'ok')
http.server.HTTPServer(('127.0.0.1', 8123), Handler).serve_forever()  # port=8123
";

/// The machine is not what is tested.
const CALM: &str = "s/warn = [0-9]*, critical = [0-9]*/warn = 101, critical = 101/";

/// Runs a script of a shell in a network where nobody else listens; nothing where this machine does not allow it.
fn alone(env: &Env, script: &str) -> Option<String> {
    let fuelops = env!("CARGO_BIN_EXE_fuelops");
    let whole = format!(
        "ip link set lo up 2>/dev/null || ifconfig lo up; fuelops() {{ {fuelops} \"$@\"; }}\n{script}"
    );
    let mut command: Command = env.command("unshare");
    command.args(["--net", "bash", "-c", &whole]);
    let out = env.finish(command);
    let is_refused = out.stderr.contains("unshare failed") || out.stderr.contains("ip: command not found");
    (!is_refused).then(|| format!("{}{}", out.stdout, out.stderr))
}

/// Waits for the backend within a script.
const START: &str = "\
python3 main.py > backend.log 2>&1 &
backend=$!
for n in $(seq 300); do (exec 3<>/dev/tcp/127.0.0.1/8123) 2>/dev/null && break; sleep 0.05; done
";

#[test]
fn running_backend_is_found_written_checked_and_healthy() {
    let env = Env::new();
    env.write("main.py", BACKEND);
    env.write(".env", "DATABASE_URL=mysql://fuel:hunter2@127.0.0.1:3306/fuel\nSECRET_KEY=hunter2\n");
    let script = format!(
        "{START}fuelops config init; echo init=$?\nsed -i '{CALM}' fuelops.toml\nfuelops config check; echo check=$?\n\
         fuelops health; echo health=$?\ncat fuelops.toml\nkill $backend\n"
    );
    let Some(said) = alone(&env, &script) else {
        return skip(
            "running_backend_is_found_written_checked_and_healthy",
            "needs root, for a network of its own",
        );
    };
    for part in [
        "init=0",
        "check=0",
        "health=0",
        "port = 8123",
        "pid_file = \"backend.pid\"",
        "log_file = \"backend.log\"",
    ] {
        assert!(said.contains(part), "`{part}` is missing in\n{said}");
    }
    assert!(said.contains("health_url = \"http://127.0.0.1:8123/health\""), "{said}");
    assert!(said.contains("DATABASE_URL") && !said.contains("hunter2"), "{said}");
    let mode = fs::metadata(env.path("fuelops.toml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
}

#[test]
fn backend_that_fuelops_keeps_is_proposed_as_itself() {
    let env = Env::new();
    env.write("main.py", BACKEND);
    // Not by the function: that would be a shell in between.
    let run = format!("{} run -q -- python3 main.py &", env!("CARGO_BIN_EXE_fuelops"));
    let start = START.replace("python3 main.py > backend.log 2>&1 &", &run);
    let script = format!("{start}fuelops config init --print\nkill $(cat backend.pid)\n");
    let Some(said) = alone(&env, &script) else {
        return skip(
            "backend_that_fuelops_keeps_is_proposed_as_itself",
            "needs root, for a network of its own",
        );
    };
    assert!(said.contains("python3\", \"main.py\"]") && !said.contains("\"run\""), "{said}");
    assert!(said.contains("port = 8123") && said.matches("[[service]]").count() == 1, "{said}");
}

#[test]
fn secret_of_a_command_line_is_nowhere() {
    let env = Env::new();
    env.write("main.py", BACKEND);
    let start = START.replace("main.py >", "main.py --password=hunter2 --api-key hunter3 >");
    let script = format!(
        "{start}fuelops config init; fuelops config init --print; fuelops config init --print --format json\n\
         fuelops config check; echo check=$?\ncat fuelops.toml\nkill $backend\n"
    );
    let Some(said) = alone(&env, &script) else {
        return skip("secret_of_a_command_line_is_nowhere", "needs root, for a network of its own");
    };
    assert!(said.contains("port = 8123") && said.contains("check=0"), "{said}");
    assert!(said.contains("--password=${SECRET_1}") && said.contains("\"${SECRET_2}\""), "{said}");
    assert!(!said.contains("hunter"), "{said}");
    assert!(said.contains("fill in backend: nothing looks at what is a comment"), "{said}");
    assert!(said.contains("\"pending\": true"), "{said}");
}

#[test]
fn login_that_the_environment_holds_is_used_by_its_names() {
    let env = Env::new();
    env.write(".env", "MYSQL_HOST=127.0.0.1\nMYSQL_PORT=1\nMYSQL_USER=fuel\nMYSQL_PASSWORD=hunter2\n");
    let mut command = env.command(env!("CARGO_BIN_EXE_fuelops"));
    command.args(["config", "init", "--print"]).envs([("MYSQL_USER", "fuel"), ("MYSQL_PASSWORD", "hunter2")]);
    let printed = env.finish(command).expect(0);
    let url = "\nurl = \"mysql://${MYSQL_USER}:${MYSQL_PASSWORD}@127.0.0.1:1/\"\n";
    assert!(printed.stdout.contains(url) && !printed.stdout.contains("hunter2"), "{printed}");
    assert!(printed.stdout.contains("it did not answer: nobody listens on port 1 now"), "{printed}");
}

#[test]
fn rest_of_a_password_is_no_host_and_a_pipe_no_file() {
    let env = Env::new();
    env.write(".env", "DATABASE_URL=postgresql://fuel:P@hunter2#1@127.0.0.1:1/fuel\n");
    let printed = env.run(&["config", "init", "--print", "--format", "json"]).expect(0);
    assert!(printed.stdout.contains("a URL of .env that cannot be read"), "{printed}");
    assert!(!printed.to_string().contains("hunter2"), "{printed}");
    env.write(
        "fuelops.toml",
        "[[check]]\nname=\"db\"\ntype=\"mysql\"\nurl=\"mysql://u:pa@hunter2/w@127.0.0.1:1/\"\n",
    );
    let refused = env.run(&["config", "check"]).expect(78);
    assert!(refused.stderr.contains("%40") && !refused.to_string().contains("hunter2"), "{refused}");
    for name in [".env", "main.py"] {
        fs::remove_file(env.path(name)).ok();
        nix::unistd::mkfifo(&env.path(name), nix::sys::stat::Mode::S_IRWXU).unwrap();
    }
    fs::remove_file(env.path("fuelops.toml")).unwrap();
    env.run(&["config", "init", "--print"]).expect(0);
}

#[test]
fn backend_that_is_only_a_comment_is_told_and_never_healthy() {
    let env = Env::new();
    env.write("backend.pid", "1\n");
    let head = "# Written by `fuelops config init`\n";
    let calm = "[thresholds]\ncpu_percent = { warn = 101, critical = 101 }\nmemory_percent = { warn = 101, \
                critical = 101 }\ndisk_percent = { warn = 101, critical = 101 }\n";
    let check = "[[check]]\nname = \"own\"\ntype = \"disk\"\npath = \".\"\n";
    env.write("fuelops.toml", format!("{head}{calm}\n# # pid 7\n# [[service]]\n# name = \"api\"\n{check}"));
    env.run(&["config", "check"]).expect(0).says("service.api: a comment on line 8");
    let whole = env.run(&["health", "--fail-on", "critical"]).expect(3);
    whole.says("no [[service]] names it").says("fuelops config check");
    env.run(&["health", "--target", "own"]).expect(0);
}

#[test]
fn file_that_is_there_stays_as_it_is() {
    let env = Env::new();
    env.write("main.py", BACKEND);
    env.write("fuelops.toml", "name = \"mine\"\n");
    let refused = env.run(&["config", "init"]).expect(2);
    assert!(refused.stderr.contains("stays as it is"), "{refused}");
    assert_eq!(fs::read_to_string(env.path("fuelops.toml")).unwrap(), "name = \"mine\"\n");
    let printed =
        env.run(&["config", "init", "--print"]).expect(0).says("[[service]]").says("main.py lies here");
    assert_eq!(fs::read_to_string(env.path("fuelops.toml")).unwrap(), "name = \"mine\"\n", "{printed}");
}

#[test]
fn json_tells_what_was_found_and_print_writes_nothing() {
    let env = Env::new();
    env.write("main.py", BACKEND);
    env.write("logs/app.log", "");
    let report = env.run(&["config", "init", "--print", "--format", "json"]).expect(0).json();
    assert_eq!(report["schema"], "fuelops.config-init/1");
    assert_eq!(report["written"], false);
    let found = report["found"].as_array().unwrap();
    assert!(found.iter().any(|f| f["kind"] == "service" && f["name"] == "backend"), "{report:#}");
    assert!(found.iter().any(|f| f["kind"] == "logs" && f["what"] == "logs/*.log*"), "{report:#}");
    assert!(report["text"].as_str().unwrap().contains("port = 8123"));
    assert!(!env.path("fuelops.toml").exists());
}

#[test]
fn empty_folder_gets_an_example_that_is_valid() {
    let env = Env::new();
    let script = "fuelops config init; echo init=$?; fuelops config check; echo check=$?";
    let Some(said) = alone(&env, script) else {
        return skip("empty_folder_gets_an_example_that_is_valid", "needs root, for a network of its own");
    };
    assert!(said.contains("init=0") && said.contains("check=0"), "{said}");
    assert!(fs::read_to_string(env.path("fuelops.toml")).unwrap().contains("# [[service]]"));
}

#[test]
fn file_is_written_where_the_config_is_asked_for() {
    let env = Env::new();
    env.write("portal/app.py", "app = Flask(__name__)\n");
    env.run(&["config", "init", "--config", "portal/fuelops.toml"]).expect(0).says("portal/fuelops.toml");
    let text = fs::read_to_string(env.path("portal/fuelops.toml")).unwrap();
    assert!(text.contains("name = \"portal\"") && text.contains("gunicorn"), "{text}");
    env.write("open/app.py", "app = Flask(__name__)\n");
    fs::set_permissions(env.path("open"), PermissionsExt::from_mode(0o775)).unwrap();
    let open = env.run(&["config", "init", "--config", "open/fuelops.toml"]).expect(0);
    assert!(open.stderr.contains("open can be written by others (mode 775); chmod go-w "), "{open}");
    let nowhere = env.run(&["config", "init", "--config", "nowhere/fuelops.toml"]);
    assert_eq!(nowhere.code, Some(74), "{nowhere}");
}
