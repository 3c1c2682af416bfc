// Prints COUNT signed transfers of 1 wei from the devnet's tenth account, nonces from 0, one a line.
// Usage: node presign.mjs COUNT
import { ethers } from 'ethers';

const count = Number(process.argv[2]);
const mnemonic = 'test test test test test test test test test test test junk';
const account = ethers.HDNodeWallet.fromPhrase(mnemonic, undefined, "m/44'/60'/0'/0/9");
const fees = { type: 2, chainId: 7777, gasLimit: 21000, maxPriorityFeePerGas: 1000000000n, maxFeePerGas: 100000000000n };
console.log(account.address);
for (let nonce = 0; nonce < count; nonce++) {
  console.log(await account.signTransaction({ ...fees, nonce, to: '0x' + '22'.repeat(20), value: 1n }));
}
