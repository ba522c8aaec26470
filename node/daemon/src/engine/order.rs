//! Orders: one under a key that was used before is answered from memory and not carried out again.

use super::{Engine, Group};
use crate::store::Ordered;
use tokio::sync::oneshot;
use vantage_api::Submitted;
use vantage_protocol::attester::{Effect, Input, JobOrder, Token};
use vantage_protocol::hash::sha256;
use vantage_protocol::id::{Hash, JobId};

/// Orders that wait for their job; further ones are refused. A guess.
const ORDERS_MAX: usize = 64;

/// An order as it was given.
pub(super) struct Order {
    pub(super) order: JobOrder,
    /// The suite's canonical block.
    pub(super) suite: Vec<u8>,
    /// The study plan's canonical block; empty where the order names none.
    pub(super) study: Vec<u8>,
    pub(super) key: Option<String>,
    pub(super) reply: oneshot::Sender<Result<Submitted, String>>,
}

impl Engine {
    /// Hands an order to the core, unless it was given before under the same key.
    pub(super) fn take_order(&mut self, order: Order, group: &mut Group) {
        let Order { order, suite, study, key, reply } = order;
        let digest = digest(&order);
        if let Some(answer) = key.as_deref().and_then(|key| self.given_before(key, &digest, group)) {
            // Whoever asked may be gone.
            let _ = reply.send(answer);
            return;
        }
        if self.orders.len() >= ORDERS_MAX {
            let _ = reply.send(Err("too many orders wait already".to_owned()));
            return;
        }
        let token = self.tokens.fresh();
        self.orders.insert(token, reply);
        group.batch.put(&order.suite, suite, true);
        if let Some(cid) = &order.study {
            group.batch.put(cid, study, true);
        }
        self.hear(Input::Submit { token, order }, group);
        if let Some((key, job)) = key.zip(submitted(&group.later, token)) {
            group.batch.ordered(key, Ordered { job, order: digest });
        }
    }

    /// The answer to an order whose key is known; none if it is not.
    fn given_before(&self, key: &str, digest: &Hash, group: &Group) -> Option<Result<Submitted, String>> {
        let (found, written) = match group.batch.find_ordered(key) {
            Some(found) => (found, false),
            None => match self.store.ordered(key) {
                Ok(found) => (found?, true),
                Err(error) => return Some(Err(error.to_string())),
            },
        };
        Some(match () {
            () if found.order != *digest => {
                Err(format!("the key {key:?} was given with another order, of which job {} came", found.job))
            }
            () if !written => Err("the same order is being written down: ask again".to_owned()),
            () => Ok(Submitted { id: found.job, again: true }),
        })
    }
}

/// The job that came of an order.
fn submitted(effects: &[Effect], token: Token) -> Option<JobId> {
    effects.iter().rev().find_map(|effect| match effect {
        Effect::Submitted { token: of, result } if *of == token => result.as_ref().ok().copied(),
        _ => None,
    })
}

fn digest(order: &JobOrder) -> Hash {
    // it came as JSON; what has no such form is nobody's order
    sha256(&serde_json::to_vec(order).unwrap_or_default())
}
