// How long a transfer takes from being sent until its receipt, one after the other on an idle chain.
// Prints the median and the 90th percentile in milliseconds. Usage: node latency.mjs COUNT URL
import { ethers } from 'ethers';

const [count, url] = [Number(process.argv[2]), process.argv[3]];
const mnemonic = 'test test test test test test test test test test test junk';
const account = ethers.HDNodeWallet.fromPhrase(mnemonic, undefined, "m/44'/60'/0'/0/8");

async function call(method, ...params) {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return (await answer.json()).result;
}

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const chainId = Number(await call('eth_chainId'));
const first = Number(await call('eth_getTransactionCount', account.address, 'pending'));
const times = [];
for (let nonce = first; nonce < first + count; nonce++) {
  const raw = await account.signTransaction({ type: 2, chainId, nonce, to: account.address, value: 1n, gasLimit: 21000, maxPriorityFeePerGas: 1000000000n, maxFeePerGas: 100000000000n });
  const start = performance.now();
  const hash = await call('eth_sendRawTransaction', raw);
  while (!(await call('eth_getTransactionReceipt', hash))) await sleep(2);
  times.push(performance.now() - start);
  await sleep(Math.random() * 400);
}
times.sort((a, b) => a - b);
const at = (share) => times[Math.floor(share * (times.length - 1))].toFixed(0);
console.log(`${count} transfers: p50 ${at(0.5)} ms, p90 ${at(0.9)} ms`);
