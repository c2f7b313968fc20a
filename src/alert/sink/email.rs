//! Mail by SMTP.

use crate::alert::Message;
use crate::alert::sink::{Failure, Receipt};
use crate::config::EmailSink;

pub(super) async fn deliver(_: &EmailSink, _: &Message) -> Result<Receipt, Failure> {
    Err(Failure::Refused("mail is not sent yet".to_owned()))
}
