//! What many proxies cost: picking one of them, and checking all in one pass. The proxies are one listener, which tells them
//! apart by their users alone.
//!
//!     cargo bench -p scrapeflow-benches --bench proxies
//!     cargo bench -p scrapeflow-benches --bench proxies -- --rounds 3
//!
//! To be had: picking takes as long of a hundred thousand as of ten; 10,000 are checked with at most 100 connections at once
//! and 100 MB.

use std::hint::black_box;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use scrapeflow::{Proxy, ProxyList, ProxyPool, ProxyProvider};
use scrapeflow_benches::rounds::median;
use scrapeflow_benches::usage::{Meter, peak_megabytes};
use scrapeflow_benches::{child, number};

const SIZES: [usize; 3] = [10, 1_000, 100_000];
/// Picks that are timed together.
const PICKS: u32 = 1_000_000;
const CHECKED: usize = 10_000;

fn main() -> io::Result<()> {
    if let Some(words) = child::asked() {
        check(&words[0]);
        return Ok(());
    }
    let rounds = scrapeflow_benches::option("rounds", 3_usize);
    println!("a pick of a proxy, told good; medians of {rounds} interleaved rounds");
    let pools = SIZES.map(|size| ProxyPool::of((0..size).map(proxy)));
    let picks: Vec<[f64; 3]> = (0..rounds)
        .map(|_| [0, 1, 2].map(|nth| picks(&pools[nth])))
        .collect();
    for (nth, size) in SIZES.iter().enumerate() {
        let nanoseconds = median(picks.iter().map(|round| round[nth]));
        println!("{size:>10} proxies {nanoseconds:>8.0} ns");
    }

    println!("a check of {CHECKED} proxies, one round; medians of {rounds}");
    let (address, most) = listen()?;
    let figures: Vec<child::Figures> = (0..rounds).map(|_| child::measure(&[&address])).collect();
    for (nth, (name, _)) in figures[0].iter().enumerate() {
        println!(
            "{name:>14} {:>10.1}",
            median(figures.iter().map(|round| round[nth].1))
        );
    }
    println!("   connections {:>10}", most.load(Ordering::Relaxed));
    Ok(())
}

fn proxy(nth: usize) -> Proxy {
    let text = format!("http://user-{nth}:password@127.0.0.1:8080");
    text.parse().expect("a proxy")
}

/// How long one takes, in ns.
fn picks(pool: &ProxyPool) -> f64 {
    let began = Instant::now();
    for _ in 0..PICKS {
        let proxy = black_box(pool.one(None, &[]).expect("all are live"));
        pool.good(&proxy);
    }
    began.elapsed().as_secs_f64() * 1e9 / f64::from(PICKS)
}

/// Checks all, and answers what that took.
fn check(address: &str) {
    let proxies = (0..CHECKED).map(|nth| format!("http://user-{nth}:password@{address}"));
    let proxies = ProxyList::new(proxies).expect("proxies");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let meter = Meter::start();
    let checked = proxies
        .check(Duration::from_secs(30), 1)
        .url("http://shop.example/")
        .run();
    let checked = runtime.block_on(checked).expect("a check");
    let tasks = CHECKED as u64;
    let [cpu, wall] = meter.per_task(tasks);
    let (live, peak) = (number(checked.live as u64), peak_megabytes());
    child::answer(&[cpu, wall, ("live", live), ("peak MB", peak)]);
}

/// Answers everybody, and counts the connections that are open at once.
fn listen() -> io::Result<(String, Arc<AtomicUsize>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?.to_string();
    let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let seen = most.clone();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            seen.fetch_max(open.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            let open = open.clone();
            thread::spawn(move || {
                // One that breaks off is no business of ours.
                let _ = answer(stream);
                open.fetch_sub(1, Ordering::Relaxed);
            });
        }
    });
    Ok((address, most))
}

fn answer(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    while stream.read(&mut buffer)? > 0 {
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")?;
    }
    Ok(())
}
