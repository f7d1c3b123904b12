use crate::Legal;
use url::Url;

/// What fm-web is told beside the settings of every service.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Web client")]
pub struct Own {
    /// The gateway; all data comes through it
    #[arg(long, env = "FM_GATEWAY", default_value = "http://127.0.0.1:8080", value_name = "URL", value_parser = http_url)]
    pub gateway: Url,

    /// The URL under which people reach the market: for canonical addresses and the sitemap; over https cookies are secure and browsers
    /// are told to come back only so (HSTS) [default: none, pages name only paths]
    #[arg(long, env = "FM_PUBLIC_URL", value_name = "URL", value_parser = http_url)]
    pub public_url: Option<Url>,

    /// A folder with the operator's own imprint, privacy, terms and safety texts: PAGE.LANGUAGE.txt, as imprint.de.txt [default: templates
    /// with places to fill in]
    #[arg(long, env = "FM_LEGAL", value_name = "FOLDER", value_parser = Legal::read)]
    pub legal: Option<Legal>,

    /// Shows /design, a page of all components with their states, for those who develop the pages
    #[arg(long, env = "FM_DESIGN_PAGE", action = clap::ArgAction::Set, default_value_t = false, value_name = "BOOL")]
    pub design_page: bool,
}

fn http_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|e| e.to_string())?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        _ => Err("an http:// or https:// URL".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_http_urls_are_accepted() {
        assert!(http_url("http://127.0.0.1:8080").is_ok() && http_url("https://market.example").is_ok());
        for bad in ["", "127.0.0.1:8080", "ftp://x", "file:///etc", "http://"] {
            assert!(http_url(bad).is_err(), "{bad}");
        }
    }
}
