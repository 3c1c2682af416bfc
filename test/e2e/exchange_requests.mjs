// Requests in the shapes that the public Python SDK sends, over HTTP to a real node: the shapes of the replies,
// and each refusal with its stable code (dex.md 15.3) and a sentence that says what is allowed.
// Usage: exchange_requests.mjs CHAIN_ID URL...
import assert from 'node:assert/strict';

import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';

import { ExchangeClient } from '../../clients/ts/src/index.js';

const chainId = Number(process.argv[2]);
const urls = process.argv.slice(3);
const BTC = 0;
const PERP_DOLLARS = '100000';

/** The raw reply, as a client in another language sees it. */
async function post(url, path, body) {
  const reply = await fetch(url + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return reply.json();
}

const info = (query, url = urls[0]) => post(url, '/info', query);
const clientOf = (account, more = {}) => new ExchangeClient({ url: urls[0], chainId, account, ...more });
const newClient = () => clientOf(privateKeyToAccount(generatePrivateKey()));

/** Signs with the client and sends; `more` goes over the body, `wait` into the address. */
async function send(client, action, { nonce, wait, ...more } = {}) {
  const body = await client.sign(action, { nonce, ...more });
  return post(urls[0], wait ? `/exchange?wait=${wait}` : '/exchange', body);
}

/** Waits for what a node still has to learn; gives up only when it hangs. */
async function eventually(what, check) {
  const end = Date.now() + 300_000;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > end) throw new Error(`${what} did not happen`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function funded() {
  const client = newClient();
  const user = client.account.address;
  await post(urls[0], '/dev', { type: 'faucet', user, usd: PERP_DOLLARS });
  await eventually('the faucet', async () => {
    const { marginSummary } = await info({ type: 'clearinghouseState', user });
    return marginSummary.accountValue === PERP_DOLLARS;
  });
  return client;
}

const limit = (tif = 'Gtc') => ({ limit: { tif } });
const orderAction = (...orders) => ({ type: 'order', orders, grouping: 'na' });
const statuses = (reply, type) => {
  assert.equal(reply.status, 'ok', JSON.stringify(reply));
  assert.equal(reply.response.type, type);
  return reply.response.data.statuses;
};
const hasKeys = (value, keys) =>
  keys.forEach((key) => assert.ok(key in value, `${key} is missing in ${JSON.stringify(value)}`));

// --- Orders, from placing to what is known of them afterwards.

const trader = await funded();
const user = trader.account.address.toLowerCase();
const other = await funded();
const [meta, contexts] = await info({ type: 'metaAndAssetCtxs' });
const oracle = Number(contexts[BTC].oraclePx);
const tick = Number(meta.universe[BTC].tickPx);
/** The tick nearest to a part of the oracle's price. */
const near = (part) => String(Math.round((oracle * part) / tick) * tick);
const cloid = `0x${'0'.repeat(30)}2a`;
const btc = (more) => ({ a: BTC, b: true, p: near(0.9), s: '0.01', r: false, t: limit(), ...more });

const [one, two, now] = statuses(
  await send(trader, orderAction(btc(), btc({ p: near(0.91), c: cloid }), btc({ t: limit('Ioc') }))),
  'order',
);
assert.ok(Number.isInteger(one.resting.oid));
assert.equal(two.resting.cloid, cloid);
assert.equal(now.error.code, 23);

const open = await info({ type: 'openOrders', user });
assert.equal(open.length, 2);
hasKeys(open[0], ['coin', 'side', 'limitPx', 'sz', 'oid', 'timestamp', 'origSz']);
hasKeys((await info({ type: 'frontendOpenOrders', user }))[0], ['orderType', 'reduceOnly', 'isTrigger', 'tif']);
const known = await info({ type: 'orderStatus', user, oid: one.resting.oid });
assert.equal(known.status, 'order');
assert.equal(known.order.status, 'open');
assert.equal(known.order.order.oid, one.resting.oid);
assert.equal((await info({ type: 'orderStatus', user, oid: cloid })).order.order.oid, two.resting.oid);

const [moved] = statuses(
  await send(trader, { type: 'modify', oid: one.resting.oid, order: btc({ s: '0.02' }) }),
  'modify',
);
const [again, byName] = statuses(
  await send(trader, {
    type: 'batchModify',
    modifies: [
      { oid: moved.resting.oid, order: btc({ p: near(0.89) }) },
      { oid: cloid, order: btc({ p: near(0.88), c: cloid }) },
    ],
  }),
  'batchModify',
);
assert.deepEqual(
  statuses(await send(trader, { type: 'cancel', cancels: [{ a: BTC, o: again.resting.oid }] }), 'cancel'),
  ['success'],
);
assert.ok(byName.resting.oid);
assert.deepEqual(
  statuses(await send(trader, { type: 'cancelByCloid', cancels: [{ asset: BTC, cloid }] }), 'cancelByCloid'),
  ['success'],
);
const [gone] = statuses(await send(trader, { type: 'cancel', cancels: [{ a: BTC, o: again.resting.oid }] }), 'cancel');
assert.equal(gone.error.code, 28);
assert.deepEqual(await info({ type: 'openOrders', user }), []);

// --- A trade, leverage, a transfer, and what queries say of them.

assert.deepEqual(
  (await send(trader, { type: 'updateLeverage', asset: BTC, isCross: true, leverage: 7 })).response,
  { type: 'default' },
);
const [ask] = statuses(await send(other, orderAction(btc({ b: false, p: near(1), t: limit('Alo') }))), 'order');
assert.ok(ask.resting);
const [hit] = statuses(await send(trader, orderAction(btc({ p: near(1), t: limit('Ioc') }))), 'order');
assert.equal(hit.filled.totalSz, '0.01');
hasKeys(hit.filled, ['oid', 'avgPx']);

const amount = '12.5';
const nonce = trader.nextNonce();
const sent = await send(
  trader,
  {
    type: 'usdSend',
    hyperliquidChain: 'Testnet',
    signatureChainId: `0x${chainId.toString(16)}`,
    destination: other.account.address,
    amount,
    time: nonce,
  },
  { nonce },
);
assert.equal(sent.status, 'ok', JSON.stringify(sent));

for (const url of urls) {
  const state = await eventually('the trade and the leverage at every node', async () => {
    const found = await info({ type: 'clearinghouseState', user }, url);
    return found.height >= sent.height && found;
  });
  hasKeys(state, ['marginSummary', 'crossMarginSummary', 'withdrawable', 'assetPositions', 'time']);
  const { position, type } = state.assetPositions[0];
  assert.equal(type, 'oneWay');
  assert.equal(position.coin, 'BTC');
  assert.equal(position.szi, '0.01');
  assert.deepEqual([position.leverage.type, position.leverage.value], ['cross', 7]);
  hasKeys(position, ['entryPx', 'positionValue', 'unrealizedPnl', 'liquidationPx', 'marginUsed', 'maxLeverage']);
  const fills = await info({ type: 'userFills', user }, url);
  assert.equal(fills.length, 1);
  hasKeys(fills[0], ['coin', 'px', 'sz', 'side', 'time', 'startPosition', 'dir', 'closedPnl', 'hash', 'oid', 'crossed', 'fee', 'tid']);
  const ledger = await info({ type: 'userNonFundingLedgerUpdates', user, startTime: 0 }, url);
  assert.ok(JSON.stringify(ledger).includes(amount), JSON.stringify(ledger));
}
const book = await info({ type: 'l2Book', coin: 'BTC' });
assert.equal(book.levels.length, 2);
hasKeys(await info({ type: 'allMids' }), []);
// Existing clients name the exchange that has no name.
for (const type of ['meta', 'allMids', 'clearinghouseState', 'openOrders', 'frontendOpenOrders']) {
  await info({ type, user: type === 'meta' || type === 'allMids' ? undefined : user, dex: '' });
}
assert.ok(Array.isArray(await info({ type: 'userFillsByTime', user, startTime: 0 })));
const candles = await info({ type: 'candleSnapshot', req: { coin: 'BTC', interval: '1m', startTime: 0, endTime: Date.now() + 86_400_000 } });
hasKeys(candles[0], ['t', 'T', 's', 'i', 'o', 'c', 'h', 'l', 'v', 'n']);
hasKeys((await info({ type: 'spotMeta' })).universe[0], ['name', 'tokens', 'index', 'isCanonical']);
hasKeys((await info({ type: 'spotClearinghouseState', user })), ['balances']);
hasKeys(await info({ type: 'userRateLimit', user }), ['cumVlm', 'nRequestsUsed', 'nRequestsCap']);
assert.ok(Array.isArray(await info({ type: 'subAccounts', user })));
assert.ok(Array.isArray(await info({ type: 'fundingHistory', coin: 'BTC', startTime: 0 })));

// --- Refusals.

const found = [];
/** What a reply says: of the whole action, or of its first element. */
const errorOf = (reply) => (reply.status === 'err' ? reply.response : reply.response?.data?.statuses?.[0]?.error);
function refused(what, reply, code, says) {
  const error = errorOf(reply);
  const line = `${what}: ${error ? `${error.code} ${error.msg}` : JSON.stringify(reply)}`;
  const bad = !error || error.code !== code || !says.test(error.msg);
  found.push({ line, bad, code, says });
}
/** Signs one action and sends another: numbers that the client itself would refuse. */
async function sendUnsigned(client, action, asSigned) {
  const body = await client.sign(asSigned);
  return post(urls[0], '/exchange', { ...body, action });
}

const offTick = String(Number(near(0.9)) + tick / 10);
refused('wrong tick', await send(trader, orderAction(btc({ p: offTick }))), 14, new RegExp(`tick ${tick}; use ${near(0.9)} or `));
refused('wrong lot', await send(trader, orderAction(btc({ s: '0' }))), 15, new RegExp(`lot ${meta.universe[BTC].lotSz}; use `));
const fine = (more) => sendUnsigned(trader, orderAction(btc(more)), orderAction(btc()));
refused('too many decimals of a size', await fine({ s: '0.0100001' }), 8, /at most 5 decimals/);
refused('too many decimals of a price', await fine({ p: `${near(0.9)}.05` }), 8, /at most 1 decimals/);
refused('too small', await send(trader, orderAction(btc({ s: '0.00001' }))), 16, /at least 10 USD/);
refused('too far', await send(trader, orderAction(btc({ p: near(30) }))), 17, /between [\d.]+ and [\d.]+, a twentieth and twenty times the oracle price [\d.]+/);
refused('stale nonce', await send(trader, { type: 'noop' }, { nonce: 1 }), 2, /from \d{13} to \d{13}/);
refused('nonce of the future', await send(trader, { type: 'noop' }, { nonce: Date.now() + 3 * 86_400_000 }), 2, /from \d{13} to \d{13}/);
const used = trader.nextNonce();
assert.equal((await send(trader, { type: 'noop' }, { nonce: used })).status, 'ok');
refused('used nonce', await send(trader, { type: 'noop' }, { nonce: used }), 2, /was used.*from \d{13} to \d{13}/);
const elsewhere = clientOf(trader.account, { chainId: chainId + 1 });
refused('wrong chain', await send(elsewhere, { type: 'noop' }), 6, new RegExp(`0x[0-9a-f]{40}.*chain id ${chainId}`));
const named = trader.nextNonce();
refused(
  'wrong chain named',
  await send(trader, { type: 'usdSend', signatureChainId: '0x1', destination: user, amount, time: named }, { nonce: named }),
  1, new RegExp(`chain id ${chainId}`),
);
const stranger = newClient();
const strange = await send(stranger, orderAction(btc()));
refused('wrong signer', strange, 6, new RegExp(`${stranger.account.address.toLowerCase()}.*chain id ${chainId}`));
refused('not its account', await send(clientOf(trader.account, { onBehalfOf: other.account.address }), { type: 'noop' }), 4, new RegExp(`does not control ${other.account.address.toLowerCase()}.*sub-accounts or vaults`));
const garbled = await trader.sign({ type: 'noop' });
garbled.signature.s = `0x${'ff'.repeat(32)}`;
refused('no signature', await post(urls[0], '/exchange', garbled), 1, new RegExp(`65 bytes r, s, v.*chain id ${chainId}`));
refused('leverage', await send(trader, { type: 'updateLeverage', asset: BTC, isCross: true, leverage: 41 }), 30, /leverage of BTC must be between 1 and 40/);
refused('over the wallet', await send(trader, { type: 'usdSend', destination: other.account.address, amount: '99999999' }), 31, /withdrawn: at most \d[\d.]* USD/);

// An agent trades, may not send money, and is revoked by another of the same name.
const agents = [newClient(), newClient()];
for (const agent of agents) {
  const approve = { type: 'approveAgent', agentAddress: agent.account.address, agentName: 'bot' };
  assert.equal((await send(trader, approve)).status, 'ok');
  assert.ok(statuses(await send(agent, orderAction(btc())), 'order')[0].resting);
}
refused('agent that sends', await send(agents[1], { type: 'usdSend', destination: other.account.address, amount: '1' }), 4, new RegExp(`account's own key.*${agents[1].account.address.toLowerCase()} is an agent`));
refused('revoked agent', await send(agents[0], orderAction(btc())), 5, new RegExp(`${agents[0].account.address.toLowerCase()}.*approve a new address`));

// A hundred elements an action use up a budget of ten thousand; what each of them answers does not matter.
const spender = await funded();
const { nRequestsCap } = await info({ type: 'userRateLimit', user: spender.account.address });
const hundred = orderAction(...Array.from({ length: 100 }, () => btc()));
for (let spent = 0; spent < nRequestsCap; spent += 100) {
  const reply = await send(spender, hundred, { wait: 'accepted' });
  assert.equal(reply.status, 'ok', JSON.stringify(reply));
}
refused('over budget', await send(spender, hundred), 7, new RegExp(`of ${nRequestsCap};.*every 10 s`));
assert.equal((await send(spender, { type: 'cancelAll' })).status, 'ok', 'cancels have a budget of their own');
const tooMany = await sendUnsigned(spender, orderAction(...Array.from({ length: 101 }, () => btc())), orderAction(btc()));
refused('too long', tooMany, 38, /1 to 100 are allowed/);
refused('no action', await sendUnsigned(trader, { type: 'orders' }, { type: 'noop' }), 1001, /actions are .*order/);
refused('no JSON', await post(urls[0], '/exchange', '{"action":'), 1000, /./);
refused('no asset', await sendUnsigned(trader, orderAction(btc({ a: 77 })), orderAction(btc())), 10, /BTC.*ETH.*SOL/);
const foreign = await post(urls[0], '/info', { type: 'meta', dex: 'xyz' });
refused('another exchange', foreign, 1000, /dex must be ""/);
assert.deepEqual([foreign.code, foreign.msg], [foreign.response.code, foreign.response.msg], 'existing clients read these');
refused('no query', await post(urls[0], '/info', { type: 'bookOfBtc' }), 1001, /queries are .*l2Book/);

for (const { line, bad } of found) console.log(`${bad ? 'WRONG ' : ''}${line}`);
const wrong = found.filter(({ bad }) => bad);
for (const { line, code, says } of wrong) console.error(`expected code ${code} and ${says}: ${line}`);
assert.equal(wrong.length, 0, `${wrong.length} refusals are not as they should be`);
assert.ok(statuses(await send(trader, orderAction(btc())), 'order')[0].resting, 'an ordinary order afterwards');
console.log(`${found.length} refusals with code and sentence; ${urls.length} node(s) agree`);
