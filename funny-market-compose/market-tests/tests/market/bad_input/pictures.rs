use super::{JSON, assert_problem, at_both};
use market_tests::Market;
use serde_json::json;

#[test]
fn a_file_that_is_no_picture_is_not_kept() {
    let market = Market::running();
    let person = market.someone();
    let id = person.lists_a_car(json!({}))["id"].as_str().unwrap().to_owned();
    let path = format!("/api/cars/{id}/images");
    let part = |name: &str, bytes: &[u8]| {
        let head = format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n");
        [head.as_bytes(), bytes, b"\r\n--x--\r\n"].concat()
    };
    const FORM: &str = "multipart/form-data; boundary=x";
    let rows: Vec<(&str, Vec<u8>)> = vec![
        (FORM, b"".to_vec()),
        (FORM, b"--x--\r\n".to_vec()),
        (FORM, b"no form at all".to_vec()),
        (FORM, part("images", b"")),
        (FORM, part("images", b"GIF89a, or so it says")),
        (FORM, part("images", b"\x89PNG\r\n\x1a\n cut off")),
        (FORM, part("images", b"<svg onload=alert(1)>")),
        (FORM, part("file", b"x")),
        (FORM, part("images", b"x")[..80].to_vec()),
        ("multipart/form-data", part("images", b"x")),
        (JSON, b"{}".to_vec()),
        ("image/png", b"\x89PNG\r\n\x1a\n".to_vec()),
    ];
    for caller in at_both(&market, &person, "image") {
        for (kind, body) in &rows {
            let answer = caller.send("POST", &path, Some((kind, body)));
            assert!([400, 413, 415, 422].contains(&answer.status), "{kind} {:?}: {answer:?}", String::from_utf8_lossy(body));
            assert_problem(&answer, answer.status, answer.json()["code"].as_str().unwrap_or("none"), kind);
        }
        for (body, status) in [
            (json!({ "keys": [] }), 422),
            (json!({ "keys": ["../x"] }), 422),
            (json!({ "keys": "x" }), 400),
            (json!({}), 400),
            (json!({ "x": 1 }), 400),
        ] {
            let answer = caller.put(&format!("{path}/order"), body.clone());
            assert_problem(&answer, status, answer.json()["code"].as_str().unwrap_or("none"), &body.to_string());
        }
        let odd = caller.delete(&format!("{path}/..%2f.."));
        assert!([400, 404].contains(&odd.status), "{odd:?}");
    }
    assert_eq!(person.http.get(&format!("/api/cars/{id}")).expect(200).json()["images"], json!([]));
}
