// Somebody who trades by the API, beside the browser.

import { png } from "./png.mjs";
import { until } from "./driver.mjs";

export const fresh = (prefix) => `${prefix}-${Date.now().toString(36)}${Math.random().toString(36).slice(2, 5)}`;

/** So many drawn pictures; pictures as they are. */
export const drawn = (pictures) =>
  Array.isArray(pictures) ? pictures : Array.from({ length: pictures }, (_, n) => new Blob([png(960, 640, [70 + n * 40, 110, 150 - n * 30])], { type: "image/png" }));

export class Person {
  /** Signs somebody new up. */
  static async arrive(base, name = fresh("visitor")) {
    const person = Object.assign(new Person(), { base, name, password: `Road-${Math.random().toString(36).slice(2)}-trip` });
    const wish = { username: name, email: `${name}@example.org`, password: person.password };
    person.token = (await person.call("POST", "/api/auth/sign-up", wish)).access_token;
    return person;
  }
  async signIn() {
    this.token = undefined;
    this.token = (await this.call("POST", "/api/auth/sign-in", { login: this.name, password: this.password })).access_token;
  }
  async call(method, path, json) {
    const body = json instanceof FormData ? json : JSON.stringify(json);
    const type = json instanceof FormData || !json ? {} : { "content-type": "application/json" };
    const headers = { ...type, ...(this.token ? { authorization: `Bearer ${this.token}` } : {}) };
    const answer = await fetch(this.base + path, { method, headers, body });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
    return text ? JSON.parse(text) : null;
  }
  /** Lists a car, with so many pictures or with these; gives it as the API does. */
  async lists(car, pictures = 0) {
    const made = await this.call("POST", "/api/cars", car);
    if (!pictures || pictures.length === 0) return made;
    const form = new FormData();
    drawn(pictures).forEach((picture, n) => form.append("images", picture, `${n}.${picture.type.split("/")[1]}`));
    await this.call("POST", `/api/cars/${made.id}/images`, form);
    return made;
  }
  /** Takes the account away, and waits until its cars are gone. */
  async leaves() {
    const { status_url } = await this.call("DELETE", "/api/me", { password: this.password });
    await until("the account deleted", async () => (await this.call("GET", status_url)).state === "done", 30_000);
  }
}
