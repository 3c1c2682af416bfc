import { bookCrc } from './crc.js';

/** The WebSocket of the platform, or that of the package `ws`. */
async function socketClass() {
  return globalThis.WebSocket ?? (await import('ws')).WebSocket;
}

/**
 * Subscriptions over one WebSocket that reconnects. Books follow their sequence and checksum and
 * begin anew when something is missing; fills go on from the last height seen.
 */
export class Feed {
  #subscriptions = new Map();
  #socket;
  #closed = false;
  #posts = new Map();
  #nextPost = 1;
  #retryMs;
  #onError;

  /** `onError` is told what the node refuses of subscriptions; without it that is printed. */
  constructor({ url, retryMs = 200, onError = (error) => console.error(error.message) }) {
    this.url = `${url.replace(/^http/, 'ws').replace(/\/$/, '')}/ws`;
    this.#retryMs = retryMs;
    this.#onError = onError;
  }

  async open() {
    const Socket = await socketClass();
    await new Promise((resolve, reject) => {
      const socket = new Socket(this.url);
      this.#socket = socket;
      let opened = false;
      socket.onopen = () => {
        opened = true;
        for (const sub of this.#subscriptions.values()) this.#subscribe(sub);
        resolve();
      };
      socket.onmessage = (event) => this.#receive(JSON.parse(event.data));
      socket.onerror = (event) => reject(event.error ?? new Error(`cannot connect to ${this.url}`));
      // One that never opened is tried again by whoever waits for it.
      socket.onclose = () => (opened ? this.#retry() : reject(new Error(`cannot connect to ${this.url}`)));
    });
  }

  close() {
    this.#closed = true;
    this.#socket?.close();
  }

  #retry() {
    for (const { reject } of this.#posts.values()) reject(new Error('the connection was lost'));
    this.#posts.clear();
    if (this.#closed) return;
    setTimeout(() => this.open().catch(() => this.#retry()), this.#retryMs).unref?.();
  }

  #send(method, subscription) {
    this.#socket.send(JSON.stringify({ method, subscription }));
  }

  // The node knows a subscription by the words it was asked for with.
  #subscribe(sub) {
    sub.asked = sub.request();
    this.#send('subscribe', sub.asked);
  }

  #receive({ channel, data }) {
    if (channel === 'post') {
      const { type, payload } = data.response;
      const waiting = this.#posts.get(data.id);
      this.#posts.delete(data.id);
      if (type === 'error') waiting?.reject(new Error(payload));
      else waiting?.resolve(type === 'info' ? payload.data : payload);
      return;
    }
    if (channel === 'error') return this.#onError(new Error(`the node refuses: ${data}`));
    for (const sub of this.#subscriptions.values()) {
      if (sub.channel === channel) sub.receive(data);
    }
  }

  #add(key, sub) {
    this.#subscriptions.set(key, sub);
    if (this.#socket?.readyState === 1) this.#subscribe(sub);
    return () => {
      this.#subscriptions.delete(key);
      if (this.#socket?.readyState === 1 && sub.asked) this.#send('unsubscribe', sub.asked);
    };
  }

  /** Any channel as it comes. Returns what ends the subscription. */
  subscribe(subscription, onData) {
    return this.#add(JSON.stringify(subscription), {
      channel: subscription.type === 'userEvents' ? 'user' : subscription.type,
      request: () => subscription,
      receive: onData,
    });
  }

  /** The account's fills, each once, over reconnections too. */
  fills(user, onFill) {
    const seen = new Set(); // of the last height: fills come in the order of their blocks
    let height = 0;
    return this.#add(`fills:${user}`, {
      channel: 'userFills',
      request: () => ({ type: 'userFills', user, ...(height ? { fromHeight: height } : {}) }),
      receive: (data) => {
        if (data.user !== user.toLowerCase()) return;
        for (const fill of data.fills) {
          if (fill.height > height) seen.clear();
          const key = `${fill.tid}:${fill.oid}`;
          if (fill.height < height || seen.has(key)) continue;
          seen.add(key);
          height = fill.height;
          onFill(fill);
        }
      },
    });
  }

  /** A whole book kept up by its changes: {bids, asks} as [px, sz] strings, best first. */
  book(coin, onBook) {
    const subscription = { type: 'l2Diff', coin };
    let seq = null;
    const sides = [new Map(), new Map()];
    const restart = () => {
      seq = null;
      this.#send('unsubscribe', subscription);
      this.#send('subscribe', subscription);
    };
    return this.#add(`book:${coin}`, {
      channel: 'l2Diff',
      request: () => subscription,
      receive: (data) => {
        if (data.coin !== coin) return;
        if (data.isSnapshot) {
          for (const side of sides) side.clear();
        } else if (data.prevSeq !== seq) {
          if (seq !== null) restart();
          return;
        }
        seq = data.seq;
        data.levels.forEach((levels, i) => {
          for (const { px, sz } of levels) sz === '0' ? sides[i].delete(px) : sides[i].set(px, sz);
        });
        const sorted = (side, sign) => [...side].sort(([a], [b]) => sign * (Number(a) - Number(b)));
        const book = { coin, seq, bids: sorted(sides[0], -1), asks: sorted(sides[1], 1) };
        if (bookCrc(book) !== data.crc) return restart();
        onBook(book);
      },
    });
  }

  /** A query or a signed request over the socket. */
  post(type, payload) {
    const id = this.#nextPost++;
    return new Promise((resolve, reject) => {
      this.#posts.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ method: 'post', id, request: { type, payload } }));
    });
  }
}
