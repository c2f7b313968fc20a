#!/usr/bin/env python3
"""Runs Monit, supervisord with httpok, pm2 and fuelops through the faults that all of them can meet.

    benches/peers/faults.py target/release/fuelops [FAULT...]

Prints a Markdown table of what each of them did, by what was measured. The others are taken from FUELOPS_BENCH_PEERS (a
folder with a bin), else from PATH; what is missing is left out, aloud. Every run has a folder, a port and processes of its
own, and leaves nothing behind. Linux; takes about ten minutes.
"""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
BACKEND = HERE.parent.parent / "tests/it/data/recover_backend.py"
STARTS = 'def main():\n    open("starts", "a").write(f"{os.getpid()}\\n")\n'
PEERS = os.environ.get("FUELOPS_BENCH_PEERS")
PATH = (f"{PEERS}/bin:" if PEERS else "") + os.environ["PATH"]
FUELOPS = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None


class Yard:
    """A folder with the service and one watcher."""

    name = ""
    needs = ()

    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="peers-")).resolve()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        text = BACKEND.read_text()
        assert "def main():\n" in text
        self.write("main.py", text.replace("def main():\n", STARTS))
        self.write(self.config, self.text())
        self.watcher = None

    def write(self, name, text):
        path = self.dir / name
        path.write_text(text)
        path.chmod(0o600)

    def ask(self, *words):
        env = os.environ | {"PATH": PATH, "HOME": str(self.dir), "PM2_HOME": str(self.dir / "pm2")}
        return subprocess.run(words, cwd=self.dir, env=env, capture_output=True, timeout=60, check=False)

    def spawn(self, *words):
        env = os.environ | {"PATH": PATH, "HOME": str(self.dir), "PM2_HOME": str(self.dir / "pm2")}
        out = open(self.dir / "watcher.out", "a")
        return subprocess.Popen(words, cwd=self.dir, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def start(self):
        self.watcher = self.spawn(*self.words())

    def second(self):
        """Starts another watcher with the same config; whether it goes on beside the first."""
        other = self.spawn(*self.words())
        time.sleep(5)
        lives = other.poll() is None
        if lives:
            other.kill()
            other.wait()
        return lives

    def kill(self):
        self.watcher.kill()
        self.watcher.wait()

    def reload(self):
        self.watcher.send_signal(signal.SIGHUP)

    def is_watching(self):
        return self.watcher.poll() is None

    def answer(self, limit=2):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=limit) as reply:
                return reply.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    def starts(self):
        path = self.dir / "starts"
        return [int(pid) for pid in path.read_text().split()] if path.exists() else []

    def alive(self):
        """Processes of the service that were started by name, and live."""
        return [pid for pid in self.starts() if is_alive(pid)]

    def inhabitants(self):
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and (entry / "cwd").resolve().is_relative_to(self.dir):
                    found.append(int(entry.name))
            except OSError:
                pass
        return [pid for pid in found if is_alive(pid)]

    def up(self, patience=30):
        assert wait(lambda: self.answer() == 200 and self.alive(), patience) is not None, f"{self.name}: not up"
        return self.alive()[-1]

    def anew(self, old, patience):
        """Seconds until another process answers."""
        return wait(lambda: [pid for pid in self.alive() if pid != old] and self.answer(1) == 200, patience)

    def end(self):
        if self.watcher:
            self.watcher.kill()
            self.watcher.wait()
        for _ in range(3):
            for pid in self.inhabitants():
                strike(pid, signal.SIGKILL)
            time.sleep(0.3)
        shutil.rmtree(self.dir, ignore_errors=True)


class Fuelops(Yard):
    name, config = "fuelops", "fuelops.toml"

    def text(self):
        return f"""[[service]]
name = "backend"
command = ["python3", "main.py", "{self.port}"]
pid_file = "backend.pid"
port = {self.port}
health_url = "http://127.0.0.1:{self.port}/"
health_timeout = "1s"
start_timeout = "30s"
stop_timeout = "5s"
period = "1s"
restart = {{ slow_retry = ["20s"] }}
"""

    def words(self):
        return str(FUELOPS), "monitor", "--quiet"

    def stop_service(self):
        self.ask(str(FUELOPS), "stop", "backend")


class Monit(Yard):
    name, config, needs = "Monit", "monitrc", ("monit",)

    def text(self):
        at = self.dir
        return f"""set daemon 1
set idfile {at}/id
set statefile {at}/state
set pidfile {at}/monit.pid
set httpd unixsocket {at}/socket allow monit:monit
check process backend with pidfile {at}/backend.pid
  start program = "/bin/sh -c 'cd {at} && exec python3 main.py {self.port} >/dev/null 2>&1 &'"
  stop program = "/bin/sh -c 'kill $(cat {at}/backend.pid)'"
  if failed port {self.port} protocol http with timeout 1 seconds for 3 cycles then restart
"""

    def words(self):
        return "monit", "-c", str(self.dir / self.config), "-I"

    def stop_service(self):
        self.ask("monit", "-c", str(self.dir / self.config), "stop", "backend")


class Supervisord(Yard):
    name, config, needs = "supervisord + httpok", "supervisord.conf", ("supervisord", "supervisorctl", "httpok")

    def text(self):
        at = self.dir
        return f"""[supervisord]
nodaemon=true
logfile={at}/log
pidfile={at}/supervisord.pid
childlogdir={at}
[unix_http_server]
file={at}/socket
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://{at}/socket
[program:backend]
command=python3 main.py {self.port}
directory={at}
autorestart=true
stopwaitsecs=5
[eventlistener:httpok]
command=httpok -p backend -t 1 http://127.0.0.1:{self.port}/
events=TICK_5
"""

    def words(self):
        return "supervisord", "-c", self.config

    def stop_service(self):
        self.ask("supervisorctl", "-c", self.config, "stop", "backend")


class Pm2(Yard):
    name, config, needs = "pm2", "pm2.txt", ("pm2",)

    def text(self):
        return ""

    def start(self):
        words = ("start", "main.py", "--name", "backend", "--interpreter", "python3", "--", str(self.port))
        self.ask("pm2", "resurrect" if self.starts() else words[0], *([] if self.starts() else words[1:]))
        self.ask("pm2", "save")

    def daemon(self):
        return int((self.dir / "pm2/pm2.pid").read_text())

    def second(self):
        self.ask("pm2", "start", "main.py", "--name", "backend", "--interpreter", "python3", "--", str(self.port))
        return False

    def kill(self):
        strike(self.daemon(), signal.SIGKILL)
        time.sleep(0.5)

    def reload(self):
        raise Unfit("has no config to read anew")

    def is_watching(self):
        return is_alive(self.daemon())

    def stop_service(self):
        self.ask("pm2", "stop", "backend")

    def end(self):
        try:
            self.ask("pm2", "kill")
        except subprocess.TimeoutExpired:
            pass
        super().end()


class Unfit(Exception):
    """The fault does not exist for this watcher."""


def is_alive(pid):
    try:
        return ") Z " not in pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def strike(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def wait(is_so, patience):
    begun = time.monotonic()
    while time.monotonic() - begun < patience:
        if is_so():
            return time.monotonic() - begun
        time.sleep(0.005)
    return None


def after(seconds):
    return f"after {seconds * 1000:.0f} ms" if seconds < 1 else f"after {seconds:.1f} s"


def times(count, noun="start"):
    return f"{count} {noun}{'' if count == 1 else 's'}"


def stale_pid_file(yard):
    innocent = subprocess.Popen(["sleep", "600"], cwd="/")
    try:
        yard.write("backend.pid", str(innocent.pid))
        yard.start()
        up = wait(lambda: yard.alive() and yard.answer() == 200, 40)
        lived = innocent.poll() is None
        service = f"the service is up {after(up)}" if up is not None else "the service is down for 40 s"
        return f"{'the stranger is left alone' if lived else '**kills the stranger**'}; {service}"
    finally:
        innocent.kill()
        innocent.wait()


def orphaned_workers(yard):
    yard.write("workers", "1")
    yard.start()
    old = yard.up()
    workers = [pid for pid in yard.inhabitants() if parent(pid) == old]
    strike(old, signal.SIGKILL)
    took = wait(lambda: yard.alive() and not any(map(is_alive, workers)) and yard.answer(1) == 200, 40)
    if took is not None:
        return f"a new one answers {after(took)}, the old workers are gone"
    tried = len(yard.starts()) - 1
    who = "the old workers answer 200" if yard.answer(1) == 200 else "nobody answers"
    return f"**{who}; {times(tried, 'new start')} in 40 s, in vain**"


def parent(pid):
    try:
        return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()[1])
    except OSError:
        return None


def hang(yard):
    yard.start()
    old = yard.up()
    time.sleep(3)
    strike(old, signal.SIGSTOP)
    took = yard.anew(old, 60)
    return f"another one answers {after(took)}" if took is not None else "**nobody answers for 60 s**"


def watcher_killed(yard):
    yard.start()
    old = yard.up()
    time.sleep(2)
    yard.kill()
    time.sleep(1)
    survived = is_alive(old) and yard.answer() == 200
    yard.start()
    time.sleep(12)
    answering = [pid for pid in yard.alive()]
    told = "the service lives on" if survived else "the service dies with it"
    if old not in answering:
        return f"{told}; it is replaced at the next start"
    copies = len(yard.starts()) - 1
    strike(old, signal.SIGKILL)
    took = yard.anew(old, 30)
    taken = f"killed then, it is back {after(took)}" if took is not None else "**killed then, it stays down for 30 s**"
    tried = f"; **{times(copies)} of a copy fail beside it**" if copies else " and is taken over"
    return f"{told}{tried}; {taken}"


def crash_again_and_again(yard):
    yard.write("dies", "1.3")
    yard.start()
    time.sleep(30)
    return f"{times(len(yard.starts()))} in 30 s"


def broken_then_mended(yard):
    good = (yard.dir / "main.py").read_text()
    yard.write("main.py", 'import os\nopen("starts", "a").write(f"{os.getpid()}\\n")\nraise SystemExit(1)\n')
    yard.start()
    time.sleep(45)
    tried = len(yard.starts())
    yard.write("main.py", good)
    took = wait(lambda: yard.answer() == 200, 60)
    back = f"mended, it is back {after(took)}" if took is not None else "**mended, it stays down: given up**"
    return f"{times(tried)} in 45 s; {back}"


def slow_start(yard):
    yard.write("slow", "12")
    yard.start()
    took = wait(lambda: yard.answer() == 200, 60)
    if took is None:
        return f"**never up within 60 s: {times(len(yard.starts()))}**"
    return f"up {after(took)}, {times(len(yard.starts()))}"


def answers_503(yard):
    yard.start()
    yard.up()
    time.sleep(3)
    before = len(yard.starts())
    yard.write("503", "1")
    time.sleep(60)
    count = len(yard.starts()) - before
    return "left as it is" if count == 0 else f"**{times(count, 'restart')} in 60 s, which help nobody**"


def two_watchers(yard):
    yard.start()
    yard.up()
    goes_on = yard.second()
    alive = len(yard.alive())
    second = "**a second one watches beside it**" if goes_on else "the second one is refused"
    return f"{second}; {times(alive, 'instance')}"


def broken_config(yard):
    yard.start()
    old = yard.up()
    time.sleep(2)
    yard.write(yard.config, "[[[ this is no config\n")
    yard.reload()
    time.sleep(5)
    watching = yard.is_watching()
    same = is_alive(old)
    now = yard.alive()
    for pid in now:
        strike(pid, signal.SIGKILL)
    took = yard.anew(now[-1], 20) if now else None
    first = "goes on with the old one" if watching else "**ends**"
    service = "" if same else ", **and stops the service**"
    back = f"; a kill is answered {after(took)}" if took is not None else "; **a kill is not answered**"
    return f"{first}{service}{back}"


def deaf_with_daemon(yard):
    yard.write("deaf", "1")
    yard.write("daemon", "1")
    yard.start()
    yard.up()
    begun = time.monotonic()
    yard.stop_service()
    service = wait(lambda: not yard.alive(), 30)
    took = time.monotonic() - begun
    time.sleep(1)
    daemon = [pid for pid in yard.inhabitants() if is_sleep(pid)]
    ended = f"ended {after(took)}" if service is not None else "**lives for 30 s more**"
    return f"{ended}; {'**what it had started lives on**' if daemon else 'what it had started is gone, too'}"


def is_sleep(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:2] == [b"sleep", b"300"]
    except OSError:
        return False


FAULTS = {
    "F1": ("after a reboot its pid file names a stranger", stale_pid_file),
    "F2": ("`kill -9` of a parent whose two workers share its socket", orphaned_workers),
    "F3": ("it hangs (SIGSTOP)", hang),
    "F4": ("`kill -9` of the watcher, which is started again", watcher_killed),
    "F5": ("it crashes every 1.3 s", crash_again_and_again),
    "F5b": ("it ends at once for 45 s, then somebody mends it", broken_then_mended),
    "F6": ("its start takes 12 s", slow_start),
    "F8": ("its database is down: it answers 503 for 60 s", answers_503),
    "F17": ("the watcher is started twice", two_watchers),
    "F18": ("SIGHUP with a broken config, then `kill -9` of the service", broken_config),
    "F19": ("stopped, it ignores TERM and has left a daemon behind", deaf_with_daemon),
}


def run(kind, faults, results):
    for fault in faults:
        yard = kind()
        try:
            results[kind.name, fault] = FAULTS[fault][1](yard)
        except Unfit as why:
            results[kind.name, fault] = f"{why}"
        except Exception as error:  # one that fails says so in its cell
            results[kind.name, fault] = f"could not be played: {error}"
        finally:
            yard.end()
        print(f"{kind.name} {fault}: {results[kind.name, fault]}", file=sys.stderr, flush=True)


def main():
    if FUELOPS is None or not FUELOPS.exists():
        sys.exit(__doc__)
    faults = sys.argv[2:] or list(FAULTS)
    kinds = [Fuelops]
    for kind in (Monit, Supervisord, Pm2):
        missing = [need for need in kind.needs if not shutil.which(need, path=PATH)]
        if missing:
            print(f"left out: {kind.name} ({', '.join(missing)} not found)", file=sys.stderr)
        else:
            kinds.append(kind)
    results = {}
    threads = [threading.Thread(target=run, args=(kind, faults, results)) for kind in kinds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("| what happens | " + " | ".join(kind.name for kind in kinds) + " |")
    print("| --- |" + " --- |" * len(kinds))
    for fault in faults:
        cells = [results[kind.name, fault] for kind in kinds]
        print(f"| {FAULTS[fault][0]} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
