//! Stack frames of the libraries that a FastAPI backend stands on, as Python 3.11 prints them.

/// File, line, function, source line.
pub(crate) type Frame = (&'static str, u32, &'static str, &'static str);

/// Where libraries lie.
const SITE: &str = "/app/venv/lib/python3.11/site-packages/";
/// Where the backend lies.
const APP: &str = "/app/";

/// The way of a request through uvicorn, Starlette and FastAPI.
pub(crate) const ASGI: &[Frame] = &[
    ("uvicorn/protocols/http/httptools_impl.py", 426, "run_asgi", "result = await app("),
    ("uvicorn/middleware/proxy_headers.py", 84, "__call__", "return await self.app(scope, receive, send)"),
    ("fastapi/applications.py", 1106, "__call__", "await super().__call__(scope, receive, send)"),
    ("starlette/applications.py", 122, "__call__", "await self.middleware_stack(scope, receive, send)"),
    ("starlette/middleware/errors.py", 184, "__call__", "raise exc"),
    ("starlette/middleware/errors.py", 162, "__call__", "await self.app(scope, receive, _send)"),
    ("starlette/middleware/cors.py", 83, "__call__", "await self.app(scope, receive, send)"),
    ("starlette/middleware/exceptions.py", 79, "__call__", "raise exc"),
    ("starlette/routing.py", 718, "__call__", "await route.handle(scope, receive, send)"),
    ("starlette/routing.py", 66, "app", "response = await func(request)"),
    ("fastapi/routing.py", 274, "app", "raw_response = await run_endpoint_function("),
    ("fastapi/routing.py", 191, "run_endpoint_function", "return await dependant.call(**values)"),
];
pub(crate) const SERIALIZE: &[Frame] =
    &[("fastapi/routing.py", 155, "serialize_response", "raise ResponseValidationError(")];
pub(crate) const JSON_RESPONSE: &[Frame] = &[
    ("starlette/responses.py", 191, "render", "return json.dumps("),
    ("/usr/lib/python3.11/json/__init__.py", 238, "dumps", "**kw).encode(obj)"),
    ("/usr/lib/python3.11/json/encoder.py", 258, "iterencode", "return _iterencode(o, 0)"),
];
pub(crate) const PYDANTIC: &[Frame] = &[(
    "pydantic/main.py",
    193,
    "__init__",
    "self.__pydantic_validator__.validate_python(data, self_instance=self)",
)];
pub(crate) const CONNECT: &[Frame] = &[
    ("sqlalchemy/engine/base.py", 145, "__init__", "self._dbapi_connection = engine.raw_connection()"),
    ("sqlalchemy/pool/base.py", 1301, "_checkout", "fairy = _ConnectionRecord.checkout(pool)"),
    ("pymysql/connections.py", 361, "__init__", "self.connect()"),
    ("pymysql/connections.py", 668, "connect", "raise exc"),
];
pub(crate) const SOCKET: &[Frame] = &[
    ("pymysql/connections.py", 646, "connect", "sock = socket.create_connection("),
    ("/usr/lib/python3.11/socket.py", 851, "create_connection", "raise exceptions[0]"),
    ("/usr/lib/python3.11/socket.py", 836, "create_connection", "sock.connect(sa)"),
];
pub(crate) const DRIVER: &[Frame] = &[
    ("sqlalchemy/engine/base.py", 1967, "_exec_single_context", "self.dialect.do_execute("),
    ("sqlalchemy/engine/default.py", 924, "do_execute", "cursor.execute(statement, parameters)"),
    ("pymysql/cursors.py", 153, "execute", "result = self._query(query)"),
    ("pymysql/connections.py", 822, "_read_query_result", "result.read()"),
    ("pymysql/err.py", 143, "raise_mysql_exception", "raise errorclass(errno, errval)"),
];
pub(crate) const EXECUTE: &[Frame] = &[
    ("sqlalchemy/orm/session.py", 2308, "execute", "return self._execute_internal("),
    ("sqlalchemy/engine/base.py", 1418, "execute", "return meth("),
    ("sqlalchemy/engine/base.py", 1846, "_execute_context", "return self._exec_single_context("),
    (
        "sqlalchemy/engine/base.py",
        2355,
        "_handle_dbapi_exception",
        "raise sqlalchemy_exception.with_traceback(exc_info[2]) from e",
    ),
    ("sqlalchemy/engine/default.py", 924, "do_execute", "cursor.execute(statement, parameters)"),
    ("pymysql/err.py", 143, "raise_mysql_exception", "raise errorclass(errno, errval)"),
];
pub(crate) const POOL: &[Frame] = &[
    ("sqlalchemy/engine/base.py", 3280, "raw_connection", "return self.pool.connect()"),
    ("sqlalchemy/pool/impl.py", 168, "_do_get", "raise exc.TimeoutError("),
];
pub(crate) const URLLIB3_DNS: &[Frame] = &[
    ("urllib3/connection.py", 203, "_new_conn", "sock = connection.create_connection("),
    (
        "urllib3/util/connection.py",
        60,
        "create_connection",
        "for res in socket.getaddrinfo(host, port, family, socket.SOCK_STREAM):",
    ),
    (
        "/usr/lib/python3.11/socket.py",
        962,
        "getaddrinfo",
        "for res in _socket.getaddrinfo(host, port, family, type, proto, flags):",
    ),
];
pub(crate) const URLLIB3_READ: &[Frame] = &[
    ("urllib3/connectionpool.py", 536, "_make_request", "response = conn.getresponse()"),
    ("/usr/lib/python3.11/http/client.py", 1395, "getresponse", "response.begin()"),
    ("/usr/lib/python3.11/ssl.py", 1166, "read", "return self._sslobj.read(len, buffer)"),
];
pub(crate) const URLLIB3: &[Frame] = &[
    ("urllib3/connectionpool.py", 789, "urlopen", "response = self._make_request("),
    ("urllib3/util/retry.py", 515, "increment", "raise MaxRetryError(_pool, url, reason) from reason"),
];
pub(crate) const REQUESTS: &[Frame] = &[
    ("requests/api.py", 115, "post", "return request(\"post\", url, data=data, json=json, **kwargs)"),
    ("requests/sessions.py", 589, "request", "resp = self.send(prep, **send_kwargs)"),
    ("requests/adapters.py", 700, "send", "raise ConnectionError(e, request=request)"),
];
pub(crate) const JSON_DECODE: &[Frame] = &[
    ("/usr/lib/python3.11/json/__init__.py", 346, "loads", "return _default_decoder.decode(s)"),
    (
        "/usr/lib/python3.11/json/decoder.py",
        355,
        "raw_decode",
        "raise JSONDecodeError(\"Expecting value\", s, err.value) from None",
    ),
];
pub(crate) const REDIS_SOCKET: &[Frame] = &[
    ("redis/connection.py", 268, "connect", "sock = self.retry.call_with_retry("),
    ("redis/connection.py", 611, "_connect", "sock.connect(socket_address)"),
];
pub(crate) const REDIS: &[Frame] = &[
    ("redis/commands/core.py", 1829, "get", "return self.execute_command(\"GET\", name)"),
    (
        "redis/client.py",
        533,
        "execute_command",
        "conn = self.connection or pool.get_connection(command_name, **options)",
    ),
    ("redis/connection.py", 276, "connect", "raise ConnectionError(self._error_message(e))"),
];
pub(crate) const WAIT_FOR: &[Frame] =
    &[("/usr/lib/python3.11/asyncio/tasks.py", 492, "wait_for", "raise exceptions.TimeoutError() from exc")];
pub(crate) const HTTPCORE: &[Frame] = &[
    ("httpx/_transports/default.py", 66, "map_httpcore_exceptions", "yield"),
    ("httpcore/_async/connection_pool.py", 216, "handle_async_request", "raise exc from None"),
    ("httpcore/_exceptions.py", 14, "map_exceptions", "raise to_exc(exc) from exc"),
];
pub(crate) const HTTPX: &[Frame] = &[
    ("httpx/_client.py", 1574, "request", "return await self.send(request, auth=auth)"),
    ("httpx/_transports/default.py", 83, "map_httpcore_exceptions", "raise mapped_exc(message) from exc"),
];

/// The full path of a frame's file.
pub(crate) fn path(file: &str, library: bool) -> String {
    match file {
        absolute if absolute.starts_with('/') => absolute.to_owned(),
        file if library => format!("{SITE}{file}"),
        file => format!("{APP}{file}"),
    }
}
