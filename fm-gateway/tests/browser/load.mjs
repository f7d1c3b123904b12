// Requests at a steady rate, from a process of its own: `fork` it with a URL and a rate; it says every second how many were answered.

import { Agent, get } from "node:http";

const [url, rate] = [process.argv[2], Number(process.argv[3])];
const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const began = performance.now();
let [asked, answered] = [0, 0];

setInterval(() => {
  // What is missing after a pause of this process is not made up for at once.
  const due = Math.min(Math.floor(((performance.now() - began) / 1000) * rate) - asked, rate / 20);
  for (let n = 0; n < due; n++) {
    get(url, { agent }, (answer) => answer.resume().on("end", () => (answered += 1))).on("error", () => {});
  }
  asked = Math.floor(((performance.now() - began) / 1000) * rate);
}, 5);
setInterval(() => process.send({ answered }), 1000);
process.on("disconnect", () => process.exit());
