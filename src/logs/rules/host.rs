//! The machine: memory, disk, open files, ports, permissions.

use crate::logs::rules::rule::{FaultClass, Rank, Rule};
use crate::model::Severity::{Critical, Warning};

pub(super) const RULES: &[Rule] = &[
    Rule::new("disk-full", FaultClass::Disk, Critical, Rank::Host)
        .signs(&[&["no space left on device"], &["disk full", "error"], &["database or disk is full"], &["the table '", "is full"], &["could not extend file"]])
        .says("a disk is full")
        .advises("see which disk, and free it")
        .run("df -h"),
    Rule::new("disk-quota", FaultClass::Disk, Critical, Rank::Host)
        .signs(&[&["disk quota exceeded"], &["edquot"]])
        .says("a disk quota is used up")
        .advises("free space in the account's folders, or raise its quota")
        .run("quota -s"),
    Rule::new("disk-read-only", FaultClass::Disk, Critical, Rank::Host)
        .signs(&[&["read-only file system"], &["erofs:"]])
        .says("a file system has become read-only")
        .advises("look for disk errors in the kernel's log before it is mounted writable again")
        .run("dmesg"),
    Rule::new("disk-io-error", FaultClass::Disk, Critical, Rank::Host)
        .signs(&[&["[errno 5] input/output error"], &["i/o error, dev "], &["buffer i/o error"]])
        .says("a disk fails to read or write")
        .advises("save what is on it; look at the disk's own report")
        .run("dmesg"),
    Rule::new("oom-killed", FaultClass::Memory, Critical, Rank::Host)
        .signs(&[&["out of memory: killed process"], &["oom-kill:"], &["oomkilled"], &["memory cgroup out of memory"], &["invoked oom-killer"], &["exit code 137"], &["exited with code 137"], &["returncode 137"], &["exit status 137"]])
        .detail(&["killed process "], &[',', '\n'])
        .says_of("the kernel killed a process for want of memory", "the kernel killed process {} for want of memory")
        .advises("find what grew, give it a limit below the machine's memory, or more memory")
        .run("fuelops health"),
    Rule::new("out-of-memory", FaultClass::Memory, Critical, Rank::Host)
        .signs(&[&["memoryerror"], &["cannot allocate memory"], &["std::bad_alloc"], &["javascript heap out of memory"], &["java.lang.outofmemoryerror"], &["runtime: out of memory"], &["unable to allocate", "array with shape"]])
        .says("a program could not get the memory that it asked for")
        .advises("find what grew; read large results in parts")
        .run("fuelops health"),
    Rule::new("too-many-open-files", FaultClass::Files, Critical, Rank::Host)
        .signs(&[&["too many open files"], &["file table overflow"]])
        .says("a process has as many files and sockets open as it may")
        .advises("look for sockets or files that are never closed; raise the limit (LimitNOFILE, ulimit -n) if they are needed")
        .run("fuelops health"),
    Rule::new("port-in-use", FaultClass::Port, Critical, Rank::Setup)
        .signs(&[
            &["address already in use"],
            &["eaddrinuse"],
            &["winerror 10048"],
            &["only one usage of each socket address"],
            &["connection in use: ("],
        ])
        .number(
            &["bind on address ('0.0.0.0', ", "bind on address ('127.0.0.1', ", "bind on address ('::', ", "connection in use: ('0.0.0.0', ", "connection in use: ('127.0.0.1', ", "in use :::", "in use 0.0.0.0:", "in use 127.0.0.1:", "bind() to 0.0.0.0:", "listen tcp :"],
            &[')', ' ', ':'],
        )
        .says_of("a port that the program wants is taken by another process", "port {} is taken by another process")
        .advises("see who listens there: often the backend's own earlier process, left without a parent")
        .run_on("fuelops health", "lsof -nP -iTCP:{} -sTCP:LISTEN"),
    Rule::new("port-not-allowed", FaultClass::Permission, Critical, Rank::Setup)
        .signs(&[&["permission denied", "bind"], &["eacces", "listen"], &["winerror 10013"]])
        .says("the program may not listen on its port")
        .advises("use a port above 1023, or give the service the capability to bind below"),
    Rule::new("permission-denied", FaultClass::Permission, Warning, Rank::Setup)
        .signs(&[&["[errno 13] permission denied"], &["permissionerror"], &["eacces: permission denied"], &["(13: permission denied)"], &["os error 13"]])
        .detail(&["permission denied: '", "open() \""], &['\'', '"'])
        .says_of("the program may not use a file", "the program may not use {}")
        .advises("give the file to the account that the service runs as")
        .run_on("id", "ls -l {}"),
    Rule::new("file-missing", FaultClass::Config, Warning, Rank::Setup)
        .signs(&[&["filenotfounderror"], &["[errno 2] no such file or directory"], &["enoent: no such file or directory"]])
        .detail(&["no such file or directory: '", "no such file or directory, open '"], &['\''])
        .says_of("a file that the program needs is missing", "{} is missing")
        .advises("see whether the path is right in the folder that the service starts in")
        .run_on("pwd", "ls -l {}"),
    Rule::new("cannot-start-thread", FaultClass::Load, Critical, Rank::Host)
        .signs(&[&["can't start new thread"], &["resource temporarily unavailable", "fork"], &["unable to create native thread"], &["cannot fork"]])
        .says("no further thread or process can be started")
        .advises("count the threads of the service; raise its limit (TasksMax, ulimit -u) if they are needed")
        .run("fuelops health"),
    Rule::new("killed", FaultClass::Worker, Critical, Rank::Consequence)
        .signs(&[&["was sent sigkill"], &["killed by signal 9"], &["received sigkill"], &["signal 9 (sigkill)"], &["exitcode: -9"], &["signal: killed"]])
        .says("a process was killed by force")
        .advises("the kernel may have done it for want of memory; else a supervisor whose patience ended")
        .run("fuelops health"),
    Rule::new("segmentation-fault", FaultClass::Code, Critical, Rank::Code)
        .signs(&[&["segmentation fault"], &["sigsegv"], &["fatal python error: "], &["core dumped"]])
        .says("a native part of the program crashed")
        .advises("find the extension in the stack; bring it and the runtime to versions that belong together"),
];

#[cfg(test)]
pub(super) const SAMPLES: &[(&str, &str, &str)] = &[
    (
        "disk-full",
        "OSError: [Errno 28] No space left on device: '/srv/logs/backend.log'",
        "28 devices left on the list",
    ),
    ("disk-quota", "OSError: [Errno 122] Disk quota exceeded", "quota exceeded for api key"),
    ("disk-read-only", "OSError: [Errno 30] Read-only file system: 'x.log'", "opened read-only"),
    ("disk-io-error", "OSError: [Errno 5] Input/output error", "input/output of truck 5"),
    ("oom-killed", "Out of memory: Killed process 4242 (python3) total-vm:8123456kB", "memory at 137 MB"),
    (
        "out-of-memory",
        "MemoryError: Unable to allocate 7.45 GiB for an array with shape (1000000000,)",
        "memory 40% used",
    ),
    ("too-many-open-files", "OSError: [Errno 24] Too many open files: '/srv/x'", "too many files to list"),
    (
        "port-in-use",
        "ERROR:    [Errno 48] error while attempting to bind on address ('0.0.0.0', 8000): address already in use",
        "email address already registered",
    ),
    (
        "port-not-allowed",
        "nginx: [emerg] bind() to 0.0.0.0:80 failed (13: Permission denied)",
        "permission denied for user 7",
    ),
    (
        "permission-denied",
        "PermissionError: [Errno 13] Permission denied: '/var/log/fuel.log'",
        "permission granted to truck 13",
    ),
    (
        "file-missing",
        "FileNotFoundError: [Errno 2] No such file or directory: 'config.json'",
        "no such truck",
    ),
    ("cannot-start-thread", "RuntimeError: can't start new thread", "thread started"),
    ("killed", "[ERROR] Worker (pid:4242) was sent SIGKILL! Perhaps out of memory?", "task killed by user"),
    ("segmentation-fault", "Fatal Python error: Segmentation fault", "segmentation of customers"),
];
