//! Incidents: failures that belong together, told once, in causal order.
//!
//! One failure is written many times: by the handler that caught it, in several lines, by the server, into a crash file,
//! as a 500 in the access log. [`Symptom`]s are what was counted; [`incidents`] joins those that are one failure, says
//! which incident explains which, and how much of all real errors each explains.
//!
//! 1. Symptoms of the same known fault, of the same exception at the same place, or else of the same pattern, are one
//!    incident.
//! 2. A symptom that only echoes another ("Unhandled exception in …", "Exception type: …") joins the incident that it
//!    accompanies in time.
//! 3. Incident A explains incident B if A's class can cause B's, A began no later, and most of B happened while A did.
//!    An exception with a cause of its own is explained only where its words name what A is about.

mod causes;
mod fold;
mod proof;
mod symptom;

pub use fold::incidents;
pub use symptom::{Known, Span, Symptom, SymptomOf};
