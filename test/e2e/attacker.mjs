// Peers that have proved who they are and then attack, again and again, until the process is killed.
// Usage: node attacker.mjs SHARE KIND,KIND.. TRANSFER PORT..
// SHARE: this part of each kind's attackers; TRANSFER: a signed one, as hexadecimal digits.
// Prints each second, as JSON and by kind: connections made, what was sent.
import crypto from 'node:crypto';
import { bytesField, Closed, delimited, frame, multistream, newIdentity, numberField, RawPeer, uvarint, yamux } from './raw_peer.mjs';

const { DATA, WINDOW_UPDATE, PING, SYN, RST } = yamux;
const TOPIC = '/openliquid/7777/txns/1';
const KADEMLIA = '/7777/kad/1.0.0';
const GOSSIP = '/meshsub/1.2.0';
const MULTISTREAM = multistream('/multistream/1.0.0');
const any = (...choices) => choices[crypto.randomInt(choices.length)];
const times = (count, make) => Array.from({ length: count }, make);
const counts = {};

const [share, kinds, transfer, ...ports] = process.argv.slice(2);

function count(kind, what, more = 1) {
  counts[kind] ??= {};
  counts[kind][what] = (counts[kind][what] ?? 0) + more;
}

const rpc = (...fields) => delimited(Buffer.concat(fields));
const control = (number, ...fields) => bytesField(3, bytesField(number, Buffer.concat(fields)));
const ids = (number, many) => times(many, () => bytesField(number, crypto.randomBytes(20)));
const message = (...fields) => rpc(bytesField(2, Buffer.concat([...fields, bytesField(4, TOPIC)])));

const u32 = (value) => Buffer.from([value >> 24, value >> 16, value >> 8, value]);

/// A batch of one transfer whose signature cannot verify: its s is above every group order, its r random.
function forgedBatch() {
  const envelope = Buffer.from(transfer.replace('0x', ''), 'hex');
  crypto.randomFillSync(envelope, envelope.length - 65, 32);
  envelope.fill(255, envelope.length - 32);
  return Buffer.concat([u32(1), u32(envelope.length), envelope]);
}

async function openGossip(peer) {
  const stream = peer.openStream(GOSSIP);
  await peer.write(stream, rpc(bytesField(1, Buffer.concat([numberField(1, 1), bytesField(2, TOPIC)]))));
  return stream;
}

/// Says what `make` makes until the connection ends, `pause` apart; opens the stream again when it is reset.
async function keepWriting(peer, open, make, tell, pause = 0) {
  for (let stream = await open(); ; tell()) {
    if (!(await peer.write(stream, make()))) stream = await open();
    if (pause > 0) await peer.sleep(pause);
  }
}

function openMany(peer, many) {
  const frames = times(many, () => frame(DATA, SYN, peer.takeId(), MULTISTREAM.length, MULTISTREAM));
  peer.say(...frames);
}

function openAndReset(peer, many) {
  peer.say(...times(many, () => {
    const id = peer.takeId();
    return Buffer.concat([frame(DATA, SYN, id, MULTISTREAM.length, MULTISTREAM), frame(WINDOW_UPDATE, RST, id, 0)]);
  }));
}

/// What is said again must not be authentic: the handshake of another connection, or this one's last message.
async function replay(peer, tell, { port, source }) {
  tell();
  if (any(true, false)) {
    peer.say(frame(PING, SYN, 0, 1));
    peer.socket.write(peer.lastMessage);
    return peer.sleep(60000);
  }
  const again = new RawPeer(port, source);
  for (const bytes of peer.said) again.socket.write(bytes);
  peer.close();
  await again.until(() => again.isClosed);
}

async function oversize(peer) {
  const what = any(
    () => peer.say(frame(DATA, 0, peer.openStream(KADEMLIA).id, 0xffffffff)),
    async () => peer.put(await openGossip(peer), uvarint((4 << 20) + 1)),
    () => peer.put(peer.openStream('/openliquid/consensus/1'), uvarint(2 ** 40)));
  await what();
  await peer.sleep(60000);
}

async function beyondWindow(peer) {
  const { id } = peer.openStream(KADEMLIA);
  peer.say(any(frame(DATA, 0, id, 262145, Buffer.alloc(262145)), frame(WINDOW_UPDATE, 0, id, 0xffffffff),
    frame(DATA, SYN, peer.takeId(), 262145)));
  await peer.sleep(60000);
}

async function kademlia(peer, tell, { odd }) {
  if (odd) peer.socket.pause();
  const requests = () => Buffer.concat(times(50, () => delimited(Buffer.concat([numberField(1, 4), bytesField(2, crypto.randomBytes(38))]))));
  const open = async () => peer.openStream(KADEMLIA);
  if (!odd) return keepWriting(peer, open, requests, () => tell(50));
  // Who does not read learns of no credit: what 12 streams may carry at first is more than the kernel holds of the answers.
  for (let stream = await open(), left = 12; left > 0; tell(50)) {
    await peer.write(stream, requests());
    if (stream.credit < 4096 && --left > 0) stream = await open();
  }
  await peer.sleep(60000);
}

async function pings(peer, tell, { odd }) {
  const open = async () => peer.openStream('/ipfs/ping/1.0.0');
  if (odd) return keepWriting(peer, open, () => crypto.randomBytes(3200), () => tell(100), 10);
  for (let value = 0; ; tell(100)) {
    peer.say(...times(100, () => frame(PING, SYN, 0, value++)));
    await peer.sleep(10);
  }
}

async function invalidGossip(peer, tell) {
  const make = () => any(
    () => message(bytesField(2, crypto.randomBytes(1000))),
    () => message(bytesField(1, crypto.randomBytes(38)), bytesField(2, crypto.randomBytes(100)), bytesField(3, crypto.randomBytes(8)),
      bytesField(5, crypto.randomBytes(64))),
    () => message(bytesField(2, forgedBatch())))();
  await keepWriting(peer, () => openGossip(peer), make, tell, 5);
}

/// By kind: attackers for each node, seconds they pause before they come again, their address if they share one, and
/// what they do. Every other is `odd`.
const KINDS = {
  sybils: { each: 48, pause: 0.5, from: '127.0.0.250', async run(peer, tell) {
    tell();
    for (;;) await peer.sleep(1000);
  } },
  replay: { each: 4, run: replay },
  'garbage after the handshake': { each: 4, async run(peer, tell) {
    tell();
    const garbage = crypto.randomBytes(70000); // At least one whole message, whatever its length says.
    any(() => peer.socket.write(garbage), () => peer.say(garbage))();
    await peer.sleep(60000);
  } },
  'slow message': { each: 4, async run(peer, tell) {
    peer.onFrame = () => {}; // An answer would go into the message.
    for (const byte of Buffer.concat([Buffer.from([0, 200]), crypto.randomBytes(200)])) {
      peer.socket.write(Buffer.from([byte]));
      tell();
      await peer.sleep(1000);
    }
  } },
  'stream flood': { each: 4, async run(peer, tell) {
    for (;; tell(500)) {
      openMany(peer, 500);
      await peer.drained();
    }
  } },
  'streams within the limit': { each: 4, async run(peer, tell) {
    openMany(peer, 256);
    for (await peer.sleep(1000); ; tell(150)) {
      openAndReset(peer, 150);
      await peer.sleep(100);
    }
  } },
  'beyond the window': { each: 4, run: (peer, tell) => (tell(), beyondWindow(peer)) },
  'giant frames': { each: 4, run: (peer, tell) => (tell(), oversize(peer)) },
  'IHAVE flood': { each: 4, run: (peer, tell) =>
    keepWriting(peer, () => openGossip(peer), () => rpc(control(1, bytesField(1, TOPIC), ...ids(2, 1000))), () => tell(1000), 5) },
  'IWANT flood': { each: 4, run: (peer, tell, { odd }) => {
    const most = rpc(control(2, ...ids(1, 5000))), tooMany = rpc(control(2, ...ids(1, 5001)));
    const begun = Date.now();
    const make = () => (odd && Date.now() - begun > 2000 ? tooMany : most);
    return keepWriting(peer, () => openGossip(peer), make, () => tell(5000));
  } },
  'invalid gossip': { each: 4, run: invalidGossip },
  'Kademlia flood': { each: 4, run: kademlia },
  'ping flood': { each: 4, run: pings },
};

/// Comes again under the same name each fourth time, and with a new one else.
async function attack(kind, port, odd) {
  const { run, pause = 0.2, from } = KINDS[kind];
  const source = from ?? `127.0.0.${crypto.randomInt(2, 250)}`;
  const tell = (more = 1) => count(kind, 'sent', more);
  for (let identity = newIdentity(); ; identity = crypto.randomInt(4) === 0 ? identity : newIdentity()) {
    const peer = new RawPeer(port, source, identity);
    try {
      await peer.secure();
      count(kind, 'connections');
      await run(peer, tell, { port, source, odd });
    } catch (error) {
      if (!(error instanceof Closed)) throw error;
    }
    peer.close();
    await new Promise((done) => setTimeout(done, pause * 1000 * (0.5 + Math.random())));
  }
}

setInterval(() => console.log(JSON.stringify(counts)), 1000);
await Promise.all(kinds.split(',').flatMap((kind) => ports.flatMap((port) =>
  times(Math.max(2, Math.round(KINDS[kind].each * Number(share))), (_, i) => attack(kind, Number(port), i % 2 === 1)))));
