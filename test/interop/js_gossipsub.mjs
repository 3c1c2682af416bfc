// Gossip with js-libp2p: StrictSign and StrictNoSign; to us and back; between two js nodes that know
// only us; large messages; after unsubscribing. Our node answers a message on `interop` with its
// SHA-256 on `interop/ack`.
// Usage: node js_gossipsub.mjs OPENLIQUID [devnet]
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { gossipsub } from '@libp2p/gossipsub';
import { multiaddr } from '@multiformats/multiaddr';

import { eventually, startNode, within } from './js_node.mjs';
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
  // js drops repetitions and messages of topics it has left before anybody hears of them.
  const raw = { copies: new Map(), ofTopic: 0 };
  const receive = node.services.pubsub.handleReceivedRpc.bind(node.services.pubsub);
  node.services.pubsub.handleReceivedRpc = (from, rpc) => {
    for (const message of rpc.messages ?? []) {
      const key = Buffer.from(message.data).toString('hex');
      raw.copies.set(key, (raw.copies.get(key) ?? 0) + 1);
      if (message.topic === topic) raw.ofTopic += 1;
    }
    for (const ihave of rpc.control?.ihave ?? []) {
      if (ihave.topicID === topic) raw.ofTopic += 1;
    }
    return receive(from, rpc);
  };
  node.services.pubsub.subscribe(topic);
  node.services.pubsub.subscribe(ack);
  return { node, seen, raw, pubsub: node.services.pubsub };
}

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// Two heartbeats in which others talk and nothing of it reaches `js`.
async function hearsNothing(js, talk) {
  const before = js.raw.ofTopic;
  await talk();
  await sleep(2000);
  return js.raw.ofTopic === before;
}

const acked = (js, bytes) =>
  eventually('our ack', () => js.seen[ack].has(sha256(bytes).toString('hex')));
const meshed = (js, ours) =>
  eventually('our place in the mesh', () => js.pubsub.getMeshPeers(topic).includes(ours.peer));

async function exchange(policy, jsKey, ourKey, weDial) {
  const alice = await startGossip(policy, jsKey);
  // Without the flag it takes either policy.
  const flags = policy === 'StrictSign' && !weDial ? ['--strict-sign'] : [];
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
    for (const bytes of many) {
      assert.equal(alice.raw.copies.get(bytes.toString('hex')), 1, 'sent once');
      assert.equal(bob.raw.copies.get(bytes.toString('hex')), undefined, 'never sent back');
    }

    const talk = async () => {
      const bytes = randomBytes(64);
      await alice.pubsub.publish(topic, bytes);
      await acked(alice, bytes);
    };
    await eventually('bob hears alice', async () => !(await hearsNothing(bob, talk)));
    bob.pubsub.unsubscribe(topic);
    await eventually('we see bob leave', () => hearsNothing(bob, talk), 60000);
    assert.ok(await hearsNothing(bob, talk), 'and it stays so');
  } finally {
    await alice.node.stop();
    await bob.node.stop();
    await ours.stop();
  }
  assert.ok(!/misbehaved|violation/.test(ours.errors()), ours.errors());
}

// The one of two ways between alice and bob that carried their messages dies without a word.
async function repair() {
  const first = await target.start('--ephemeral', 'ed25519');
  const second = await target.start('--ephemeral', 'ed25519');
  const alice = await startGossip('StrictNoSign', 'Ed25519');
  const bob = await startGossip('StrictNoSign', 'Ed25519');
  const passes = async () => {
    const bytes = randomBytes(2000);
    await alice.pubsub.publish(topic, bytes);
    await sleep(500);
    return bob.seen[topic].has(bytes.toString('hex'));
  };
  try {
    for (const js of [alice, bob]) {
      await js.node.dial(multiaddr(first.address));
      await meshed(js, first);
    }
    await eventually('messages through the first', passes, 60000);
    for (const js of [alice, bob]) await js.node.dial(multiaddr(second.address));
    await first.kill();
    await eventually('messages through the second', passes, 60000);
    for (const js of [alice, bob]) {
      await eventually('a mesh of the second alone', () =>
        js.pubsub.getMeshPeers(topic).join() === second.peer, 60000);
    }
  } finally {
    await alice.node.stop();
    await bob.node.stop();
    await second.stop();
  }
}

// A node that is configured to dial js, which knows nothing of consensus, keeps the connection, and
// gossip goes on over it: longer than a handshake may take.
async function nodeDials() {
  const alice = await startGossip('StrictNoSign', 'Ed25519');
  const bob = await startGossip('StrictNoSign', 'secp256k1');
  const validator = await target.start();
  const ours = await target.follower('ed25519', [alice.node.getMultiaddrs()[0].toString()]);
  const opened = () => alice.node.getConnections().filter(
    (one) => one.remotePeer.toString() === ours.peer && one.status === 'open');
  try {
    await bob.node.dial(multiaddr(validator.address));
    await meshed(bob, validator);
    await meshed(alice, ours);
    const [first] = opened();
    assert.equal(first.direction, 'inbound');
    const end = Date.now() + 16_000;
    while (Date.now() < end) {
      const ofAlice = randomBytes(300);
      await alice.pubsub.publish(topic, ofAlice);
      await acked(alice, ofAlice);
      const ofBob = randomBytes(300);
      await bob.pubsub.publish(topic, ofBob);
      await eventually('what bob says, through our two nodes', () =>
        alice.seen[topic].has(ofBob.toString('hex')));
      assert.ok((await alice.node.services.ping.ping(first.remotePeer)) >= 0);
      await sleep(500);
    }
    assert.deepEqual(opened().map((one) => one.id), [first.id], 'the connection it began on');
  } finally {
    await alice.node.stop();
    await bob.node.stop();
    await ours.stop();
  }
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
if (target.isNode) {
  await within(240000, 'gossip where our node dials', nodeDials());
  console.log('ok our node dials js and both hear gossip for 16 s');
} else {
  await within(400000, 'repair of the mesh', repair());
  console.log('ok the mesh without the one that was killed');
}
await target.close();
