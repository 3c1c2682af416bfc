// Transactions that must be refused, over real HTTP: the JSON-RPC code and the words of geth, on
// which wallets match. Then the node must still take an ordinary transfer.
// Usage: node refusals.mjs URL
import assert from 'node:assert/strict';
import { ethers } from 'ethers';

const url = process.argv[2];
const mnemonic = 'test test test test test test test test test test test junk';
const root = ethers.HDNodeWallet.fromPhrase(mnemonic, undefined, "m/44'/60'/0'/0");
const [rich, other] = [root.deriveChild(5), root.deriveChild(6)];
const poor = root.deriveChild(4000);
const to = root.deriveChild(4001).address;
const gwei = 1_000_000_000n;
const ether = ethers.parseEther('1');

async function post(body, type = 'application/json') {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': type }, body });
  const text = await answer.text();
  return { status: answer.status, text, json: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : null };
}

async function call(method, ...params) {
  return (await post(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))).json;
}

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

const chainId = Number((await call('eth_chainId')).result);
const base = { type: 2, chainId, nonce: 0, to, value: 1n, gasLimit: 21000, maxPriorityFeePerGas: gwei, maxFeePerGas: 100n * gwei };
const sign = (account, fields) => account.signTransaction({ ...base, ...fields });

// A type 2 transaction that ethers itself would refuse to make.
function signUnchecked(account, fields) {
  const txn = { ...base, ...fields };
  const number = (value) => (BigInt(value) === 0n ? '0x' : ethers.toBeHex(value));
  const content = [txn.chainId, txn.nonce, txn.maxPriorityFeePerGas, txn.maxFeePerGas, txn.gasLimit].map(number);
  content.push(txn.to, number(txn.value), '0x', []);
  const { yParity, r, s } = account.signingKey.sign(ethers.keccak256(ethers.concat(['0x02', ethers.encodeRlp(content)])));
  content.push(number(yParity), number(r), number(s));
  return ethers.concat(['0x02', ethers.encodeRlp(content)]);
}

async function send(account, fields) {
  return call('eth_sendRawTransaction', await sign(account, fields));
}

async function receipt(hash) {
  for (let i = 0; i < 6000; i++) {
    const { result } = await call('eth_getTransactionReceipt', hash);
    if (result) return result;
    await sleep(50);
  }
  assert.fail(`no receipt of ${hash}`);
}

async function transfer(account, fields = {}) {
  const nonce = Number((await call('eth_getTransactionCount', account.address, 'pending')).result);
  const sent = await send(account, { nonce, ...fields });
  assert.ok(sent.result, JSON.stringify(sent));
  assert.equal((await receipt(sent.result)).status, '0x1');
  return sent.result;
}

// `rich` has used nonce 0, and nonces 5 and 6 of `other` wait in the pool behind a gap.
await transfer(rich);
const queued = await sign(other, { nonce: 5 });
assert.ok((await call('eth_sendRawTransaction', queued)).result, 'a nonce gap is queued, as in geth');
assert.ok((await send(other, { nonce: 6 })).result);
const nonce = 1;
const good = await sign(rich, { nonce });
const balance = BigInt((await call('eth_getBalance', rich.address, 'latest')).result);
const blob = { type: 3, nonce, maxFeePerBlobGas: 1n, blobVersionedHashes: ['0x01' + 'ab'.repeat(31)] };

// name, raw envelope, words that the message must be (or begin with, if they end in "…")
const refusals = [
  ['empty', '0x', 'empty transaction'],
  ['not RLP', '0xc3010203', 'rlp: …'],
  ['cut short', good.slice(0, -2), 'rlp: …'],
  ['trailing byte', good + '00', 'rlp: …'],
  ['type 3 (blobs)', await sign(rich, blob), 'transaction type not supported: tx type 3 not supported by this pool'],
  ['type 4 (EIP-7702) without a list', await sign(rich, { type: 4, nonce, authorizationList: [] }), 'set code tx must have at least one authorization tuple'],
  ['type 0x7f', '0x7f' + good.slice(4), 'transaction type not supported'],
  ['oversized', await sign(rich, { nonce, gasLimit: 20_000_000, data: '0x' + '00'.repeat(128 * 1024) }), 'oversized data: transaction size 131…'],
  ['other chain', await sign(rich, { nonce, chainId: chainId + 1 }), `invalid chain id for signer: have ${chainId + 1} want ${chainId}`],
  ['other chain, legacy', await rich.signTransaction({ type: 0, chainId: 1, nonce, to, gasLimit: 21000, gasPrice: 100n * gwei }), `invalid chain id for signer: have 1 want ${chainId}`],
  ['nonce too low', await sign(rich, { nonce: 0 }), 'nonce too low: next nonce 1, tx nonce 0'],
  ['underfunded', await sign(poor, {}), `insufficient funds for gas * price + value: balance 0, tx cost ${21000n * 100n * gwei + 1n}, overshot ${21000n * 100n * gwei + 1n}`],
  ['value above balance', await sign(rich, { nonce, value: balance }), `insufficient funds for gas * price + value: balance ${balance}, tx cost …`],
  ['intrinsic gas too low', await sign(rich, { nonce, gasLimit: 20999 }), 'intrinsic gas too low: gas 20999, minimum needed 21000'],
  ['calldata below the floor', await sign(rich, { nonce, gasLimit: 21700, data: '0x' + '01'.repeat(40) }), 'insufficient gas for floor data gas cost: gas 21700, minimum needed 22600'],
  ['tip above fee cap', signUnchecked(rich, { nonce, maxPriorityFeePerGas: 200n * gwei }), `max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: ${200n * gwei}, maxFeePerGas: ${100n * gwei}`],
  ['no tip', await sign(rich, { nonce, maxPriorityFeePerGas: 0n }), 'transaction underpriced: gas tip cap 0, minimum needed 1'],
  ['above the block gas limit', await sign(rich, { nonce, gasLimit: 40_000_000 }), 'exceeds block gas limit…'],
  ['creation below its gas', await sign(rich, { nonce, to: null, gasLimit: 53_000, data: '0x6000' }), 'intrinsic gas too low: gas 53000, minimum needed 53022'],
  ['init code above 48 KiB', await sign(rich, { nonce, to: null, gasLimit: 10_000_000, data: '0x' + '00'.repeat(49_153) }), 'max initcode size exceeded: code size 49153, limit 49152'],
  ['already known', queued, 'already known'],
  ['replacement underpriced', await sign(other, { nonce: 5, value: 2n }), 'replacement transaction underpriced'],
  ['replacement 9 % dearer', await sign(other, { nonce: 5, maxFeePerGas: 109n * gwei, maxPriorityFeePerGas: (109n * gwei) / 100n }), 'replacement transaction underpriced'],
  ['queue above balance', await sign(other, { nonce: 7, value: 10000n * ether }), 'insufficient funds for gas * price + value: balance …'],
];

for (const [name, raw, words] of refusals) {
  const answer = await call('eth_sendRawTransaction', raw);
  assert.ok(answer.error, `${name}: not refused: ${JSON.stringify(answer)}`);
  assert.equal(answer.error.code, -32000, `${name}: ${JSON.stringify(answer.error)}`);
  const matches = words.endsWith('…') ? answer.error.message.startsWith(words.slice(0, -1)) : answer.error.message === words;
  assert.ok(matches, `${name}: expected ${JSON.stringify(words)}, got ${JSON.stringify(answer.error.message)}`);
  console.log(`${name}: ${answer.error.message}`);
}

// Requests that are no transactions at all: body, HTTP status, code.
const bad = (params) => JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_sendRawTransaction', params });
const requests = [
  ['no JSON', '{', 200, -32700],
  ['no method', '{"jsonrpc":"2.0","id":1}', 200, -32600],
  ['unknown method', '{"jsonrpc":"2.0","id":1,"method":"eth_mine"}', 200, -32601],
  ['no parameter', bad([]), 200, -32602],
  ['no hex', bad(['hello']), 200, -32602],
  ['odd hex', bad(['0x123']), 200, -32602],
  ['a number', bad([5]), 200, -32602],
  ['two parameters', bad([good, good]), 200, -32602],
  ['a body of 6 MiB', bad(['0x' + '00'.repeat(3 << 20)]), 413, undefined],
];
for (const [name, body, status, code] of requests) {
  const answer = await post(body);
  assert.equal(answer.status, status, `${name}: HTTP ${answer.status}: ${answer.text.slice(0, 200)}`);
  assert.equal(answer.json?.error?.code, code, `${name}: ${answer.text.slice(0, 200)}`);
  console.log(`${name}: HTTP ${status} ${answer.json?.error?.message ?? answer.text.trim()}`);
}

// Nothing refused has left a trace, and the node is as well as before.
assert.equal((await call('txpool_status')).result.queued, '0x2');
assert.equal((await call('txpool_status')).result.pending, '0x0');
await transfer(rich);
// Contracts are created and called, precompiled ones too; what fails pays and says so.
const reverts = '0x6005600c60003960056000f3' + '60006000fd';
const created = await receipt(await transfer(rich, { to: null, value: 0n, gasLimit: 100_000, data: reverts }));
assert.equal(created.contractAddress, ethers.getCreateAddress({ from: rich.address, nonce: 2 }).toLowerCase());
await transfer(rich, { to: '0x' + '00'.repeat(19) + '04', gasLimit: 30_000, data: '0x01' });
const failing = await send(rich, { nonce: 4, to: created.contractAddress, value: 0n, gasLimit: 50_000 });
assert.equal((await receipt(failing.result)).status, '0x0');
// A replacement 10 % dearer is taken, and once the gap closes what waited goes through.
const dearer = await send(other, { nonce: 5, maxFeePerGas: 110n * gwei, maxPriorityFeePerGas: (110n * gwei) / 100n });
assert.ok(dearer.result, JSON.stringify(dearer));
for (let n = 0; n < 5; n++) assert.ok((await send(other, { nonce: n })).result);
assert.equal((await receipt(dearer.result)).status, '0x1');
for (let i = 0; Number((await call('eth_getTransactionCount', other.address, 'latest')).result) !== 7; i++) {
  assert.ok(i < 6000, 'the queued transactions did not go through');
  await sleep(50);
}
assert.equal((await call('eth_getTransactionReceipt', ethers.keccak256(queued))).result, null);
console.log(`${refusals.length} transactions and ${requests.length} requests refused; the node is unharmed`);
process.exit(0);
