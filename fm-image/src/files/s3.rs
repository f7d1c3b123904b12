//! `s3+https://key:secret@host:port/bucket?region=eu-central-1`, or `s3+http`. With `s3` alone a port other than 443 is spoken to in the
//! clear, as servers on one's own network are; without a port TLS is used.

use fm_sdk::{Error, Kind, Result, config::masked_url};
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig, aws::AmazonS3Builder};
use std::{sync::Arc, time::Duration};
use url::Url;

/// The region of servers that have none.
const REGION: &str = "us-east-1";

/// Opens a bucket, which must be there. Nothing is sent yet.
pub fn open(url: &Url) -> Result<Arc<dyn ObjectStore>> {
    let refused = |why: &str| Error::new(Kind::Invalid, "files", format!("FM_FILES={}: {why}", masked_url(url.as_str())));
    let place = Place::of(url).map_err(|why| refused(&why))?;
    // A second installation in one process is refused, and the first is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let retry = RetryConfig {
        backoff: BackoffConfig { init_backoff: Duration::from_millis(50), max_backoff: Duration::from_secs(1), base: 2.0 },
        max_retries: 3,
        retry_timeout: Duration::from_secs(10),
    };
    let client =
        ClientOptions::new().with_allow_http(true).with_connect_timeout(Duration::from_secs(3)).with_timeout(Duration::from_secs(15));
    let store = AmazonS3Builder::new()
        .with_endpoint(place.endpoint)
        .with_bucket_name(place.bucket)
        .with_region(place.region)
        .with_access_key_id(place.key)
        .with_secret_access_key(place.secret)
        .with_virtual_hosted_style_request(false)
        .with_client_options(client)
        .with_retry(retry)
        .build()
        .map_err(|e| refused(&e.to_string()))?;
    Ok(Arc::new(store))
}

#[derive(Debug, PartialEq)]
struct Place {
    endpoint: String,
    bucket: String,
    region: String,
    key: String,
    secret: String,
}

impl Place {
    fn of(url: &Url) -> std::result::Result<Place, String> {
        let decoded = |text: &str| percent_decoded(text).ok_or("the key or the secret is not percent-encoded rightly");
        let host = url.host_str().ok_or("names no host")?;
        let bucket = url.path().trim_matches('/');
        if bucket.is_empty() || bucket.contains('/') {
            return Err("names no bucket".into());
        }
        let tls = match url.scheme() {
            "s3+http" => false,
            "s3+https" => true,
            _ => url.port().is_none_or(|port| port == 443),
        };
        let mut region = REGION.to_string();
        for (name, value) in url.query_pairs() {
            match (&*name, &*value) {
                ("region", value) => region = value.into(),
                _ => return Err(format!("`{name}={value}` is not known; there is region=..")),
            }
        }
        let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
        Ok(Place {
            endpoint: format!("{}://{host}{port}", if tls { "https" } else { "http" }),
            bucket: bucket.into(),
            region,
            key: decoded(url.username())?,
            secret: decoded(url.password().unwrap_or_default())?,
        })
    }
}

/// Secrets of S3 have slashes and plus signs, which a URL carries encoded (RFC 3986, section 2.1).
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(b) = rest.next() {
        if b != b'%' {
            bytes.push(b);
            continue;
        }
        let digit = |b: Option<u8>| char::from(b?).to_digit(16);
        let (high, low) = (digit(rest.next())?, digit(rest.next())?);
        bytes.push((high * 16 + low) as u8);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(url: &str) -> std::result::Result<Place, String> {
        Place::of(&url.parse().unwrap())
    }

    #[test]
    fn a_url_names_all_that_is_needed() {
        let minio = place("s3://me:se%2Fcret@minio:9000/pictures").unwrap();
        assert_eq!((minio.endpoint.as_str(), minio.secret.as_str(), minio.region.as_str()), ("http://minio:9000", "se/cret", REGION));
        let aws = place("s3://me:x@s3.eu-central-1.amazonaws.com/pictures?region=eu-central-1").unwrap();
        assert_eq!((aws.endpoint.as_str(), aws.region.as_str()), ("https://s3.eu-central-1.amazonaws.com", "eu-central-1"));
        assert_eq!(place("s3+https://me:x@own:9443/pictures").unwrap().endpoint, "https://own:9443");
        assert_eq!(place("s3+http://me:x@own/pictures").unwrap().endpoint, "http://own");
    }

    #[test]
    fn an_invalid_url_is_refused_without_printing_its_secret() {
        for bad in ["s3://me:x@host/", "s3://me:x@host/a/b", "s3://me:x@host/a?tls=true", "s3://me:%zz@host/a"] {
            assert!(place(bad).is_err(), "{bad}");
        }
        let error = open(&"s3://me:s3cret@host/".parse().unwrap()).unwrap_err();
        assert!(!format!("{error:?}").contains("s3cret"));
    }
}
