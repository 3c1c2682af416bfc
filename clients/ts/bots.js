#!/usr/bin/env node
// Market makers and takers that keep a development network's books alive.
// Usage: bots.js URL CHAIN_ID [--seed N] [--makers N] [--takers N] [--rounds N] [--pause MS]
// The same seed makes the same keys and the same choices; what comes of them depends on the others.
import { keccak256, toHex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

import { ExchangeClient } from './src/index.js';

const [url, chain, ...rest] = process.argv.slice(2);
const flag = (name, otherwise) => {
  const at = rest.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(rest[at + 1]);
};
const seed = flag('seed', 1);
const rounds = flag('rounds', Infinity);
const pauseMs = flag('pause', 200);

/** splitmix64: a generator of our own, so that a seed means the same everywhere. */
function generator(state) {
  const mask = (1n << 64n) - 1n;
  let at = BigInt(state) & mask;
  const next = () => {
    at = (at + 0x9e3779b97f4a7c15n) & mask;
    let z = at;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask;
    return z ^ (z >> 31n);
  };
  return (n) => Number((next() * BigInt(n)) >> 64n);
}

/** `steps` multiples of `step`, as a plain decimal. */
function multiple(steps, step) {
  const [, fraction = ''] = step.split('.');
  const scaled = BigInt(steps) * BigInt(step.replace('.', ''));
  const digits = scaled.toString().padStart(fraction.length + 1, '0');
  const whole = digits.slice(0, digits.length - fraction.length);
  const part = digits.slice(digits.length - fraction.length).replace(/0+$/, '');
  return part === '' ? whole : `${whole}.${part}`;
}

class Bot {
  constructor(name) {
    const key = keccak256(toHex(`openliquid bot ${name} ${seed}`));
    this.below = generator(BigInt(key) & ((1n << 64n) - 1n));
    this.client = new ExchangeClient({ url, chainId: Number(chain), account: privateKeyToAccount(key) });
  }

  async fund() {
    await this.client.dev({ type: 'faucet', user: this.client.account.address, usd: '10000000' });
  }

  /** Market `i`, its mark in ticks and a size of about 1,000 to 5,000 dollars in lots. */
  look([{ universe }, contexts], i) {
    const { name, tickPx, lotSz } = universe[i];
    const mark = Number(contexts[i].markPx);
    const lots = Math.max(1, Math.round((1000 + this.below(4000)) / mark / Number(lotSz)));
    return { coin: name, tickPx, lotSz, ticks: Math.round(mark / Number(tickPx)), lots };
  }
}

class Maker extends Bot {
  // Takes back what it quoted and quotes five levels on both sides of every mark.
  async act(markets) {
    await this.client.cancelAll();
    const quotes = markets[0].universe.map((_, i) => this.quotes(this.look(markets, i)));
    await this.client.order(...quotes.flat());
  }

  quotes({ coin, tickPx, lotSz, ticks, lots }) {
    const orders = [];
    for (let level = 1; level <= 5; level += 1) {
      const away = Math.max(level, Math.round((ticks * level * (5 + this.below(5))) / 50_000));
      for (const isBuy of [true, false]) {
        const px = multiple(isBuy ? ticks - away : ticks + away, tickPx);
        orders.push({ coin, isBuy, px, sz: multiple(lots * level, lotSz), tif: 'Alo' });
      }
    }
    return orders;
  }
}

class Taker extends Bot {
  async act(markets) {
    const i = this.below(markets[0].universe.length);
    const { coin, tickPx, lotSz, ticks, lots } = this.look(markets, i);
    const isBuy = this.below(2) === 0;
    const limit = Math.round(ticks * (isBuy ? 1.01 : 0.99));
    const px = multiple(limit, tickPx);
    await this.client.order({ coin, isBuy, px, sz: multiple(lots, lotSz), tif: 'Ioc' });
  }
}

const makers = Array.from({ length: flag('makers', 2) }, (_, i) => new Maker(`maker ${i}`));
const takers = Array.from({ length: flag('takers', 2) }, (_, i) => new Taker(`taker ${i}`));
for (const bot of [...makers, ...takers]) await bot.fund();
const watcher = new ExchangeClient({ url, chainId: Number(chain) });
for (let round = 0; round < rounds; round += 1) {
  const markets = await watcher.info({ type: 'metaAndAssetCtxs' });
  // A refusal is an answer too: the next round finds another state.
  for (const bots of [makers, takers]) {
    await Promise.allSettled(bots.map((bot) => bot.act(markets)));
  }
  await new Promise((resolve) => setTimeout(resolve, pauseMs));
}
