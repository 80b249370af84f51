// Puts audit events, a JSON object a line on standard input, on the stream that CAIRN_STREAM names.
//
// npm install @aws-sdk/client-kinesis

import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline/promises";
import { setTimeout } from "node:timers/promises";

import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";

// New for every start: with the counter it shows gaps, and which events are in the stream twice.
const producer = `billing/${randomUUID()}`;

/** An event with an id and a number. They are given once: who puts it again puts the same. */
function stamp(event, seq) {
  return { id: randomUUID(), ...event, producer: { id: producer, seq } };
}

/** Puts events in order by actor: one record for each, whose lines are its events. */
async function put(kinesis, stream, events) {
  const lines = new Map();
  for (const event of events) {
    const key = `${event.tenant}/${event.actor.id}`.slice(0, 256);
    lines.set(key, [...(lines.get(key) ?? []), event]);
  }
  const records = [...lines].map(([PartitionKey, packed]) => ({
    PartitionKey,
    Data: Buffer.from(packed.map((event) => JSON.stringify(event) + "\n").join("")),
  }));
  for (let first = 0; first < records.length; first += 500) {
    await putRecords(kinesis, stream, records.slice(first, first + 500));
  }
}

/** Puts records, and those that were refused again, until all are taken. */
async function putRecords(kinesis, stream, records) {
  for (let pause = 100; records.length > 0; pause = Math.min(pause * 2, 10_000)) {
    try {
      const answer = await kinesis.send(new PutRecordsCommand({ StreamName: stream, Records: records }));
      records = records.filter((_, place) => answer.Records[place].ErrorCode);
    } catch (error) {
      // Whatever it is, the events are still here.
      console.error(`not put, trying again: ${error}`);
    }
    if (records.length > 0) await setTimeout(Math.random() * pause);
  }
}

const events = [];
for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim()) events.push(stamp(JSON.parse(line), events.length));
}
await put(new KinesisClient(), process.env.CAIRN_STREAM, events);
console.log(`${events.length} events put`);
