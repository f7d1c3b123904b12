// Counts steps as tests, and ends with the line that test programs of Rust end with.

import { Browser } from "./driver.mjs";

/** One part of a run: its steps build on each other, so that the first that fails ends it. */
export class Part {
  passed = 0;
  failed = 0;

  constructor(name) {
    this.name = name;
  }
  /** Runs one step. `refused` matches what the console may say beside the pages themselves. */
  async does(what, run, refused = /^$/) {
    const since = Date.now();
    this.step = what;
    await run();
    // That a page is an error page is said there too.
    const said = (await this.browser.complaints()).filter((c) => !/Failed to load resource.*status of (404|422)/.test(c) && !refused.test(c));
    if (said.length) throw new Error(`the console says: ${said.join("; ")}`);
    this.passed += 1;
    console.log(`ok - ${this.name}: ${what} (${Date.now() - since} ms)`);
  }
  /** Runs the steps with a browser of their own; tells what the reader would see if one fails. */
  async run(how, steps) {
    const since = Date.now();
    const browser = (this.browser = await Browser.open(how));
    try {
      await steps(this, browser);
    } catch (e) {
      this.fails(this.step, e.message);
      console.log(`      at ${await browser.here().catch(() => "no page")}`);
      for (const complaint of await browser.complaints().catch(() => [])) console.log(`      the console says: ${complaint}`);
      console.log((await browser.text("main").catch(() => "")).replace(/^/gm, "      | "));
    } finally {
      await browser.close();
    }
    this.end(since);
  }
  fails(what, why) {
    this.failed += 1;
    console.log(`not ok - ${this.name}: ${what}: ${why}`);
  }
  end(since) {
    const word = this.failed ? "FAILED" : "ok";
    if (this.failed) process.exitCode = 1;
    const seconds = ((Date.now() - since) / 1000).toFixed(1);
    console.log(`test result: ${word}. ${this.passed} passed; ${this.failed} failed; 0 ignored; finished in ${seconds}s (${this.name})\n`);
  }
}
