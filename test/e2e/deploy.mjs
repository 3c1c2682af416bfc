// Prints the address a contract will have and a signed transaction that makes it: without code, with 1 in slot 0.
// Usage: node deploy.mjs NONCE
import { ethers } from 'ethers';

const nonce = Number(process.argv[2]);
const mnemonic = 'test test test test test test test test test test test junk';
const account = ethers.HDNodeWallet.fromPhrase(mnemonic, undefined, "m/44'/60'/0'/0/8");
const fees = { type: 2, chainId: 7777, gasLimit: 200000, maxPriorityFeePerGas: 1000000000n, maxFeePerGas: 100000000000n };
console.log(account.address);
console.log(ethers.getCreateAddress({ from: account.address, nonce }));
console.log(await account.signTransaction({ ...fees, nonce, data: '0x60015f555f5ff3' }));
