// Gossip with js-libp2p: StrictSign and StrictNoSign; to us and back; between two js nodes that know
// only us; large messages; after unsubscribing. Our node answers a message on `interop` with its
// SHA-256 on `interop/ack`.
// Usage: node js_gossipsub.mjs OPENLIQUID [devnet]
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { gossipsub } from '@libp2p/gossipsub';
import { multiaddr } from '@multiformats/multiaddr';

import { eventually, startNode } from './js_node.mjs';
import { isOfType, openTarget } from './our_node.mjs';

const target = await openTarget(process.argv[2], process.argv[3]);
const topic = 'interop';
const ack = 'interop/ack';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest();

// Ids as our node makes them, or IHAVE and IDONTWANT would never match.
function messageId(message) {
  if (message.type === 'signed') {
    const seqno = Buffer.alloc(8);
    seqno.writeBigUInt64BE(message.sequenceNumber);
    return Buffer.concat([message.from.toMultihash().bytes, seqno]);
  }
  const length = Buffer.alloc(4);
  length.writeUInt32LE(Buffer.byteLength(message.topic));
  return sha256(Buffer.concat([length, Buffer.from(message.topic), message.data])).subarray(0, 20);
}

async function startGossip(policy, keyType) {
  const pubsub = gossipsub({
    globalSignaturePolicy: policy,
    msgIdFn: messageId,
    allowPublishToZeroTopicPeers: true,
  });
  const node = await startNode({ keyType, services: { pubsub } });
  const seen = { [topic]: new Map(), [ack]: new Map() };
  node.services.pubsub.addEventListener('message', ({ detail }) => {
    const key = Buffer.from(detail.data).toString('hex');
    const of = seen[detail.topic];
    of.set(key, (of.get(key) ?? 0) + 1);
  });
  node.services.pubsub.subscribe(topic);
  node.services.pubsub.subscribe(ack);
  return { node, seen, pubsub: node.services.pubsub };
}

const acked = (js, bytes) =>
  eventually('our ack', () => js.seen[ack].has(sha256(bytes).toString('hex')));
const meshed = (js, ours) =>
  eventually('our place in the mesh', () => js.pubsub.getMeshPeers(topic).includes(ours.peer));

async function exchange(policy, jsKey, ourKey, weDial) {
  const alice = await startGossip(policy, jsKey);
  const flags = policy === 'StrictSign' ? ['--strict-sign'] : [];
  if (weDial) flags.push('--connect', alice.node.getMultiaddrs()[0].toString());
  const ours = await target.start('--ephemeral', ourKey, ...flags);
  assert.ok(isOfType(ours.peer, ourKey), ours.peer);
  const bob = await startGossip(policy, 'Ed25519');
  try {
    if (!weDial) await alice.node.dial(multiaddr(ours.address));
    await bob.node.dial(multiaddr(ours.address));
    await meshed(alice, ours);
    await meshed(bob, ours);

    for (const size of [1, 100, 1024, 20_000, 512 * 1024]) {
      const bytes = randomBytes(size);
      await alice.pubsub.publish(topic, bytes);
      await acked(alice, bytes);
      await eventually(`${size} bytes through us`, () =>
        bob.seen[topic].has(bytes.toString('hex')));
    }
    const many = Array.from({ length: 200 }, () => randomBytes(200));
    for (const bytes of many) await bob.pubsub.publish(topic, bytes);
    for (const bytes of many) await acked(bob, bytes);
    await eventually('all of them at the other side', () =>
      many.every((bytes) => alice.seen[topic].has(bytes.toString('hex'))));
    for (const count of alice.seen[topic].values()) assert.equal(count, 1, 'delivered once');

    bob.pubsub.unsubscribe(topic);
    await eventually('we see bob leave', async () => {
      const bytes = randomBytes(64);
      await alice.pubsub.publish(topic, bytes);
      await acked(alice, bytes);
      return !bob.seen[topic].has(bytes.toString('hex'));
    });
  } finally {
    await alice.node.stop();
    await bob.node.stop();
    await ours.stop();
  }
  assert.ok(!/misbehaved|violation/.test(ours.errors()), ours.errors());
}

for (const [policy, jsKey, type, weDial] of [
  ['StrictNoSign', 'Ed25519', 'secp256k1', false],
  ['StrictNoSign', 'secp256k1', 'ed25519', true],
  ['StrictSign', 'Ed25519', 'ed25519', true],
  ['StrictSign', 'secp256k1', 'secp256k1', false],
]) {
  const ourKey = target.isNode ? 'ed25519' : type; // a validator's own
  if (target.isNode && weDial) continue;
  const begun = performance.now();
  await exchange(policy, jsKey, ourKey, weDial);
  const side = weDial ? 'we dial' : 'js dials';
  const time = (performance.now() - begun).toFixed(0);
  console.log(`ok ${policy}, ${jsKey} author, ${ourKey} here, ${side} (${time} ms)`);
}
await target.close();
