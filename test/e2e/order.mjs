// Prints the bytes of a signed order for ol_exchangeSubmit (docs/protocol/exchange-block.md).
// Usage: node order.mjs KEY NONCE ASSET buy|sell PX SZ TIF, with TIF 1 ALO, 2 GTC, 3 IOC or 4 FOK.
import { concatHex, numberToHex, zeroAddress } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

const [key, nonce, asset, side, px, sz, tif] = process.argv.slice(2);
const order = {
  asset: Number(asset), isBuy: side === 'buy', px: BigInt(px), sz: BigInt(sz), reduceOnly: false, tif: Number(tif),
  trigger: 0, triggerPx: 0n, stp: 0, cloid: '0x' + '00'.repeat(16), goodTil: 0n,
};
const types = {
  PlaceOrders: [
    ['orders', 'Order[]'], ['grouping', 'uint8'], ['builder', 'address'], ['builderFee', 'uint32'],
    ['account', 'address'], ['nonce', 'uint64'], ['expiresAfter', 'uint64'],
  ],
  Order: [
    ['asset', 'uint32'], ['isBuy', 'bool'], ['px', 'uint64'], ['sz', 'uint64'], ['reduceOnly', 'bool'], ['tif', 'uint8'],
    ['trigger', 'uint8'], ['triggerPx', 'uint64'], ['stp', 'uint8'], ['cloid', 'bytes16'], ['goodTil', 'uint64'],
  ],
};
const signature = await privateKeyToAccount(key).signTypedData({
  domain: { name: 'OpenLiquid', version: '1', chainId: 7777 },
  types: Object.fromEntries(
    Object.entries(types).map(([name, fields]) => [name, fields.map(([field, type]) => ({ name: field, type }))])),
  primaryType: 'PlaceOrders',
  message: {
    orders: [order], grouping: 0, builder: zeroAddress, builderFee: 0, account: zeroAddress, nonce: BigInt(nonce),
    expiresAfter: 0n,
  },
});
const int = (size) => (value) => numberToHex(value, { size });
const [u8, u32, u64] = [int(1), int(4), int(8)];
console.log(concatHex([
  u8(0), u32(1), u32(order.asset), u8(order.isBuy ? 0 : 1), u64(order.px), u64(order.sz), u8(0), u8(order.tif), u8(0),
  u64(0n), u8(0), order.cloid, u64(0n), u8(0), zeroAddress, u32(0), zeroAddress, u64(BigInt(nonce)), u64(0n), signature,
]));
