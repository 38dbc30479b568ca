use futures::future::join_all;
use tokio::task::coop::consume_budget;

use super::*;
use crate::schedule::to_the_back;

const LIMIT: Duration = Duration::from_secs(60);

#[tokio::test]
async fn who_changes_its_seat_is_back_no_earlier() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let tasks: Vec<_> = (0..3)
        .map(|nth| {
            let order = order.clone();
            tokio::spawn(async move {
                let seat = Arc::new(Seat::alone());
                let work = async {
                    order.lock().unwrap().push((nth, "begins"));
                    drop(seat.busy());
                    to_the_back().await;
                    order.lock().unwrap().push((nth, "is back"));
                };
                seat.within(LIMIT, work).await
            })
        })
        .collect();
    join_all(tasks).await;
    let all = |what| [0, 1, 2].map(|nth| (nth, what));
    let expected = [all("begins"), all("is back")].concat();
    assert_eq!(*order.lock().unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn work_that_uses_up_its_budget_where_its_seat_changes_goes_on() {
    // The budget is 128; what is used up of it before makes every place in the work the one where it ends.
    for before in 0..130 {
        let seat = Arc::new(Seat::alone());
        let work = async {
            for _ in 0..before {
                consume_budget().await;
            }
            seat.aside(std::future::ready(())).await;
            drop(seat.busy());
            for _ in 0..300 {
                consume_budget().await;
            }
        };
        let (done, took) = seat.within(LIMIT, work).await;
        assert!(done.is_some() && took.is_zero(), "{before}: {took:?}");
    }
}
