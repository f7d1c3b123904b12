// Requests at a steady rate, from a process of its own: `fork` it with a URL, a rate and the status that answers have. It says every second how
// many were sent, answered so, and failed; after the message "stop" it sends no more and says so once more when all of them have ended.

import { Agent, get } from "node:http";

const [url, rate, status] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const began = performance.now();
let [due, sent, answered, failed] = [0, 0, 0, 0];

const send = () => {
  sent += 1;
  get(url, { agent }, (answer) => answer.resume().on("end", () => (answer.statusCode === status ? (answered += 1) : (failed += 1)))).on("error", () => (failed += 1));
};
const sending = setInterval(() => {
  const missing = Math.floor(((performance.now() - began) / 1000) * rate) - due;
  due += missing;
  // What is missing after a pause of this process is not made up for at once.
  for (let n = 0; n < Math.min(missing, rate / 20); n++) send();
}, 5);
const says = (over) => process.send({ sent, answered, failed, over });
setInterval(() => says(false), 1000);
process.on("message", () => {
  clearInterval(sending);
  setInterval(() => sent === answered + failed && says(true), 50);
});
process.on("disconnect", () => process.exit());
