//! Runs in a network of its own, in which this machine has public addresses: `unshare -nm namespace CASES`, where
//! `CASES` is JSON, and so is what it prints of each.
//!
//! Sites listen on port 80 of the addresses in [`SITES`], all on `lo`. `rebind.example` is public until the public
//! site is asked for `/rebind`, which redirects to that same name: from then on it is this machine.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::FileExt;
use std::process::Command;

use scrapeflow::middleware::tower::layer::util::Identity;
use scrapeflow::prelude::*;
use scrapeflow::ready::{ScrapeParams, scrape};
use scrapeflow::{AddressPolicy, Run};
use scrapeflow_tests::{Answer, Sandbox, Site};
use serde_json::json;

workflow! { Pages = scrape; }

/// The addresses that this machine gets or has, by what they are.
const SITES: [(&str, &str); 6] = [
    ("public", "93.184.216.34"),
    ("public6", "2606:2800:220:1:248:1893:25c8:1946"),
    ("loopback", "127.0.0.1"),
    ("loopback6", "::1"),
    ("lan", "10.0.0.1"),
    ("metadata", "169.254.169.254"),
];

/// Names, and what they resolve to.
const NAMES: [(&str, &[&str]); 4] = [
    ("public.example", &["93.184.216.34"]),
    ("private.example", &["127.0.0.1"]),
    ("public-first.example", &["93.184.216.34", "127.0.0.1"]),
    ("private-first.example", &["127.0.0.1", "93.184.216.34"]),
];

/// A run: its tasks, one after the other, and its settings.
#[derive(Debug, Deserialize)]
struct Case {
    urls: Vec<String>,
    #[serde(default)]
    policy: String,
    #[serde(default)]
    robots: bool,
    /// Whether there is middleware, which changes nothing.
    #[serde(default)]
    layer: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let Some(cases) = std::env::args().nth(1) else {
        bail!("usage: unshare -nm namespace CASES");
    };
    let cases: Vec<Case> = serde_json::from_str(&cases)?;
    let hosts = tempfile::NamedTempFile::new()?;
    set_up(hosts.path().to_str().recorded("a path that is text")?)?;
    let mut told = Vec::new();
    for case in cases {
        told.push(run(case, hosts.path()).await?);
    }
    println!("{}", json!(told));
    Ok(())
}

/// Makes the network, and its names ours to change.
fn set_up(hosts: &str) -> Result<()> {
    command("ip", &["link", "set", "lo", "up"])?;
    for (_, address) in SITES {
        let address: IpAddr = address.parse()?;
        if !address.is_loopback() {
            let whole = if address.is_ipv4() { 32 } else { 128 };
            let address = format!("{address}/{whole}");
            let arguments = ["address", "add", &address, "dev", "lo"];
            // Else an IPv6 address is tried out for a second before it can be listened on.
            let nodad: &[&str] = if whole == 128 { &["nodad"] } else { &[] };
            command("ip", &[&arguments[..], nodad].concat())?;
        }
    }
    command("mount", &["--bind", hosts, "/etc/hosts"])
}

fn command(program: &str, arguments: &[&str]) -> Result<()> {
    let line = format!("{program} {}", arguments.join(" "));
    let output = Command::new(program).args(arguments).output();
    let output = output.recorded(format!("cannot start `{line}`"))?;
    let why = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`{line}` failed: {why}");
    Ok(())
}

/// What became of each task, and how often each site was asked that was connected to.
async fn run(case: Case, hosts: &std::path::Path) -> Result<serde_json::Value> {
    let mut sites = BTreeMap::new();
    for (name, address) in SITES {
        let address = SocketAddr::new(address.parse()?, 80);
        sites.insert(name, Site::start_at(address));
    }
    std::fs::write(hosts, "93.184.216.34 rebind.example\n127.0.0.1 localhost\n")?;
    let file = std::fs::OpenOptions::new().write(true).open(hosts)?;
    sites["public"].route("/rebind", move |_| {
        // In place: another file would not be the one that is mounted.
        file.write_all_at(b"127.0.0.1    ", 0)
            .expect("the names can be changed");
        Answer::redirect("http://rebind.example/page/1").header("Connection", "close")
    });

    let sandbox = Sandbox::new();
    let tasks = case.urls.iter().enumerate();
    let tasks = tasks.map(|(at, url)| (at.to_string(), ScrapeParams::new(url)));
    let mut run: Run<Pages> = Pages::in_dir(sandbox.dir())
        .tasks(Tasks::from_pairs(tasks)?)
        .max_parallelism(1)
        .request_retries(0)
        .politeness(Politeness::default().robots(case.robots))
        .address_policy(match case.policy.as_str() {
            "any" => AddressPolicy::Any,
            "public only" => AddressPolicy::PublicOnly,
            _ => AddressPolicy::default(),
        })
        .on_unhandled(OnUnhandled::Record)
        .progress(Progress::Off);
    for (name, addresses) in NAMES {
        for address in addresses {
            run = run.resolve(name, SocketAddr::new(address.parse()?, 0));
        }
    }
    if case.layer {
        run = run.layer(Identity::new());
    }
    run.run().await?;
    let told: Vec<serde_json::Value> = (0..case.urls.len())
        .map(|at| sandbox.status(&at.to_string())["scrape_status"].clone())
        .collect();
    let connected = sites.iter().filter(|(_, site)| site.connections() > 0);
    let asked: BTreeMap<&str, usize> = connected
        .map(|(name, site)| (*name, site.total_hits()))
        .collect();
    Ok(json!({ "told": told, "asked": asked }))
}
