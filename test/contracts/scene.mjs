// What the checks share: clients of a devnet, compiled contracts and small assertions.
import assert from 'node:assert/strict';
import { ethers } from 'ethers';
import { createPublicClient, createWalletClient, defineChain, http } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';

import { compile } from './compile.mjs';

const mnemonic = 'test test test test test test test test test test test junk';

/// One JSON-RPC call without any client: { result } or { error }.
export async function rpc(url, method, ...params) {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const headers = { 'Content-Type': 'application/json' };
  return (await fetch(url, { method: 'POST', headers, body })).json();
}

export async function result(url, method, ...params) {
  const answer = await rpc(url, method, ...params);
  assert.ok(!answer.error, `${method}: ${JSON.stringify(answer.error)}`);
  return answer.result;
}

export class Scene {
  constructor(urls) {
    this.urls = urls;
    this.url = urls[0];
    this.contracts = compile();
    this.provider = new ethers.JsonRpcProvider(this.url, undefined, { pollingInterval: 50 });
    this.accounts = [0, 1, 2, 3].map((addressIndex) => mnemonicToAccount(mnemonic, { addressIndex }));
    this.keys = this.accounts.map((a) => ethers.hexlify(a.getHdKey().privateKey));
    this.wallets = this.keys.map((key) => new ethers.NonceManager(new ethers.Wallet(key, this.provider)));
  }

  async open() {
    this.chainId = Number(await result(this.url, 'eth_chainId'));
    const chain = defineChain({
      id: this.chainId,
      name: 'devnet',
      nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
      rpcUrls: { default: { http: [this.url] } },
    });
    this.viem = createPublicClient({ chain, transport: http(this.url, { timeout: 120000 }), pollingInterval: 50 });
    this.viemWallet = createWalletClient({ account: this.accounts[2], chain, transport: http(this.url, { timeout: 120000 }) });
  }

  address(i) {
    return this.accounts[i].address;
  }

  interface(name) {
    return new ethers.Interface(this.contracts[name].abi);
  }

  /// Deploys with ethers; the gas that was estimated is what is used.
  async deploy(name, ...args) {
    const { abi, bytecode } = this.contracts[name];
    const factory = new ethers.ContractFactory(abi, bytecode, this.wallets[0]);
    const request = await factory.getDeployTransaction(...args);
    const estimate = await this.provider.estimateGas({ ...request, from: this.address(0) });
    const sent = await this.wallets[0].sendTransaction(request);
    const receipt = await sent.wait();
    assert.equal(receipt.status, 1, `${name} is deployed`);
    assert.equal(receipt.gasUsed, estimate, `${name}: the estimate is exact`);
    const expected = ethers.getCreateAddress({ from: this.address(0), nonce: sent.nonce });
    assert.equal(receipt.contractAddress, expected, `${name}: address in the receipt`);
    assert.notEqual(await this.provider.getCode(expected), '0x');
    return new ethers.Contract(expected, abi, this.wallets[0]);
  }

  /// Sends `contract.method(args)` with the estimate as its gas; the receipt. A unit less does not suffice.
  async send(contract, method, args, options = {}) {
    const estimate = await contract[method].estimateGas(...args, options);
    const request = await contract[method].populateTransaction(...args, options);
    const from = await contract.runner.getAddress();
    const less = await rpc(this.url, 'eth_call', { to: request.to, from, data: request.data,
      gas: ethers.toQuantity(estimate - 1n) }, 'pending');
    assert.ok(less.error, `${method}: a unit less than the estimate fails`);
    const sent = await contract[method](...args, { ...options, gasLimit: estimate });
    const receipt = await sent.wait();
    assert.equal(receipt.status, 1, `${method} succeeds with the estimate`);
    return { receipt, estimate };
  }

  /// The same where gas neither comes back nor is kept: the estimate is what is used.
  async sendExactly(contract, method, args, options = {}) {
    const { receipt, estimate } = await this.send(contract, method, args, options);
    assert.equal(receipt.gasUsed, estimate, `${method}: the estimate is exact`);
    return receipt;
  }
}

/// Waits until `check` holds; how long says only that it never will.
export async function eventually(what, check, milliseconds = 120000) {
  for (const end = Date.now() + milliseconds; !(await check()); ) {
    assert.ok(Date.now() < end, `not in time: ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/// The failure of a promise; fails if it has none.
export async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: 'it should have failed' });
}

export function eventsOf(contract, receipt) {
  return receipt.logs
    .filter((log) => log.address === contract.target)
    .map((log) => contract.interface.parseLog(log));
}
