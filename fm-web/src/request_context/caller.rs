use actix_web::HttpRequest;

/// For whom the API is asked.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// The chain of proxies up to and with whoever connected to this service; the gateway decides how far it believes it.
    pub forwarded_for: String,
    /// The access token of whoever is signed in.
    pub token: Option<String>,
}

impl Caller {
    pub fn of(request: &HttpRequest) -> Self {
        let peer = request.peer_addr().map(|a| a.ip().to_canonical().to_string());
        let known = request.headers().get_all("x-forwarded-for").filter_map(|v| v.to_str().ok()).map(str::to_owned);
        let chain: Vec<String> = known.chain(peer).collect();
        let forwarded_for = if chain.is_empty() { "0.0.0.0".to_owned() } else { chain.join(", ") };
        Caller { forwarded_for, token: None }
    }
}
