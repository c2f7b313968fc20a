//! Thirty ways in which the backend fails, each with its own fingerprint: types, chains and frames.

use super::frames as f;
use super::frames::Frame;
use super::phrase::Phrase;
use super::truth::{Exception, Level, quoted};

/// What a failure does before its traceback is printed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Trigger {
    /// A request ends with 500: method and route.
    Request(&'static str, &'static str),
    /// A background task logs it: logger, level, text of the record.
    Logged(&'static str, Level, &'static str),
}

/// How a traceback hangs on the one before it.
#[derive(Clone, Copy, Debug)]
enum Link {
    First,
    During,
    Cause,
}

/// One traceback of a chain: library frames, the backend's own frames, library frames, the exception.
struct Raise(Link, &'static [Frame], &'static [Frame], &'static [Frame], &'static str);

struct Scenario {
    identity: &'static str,
    trigger: Trigger,
    chain: &'static [Raise],
}

/// A way to fail, ready to be written.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) trigger: Trigger,
    /// From `Traceback (most recent call last):` to the end of the message, with the last newline.
    pub(crate) body: Phrase,
    /// The body as the inside of a JSON string.
    pub(crate) body_json: Phrase,
    pub(crate) body_lines: u64,
    pub(crate) chained: bool,
    pub(crate) type_name: &'static str,
    /// The first line of the last message.
    pub(crate) message: Phrase,
}

use Level::{Critical, Error, Warning};
use Link::{Cause, During, First};
use Trigger::{Logged, Request};

const NONE: &[Frame] = &[];

/// The failures, most of them through a request.
#[rustfmt::skip]
const SCENARIOS: &[Scenario] = &[
    Scenario { identity: "truck-detail-key", trigger: Request("GET", "/fuelAnalytics/api/v2/trucks/{truck_id}"), chain: &[
        Raise(First, f::ASGI, &[("main.py", 1604, "get_truck_detail", "snapshot = fleet_cache[truck_id]")], NONE, "KeyError: '{truck}'")] },
    Scenario { identity: "fleet-summary-key", trigger: Request("GET", "/fuelAnalytics/api/v2/fleet/summary"), chain: &[
        Raise(First, f::ASGI, &[("routers/fleet.py", 88, "fleet_summary", "return build_summary(rows)"), ("routers/fleet.py", 41, "build_summary", "total += row[\"fuel_l\"]")], NONE, "KeyError: 'fuel_l'")] },
    Scenario { identity: "mpg-division", trigger: Request("GET", "/fuelAnalytics/api/v2/trucks/{truck_id}/mpg"), chain: &[
        Raise(First, f::ASGI, &[("routers/truck_mpg_history.py", 63, "mpg_history", "points = [compute_mpg(p) for p in window]"), ("mpg_engine.py", 214, "compute_mpg", "return miles / gallons")], NONE, "ZeroDivisionError: float division by zero")] },
    Scenario { identity: "refuel-merge-type", trigger: Request("GET", "/fuelAnalytics/api/v2/trucks/{truck_id}/refuels"), chain: &[
        Raise(First, f::ASGI, &[("routers/refuels.py", 120, "list_refuels", "events = merge_events(raw)"), ("refuel_calibration.py", 77, "merge_events", "gap = later.at - earlier.at")], NONE, "TypeError: unsupported operand type(s) for -: 'NoneType' and 'datetime.datetime'")] },
    Scenario { identity: "alert-ack-attribute", trigger: Request("POST", "/fuelAnalytics/api/v2/alerts/{alert_id}/ack"), chain: &[
        Raise(First, f::ASGI, &[("routers/alerts.py", 52, "acknowledge", "alert.acknowledged_by = user.name")], NONE, "AttributeError: 'NoneType' object has no attribute 'acknowledged_by'")] },
    Scenario { identity: "sensor-index", trigger: Request("GET", "/fuelAnalytics/api/v2/sensors/{sensor_id}/latest"), chain: &[
        Raise(First, f::ASGI, &[("routers/sensors.py", 39, "latest", "return readings[-1]")], NONE, "IndexError: list index out of range")] },
    Scenario { identity: "dashboard-nan", trigger: Request("GET", "/fuelAnalytics/api/v2/dashboard"), chain: &[
        Raise(First, f::ASGI, &[("routers/dashboard.py", 31, "dashboard", "return JSONResponse(content=payload)")], f::JSON_RESPONSE, "ValueError: Out of range float values are not JSON compliant")] },
    Scenario { identity: "route-unbound", trigger: Request("GET", "/fuelAnalytics/api/v2/routes/{route_id}/cost"), chain: &[
        Raise(First, f::ASGI, &[("routers/routes.py", 97, "route_cost", "return {\"cost\": total}")], NONE, "UnboundLocalError: cannot access local variable 'total' where it is not associated with a value")] },
    Scenario { identity: "driver-response", trigger: Request("GET", "/fuelAnalytics/api/v2/drivers/{driver_id}/score"), chain: &[
        Raise(First, f::ASGI, NONE, f::SERIALIZE, "fastapi.exceptions.ResponseValidationError: 1 validation errors:\n  {'type': 'float_type', 'loc': ('response', 'score'), 'msg': 'Input should be a valid number', 'input': None}\n")] },
    Scenario { identity: "status-validation", trigger: Request("POST", "/fuelAnalytics/api/v2/trucks/{truck_id}/status"), chain: &[
        Raise(First, f::ASGI, &[("routers/status.py", 44, "post_status", "status = TruckStatus(**payload)")], f::PYDANTIC, "pydantic_core._pydantic_core.ValidationError: 2 validation errors for TruckStatus\nfuel_level\n  Input should be a valid number [type=float_type, input_value=None, input_type=NoneType]\n    For further information visit https://errors.pydantic.dev/2.5/v/float_type\nodometer\n  Field required [type=missing, input_value={'truck': '{truck}'}, input_type=dict]\n    For further information visit https://errors.pydantic.dev/2.5/v/missing")] },
    Scenario { identity: "zones-recursion", trigger: Request("GET", "/fuelAnalytics/api/v2/zones/{zone_id}"), chain: &[
        Raise(First, f::ASGI, &[("routers/zones.py", 25, "zone", "return expand(tree)"), ("geofence.py", 61, "expand", "children = [expand(c) for c in node.children]"), ("geofence.py", 61, "<listcomp>", "children = [expand(c) for c in node.children]"), ("", 975, "", "")], NONE, "RecursionError: maximum recursion depth exceeded")] },
    Scenario { identity: "export-not-implemented", trigger: Request("GET", "/fuelAnalytics/api/v2/export/{report_id}"), chain: &[
        Raise(First, f::ASGI, &[("routers/export.py", 18, "export", "raise NotImplementedError(\"parquet export\")")], NONE, "NotImplementedError: parquet export")] },
    Scenario { identity: "trucks-db-refused", trigger: Request("GET", "/fuelAnalytics/api/v2/trucks"), chain: &[
        Raise(First, NONE, NONE, f::SOCKET, "ConnectionRefusedError: [Errno 111] Connection refused"),
        Raise(During, NONE, NONE, f::CONNECT, "pymysql.err.OperationalError: (2003, \"Can't connect to MySQL server on '127.0.0.1' ([Errno 111] Connection refused)\")"),
        Raise(Cause, f::ASGI, &[("routers/trucks.py", 33, "list_trucks", "rows = session.execute(query).all()")], f::EXECUTE, "sqlalchemy.exc.OperationalError: (pymysql.err.OperationalError) (2003, \"Can't connect to MySQL server on '127.0.0.1' ([Errno 111] Connection refused)\")\n(Background on this error at: https://sqlalche.me/e/20/e3q8)")] },
    Scenario { identity: "history-db-gone", trigger: Request("GET", "/fuelAnalytics/api/v2/trucks/{truck_id}/history"), chain: &[
        Raise(First, NONE, NONE, f::DRIVER, "pymysql.err.OperationalError: (2006, 'MySQL server has gone away (BrokenPipeError(32))')"),
        Raise(Cause, f::ASGI, &[("routers/history.py", 71, "truck_history", "rows = repository.history(truck_id, days)"), ("repository.py", 190, "history", "return self.session.execute(statement).all()")], f::EXECUTE, "sqlalchemy.exc.OperationalError: (pymysql.err.OperationalError) (2006, 'MySQL server has gone away (BrokenPipeError(32))')\n[SQL: SELECT trucks.id, trucks.unit, trucks.fuel_level \nFROM trucks \nWHERE trucks.unit = %(unit)s]\n[parameters: {'unit': '{truck}'}]\n(Background on this error at: https://sqlalche.me/e/20/e3q8)")] },
    Scenario { identity: "costs-no-table", trigger: Request("GET", "/fuelAnalytics/api/v2/costs/truck/{truck_id}"), chain: &[
        Raise(First, NONE, NONE, f::DRIVER, "pymysql.err.ProgrammingError: (1146, \"Table 'fuel_copilot_local.cost_rows' doesn't exist\")"),
        Raise(Cause, f::ASGI, &[("routers/costs.py", 58, "truck_costs", "rows = db.execute(text(COSTS), {\"unit\": truck_id})")], f::EXECUTE, "sqlalchemy.exc.ProgrammingError: (pymysql.err.ProgrammingError) (1146, \"Table 'fuel_copilot_local.cost_rows' doesn't exist\")\n[SQL: SELECT * FROM cost_rows WHERE unit = %(unit)s]\n[parameters: {'unit': '{truck}'}]\n(Background on this error at: https://sqlalche.me/e/20/f405)")] },
    Scenario { identity: "geofence-duplicate", trigger: Request("POST", "/fuelAnalytics/api/v2/geofences"), chain: &[
        Raise(First, NONE, NONE, f::DRIVER, "pymysql.err.IntegrityError: (1062, \"Duplicate entry '{n}' for key 'geofences.uq_code'\")"),
        Raise(Cause, f::ASGI, &[("routers/geofences.py", 40, "create_geofence", "session.flush()")], f::EXECUTE, "sqlalchemy.exc.IntegrityError: (pymysql.err.IntegrityError) (1062, \"Duplicate entry '{n}' for key 'geofences.uq_code'\")\n[SQL: INSERT INTO geofences (code, name) VALUES (%(code)s, %(name)s)]\n[parameters: {'code': {n}, 'name': 'yard {small}'}]\n(Background on this error at: https://sqlalche.me/e/20/gkpj)")] },
    Scenario { identity: "kpi-pool-timeout", trigger: Request("GET", "/fuelAnalytics/api/v2/kpis"), chain: &[
        Raise(First, f::ASGI, &[("routers/kpis.py", 22, "kpis", "with engine.connect() as connection:")], f::POOL, "sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00 (Background on this error at: https://sqlalche.me/e/20/3o7r)")] },
    Scenario { identity: "status-data", trigger: Request("PUT", "/fuelAnalytics/api/v2/trucks/{truck_id}/calibration"), chain: &[
        Raise(First, NONE, NONE, f::DRIVER, "pymysql.err.DataError: (1264, \"Out of range value for column 'offset_l' at row 1\")"),
        Raise(Cause, f::ASGI, &[("routers/calibration.py", 66, "put_calibration", "session.execute(update_offset, values)")], f::EXECUTE, "sqlalchemy.exc.DataError: (pymysql.err.DataError) (1264, \"Out of range value for column 'offset_l' at row 1\")\n[SQL: UPDATE calibration SET offset_l = %(offset)s WHERE unit = %(unit)s]\n[parameters: {'offset': {n}, 'unit': '{truck}'}]\n(Background on this error at: https://sqlalche.me/e/20/9h9h)")] },
    Scenario { identity: "sync-lost-connection", trigger: Logged("wialon_sync", Critical, "🚨 Sync cycle aborted for {truck}"), chain: &[
        Raise(First, NONE, &[("wialon_sync.py", 402, "run_cycle", "store(batch)"), ("wialon_sync.py", 288, "store", "cursor.executemany(INSERT, rows)")], &[("pymysql/err.py", 143, "raise_mysql_exception", "raise errorclass(errno, errval)")], "pymysql.err.OperationalError: (2013, 'Lost connection to MySQL server during query')")] },
    Scenario { identity: "wialon-dns", trigger: Logged("wialon_client", Error, "❌ Error fetching sensors for {truck}"), chain: &[
        Raise(First, NONE, NONE, f::URLLIB3_DNS, "socket.gaierror: [Errno -3] Temporary failure in name resolution"),
        Raise(Cause, NONE, NONE, f::URLLIB3, "urllib3.exceptions.NameResolutionError: <urllib3.connection.HTTPSConnection object at {addr}>: Failed to resolve 'hst-api.wialon.com' ([Errno -3] Temporary failure in name resolution)"),
        Raise(During, NONE, &[("wialon_client.py", 118, "fetch_sensors", "response = requests.post(self.url, data=params, timeout=30)")], f::REQUESTS, "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='hst-api.wialon.com', port=443): Max retries exceeded with url: /wialon/ajax.html")] },
    Scenario { identity: "wialon-read-timeout", trigger: Logged("wialon_client", Error, "❌ Error fetching messages for {truck}"), chain: &[
        Raise(First, NONE, NONE, f::URLLIB3_READ, "TimeoutError: The read operation timed out"),
        Raise(During, NONE, &[("wialon_client.py", 164, "fetch_messages", "response = requests.post(self.url, data=params, timeout=30)")], f::REQUESTS, "requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='hst-api.wialon.com', port=443): Read timed out. (read timeout=30)")] },
    Scenario { identity: "wialon-json", trigger: Logged("wialon_client", Error, "❌ Bad answer for {truck}"), chain: &[
        Raise(First, NONE, &[("wialon_client.py", 131, "parse", "return json.loads(body)")], f::JSON_DECODE, "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)")] },
    Scenario { identity: "cache-redis-refused", trigger: Logged("cache", Warning, "Cache lookup failed for key truck:{truck}"), chain: &[
        Raise(First, NONE, NONE, f::REDIS_SOCKET, "ConnectionRefusedError: [Errno 111] Connection refused"),
        Raise(During, NONE, &[("cache_service.py", 57, "lookup", "raw = self.client.get(key)")], f::REDIS, "redis.exceptions.ConnectionError: Error 111 connecting to 127.0.0.1:6379. Connection refused.")] },
    Scenario { identity: "report-missing-file", trigger: Logged("daily_report", Error, "Report generation failed"), chain: &[
        Raise(First, NONE, &[("daily_report.py", 83, "main", "template = read_template(name)"), ("daily_report.py", 29, "read_template", "with open(path) as handle:")], NONE, "FileNotFoundError: [Errno 2] No such file or directory: 'templates/daily_{small}.html'")] },
    Scenario { identity: "export-permission", trigger: Logged("exporter", Error, "Could not write export {n}"), chain: &[
        Raise(First, NONE, &[("exporter.py", 47, "write", "path.write_bytes(data)")], &[("/usr/lib/python3.11/pathlib.py", 1044, "open", "return io.open(self, mode, buffering, encoding, errors, newline)")], "PermissionError: [Errno 13] Permission denied: '/var/exports/{n}.csv'")] },
    Scenario { identity: "predict-timeout", trigger: Logged("ml_engine", Warning, "Prediction skipped for {truck}"), chain: &[
        Raise(First, NONE, &[("ml_engine.py", 201, "predict", "return await self.model(batch)")], NONE, "asyncio.exceptions.CancelledError"),
        Raise(Cause, NONE, &[("ml_engine.py", 233, "predict_all", "result = await asyncio.wait_for(self.predict(batch), 5)")], f::WAIT_FOR, "TimeoutError")] },
    Scenario { identity: "wialon-auth", trigger: Logged("wialon_client", Error, "❌ Login refused"), chain: &[
        Raise(First, NONE, &[("wialon_client.py", 92, "login", "raise WialonAuthError(answer[\"error\"])")], NONE, "wialon_client.WialonAuthError: error {small}: invalid session")] },
    Scenario { identity: "import-decode", trigger: Logged("importer", Error, "Import of file {n} stopped"), chain: &[
        Raise(First, NONE, &[("importer.py", 36, "rows", "for line in handle:")], &[("<frozen codecs>", 322, "decode", "")], "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xf1 in position {n}: invalid continuation byte")] },
    Scenario { identity: "webhook-connect", trigger: Logged("alert_service", Error, "Webhook delivery failed (attempt {small})"), chain: &[
        Raise(First, NONE, NONE, f::HTTPCORE, "httpcore.ConnectTimeout"),
        Raise(Cause, NONE, &[("alert_service.py", 140, "deliver", "answer = await client.post(url, json=body)")], f::HTTPX, "httpx.ConnectTimeout")] },
    Scenario { identity: "odometer-value", trigger: Logged("wialon_sync", Error, "Skipping message {n} of {truck}"), chain: &[
        Raise(First, NONE, &[("wialon_sync.py", 318, "convert", "odometer = float(message[\"odom\"])")], NONE, "ValueError: could not convert string to float: '{n}km'")] },
];

/// All failures, and their entries of the truth in the same order.
pub(crate) fn all() -> (Vec<Failure>, Vec<Exception>) {
    SCENARIOS.iter().map(|scenario| (compile(scenario), entry(scenario))).unzip()
}

fn compile(scenario: &Scenario) -> Failure {
    let body = render(scenario.chain);
    let last = &scenario.chain[scenario.chain.len() - 1];
    let first_line = last.4.lines().next().unwrap_or_default();
    let escaped = quoted(body.trim_end_matches('\n'));
    Failure {
        trigger: scenario.trigger,
        body: Phrase::new(&body),
        body_json: Phrase::new(&escaped[1..escaped.len() - 1]),
        body_lines: body.matches('\n').count() as u64,
        chained: scenario.chain.len() > 1,
        type_name: type_name(last),
        message: Phrase::new(first_line.split_once(": ").map_or("", |(_, message)| message)),
    }
}

fn entry(scenario: &Scenario) -> Exception {
    let own = scenario.chain.iter().find_map(|raise| raise.2.iter().rev().find(|frame| !frame.0.is_empty()));
    let innermost = || scenario.chain[0].3.last().map(|frame| (frame, true));
    let frame = own.map(|frame| (frame, false)).or_else(innermost);
    Exception {
        identity: scenario.identity,
        type_name: type_name(&scenario.chain[scenario.chain.len() - 1]),
        root_type: type_name(&scenario.chain[0]),
        location: frame.map_or_else(Default::default, |((file, line, function, _), library)| {
            (f::path(file, library), *line, *function)
        }),
        count: 0,
    }
}

fn type_name(raise: &Raise) -> &'static str {
    raise.4.split([':', '\n']).next().unwrap_or_default()
}

fn render(chain: &[Raise]) -> String {
    let mut text = String::new();
    for Raise(link, above, own, below, error) in chain {
        text.push_str(match link {
            First => "",
            During => "\nDuring handling of the above exception, another exception occurred:\n\n",
            Cause => "\nThe above exception was the direct cause of the following exception:\n\n",
        });
        text.push_str("Traceback (most recent call last):\n");
        above.iter().for_each(|frame| push_frame(&mut text, frame, true));
        own.iter().for_each(|frame| push_frame(&mut text, frame, false));
        below.iter().for_each(|frame| push_frame(&mut text, frame, true));
        text.push_str(error);
        text.push('\n');
    }
    text
}

fn push_frame(text: &mut String, (file, line, function, code): &Frame, library: bool) {
    if file.is_empty() {
        text.extend(["  [Previous line repeated ", &line.to_string(), " more times]\n"]);
        return;
    }
    let path = if file.starts_with('<') { (*file).to_owned() } else { f::path(file, library) };
    text.extend(["  File \"", &path, "\", line ", &line.to_string(), ", in ", function, "\n"]);
    if code.is_empty() {
        return;
    }
    text.extend(["    ", code, "\n"]);
    // Python 3.11 underlines the failing part unless that is the whole line.
    if let Some((_, call)) = code.split_once("await ").or_else(|| code.split_once(" = ")) {
        text.extend(["    ", &" ".repeat(code.len() - call.len()), &"^".repeat(call.len()), "\n"]);
    }
}
