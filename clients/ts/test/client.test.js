// What the client refuses before it signs, and what it says of answers that are not an exchange's.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import test from 'node:test';

import { privateKeyToAccount } from 'viem/accounts';

import { ExchangeClient, Feed, scaled } from '../src/index.js';

const META = {
  '/info meta': { universe: [{ name: 'BTC', asset: 0, szDecimals: 5 }] },
  '/info spotMeta': { tokens: [], universe: [{ name: 'OPEN/USD', index: 0, szDecimals: 2 }] },
};

async function serving(answer, body) {
  const server = createServer(answer);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await body(new ExchangeClient({ url: `http://127.0.0.1:${server.address().port}`, chainId: 7777 }));
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function venue(request, response) {
  let text = '';
  request.on('data', (part) => (text += part));
  request.on('end', () => {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(META[`${request.url} ${JSON.parse(text).type}`]));
  });
}

test('a coin that is not listed is refused by name', () =>
  serving(venue, async (client) => {
    const unlisted = { message: 'coin "XBT" is not listed; coins are BTC, OPEN/USD' };
    await assert.rejects(client.order({ coin: 'XBT', isBuy: true, px: '1', sz: '1' }), unlisted);
    await assert.rejects(client.cancel('XBT', 7), unlisted);
  }));

test('a number that is no string is refused as such', () => {
  assert.throws(() => scaled(60000, 1), { name: 'TypeError', message: /60000 must be a decimal string/ });
});

test('an answer that is no JSON is told with its status', () =>
  serving(
    (_, response) => {
      response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' });
      response.end('not found\n');
    },
    async (client) => {
      await assert.rejects(client.info({ type: 'meta' }), { message: /\/info answers 404: not found; has this chain/ });
    },
  ));

test('an order may wait for a price', () => {
  let placed;
  const book = (request, response) => {
    if (request.url !== '/exchange') return venue(request, response);
    request.on('data', (part) => (placed = JSON.parse(part).action));
    request.on('end', () => {
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ status: 'ok', response: { data: { statuses: [{ waitingForTrigger: { oid: 1 } }] } } }));
    });
  };
  return serving(book, async (client) => {
    client.account = privateKeyToAccount(`0x${'11'.repeat(32)}`);
    const trigger = { isMarket: true, triggerPx: '59000', tpsl: 'sl' };
    const stop = { coin: 'BTC', isBuy: false, px: '58000', sz: '0.1', reduceOnly: true, trigger };
    assert.deepEqual(await client.order(stop), [{ waitingForTrigger: { oid: 1 } }]);
    assert.deepEqual(placed.orders, [{ a: 0, b: false, p: '58000', s: '0.1', r: true, t: { trigger } }]);
  });
});

const DAY_MS = 86_400_000;

/** A chain whose time can be ahead, and which refuses nonces more than two days behind it. */
function chain(state) {
  return (request, response) => {
    let text = '';
    request.on('data', (part) => (text += part));
    request.on('end', () => {
      const body = JSON.parse(text);
      response.setHeader('Content-Type', 'application/json');
      if (request.url === '/info') response.setHeader('X-Time', String(state.time));
      let reply = META[`/info ${body.type}`] ?? {};
      if (request.url === '/exchange') {
        state.nonces.push(body.nonce);
        const late = body.nonce < state.time - 2 * DAY_MS || state.refuses;
        reply = late ? { status: 'err', response: { code: 2, msg: 'late' } } : { status: 'ok', response: { type: 'default' } };
      }
      response.end(JSON.stringify(reply));
    });
  };
}

test('nonces are of the chain where its time is ahead, also when it went ahead meanwhile', () => {
  const state = { time: Date.now() + 3 * DAY_MS, nonces: [], refuses: false };
  return serving(chain(state), async (client) => {
    client.account = privateKeyToAccount(`0x${'01'.repeat(32)}`);
    await client.exchange({ type: 'noop' });
    assert.deepEqual(state.nonces, [state.time]);
    state.time += 5 * DAY_MS;
    await client.exchange({ type: 'noop' });
    assert.deepEqual(state.nonces.slice(2), [state.time], 'refused once, then sent with the time of the chain');
    state.refuses = true;
    await assert.rejects(client.exchange({ type: 'noop' }), { code: 2 });
    await assert.rejects(client.exchange({ type: 'noop' }, { nonce: 1 }), { code: 2 });
    assert.equal(state.nonces.length, 5, 'what is refused for another reason, or was given, is not sent again');
  });
});

/** A socket that is open at once and keeps what is sent. */
class Socket {
  static last;
  sent = [];
  readyState = 1;
  constructor() {
    Socket.last = this;
    queueMicrotask(() => this.onopen());
  }
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.onclose();
  }
  tell(data) {
    this.onmessage({ data: JSON.stringify({ channel: 'userFills', data }) });
  }
}

test('fills come once each and end by the words they began with', async () => {
  const platform = globalThis.WebSocket;
  globalThis.WebSocket = Socket;
  try {
    const feed = new Feed({ url: 'http://127.0.0.1:1', retryMs: 1 });
    await feed.open();
    const user = '0x00000000000000000000000000000000000000aa';
    const got = [];
    const end = feed.fills(user, (fill) => got.push(fill.tid));
    const fill = (tid, height) => ({ tid, oid: 1, height });
    Socket.last.tell({ user, isSnapshot: true, fills: [fill(1, 5), fill(2, 6)] });
    Socket.last.tell({ user, fills: [fill(3, 6)] });
    Socket.last.tell({ user, isSnapshot: true, fills: [fill(1, 5), fill(2, 6), fill(3, 6), fill(4, 7)] });
    // After a revert numbers are given again.
    Socket.last.tell({ user, fills: [fill(2, 8)] });
    assert.deepEqual(got, [1, 2, 3, 4, 2]);
    end();
    assert.deepEqual(Socket.last.sent.map((one) => [one.method, one.subscription]), [
      ['subscribe', { type: 'userFills', user }],
      ['unsubscribe', { type: 'userFills', user }],
    ]);
    feed.fills(user, () => {});
    Socket.last.tell({ user, fills: [fill(5, 9)] });
    const before = Socket.last;
    before.close();
    while (Socket.last === before || !Socket.last.sent.length) await new Promise((resolve) => setTimeout(resolve, 1));
    assert.deepEqual(Socket.last.sent[0].subscription, { type: 'userFills', user, fromHeight: 9 });
    feed.close();
  } finally {
    globalThis.WebSocket = platform;
  }
});

test('what the node refuses of a subscription is told', async () => {
  const platform = globalThis.WebSocket;
  globalThis.WebSocket = Socket;
  try {
    const told = [];
    const feed = new Feed({ url: 'http://127.0.0.1:1', onError: (error) => told.push(error.message) });
    await feed.open();
    feed.subscribe({ type: 'trades', coin: 'XBT' }, () => {});
    Socket.last.onmessage({ data: JSON.stringify({ channel: 'error', data: 'coin is not listed' }) });
    assert.deepEqual(told, ['the node refuses: coin is not listed']);
    feed.close();
  } finally {
    globalThis.WebSocket = platform;
  }
});

test('a node that is gone is asked one connection at a time', async () => {
  const platform = globalThis.WebSocket;
  let open = true;
  let tried = 0;
  globalThis.WebSocket = class extends Socket {
    constructor() {
      super();
      tried += 1;
      if (open) return;
      // As sockets that are refused do: an error, then a close.
      this.onopen = undefined;
      setTimeout(() => {
        this.onerror({});
        this.onclose();
      }, 1);
    }
    set onopen(does) {
      this.opens = does;
    }
    get onopen() {
      return () => open && this.opens();
    }
  };
  try {
    const feed = new Feed({ url: 'http://127.0.0.1:1', retryMs: 1 });
    await feed.open();
    open = false;
    const started = performance.now();
    Socket.last.close();
    await new Promise((resolve) => setTimeout(resolve, 60));
    // Each takes two timers of a millisecond at the least.
    assert.ok(tried > 1 && tried <= 2 + (performance.now() - started) / 2, `${tried} connections`);
    open = true;
    const before = Socket.last;
    while (Socket.last === before) await new Promise((resolve) => setTimeout(resolve, 1));
    feed.close();
  } finally {
    globalThis.WebSocket = platform;
  }
});
