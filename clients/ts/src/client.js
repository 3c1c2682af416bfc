import { parseSignature, toHex } from 'viem';

import { sealCommitment, typedData } from './actions.js';

const BAD_NONCE = 2;

/** A refusal by the node or the exchange, with its stable code. */
export class ExchangeError extends Error {
  constructor({ code, msg }) {
    super(`${msg} (code ${code})`);
    this.name = 'ExchangeError';
    this.code = code;
  }
}

/** Markets and tokens of a chain: what writing its numbers takes. */
export async function loadCatalog(client) {
  const [meta, spot] = await Promise.all([client.info({ type: 'meta' }), client.info({ type: 'spotMeta' })]);
  const byAsset = new Map();
  const byCoin = new Map();
  const add = (entry) => {
    byAsset.set(entry.asset, entry);
    byCoin.set(entry.name, entry);
  };
  for (const perp of meta.universe) {
    add({ ...perp, pxDecimals: 6 - perp.szDecimals });
  }
  for (const pair of spot.universe) {
    add({ ...pair, asset: 10000 + pair.index, pxDecimals: 8 - pair.szDecimals });
  }
  return { byAsset, byCoin, byToken: new Map(spot.tokens.map((token) => [token.name, token])) };
}

/** The number of a coin; a name the chain does not list is refused before anything is signed. */
export function assetOf({ byCoin }, coin) {
  const entry = byCoin.get(coin);
  if (!entry) throw new Error(`coin ${JSON.stringify(coin)} is not listed; coins are ${[...byCoin.keys()].join(', ')}`);
  return entry.asset;
}

/**
 * One account, or an agent of one, on one node. `account` is a viem account; without it only
 * queries work. Nonces are milliseconds, of the chain where its time is ahead of this machine's, and
 * never repeat within one client.
 */
export class ExchangeClient {
  #nonce = 0;
  #chainMs = 0;

  constructor({ url, account, chainId, onBehalfOf = null }) {
    this.url = url.replace(/\/$/, '');
    this.account = account;
    this.chainId = chainId;
    this.onBehalfOf = onBehalfOf;
  }

  async #post(path, body) {
    const response = await fetch(this.url + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!(response.headers.get('content-type') ?? '').startsWith('application/json'))
      throw new Error(`${this.url}${path} answers ${response.status}: ${(await response.text()).trim()}; has this chain an exchange?`);
    const reply = await response.json();
    const time = Number(response.headers.get('x-time') ?? reply?.response?.data?.time ?? 0);
    if (time > this.#chainMs) this.#chainMs = time;
    if (reply?.status === 'err') throw new ExchangeError(reply.response);
    return reply;
  }

  info(query) {
    return this.#post('/info', query);
  }

  async catalog() {
    this.known ??= await loadCatalog(this);
    return this.known;
  }

  nextNonce() {
    this.#nonce = Math.max(Date.now(), this.#chainMs, this.#nonce + 1);
    return this.#nonce;
  }

  /** The whole body of POST /exchange, signed. */
  async sign(action, { nonce: given, expiresAfter = null } = {}) {
    const catalog = await this.catalog();
    const nonce = given ?? this.nextNonce();
    const typed = typedData(action, {
      catalog,
      chainId: this.chainId,
      nonce,
      account: this.onBehalfOf,
      expiresAfter,
    });
    const { r, s, v } = parseSignature(await this.account.signTypedData(typed));
    return {
      action,
      nonce,
      signature: { r, s, v: Number(v) },
      vaultAddress: this.onBehalfOf,
      expiresAfter,
    };
  }

  /** Sends an action; resolves when it is in a final block. */
  async exchange(action, options = {}) {
    const path = options.wait === 'accepted' ? '/exchange?wait=accepted' : '/exchange';
    const body = await this.sign(action, options);
    try {
      return await this.#post(path, body);
    } catch (error) {
      if (error.code !== BAD_NONCE || options.nonce !== undefined) throw error;
      // The chain's time may have gone ahead (POST /dev): once more if this nonce is behind it.
      await this.info({ type: 'exchangeStatus' });
      if (this.#chainMs <= body.nonce) throw error;
      return this.#post(path, await this.sign(action, options));
    }
  }

  /** Statuses of orders {coin, isBuy, px, sz, tif? or trigger?, reduceOnly?, cloid?}, one for each. */
  async order(...orders) {
    const catalog = await this.catalog();
    const reply = await this.exchange({
      type: 'order',
      orders: orders.map((order) => ({
        a: assetOf(catalog, order.coin),
        b: order.isBuy,
        p: order.px,
        s: order.sz,
        r: order.reduceOnly ?? false,
        t: order.trigger ? { trigger: order.trigger } : { limit: { tif: order.tif ?? 'Gtc' } },
        ...(order.cloid ? { c: order.cloid } : {}),
      })),
      grouping: 'na',
    });
    return reply.response.data.statuses;
  }

  async cancel(coin, oid) {
    const catalog = await this.catalog();
    const reply = await this.exchange({
      type: 'cancel',
      cancels: [{ a: assetOf(catalog, coin), o: oid }],
    });
    return reply.response.data.statuses[0];
  }

  cancelAll() {
    return this.exchange({ type: 'cancelAll' });
  }

  /** Commits to an order (in wire form) without showing it: what `reveal` takes in one of the next five blocks. */
  async seal(order) {
    const salt = toHex(crypto.getRandomValues(new Uint8Array(32)));
    const owner = this.onBehalfOf ?? this.account.address;
    const commitment = sealCommitment(order, salt, owner, await this.catalog());
    await this.exchange({ type: 'sealOrder', commitment });
    return { commitment, order, salt };
  }

  /** The status of a sealed order once it is shown. */
  async reveal({ commitment, order, salt }) {
    const reply = await this.exchange({ type: 'revealOrder', commitment, order, salt });
    return reply.response.data.statuses[0];
  }

  /** Development networks only. */
  dev(request) {
    return this.#post('/dev', request);
  }
}
