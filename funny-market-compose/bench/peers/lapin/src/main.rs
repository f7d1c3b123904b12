//! `bench-peer-lapin respond URL QUEUE PREFETCH | call URL QUEUE CONCURRENCY SECONDS`; environment: `BENCH_TOKEN` (HS256), `BENCH_SECRET`.

use futures::StreamExt;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties,
    message::Delivery,
    options::{BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable},
};
use serde::{Deserialize, Serialize};
use std::{
    cell::RefCell,
    collections::HashMap,
    env,
    rc::Rc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tokio::{sync::oneshot, task::LocalSet};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const DEADLINE: Duration = Duration::from_secs(5);
const REPLY_TO: &str = "amq.rabbitmq.reply-to";

#[derive(Serialize, Deserialize)]
struct Echo {
    text: String,
}

#[derive(Clone, Deserialize)]
struct Claims {
    exp: u64,
}

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as u64)
}

/// Verified tokens, so that a signature is checked once.
struct Verifier {
    key: DecodingKey,
    known: RefCell<HashMap<String, Claims>>,
}

impl Verifier {
    fn verify(&self, token: &str) -> Result<()> {
        let known = self.known.borrow().get(token).cloned();
        let claims = match known {
            Some(claims) => claims,
            None => {
                let mut validation = Validation::new(Algorithm::HS256);
                validation.set_audience(&["funny-market"]);
                let claims = decode::<Claims>(token, &self.key, &validation)?.claims;
                self.known.borrow_mut().insert(token.into(), claims.clone());
                claims
            }
        };
        if claims.exp * 1000 > now_ms() { Ok(()) } else { Err("token-expired".into()) }
    }
}

async fn connect(url: &str) -> Result<Connection> {
    Ok(Connection::connect(url, ConnectionProperties::default()).await?)
}

async fn answer(channel: &Channel, verifier: &Verifier, delivery: Delivery) -> Result<()> {
    let headers = delivery.properties.headers().as_ref().map(FieldTable::inner);
    let header = |name: &str| headers.and_then(|h| h.get(name));
    let in_time = matches!(header("deadline"), Some(AMQPValue::LongLongInt(at)) if *at as u64 > now_ms());
    if in_time {
        let token = match header("token") {
            Some(AMQPValue::LongString(token)) => String::from_utf8_lossy(token.as_bytes()).into_owned(),
            _ => String::new(),
        };
        verifier.verify(&token)?;
        let message: Echo = serde_json::from_slice(&delivery.data)?;
        let body = serde_json::to_vec(&message.text)?;
        if let (Some(to), Some(id)) = (delivery.properties.reply_to().clone(), delivery.properties.correlation_id().clone()) {
            let properties = BasicProperties::default().with_correlation_id(id).with_content_type("application/json".into());
            channel.basic_publish("".into(), to, BasicPublishOptions::default(), &body, properties).await?;
        }
    }
    Ok(delivery.ack(BasicAckOptions::default()).await.map(drop)?)
}

async fn serve(url: &str, queue: &str, prefetch: u16, verifier: &Verifier) -> Result<()> {
    let connection = connect(url).await?;
    let channel = connection.create_channel().await?;
    channel.queue_declare(queue.into(), QueueDeclareOptions::default(), FieldTable::default()).await?;
    channel.basic_qos(prefetch, BasicQosOptions::default()).await?;
    let mut consumer =
        channel.basic_consume(queue.into(), "peer".into(), BasicConsumeOptions::default(), FieldTable::default()).await?;
    println!("ready");
    while let Some(delivery) = consumer.next().await {
        answer(&channel, verifier, delivery?).await?;
    }
    Err("the consumer has ended".into())
}

async fn respond(url: &str, queue: &str, prefetch: u16) -> Result<()> {
    let verifier = Verifier { key: DecodingKey::from_secret(env::var("BENCH_SECRET")?.as_bytes()), known: RefCell::default() };
    loop {
        if let Err(e) = serve(url, queue, prefetch, &verifier).await {
            eprintln!("connection lost ({e}), reconnecting");
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

type Pending = Rc<RefCell<HashMap<String, oneshot::Sender<Vec<u8>>>>>;

async fn echo(channel: &Channel, queue: &str, token: &str, id: u64, pending: &Pending, text: String) -> Result<String> {
    let (tell, told) = oneshot::channel();
    pending.borrow_mut().insert(id.to_string(), tell);
    let mut headers = FieldTable::default();
    headers.insert("deadline".into(), AMQPValue::LongLongInt((now_ms() + DEADLINE.as_millis() as u64) as i64));
    headers.insert("token".into(), AMQPValue::LongString(token.into()));
    let properties = BasicProperties::default()
        .with_correlation_id(id.to_string().into())
        .with_reply_to(REPLY_TO.into())
        .with_expiration(DEADLINE.as_millis().to_string().into())
        .with_content_type("application/json".into())
        .with_headers(headers);
    let options = BasicPublishOptions { mandatory: true, ..Default::default() };
    channel.basic_publish("".into(), queue.into(), options, &serde_json::to_vec(&Echo { text })?, properties).await?;
    Ok(serde_json::from_slice(&tokio::time::timeout(DEADLINE, told).await??)?)
}

async fn call(url: &str, queue: &str, concurrency: usize, time: Duration) -> Result<()> {
    let token = env::var("BENCH_TOKEN")?;
    let connection = connect(url).await?;
    let channel = connection.create_channel().await?;
    let options = BasicConsumeOptions { no_ack: true, ..Default::default() };
    let mut replies = channel.basic_consume(REPLY_TO.into(), "replies".into(), options, FieldTable::default()).await?;
    let pending = Pending::default();
    let waiting = pending.clone();
    tokio::task::spawn_local(async move {
        while let Some(Ok(reply)) = replies.next().await {
            let id = reply.properties.correlation_id().as_ref().map(|id| id.as_str().to_owned());
            if let Some(tell) = id.and_then(|id| waiting.borrow_mut().remove(&id)) {
                let _ = tell.send(reply.data);
            }
        }
    });
    let (next, micros, begun) = (RefCell::new(0u64), RefCell::new(Vec::new()), Instant::now());
    futures::future::try_join_all((0..concurrency).map(|_| async {
        while begun.elapsed() < time {
            let at = Instant::now();
            let id = next.replace_with(|n| *n + 1);
            echo(&channel, queue, &token, id, &pending, "x".repeat(300)).await?;
            micros.borrow_mut().push(at.elapsed().as_secs_f64() * 1e6);
        }
        Result::Ok(())
    }))
    .await?;
    let micros = micros.into_inner();
    println!("{}", serde_json::json!({ "rate": micros.len() as f64 / begun.elapsed().as_secs_f64(), "micros": micros }));
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    LocalSet::new()
        .run_until(async {
            match words[..] {
                ["respond", url, queue, prefetch] => respond(url, queue, prefetch.parse()?).await,
                ["call", url, queue, concurrency, seconds] => {
                    call(url, queue, concurrency.parse()?, Duration::from_secs_f64(seconds.parse()?)).await
                }
                _ => Err("respond URL QUEUE PREFETCH | call URL QUEUE CONCURRENCY SECONDS".into()),
            }
        })
        .await
}
