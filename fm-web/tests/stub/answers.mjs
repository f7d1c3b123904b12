// Prints every kind of answer that the stub gives, for the tests to compare with what the services describe:
//
//   node tests/stub/answers.mjs        a list of {method, path, status, media, body}; null where there is no body

import { api } from "./api.mjs";
import { cars } from "./cars.mjs";

const given = [];

/** Asks as somebody who is signed in. */
function ask(method, path, body = {}, headers = { authorization: "Bearer access-1" }) {
  const url = new URL(path, "http://stub");
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const [status, answer, media = "application/json"] = api({ method, url: path, headers }, url, Buffer.from(text));
  const none = answer === "";
  given.push({ method, path: url.pathname, status, media: none ? null : media, body: none ? null : answer });
  return answer;
}

/** Asks as a stranger. */
const stranger = (method, path, body) => ask(method, path, body, {});

for (const list of ["makers", "models?maker=bmw", "options", "places?q=ber"]) stranger("GET", `/api/catalogue/${list}`);
for (const list of ["", "?maker=bmw&price_to=9000&q=winter", "/facets", "/count", "/suggest?q=bmw", "/estimate?maker=bmw", "/estimate?maker=bmw&model=3er&year=2015&mileage=90000&price=9000"]) stranger("GET", `/api/cars${list}`);
stranger("GET", "/api/tracks/latest?limit=3");
stranger("POST", "/api/tracks/views", { car_id: cars[0].id });
for (const car of [cars[1].id, "nobody-knows-it"]) {
  stranger("GET", `/api/tracks/views/${car}`);
  for (const part of ["", "/price-history"]) stranger("GET", `/api/cars/${car}${part}`);
}

for (const who of ["0197c0de-0000-7000-8000-00000000a001", "0197c0de-0000-7000-8000-00000000a002"]) {
  ask("GET", `/api/profiles/${who}`);
  stranger("GET", `/api/profiles/${who}`);
}
for (const password of ["short", "long enough"]) stranger("POST", "/api/auth/sign-up", { username: "anna", email: "anna@example.org", password });
for (const password of ["wrong", "long enough"]) stranger("POST", "/api/auth/sign-in", { login: "anna", password });
stranger("POST", "/api/auth/refresh", { refresh_token: "refresh-1" });
ask("POST", "/api/auth/sign-out", { refresh_token: "refresh-1" });

stranger("POST", "/api/auth/password-reset", { email: "anna@example.org" });
ask("POST", "/api/me/email-confirmation");
for (const [token, new_password] of [["used", "long enough"], ["new", "short"], ["new", "long enough"]]) {
  stranger("PUT", "/api/auth/password-reset", { token, new_password });
}
for (const token of ["used", "new"]) {
  stranger("PUT", "/api/auth/email-confirmation", { token });
  stranger("POST", `/api/auth/unsubscribe?token=${token}`);
}
ask("POST", "/api/me/email-confirmation");

stranger("GET", "/api/me");
ask("GET", "/api/me");
ask("PATCH", "/api/me", { email: "anna@example.net" });
for (const old_password of ["wrong", "right"]) ask("PUT", "/api/me/password", { old_password, new_password: "long enough" });
ask("GET", "/api/me/mail");
ask("PUT", "/api/me/mail", { messages: false, alerts: true, language: "de" });
ask("GET", "/api/me/profile");
ask("PATCH", "/api/me/profile", { name: "Anna B." });
ask("GET", "/api/me/cars");

stranger("POST", "/api/cars", { maker: "bmw" });
ask("POST", "/api/cars", { maker: "bmw" });
const { id } = ask("POST", "/api/cars", { maker: "bmw", model: "3er", price: 9900, year: 2015, status: "draft" });
ask("GET", `/api/cars/${id}`);
ask("GET", `/api/cars/${id}/price-history`);
ask("PATCH", `/api/cars/${id}`, { year: 1800 });
ask("PATCH", `/api/cars/${id}`, { price: 8900, status: "listed" });
ask("POST", `/api/cars/${id}/images`, "not a picture");
const { images } = ask("POST", `/api/cars/${id}/images`, 'name="images" name="images"');
ask("PUT", `/api/cars/${id}/images/order`, { keys: images.map((image) => image.key).reverse() });
ask("DELETE", `/api/cars/${id}/images/${images[0].key}`);
ask("POST", `/api/cars/${id}/sold`);
ask("PATCH", `/api/cars/${id}`, { price: 1 });
for (let i = 0; i < 2; i++) ask("DELETE", `/api/cars/${id}/sold`);
ask("DELETE", `/api/cars/${id}`);

for (const password of ["wrong", "right"]) ask("DELETE", "/api/me", { password });
for (let i = 0; i < 3; i++) stranger("GET", "/api/me/deletions/abc");

process.stdout.write(JSON.stringify(given));
