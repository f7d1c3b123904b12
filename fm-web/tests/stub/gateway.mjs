// A market without services, for work on the pages: answers the API from memory and hands everything else to fm-web.
//
//   node tests/stub/gateway.mjs [PORT] [URL OF FM-WEB]
//
// DOWN=/api/cars,/api/tracks makes the paths that begin so answer 503.

import { readFileSync } from "node:fs";
import { createServer, request as forward } from "node:http";
import { account } from "./account.mjs";
import { cars, count, facets, makers, models, OPTIONS, search } from "./cars.mjs";

const port = +(process.argv[2] ?? 8190);
const web = new URL(process.argv[3] ?? "http://127.0.0.1:8191");
const down = (process.env.DOWN ?? "").split(",").filter(Boolean);
const drawings = readFileSync(new URL("../../assets/cars.svg", import.meta.url), "utf8");
const PAINT = { black: "#23272d", blue: "#1f5fbf", brown: "#6d4630", green: "#2f7a4b", grey: "#7d858f", orange: "#ea7a1c", red: "#c9242b", silver: "#c3c9d0", violet: "#9166d9", white: "#f5f6f7", yellow: "#f2c61f", beige: "#d9c9a8" };

const listing = (c) => ({ car_id: c.id, title: c.title, price: c.price, image: c.images[0]?.key ?? null, added: c.added, views: 3 });
const problem = (status, code) => [status, { type: "about:blank", title: code, status, detail: code, code, trace_id: "" }, "application/problem+json"];

/** Stands in for a photograph: the drawing before a wall and a road. */
function photo(key) {
  const [body, color, , shot] = key.split("-");
  const symbol = drawings.match(new RegExp(`<symbol id="${body}"[\\s\\S]*?</symbol>`))?.[0] ?? "";
  const hue = (key.length * 47 + shot * 60) % 360;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 600"><defs>${symbol}</defs><rect width="800" height="600" fill="hsl(${hue} 30% 74%)"/><path d="M0 120h800v290H0z" fill="hsl(${hue} 22% 62%)"/><path d="M0 408h800v192H0z" fill="#5b5f63"/><path d="M0 404h800v10H0z" fill="#b9bcbf"/><g color="${PAINT[color]}"><use href="#${body}" x="90" y="180" width="620" height="295"/></g></svg>`;
}

function api(req, url, body) {
  const path = url.pathname;
  if (down.some((d) => path.startsWith(d))) return problem(503, "unavailable");
  const own = account(req, path, body);
  if (own) return own;
  const image = path.match(/^\/images\/([^/]+)\/(thumb|card|full)$/);
  if (image) return [200, photo(image[1]), "image/svg+xml"];
  const car = path.match(/^\/api\/cars\/([^/]+)(\/price-history)?$/);
  switch (path) {
    case "/api/catalogue/makers": return [200, { items: makers }];
    case "/api/catalogue/models": return [200, { items: models(url.searchParams.get("maker")) }];
    case "/api/catalogue/options": return [200, { items: OPTIONS.map(([value, label]) => ({ value, label })) }];
    case "/api/catalogue/places": return [200, { items: [{ postal_code: "10115", town: "Berlin", lat: 52.5, lon: 13.4 }] }];
    case "/api/cars/suggest": return [200, { items: [{ filters: [], query: `q=${encodeURIComponent(url.searchParams.get("q") ?? "")}`, count: 1 }] }];
    case "/api/cars": return [200, search(url.searchParams)];
    case "/api/cars/facets": return [200, facets(url.searchParams)];
    case "/api/cars/count": return [200, { count: count(url.searchParams) }];
    case "/api/tracks/latest": return [200, { items: cars.filter((c) => c.status === "listed").slice(0, +(url.searchParams.get("limit") ?? 10)).map(listing) }];
    case "/api/tracks/views": return [204, ""];
  }
  if (car) {
    const found = cars.find((c) => c.id === car[1]);
    if (!found) return problem(404, "cars-unknown");
    if (!car[2]) return [200, found];
    if (found.status === "draft") return problem(404, "car-unknown");
    const day = (n) => new Date(Date.now() - n * 864e5).toISOString();
    return [200, { items: [{ at: day(41), price: Math.round(found.price * 1.12) }, { at: day(23), price: Math.round(found.price * 1.05) }, { at: day(6), price: found.price }] }];
  }
  return problem(404, "not-found");
}

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
