//! One session: logged in, asked, and ended as the server wants it.

use std::time::Duration;

use tokio::time::timeout;

use crate::checks::mysql::Login;
use crate::checks::mysql::packet::{
    self, CONNECT_WITH_DB, Greeting, LONG_PASSWORD, PLUGIN_AUTH, PROTOCOL_41, SECURE_CONNECTION, SSL,
    TRANSACTIONS,
};
use crate::checks::mysql::reply::{Reply, Table};
use crate::checks::tls::{Strictness, Trust};
use crate::checks::wire::{Course, Encryption, Fault, Line, Place, Stage};

/// A packet of this length goes on in the next one; nothing that we ask is answered so.
const FULL_PACKET: usize = 0xff_ffff;
/// Rounds of a login; the longest known takes three.
const MAX_ROUNDS: usize = 8;
/// Time for the farewell; the server is not waited for.
const FAREWELL: Duration = Duration::from_millis(100);

/// What a login needs.
pub(super) struct Account {
    pub(super) place: Place,
    pub(super) login: Login,
    pub(super) password: String,
    pub(super) encryption: Encryption,
    pub(super) trust: Trust,
}

/// A session that is logged in.
pub(super) struct Session {
    line: Line,
    sequence: u8,
    version: String,
    /// What the line is protected by, as far as a password in the clear is concerned.
    secrecy: Secrecy,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Secrecy {
    Open,
    Encrypted,
    /// Encrypted, and the server is who it says; or it is on this machine.
    Trusted,
}

impl Session {
    /// Connects and logs in.
    pub(super) async fn open(account: &Account, course: &mut Course) -> Result<Self, Fault> {
        let line = Line::open(&account.place, course).await?;
        let secrecy =
            if matches!(account.place, Place::Socket(_)) { Secrecy::Trusted } else { Secrecy::Open };
        let mut session = Self { line, sequence: 0, version: String::new(), secrecy };
        let first = session.first_packet(course).await?;
        if let Some(refusal) = packet::refusal(&first) {
            return Err(Fault::Refused(Stage::Greeting, refusal));
        }
        let greeting = Greeting::read(&first).ok_or_else(|| garbled("greets in an unknown way"))?;
        session.version.clone_from(&greeting.version);
        let database = account.login.database.as_deref();
        let mut capabilities = LONG_PASSWORD | PROTOCOL_41 | TRANSACTIONS | SECURE_CONNECTION | PLUGIN_AUTH;
        if database.is_some() {
            capabilities |= CONNECT_WITH_DB;
        }
        if session.wants_tls(account, &greeting)? {
            capabilities |= SSL;
            session = session.encrypt(account, capabilities, course).await?;
        }
        session.log_in(account, &greeting, capabilities, course).await?;
        Ok(session)
    }

    /// The server's version, without the mark by which MariaDB hides from old replicas.
    pub(super) fn version(&self) -> &str {
        self.version.strip_prefix("5.5.5-").unwrap_or(&self.version)
    }

    fn wants_tls(&self, account: &Account, greeting: &Greeting) -> Result<bool, Fault> {
        let is_socket = matches!(account.place, Place::Socket(_));
        match account.encryption {
            Encryption::Never => Ok(false),
            Encryption::Offered => Ok(greeting.offers_tls() && !is_socket),
            _ if greeting.offers_tls() => Ok(true),
            _ => Err(Fault::NoTls),
        }
    }

    async fn encrypt(
        mut self,
        account: &Account,
        capabilities: u32,
        course: &mut Course,
    ) -> Result<Self, Fault> {
        course.stage = Stage::Tls;
        self.send(&packet::tls_request(capabilities), course).await?;
        let is_verified = account.encryption == Encryption::Verified;
        let strictness = if is_verified { Strictness::Verify } else { Strictness::LookOnly };
        let line = self.line.encrypted(account.place.host(), &account.trust, strictness).await?;
        let secrecy = if is_verified { Secrecy::Trusted } else { Secrecy::Encrypted };
        Ok(Self {
            line,
            secrecy: if self.secrecy == Secrecy::Trusted { self.secrecy } else { secrecy },
            ..self
        })
    }

    async fn log_in(
        &mut self,
        account: &Account,
        greeting: &Greeting,
        capabilities: u32,
        course: &mut Course,
    ) -> Result<(), Fault> {
        course.stage = Stage::Login;
        let (user, database) = (&account.login.user, account.login.database.as_deref());
        // A method that is not spoken here may be the server's default and not this account's: it will say so.
        let known = packet::answer(&greeting.plugin, &account.password, &greeting.nonce);
        let (plugin, answer) = match known {
            Some(answer) => (greeting.plugin.as_str(), answer),
            None => ("mysql_native_password", Vec::new()),
        };
        self.send(&packet::login(capabilities, user, &answer, database, plugin), course).await?;
        for _ in 0..MAX_ROUNDS {
            let reply = self.receive(course).await?;
            match reply.split_first() {
                Some((0x00, _)) => return Ok(()),
                Some((0xfe, asked)) => self.switch(asked, &account.password, course).await?,
                Some((0x01, [3])) => {}
                Some((0x01, [4])) => self.in_the_clear(&account.password, Secrecy::Encrypted, course).await?,
                _ => return Err(refused_or(Stage::Login, &reply, "answers the login in an unknown way")),
            }
        }
        Err(garbled("never comes to the end of the login"))
    }

    /// The server wants another method.
    async fn switch(&mut self, asked: &[u8], password: &str, course: &Course) -> Result<(), Fault> {
        let mut fields = packet::Fields(asked);
        let plugin = String::from_utf8_lossy(fields.text()).into_owned();
        let nonce = fields.0.strip_suffix(&[0]).unwrap_or(fields.0);
        if plugin == "mysql_clear_password" {
            return self.in_the_clear(password, Secrecy::Trusted, course).await;
        }
        match packet::answer(&plugin, password, nonce) {
            Some(answer) => self.send(&answer, course).await,
            None => Err(Fault::NotReady(format!(
                "the account logs in by \"{plugin}\", which fuelops does not speak; give it an account with \
                 mysql_native_password or caching_sha2_password"
            ))),
        }
    }

    /// The password itself, if the line is good enough for it.
    async fn in_the_clear(&mut self, password: &str, needed: Secrecy, course: &Course) -> Result<(), Fault> {
        let is_enough = self.secrecy == Secrecy::Trusted || self.secrecy == needed;
        if !is_enough {
            return Err(Fault::NotReady(
                "the server wants the password itself, which goes over TLS only; set ?ssl-mode=REQUIRED in \
                 the check's url, or VERIFY_IDENTITY"
                    .to_owned(),
            ));
        }
        let packet = [password.as_bytes(), &[0]].concat();
        self.send(&packet, course).await
    }

    /// Runs one statement and reads its answer to the end; the first rows are kept.
    pub(super) async fn query(&mut self, statement: &str, course: &Course) -> Result<Table, Fault> {
        self.sequence = 0;
        self.send(&[&[3], statement.as_bytes()].concat(), course).await?;
        let mut reply = Reply::default();
        loop {
            let packet = self.receive(course).await?;
            if reply.take(&packet).map_err(|fault| fault.in_stage(course.stage))? {
                return Ok(reply.into_table());
            }
        }
    }

    /// Says goodbye.
    pub(super) async fn quit(mut self, course: &Course) {
        self.sequence = 0;
        drop(timeout(FAREWELL, self.send(&[1], course)).await);
    }

    async fn first_packet(&mut self, course: &Course) -> Result<Vec<u8>, Fault> {
        let mut head = [0; 4];
        self.line.read_first(&mut head, course).await?;
        self.rest_of_packet(head, course).await
    }

    async fn receive(&mut self, course: &Course) -> Result<Vec<u8>, Fault> {
        let mut head = [0; 4];
        self.line.read(&mut head, course).await?;
        self.rest_of_packet(head, course).await
    }

    async fn rest_of_packet(&mut self, head: [u8; 4], course: &Course) -> Result<Vec<u8>, Fault> {
        let length = usize::from(head[0]) | usize::from(head[1]) << 8 | usize::from(head[2]) << 16;
        if length == FULL_PACKET || length == 0 || head[3] != self.sequence {
            return Err(garbled("sends packets out of order"));
        }
        self.sequence = self.sequence.wrapping_add(1);
        let mut packet = vec![0; length];
        self.line.read(&mut packet, course).await?;
        Ok(packet)
    }

    async fn send(&mut self, payload: &[u8], course: &Course) -> Result<(), Fault> {
        let length = u32::try_from(payload.len()).ok().filter(|n| *n < 0xff_ffff);
        let length = length.ok_or_else(|| Fault::NotReady("the query is too long".to_owned()))?.to_le_bytes();
        let head = [length[0], length[1], length[2], self.sequence];
        self.sequence = self.sequence.wrapping_add(1);
        self.line.write(&[&head, payload].concat(), course).await
    }
}

fn garbled(why: &str) -> Fault {
    Fault::Garbled(why.to_owned())
}

fn refused_or(stage: Stage, packet: &[u8], why: &str) -> Fault {
    packet::refusal(packet).map_or_else(|| garbled(why), |refusal| Fault::Refused(stage, refusal))
}
