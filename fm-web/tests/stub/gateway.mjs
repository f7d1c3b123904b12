// A market without services, for work on the pages: answers the API from memory and hands everything else to fm-web.
//
//   node tests/stub/gateway.mjs [PORT] [URL OF FM-WEB]
//
// DOWN=/api/cars,/api/tracks makes the paths that begin so answer 503.

import { createServer, request as forward } from "node:http";
import { api, listing } from "./api.mjs";
import { cars } from "./cars.mjs";

const port = +(process.argv[2] ?? 8190);
const web = new URL(process.argv[3] ?? "http://127.0.0.1:8191");

/** A car every few seconds, so that the live list has something to show. */
function stream(res) {
  res.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  res.write("retry: 1000\n\n");
  let n = 0;
  const timer = setInterval(() => {
    const c = cars[(60 + n++) % cars.length];
    res.write(`event: listed\nid: ${c.id}\ndata: ${JSON.stringify({ ...listing(c), added: new Date().toISOString() })}\n\n`);
  }, 4000);
  res.on("close", () => clearInterval(timer));
}

createServer((req, res) => {
  const url = new URL(req.url, `http://${req.headers.host}`);
  if (url.pathname === "/api/tracks/stream") return stream(res);
  if (!/^\/(api|images)\//.test(url.pathname)) {
    const headers = { ...req.headers, "x-forwarded-host": req.headers.host, "x-forwarded-proto": "http", "x-forwarded-for": "127.0.0.1" };
    const onward = forward({ host: web.hostname, port: web.port, path: req.url, method: req.method, headers }, (answer) => {
      res.writeHead(answer.statusCode, answer.headers);
      answer.pipe(res);
    });
    onward.on("error", () => res.writeHead(502).end("fm-web is not there"));
    return req.pipe(onward);
  }
  const chunks = [];
  req.on("data", (c) => chunks.push(c)).on("end", () => {
    const [status, answer, type = "application/json"] = api(req, url, Buffer.concat(chunks));
    res.writeHead(status, status === 204 ? {} : { "content-type": type });
    res.end(typeof answer === "string" ? answer : JSON.stringify(answer));
  });
}).listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${port}`));
