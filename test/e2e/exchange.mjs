// Two accounts trade through the TypeScript client and see the same at every node.
// Usage: exchange.mjs CHAIN_ID URL...
import assert from 'node:assert/strict';

import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';

import { ExchangeClient, ExchangeError, Feed } from '../../clients/ts/src/index.js';

const chainId = Number(process.argv[2]);
const urls = process.argv.slice(3);

/** Waits for what another node or the feed still has to learn; gives up only when it hangs. */
async function eventually(what, check) {
  const end = Date.now() + 300_000;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > end) throw new Error(`${what} did not happen`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const trader = (url) =>
  new ExchangeClient({ url, chainId, account: privateKeyToAccount(generatePrivateKey()) });
const maker = trader(urls[0]);
const taker = trader(urls[urls.length - 1]);

for (const client of [maker, taker]) {
  await client.dev({ type: 'faucet', user: client.account.address, usd: '100000' });
}
for (const client of [maker, taker]) {
  await eventually('the faucet', async () => {
    const state = await client.info({ type: 'clearinghouseState', user: client.account.address });
    return state.marginSummary.accountValue === '100000';
  });
}

// The oracle says where a price may lie; trade around it, on the tick.
const [meta, contexts] = await maker.info({ type: 'metaAndAssetCtxs' });
const tick = Number(meta.universe[0].tickPx);
const px = String(Math.round(Number(contexts[0].markPx) / tick) * tick);
const sz = '0.01';

const feeds = await Promise.all(
  urls.map(async (url) => {
    const feed = new Feed({ url });
    await feed.open();
    const seen = { fills: [], trades: [], updates: [], book: null };
    feed.fills(taker.account.address, (fill) => seen.fills.push(fill));
    feed.subscribe({ type: 'orderUpdates', user: maker.account.address }, (data) =>
      seen.updates.push(...data),
    );
    feed.subscribe({ type: 'trades', coin: 'BTC' }, (data) => seen.trades.push(...data));
    feed.book('BTC', (book) => (seen.book = book));
    return { feed, seen };
  }),
);

const [resting] = await maker.order({ coin: 'BTC', isBuy: false, px, sz, tif: 'Alo' });
assert.ok(resting.resting, JSON.stringify(resting));
for (const { seen } of feeds) {
  await eventually('the order in every book', () => seen.book?.asks.some(([at]) => at === px));
}

const [filled] = await taker.order({ coin: 'BTC', isBuy: true, px, sz, tif: 'Ioc' });
assert.equal(filled.filled?.totalSz, sz, JSON.stringify(filled));
assert.equal(filled.filled.avgPx, px);

for (const [i, { seen }] of feeds.entries()) {
  await eventually('the fill on every feed', () => seen.fills.length === 1);
  assert.equal(seen.fills[0].oid, filled.filled.oid);
  assert.equal(seen.fills[0].dir, 'Open Long');
  await eventually('the maker told', () =>
    seen.updates.some(({ order, status }) => order.oid === resting.resting.oid && status === 'filled'),
  );
  await eventually('the trade on every tape', () =>
    seen.trades.some(({ users }) => users[0] === taker.account.address.toLowerCase()),
  );
  const node = new ExchangeClient({ url: urls[i], chainId });
  const fills = await node.info({ type: 'userFills', user: taker.account.address });
  assert.equal(fills.length, 1);
  assert.equal(fills[0].tid, seen.fills[0].tid);
  const { assetPositions } = await node.info({
    type: 'clearinghouseState',
    user: taker.account.address,
  });
  assert.equal(assetPositions[0].position.szi, sz);
}

// Refusals have stable codes and say what is allowed.
const code = async (action) => {
  try {
    await action();
  } catch (error) {
    if (error instanceof ExchangeError) return error.code;
    throw error;
  }
  return 0;
};
const { catalog } = { catalog: await taker.catalog() };
catalog.byAsset.get(0).pxDecimals += 1;
const tooFine = `${px}.05`;
assert.equal(await code(() => taker.order({ coin: 'BTC', isBuy: true, px: tooFine, sz })), 8);
catalog.byAsset.get(0).pxDecimals -= 1;
assert.equal(await code(() => taker.exchange({ type: 'noop' }, { nonce: 1 })), 2);
const stranger = new ExchangeClient({ url: urls[0], chainId: chainId + 1, account: maker.account });
assert.equal(await code(() => stranger.exchange({ type: 'noop' })), 6);

// A new sub-account is told by its address.
const made = await maker.exchange({ type: 'createSubAccount', name: 'desk' });
const [desk] = await maker.info({ type: 'subAccounts', user: maker.account.address });
assert.equal(made.response.data, desk.subAccountUser, JSON.stringify(made));

// Who comes back with the height before the fill misses nothing, and gets nothing from before.
const paid = await taker.exchange({ type: 'usdSend', destination: maker.account.address, amount: '1' });
await eventually('the transfer known', async () => {
  const query = { type: 'userNonFundingLedgerUpdates', user: taker.account.address, startTime: 0 };
  return (await maker.info(query)).some(({ hash }) => hash === paid.hash);
});
const [{ height }] = feeds[0].seen.fills;
const resumed = async (type, fromHeight) => {
  const feed = new Feed({ url: urls[0] });
  await feed.open();
  const first = new Promise((resolve) => feed.subscribe({ type, user: taker.account.address, fromHeight }, resolve));
  const data = await first;
  feed.close();
  return data;
};
assert.deepEqual((await resumed('userFills', height)).fills.map(({ oid }) => oid), [filled.filled.oid]);
assert.deepEqual((await resumed('userEvents', height)).fills.map(({ oid }) => oid), [filled.filled.oid]);
assert.deepEqual((await resumed('userFills', height + 1)).fills, []);
assert.ok((await resumed('orderUpdates', height)).some(({ order, status }) => order.oid === filled.filled.oid && status === 'filled'));
const sent = (await resumed('userNonFundingLedgerUpdates', height)).nonFundingLedgerUpdates;
assert.deepEqual(sent.map(({ hash }) => hash), [paid.hash]);
assert.equal(sent[0].height, paid.height);
assert.deepEqual((await resumed('userFundings', height + 1)).isSnapshot, true);

// What happens unasked is told in a sentence: here an order that runs out.
const notices = new Promise((resolve) =>
  feeds[0].feed.subscribe({ type: 'notification', user: maker.account.address }, resolve),
);
const brief = { a: 0, b: false, p: px, s: sz, r: false, t: { limit: { tif: 'Gtc' } }, goodTil: Date.now() + 5_000 };
const placed = await maker.exchange({ type: 'order', orders: [brief], grouping: 'na' });
if (urls.length > 1) {
  const { oid } = placed.response.data.statuses[0].resting;
  const { notification } = await notices;
  assert.equal(notification, `BTC order ${oid} was canceled: expired`);
}

// A sealed order rests once it is revealed. A chain under load leaves five blocks for that, less than a reply may
// take to come: here with one exchange alone.
if (urls.length === 1) {
  const sealed = await maker.seal({ a: 0, b: false, p: px, s: sz, r: false, t: { limit: { tif: 'Gtc' } } });
  const shown = await maker.reveal(sealed);
  assert.ok(shown.resting, JSON.stringify(shown));
  assert.equal(await code(() => maker.reveal(sealed)), 39);
}

// Orders over the socket, and a book that empties when they go.
const signed = await maker.sign({ type: 'cancelAll' });
assert.equal((await feeds[0].feed.post('action', signed)).status, 'ok');

for (const { feed } of feeds) feed.close();
console.log(`traded ${sz} BTC at ${px}; ${urls.length} node(s) agree`);
