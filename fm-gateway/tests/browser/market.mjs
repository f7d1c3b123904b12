// What happens in the market while operators look on: services come and go, a message becomes a dead letter, users ask.

import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { same, until } from "./browser.mjs";

const amqp = createRequire(join(process.env.FM_NPM_MODULES, "/"))("amqplib");
const { FM_MARKET_GATEWAY: market, FM_MARKET_SCRIPTS: scripts, FM_MARKET_DIR: dir, FM_MARKET_BUS: bus } = process.env;

/** Runs so many instances of a service. */
export const scale = (service, count) => promisify(execFile)(join(scripts, "scale"), [service, String(count)], { env: { ...process.env, FM_DEV_DIR: dir } });

const send = async (method, path, { token, body } = {}) => {
  const head = { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) };
  const answer = await fetch(market + path, { method, headers: head, body: body && JSON.stringify(body) });
  const text = await answer.text();
  return { status: answer.status, body: text ? JSON.parse(text) : null };
};

/** Somebody who sells a car, and may take it back. */
export async function seller(name) {
  const { status, body } = await send("POST", "/api/auth/sign-up", { body: { username: name, email: `${name}@example.com`, password: `Correct-horse-${name}` } });
  same("the status of the sign-up", status, 201);
  const token = body.access_token;
  return {
    async lists_a_car() {
      const { status, body } = await send("POST", "/api/cars", { token, body: { maker: "audi", model: "a4", price: 12_500, year: 2019, status: "listed" } });
      same("the status of the car", status, 201);
      return body.id;
    },
    removes_the_car: async (car) => same("the status of the removal", (await send("DELETE", `/api/cars/${car}`, { token })).status, 204),
  };
}

/** Whether a car is among the last added, which fm-tracker knows from events. */
export const is_shown_as_new = async (car) => (await send("GET", "/api/tracks/latest?limit=100")).body.items.some((item) => item.car_id === car);

/** Takes the messages of a queue as a consumer does that dies over each of them, until the broker gives them up; says how often it died. */
export async function die_over_the_messages_of(queue) {
  const connection = await amqp.connect(bus);
  const channel = await connection.createChannel();
  let deaths = 0;
  const dies = async () => {
    const message = await channel.get(queue);
    if (!message) return false;
    channel.nack(message, false, true);
    deaths += 1;
    return true;
  };
  await until("a message to die over", dies);
  await until("the broker gives it up", async () => !(await dies()) && (await channel.checkQueue(queue)).messageCount === 0);
  await connection.close();
  return deaths;
}

/** How many requests of clients an instance has answered. */
export async function answered_by(instance) {
  const text = await (await fetch(`${instance}/metrics`)).text();
  const counts = text.matchAll(/^http_requests_total\{route="\/api[^\n]* (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}
