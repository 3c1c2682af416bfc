// Interoperability with js-libp2p, both directions, both key types: handshake with and without the
// early muxer, identify, ping, echo, many streams, and who answers must be who was dialled.
// Usage: node js_libp2p.mjs OPENLIQUID [devnet]
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { multiaddr } from '@multiformats/multiaddr';

import { echo, echoProtocol, eventually, startNode, within } from './js_node.mjs';
import { openTarget, runOurs } from './our_node.mjs';

const openliquid = process.argv[2];
const target = await openTarget(openliquid, process.argv[3]);
const keyTypes = [
  ['ed25519', 'Ed25519'],
  ['secp256k1', 'secp256k1'],
];
const wrongPeer = '12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq';

async function step(name, run) {
  const begun = performance.now();
  await run();
  console.log(`ok ${name} (${(performance.now() - begun).toFixed(0)} ms)`);
}

// A node's own key is Ed25519 on a validator and of either type on one that follows.
function startOur(ourKey) {
  if (target.isNode && ourKey !== 'ed25519') return target.follower(ourKey);
  return target.start('--ephemeral', ourKey);
}

// Neither what was queued nor what was on its way holds the connection up.
async function resetInTheMiddle(connection) {
  for (let i = 0; i < 20; ++i) {
    const stream = await connection.newStream(echoProtocol);
    for (let piece = 0; piece < 4; ++piece) stream.send(randomBytes(65536));
    stream.abort(new Error('enough'));
    const bytes = randomBytes(65536);
    assert.ok(bytes.equals(await echo(connection, bytes)), `echo after reset ${i}`);
  }
  assert.equal(connection.status, 'open');
}

// js tells of each piece that it has read, also when both sides have ended the stream.
async function smallPieces(connection) {
  const bytes = randomBytes(20000);
  assert.ok(bytes.equals(await echo(connection, bytes, 1)), 'byte by byte');
  const blocks = Array.from({ length: 32 }, () => randomBytes(20000));
  const echoed = await Promise.all(blocks.map((block) => echo(connection, block, 100)));
  echoed.forEach((back, i) => assert.ok(back.equals(blocks[i]), `small pieces, stream ${i}`));
  assert.ok(bytes.equals(await echo(connection, bytes)), 'after small pieces');
  assert.equal(connection.status, 'open');
}

async function weListen(ourKey, jsKey, earlyMuxer) {
  const ours = await startOur(ourKey);
  const js = await startNode({ keyType: jsKey, earlyMuxer });
  try {
    const connection = await js.dial(multiaddr(ours.address));
    assert.equal(connection.remotePeer.toString(), ours.peer);
    const info = await eventually('identify', async () => {
      const peer = await js.peerStore.get(connection.remotePeer).catch(() => undefined);
      return peer?.protocols.includes('/echo/1.0.0') ? peer : undefined;
    });
    assert.ok(info.protocols.includes('/ipfs/ping/1.0.0'));
    const agent = new TextDecoder().decode(info.metadata.get('AgentVersion'));
    assert.match(agent, /^openliquid(\/|$)/);
    for (let i = 0; i < 3; ++i) assert.ok((await js.services.ping.ping(connection.remotePeer)) >= 0);
    for (const size of [0, 1, 65536, 1 << 20, 8 << 20]) {
      const bytes = randomBytes(size);
      const back = await within(60000, `echo of ${size} bytes`, echo(connection, bytes));
      assert.ok(bytes.equals(back), `echo of ${size} bytes`);
    }
    await within(30000, 'resets', resetInTheMiddle(connection));
    await within(60000, 'small pieces', smallPieces(connection));
    const blocks = Array.from({ length: 64 }, () => randomBytes(65536));
    const echoed = await Promise.all(blocks.map((block) => echo(connection, block)));
    echoed.forEach((back, i) => assert.ok(back.equals(blocks[i]), `parallel stream ${i}`));
    await within(60000, '300 streams, one after the other', (async () => {
      for (let i = 0; i < 300; ++i) {
        const byte = Buffer.from([i % 256]);
        assert.ok(byte.equals(await echo(connection, byte)), `stream ${i}`);
      }
    })());
    await assert.rejects(connection.newStream('/none/1.0.0'));
    await js.hangUp(connection.remotePeer);
    const wrong = ours.address.replace(ours.peer, wrongPeer);
    await assert.rejects(js.dial(multiaddr(wrong)));
  } finally {
    await js.stop();
    await ours.stop();
  }
}

async function echoMuch(connection) {
  const blocks = Array.from({ length: 64 }, () => randomBytes(1 << 20));
  const echoed = await within(
    120000, '64 streams of 1 MiB', Promise.all(blocks.map((block) => echo(connection, block))));
  echoed.forEach((back, i) => assert.ok(back.equals(blocks[i]), `parallel stream ${i}`));
}

// js-libp2p as it comes, whose connection monitor ends what does not answer in time: connections
// dialled by either side outlive a silence longer than our own limit of 25 s, and then carry as much
// as before.
async function jsAsItComes() {
  const ours = await startOur('ed25519');
  const js = await startNode({ defaults: true });
  let dialler;
  try {
    const jsAddress = js.getMultiaddrs()[0].toString();
    dialler = target.isNode
      ? await target.follower('ed25519', [jsAddress])
      : await target.start('--ephemeral', 'ed25519', '--connect', jsAddress);
    const dialled = await js.dial(multiaddr(ours.address));
    const inbound = await eventually('our dial', async () => js.getConnections().find(
      (one) => one.remotePeer.toString() === dialler.peer && one.direction === 'inbound'));
    await new Promise((resolve) => setTimeout(resolve, 30000));
    for (const connection of [dialled, inbound]) {
      assert.equal(connection.status, 'open');
      await echoMuch(connection);
      assert.equal(connection.status, 'open');
    }
  } finally {
    await js.stop();
    await dialler?.stop();
    await ours.stop();
  }
}

async function weDial(ourKey, jsKey, earlyMuxer) {
  const js = await startNode({ keyType: jsKey, earlyMuxer });
  try {
    const address = js.getMultiaddrs()[0].toString();
    const key = ['--ephemeral', ourKey];
    const pinged = await runOurs(openliquid, 'ping', ...key, '--count', '3', address);
    assert.equal(pinged.code, 0, pinged.stderr);
    assert.equal(pinged.stdout.match(/^ping /gm).length, 3);
    const dialled = await runOurs(
      openliquid, 'dial', ...key, '--streams', '64', '--echo-bytes', '65536', address);
    assert.equal(dialled.code, 0, dialled.stderr);
    const info = JSON.parse(dialled.stdout.split('\n')[0]);
    assert.equal(info.peer, js.peerId.toString());
    assert.ok(info.agent.startsWith('js-libp2p/'), info.agent);
    assert.ok(info.protocols.includes('/echo/1.0.0'));
    assert.match(info.observed, /^\/ip4\/127\.0\.0\.1\/tcp\/\d+$/);
    const large = await runOurs(
      openliquid, 'dial', ...key, '--streams', '1', '--echo-bytes', String(1 << 20), address);
    assert.equal(large.code, 0, large.stderr);
    const wrong = address.replace(js.peerId.toString(), wrongPeer);
    const refused = await runOurs(openliquid, 'ping', ...key, wrong);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /wrong_peer/);
  } finally {
    await js.stop();
  }
}

// A node dials whom it is configured to, and keeps the connection for a while although js is no node
// of the chain.
async function nodeDials(ourKey, jsKey, earlyMuxer) {
  const js = await startNode({ keyType: jsKey, earlyMuxer });
  let ours;
  try {
    ours = await target.follower(ourKey, [js.getMultiaddrs()[0].toString()]);
    assert.ok(ours.peer.startsWith(ourKey === 'ed25519' ? '12D3Koo' : '16Uiu2'), ours.peer);
    await eventually('our node to dial js, be pinged and echo', async () => {
      const connection = js.getConnections().find(
        (one) => one.remotePeer.toString() === ours.peer && one.direction === 'inbound');
      if (!connection) return false;
      const bytes = randomBytes(65536);
      return echo(connection, bytes).then((back) => bytes.equals(back), () => false);
    });
  } finally {
    await js.stop();
    await ours?.stop();
  }
}

for (const [ourKey] of keyTypes) {
  for (const [, jsKey] of keyTypes) {
    const earlyMuxer = ourKey === jsKey.toLowerCase();
    const muxer = earlyMuxer ? 'early muxer' : 'muxer by multistream';
    await step(`js dials us: ${ourKey} and ${jsKey}, ${muxer}`, () =>
      weListen(ourKey, jsKey, earlyMuxer));
    if (target.isNode) {
      await step(`our node dials js: ${ourKey} and ${jsKey}, ${muxer}`, () =>
        nodeDials(ourKey, jsKey, earlyMuxer));
      continue;
    }
    await step(`we dial js: ${ourKey} and ${jsKey}, ${muxer}`, () =>
      weDial(ourKey, jsKey, earlyMuxer));
  }
}
await step('js as it comes keeps silent connections and carries 64 streams of 1 MiB', jsAsItComes);
await target.close();
