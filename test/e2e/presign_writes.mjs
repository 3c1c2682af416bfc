// Prints the devnet's ninth account, the address of a contract of its, and signed transactions with nonces from
// 0, one a line: the creation of a contract that stores the second word it is given at the first, then COUNT
// calls of it, the n-th of which (from 1) stores 7 n at n. Usage: node presign_writes.mjs COUNT
import { ethers } from 'ethers';

const count = Number(process.argv[2]);
const mnemonic = 'test test test test test test test test test test test junk';
const account = ethers.HDNodeWallet.fromPhrase(mnemonic, undefined, "m/44'/60'/0'/0/8");
const fees = { type: 2, chainId: 7777, gasLimit: 200000, maxPriorityFeePerGas: 1000000000n, maxFeePerGas: 100000000000n };
const contract = ethers.getCreateAddress({ from: account.address, nonce: 0 });
// SSTORE(CALLDATALOAD(0), CALLDATALOAD(32)), after the code that deploys it.
const runtime = '6020355f355500';
const creation = '0x66' + runtime + '5f526007' + '6019f3';
console.log(account.address);
console.log(contract);
console.log(await account.signTransaction({ ...fees, nonce: 0, data: creation }));
for (let n = 1; n <= count; n++) {
  const data = ethers.concat([ethers.toBeHex(n, 32), ethers.toBeHex(7 * n, 32)]);
  console.log(await account.signTransaction({ ...fees, nonce: n, to: contract, data }));
}
