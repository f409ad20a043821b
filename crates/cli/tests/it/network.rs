use crate::context::{Home, set_mode, sim};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

const CANARY: &str = "canary-proxy-7d";

/// A proxy for CONNECT that asks for `jane` and the canary where `login` says so, and the heads of its requests.
fn proxy(login: bool) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let heads = Arc::clone(&seen);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let heads = Arc::clone(&heads);
            std::thread::spawn(move || through(stream.unwrap(), login, &heads));
        }
    });
    (address, seen)
}

fn through(mut client: TcpStream, login: bool, heads: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(client.try_clone().ok()?);
    let mut head = String::new();
    while reader.read_line(&mut head).ok()? > 2 {}
    heads.lock().unwrap().push(head.clone());
    // jane:canary-proxy-7d
    if login && !head.contains("Basic amFuZTpjYW5hcnktcHJveHktN2Q=") {
        client
            .write_all(
                format!("HTTP/1.1 407 No\r\nContent-Length: 0\r\nX-Echo: {}\r\n\r\n", CANARY).as_bytes(),
            )
            .ok()?;
        return None;
    }
    let host = head.split(' ').nth(1)?;
    let mut server = TcpStream::connect(host).ok()?;
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").ok()?;
    let (mut from, mut to) = (client.try_clone().ok()?, server.try_clone().ok()?);
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
    std::io::copy(&mut server, &mut client).ok()?;
    client.shutdown(Shutdown::Both).ok()
}

fn tls_home() -> (totalcloud_testkit::SimHandle, Home) {
    let sim = totalcloud_testkit::sim(|c| c.tls = true);
    let home = Home::at(&sim);
    (sim, home)
}

const LISTING: &str = "connectors list --provider aws";

#[test]
fn the_password_of_a_proxy_can_be_given_in_every_way_a_secret_can() {
    let (_sim, home) = tls_home();
    let (address, heads) = proxy(true);
    let direct = home.words(LISTING).ok();
    let user = format!("http://jane@{address}");
    let inside = format!("http://jane:{CANARY}@{address}");
    let check = |home: &Home, args: &str| {
        let before = heads.lock().unwrap().len();
        let run = home.words(args);
        assert!(!run.stderr.contains(CANARY), "{run:?}");
        assert_eq!(run.ok(), direct, "{args}");
        assert!(heads.lock().unwrap().len() > before, "it went through the proxy");
    };
    let home = home.env("TOTALCLOUD_PROXY_PASSWORD", CANARY);
    check(&home, &format!("{LISTING} --proxy {user} -vvv"));
    let home = home.without("TOTALCLOUD_PROXY_PASSWORD").env("TOTALCLOUD_PROXY", &*inside);
    check(&home, &format!("{LISTING} -vvv"));
    let home = home.without("TOTALCLOUD_PROXY").env("HTTPS_PROXY", &*inside);
    check(&home, &format!("{LISTING} -vvv"));
    let home = home.without("HTTPS_PROXY");
    home.write_config(&format!("[profiles.default]\nproxy = '{user}'\nproxy_password = '{CANARY}'\n"));
    check(&home, LISTING);
    std::fs::write(home.path("secret"), CANARY).unwrap();
    home.write_config(&format!(
        "[profiles.default]\nproxy = '{user}'\nproxy_password_command = 'cat secret'\n"
    ));
    check(&home, LISTING);
}

#[test]
fn login_keeps_the_password_of_the_proxy_as_a_secret_and_logout_forgets_it() {
    let (sim, home) = tls_home();
    let (address, heads) = proxy(true);
    let home = home.env("TOTALCLOUD_PROXY", format!("http://jane:{CANARY}@{address}"));
    home.words("auth login --store file").failed(0, &["signed in by basic"]);
    let kept = std::fs::read_to_string(home.config()).unwrap();
    assert!(kept.contains(&format!("proxy = \"http://jane@{address}/\"")), "{kept}");
    assert!(kept.contains(&format!("proxy_password = \"{CANARY}\"")), "{kept}");
    let home = home.without("TOTALCLOUD_PROXY");
    let before = heads.lock().unwrap().len();
    home.words(LISTING).ok();
    assert!(heads.lock().unwrap().len() > before);
    home.without("TOTALCLOUD_PASSWORD").words("auth logout").failed(0, &["are removed"]);
    drop(sim);
}

#[test]
fn a_refused_login_of_the_proxy_names_proxy_host_and_operation_and_no_password() {
    let (sim, home) = tls_home();
    let (address, _) = proxy(true);
    for (url, said) in [
        (format!("http://jane:{CANARY}-wrong@{address}"), "refuses those given: it refused those given"),
        (format!("http://{address}"), "none are given"),
    ] {
        let run = home.words("config show --origin").ok();
        assert!(!run.contains(CANARY));
        let run = Home::at(&sim).env("TOTALCLOUD_PROXY", url).words(&format!("{LISTING} -vvv"));
        let port = sim.url().to_owned();
        let run = run.failed(1, &[&address, &port, "connectors.list", "TOTALCLOUD_PROXY_PASSWORD"]);
        assert!(!run.stderr.contains(CANARY), "{run:?}");
        assert!(run.stderr.contains(said) || run.stderr.contains("it refused those given"), "{run:?}");
    }
}

#[test]
fn no_flag_takes_the_password_of_a_proxy() {
    let (_sim, home) = tls_home();
    let run = home.words(&format!("{LISTING} --proxy http://jane:{CANARY}@127.0.0.1:1"));
    let run = run.failed(2, &["--proxy must hold no password", "TOTALCLOUD_PROXY_PASSWORD"]);
    assert!(!run.stderr.contains(CANARY), "{run:?}");
    let run = home.words(&format!("{LISTING} --proxy ftp://jane:{CANARY}@127.0.0.1:1")).failed(2, &["proxy"]);
    assert!(!run.stderr.contains(CANARY), "{run:?}");
    home.words(&format!("{LISTING} --no-proxy localhost")).failed(2, &["no_proxy is set, and no proxy"]);
}

#[test]
fn hosts_named_in_no_proxy_are_reached_directly() {
    let (_sim, home) = tls_home();
    let (address, heads) = proxy(false);
    let home = home.env("HTTPS_PROXY", format!("http://{address}"));
    home.words(LISTING).ok();
    let through = heads.lock().unwrap().len();
    assert!(through > 0);
    home.words(&format!("{LISTING} --proxy none")).ok();
    home.words(&format!("{LISTING} --proxy http://{address} --no-proxy 10.0.0.0/8,127.0.0.1")).ok();
    let home = home.env("NO_PROXY", "localhost,127.0.0.1");
    home.words(LISTING).ok();
    home.words(&format!("{LISTING} --proxy http://{address}")).ok();
    assert_eq!(heads.lock().unwrap().len(), through);
}

#[cfg(unix)]
#[test]
fn the_key_of_a_client_certificate_must_be_its_owners_alone() {
    let (_sim, home) = tls_home();
    let key = "-----BEGIN PRIVATE KEY-----\nY2FuYXJ5\n-----END PRIVATE KEY-----\n";
    std::fs::write(home.path("key.pem"), key).unwrap();
    std::fs::write(home.path("cert.pem"), "no certificate").unwrap();
    set_mode(&home.path("key.pem"), 0o640);
    let with = format!("{LISTING} --client-cert cert.pem --client-key key.pem");
    home.words(&with).failed(2, &["key.pem holds a secret", "mode 0640", "chmod 600 key.pem"]);
    set_mode(&home.path("key.pem"), 0o600);
    let run = home.words(&with).failed(2, &["client certificate is missing", "BEGIN CERTIFICATE"]);
    assert!(!run.stderr.contains("Y2FuYXJ5"), "{run:?}");
    home.words(&format!("{LISTING} --client-key key.pem")).failed(2, &["--client-cert"]);
    home.words(&format!("{LISTING} --client-cert none.pem")).failed(1, &["none.pem cannot be examined"]);
}

#[test]
fn addresses_of_ipv6_are_hosts() {
    let sim = totalcloud_testkit::sim(|c| {
        c.tls = true;
        c.addr = "[::1]:0".parse().unwrap();
    });
    assert!(sim.url().starts_with("https://[::1]:"), "{}", sim.url());
    assert!(!Home::at(&sim).words(LISTING).rows().is_empty());
    let plain = totalcloud_testkit::sim(|c| c.addr = "[::1]:0".parse().unwrap());
    assert!(!Home::at(&plain).words(LISTING).rows().is_empty());
}

#[test]
fn http_1_can_be_had_where_http_2_is_offered() {
    let (_sim, home) = tls_home();
    assert_eq!(home.words(&format!("{LISTING} --http2 off")).ok(), home.words(LISTING).ok());
    home.words(&format!("{LISTING} --http2 maybe")).failed(2, &["auto"]);
}

#[test]
fn nothing_about_the_user_is_sent_but_what_the_call_needs() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, heads) = std::sync::mpsc::channel::<String>();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap() <= 2 {
                    break;
                }
                if let Some(n) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
                    length = n.trim().parse().unwrap();
                }
                head.push_str(&line);
            }
            reader.read_exact(&mut vec![0; length]).unwrap();
            let body = if head.contains(" /auth ") {
                "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.x"
            } else {
                r#"{"content":[],"last":true,"totalElements":0,"empty":true}"#
            };
            sender.send(head).unwrap();
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length";
            write!(stream, "{head}: {}\r\n\r\n{body}", body.len()).unwrap();
        }
    });
    let home = Home::new()
        .env("TOTALCLOUD_URL", url)
        .env("TOTALCLOUD_USERNAME", "simulator")
        .env("TOTALCLOUD_PASSWORD", CANARY)
        .env("USER", "canary-user")
        .env("HOSTNAME", "canary-host");
    let of = |kind: &str, calls: usize| -> Vec<Vec<String>> {
        home.words(&format!("{LISTING} --auth {kind}")).ok();
        heads
            .iter()
            .take(calls)
            .map(|head| {
                assert!(!head.contains("canary"), "{head}");
                let agent = format!("user-agent: totalcloud/{}\r\n", env!("CARGO_PKG_VERSION"));
                assert!(head.contains(&agent), "{head}");
                let mut names: Vec<String> =
                    head.lines().skip(1).map(|l| l.split(':').next().unwrap().to_lowercase()).collect();
                names.sort();
                names
            })
            .collect()
    };
    let listing = ["accept", "accept-encoding", "authorization", "host", "user-agent", "x-requested-with"];
    assert_eq!(of("basic", 1), [listing]);
    let token = [
        "accept",
        "accept-encoding",
        "content-length",
        "content-type",
        "host",
        "user-agent",
        "x-requested-with",
    ];
    let seen = of("jwt", 2);
    assert_eq!(
        (seen[0].as_slice(), seen[1].as_slice()),
        (&token.map(str::to_owned)[..], &listing.map(str::to_owned)[..])
    );
}

#[test]
fn a_host_that_answers_in_place_of_the_service_is_named() {
    let sim = sim();
    let home = Home::at(&sim).env("TOTALCLOUD_URL", sim.url().replace("http://", "https://"));
    let run = home
        .words(LISTING)
        .failed(1, &["does not speak TLS", "connectors.list", sim.url().trim_start_matches("http://")]);
    assert_eq!(run.stdout, "");
}
