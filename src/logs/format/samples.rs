//! Real lines of every layout, and what is to be read out of them. Tests only.

use crate::logs::FormatId::{self, *};
use crate::logs::LineKind;
use crate::logs::format::parse;
use crate::model::Level;

const N: Option<Level> = None;
const TRACE: Option<Level> = Some(Level::Trace);
const DEBUG: Option<Level> = Some(Level::Debug);
const INFO: Option<Level> = Some(Level::Info);
const WARNING: Option<Level> = Some(Level::Warning);
const ERROR: Option<Level> = Some(Level::Error);
const CRITICAL: Option<Level> = Some(Level::Critical);

/// Line, layout, level, written time, logger, message.
type Sample = (&'static str, FormatId, Option<Level>, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const PYTHON: &[Sample] = &[
    ("INFO:     127.0.0.1:51234 - \"GET /health HTTP/1.1\" 200 OK", Uvicorn, INFO, "", "", "127.0.0.1:51234 - \"GET /health HTTP/1.1\" 200 OK"),
    ("ERROR:    Exception in ASGI application", Uvicorn, ERROR, "", "", "Exception in ASGI application"),
    ("WARNING:  Invalid HTTP request received.", Uvicorn, WARNING, "", "", "Invalid HTTP request received."),
    ("CRITICAL: out of memory", Uvicorn, CRITICAL, "", "", "out of memory"),
    ("[2024-01-01 10:00:00 +0000] [123] [INFO] Booting worker with pid: 123", Gunicorn, INFO, "2024-01-01 10:00:00 +0000", "", "Booting worker with pid: 123"),
    ("[2024-01-01 10:00:00 +0000] [1] [CRITICAL] WORKER TIMEOUT (pid:9)", Gunicorn, CRITICAL, "2024-01-01 10:00:00 +0000", "", "WORKER TIMEOUT (pid:9)"),
    ("ERROR:main:🔥 UNHANDLED EXCEPTION in GET /x", PythonBasic, ERROR, "", "main", "🔥 UNHANDLED EXCEPTION in GET /x"),
    ("INFO:apscheduler.scheduler:Added job \"sync\" to job store \"default\"", PythonBasic, INFO, "", "apscheduler.scheduler", "Added job \"sync\" to job store \"default\""),
    ("WARNING:root:", PythonBasic, WARNING, "", "root", ""),
    ("2025-12-28 10:00:00,123 [ERROR] main - ❌ Error fetching sensors for RY8", PythonBracket, ERROR, "2025-12-28 10:00:00,123", "main", "❌ Error fetching sensors for RY8"),
    ("2025-12-28 10:00:00,123 [INFO] wialon_sync: done in 3 s", PythonBracket, INFO, "2025-12-28 10:00:00,123", "wialon_sync", "done in 3 s"),
    ("2025-12-28 10:00:00 [WARNING] Timeout: truck DO9693", PythonBracket, WARNING, "2025-12-28 10:00:00", "", "Timeout: truck DO9693"),
    ("2025-12-28 10:00:00,123 - api.trucks - WARNING - slow - 3 s", PythonDash, WARNING, "2025-12-28 10:00:00,123", "api.trucks", "slow - 3 s"),
    ("2025-12-28 10:00:00,123 - ERROR - lost - again", PythonDash, ERROR, "2025-12-28 10:00:00,123", "", "lost - again"),
    ("2025-12-28 10:00:00,123 - main - ERROR -", PythonDash, ERROR, "2025-12-28 10:00:00,123", "main", ""),
    ("2025-12-28 10:00:00,123 - main - ERROR - main.py:77 - boom", PythonDash, ERROR, "2025-12-28 10:00:00,123", "main", "boom"),
    ("2025-12-28 10:00:00 - it works - and goes on", Other, N, "2025-12-28 10:00:00", "", "it works - and goes on"),
    ("2025-12-28 10:00:00,123:INFO:main:started", PythonBasic, INFO, "2025-12-28 10:00:00,123", "main", "started"),
    ("2025-12-28 10:00:00,123 INFO main started", Log4j, INFO, "2025-12-28 10:00:00,123", "", "main started"),
    ("INFO 2025-12-28 10:00:00,123 views 1234 140123 hello there", Django, INFO, "2025-12-28 10:00:00,123", "views", "hello there"),
    ("INFO  [alembic.runtime.migration] Context impl MySQLImpl.", Other, INFO, "", "alembic.runtime.migration", "Context impl MySQLImpl."),
    ("[2025-12-28 10:00:00] 🔍 Backend running (PID: 123)", Bracketed, N, "2025-12-28 10:00:00", "", "🔍 Backend running (PID: 123)"),
    ("[2025-12-28 10:00:00] ERROR: no answer", Bracketed, ERROR, "2025-12-28 10:00:00", "", "no answer"),
    ("10:00:01 INFO     main: started", Console, INFO, "10:00:01", "main", "started"),
    ("10:00:01.123 ERROR    [c0ffee12] Request failed | status=500", Console, ERROR, "10:00:01.123", "", "[c0ffee12] Request failed | status=500"),
    ("10:00:01 - WARNING - low disk", PythonDash, WARNING, "10:00:01", "", "low disk"),
    ("[10:00:01 INF] Application started", Bracketed, INFO, "10:00:01", "", "Application started"),
    ("2024-01-01 10:00:00.123 | INFO     | app.sync:run:12 - synced 3 trucks", Loguru, INFO, "2024-01-01 10:00:00.123", "app.sync", "synced 3 trucks"),
    ("2024-01-01 10:00:00.123 | SUCCESS  | __main__:<module>:7 - ok", Loguru, INFO, "2024-01-01 10:00:00.123", "__main__", "ok"),
    ("2024-01-01T10:00:00.123456Z [info     ] user logged in                 [auth] user=bob", StructlogConsole, INFO, "2024-01-01T10:00:00.123456Z", "auth", "user logged in                 [auth] user=bob"),
    ("[2024-01-01 10:00:00,123: ERROR/ForkPoolWorker-1] Task app.add[c2f] raised unexpected: KeyError('x')", Celery, ERROR, "2024-01-01 10:00:00,123", "ForkPoolWorker-1", "Task app.add[c2f] raised unexpected: KeyError('x')"),
    ("[25/Dec/2024 10:00:00] \"GET /x HTTP/1.1\" 200 12", Django, N, "25/Dec/2024 10:00:00", "", "\"GET /x HTTP/1.1\" 200 12"),
    ("127.0.0.1 - - [25/Dec/2024 10:00:00] \"GET /x HTTP/1.1\" 200 -", Werkzeug, N, "25/Dec/2024 10:00:00", "", "\"GET /x HTTP/1.1\" 200 -"),
    ("INFO:werkzeug:127.0.0.1 - - [25/Dec/2024 10:00:00] \"GET /x HTTP/1.1\" 500 -", PythonBasic, INFO, "", "werkzeug", "127.0.0.1 - - [25/Dec/2024 10:00:00] \"GET /x HTTP/1.1\" 500 -"),
    ("[I 240101 10:00:00 web:2271] 200 GET / (127.0.0.1) 1.00ms", Bracketed, INFO, "240101 10:00:00", "web", "200 GET / (127.0.0.1) 1.00ms"),
    ("CRASH: 2025-12-28 10:00:00", CrashBlock, N, "2025-12-28 10:00:00", "", "CRASH: 2025-12-28 10:00:00"),
];

#[rustfmt::skip]
const SERVERS: &[Sample] = &[
    ("203.0.113.9 - - [25/Dec/2024:10:00:00 +0000] \"GET / HTTP/1.1\" 502 157 \"-\" \"curl/8\"", AccessLog, N, "25/Dec/2024:10:00:00 +0000", "", "\"GET / HTTP/1.1\" 502 157 \"-\" \"curl/8\""),
    ("::1 - - [25/Dec/2024:10:00:00 +0000] \"GET / HTTP/1.1\" 200 2", AccessLog, N, "25/Dec/2024:10:00:00 +0000", "", "\"GET / HTTP/1.1\" 200 2"),
    ("www.x.org:443 10.0.0.1 - bob [25/Dec/2024:10:00:00 +0000] \"GET / HTTP/2.0\" 200 2", AccessLog, N, "25/Dec/2024:10:00:00 +0000", "", "\"GET / HTTP/2.0\" 200 2"),
    ("2024/01/01 10:00:00 [error] 12#12: *3 connect() failed (111: Connection refused)", NginxError, ERROR, "2024/01/01 10:00:00", "", "connect() failed (111: Connection refused)"),
    ("2024/01/01 10:00:00 [notice] 1#1: start worker processes", NginxError, INFO, "2024/01/01 10:00:00", "", "start worker processes"),
    ("[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok /etc/x", ApacheError, INFO, "Sun Dec 04 04:47:44 2005", "", "workerEnv.init() ok /etc/x"),
    ("[Sun Dec 04 05:15:09 2005] [error] [client 222.166.160.184] Directory index forbidden", ApacheError, ERROR, "Sun Dec 04 05:15:09 2005", "", "[client 222.166.160.184] Directory index forbidden"),
    ("[Fri Sep 09 10:42:29.902022 2011] [core:error] [pid 35708:tid 43286] [client 72.15.99.187] File does not exist", ApacheError, ERROR, "Fri Sep 09 10:42:29.902022 2011", "core", "[client 72.15.99.187] File does not exist"),
    ("2024-01-01 10:00:00.000 UTC [123] LOG:  checkpoint starting: time", Postgres, INFO, "2024-01-01 10:00:00.000 UTC", "", "checkpoint starting: time"),
    ("2024-01-01 10:00:00.000 UTC [123] app@fuel ERROR:  relation \"x\" does not exist at character 15", Postgres, ERROR, "2024-01-01 10:00:00.000 UTC", "", "relation \"x\" does not exist at character 15"),
    ("2024-01-01 10:00:00.000 UTC [123] STATEMENT:  select * from x", Postgres, N, "2024-01-01 10:00:00.000 UTC", "", "STATEMENT:  select * from x"),
    ("2024-01-01 10:00:00.000 CET [123-1] PANIC:  could not write", Postgres, CRITICAL, "2024-01-01 10:00:00.000 CET", "", "could not write"),
    ("2024-01-01T10:00:00.000000Z 0 [ERROR] [MY-010119] [Server] Aborting", Mysql, ERROR, "2024-01-01T10:00:00.000000Z", "Server", "Aborting"),
    ("2024-01-01T10:00:00.000000Z 12 [Note] Access denied for user 'root'@'localhost'", Mysql, INFO, "2024-01-01T10:00:00.000000Z", "", "Access denied for user 'root'@'localhost'"),
    ("2024-01-01 10:00:00 0 [Warning] InnoDB: retry", Mysql, WARNING, "2024-01-01 10:00:00", "", "InnoDB: retry"),
    ("123:M 01 Jan 2024 10:00:00.000 * Ready to accept connections", Redis, INFO, "01 Jan 2024 10:00:00.000", "", "Ready to accept connections"),
    ("1:C 01 Jan 2024 10:00:00.000 # Warning: no config file specified", Redis, WARNING, "01 Jan 2024 10:00:00.000", "", "Warning: no config file specified"),
    ("[2024-01-01 10:00:00] production.ERROR: Undefined index {\"a\":1}", Bracketed, ERROR, "2024-01-01 10:00:00", "production", "Undefined index {\"a\":1}"),
    ("[2024-01-01 10:00:00,123] INFO [Log partition=x-0] Truncating (kafka.log.Log)", Bracketed, INFO, "2024-01-01 10:00:00,123", "", "[Log partition=x-0] Truncating (kafka.log.Log)"),
    ("[2024-01-01T10:00:00,123][WARN ][o.e.c.r.Allocation] [node-1] flood stage", PythonBracket, WARNING, "2024-01-01T10:00:00,123", "o.e.c.r.Allocation", "[node-1] flood stage"),
    ("[Nest] 123  - 01/01/2024, 10:00:00 AM     LOG [RouterExplorer] Mapped {/x, GET}", Other, INFO, "01/01/2024, 10:00:00 AM", "RouterExplorer", "Mapped {/x, GET}"),
    ("I, [2024-01-01T10:00:00.123456 #123]  INFO -- web: hi", Other, INFO, "2024-01-01T10:00:00.123456", "web", "hi"),
    ("info: Microsoft.Hosting.Lifetime[0]", Other, INFO, "", "Microsoft.Hosting.Lifetime", "Microsoft.Hosting.Lifetime[0]"),
    ("GET /users/1 304 1.5 ms - -", Plain, N, "", "", "GET /users/1 304 1.5 ms - -"),
];

#[rustfmt::skip]
const LANGUAGES: &[Sample] = &[
    ("2015-10-18 18:01:47,978 INFO [main] org.apache.hadoop.mapreduce.v2.app.MRAppMaster: Executing with tokens:", Log4j, INFO, "2015-10-18 18:01:47,978", "org.apache.hadoop.mapreduce.v2.app.MRAppMaster", "Executing with tokens:"),
    ("2015-07-29 17:41:44,747 - INFO  [QuorumPeer[myid=1]/0:0:0:0:0:0:0:0:2181:FastLeaderElection@774] - Notification time out: 3200", Log4j, INFO, "2015-07-29 17:41:44,747", "FastLeaderElection", "Notification time out: 3200"),
    ("2024-01-01 10:00:00.123 [main] WARN  c.e.app.Service - slow - very", Log4j, WARNING, "2024-01-01 10:00:00.123", "c.e.app.Service", "slow - very"),
    ("2024-01-01T10:00:00.123Z  INFO 1234 --- [           main] c.e.App                  : Started App", RustTracing, INFO, "2024-01-01T10:00:00.123Z", "c.e.App", "Started App"),
    ("2024-01-01 10:00:00,123 INFO  [org.jboss.as] (MSC service thread 1-6) started", Log4j, INFO, "2024-01-01 10:00:00,123", "org.jboss.as", "started"),
    ("01-Jan-2024 10:00:00.123 INFO [main] org.apache.catalina.startup.Catalina.start Server startup in 5 ms", Log4j, INFO, "01-Jan-2024 10:00:00.123", "org.apache.catalina.startup.Catalina.start", "Server startup in 5 ms"),
    ("081109 203615 148 INFO dfs.DataNode$PacketResponder: PacketResponder 1 for block blk_3 terminating", Hdfs, INFO, "081109 203615", "dfs.DataNode$PacketResponder", "PacketResponder 1 for block blk_3 terminating"),
    ("17/06/09 20:10:40 INFO executor.CoarseGrainedExecutorBackend: Registered signal handlers", Spark, INFO, "17/06/09 20:10:40", "executor.CoarseGrainedExecutorBackend", "Registered signal handlers"),
    ("2024/01/01 10:00:00 main.go:12: listening", GoLog, N, "2024/01/01 10:00:00", "", "listening"),
    ("2024/01/01 10:00:00 http: TLS handshake error", GoLog, N, "2024/01/01 10:00:00", "", "http: TLS handshake error"),
    ("2024/01/01 10:00:00 INFO hello count=3", Log4j, INFO, "2024/01/01 10:00:00", "", "hello count=3"),
    ("I0102 15:04:05.000000  123 file.go:12] Starting", Glog, INFO, "0102 15:04:05.000000", "", "Starting"),
    ("E0102 15:04:05.000000       1 reflector.go:138] \"Failed\" err=\"x\"", Glog, ERROR, "0102 15:04:05.000000", "", "\"Failed\" err=\"x\""),
    ("2024-01-01T10:00:00.000000Z  INFO my_crate::http: listening on 0.0.0.0:80", RustTracing, INFO, "2024-01-01T10:00:00.000000Z", "my_crate::http", "listening on 0.0.0.0:80"),
    ("[2024-01-01T10:00:00Z INFO  my_crate::db] connected", Bracketed, INFO, "2024-01-01T10:00:00Z", "my_crate::db", "connected"),
    ("2024-01-01T10:00:00.000Z\tERROR\tcontroller\tmain.go:12\tno peer", Other, ERROR, "2024-01-01T10:00:00.000Z", "controller", "no peer"),
    ("2024-01-01T10:00:00.000Z error: request failed", Other, ERROR, "2024-01-01T10:00:00.000Z", "", "request failed"),
    ("time=2024-01-01T10:00:00.000Z level=INFO msg=\"hello world\" count=3", Logfmt, INFO, "2024-01-01T10:00:00.000Z", "", "hello world"),
    ("level=warn ts=2024-01-01T10:00:00Z caller=main.go:12 component=tsdb msg=slow", Logfmt, WARNING, "2024-01-01T10:00:00Z", "tsdb", "slow"),
    ("03-17 16:13:38.811  1702  2395 D WindowManager: printFreezingDisplayLogsopening app wtoken", Logcat, DEBUG, "03-17 16:13:38.811", "WindowManager", "printFreezingDisplayLogsopening app wtoken"),
    ("03-17 16:13:38.811  1702  2395 V PhoneStatusBar: x", Logcat, TRACE, "03-17 16:13:38.811", "PhoneStatusBar", "x"),
];

#[rustfmt::skip]
const MACHINES: &[Sample] = &[
    ("Jul  1 09:00:55 calvisitor-10-105-160-95 kernel[0]: IOThunderboltSwitch<0>(0x0)::listenerCallback - x", Syslog3164, N, "Jul  1 09:00:55", "kernel", "IOThunderboltSwitch<0>(0x0)::listenerCallback - x"),
    ("Dec 10 06:55:46 LabSZ sshd[24200]: Invalid user webmaster from 173.234.31.186", Syslog3164, N, "Dec 10 06:55:46", "sshd", "Invalid user webmaster from 173.234.31.186"),
    ("Jun 14 15:16:01 combo sshd(pam_unix)[19939]: authentication failure; logname= uid=0", Syslog3164, N, "Jun 14 15:16:01", "sshd(pam_unix)", "authentication failure; logname= uid=0"),
    ("<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick", Syslog3164, CRITICAL, "Oct 11 22:14:15", "su", "'su root' failed for lonvick"),
    ("<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - 'su root' failed", Syslog5424, CRITICAL, "2003-10-11T22:14:15.003Z", "su", "'su root' failed"),
    ("2024-01-01T10:00:00.123456+00:00 web1 backend[123]: started", Syslog3164, N, "2024-01-01T10:00:00.123456+00:00", "backend", "started"),
    ("Jan 01 10:00:00 web1 backend[123]: 2024-01-01 10:00:00,123 [ERROR] main - boom", PythonBracket, ERROR, "2024-01-01 10:00:00,123", "main", "boom"),
    ("Jan 01 10:00:00 web1 uvicorn[123]: INFO:     1.2.3.4:5 - \"GET /x HTTP/1.1\" 200 OK", Uvicorn, INFO, "Jan 01 10:00:00", "uvicorn", "1.2.3.4:5 - \"GET /x HTTP/1.1\" 200 OK"),
    ("2016-09-28 04:30:30, Info                  CBS    Loaded Servicing Stack v6.1", WindowsCbs, INFO, "2016-09-28 04:30:30", "CBS", "Loaded Servicing Stack v6.1"),
    ("- 1117838570 2005.06.03 R02-M1-N0-C:J12-U11 2005-06-03-15.42.50.675872 R02-M1-N0-C:J12-U11 RAS KERNEL INFO instruction cache parity error corrected", Bgl, INFO, "2005-06-03-15.42.50.675872", "KERNEL", "instruction cache parity error corrected"),
    ("APPREAD 1117869872 2005.06.04 R04-M1-N4-I:J18-U11 2005-06-04-00.24.32.432192 R04-M1-N4-I:J18-U11 RAS APP FATAL ciod: failed", Bgl, CRITICAL, "2005-06-04-00.24.32.432192", "APP", "ciod: failed"),
    ("- 1131566461 2005.11.09 dn228 Nov 9 12:01:01 dn228/dn228 crond(pam_unix)[2915]: session closed for user root", ClusterSyslog, N, "1131566461", "crond(pam_unix)", "session closed for user root"),
    ("134681 node-246 unix.hw state_change.unavailable 1077804742 1 Component State Change: Component alt0", Hpc, N, "1077804742", "unix.hw", "Component State Change: Component alt0"),
    ("nova-api.log.1.2017-05-16_13:53:08 2017-05-16 00:00:00.008 25746 INFO nova.osapi_compute.wsgi.server [req-38101a0b 113d3a 54fadb - - -] 10.11.10.1 \"GET /v2\" status: 200", Openstack, INFO, "2017-05-16 00:00:00.008", "nova.osapi_compute.wsgi.server", "10.11.10.1 \"GET /v2\" status: 200"),
    ("20171223-22:15:29:606|Step_LSC|30002312|onStandStepChanged 3579", BarFields, N, "20171223-22:15:29:606", "Step_LSC", "onStandStepChanged 3579"),
    ("[10.30 16:49:06] chrome.exe - proxy.cse.cuhk.edu.hk:5070 open through proxy", Proxifier, N, "10.30 16:49:06", "chrome.exe", "proxy.cse.cuhk.edu.hk:5070 open through proxy"),
    ("[10.30 16:54:08] chrome.exe *64 - x:80 close, 0 bytes sent", Proxifier, N, "10.30 16:54:08", "chrome.exe *64", "x:80 close, 0 bytes sent"),
    ("Mon Jan  1 10:00:00 UTC 2024: Backend not answering", DateEcho, N, "Mon Jan  1 10:00:00 UTC 2024", "", "Backend not answering"),
    ("Mon 01 Jan 2024 10:00:00 AM CET: started", DateEcho, N, "Mon 01 Jan 2024 10:00:00 AM CET", "", "started"),
    ("2024-01-01 10:00:00: started", DateEcho, N, "2024-01-01 10:00:00", "", "started"),
    ("[    0.000000] Linux version 6.1", Other, N, "", "", "Linux version 6.1"),
];

#[rustfmt::skip]
const JSON: &[Sample] = &[
    (r#"{"timestamp": "2024-01-01T10:00:00Z", "level": "ERROR", "logger": "main", "message": "boom"}"#, Json, ERROR, "2024-01-01T10:00:00Z", "main", "boom"),
    (r#"{"level":30,"time":1704103200000,"pid":1,"hostname":"h","name":"app","msg":"hi"}"#, Json, INFO, "1704103200000", "app", "hi"),
    (r#"{"event": "login", "level": "info", "timestamp": "2024-01-01T10:00:00Z"}"#, Json, INFO, "2024-01-01T10:00:00Z", "", "login"),
    (r#"{"asctime": "2024-01-01 10:00:00,123", "levelname": "WARNING", "name": "x.y", "message": "m", "levelno": 30}"#, Json, WARNING, "2024-01-01 10:00:00,123", "x.y", "m"),
    (r#"{"@timestamp":"2024-01-01T10:00:00.000Z","log.level":"error","log.logger":"es","message":"m"}"#, Json, ERROR, "2024-01-01T10:00:00.000Z", "es", "m"),
    (r#"{"text": "2024 | x\n", "record": {"level": {"icon": "i", "name": "CRITICAL", "no": 50}, "message": "m", "name": "app", "time": {"repr": "2024-01-01 10:00:00.000000+00:00", "timestamp": 1704103200.0}}}"#, Json, CRITICAL, "2024-01-01 10:00:00.000000+00:00", "app", "m"),
    (r#"{"timestamp":"2024-01-01T10:00:00Z","level":"INFO","fields":{"message":"listening"},"target":"my_crate"}"#, Json, INFO, "2024-01-01T10:00:00Z", "my_crate", "listening"),
    (r#"{"t":{"$date":"2024-01-01T10:00:00.000+00:00"},"s":"I","c":"NETWORK","id":1,"ctx":"x","msg":"Connection accepted"}"#, Json, INFO, "2024-01-01T10:00:00.000+00:00", "NETWORK", "Connection accepted"),
    (r#"{"severity":"ERROR","ts":1704103200.25,"msg":"m"}"#, Json, ERROR, "1704103200.25", "", "m"),
    (r#"{"a": 1, "b": [1, 2]}"#, Json, N, "", "", r#"{"a": 1, "b": [1, 2]}"#),
    (r#"{"level": "error", "msg": "cut off in the mi"#, Json, ERROR, "", "", r#"{"level": "error", "msg": "cut off in the mi"#),
];

#[test]
fn samples_of_every_layout_are_taken_apart() {
    let mut wrong = Vec::new();
    for &(text, format, level, stamp, logger, message) in
        [PYTHON, SERVERS, LANGUAGES, MACHINES, JSON].concat().iter()
    {
        let line = parse(text.as_bytes()).line;
        let got = (line.format, line.level, line.stamp.text, line.logger, line.message);
        if got != (format, level, stamp.as_bytes(), logger.as_bytes(), message.as_bytes()) {
            let show = |bytes| String::from_utf8_lossy(bytes).into_owned();
            wrong.push(format!(
                "{text}\n   {:?} {:?} stamp={:?} logger={:?}\n   {:?}",
                got.0,
                got.1,
                show(got.2),
                show(got.3),
                show(got.4)
            ));
        }
    }
    assert!(wrong.is_empty(), "{} samples:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn requests_are_found_behind_any_head() {
    for (text, target, status) in [
        ("INFO:     127.0.0.1:51234 - \"GET /health?x=1 HTTP/1.1\" 200 OK", "/health?x=1", 200),
        ("INFO:      - \"GET /health HTTP/1.1\" 404 Not Found", "/health", 404),
        ("2025-12-28 10:00:00,123 [INFO] uvicorn.access - 127.0.0.1:5 - \"POST /a HTTP/1.1\" 500", "/a", 500),
        ("INFO:werkzeug:127.0.0.1 - - [25/Dec/2024 10:00:00] \"GET /x HTTP/1.1\" 500 -", "/x", 500),
        (
            r#"{"level":"info","msg":"request","method":"GET","path":"/p","status_code":503,"duration_ms":12.5}"#,
            "/p",
            503,
        ),
        (
            r#"{"level":30,"msg":"done","req":{"method":"GET","url":"/u"},"res":{"statusCode":204},"responseTime":3}"#,
            "/u",
            204,
        ),
    ] {
        let access = parse(text.as_bytes()).line.access.unwrap_or_else(|| panic!("{text}"));
        assert_eq!((access.target, access.status), (target.as_bytes(), status), "{text}");
    }
}

#[test]
fn text_without_a_head_is_plain() {
    for text in [
        "Connected to database",
        "🔥 UNHANDLED",
        "Error: x",
        "Errors happen",
        "[not closed",
        "{not json",
        "<b>",
        "-",
        "- item",
        "Monitor up",
        "a=b",
        "x",
        "Traceback (most recent call last):",
        "KeyError: 'x'",
        "Information for you",
        "12 trucks updated",
        "1.2.3.4 is an address",
        "ERRORS everywhere",
        "Log rotated",
        "NOTE this",
        "Success: 3",
    ] {
        assert_eq!(parse(text.as_bytes()).line.kind, LineKind::Plain, "{text}");
    }
}
