// Pre-signed transfers from 100 accounts, every one sent to every node: all must be committed exactly
// once, and the balances must add up to the genesis supply minus the burnt base fee.
// Usage: node load.mjs COUNT URL [URL ..]
import assert from 'node:assert/strict';
import { ethers } from 'ethers';

const [countText, ...urls] = process.argv.slice(2);
const total = Number(countText);
const senders = 100;
const each = Math.ceil(total / senders);
const mnemonic = 'test test test test test test test test test test test junk';

async function rpc(url, calls) {
  const body = JSON.stringify(calls.map(([method, ...params], id) => ({ jsonrpc: '2.0', id, method, params })));
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return (await answer.json()).sort((a, b) => a.id - b.id);
}

async function inBatches(url, calls, size = 100) {
  const out = [];
  for (let i = 0; i < calls.length; i += size) out.push(...(await rpc(url, calls.slice(i, i + size))));
  return out;
}

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

const root = ethers.HDNodeWallet.fromPhrase(mnemonic, undefined, "m/44'/60'/0'/0");
const rich = Array.from({ length: 10 }, (_, i) => root.deriveChild(i));
const accounts = Array.from({ length: senders }, (_, i) => root.deriveChild(1000 + i));
const sink = root.deriveChild(5000).address;
const chainId = Number((await rpc(urls[0], [['eth_chainId']]))[0].result);
const fees = { type: 2, chainId, gasLimit: 21000, maxPriorityFeePerGas: 1000000000n, maxFeePerGas: 100000000000n };

// 1. Fund the hundred accounts from the ten rich ones.
const funding = [];
for (let i = 0; i < senders; i++) {
  const from = rich[i % 10];
  funding.push(await from.signTransaction({ ...fees, nonce: Math.floor(i / 10), to: accounts[i].address, value: ethers.parseEther('100') }));
}
await inBatches(urls[0], funding.map((t) => ['eth_sendRawTransaction', t]));
for (;;) {
  const answers = await inBatches(urls[0], accounts.map((a) => ['eth_getBalance', a.address, 'latest']));
  if (answers.every((a) => BigInt(a.result) > 0n)) break;
  await sleep(100);
}

// 2. Sign everything, then send it all to every node at once.
const signed = [];
for (let nonce = 0; nonce < each; nonce++) {
  for (const account of accounts) {
    if (signed.length === total) break;
    signed.push(await account.signTransaction({ ...fees, nonce, to: sink, value: 7n }));
  }
}
const started = Date.now();
await Promise.all(urls.map((url) => inBatches(url, signed.map((t) => ['eth_sendRawTransaction', t]))));
const perSender = accounts.map((_, i) => signed.filter((__, k) => k % senders === i).length);
const deadline = Date.now() + 300_000;
for (;;) {
  const answers = await inBatches(urls[0], accounts.map((a) => ['eth_getTransactionCount', a.address, 'latest']));
  if (answers.every((a, i) => Number(a.result) === perSender[i])) break;
  if (Date.now() > deadline) {
    const counts = answers.map((a) => Number(a.result));
    const pool = (await rpc(urls[0], [['txpool_status']]))[0].result;
    assert.fail(`not all committed: ${counts.reduce((a, b) => a + b)} of ${total}; pool ${JSON.stringify(pool)}`);
  }
  await sleep(100);
}
const seconds = (Date.now() - started) / 1000;

// 3. Exactly once, and not a wei created or lost.
const hashes = signed.map((t) => ethers.keccak256(t));
const receipts = await inBatches(urls[1 % urls.length], hashes.map((h) => ['eth_getTransactionReceipt', h]));
receipts.forEach((r, i) => assert.ok(r.result && r.result.transactionHash === hashes[i] && r.result.status === '0x1', `receipt ${i}`));
const head = Number((await rpc(urls[0], [['eth_blockNumber']]))[0].result);
const seen = new Set();
let burnt = 0n;
const numbers = Array.from({ length: head + 1 }, (_, i) => i);
const blocks = (await inBatches(urls[0], numbers.map((n) => ['eth_getBlockByNumber', ethers.toQuantity(n), false]), 50)).map((b) => b.result);
const holders = new Set([sink, ...rich.map((a) => a.address), ...accounts.map((a) => a.address)]);
for (const block of blocks) {
  for (const hash of block.transactions) {
    assert.ok(!seen.has(hash), `${hash} is in the chain twice`);
    seen.add(hash);
  }
  burnt += BigInt(block.baseFeePerGas) * BigInt(block.gasUsed);
  holders.add(block.miner);
}
hashes.forEach((h) => assert.ok(seen.has(h), `${h} is not in the chain`));
const list = [...new Set([...holders].map((a) => ethers.getAddress(a)))];
const at = ethers.toQuantity(head);
const balances = await inBatches(urls[0], list.map((a) => ['eth_getBalance', a, at]));
const sum = balances.reduce((acc, b) => acc + BigInt(b.result), 0n);
assert.equal(sum + burnt, 10n * ethers.parseEther('10000'), 'supply: balances plus burnt base fee');
console.log(`${total} transfers committed exactly once in ${seconds.toFixed(1)} s (${Math.round(total / seconds)}/s), ${head} blocks, ${burnt} wei burnt`);
process.exit(0);
