// Contracts of OpenZeppelin and of ours, deployed and used on a running devnet by ethers, viem and
// cast. Usage: node contracts.mjs CAST URL [URL ..]
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { ethers } from 'ethers';
import { BaseError, ContractFunctionRevertedError, encodeFunctionData } from 'viem';

import { Scene, eventsOf, eventually, failure, result, rpc } from './scene.mjs';

const [cast, ...urls] = process.argv.slice(2);
const ether = ethers.parseEther;

async function coins(scene) {
  const coin = await scene.deploy('Coin', 'Coin', 'COIN', ether('1000000'));
  const [owner, other] = [scene.address(0), scene.address(1)];
  const receipt = await scene.sendExactly(coin, 'transfer', [other, ether('5')]);
  const [transfer] = eventsOf(coin, receipt);
  assert.deepEqual([...transfer.args], [owner, other, ether('5')]);
  assert.equal(await coin.balanceOf(other), ether('5'));
  await scene.sendExactly(coin, 'approve', [other, ether('2')]);
  const spender = coin.connect(scene.wallets[1]);
  await scene.send(spender, 'transferFrom', [owner, scene.address(3), ether('2')]);
  assert.equal(await coin.allowance(owner, other), 0n);
  await scene.sendExactly(coin, 'mint', [scene.address(3), 1n]);

  const poor = coin.connect(scene.wallets[3]);
  const refused = await failure(poor.transfer.estimateGas(other, ether('100')));
  assert.equal(refused.code, 'CALL_EXCEPTION');
  const error = coin.interface.parseError(refused.data);
  assert.equal(error.name, 'ERC20InsufficientBalance');
  assert.deepEqual([...error.args], [scene.address(3), ether('2') + 1n, ether('100')]);
  const notOwner = await failure(spender.mint.staticCall(other, 1n));
  assert.equal(notOwner.revert.name, 'OwnableUnauthorizedAccount');

  const filter = coin.filters.Transfer(owner);
  const past = await coin.queryFilter(filter, 0, 'latest');
  assert.deepEqual(past.map((log) => log.args.value), [ether('5'), ether('2')]);
  assert.deepEqual((await coin.queryFilter(coin.filters.Transfer(null, scene.address(3)), 0)).length, 2);
  assert.equal(await coin.balanceOf(owner, { blockTag: receipt.blockNumber - 1 }), ether('1000000'));
  assert.equal(await coin.balanceOf(owner, { blockTag: receipt.blockNumber }), ether('999995'));

  const calls = [coin.interface.encodeFunctionData('transfer', [other, 1n]),
                 coin.interface.encodeFunctionData('transfer', [scene.address(2), 2n])];
  const both = await scene.send(coin, 'multicall', [calls]);
  assert.equal(eventsOf(coin, both.receipt).length, 2);
  return coin;
}

async function deedsAndGoods(scene, coin) {
  const deed = await scene.deploy('Deed');
  const [owner, other] = [scene.address(0), scene.address(1)];
  await scene.sendExactly(deed, 'mint', [owner]);
  assert.equal(await deed.ownerOf(1), owner);
  const receipt = await scene.send(deed, 'safeTransferFrom(address,address,uint256)', [owner, other, 1]);
  assert.deepEqual([...eventsOf(deed, receipt.receipt)[0].args], [owner, other, 1n]);
  const lost = await failure(deed.mint.staticCall(coin.target));
  assert.equal(lost.revert.name, 'ERC721InvalidReceiver');

  const goods = await scene.deploy('Goods');
  const minted = await scene.sendExactly(goods, 'mint', [owner, [1, 2, 3], [10, 20, 30]]);
  const [batch] = eventsOf(goods, minted);
  assert.equal(batch.name, 'TransferBatch');
  assert.deepEqual([...batch.args.ids], [1n, 2n, 3n]);
  await scene.send(goods, 'safeBatchTransferFrom', [owner, other, [1, 3], [4, 5], '0x']);
  assert.deepEqual([...await goods.balanceOfBatch([owner, other, other], [1, 1, 3])], [6n, 4n, 5n]);
}

/// Many calls in one, of which some fail.
async function multicall(scene, coin) {
  const aggregator = await scene.deploy('Aggregator');
  const call = (method, args) => ({ target: coin.target, data: coin.interface.encodeFunctionData(method, args) });
  const calls = [call('balanceOf', [scene.address(1)]), call('transfer', [scene.address(1), 1n]), call('decimals', [])];
  const answers = await aggregator.all.staticCall(calls);
  assert.deepEqual(answers.map((answer) => answer.success), [true, false, true]);
  const [balance] = coin.interface.decodeFunctionResult('balanceOf', answers[0].data);
  assert.equal(balance, await coin.balanceOf(scene.address(1)));
  assert.equal(coin.interface.parseError(answers[1].data).name, 'ERC20InsufficientBalance');
  const { receipt } = await scene.send(aggregator, 'all', [[call('approve', [scene.address(2), 7n]), calls[1]]]);
  assert.equal(eventsOf(coin, receipt).length, 1, 'what failed left no event');
  assert.equal(await coin.allowance(aggregator.target, scene.address(2)), 7n);
}

async function proxy(scene) {
  const [first, second] = [await scene.deploy('Box'), await scene.deploy('SecondBox')];
  const opened = first.interface.encodeFunctionData('open');
  const behind = await scene.deploy('BoxProxy', first.target, opened);
  const box = new ethers.Contract(behind.target, scene.contracts.Box.abi, scene.wallets[0]);
  assert.equal(await box.keeper(), scene.address(0));
  // A 64th of the gas stays with the proxy, so more is needed than used.
  const { receipt: stored } = await scene.send(box, 'store', [42]);
  assert.deepEqual([...eventsOf(box, stored)[0].args], [scene.address(0), 42n]);
  assert.equal((await failure(box.open.staticCall())).reason, 'open already');
  const stranger = box.connect(scene.wallets[1]);
  const refused = await failure(stranger.upgradeToAndCall.staticCall(second.target, '0x'));
  assert.equal(refused.revert.name, 'NotTheKeeper');
  await scene.send(box, 'upgradeToAndCall', [second.target, '0x']);
  assert.equal(await box.version(), 2n);
  assert.equal(await box.value(), 42n, 'the upgrade keeps what was stored');
}

/// With viem: two currencies, a pair of them, liquidity, swaps, and what it refuses.
async function pair(scene) {
  const { viem, viemWallet: wallet } = scene;
  const trader = scene.address(2);
  const deploy = async (name, args) => {
    const hash = await wallet.deployContract({ ...scene.contracts[name], args });
    return (await viem.waitForTransactionReceipt({ hash })).contractAddress;
  };
  const coins = [await deploy('Coin', ['One', 'ONE', ether('1000')]), await deploy('Coin', ['Two', 'TWO', ether('4000')])];
  const market = await deploy('Pair', coins);
  const send = async (name, address, functionName, args) => {
    const { request } = await viem.simulateContract({
      account: scene.accounts[2], address, abi: scene.contracts[name].abi, functionName, args });
    const hash = await wallet.writeContract(request);
    const receipt = await viem.waitForTransactionReceipt({ hash });
    assert.equal(receipt.status, 'success', functionName);
    return receipt;
  };
  await send('Coin', coins[0], 'transfer', [market, ether('100')]);
  await send('Coin', coins[1], 'transfer', [market, ether('400')]);
  await send('Pair', market, 'join', [trader]);
  const read = (functionName, args = []) => viem.readContract({ address: market, abi: scene.contracts.Pair.abi, functionName, args });
  assert.equal(await read('balanceOf', [trader]), ether('200'));

  await send('Coin', coins[0], 'transfer', [market, ether('10')]);
  const out = ether('10') * 997n * ether('400') / (ether('100') * 1000n + ether('10') * 997n);
  const greedy = await failure(viem.simulateContract({ account: scene.accounts[2], address: market,
    abi: scene.contracts.Pair.abi, functionName: 'swap', args: [0n, out + 1n, trader] }));
  assert.ok(greedy instanceof BaseError);
  const reverted = greedy.walk((e) => e instanceof ContractFunctionRevertedError);
  assert.equal(reverted.data.errorName, 'TooLittleIn');
  const swapped = await send('Pair', market, 'swap', [0n, out, trader]);
  const [reserve0, reserve1] = await read('reserves');
  assert.equal(reserve0, ether('110'));
  assert.equal(reserve1, ether('400') - out);

  const logs = await viem.getContractEvents({ address: market, abi: scene.contracts.Pair.abi,
    eventName: 'Swapped', fromBlock: 0n });
  assert.equal(logs.length, 1);
  assert.equal(logs[0].transactionHash, swapped.transactionHash);
  assert.deepEqual(logs[0].args, { who: trader, in0: ether('10'), in1: 0n, out0: 0n, out1: out });
  await send('Pair', market, 'transfer', [market, ether('200')]);
  await send('Pair', market, 'exit', [trader]);
  assert.equal(await read('totalSupply'), 0n);
  return { swapped, coins, market };
}

/// Failures in geth's words: messages, codes and data.
async function failures(scene, probe) {
  const call = (method, args = [], more = {}) => rpc(scene.url, 'eth_call', {
    from: scene.address(1), to: probe.target, data: probe.interface.encodeFunctionData(method, args), ...more }, 'latest');
  const expect = async (method, args, code, message, data) => {
    const { error } = await call(method, args);
    assert.deepEqual([error.code, error.message], [code, message], method);
    if (data !== undefined) assert.equal(error.data, data, method);
  };
  await expect('reasonless', [], 3, 'execution reverted', '0x');
  await expect('reason', [], 3, 'execution reverted: not today: "café"');
  await expect('custom', [5], 3, 'execution reverted', probe.interface.encodeErrorResult('Odd', [scene.address(1), 5]));
  await expect('overflow', [1], 3, 'execution reverted: arithmetic underflow or overflow');
  await expect('divide', [0], 3, 'execution reverted: division or modulo by zero');
  await expect('beyond', [], 3, 'execution reverted: out-of-bounds access of an array or bytesN');
  await expect('invalid', [], -32000, 'invalid opcode: INVALID');
  await expect('burn', [], -32000, 'out of gas');
  const { error } = await call('number', [], { gas: '0x5000' });
  assert.match(error.message, /^err: intrinsic gas too low: have 20480, want \d+ \(supplied gas 20480\)$/);
  const poor = await rpc(scene.url, 'eth_estimateGas', { from: ethers.ZeroAddress.replace(/0$/, '9'), to: scene.address(0), value: '0x1' });
  assert.match(poor.error.message, /insufficient funds/);
  // Sent all the same, it fails on the chain, and the receipt says so.
  const sent = await probe.invalid.populateTransaction();
  const failed = await failure((await scene.wallets[0].sendTransaction({ ...sent, gasLimit: 100000 })).wait());
  assert.equal(failed.receipt.status, 0);
  assert.equal(failed.receipt.gasUsed, 100000n);
  return failed.receipt.hash;
}

async function estimates(scene, probe) {
  const { receipt } = await scene.send(probe, 'refund', [9]);
  assert.ok(receipt.gasUsed > 0n);
  await scene.send(probe, 'keep', [20]);
  const { estimate } = await scene.send(probe, 'descend', [3]);
  const low = await failure((await probe.descend(3, { gasLimit: estimate / 2n })).wait());
  assert.equal(low.receipt.status, 0, 'half of it does not suffice');
  const made = await probe.make.staticCall(5);
  await scene.send(probe, 'make', [5]);
  assert.notEqual(await scene.provider.getCode(made), '0x');
  const block = await scene.provider.getBlock('latest');
  const [number, time, coinbase, fee, parent, sender] = await probe.seen({ blockTag: block.number });
  assert.deepEqual([number, time, coinbase], [BigInt(block.number), BigInt(block.timestamp), block.miner]);
  assert.equal(fee, 0n, 'gas costs a call nothing');
  assert.equal(parent, block.parentHash);
  assert.equal(sender, scene.address(0));
}

async function overrides(scene, coin, probe) {
  const holder = '0x00000000000000000000000000000000000000aa';
  const slot = ethers.solidityPackedKeccak256(['uint256', 'uint256'], [holder, 0]);
  const read = { to: coin.target, data: coin.interface.encodeFunctionData('balanceOf', [holder]) };
  const word = ethers.toBeHex(77, 32);
  const told = await result(scene.url, 'eth_call', read, 'latest', { [coin.target]: { stateDiff: { [slot]: word } } });
  assert.equal(told, word);
  const code = { [holder]: { code: await scene.provider.getCode(probe.target), state: { [ethers.toBeHex(1, 32)]: word } } };
  assert.equal(await result(scene.url, 'eth_call', { to: holder, data: probe.interface.encodeFunctionData('number') }, 'latest', code), word);
  const seen = await result(scene.url, 'eth_call', { to: probe.target, data: probe.interface.encodeFunctionData('seen') }, 'latest', {}, { number: '0x123', time: '0x456' });
  assert.deepEqual([...probe.interface.decodeFunctionResult('seen', seen)].slice(0, 2), [0x123n, 0x456n]);
  const moved = await result(scene.url, 'eth_call', { to: holder, data: '0x1234' }, 'latest', { '0x0000000000000000000000000000000000000004': { movePrecompileToAddress: holder } });
  assert.equal(moved, '0x1234');
}

/// Whether `proof` leads from `root` node by node. What its last node says is the node's own tests'.
function checkChain(root, proof) {
  assert.equal(ethers.keccak256(proof[0]), root);
  for (let i = 1; i < proof.length; ++i) {
    assert.ok(proof[i - 1].includes(ethers.keccak256(proof[i]).slice(2)), `node ${i} hangs on the one above`);
  }
}

async function proofs(scene, coin) {
  const slot = ethers.solidityPackedKeccak256(['uint256', 'uint256'], [scene.address(1), 0]);
  const nobody = ethers.toBeHex(12345, 32);
  const { number, stateRoot } = await result(scene.url, 'eth_getBlockByNumber', 'latest', false);
  const proof = await result(scene.url, 'eth_getProof', coin.target, [slot, nobody], number);
  checkChain(stateRoot, proof.accountProof);
  for (const { proof: nodes } of proof.storageProof) checkChain(proof.storageHash, nodes);
  assert.equal(BigInt(proof.storageProof[0].value), await coin.balanceOf(scene.address(1), { blockTag: number }));
  assert.equal(proof.storageProof[1].value, '0x0');
  assert.equal(proof.codeHash, ethers.keccak256(await scene.provider.getCode(coin.target)));
  const absent = await result(scene.url, 'eth_getProof', nobody.slice(0, 42), [], number);
  assert.equal(absent.nonce, '0x0');
  checkChain(stateRoot, absent.accountProof);
}

async function traces(scene, { swapped, coins, market }, probe, failedHash) {
  const hash = swapped.transactionHash;
  const trace = (options) => result(scene.url, 'debug_traceTransaction', hash, options);
  const calls = await trace({ tracer: 'callTracer', tracerConfig: { withLog: true } });
  assert.equal(calls.type, 'CALL');
  assert.equal(calls.to, market.toLowerCase());
  assert.equal(BigInt(calls.gasUsed), swapped.gasUsed);
  assert.deepEqual(calls.calls.map((c) => [c.type, c.to]),
    [['CALL', coins[1].toLowerCase()], ['STATICCALL', coins[0].toLowerCase()], ['STATICCALL', coins[1].toLowerCase()]]);
  assert.equal(calls.logs.length, 2);
  assert.equal(calls.calls[0].logs.length, 1);
  const logs = await trace({});
  assert.equal(BigInt(logs.gas), swapped.gasUsed);
  assert.equal(logs.failed, false);
  assert.ok(logs.structLogs.length > 500);
  const diff = await trace({ tracer: 'prestateTracer', tracerConfig: { diffMode: true } });
  assert.ok(diff.post[market.toLowerCase()].storage);
  assert.equal(diff.post[scene.address(2).toLowerCase()].nonce, diff.pre[scene.address(2).toLowerCase()].nonce + 1);
  const four = await trace({ tracer: '4byteTracer' });
  assert.equal(four['0x70a08231-32'], 2, 'balanceOf twice');
  const block = await result(scene.url, 'debug_traceBlockByNumber', ethers.toQuantity(swapped.blockNumber), { tracer: 'callTracer' });
  assert.deepEqual(block.find((t) => t.txHash === hash).result.calls.length, 3);
  const failed = await result(scene.url, 'debug_traceTransaction', failedHash, { tracer: 'callTracer' });
  assert.equal(failed.error, 'invalid opcode: INVALID');
  const call = await result(scene.url, 'debug_traceCall',
    { to: probe.target, data: probe.interface.encodeFunctionData('reason') }, 'latest', { tracer: 'callTracer' });
  assert.equal(call.revertReason, 'not today: "café"');
}

async function accessLists(scene, coin) {
  const data = coin.interface.encodeFunctionData('transfer', [scene.address(3), 1]);
  const request = { from: scene.address(0), to: coin.target, data };
  const { accessList, gasUsed } = await result(scene.url, 'eth_createAccessList', request);
  assert.deepEqual(accessList.map((entry) => entry.address), [coin.target.toLowerCase()]);
  assert.equal(accessList[0].storageKeys.length, 2);
  const estimate = await scene.provider.estimateGas({ ...request, accessList });
  assert.equal(estimate, BigInt(gasUsed));
  const sent = await scene.wallets[0].sendTransaction({ to: coin.target, data, accessList, type: 1 });
  assert.equal((await sent.wait()).gasUsed, estimate);
}

/// An account that runs a contract's code (EIP-7702), with viem.
async function delegation(scene, coin) {
  const wallet = await scene.deploy('Wallet');
  const account = scene.accounts[2];
  await scene.send(coin, 'transfer', [account.address, 10]);
  const authorization = await scene.viemWallet.signAuthorization({ contractAddress: wallet.target, executor: 'self' });
  const transfer = coin.interface.encodeFunctionData('transfer', [scene.address(1), 3]);
  const before = await coin.balanceOf(scene.address(1));
  const hash = await scene.viemWallet.sendTransaction({
    to: account.address,
    authorizationList: [authorization],
    data: encodeFunctionData({ abi: scene.contracts.Wallet.abi, functionName: 'run',
      args: [[{ target: coin.target, data: transfer }, { target: coin.target, data: transfer }]] }),
  });
  const receipt = await scene.viem.waitForTransactionReceipt({ hash });
  assert.equal(receipt.status, 'success');
  assert.equal(receipt.type, 'eip7702');
  assert.equal(await coin.balanceOf(scene.address(1)), before + 6n);
  assert.equal(await scene.provider.getCode(account.address), '0xef0100' + wallet.target.slice(2).toLowerCase());
  assert.equal((await scene.viem.getTransaction({ hash })).authorizationList[0].address.toLowerCase(), wallet.target.toLowerCase());
}

async function subscriptions(scene, coin) {
  const socket = new ethers.WebSocketProvider(scene.url.replace('http', 'ws'));
  const heard = [];
  await new ethers.Contract(coin.target, coin.interface, socket).on(coin.filters.Transfer(null, scene.address(3)),
    (event) => heard.push(event.args.value));
  // ethers does not wait for the answer to its subscription.
  const subscribed = async () => /^openliquid_rpc_subscriptions [1-9]/m.test(await (await fetch(`${scene.url}/metrics`)).text());
  await eventually('the subscription', subscribed);
  const id = await result(scene.url, 'eth_newFilter', { address: coin.target });
  await scene.send(coin, 'transfer', [scene.address(1), 1]);
  await scene.send(coin, 'transfer', [scene.address(3), 21]);
  await eventually('the event', () => heard.length !== 0);
  assert.deepEqual(heard, [21n]);
  assert.equal((await result(scene.url, 'eth_getFilterChanges', id)).length, 2);
  assert.deepEqual(await result(scene.url, 'eth_getFilterChanges', id), []);
  assert.equal((await result(scene.url, 'eth_getFilterLogs', id)).length, 0, 'latest only');
  assert.equal(await result(scene.url, 'eth_uninstallFilter', id), true);
  await socket.destroy();
}

async function withCast(scene, coin) {
  const run = (...args) => execFileSync(cast, [...args, '--rpc-url', scene.url], { encoding: 'utf8', timeout: 300000 }).trim();
  assert.equal(run('call', coin.target, 'symbol()(string)'), '"COIN"');
  const other = scene.address(1);
  const estimate = run('estimate', coin.target, 'transfer(address,uint256)', other, '9', '--from', scene.address(0));
  const receipt = JSON.parse(run('send', coin.target, 'transfer(address,uint256)', other, '9', '--private-key', scene.keys[0], '--json'));
  scene.wallets[0].reset();
  assert.equal(BigInt(receipt.status), 1n);
  assert.equal(BigInt(receipt.gasUsed), BigInt(estimate));
  const logs = JSON.parse(run('logs', '--address', coin.target, '--from-block', BigInt(receipt.blockNumber).toString(), '--json', 'Transfer(address,address,uint256)'));
  assert.equal(logs.at(-1).transactionHash, receipt.transactionHash);
  assert.equal(run('storage', coin.target, '2'), ethers.toBeHex(await coin.totalSupply(), 32));
}

async function sameEverywhere(scene, coin) {
  const height = await scene.provider.getBlockNumber();
  for (const url of scene.urls) {
    await eventually(`block ${height}`, async () => Number(await result(url, 'eth_blockNumber')) >= height);
  }
  const at = ethers.toQuantity(height);
  const answers = await Promise.all(scene.urls.map((url) => Promise.all([
    result(url, 'eth_getBlockByNumber', at, true), result(url, 'eth_getBlockReceipts', at),
    result(url, 'eth_getLogs', { fromBlock: '0x0', toBlock: at, address: coin.target })])));
  for (const answer of answers) assert.deepEqual(answer, answers[0]);
  return answers[0][2].length;
}

const scene = new Scene(urls);
await scene.open();
const step = async (name, promise) => {
  const started = Date.now();
  const out = await promise;
  console.log(`${name}: ${Date.now() - started} ms`);
  return out;
};
const coin = await step('ERC-20', coins(scene));
await step('ERC-721 and ERC-1155', deedsAndGoods(scene, coin));
await step('multicall', multicall(scene, coin));
await step('proxy', proxy(scene));
const market = await step('pair', pair(scene));
const probe = await scene.deploy('Probe');
const failed = await step('failures', failures(scene, probe));
await step('estimates', estimates(scene, probe));
await step('overrides', overrides(scene, coin, probe));
await step('proofs', proofs(scene, coin));
await step('traces', traces(scene, market, probe, failed));
await step('access lists', accessLists(scene, coin));
await step('delegation', delegation(scene, coin));
await step('subscriptions and filters', subscriptions(scene, coin));
await step('cast', withCast(scene, coin));
console.log(`all nodes agree, on ${await sameEverywhere(scene, coin)} logs of the coin`);
scene.provider.destroy();
