// Rounds of pre-signed transfers from 100 accounts, every one sent to every node: all must be
// committed exactly once, and after each round the balances must add up to the genesis supply minus
// the burnt base fee. Prints one line a round, starting with "round".
// Usage: node load.mjs COUNT ROUNDS URL [URL ..]
import assert from 'node:assert/strict';
import { ethers } from 'ethers';

const [countText, roundsText, ...urls] = process.argv.slice(2);
const total = Number(countText);
const senders = 100;
const mnemonic = 'test test test test test test test test test test test junk';

async function rpc(url, calls) {
  const body = JSON.stringify(calls.map(([method, ...params], id) => ({ jsonrpc: '2.0', id, method, params })));
  const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
  // Signing keeps this process from seeing that the server closed a connection it had not used for long.
  const answer = await fetch(url, request).catch(() => fetch(url, request));
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

const next = new Map(accounts.map((account) => [account, 0]));
const seen = new Set();
const holders = new Set([sink, ...rich.map((a) => a.address), ...accounts.map((a) => a.address)]);
let burnt = 0n;
let read = 0;

async function signTransfers() {
  const signed = [];
  while (signed.length < total) {
    const account = accounts[signed.length % senders];
    signed.push(await account.signTransaction({ ...fees, nonce: next.get(account), to: sink, value: 7n }));
    next.set(account, next.get(account) + 1);
  }
  return signed;
}

async function committed() {
  const answers = await inBatches(urls[0], accounts.map((a) => ['eth_getTransactionCount', a.address, 'latest']));
  return answers.map((answer) => Number(answer.result));
}

// Sends everything to every node at once. The seconds until the last one was final.
async function send(signed) {
  const started = Date.now();
  await Promise.all(urls.map((url) => inBatches(url, signed.map((t) => ['eth_sendRawTransaction', t]))));
  const deadline = Date.now() + 900_000;
  for (;;) {
    const counts = await committed();
    if (accounts.every((account, i) => counts[i] === next.get(account))) return (Date.now() - started) / 1000;
    if (Date.now() > deadline) {
      const pool = (await rpc(urls[0], [['txpool_status']]))[0].result;
      assert.fail(`not all committed: ${counts.reduce((a, b) => a + b)}; pool ${JSON.stringify(pool)}`);
    }
    await sleep(50);
  }
}

// Reads the blocks since the last time: no transaction twice, and what their base fees burnt.
async function readBlocks() {
  const head = Number((await rpc(urls[0], [['eth_blockNumber']]))[0].result);
  const numbers = Array.from({ length: head + 1 - read }, (_, i) => read + i);
  read = head + 1;
  const blocks = (await inBatches(urls[0], numbers.map((n) => ['eth_getBlockByNumber', ethers.toQuantity(n), false]), 50)).map((b) => b.result);
  for (const block of blocks) {
    for (const hash of block.transactions) {
      assert.ok(!seen.has(hash), `${hash} is in the chain twice`);
      seen.add(hash);
    }
    burnt += BigInt(block.baseFeePerGas) * BigInt(block.gasUsed);
    holders.add(block.miner);
  }
  return head;
}

async function checkSupply(head) {
  const list = [...new Set([...holders].map((a) => ethers.getAddress(a)))];
  const at = ethers.toQuantity(head);
  const balances = await inBatches(urls[0], list.map((a) => ['eth_getBalance', a, at]));
  const sum = balances.reduce((acc, b) => acc + BigInt(b.result), 0n);
  assert.equal(sum + burnt, 10n * ethers.parseEther('10000'), 'supply: balances plus burnt base fee');
}

for (let round = 1; round <= Number(roundsText); round++) {
  const signed = await signTransfers();
  const seconds = await send(signed);
  const hashes = signed.map((t) => ethers.keccak256(t));
  const receipts = await inBatches(urls[round % urls.length], hashes.map((h) => ['eth_getTransactionReceipt', h]));
  receipts.forEach((r, i) => assert.ok(r.result && r.result.transactionHash === hashes[i] && r.result.status === '0x1', `receipt ${i}`));
  const head = await readBlocks();
  hashes.forEach((h) => assert.ok(seen.has(h), `${h} is not in the chain`));
  await checkSupply(head);
  console.log(`round ${round}: ${total} transfers committed exactly once in ${seconds.toFixed(1)} s (${Math.round(total / seconds)}/s), ${head} blocks, ${burnt} wei burnt in all`);
}
process.exit(0);
