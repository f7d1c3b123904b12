use market_tests::Market;
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    time::Duration,
};

#[test]
fn a_newly_listed_car_is_told_to_everybody_who_listens() {
    let market = Market::running();
    let seller = market.someone();
    let mut heard = listen(&market);
    let car = seller.lists_a_car(json!({ "price": 4_321 }));
    loop {
        let listing = next_listing(&mut heard);
        if listing["car_id"] == car["id"] {
            assert_eq!((&listing["price"], &listing["title"]), (&json!(4_321), &car["title"]));
            return;
        }
    }
}

/// Opens the stream through the gateway, and returns when it has begun.
fn listen(market: &Market) -> BufReader<TcpStream> {
    let address = market.address("gateway");
    let authority = address.trim_start_matches("http://");
    let mut stream = TcpStream::connect(authority).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    write!(stream, "GET /api/tracks/stream HTTP/1.1\r\nhost: {authority}\r\naccept: text/event-stream\r\n\r\n").unwrap();
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert!(line.contains("200"), "{line}");
    while !line.starts_with("retry:") {
        line.clear();
        reader.read_line(&mut line).unwrap();
    }
    reader
}

fn next_listing(from: &mut BufReader<TcpStream>) -> Value {
    loop {
        let mut line = String::new();
        from.read_line(&mut line).expect("an event in time");
        if let Some(data) = line.strip_prefix("data:") {
            return serde_json::from_str(data.trim()).unwrap();
        }
    }
}
