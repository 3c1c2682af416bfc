// The vectors of dex.md 21.14 and the units of section 1.
import assert from 'node:assert/strict';
import test from 'node:test';

import { hashTypedData, keccak256, toHex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

import { bookCrc, crc32c, scaled, sealCommitment, typedData } from '../src/index.js';

const chainId = 7777;
const btc = { asset: 0, name: 'BTC', szDecimals: 5, pxDecimals: 1 };
const catalog = { byAsset: new Map([[0, btc]]), byCoin: new Map([['BTC', btc]]), byToken: new Map() };
const account = privateKeyToAccount('0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80');

test('an order in wire form signs to the published signature', async () => {
  const typed = typedData(
    {
      type: 'order',
      orders: [
        {
          a: 0,
          b: true,
          p: '60000',
          s: '1',
          r: false,
          t: { limit: { tif: 'Gtc' } },
          c: '0x000102030405060708090a0b0c0d0e0f',
        },
      ],
      grouping: 'na',
    },
    { catalog, chainId, nonce: 1700000000000 },
  );
  assert.equal(
    hashTypedData(typed),
    '0xdd4f40ce662f48d3869b775a6da8b8702b7c0f952fa9d5db53de361dce0ae8ea',
  );
  assert.equal(
    await account.signTypedData(typed),
    '0x773b75fabd2d295df3dc6dd6eedfb3cf510baf851fc852be6712463806e7337f0fee7de8f0bc7f68e60506e6e675c8' +
      '28010b81c90724320ba6c967f4395275801b',
  );
});

test('a cancel for another account and an agent have the published digests', () => {
  assert.equal(
    hashTypedData(
      typedData(
        { type: 'cancel', cancels: [{ a: 0, o: 77 }] },
        {
          catalog,
          chainId,
          nonce: 1700000000001,
          account: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
          expiresAfter: 1700000005000,
        },
      ),
    ),
    '0xa95d8ef37c8c11474f3e9784bfb46d7c29ff7e6c230ad0dc710eabb0f4ac7d27',
  );
  assert.equal(
    hashTypedData(
      typedData(
        {
          type: 'approveAgent',
          agentAddress: '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC',
          agentName: 'mm-1',
        },
        { catalog, chainId, nonce: 1700000000002 },
      ),
    ),
    '0x0499ca45052d7a82d33952eee4b9001f67ae76dab5e383b36d278b71744a5a33',
  );
});

test('a referral code is registered by the signature that nodes pin', async () => {
  const typed = typedData(
    { type: 'registerReferrer', code: 'OPEN2026' },
    { catalog, chainId, nonce: 1700000000003 },
  );
  assert.equal(
    await account.signTypedData(typed),
    '0xe9670e42908a185bc110112d81167d5e8b7974ba295b020fa428d03bcb02ab1a1f04d171267a99f28279ebd056dc80' +
      'aaf712e9b1fed6a83467e162f8c93e52711b',
  );
});

const ORDER = { a: 0, b: true, p: '60000', s: '1', r: false, t: { limit: { tif: 'Gtc' } } };
const SOMEONE = account.address;
const WORD = `0x${'11'.repeat(32)}`;

// An action of every type of dex.md 14.4 and docs/adr/0035, with the first bytes of its type hash there.
const TYPES = [
  ['99cc87a9', { type: 'order', orders: [ORDER] }],
  ['9a661d7f', { type: 'modify', oid: 1, order: ORDER }],
  ['9a661d7f', { type: 'batchModify', modifies: [{ oid: 1, order: ORDER }] }],
  ['1232984f', { type: 'cancel', cancels: [{ a: 0, o: 1 }] }],
  ['1232984f', { type: 'cancelByCloid', cancels: [{ asset: 0, cloid: `0x${'11'.repeat(16)}` }] }],
  ['8196ccb7', { type: 'cancelAll' }],
  ['70daed97', { type: 'scheduleCancel' }],
  ['738e5fdf', { type: 'twapOrder', twap: { a: 0, b: true, s: '1', r: false, m: 5, t: false } }],
  ['06ac8b53', { type: 'twapCancel', a: 0, t: 1 }],
  ['8b4002d1', { type: 'updateLeverage', asset: 0, isCross: true, leverage: 1 }],
  ['2ca62c8c', { type: 'updateIsolatedMargin', asset: 0, ntli: -1 }],
  ['3e03acf4', { type: 'usdClassTransfer', amount: '1', toPerp: true }],
  ['fa7ad1fc', { type: 'usdSend', destination: SOMEONE, amount: '1' }],
  ['616983d3', { type: 'spotSend', destination: SOMEONE, token: 'USD', amount: '1' }],
  ['9c046e35', { type: 'createSubAccount', name: 'a' }],
  ['418781d3', { type: 'subAccountTransfer', subAccountUser: SOMEONE, isDeposit: true, usd: 1 }],
  ['418781d3', { type: 'subAccountSpotTransfer', subAccountUser: SOMEONE, isDeposit: true, token: 'USD', amount: '1' }],
  ['660e9b69', { type: 'approveAgent', agentAddress: SOMEONE }],
  ['cde984b0', { type: 'approveBuilderFee', builder: SOMEONE, maxFeeRate: '0.01%' }],
  ['84ad9fde', { type: 'setReferrer', code: 'A' }],
  ['b49a28d2', { type: 'createVault', name: 'a', description: 'b', initialUsd: 1 }],
  ['e6e19313', { type: 'vaultTransfer', vaultAddress: SOMEONE, isDeposit: true, usd: 1 }],
  ['7eaf57ff', { type: 'evmUserModify', usingBigBlocks: true }],
  ['c989671b', { type: 'sealOrder', commitment: WORD }],
  ['db3446bf', { type: 'revealOrder', commitment: WORD, order: ORDER, salt: WORD }],
  ['e702b7b7', { type: 'claimRewards' }],
  ['45a7798d', { type: 'noop' }],
  ['9c67f5a6', { type: 'registerReferrer', code: 'A' }],
];

// EIP-712's encodeType: the struct itself, then those it names, by name.
function typeString({ types, primaryType }) {
  const members = (name) => `${name}(${types[name].map((field) => `${field.type} ${field.name}`).join(',')})`;
  return [primaryType, ...Object.keys(types).filter((name) => name !== primaryType).sort()].map(members).join('');
}

test('every type of action is signed as the type of the table', () => {
  const listed = { ...catalog, byToken: new Map([['USD', { index: 0, weiDecimals: 8 }]]) };
  for (const [bytes, action] of TYPES) {
    const typed = typedData(action, { catalog: listed, chainId, nonce: 1 });
    assert.equal(keccak256(toHex(typeString(typed))).slice(2, 10), bytes, action.type);
    assert.equal(hashTypedData(typed).length, 66, action.type); // every field is there and of its type
  }
  assert.equal(new Set(TYPES.map(([bytes]) => bytes)).size, 25);
});

test('a sealed order has the published commitment', () => {
  const order = { ...ORDER, c: '0x000102030405060708090a0b0c0d0e0f' };
  const expected = '0x5ccb936bf4b35cea0dd0d9eaba554992e73b4c182f437e7a3a7e669ec821c8d7';
  assert.equal(sealCommitment(order, WORD, account.address, catalog), expected);
});

test('numbers are scaled exactly or refused', () => {
  assert.equal(scaled('60000.5', 1), 600005n);
  assert.equal(scaled('0', 6), 0n);
  for (const text of ['60000.05', '1.0', '01', '-1', '1e3', '', '.5']) {
    assert.throws(() => scaled(text, 1), text);
  }
});

test('the checksum is that of RFC 3720 and of a book', () => {
  assert.equal(crc32c('123456789'), 0xe3069283);
  assert.equal(bookCrc({ bids: [['59000', '0.3']], asks: [['61000', '0.3']] }), 0xd5f47cbc);
});
