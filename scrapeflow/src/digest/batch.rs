//! Bodies of a run, or of an archive, that are summed together: those that are complete by the time that others that are ready have had
//! their turn, or as many as are enough. Whoever comes back first sums all that wait, so that nobody waits for one certain task, which an executor might
//! hold up that keeps its thread.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use md5::{Digest, Md5};
use tokio::sync::oneshot;

use super::lanes::{self, LANES};
use super::{LARGEST, hex};
use crate::schedule::{share_woken, to_the_back};

/// The smallest body that waits for others, in bytes: to wait takes about as long.
const SMALLEST: usize = 512;

/// How many are summed at once at the most: then nobody is waited for. With 16, files are begun so often in between that a page takes a tenth more.
const MOST: usize = 4 * LANES;

/// The bodies that wait for their MD5s.
#[derive(Debug, Clone, Default)]
pub(crate) struct Batch(Arc<Mutex<Vec<Pending>>>);

#[derive(Debug)]
struct Pending {
    body: Bytes,
    sum: oneshot::Sender<[u8; 16]>,
}

impl Batch {
    /// In lower-case hex.
    pub(crate) async fn md5_hex(&self, body: Bytes) -> String {
        if !(SMALLEST..=LARGEST).contains(&body.len()) {
            return super::md5_hex(&body);
        }
        let (sum, mut summed) = oneshot::channel();
        let pending = {
            let mut pending = self.pending();
            pending.push(Pending {
                body: body.clone(),
                sum,
            });
            pending.len()
        };
        if pending < MOST {
            // Those that are ready come along.
            to_the_back().await;
            if let Ok(sum) = summed.try_recv() {
                return hex(&sum);
            }
        }
        // Unless somebody has this one and is at it.
        if self.sum() > 0 {
            share_woken();
        }
        // Where whoever summed it panicked.
        hex(&summed.await.unwrap_or_else(|_| Md5::digest(&body).into()))
    }

    /// How many it was.
    fn sum(&self) -> usize {
        let mut pending = {
            let mut pending = self.pending();
            if pending.is_empty() {
                return 0;
            }
            std::mem::replace(&mut *pending, Vec::with_capacity(MOST))
        };
        // Who waited may have been cut off.
        pending.retain(|one| !one.sum.is_closed());
        let bodies: Vec<&[u8]> = pending.iter().map(|one| &*one.body).collect();
        let sums = lanes::md5s(&bodies);
        let count = pending.len();
        for (one, sum) in pending.into_iter().zip(sums) {
            let _ = one.sum.send(sum);
        }
        count
    }

    /// A panic elsewhere leaves it whole.
    fn pending(&self) -> MutexGuard<'_, Vec<Pending>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::future::join_all;

    use super::super::md5_hex;
    use super::*;

    async fn check(batch: &Batch, bodies: &[Vec<u8>]) {
        let sums = bodies
            .iter()
            .map(|body| batch.md5_hex(Bytes::copy_from_slice(body)));
        let expected: Vec<String> = bodies.iter().map(|body| md5_hex(body)).collect();
        assert_eq!(join_all(sums).await, expected);
        assert!(batch.pending().is_empty());
    }

    fn bodies(count: usize) -> Vec<Vec<u8>> {
        (0..=u8::MAX)
            .take(count)
            .map(|nth| vec![nth; SMALLEST - 2 + 37 * usize::from(nth)])
            .collect()
    }

    #[tokio::test]
    async fn however_many_come_at_once_each_gets_its_own() {
        let batch = Batch::default();
        for count in [1, 3, 4, LANES, LANES + 1, MOST, MOST + 5] {
            check(&batch, &bodies(count)).await;
        }
    }

    #[tokio::test]
    async fn they_wait_for_those_that_are_ready_and_no_longer_than_until_there_are_enough() {
        let batch = Batch::default();
        let mut waiting: Vec<_> = (1..MOST)
            .map(|_| Box::pin(batch.md5_hex(vec![0; SMALLEST].into())))
            .collect();
        for one in &mut waiting {
            assert!(futures::poll!(one).is_pending());
        }
        assert_eq!(batch.pending().len(), MOST - 1);
        let last = batch.md5_hex(vec![1; SMALLEST].into());
        assert!(futures::poll!(std::pin::pin!(last)).is_ready());
        for one in &mut waiting {
            assert!(futures::poll!(one).is_ready());
        }
    }

    #[tokio::test]
    async fn who_is_cut_off_keeps_nobody_from_theirs() {
        let batch = Batch::default();
        let mut cut_off = Box::pin(batch.md5_hex(vec![0; SMALLEST].into()));
        assert!(futures::poll!(&mut cut_off).is_pending());
        drop(cut_off);
        check(&batch, &bodies(6)).await;
    }

    #[test]
    fn it_needs_no_runtime() {
        futures::executor::block_on(check(&Batch::default(), &bodies(5)));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_thread_that_is_taken_doesnt_keep_others_from_theirs() {
        let batch = Batch::default();
        for _ in 0..50 {
            let (go_on, wait) = std::sync::mpsc::channel::<()>();
            let ours = batch.clone();
            let first = tokio::spawn(async move {
                let taken = tokio::spawn(async move { wait.recv() });
                let sum = ours.md5_hex(vec![0; SMALLEST].into()).await;
                (sum, taken.await)
            });
            let sum = batch.md5_hex(vec![1; SMALLEST].into());
            let sum = tokio::time::timeout(Duration::from_secs(20), sum).await;
            go_on.send(()).unwrap();
            assert_eq!(sum.unwrap(), md5_hex(&[1; SMALLEST]));
            assert_eq!(first.await.unwrap().0, md5_hex(&[0; SMALLEST]));
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn threads_sum_each_others() {
        let batch = Batch::default();
        let tasks = (0..64_u8).map(|nth| {
            let batch = batch.clone();
            tokio::spawn(async move {
                for round in 0..50 {
                    let body = vec![nth; SMALLEST + 100 * round];
                    let expected = md5_hex(&body);
                    assert_eq!(batch.md5_hex(body.into()).await, expected);
                }
            })
        });
        for ended in join_all(tasks).await {
            ended.unwrap();
        }
    }
}
