//! What INFO tells. Pure.

use std::collections::HashMap;

/// How a server fares, by its own account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::checks) struct Facts {
    pub(super) version: String,
    pub(super) uptime_seconds: Option<u64>,
    pub(super) clients: Option<u64>,
    pub(super) max_clients: Option<u64>,
    /// That counts against the limit.
    pub(super) used_bytes: Option<u64>,
    /// 0: no limit.
    pub(super) max_bytes: Option<u64>,
    pub(super) policy: String,
    pub(super) is_replica: bool,
    /// Of a replica.
    pub(super) primary: String,
    pub(super) is_linked: bool,
    pub(super) down_seconds: Option<u64>,
    pub(super) has_save_failed: bool,
    pub(super) has_append_failed: bool,
}

impl Facts {
    /// Reads what INFO answers.
    pub(super) fn read(text: &str) -> Self {
        let lines = text.lines().filter_map(|line| line.trim_end().split_once(':'));
        let fields: HashMap<&str, &str> = lines.collect();
        let word = |name: &str| fields.get(name).copied().unwrap_or("");
        let number = |name: &str| word(name).parse::<u64>().ok();
        let uncounted = number("mem_not_counted_for_evict").unwrap_or(0);
        Self {
            version: word("redis_version").to_owned(),
            uptime_seconds: number("uptime_in_seconds"),
            clients: number("connected_clients"),
            max_clients: number("maxclients"),
            used_bytes: number("used_memory").map(|used| used.saturating_sub(uncounted)),
            max_bytes: number("maxmemory"),
            policy: word("maxmemory_policy").to_owned(),
            is_replica: word("role") == "slave",
            primary: format!("{}:{}", word("master_host"), word("master_port")),
            is_linked: word("master_link_status") == "up",
            down_seconds: number("master_link_down_since_seconds"),
            has_save_failed: word("rdb_last_bgsave_status") == "err",
            has_append_failed: word("aof_last_write_status") == "err",
        }
    }

    /// Memory is full, and nothing is thrown out for what is new.
    pub(super) fn is_full(&self) -> bool {
        let limit = self.max_bytes.filter(|limit| *limit > 0);
        let is_over = self.used_bytes.zip(limit).is_some_and(|(used, limit)| used >= limit);
        is_over && self.policy == "noeviction"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_full_server_that_evicts_nothing_is_full() {
        let info = "# Memory\r\nused_memory:3000\r\nmem_not_counted_for_evict:900\r\nmaxmemory:2000\r\n";
        let with = |policy: &str| Facts::read(&format!("{info}maxmemory_policy:{policy}\r\n"));
        assert!(with("noeviction").is_full());
        assert!(!with("allkeys-lru").is_full());
        assert_eq!(with("noeviction").used_bytes, Some(2100));
        assert!(!Facts::read("used_memory:3000\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction").is_full());
        assert!(!Facts::read("").is_full());
    }

    #[test]
    fn replica_tells_its_link() {
        let info = "role:slave\r\nmaster_host:db1\r\nmaster_port:6379\r\nmaster_link_status:down\r\n\
            master_link_down_since_seconds:12\r\n";
        let facts = Facts::read(info);
        assert_eq!((facts.is_replica, facts.is_linked, facts.down_seconds), (true, false, Some(12)));
        assert_eq!(facts.primary, "db1:6379");
    }
}
