// What js-libp2p costs over loopback, both ends in this process on one processor, for the column
// beside ours in `openliquid p2p bench` and docs/benchmarks.md. A measurement, not a test.
// Usage: taskset -c 0 node js_speed.mjs
import { randomBytes } from 'node:crypto';
import { gossipsub } from '@libp2p/gossipsub';

import { eventually, startNode } from './js_node.mjs';

const sink = '/bench/sink/1';
const reply = '/bench/reply/1';
const topic = 'bench';

const cpuMicros = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

async function start() {
  const pubsub = gossipsub({ globalSignaturePolicy: 'StrictNoSign', allowPublishToZeroTopicPeers: true,
    msgIdFn: (message) => message.data.subarray(0, 16) });
  const node = await startNode({ services: { pubsub } });
  node.received = 0;
  node.heard = 0;
  node.services.pubsub.subscribe(topic);
  node.services.pubsub.addEventListener('message', () => { node.heard += 1; });
  await node.handle(sink, async (stream) => {
    for await (const piece of stream) node.received += piece.byteLength;
  });
  await node.handle(reply, async (stream) => {
    for await (const piece of stream) if (!stream.send(piece.slice())) await stream.onDrain();
  });
  return node;
}

const a = await start();
const b = await start();
const connection = await a.dial(b.getMultiaddrs()[0]);
await eventually('identify', async () =>
  (await a.peerStore.get(b.peerId).catch(() => undefined))?.protocols.includes(sink));

const total = 128 << 20;
const bulk = await connection.newStream(sink);
const block = randomBytes(65536);
let begun = cpuMicros();
for (let sent = 0; sent < total; sent += block.length) {
  if (!bulk.send(block)) await bulk.onDrain();
}
await eventually('bytes', () => b.received >= total);
console.log(`one stream: ${(total / (cpuMicros() - begun)).toFixed(0)} MB per CPU second`);

const stream = await connection.newStream(reply);
const kib = randomBytes(1024);
const pieces = stream[Symbol.asyncIterator]();
const trip = async () => {
  stream.send(kib);
  for (let got = 0; got < kib.length;) got += (await pieces.next()).value.byteLength;
};
for (let i = 0; i < 1000; ++i) await trip();
begun = cpuMicros();
for (let i = 0; i < 5000; ++i) await trip();
console.log(`round trip of 1 KiB: ${((cpuMicros() - begun) / 5000).toFixed(1)} us CPU`);

await eventually('mesh', () => a.services.pubsub.getMeshPeers(topic).length > 0);
const messages = 10000;
const start_ = performance.now();
for (let i = 0; i < messages; ++i) {
  const data = Buffer.from(randomBytes(1024));
  await a.services.pubsub.publish(topic, data);
  while (b.heard + 200 < i) await new Promise((resolve) => setImmediate(resolve));
}
await eventually('gossip', () => b.heard >= messages * 0.99);
console.log(`gossip of 1 KiB between two nodes: ${(messages / (performance.now() - start_) * 1000).toFixed(0)} messages/s`);

await a.hangUp(b.peerId);
const rounds = 60;
// It takes five connections a second from one address and resets more.
const dialAgain = async () => {
  const again = await a.dial(b.getMultiaddrs()[0]);
  await again.close();
  await new Promise((resolve) => setTimeout(resolve, 250));
};
for (let i = 0; i < 10; ++i) await dialAgain();
begun = cpuMicros();
for (let i = 0; i < rounds; ++i) await dialAgain();
console.log(`connection, up to identify: ${((cpuMicros() - begun) / rounds).toFixed(0)} us CPU`);
process.exit(0);
