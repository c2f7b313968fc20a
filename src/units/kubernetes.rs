//! Workloads of Kubernetes, by `kubectl`: `deployment/NAME` or `statefulset/NAME`, with `NAMESPACE/` before it where that
//! is not the context's own.
//!
//! A workload is stopped by scaling it to none; how many replicas it had is noted on it, so that a start brings back as
//! many, whoever starts it.

use std::time::{Duration, Instant};

use crate::text::{human, shell};
use crate::units::UnitFault;
use crate::units::order::{Limits, Obeyed, Order, OrderFault};
use crate::units::tool::{self, Printed};

/// For a question, across a network.
const ASKING: Duration = Duration::from_secs(10);
/// Where the number of replicas is noted.
const NOTE: &str = "fuelops/replicas";
const FIELDS: &str = "jsonpath={.spec.replicas} {.metadata.annotations.fuelops/replicas}";

/// Carries an order out, and waits until it holds.
pub(super) fn carry_out(unit: &str, order: Order, limits: Limits) -> Result<Obeyed, OrderFault> {
    let workload = Workload::of(unit)?;
    let (replicas, noted) = workload.replicas()?;
    match order {
        Order::Start if replicas > 0 => return Ok(Obeyed::already(None)),
        Order::Stop if replicas == 0 => return Ok(Obeyed::already(None)),
        Order::Stop => {
            workload.tell(&["annotate", &workload.name, "--overwrite", &format!("{NOTE}={replicas}")])?;
            workload.tell(&["scale", "--replicas=0", &workload.name])?;
            workload.settle(limits.stop)?;
        }
        Order::Start | Order::Restart if replicas == 0 => {
            let wanted = format!("--replicas={}", noted.unwrap_or(1));
            workload.tell(&["scale", &wanted, &workload.name])?;
            workload.settle(limits.start)?;
        }
        Order::Start | Order::Restart => {
            workload.tell(&["rollout", "restart", &workload.name])?;
            workload.settle(limits.stop + limits.start)?;
        }
    }
    Ok(Obeyed::now(None))
}

/// A workload and where it lives.
#[derive(Debug, PartialEq, Eq)]
struct Workload {
    namespace: Option<String>,
    /// `kind/name`.
    name: String,
}

impl Workload {
    fn of(unit: &str) -> Result<Self, OrderFault> {
        // A word that is missing, as from a variable that is not set, must not lead to another namespace's workload.
        let are_words = unit.split('/').all(|word| !word.is_empty() && !word.starts_with('-'));
        let words: Vec<&str> = unit.split('/').collect();
        let (namespace, kind, name) = match words.as_slice() {
            [kind, name] if are_words => (None, kind, name),
            [namespace, kind, name] if are_words => (Some((*namespace).to_owned()), kind, name),
            _ => {
                let why =
                    format!("{unit} is no workload; write deployment/NAME or NAMESPACE/deployment/NAME");
                return Err(OrderFault::new(why, Some("kubectl get deployments,statefulsets".to_owned())));
            }
        };
        Ok(Self { namespace, name: format!("{kind}/{name}") })
    }

    /// How many there should be, and how many were noted.
    fn replicas(&self) -> Result<(u32, Option<u32>), OrderFault> {
        let printed = self.run(&["get", &self.name, "-o", FIELDS], ASKING)?;
        let mut words = printed.output.split_whitespace();
        let read = words.next().and_then(|word| word.parse().ok());
        let replicas = read.filter(|_| printed.status.success());
        match replicas {
            Some(replicas) => Ok((replicas, words.next().and_then(|word| word.parse().ok()))),
            None => Err(OrderFault::said("kubectl", &printed, self.command(&["get", &self.name]))),
        }
    }

    fn tell(&self, words: &[&str]) -> Result<(), OrderFault> {
        let printed = self.run(words, ASKING)?;
        match printed.status.success() {
            true => Ok(()),
            false => Err(OrderFault::said("kubectl", &printed, self.command(&["describe", &self.name]))),
        }
    }

    /// Waits until what was asked for is so.
    fn settle(&self, limit: Duration) -> Result<(), OrderFault> {
        let timeout = format!("--timeout={}s", limit.as_secs().max(1));
        let printed = self.run(&["rollout", "status", &timeout, &self.name], limit + ASKING)?;
        match printed.status.success() {
            true => Ok(()),
            false => Err(OrderFault::said("kubectl", &printed, self.command(&["describe", &self.name]))),
        }
    }

    fn run(&self, words: &[&str], limit: Duration) -> Result<Printed, OrderFault> {
        tool::run("kubectl", &self.arguments(words), Instant::now() + limit).map_err(|fault| match fault {
            UnitFault::Silent => {
                let why = format!("kubectl {}: no end within {}", words[0], human::duration(limit));
                OrderFault::new(why, Some(self.command(&["describe", &self.name])))
            }
            other => OrderFault::of(other, &self.name, ""),
        })
    }

    fn arguments<'w>(&'w self, words: &[&'w str]) -> Vec<&'w str> {
        let namespace = self.namespace.iter().flat_map(|namespace| ["--namespace", namespace.as_str()]);
        namespace.chain(words.iter().copied()).collect()
    }

    fn command(&self, words: &[&str]) -> String {
        shell::command(["kubectl"].into_iter().chain(self.arguments(words)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workload_is_named_by_kind_and_perhaps_by_namespace() {
        let api = Workload::of("deployment/api").unwrap();
        assert_eq!((api.namespace, api.name.as_str()), (None, "deployment/api"));
        let api = Workload::of("prod/statefulset/db").unwrap();
        assert_eq!(api.arguments(&["get"]), ["--namespace", "prod", "get"]);
        for wrong in ["api", "-n/x", "a/b/c/d", "", "/deployment/api", "-x/deployment/api", "deployment//api"]
        {
            assert!(Workload::of(wrong).is_err(), "{wrong}");
        }
    }
}
