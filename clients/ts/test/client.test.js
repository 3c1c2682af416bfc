// What the client refuses before it signs, and what it says of answers that are not an exchange's.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import test from 'node:test';

import { ExchangeClient, scaled } from '../src/index.js';

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
