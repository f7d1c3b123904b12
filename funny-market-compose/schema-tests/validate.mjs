// Validates AsyncAPI 3.0 and OpenAPI 3.1 documents: `./run` brings what it needs.
//
//   node validate.mjs MODULES DOCUMENT...

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, ...files] = process.argv.slice(2);
const modules = resolve(folder, "node_modules");
const require = createRequire(join(modules, "here"));
const read = (file) => JSON.parse(readFileSync(file, "utf8"));

const Ajv = require("ajv");
const Ajv2020 = require("ajv/dist/2020");
const addFormats = require("ajv-formats");
const { Validator } = await import(pathToFileURL(join(modules, "@seriousme/openapi-schema-validator/index.js")));

const options = { strict: false, allErrors: true };
const asyncapi = addFormats(new Ajv({ ...options, meta: false, validateSchema: false })).compile(
  read(join(modules, "@asyncapi/specs/schemas/3.0.0.json")),
);
const jsonSchema = addFormats(new Ajv2020(options));

// What is wrong with a document, as texts.
const validate = {
  async asyncapi(document) {
    return asyncapi(document) ? [] : asyncapi.errors.map(text);
  },
  async openapi(document) {
    const { valid, errors } = await new Validator().validate(structuredClone(document));
    const found = valid ? [] : [errors].flat().map(text);
    // The schema of OpenAPI says of a schema only that it is an object; its dialect is JSON Schema 2020-12.
    for (const [at, schema] of schemasOf(document, "#")) {
      if (!jsonSchema.validateSchema(schema)) found.push(...jsonSchema.errors.map((error) => `${at}${text(error)}`));
    }
    return found;
  },
};
const text = (error) => (error.message ? `${error.instancePath ?? ""} ${error.message}` : String(error));

// Every schema of an OpenAPI document and its place.
function* schemasOf(value, at) {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const place = `${at}/${key}`;
    if (key === "schema") yield [place, inner];
    else if (place === "#/components/schemas") for (const [name, schema] of Object.entries(inner)) yield [`${place}/${name}`, schema];
    else yield* schemasOf(inner, place);
  }
}

// References that lead nowhere.
function dangling(document) {
  const found = [];
  const part = (key) => decodeURIComponent(key).replaceAll("~1", "/").replaceAll("~0", "~");
  const visit = (value) => {
    if (typeof value !== "object" || value === null) return;
    if (typeof value.$ref === "string") {
      const target = value.$ref.split("/").slice(1).reduce((inner, key) => inner?.[part(key)], document);
      if (!value.$ref.startsWith("#/") || target === undefined) found.push(`${value.$ref} leads nowhere`);
    }
    Object.values(value).forEach(visit);
  };
  visit(document);
  return found;
}

const problemsOf = async (document) => [...(await validate[kindOf(document)](document)), ...dangling(document)];
const kindOf = (document) => (document.asyncapi ? "asyncapi" : "openapi");

// Faults, each of which makes a document invalid. A function says whether it found something to break.
const first = (object) => Object.values(object ?? {})[0];
const operation = (document) => first(document.operations) ?? first(first(document.paths));
const schema = (document) => Object.values(document.components.schemas).find((schema) => schema.properties && schema.type === "object");
const faults = {
  asyncapi: {
    "no title": (document) => delete document.info.title,
    "an action that there is not": (document) => (operation(document).action = "sends"),
    "an operation without a channel": (document) => delete operation(document).channel,
    "a channel's binding of another kind": (document) => (first(document.channels).bindings.amqp.is = "topic"),
    "a type that JSON Schema has not": (document) => (schema(document).type = "structure"),
    "required fields that are no list": (document) => (schema(document).required = "id"),
    "a reference that leads nowhere": (document) => (operation(document).messages[0].$ref += "x"),
  },
  openapi: {
    "no title": (document) => delete document.info.title,
    "a parameter in no place": (document) => (operation(document).parameters = [{ name: "x", in: "nowhere", schema: {} }]),
    "an answer without a description": (document) => delete first(operation(document).responses).description,
    "an answer whose status is no number": (document) => (operation(document).responses.fine = { description: "" }),
    "a type that JSON Schema has not": (document) => (schema(document).type = "structure"),
    "a wrong schema of a body": (document) =>
      (operation(document).requestBody = { content: { "application/json": { schema: { minimum: "0" } } } }),
    "a reference that leads nowhere": (document) =>
      (operation(document).responses["200"] = { $ref: "#/components/responses/nowhere" }),
  },
};

let passed = 0;
let failed = 0;
function report(name, problems) {
  console.log(`test ${name} ... ${problems.length ? "FAILED" : "ok"}`);
  for (const problem of problems.slice(0, 20)) console.log(`    ${problem}`);
  problems.length ? failed++ : passed++;
}

const seen = new Set();
for (const file of files) {
  const document = read(file);
  report(file, await problemsOf(document));
  const kind = kindOf(document);
  if (seen.has(kind)) continue;
  seen.add(kind);
  for (const [name, spoil] of Object.entries(faults[kind])) {
    const spoilt = structuredClone(document);
    spoil(spoilt);
    const problems = await problemsOf(spoilt);
    report(`${kind} is refused: ${name}`, problems.length ? [] : [`${file} is valid with it`]);
  }
}
console.log(`test result: ${failed ? "FAILED" : "ok"}. ${passed} passed; ${failed} failed; 0 ignored`);
process.exitCode = failed ? 1 : 0;
