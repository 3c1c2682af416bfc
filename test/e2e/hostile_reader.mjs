// Subscribes to everything at each node and reads it, while hostile_test.py does its worst to them. Reads one JSON
// object a line: {"users": [..]} subscribes to their orders too, {"report": true} is answered with a line of what was
// seen so far.
// Usage: hostile_reader.mjs URL...
import readline from 'node:readline';

import { WebSocket } from 'ws';

const COINS = ['BTC', 'ETH', 'SOL', 'OPEN/USD'];
const everything = [
  { type: 'blocks' },
  { type: 'allMids' },
  ...COINS.flatMap((coin) => ['l2Diff', 'l4Diff', 'bbo', 'trades'].map((type) => ({ type, coin }))),
];

/** What one node told, and what it left out. */
class Reader {
  constructor(url) {
    this.seen = { blocks: [], rests: 0, cancels: 0, fills: 0, updates: 0, messages: 0, anew: 0, missed: [], gaps: [], closed: false };
    this.sequences = new Map();
    this.socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws`);
    this.socket.on('open', () => everything.forEach((subscription) => this.subscribe(subscription)));
    this.socket.on('message', (data) => this.receive(JSON.parse(data)));
    this.socket.on('close', () => (this.seen.closed = true));
    this.socket.on('error', () => (this.seen.closed = true));
  }

  subscribe(subscription) {
    this.socket.send(JSON.stringify({ method: 'subscribe', subscription }));
  }

  receive({ channel, data }) {
    const { seen } = this;
    seen.messages += 1;
    if (channel === 'blocks') this.block(data);
    else if (channel === 'l4Diff') this.events(data.events);
    else if (channel === 'l2Diff') this.levels(data);
    else if (channel === 'orderUpdates') seen.updates += data.length;
    else if (channel === 'error') seen.gaps.push(data);
  }

  block({ height, time }) {
    const { blocks, missed } = this.seen;
    const last = blocks.at(-1)?.[0];
    if (last !== undefined && height !== last + 1) missed.push(`block ${height} after ${last}`);
    blocks.push([height, Date.now() / 1000, time / 1000]);
  }

  events(events) {
    for (const { type } of events) {
      if (type === 'rest') this.seen.rests += 1;
      else if (type === 'cancel') this.seen.cancels += 1;
      else this.seen.fills += 1;
    }
  }

  // A snapshot that was not asked for: the node's API began anew, and blocks may be missing.
  levels({ coin, isSnapshot, seq, prevSeq }) {
    const { seen, sequences } = this;
    const last = sequences.get(coin);
    if (isSnapshot && last !== undefined && coin === COINS[0]) seen.anew += 1;
    if (!isSnapshot && prevSeq !== last) seen.gaps.push(`${coin}: change after ${prevSeq} follows ${last}`);
    sequences.set(coin, seq);
  }
}

const readers = process.argv.slice(2).map((url) => new Reader(url));
for await (const line of readline.createInterface({ input: process.stdin })) {
  const { users } = JSON.parse(line);
  if (users) readers.forEach((reader) => users.forEach((user) => reader.subscribe({ type: 'orderUpdates', user })));
  else console.log(JSON.stringify(readers.map((reader) => reader.seen)));
}
readers.forEach((reader) => reader.socket.terminate());
