// Transfers with cast, ethers and viem on a running devnet: each must get a final receipt with the
// right fields, and all nodes must report the same chain. Usage: node clients.mjs CAST URL [URL ..]
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { ethers } from 'ethers';
import { createPublicClient, createWalletClient, defineChain, http, parseEther } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';

const [cast, ...urls] = process.argv.slice(2);
const mnemonic = 'test test test test test test test test test test test junk';
const accounts = [0, 1, 2, 3].map((addressIndex) => mnemonicToAccount(mnemonic, { addressIndex }));
const target = accounts[3].address;
const key = (i) => ethers.hexlify(accounts[i].getHdKey().privateKey);

function checkReceipt(name, receipt, from) {
  assert.equal(BigInt(receipt.status === 'success' ? 1 : receipt.status), 1n, `${name}: status`);
  assert.equal(BigInt(receipt.gasUsed), 21000n, `${name}: gas used`);
  assert.equal(receipt.from.toLowerCase(), from.toLowerCase(), `${name}: from`);
  assert.equal(receipt.to.toLowerCase(), target.toLowerCase(), `${name}: to`);
  assert.ok(BigInt(receipt.blockNumber) > 0n, `${name}: block number`);
  console.log(`${name}: final in block ${BigInt(receipt.blockNumber)}`);
}

async function withEthers(url) {
  const provider = new ethers.JsonRpcProvider(url, undefined, { pollingInterval: 100 });
  const wallet = new ethers.Wallet(key(1), provider);
  const before = await provider.getBalance(target);
  const sent = await wallet.sendTransaction({ to: target, value: ethers.parseEther('1') });
  const receipt = await sent.wait();
  checkReceipt('ethers', receipt, wallet.address);
  assert.equal(receipt.hash, sent.hash);
  assert.equal((await provider.getBalance(target)) - before, ethers.parseEther('1'));
  provider.destroy();
}

async function withViem(url) {
  const { chainId } = await new ethers.JsonRpcProvider(url).getNetwork();
  const chain = defineChain({
    id: Number(chainId),
    name: 'devnet',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  });
  const wallet = createWalletClient({ account: accounts[2], chain, transport: http(url, { timeout: 120000 }) });
  const reader = createPublicClient({ chain, transport: http(url, { timeout: 120000 }), pollingInterval: 100 });
  const hash = await wallet.sendTransaction({ to: target, value: parseEther('1') });
  const receipt = await reader.waitForTransactionReceipt({ hash });
  checkReceipt('viem', receipt, accounts[2].address);
  assert.equal(receipt.transactionHash, hash);
}

function withCast(url) {
  const out = execFileSync(cast, ['send', '--rpc-url', url, '--private-key', key(0), '--value', '1ether', target, '--json'], { encoding: 'utf8', timeout: 300000 });
  checkReceipt('cast', JSON.parse(out), accounts[0].address);
}

async function sameChain() {
  const providers = urls.map((url) => new ethers.JsonRpcProvider(url));
  const heights = await Promise.all(providers.map((p) => p.getBlockNumber()));
  const lowest = Math.min(...heights);
  for (let h = 0; h <= lowest; h++) {
    const blocks = await Promise.all(providers.map((p) => p.send('eth_getBlockByNumber', [ethers.toQuantity(h), false])));
    for (const block of blocks) {
      assert.equal(block.hash, blocks[0].hash, `hash at ${h}`);
      assert.equal(block.stateRoot, blocks[0].stateRoot, `state root at ${h}`);
    }
  }
  console.log(`all ${urls.length} nodes agree on ${lowest + 1} blocks`);
}

withCast(urls[0]);
await withEthers(urls[1 % urls.length]);
await withViem(urls[2 % urls.length]);
await sameChain();
process.exit(0);
