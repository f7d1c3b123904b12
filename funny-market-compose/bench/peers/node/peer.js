// node peer.js respond URL QUEUE PREFETCH | call URL QUEUE CONCURRENCY SECONDS
// Environment: BENCH_TOKEN (HS256), BENCH_SECRET.
import amqp from "amqplib";
import { createHmac, timingSafeEqual } from "node:crypto";

const [role, url, queue, ...numbers] = process.argv.slice(2);
const token = process.env.BENCH_TOKEN;
const secret = process.env.BENCH_SECRET;
const DEADLINE_MS = 5000;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Verified tokens, so that a signature is checked once.
const verified = new Map();
function verify(jwt) {
  const known = verified.get(jwt);
  if (known !== undefined) return known * 1000 > Date.now();
  const [header, claims, signature] = String(jwt).split(".");
  const expected = createHmac("sha256", secret).update(`${header}.${claims}`).digest();
  const given = Buffer.from(signature ?? "", "base64url");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false;
  if (JSON.parse(Buffer.from(header, "base64url")).alg !== "HS256") return false;
  const { exp } = JSON.parse(Buffer.from(claims, "base64url"));
  verified.set(jwt, exp);
  return exp * 1000 > Date.now();
}

function answer(message) {
  const { deadline, token: jwt } = message.properties.headers;
  if (deadline <= Date.now()) return undefined;
  if (!verify(jwt)) return { error: "token-invalid" };
  return { ok: JSON.parse(message.content.toString()).text };
}

async function respond() {
  const prefetch = Number(numbers[0]);
  for (;;) {
    try {
      const connection = await amqp.connect(url, { noDelay: true });
      const ended = new Promise((resolve) => connection.once("close", resolve));
      connection.on("error", () => {});
      const channel = await connection.createChannel();
      await channel.assertQueue(queue, { durable: false });
      await channel.prefetch(prefetch);
      await channel.consume(queue, (message) => {
        if (!message) return connection.close();
        const reply = answer(message);
        if (reply) {
          const { replyTo, correlationId } = message.properties;
          channel.sendToQueue(replyTo, Buffer.from(JSON.stringify(reply)), { correlationId, contentType: "application/json" });
        }
        channel.ack(message);
      });
      console.log("ready");
      await ended;
    } catch (e) {
      console.error(`connection lost (${e.message}), reconnecting`);
    }
    await sleep(200);
  }
}

async function call() {
  const [concurrency, seconds] = numbers.map(Number);
  const connection = await amqp.connect(url, { noDelay: true });
  const channel = await connection.createChannel();
  const pending = new Map();
  await channel.consume(
    "amq.rabbitmq.reply-to",
    (message) => {
      const call = pending.get(message.properties.correlationId);
      if (!call) return;
      pending.delete(message.properties.correlationId);
      clearTimeout(call.timer);
      const reply = JSON.parse(message.content.toString());
      if (reply.error) call.reject(new Error(reply.error));
      else call.resolve(reply.ok);
    },
    { noAck: true },
  );
  let next = 0;
  const echo = (text) =>
    new Promise((resolve, reject) => {
      const correlationId = String(next++);
      const timer = setTimeout(() => {
        pending.delete(correlationId);
        reject(new Error("timed out"));
      }, DEADLINE_MS);
      pending.set(correlationId, { resolve, reject, timer });
      channel.sendToQueue(queue, Buffer.from(JSON.stringify({ text })), {
        correlationId,
        replyTo: "amq.rabbitmq.reply-to",
        expiration: DEADLINE_MS,
        mandatory: true,
        contentType: "application/json",
        headers: { deadline: Date.now() + DEADLINE_MS, token },
      });
    });
  const text = "x".repeat(300);
  const micros = [];
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (performance.now() - begun < seconds * 1000) {
        const at = performance.now();
        await echo(text);
        micros.push((performance.now() - at) * 1000);
      }
    }),
  );
  const rate = (micros.length * 1000) / (performance.now() - begun);
  console.log(JSON.stringify({ rate, micros }));
  await connection.close();
}

await (role === "respond" ? respond() : call());
