// A client without generated code: node client.js PROTO ADDRESS. It reads {"Method": request, …} from standard input,
// makes the calls one after the other, and prints {"Method": answer, …}.
"use strict";

const fs = require("node:fs");
const grpc = require("@grpc/grpc-js");
const protoLoader = require("@grpc/proto-loader");

const [proto, address] = process.argv.slice(2);
const definition = protoLoader.loadSync(proto, { keepCase: true, enums: String, defaults: true });
const { Recommendations } = grpc.loadPackageDefinition(definition);
const client = new Recommendations(address, grpc.credentials.createInsecure());

function call(method, request) {
  return new Promise((resolve, reject) => {
    const deadline = Date.now() + 20_000;
    client[method](request, { deadline }, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
}

async function main() {
  const answers = {};
  for (const [method, request] of Object.entries(JSON.parse(fs.readFileSync(0, "utf8")))) {
    answers[method] = await call(method, request);
  }
  console.log(JSON.stringify(answers));
}

main().finally(() => client.close());
