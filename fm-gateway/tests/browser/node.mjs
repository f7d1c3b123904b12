// Further gateways: nodes of the market, or of a registry prefix where nothing is yet.

import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { until } from "./browser.mjs";

const PROGRAM = process.env.FM_GATEWAY_PROGRAM;
const registry = (prefix) => ({ FM_BUS: process.env.FM_MARKET_BUS, FM_REGISTRY: process.env.FM_MARKET_REGISTRY, FM_REGISTRY_PREFIX: prefix });
const market_prefix = process.env.FM_MARKET_REGISTRY_PREFIX ?? "";

/** Starts a gateway on free ports; `part` ends it. Without a prefix it is a node of the market; `settings` of the environment come last. */
export async function start(part, name, prefix = market_prefix, settings = {}) {
  const folder = await mkdtemp(join(tmpdir(), "fm-gateway-"));
  const env = { ...process.env, ...registry(prefix), FM_DATA: folder, FM_INSTANCE: name, FM_HTTP: "127.0.0.1:0", FM_ADMIN_HTTP: "127.0.0.1:0", FM_DRAIN: "0s", FM_LOG: "info", FM_LOG_FORMAT: "human", ...settings };
  const program = spawn(PROGRAM, [], { env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((done) => program.on("exit", done).on("error", done));
  let said = "", over = false;
  ended.then(() => (over = true));
  for (const stream of [program.stdout, program.stderr]) stream.on("data", (text) => (said += text));
  part.until_its_end(async () => {
    program.kill();
    await ended;
    await rm(folder, { recursive: true, force: true });
  });
  const [, clients, operators] = await until(`${name} listens`, () => {
    if (over) throw new Error(`${name} ended: ${said}`);
    return said.match(/listens on ([\d.:]+)[^\n]*?for operators on ([\d.:]+)/);
  });
  return { name, pid: program.pid, url: `http://${clients}`, dashboard: `http://${operators}`, password: () => one_time_password(folder) };
}

/** The password that a first node leaves in its folder. */
const one_time_password = (folder) => until("the one-time password", async () => (await readFile(join(folder, "admin-password"), "utf8").catch(() => "")).trim());

/** Gives the user admin of the market a new one-time password. */
export async function reset_password() {
  const { stdout } = await promisify(execFile)(PROGRAM, ["user", "reset-password", "admin"], { env: { ...process.env, ...registry(market_prefix) } });
  return stdout.trim();
}
