//! A public address redirects to public ones alone, unless the run says otherwise: whatever is private is not even
//! connected to, be it named by a literal, by a name, by one that changes its mind, or connected already.
//!
//! It takes public addresses to try that, which `namespace` has in a network of its own.

#![cfg(target_os = "linux")]

use std::process::Command;

use serde_json::{Value, json};

/// What becomes of these runs.
fn run(cases: &Value) -> Vec<Value> {
    let is_root = rustix::process::geteuid().is_root();
    let output = Command::new("unshare")
        .arg(if is_root { "-nm" } else { "-rnm" })
        .arg(env!("CARGO_BIN_EXE_namespace"))
        .arg(cases.to_string())
        // A proxy would connect in our stead.
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .output()
        .expect("`unshare` of util-linux can be started");
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "no run in a network of its own, which takes leave to make namespaces (as root, or by the sysctl \
         kernel.unprivileged_userns_clone), `ip` of iproute2, and IPv6: {why}"
    );
    serde_json::from_slice(&output.stdout).expect("JSON of each case")
}

const PUBLIC: &str = "http://93.184.216.34";

/// A page of the public site that redirects there.
fn to(url: &str) -> String {
    let url = url
        .replace('%', "%25")
        .replace('?', "%3F")
        .replace('&', "%26");
    format!("{PUBLIC}/redirect/to?url={url}")
}

/// Runs each case, and compares what is told of its last task (all tasks before it succeed), and how often each
/// site was asked that was connected to.
fn check(rows: &[(Value, &str, Value)]) {
    let cases: Vec<&Value> = rows.iter().map(|(case, ..)| case).collect();
    let found = run(&json!(cases));
    assert_eq!(found.len(), rows.len());
    for ((case, told, asked), found) in rows.iter().zip(found) {
        let all = found["told"].as_array().unwrap();
        let (last, others) = all.split_last().unwrap();
        let last = last.as_str().unwrap();
        assert!(
            others.iter().all(|told| told == "SUCCESS"),
            "{case}: {found}"
        );
        let holds = match *told {
            "SUCCESS" => last == "SUCCESS",
            why => last.starts_with("ERROR RuntimeError::") && last.contains(why),
        };
        assert!(holds, "{case}: {found}");
        assert_eq!(found["asked"], *asked, "{case}: {found}");
    }
}

#[test]
fn by_default_it_redirects_to_nothing_private() {
    let once = json!({ "public": 1 });
    let rows: Vec<_> = [
        ("http://127.0.0.1/page/1", "`127.0.0.1` is loopback"),
        ("http://2130706433/page/1", "`127.0.0.1` is loopback"),
        ("http://localhost/page/1", "`127.0.0.1` is loopback"),
        ("http://private.example/page/1", "`127.0.0.1` is loopback"),
        ("http://[::1]/page/1", "`::1` is loopback"),
        (
            "http://[::ffff:127.0.0.1]/page/1",
            "stands for `127.0.0.1`, which is loopback",
        ),
        ("http://10.0.0.1/page/1", "`10.0.0.1` is private"),
        (
            "http://169.254.169.254/page/1",
            "`169.254.169.254` is a cloud metadata address",
        ),
        (
            "https://169.254.169.254/page/1",
            "`169.254.169.254` is a cloud metadata address",
        ),
    ]
    .map(|(url, why)| (json!({ "urls": [to(url)] }), why, once.clone()))
    .into();
    check(&rows);
    let named =
        json!({ "urls": ["http://public.example/redirect/to?url=http://127.0.0.1/page/1"] });
    let v6 = "http://[2606:2800:220:1:248:1893:25c8:1946]/redirect/to?url=http://127.0.0.1/page/1";
    check(&[
        (
            named,
            "the public `93.184.216.34` must not redirect there",
            once,
        ),
        (
            json!({ "urls": [v6] }),
            "the public `2606:2800:220:1:248:1893:25c8:1946` must not redirect there",
            json!({ "public6": 1 }),
        ),
    ]);
}

#[test]
fn nor_where_robots_txt_would_be_asked_for_first_or_through_middleware() {
    let cases = [
        "http://127.0.0.1/page/1",
        "http://private.example/page/1",
        "http://10.0.0.1/page/1",
    ];
    for url in cases {
        check(&[
            // The public site's robots.txt and page.
            (
                json!({ "urls": [to(url)], "robots": true }),
                "` is ",
                json!({ "public": 2 }),
            ),
            (
                json!({ "urls": [to(url)], "layer": true }),
                "` is ",
                json!({ "public": 1 }),
            ),
        ]);
    }
}

#[test]
fn a_connection_that_is_open_already_is_no_way_round() {
    for host in ["127.0.0.1", "private.example", "10.0.0.1", "[::1]"] {
        let page = format!("http://{host}/page/1");
        let name = match host {
            "10.0.0.1" => "lan",
            "[::1]" => "loopback6",
            _ => "loopback",
        };
        check(&[(
            json!({ "urls": [page, to(&page)] }),
            "` is ",
            json!({ "public": 1, name: 1 }),
        )]);
    }
}

#[test]
fn each_hop_is_judged_by_the_address_that_it_connects_to() {
    check(&[
        // Public at first, this machine's when it is looked up again.
        (
            json!({ "urls": ["http://rebind.example/rebind"] }),
            "`127.0.0.1` is loopback",
            json!({ "public": 1 }),
        ),
        // Of a name's addresses only the public ones are tried.
        (
            json!({ "urls": [to("http://public-first.example/page/1")] }),
            "SUCCESS",
            json!({ "public": 2 }),
        ),
        (
            json!({ "urls": [to("http://private-first.example/page/1")] }),
            "SUCCESS",
            json!({ "public": 2 }),
        ),
    ]);
}

#[test]
fn from_private_to_public_and_back_is_refused_at_the_way_back() {
    let back = to("http://10.0.0.1/page/1").replace('?', "%3F");
    check(&[
        (
            json!({ "urls": [format!("http://127.0.0.1/redirect/to?url={back}")] }),
            "the public `93.184.216.34` must not redirect there",
            json!({ "loopback": 1, "public": 1 }),
        ),
        (
            json!({ "urls": ["http://127.0.0.1/redirect/to?url=http://10.0.0.1/page/1"] }),
            "SUCCESS",
            json!({ "loopback": 1, "lan": 1 }),
        ),
        (
            json!({ "urls": [to(&to("http://[2606:2800:220:1:248:1893:25c8:1946]/page/1"))] }),
            "SUCCESS",
            json!({ "public": 2, "public6": 1 }),
        ),
    ]);
}

#[test]
fn a_run_may_allow_all_of_it_or_none_of_it() {
    let private = to("http://127.0.0.1/page/1");
    let named = to("http://private.example/page/1");
    check(&[
        (
            json!({ "urls": [private, named, "http://rebind.example/rebind"], "policy": "any" }),
            "SUCCESS",
            json!({ "public": 3, "loopback": 3 }),
        ),
        (
            json!({ "urls": ["http://public.example/page/1"], "policy": "public only" }),
            "SUCCESS",
            json!({ "public": 1 }),
        ),
        (
            json!({ "urls": [private], "policy": "public only" }),
            "`127.0.0.1` is loopback",
            json!({ "public": 1 }),
        ),
        (
            json!({ "urls": ["http://10.0.0.1/page/1"], "policy": "public only" }),
            "`10.0.0.1` is private (10.0.0.0/8, RFC 1918); only public addresses are allowed",
            json!({}),
        ),
    ]);
}
