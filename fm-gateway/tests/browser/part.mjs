// Counts steps as tests, and ends with the line that test programs of Rust end with.

import { open, visitor } from "./browser.mjs";

/** One part of a run: its steps build on each other, so that the first that fails ends it. */
export class Part {
  passed = 0;
  failed = 0;
  complaints = [];
  pages = [];
  ends = [];

  constructor(name) {
    this.name = name;
  }
  /** Runs one step; a page whose console complains fails it. */
  async does(what, run) {
    const since = Date.now();
    this.step = what;
    await run();
    const said = this.complaints.splice(0);
    if (said.length) throw new Error(`the console says: ${said.join("; ")}`);
    this.passed += 1;
    console.log(`ok - ${this.name}: ${what} (${Date.now() - since} ms)`);
  }
  /** Runs a step on which no other one builds: the part goes on after its failure. */
  async tries(what, run) {
    await this.does(what, run).catch((e) => this.fails(e));
  }
  fails(e) {
    this.failed += 1;
    console.log(`not ok - ${this.name}: ${this.step}: ${e.message}`);
  }
  /** A page with a session of its own. */
  async visitor(how) {
    const page = await visitor(this.browser, { ...how, complaints: this.complaints });
    this.pages.push(page);
    return page;
  }
  /** Remembers what is to be ended with this part. */
  until_its_end(end) {
    this.ends.unshift(end);
  }
  /** Runs the steps with a browser of their own; tells what somebody would see if one fails. */
  async run(steps) {
    const since = Date.now();
    try {
      this.browser = await open();
      this.until_its_end(() => this.browser.close());
      await steps(this);
    } catch (e) {
      this.fails(e);
      for (const page of this.pages) {
        console.log(`      at ${page.url()}`);
        console.log((await page.innerText("main", { timeout: 1000 }).catch(() => "")).replace(/^/gm, "      | "));
      }
    }
    for (const end of this.ends) await end().catch((e) => console.log(`      ${e.message}`));
    const word = this.failed || !this.passed ? "FAILED" : "ok";
    if (word !== "ok") process.exitCode = 1;
    const seconds = ((Date.now() - since) / 1000).toFixed(1);
    console.log(`test result: ${word}. ${this.passed} passed; ${this.failed} failed; 0 ignored; finished in ${seconds}s (${this.name})\n`);
  }
}
