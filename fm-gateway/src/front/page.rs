//! What the gateway itself refuses, as a page for people: plain HTML, no script, nothing from elsewhere.

use crate::pipeline::Answer;
use bytes::Bytes;
use fm_sdk::http::Problem;
use http::{HeaderMap, HeaderValue, header};
use std::fmt::Write;

/// The language of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    English,
    German,
}

/// Says whether a person asks, and in which language: browsers name HTML when they open a page, programs do not.
pub fn wanted(headers: &HeaderMap) -> Option<Language> {
    let accept = headers.get_all(header::ACCEPT).iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    let (mut html, mut json) = (0.0, 0.0);
    for range in accept {
        let (media_type, quality) = weighted(range);
        match media_type.to_ascii_lowercase().as_str() {
            "text/html" | "application/xhtml+xml" => html = quality.max(html),
            "application/json" | "application/problem+json" => json = quality.max(json),
            _ => {}
        }
    }
    (html > 0.0 && html >= json).then(|| language(headers))
}

fn language(headers: &HeaderMap) -> Language {
    let ranges = headers.get(header::ACCEPT_LANGUAGE).and_then(|line| line.to_str().ok()).unwrap_or_default().split(',');
    let mut best = (0.0, Language::English);
    for (tag, quality) in ranges.map(weighted) {
        let language = match tag.split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "de" => Language::German,
            "en" => Language::English,
            _ => continue,
        };
        if quality > best.0 {
            best = (quality, language);
        }
    }
    best.1
}

/// Reads `value;q=0.5` (RFC 9110, 12.4.2).
fn weighted(range: &str) -> (&str, f32) {
    let mut parts = range.split(';').map(str::trim);
    let value = parts.next().unwrap_or_default();
    let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    (value, quality.map_or(1.0, |q| q.parse().unwrap_or(0.0)))
}

/// Gives a problem the form of a page.
pub fn show(answer: Answer, problem: &Problem, language: Language) -> Answer {
    let mut answer = Answer { body: crate::pipeline::Body::Bytes(Bytes::from(html(problem, language))), ..answer };
    let headers = &mut answer.headers;
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    );
    answer
}

fn html(problem: &Problem, language: Language) -> String {
    let (tag, heading, home) = match language {
        Language::English => ("en", heading(problem.status)[0], "To the start page"),
        Language::German => ("de", heading(problem.status)[1], "Zur Startseite"),
    };
    let mut out = String::with_capacity(1024);
    // What a client has sent never stands in a problem of the gateway; the trace id is hexadecimal.
    let _ = write!(
        out,
        "<!doctype html><html lang={tag}><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <meta name=robots content=noindex><title>{heading}</title><link rel=stylesheet href=/api/docs/style.css>\
         <main><h1>{heading}</h1><p><a href=/>{home}</a></p><p><small>{} {} · {}</small></p></main></html>",
        problem.status, problem.code, problem.trace_id
    );
    out
}

/// What people need to know, in English and German.
fn heading(status: u16) -> [&'static str; 2] {
    match status {
        400 | 414 | 421 | 431 => ["This address cannot be read", "Diese Adresse ist nicht lesbar"],
        401 | 403 => ["You need to sign in for this", "Dafür müssen Sie angemeldet sein"],
        404 => ["There is nothing here", "Hier gibt es nichts"],
        405 => ["This cannot be done here", "Das geht hier nicht"],
        408 => ["Your request came too slowly", "Ihre Anfrage kam zu langsam an"],
        413 => ["What you sent is too large", "Das Gesendete ist zu groß"],
        429 => ["Too many requests, please wait a moment", "Zu viele Anfragen, bitte warten Sie einen Moment"],
        502..=504 => [
            "The market cannot answer right now, please try again soon",
            "Der Markt kann gerade nicht antworten, bitte versuchen Sie es gleich noch einmal",
        ],
        _ => ["Something went wrong", "Etwas ist schiefgegangen"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(accept: &[&str], language: &str) -> Option<Language> {
        let mut headers = HeaderMap::new();
        for line in accept {
            headers.append(header::ACCEPT, HeaderValue::from_str(line).unwrap());
        }
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_str(language).unwrap());
        wanted(&headers)
    }

    #[test]
    fn browsers_get_a_page_and_programs_get_a_problem() {
        for accept in [
            &["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"][..],
            &["application/json;q=0.5", "TEXT/HTML"],
            &["text/html;q=0.1"],
        ] {
            assert_eq!(asks(accept, "en"), Some(Language::English), "{accept:?}");
        }
        for accept in [
            &[][..],
            &["*/*"],
            &["application/json"],
            &["application/json, text/html;q=0.9"],
            &["text/html;q=0"],
            &["text/html;q=x"],
            &["text/htmlx"],
        ] {
            assert_eq!(asks(accept, "en"), None, "{accept:?}");
        }
    }

    #[test]
    fn the_most_preferred_available_language_is_chosen() {
        for (text, language) in [
            ("de", Language::German),
            ("de-AT,en;q=0.5", Language::German),
            ("en,de;q=0.9", Language::English),
            ("fr,de;q=0.2", Language::German),
            ("fr", Language::English),
            ("", Language::English),
            ("de;q=0", Language::English),
        ] {
            assert_eq!(asks(&["text/html"], text), Some(language), "{text}");
        }
    }
}
