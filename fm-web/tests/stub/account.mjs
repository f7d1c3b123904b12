// Accounts of the stub: one user, any password.

import { cars, makers, models, picture } from "./cars.mjs";

const user = { id: "0197c0de-0000-7000-8000-00000000a001", username: "anna", email: "anna@example.org", roles: ["user"], email_confirmed: false, created: "2025-11-02T10:00:00.000Z" };
const open = { from: "09:00", to: "18:00" };
const hours = { monday: [open], tuesday: [open], wednesday: [open], thursday: [open], friday: [open], saturday: [{ from: "10:00", to: "13:00" }], sunday: [] };
const profile = { user_id: user.id, username: "anna", name: "Anna Berger", location: "Leipzig", phone: "+49 341 5550123", phone_masked: "+49 341 ••• ••23", about: "I look after my cars.", opening_hours: null, seller_type: "private", member_since: user.created };
let wishes = { messages: true, alerts: true, language: "en" };
let refreshes = 0;
let polls = 0;

const tokens = (name = user.username) => ({ user: Object.assign(user, { username: name }), access_token: `access-${++refreshes}`, refresh_token: `refresh-${refreshes}`, token_type: "Bearer", expires_in: 900 });
/** What a service answers that refuses. */
export const problem = (status, code, errors) => [status, { type: "about:blank", title: code, status, detail: code, code, trace_id: "", ...(errors ? { errors } : {}) }, "application/problem+json"];
const json = (body) => {
  try {
    return JSON.parse(body.toString() || "{}");
  } catch {
    return {};
  }
};

function title(car) {
  const maker = makers.find((m) => m.value === car.maker)?.label ?? car.maker;
  const model = models(car.maker).find((m) => m.value === car.model)?.label ?? car.model ?? "";
  return `${maker} ${model} ${car.year}`;
}

/** What was listed since the start goes with the account. */
function goodbye() {
  polls = 0;
  while (cars[0].id.includes("-8000-1")) cars.shift();
  return { status_url: "/api/me/deletions/abc" };
}

/** Answers what belongs to the account; nothing for any other path. */
export function account(req, path, body) {
  const of = (method, p) => req.method === method && path === p;
  const someone = path.match(/^\/api\/profiles\/(.+)$/);
  if (someone) {
    const known = req.headers.authorization ? profile : { ...profile, phone: null };
    return [200, someone[1] === user.id ? known : { ...known, user_id: someone[1], username: "autohaus", name: "Autohaus am Ring", location: "Berlin", about: null, opening_hours: hours, seller_type: "dealer" }];
  }
  if (of("POST", "/api/auth/sign-up")) {
    return json(body).password?.length < 10 ? problem(422, "invalid", [{ field: "password", message: "must be 10 characters or more" }]) : [201, tokens(json(body).username)];
  }
  if (of("POST", "/api/auth/sign-in")) return json(body).password === "wrong" ? problem(401, "login-failed") : [200, tokens(json(body).login)];
  if (of("POST", "/api/auth/refresh")) return [200, tokens()];
  if (of("POST", "/api/auth/sign-out")) return [204, ""];
  // Any link is good once; those that begin with "used" are not.
  if (of("POST", "/api/auth/password-reset")) return [202, ""];
  if (of("PUT", "/api/auth/password-reset") || of("PUT", "/api/auth/email-confirmation")) {
    const { token, new_password = "long enough" } = json(body);
    if (token.startsWith("used")) return problem(404, "link-invalid");
    if (new_password.length < 10) return problem(422, "invalid", [{ field: "new_password", message: "must have at least 10 characters" }]);
    user.email_confirmed = true;
    return [204, ""];
  }
  if (req.method === "POST" && path.startsWith("/api/auth/unsubscribe")) return req.url.includes("token=used") ? problem(404, "link-invalid") : [204, ""];
  if (path.startsWith("/api/me/deletions/")) return [200, polls++ < 2 ? { state: "pending", cars_deleted: 0 } : { state: "done", cars_deleted: 7 }];
  const guarded = path.startsWith("/api/me") || req.method !== "GET";
  if (!guarded || path === "/api/tracks/views") return null;
  if (!req.headers.authorization) return problem(401, "token-missing");
  if (of("GET", "/api/me")) return [200, user];
  if (of("PATCH", "/api/me")) return [200, Object.assign(user, json(body))];
  if (of("PUT", "/api/me/password")) return json(body).old_password === "wrong" ? problem(403, "password-wrong", [{ field: "old_password", message: "wrong" }]) : [204, ""];
  if (of("DELETE", "/api/me")) return json(body).password === "wrong" ? problem(403, "password-wrong", [{ field: "password", message: "wrong" }]) : [202, goodbye()];
  if (of("POST", "/api/me/email-confirmation")) return user.email_confirmed ? problem(409, "email-confirmed") : [202, ""];
  if (of("GET", "/api/me/mail")) return [200, wishes];
  if (of("PUT", "/api/me/mail")) return [200, (wishes = json(body))];
  if (of("GET", "/api/me/profile")) return [200, profile];
  if (of("PATCH", "/api/me/profile")) return [200, Object.assign(profile, json(body))];
  if (of("GET", "/api/me/cars")) {
    const own = cars.filter((c) => c.owner_id === user.id).slice(0, 7).map((c, i) => (i === 1 ? { ...c, status: "draft" } : i === 2 ? { ...c, status: "sold" } : c));
    return [200, { items: own, total: own.length, page: 1, per_page: 20 }];
  }
  if (of("POST", "/api/cars")) {
    const wish = json(body);
    const wrong = ["maker", "price", "year"].filter((f) => !wish[f]).map((field) => ({ field, message: "required" }));
    if (wrong.length) return problem(422, "invalid", wrong);
    const id = `0197c0de-0000-7000-8000-1${String(cars.length).padStart(11, "0")}`;
    const now = new Date().toISOString();
    cars.unshift({ options: [], images: [], status: "listed", ...wish, id, title: title(wish), owner_id: user.id, added: now, updated: now });
    return [201, cars[0]];
  }
  const one = path.match(/^\/api\/cars\/([^/]+)(\/.*)?$/);
  const car = one && cars.find((c) => c.id === one[1]);
  if (!car) return null;
  if (req.method === "PATCH") {
    const wish = json(body);
    if (car.status === "sold") return problem(409, "car-sold");
    if (wish.year < 1886) return problem(422, "invalid", [{ field: "year", message: "1886 to 2027" }]);
    Object.assign(car, wish);
    return [200, Object.assign(car, { title: title(car) })];
  }
  if (req.method === "POST" && one[2] === "/sold") return [200, Object.assign(car, { status: "sold" })];
  if (req.method === "DELETE" && one[2] === "/sold") return car.status === "sold" || car.status === "listed" ? [200, Object.assign(car, { status: "listed" })] : problem(409, "car-not-sold");
  if (req.method === "DELETE" && !one[2]) return cars.splice(cars.indexOf(car), 1), [204, ""];
  if (req.method === "POST" && one[2] === "/images") {
    if (body.includes("not a picture")) return problem(415, "not-a-picture");
    const n = body.toString("latin1").split('name="images"').length - 1;
    for (let i = 0; i < n; i++) car.images.push(picture(`${car.body ?? "other"}-${car.color ?? "silver"}-9-${car.images.length}`));
    return [201, { images: car.images }];
  }
  if (req.method === "PUT" && one[2] === "/images/order") {
    const { keys } = json(body);
    car.images.sort((a, b) => keys.indexOf(a.key) - keys.indexOf(b.key));
    return [200, { images: car.images }];
  }
  if (req.method === "DELETE") {
    car.images = car.images.filter((i) => !one[2].endsWith(i.key));
    return [204, ""];
  }
  return null;
}
