// What the stub answers in the place of the services.

import { readFileSync } from "node:fs";
import { account, problem } from "./account.mjs";
import { cars, count, facets, makers, models, OPTIONS, search } from "./cars.mjs";

const down = (process.env.DOWN ?? "").split(",").filter(Boolean);
const drawings = readFileSync(new URL("../../assets/cars.svg", import.meta.url), "utf8");
const PAINT = { black: "#23272d", blue: "#1f5fbf", brown: "#6d4630", green: "#2f7a4b", grey: "#7d858f", orange: "#ea7a1c", red: "#c9242b", silver: "#c3c9d0", violet: "#9166d9", white: "#f5f6f7", yellow: "#f2c61f", beige: "#d9c9a8" };

/** A car as the lists of fm-tracker have it. */
export const listing = (c) => ({ car_id: c.id, title: c.title, price: c.price, image: c.images[0]?.key ?? null, added: c.added, views: 3 });

/** Stands in for a photograph: the drawing before a wall and a road. */
function photo(key) {
  const [body, color, , shot] = key.split("-");
  const symbol = drawings.match(new RegExp(`<symbol id="${body}"[\\s\\S]*?</symbol>`))?.[0] ?? "";
  const hue = (key.length * 47 + shot * 60) % 360;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 600"><defs>${symbol}</defs><rect width="800" height="600" fill="hsl(${hue} 30% 74%)"/><path d="M0 120h800v290H0z" fill="hsl(${hue} 22% 62%)"/><path d="M0 408h800v192H0z" fill="#5b5f63"/><path d="M0 404h800v10H0z" fill="#b9bcbf"/><g color="${PAINT[color]}"><use href="#${body}" x="90" y="180" width="620" height="295"/></g></svg>`;
}

/** What like cars cost, by a rule of thumb. */
function estimate(params) {
  const [year, mileage, price] = ["year", "mileage", "price"].map((name) => +params.get(name));
  if (!params.get("model") || !year || !mileage) return { estimate: null, rating: null, method: null, not_rated: "incomplete", min_peers: 8 };
  const expected = Math.round(22_000 * 0.91 ** (2024 - year) * 0.97 ** (mileage / 10_000));
  const deal = Math.log(price / expected);
  const step = ["very_good", "good", "fair", "high", "very_high"][[-0.16, -0.06, 0.06, 0.16].filter((end) => deal > end).length];
  const rating = price ? { step, difference: price - expected, expected_price: expected, peers: 38, too_cheap: deal < -0.51 } : null;
  const range = { expected_price: expected, fair_from: Math.ceil(expected * 0.942), fair_to: Math.floor(expected * 1.062), peers: 38 };
  return { estimate: range, rating, method: { per_year: 9.9, per_10000_km: -3 }, not_rated: null, min_peers: 8 };
}

/** Answers a request of the API: status, body, and the media type where it is not JSON. */
export function api(req, url, body) {
  const path = url.pathname;
  if (down.some((d) => path.startsWith(d))) return problem(503, "unavailable");
  const own = account(req, path, body);
  if (own) return own;
  const viewed = path.match(/^\/api\/tracks\/views\/([^/]+)$/);
  if (viewed) return cars.some((c) => c.id === viewed[1] && c.status !== "draft") ? [200, { car_id: viewed[1], views: 1204 }] : problem(404, "car-unknown");
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
    case "/api/cars/estimate": return [200, estimate(url.searchParams)];
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
