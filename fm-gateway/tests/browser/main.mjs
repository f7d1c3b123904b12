// All browser tests of the dashboard: `./run` brings what they need.
//
//   node main.mjs DASHBOARD_URL PASSWORD FOLDER [PART]...

import { numbers } from "./numbers.mjs";
import { Part } from "./part.mjs";
import { screens } from "./screens.mjs";
import { services } from "./services.mjs";
import { story } from "./story.mjs";

const [dashboard, password, folder, ...wanted] = process.argv.slice(2);
const look = async (all) => {
  await new Part("screens").run(screens(folder, all));
  await new Part("screens of services").run(services(new URL(dashboard).origin, folder, all));
};
const parts = {
  story: () => new Part("story").run(story(new URL(dashboard).origin, password, folder)),
  screens: () => look(false),
  ...(wanted.includes("numbers") ? { numbers: () => new Part("numbers").run(numbers()) } : {}),
  ...(wanted.includes("pictures") ? { pictures: () => look(true) } : {}),
};
for (const name of wanted.filter((name) => !parts[name])) throw new Error(`there is no part ${name}; parts: ${Object.keys(parts).join(", ")}`);
for (const name of Object.keys(parts)) if (!wanted.length || wanted.includes(name)) await parts[name]();
