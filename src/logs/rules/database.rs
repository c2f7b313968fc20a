//! MySQL and MariaDB, PostgreSQL, SQLite, SQLAlchemy's pool, Redis.

use crate::logs::rules::rule::{FaultClass, Rank, Rule};
use crate::model::Severity::{Critical, Warning};

pub(super) const RULES: &[Rule] = &[
    Rule::new("mysql-connection-refused", FaultClass::Database, Critical, Rank::Store)
        .signs(&[
            &["can't connect to mysql server"],
            &["can't connect to local mysql server"],
            &["can't connect to server on", "(2003"],
            &["error 2002 (hy000)"],
            &["error 2003 (hy000)"],
            &["can't connect to local server through socket"],
        ])
        .detail(&["mysql server on ", "connect to server on "], &['(', '"', ','])
        .says_of("MySQL does not accept connections", "MySQL on {} does not accept connections")
        .advises("see whether the database runs and listens on that address")
        .run("fuelops health"),
    Rule::new("mysql-access-denied", FaultClass::Database, Critical, Rank::Store)
        .signs(&[&["access denied for user", "1045"], &["access denied for user", "28000"], &["access denied for user", "using password"]])
        .detail(&["access denied for user "], &['(', '"'])
        .says_of("MySQL refuses the login", "MySQL refuses the login of {}")
        .advises("compare user, password and host in the backend's settings with the database's accounts")
        .run("mysql -u root -p -e 'SELECT user, host FROM mysql.user'"),
    Rule::new("mysql-access-to-database-denied", FaultClass::Database, Critical, Rank::Store)
        .signs(&[&["access denied for user", "to database"], &["(1142, \""], &["(1142, '"], &["command denied to user"]])
        .detail(&["to database "], &['"', ')'])
        .says_of("the MySQL account lacks a privilege", "the MySQL account may not use database {}")
        .advises("grant the account what it needs")
        .run("mysql -u root -p -e 'SHOW GRANTS'"),
    Rule::new("mysql-unknown-database", FaultClass::Database, Critical, Rank::Setup)
        .signs(&[&["unknown database", "1049"], &["unknown database '"]])
        .detail(&["unknown database "], &['"', ')'])
        .says_of("the MySQL database does not exist", "the MySQL database {} does not exist")
        .advises("create it, or mend its name in the backend's settings")
        .run("mysql -u root -p -e 'SHOW DATABASES'"),
    Rule::new("mysql-unknown-table", FaultClass::Database, Critical, Rank::Setup)
        .signs(&[&["1146", "doesn't exist"], &["table '", "' doesn't exist"]])
        .detail(&["table "], &['"', ')', ' '])
        .says_of("a table is missing", "table {} is missing")
        .advises("run the migrations that this version of the backend needs"),
    Rule::new("mysql-unknown-column", FaultClass::Database, Critical, Rank::Setup)
        .signs(&[&["unknown column '"], &["(1054, \""], &["(1054, '"]])
        .detail(&["unknown column "], &['"', ')', ' '])
        .says_of("a column is missing", "column {} is missing")
        .advises("run the migrations that this version of the backend needs, or mend the query"),
    Rule::new("mysql-gone-away", FaultClass::Database, Critical, Rank::Store)
        .signs(&[&["mysql server has gone away"], &["lost connection to mysql server"], &["lost connection to server during query"], &["(2006, \""], &["(2006, '"], &["(2013, \""], &["(2013, '"], &["(4031, \""], &["(4031, '"]])
        .says("MySQL closed a connection that was in use")
        .advises("see whether the database restarted; else recycle idle connections sooner (pool_pre_ping, pool_recycle below wait_timeout)")
        .run("mysql -u root -p -e \"SHOW GLOBAL STATUS LIKE 'Uptime'; SHOW VARIABLES LIKE 'wait_timeout'\""),
    Rule::new("mysql-deadlock", FaultClass::Database, Warning, Rank::Code)
        .signs(&[&["deadlock found when trying to get lock"], &["(1213, \""], &["(1213, '"]])
        .says("two MySQL transactions wait for each other")
        .advises("retry the transaction that was rolled back, and touch rows in one order everywhere")
        .run("mysql -u root -p -e 'SHOW ENGINE INNODB STATUS\\G'"),
    Rule::new("mysql-lock-timeout", FaultClass::Database, Warning, Rank::Pressure)
        .signs(&[&["lock wait timeout exceeded"], &["(1205, \""], &["(1205, '"]])
        .says("a MySQL transaction holds its locks too long")
        .advises("find the transaction that stays open, and end it")
        .run("mysql -u root -p -e 'SELECT * FROM information_schema.innodb_trx ORDER BY trx_started LIMIT 5\\G'"),
    Rule::new("mysql-too-many-connections", FaultClass::Database, Critical, Rank::Pressure)
        .signs(&[&["too many connections", "1040"], &["(1040, \""], &["(1040, '"], &["(1203, \""], &["(1203, '"], &["max_user_connections"]])
        .says("MySQL has no connection left")
        .advises("see who holds them; size the pools of all workers below max_connections")
        .run("mysql -u root -p -e 'SHOW PROCESSLIST'"),
    Rule::new("mysql-host-blocked", FaultClass::Database, Critical, Rank::Store)
        .signs(&[&["is blocked because of many connection errors"], &["(1129, \""], &["(1129, '"]])
        .says("MySQL blocks this host after too many failed connections")
        .advises("find what broke the connections, then lift the block")
        .run("mysqladmin -u root -p flush-hosts"),
    Rule::new("mysql-read-only", FaultClass::Database, Critical, Rank::Store)
        .signs(&[&["running with the --read-only option"], &["running with the --super-read-only option"], &["(1290, \""], &["(1290, '"], &["(1836, \""], &["(1836, '"]])
        .says("MySQL does not accept writes")
        .advises("see whether it is a replica, or its disk is full; point writes to the primary")
        .run("mysql -u root -p -e 'SELECT @@read_only, @@super_read_only'"),
    Rule::new("mysql-duplicate-entry", FaultClass::Data, Warning, Rank::Code)
        .signs(&[&["duplicate entry '", "for key"], &["(1062, \""], &["(1062, '"]])
        .says("a row is written that is there already")
        .advises("make the write idempotent (INSERT … ON DUPLICATE KEY UPDATE), or find who sends it twice"),
    Rule::new("mysql-data-too-long", FaultClass::Data, Warning, Rank::Code)
        .signs(&[&["data too long for column"], &["out of range value for column"], &["(1406, \""], &["(1406, '"], &["(1264, \""], &["(1264, '"]])
        .detail(&["for column "], &['"', ')', ' '])
        .says_of("a value does not fit its column", "a value does not fit column {}")
        .advises("check the value before it is written, or widen the column"),
    Rule::new("postgres-too-many-clients", FaultClass::Database, Critical, Rank::Pressure)
        .signs(&[&["too many clients already"], &["remaining connection slots are reserved"], &["sqlstate 53300"], &["53300:"], &["toomanyconnectionserror"], &["too many connections for role"]])
        .says("PostgreSQL has no connection left")
        .advises("see who holds them; size the pools of all workers below max_connections, or put pgbouncer before it")
        .run("psql -c 'SELECT usename, state, count(*) FROM pg_stat_activity GROUP BY 1, 2 ORDER BY 3 DESC'"),
    Rule::new("postgres-starting-or-stopping", FaultClass::Database, Critical, Rank::Store)
        .signs(&[&["the database system is starting up"], &["the database system is shutting down"], &["the database system is in recovery mode"], &["57p03"], &["terminating connection due to administrator command"]])
        .says("PostgreSQL was restarting")
        .advises("find out why it restarted; the backend should retry its connection")
        .run("fuelops health"),
    Rule::new("postgres-login-failed", FaultClass::Database, Critical, Rank::Store)
        .signs(&[&["password authentication failed for user"], &["28p01"], &["no pg_hba.conf entry"]])
        .detail(&["authentication failed for user "], &['\n'])
        .says_of("PostgreSQL refuses the login", "PostgreSQL refuses the login of {}")
        .advises("compare user, password and host in the backend's settings with the role and pg_hba.conf")
        .run("psql -c '\\du'"),
    Rule::new("postgres-no-database", FaultClass::Database, Critical, Rank::Setup)
        .signs(&[&["database \"", "\" does not exist"], &["sqlstate 3d000"], &["3d000:"], &["invalidcatalognameerror"]])
        .detail(&["database "], &[' ', ')'])
        .says_of("the PostgreSQL database does not exist", "the PostgreSQL database {} does not exist")
        .advises("create it, or mend its name in the backend's settings")
        .run("psql -l"),
    Rule::new("postgres-no-relation", FaultClass::Database, Critical, Rank::Setup)
        .signs(&[&["relation \"", "\" does not exist"], &["42p01"], &["undefinedtable"], &["column \"", "\" does not exist"]])
        .detail(&["relation ", "column "], &[' ', ')'])
        .says_of("a table or column is missing", "{} is missing in the database")
        .advises("run the migrations that this version of the backend needs"),
    Rule::new("postgres-connection-refused", FaultClass::Database, Critical, Rank::Store)
        .signs(&[&["connection to server at", "failed"], &["could not connect to server", "postgres"], &["is the server running on that host and accepting"],
            &["is the server running on host"],
            &["is the server running locally and accepting"]])
        .detail(&["connection to server at "], &[',', '('])
        .says_of("PostgreSQL does not accept connections", "PostgreSQL at {} does not accept connections")
        .advises("see whether the database runs and listens on that address")
        .run("pg_isready"),
    Rule::new("postgres-connection-lost", FaultClass::Database, Critical, Rank::Store)
        .signs(&[&["server closed the connection unexpectedly"], &["ssl connection has been closed unexpectedly"], &["connection already closed", "psycopg"]])
        .says("PostgreSQL closed a connection that was in use")
        .advises("see whether the database restarted or ran out of memory; else test connections before use (pool_pre_ping)")
        .run("fuelops health"),
    Rule::new("database-deadlock", FaultClass::Database, Warning, Rank::Code)
        .signs(&[&["deadlock detected"], &["40p01"], &["deadlockdetected"]])
        .says("two transactions wait for each other")
        .advises("retry the one that was rolled back, and touch rows in one order everywhere"),
    Rule::new("sqlite-locked", FaultClass::Database, Warning, Rank::Pressure)
        .signs(&[&["database is locked"], &["database table is locked"]])
        .says("the SQLite file is locked by another writer")
        .advises("keep write transactions short, set a busy_timeout and WAL mode"),
    Rule::new("pool-exhausted", FaultClass::Load, Critical, Rank::Pressure)
        .signs(&[
            &["queuepool limit of size"],
            &["pool exhausted"],
            &["connection pool is exhausted"],
            &["failed getting connection; pool exhausted"],
            &["timed out waiting for connection from pool"],
            &["couldn't get a connection after"],
            &["connection is not available, request timed out after"],
        ])
        .says("all connections of a pool are in use, and none comes back in time")
        .advises("find connections that are not given back (a missing close, a slow query); only then enlarge the pool")
        .run("fuelops health"),
    Rule::new("redis-refused", FaultClass::Cache, Critical, Rank::Store)
        .signs(&[
            &["connecting to", ":6379", "refused"],
            &["redis.exceptions.connectionerror"],
            &["cannot connect to redis"],
            &["could not connect to redis"],
            &["econnrefused", ":6379"],
        ])
        .says("Redis does not accept connections")
        .advises("see whether Redis runs and listens on that address")
        .run("redis-cli ping"),
    Rule::new("redis-login", FaultClass::Cache, Critical, Rank::Store)
        .signs(&[&["noauth authentication required"], &["wrongpass invalid username-password"], &["err auth <password> called without any password"], &["invalid username-password pair or user is disabled"]])
        .says("Redis refuses the password")
        .advises("compare the password in the backend's settings with requirepass or the ACL of Redis")
        .run("redis-cli acl whoami"),
    Rule::new("redis-loading", FaultClass::Cache, Warning, Rank::Store)
        .signs(&[&["loading redis is loading the dataset in memory"], &["redis is loading the dataset"], &["busyloadingerror"]])
        .says("Redis was starting and not ready yet")
        .advises("find out why it restarted; the backend should retry")
        .run("redis-cli info server"),
    Rule::new("redis-cannot-save", FaultClass::Cache, Critical, Rank::Store)
        .signs(&[&["misconf redis is configured to save rdb snapshots"], &["misconf errors writing to the aof file"], &["unable to persist on disk", "redis"]])
        .says("Redis cannot write to its disk and therefore refuses writes")
        .advises("free the disk, or mend the permissions of Redis's folder")
        .run("df -h"),
    Rule::new("redis-read-only", FaultClass::Cache, Critical, Rank::Store)
        .signs(&[&["readonly you can't write against a read only"]])
        .says("writes go to a Redis replica")
        .advises("point the backend to the primary; after a failover, let it ask Sentinel")
        .run("redis-cli info replication"),
    Rule::new("redis-out-of-memory", FaultClass::Cache, Critical, Rank::Pressure)
        .signs(&[&["oom command not allowed when used memory"]])
        .says("Redis has reached its maxmemory")
        .advises("see what fills it; set expiry times, an eviction policy or more memory")
        .run("redis-cli info memory"),
];

#[cfg(test)]
pub(super) const SAMPLES: &[(&str, &str, &str)] = &[
    (
        "mysql-connection-refused",
        "sqlalchemy.exc.OperationalError: (pymysql.err.OperationalError) (2003, \"Can't connect to MySQL server on '127.0.0.1' ([Errno 111] Connection refused)\")",
        "ConnectionRefusedError: [Errno 111] Connection refused",
    ),
    (
        "mysql-access-denied",
        "pymysql.err.OperationalError: (1045, \"Access denied for user 'root'@'localhost' (using password: YES)\")",
        "order 1045 was denied",
    ),
    (
        "mysql-access-to-database-denied",
        "(1044, \"Access denied for user 'fuel'@'%' to database 'fuel_copilot'\")",
        "access to database granted",
    ),
    (
        "mysql-unknown-database",
        "(1049, \"Unknown database 'fuel_copilot_local'\")",
        "database fuel_copilot_local is known",
    ),
    (
        "mysql-unknown-table",
        "pymysql.err.ProgrammingError: (1146, \"Table 'fuel.trucks' doesn't exist\")",
        "truck 1146 does not exist",
    ),
    ("mysql-unknown-column", "(1054, \"Unknown column 'mpg' in 'field list'\")", "column mpg in field list"),
    (
        "mysql-gone-away",
        "(2006, \"MySQL server has gone away (BrokenPipeError(32, 'Broken pipe'))\")",
        "truck 2006 has gone away",
    ),
    (
        "mysql-read-only",
        "(1290, 'The MySQL server is running with the --read-only option so it cannot execute this statement')",
        "truck 1290 is read only",
    ),
    (
        "mysql-deadlock",
        "(1213, 'Deadlock found when trying to get lock; try restarting transaction')",
        "no deadlock in 1213 transactions",
    ),
    (
        "mysql-lock-timeout",
        "(1205, 'Lock wait timeout exceeded; try restarting transaction')",
        "lock acquired after 1205 ms",
    ),
    (
        "mysql-too-many-connections",
        "pymysql.err.OperationalError: (1040, 'Too many connections')",
        "1040 connections open",
    ),
    (
        "mysql-host-blocked",
        "(1129, \"Host '10.0.0.5' is blocked because of many connection errors; unblock with 'mysqladmin flush-hosts'\")",
        "host 10.0.0.5 is not blocked",
    ),
    (
        "mysql-duplicate-entry",
        "(1062, \"Duplicate entry 'DO9693' for key 'trucks.PRIMARY'\")",
        "duplicate key press ignored",
    ),
    ("mysql-data-too-long", "(1406, \"Data too long for column 'name' at row 1\")", "data took too long"),
    (
        "postgres-too-many-clients",
        "psycopg2.OperationalError: FATAL:  sorry, too many clients already",
        "too many clients asked for help",
    ),
    (
        "postgres-starting-or-stopping",
        "asyncpg.exceptions.CannotConnectNowError: the database system is starting up",
        "the system is starting up",
    ),
    (
        "postgres-login-failed",
        "FATAL:  password authentication failed for user \"fuel\"",
        "password of user fuel was changed",
    ),
    ("postgres-no-database", "FATAL:  database \"fuel\" does not exist", "truck \"fuel\" does not exist"),
    (
        "postgres-no-relation",
        "psycopg2.errors.UndefinedTable: relation \"trucks\" does not exist\nLINE 1: SELECT * FROM trucks",
        "relation of trucks to drivers",
    ),
    (
        "postgres-connection-refused",
        "connection to server at \"127.0.0.1\", port 5432 failed: Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?",
        "connection to server at 10.0.0.1 established",
    ),
    (
        "postgres-connection-lost",
        "psycopg2.OperationalError: server closed the connection unexpectedly",
        "client closed the connection",
    ),
    ("database-deadlock", "psycopg2.errors.DeadlockDetected: deadlock detected", "no deadlock"),
    ("sqlite-locked", "sqlite3.OperationalError: database is locked", "door is locked"),
    (
        "pool-exhausted",
        "sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00",
        "pool of size 5 created",
    ),
    (
        "redis-refused",
        "redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379. Connection refused.",
        "connected to localhost:6379",
    ),
    (
        "redis-login",
        "redis.exceptions.AuthenticationError: NOAUTH Authentication required.",
        "authentication required for /login",
    ),
    ("redis-loading", "LOADING Redis is loading the dataset in memory", "loading the dataset"),
    (
        "redis-cannot-save",
        "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
        "redis saved its snapshot",
    ),
    ("redis-read-only", "READONLY You can't write against a read only replica.", "file opened readonly"),
    ("redis-out-of-memory", "OOM command not allowed when used memory > 'maxmemory'.", "used memory 40%"),
];
