// Medplum's client library as an independent CDS Client. One job per line of standard input, one answer per line.
//
// A job: {fhirBase, cdsBase, service, context, drop?, extra?}. The client reads discovery, runs the prefetch
// templates against the FHIR server, calls the service and gives back what it got and what it sent.
import { createInterface } from 'node:readline';
import { MedplumClient, buildCdsRequest } from '@medplum/core';

const USER = { resourceType: 'Practitioner', id: 'example-gastroenterologist' };

async function run(job) {
  const client = new MedplumClient({
    baseUrl: new URL('/', job.fhirBase).href,
    cdsServicesUrl: `${job.cdsBase}/cds-services/`,
    cacheTime: 0,
    maxRetries: 0,
  });
  const discovery = await client.getCdsServices();
  const service = discovery.services.find((one) => one.id === job.service);
  const request = { ...(await buildCdsRequest(client, USER, service, job.context)), ...job.extra };
  for (const key of job.drop ?? []) {
    delete request[key];
  }
  return { discovery, request, response: await client.callCdsService(service.id, request) };
}

for await (const line of createInterface({ input: process.stdin })) {
  try {
    process.stdout.write(`${JSON.stringify(await run(JSON.parse(line)))}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ error: String(error), outcome: error.outcome })}\n`);
  }
}
