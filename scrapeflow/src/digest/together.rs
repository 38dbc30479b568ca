//! Whoever has a body waits until those that are ready have had their turn: all whose bodies are complete by then are summed together.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use md5::{Digest, Md5};
use tokio::sync::oneshot;

use super::{hex, lanes};

/// The smallest body that waits for others, in bytes: to wait takes about as long.
const LEAST: usize = 512;

/// The fewest bodies for which lanes pay.
const FEWEST: usize = 4;

/// The most that one thread sums at once, while others do the rest.
const MOST: usize = 32;

/// The bodies of a run that wait for their MD5s.
#[derive(Debug, Clone, Default)]
pub(crate) struct Together(Arc<Mutex<Vec<Waiting>>>);

#[derive(Debug)]
struct Waiting {
    body: Bytes,
    done: oneshot::Sender<[u8; 16]>,
}

impl Together {
    /// In lower-case hex.
    pub(crate) async fn md5_hex(&self, body: Bytes) -> String {
        if body.len() < LEAST {
            return super::md5_hex(&body);
        }
        let (done, sum) = oneshot::channel();
        let is_first = {
            let mut waiting = self.waiting();
            waiting.push(Waiting {
                body: body.clone(),
                done,
            });
            waiting.len() == 1
        };
        if is_first {
            tokio::spawn(self.clone().sum_all());
        }
        // Where who sums them was cut off.
        let sum = sum.await;
        hex(&sum.unwrap_or_else(|_| Md5::digest(&body).into()))
    }

    /// A task of its own: another is woken for many reasons, and would be back too early.
    async fn sum_all(self) {
        tokio::task::yield_now().await;
        let mut waiting = std::mem::take(&mut *self.waiting());
        while waiting.len() > MOST {
            let others = waiting.split_off(waiting.len() - MOST);
            tokio::spawn(async move { sum(others) });
        }
        sum(waiting);
    }

    /// A panic elsewhere leaves it whole.
    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn sum(waiting: Vec<Waiting>) {
    let bodies: Vec<&[u8]> = waiting.iter().map(|one| &*one.body).collect();
    let sums = if bodies.len() < FEWEST {
        bodies.iter().map(|body| Md5::digest(body).into()).collect()
    } else {
        lanes::md5s(&bodies)
    };
    for (one, sum) in waiting.into_iter().zip(sums) {
        // Who waited may have been cut off.
        let _ = one.done.send(sum);
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::*;

    async fn check(together: &Together, bodies: &[Vec<u8>]) {
        let sums = bodies
            .iter()
            .map(|body| together.md5_hex(Bytes::copy_from_slice(body)));
        let expected: Vec<String> = bodies
            .iter()
            .map(|body| super::super::md5_hex(body))
            .collect();
        assert_eq!(join_all(sums).await, expected);
        assert!(together.waiting().is_empty());
    }

    fn bodies(count: usize) -> Vec<Vec<u8>> {
        (0..=u8::MAX)
            .take(count)
            .map(|nth| vec![nth; LEAST - 2 + 37 * usize::from(nth)])
            .collect()
    }

    #[tokio::test]
    async fn however_many_come_at_once_each_gets_its_own() {
        let together = Together::default();
        for count in [1, 3, 4, 16, 17, 2 * MOST + 5] {
            check(&together, &bodies(count)).await;
        }
    }

    #[tokio::test]
    async fn who_is_cut_off_keeps_nobody_from_theirs() {
        let together = Together::default();
        let mut cut_off = Box::pin(together.md5_hex(vec![0; LEAST].into()));
        assert!(futures::poll!(&mut cut_off).is_pending());
        drop(cut_off);
        check(&together, &bodies(6)).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn threads_sum_each_others() {
        let together = Together::default();
        let tasks = (0..64_u8).map(|nth| {
            let together = together.clone();
            tokio::spawn(async move {
                for round in 0..50 {
                    let body = vec![nth; LEAST + 100 * round];
                    let expected = super::super::md5_hex(&body);
                    assert_eq!(together.md5_hex(body.into()).await, expected);
                }
            })
        });
        for ended in join_all(tasks).await {
            ended.unwrap();
        }
    }
}
