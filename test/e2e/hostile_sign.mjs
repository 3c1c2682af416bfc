// Signs actions of made-up accounts for hostile_test.py, in bulk and beforehand, so that signing is not what is
// measured. Reads one JSON object a line: {"account": n} is answered with the address of account n,
// {"account": n, "action": {..}} with the body of POST /exchange, and with "hex": true with the bytes of an order for
// ol_exchangeSubmit (docs/protocol/exchange-block.md).
// Usage: hostile_sign.mjs CHAIN_ID URL
import readline from 'node:readline';

import { concatHex, keccak256, numberToHex, serializeSignature, toHex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

import { ExchangeClient, loadCatalog, typedData } from '../../clients/ts/src/index.js';

const [chain, url] = process.argv.slice(2);
const chainId = Number(chain);
const catalog = await loadCatalog(new ExchangeClient({ url, chainId }));
const clients = new Map();

// No two accounts use one nonce: what two of them sign alike would have one name.
let lastNonce = 0;
const nextNonce = () => (lastNonce = Math.max(Date.now(), lastNonce + 1));

function clientOf(n) {
  if (!clients.has(n)) {
    const account = privateKeyToAccount(keccak256(toHex(`openliquid hostile load ${n}`)));
    const client = new ExchangeClient({ url, chainId, account });
    client.known = catalog;
    clients.set(n, client);
  }
  return clients.get(n);
}

const int = (size) => (value) => numberToHex(value, { size });
const [u8, u32, u64] = [int(1), int(4), int(8)];

/** A PlaceOrders action with its signature, as an item holds it. */
function encodePlace(body) {
  const { message } = typedData(body.action, { catalog, chainId, nonce: body.nonce });
  const orders = message.orders.flatMap((order) => [
    u32(order.asset), u8(order.isBuy ? 0 : 1), u64(order.px), u64(order.sz), u8(order.reduceOnly ? 1 : 0),
    u8(order.tif), u8(order.trigger), u64(order.triggerPx), u8(order.stp), order.cloid, u64(order.goodTil),
  ]);
  const { r, s, v } = body.signature;
  return concatHex([
    u8(0), u32(message.orders.length), ...orders, u8(message.grouping), message.builder, u32(message.builderFee),
    message.account, u64(message.nonce), u64(message.expiresAfter), serializeSignature({ r, s, v: BigInt(v) }),
  ]);
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const job = JSON.parse(line);
  const client = clientOf(job.account);
  if (!job.action) {
    console.log(client.account.address);
  } else {
    const body = await client.sign(job.action, { nonce: nextNonce() });
    console.log(job.hex ? encodePlace(body) : JSON.stringify(body));
  }
}
