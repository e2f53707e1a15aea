//! Which pages may act for a signed-in person: those of this server. Pure; asked by the HTTP edge for
//! every request with a cookie that changes something or opens a socket.

use url::{Origin, Url};

/// Whether a page at `origin` (the header's value) belongs to the server that is publicly called
/// `public_url` and was addressed as `host` (the `Host` header's value). Somebody on the machine may
/// use `127.0.0.1` where the public URL says `localhost`, so the addressed host counts as ours too: a
/// browser sends our cookie only to hosts that got it from us.
pub fn is_ours(origin: &str, public_url: &Url, host: Option<&str>) -> bool {
    let Ok(page) = Url::parse(origin) else {
        return false;
    };
    if !matches!(page.origin(), Origin::Tuple(..)) {
        return false;
    }
    if page.origin() == public_url.origin() {
        return true;
    }
    // Parsed with the page's scheme, so that a default port is the same written or not.
    host.and_then(|host| Url::parse(&format!("{}://{host}", page.scheme())).ok())
        .is_some_and(|addressed| addressed.origin() == page.origin())
}

/// Whether a URL points at this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_are_ours() {
        let public = Url::parse("https://agents.example.org").unwrap();
        let host = Some("127.0.0.1:8787");
        for ours in [
            "https://agents.example.org",
            "https://agents.example.org:443",
            "http://127.0.0.1:8787",
        ] {
            assert!(is_ours(ours, &public, host), "{ours}");
        }
        for foreign in [
            "",
            "null",
            "http://agents.example.org",
            "https://agents.example.org.evil.example",
            "https://x.agents.example.org",
            "https://agents.example.org:8443",
            "http://127.0.0.1:9999",
            "file://",
            "data:text/html,x",
        ] {
            assert!(!is_ours(foreign, &public, host), "{foreign}");
        }
        assert!(!is_ours("http://127.0.0.1:8787", &public, None));
    }
}
