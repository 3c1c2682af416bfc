// Actions in wire form (what POST /exchange takes) as the typed data their owner signs: dex.md 14.4
// and the units of section 1. The wire form is for reading; only the typed form is signed.

import { encodeAbiParameters, hashStruct, keccak256 } from 'viem';

const TAIL = [
  { name: 'account', type: 'address' },
  { name: 'nonce', type: 'uint64' },
  { name: 'expiresAfter', type: 'uint64' },
];

const fields = (text) =>
  text === '' ? [] : text.split(',').map((field) => {
    const [type, name] = field.split(' ');
    return { name, type };
  });

const ORDER = fields(
  'uint32 asset,bool isBuy,uint64 px,uint64 sz,bool reduceOnly,uint8 tif,uint8 trigger,uint64 triggerPx,' +
    'uint8 stp,bytes16 cloid,uint64 goodTil',
);

const STRUCTS = {
  PlaceOrders: ['Order[] orders,uint8 grouping,address builder,uint32 builderFee', { Order: ORDER }],
  ModifyOrders: [
    'Modify[] modifies',
    { Modify: fields('uint64 oid,bytes16 cloid,Order order'), Order: ORDER },
  ],
  CancelOrders: ['Cancel[] cancels', { Cancel: fields('uint32 asset,uint64 oid,bytes16 cloid') }],
  CancelAll: ['uint32 asset,uint8 side'],
  ScheduleCancel: ['uint64 time'],
  TwapOrder: ['uint32 asset,bool isBuy,uint64 sz,bool reduceOnly,uint32 minutes,bool randomize'],
  TwapCancel: ['uint32 asset,uint64 twapId'],
  UpdateLeverage: ['uint32 asset,bool isCross,uint32 leverage'],
  UpdateIsolatedMargin: ['uint32 asset,int64 usd'],
  UsdClassTransfer: ['uint64 usd,bool toPerp'],
  UsdSend: ['address destination,uint64 usd'],
  SpotSend: ['address destination,uint32 token,uint64 amount'],
  CreateSubAccount: ['string name'],
  SubAccountTransfer: ['address subAccount,bool isDeposit,bool isPerp,uint32 token,uint64 amount'],
  ApproveAgent: ['address agent,string name,uint64 validUntil'],
  ApproveBuilderFee: ['address builder,uint32 maxFee'],
  SetReferrer: ['string code'],
  CreateVault: ['string name,string description,uint64 usd'],
  VaultTransfer: ['address vault,bool isDeposit,uint64 usd'],
  EvmUserModify: ['bool usingBigBlocks'],
  SealOrder: ['bytes32 commitment'],
  RevealOrder: ['bytes32 commitment,Order order,bytes32 salt', { Order: ORDER }],
  ClaimRewards: [''],
  Noop: [''],
  RegisterReferralCode: ['string code'],
};

export const ZERO_ADDRESS = `0x${'0'.repeat(40)}`;
const ZERO_CLOID = `0x${'0'.repeat(32)}`;
const ALL_ASSETS = 0xffffffff;
const TIFS = { Alo: 1, Gtc: 2, Ioc: 3, Fok: 4 };
const GROUPINGS = { na: 0, normalTpsl: 1, positionTpsl: 2 };

/** A decimal string as an integer scaled by 10^decimals; refuses what would have to be rounded. */
export function scaled(text, decimals) {
  if (typeof text !== 'string') throw new TypeError(`${text} must be a decimal string, such as "12.5"`);
  if (!/^(0|[1-9][0-9]*)(\.[0-9]*[1-9])?$/.test(text)) throw new Error(`"${text}" is not a plain decimal`);
  const [whole, fraction = ''] = text.split('.');
  if (fraction.length > decimals) throw new Error(`"${text}" has more than ${decimals} decimals`);
  return BigInt(whole + fraction.padEnd(decimals, '0'));
}

function market(catalog, asset) {
  const found = catalog.byAsset.get(asset);
  if (!found) throw new Error(`asset ${asset} is not listed`);
  return found;
}

function orderOf(wire, catalog) {
  const { pxDecimals, szDecimals } = market(catalog, wire.a);
  const limit = wire.t.limit;
  const trigger = wire.t.trigger;
  const kind = trigger ? (trigger.tpsl === 'tp' ? 1 : 3) + (trigger.isMarket ? 1 : 0) : 0;
  return {
    asset: wire.a,
    isBuy: wire.b,
    px: scaled(wire.p, pxDecimals),
    sz: scaled(wire.s, szDecimals),
    reduceOnly: wire.r,
    tif: limit ? TIFS[limit.tif] : trigger.isMarket ? TIFS.Ioc : TIFS.Gtc,
    trigger: kind,
    triggerPx: trigger ? scaled(trigger.triggerPx, pxDecimals) : 0n,
    stp: wire.stp ?? 0,
    cloid: wire.c ?? ZERO_CLOID,
    goodTil: BigInt(wire.goodTil ?? 0),
  };
}

function modifyOf(wire, catalog) {
  const named = typeof wire.oid === 'string';
  return {
    oid: named ? 0n : BigInt(wire.oid),
    cloid: named ? wire.oid : ZERO_CLOID,
    order: orderOf(wire.order, catalog),
  };
}

function token(catalog, name) {
  const found = catalog.byToken.get(String(name).split(':')[0]);
  if (!found) throw new Error(`token ${name} is not listed`);
  return found;
}

// One function per wire type: [struct, message].
const KINDS = {
  order: (a, c) => [
    'PlaceOrders',
    {
      orders: a.orders.map((order) => orderOf(order, c)),
      grouping: GROUPINGS[a.grouping ?? 'na'],
      builder: a.builder?.b ?? ZERO_ADDRESS,
      builderFee: a.builder?.f ?? 0,
    },
  ],
  modify: (a, c) => ['ModifyOrders', { modifies: [modifyOf(a, c)] }],
  batchModify: (a, c) => ['ModifyOrders', { modifies: a.modifies.map((m) => modifyOf(m, c)) }],
  cancel: (a) => [
    'CancelOrders',
    { cancels: a.cancels.map((x) => ({ asset: x.a, oid: BigInt(x.o), cloid: ZERO_CLOID })) },
  ],
  cancelByCloid: (a) => [
    'CancelOrders',
    { cancels: a.cancels.map((x) => ({ asset: x.asset, oid: 0n, cloid: x.cloid })) },
  ],
  cancelAll: (a) => [
    'CancelAll',
    { asset: a.asset ?? ALL_ASSETS, side: { both: 0, B: 1, A: 2 }[a.side ?? 'both'] },
  ],
  scheduleCancel: (a) => ['ScheduleCancel', { time: BigInt(a.time ?? 0) }],
  twapOrder: ({ twap }, c) => [
    'TwapOrder',
    {
      asset: twap.a,
      isBuy: twap.b,
      sz: scaled(twap.s, market(c, twap.a).szDecimals),
      reduceOnly: twap.r,
      minutes: twap.m,
      randomize: twap.t,
    },
  ],
  twapCancel: (a) => ['TwapCancel', { asset: a.a, twapId: BigInt(a.t) }],
  updateLeverage: (a) => [
    'UpdateLeverage',
    { asset: a.asset, isCross: a.isCross, leverage: a.leverage },
  ],
  updateIsolatedMargin: (a) => ['UpdateIsolatedMargin', { asset: a.asset, usd: BigInt(a.ntli) }],
  usdClassTransfer: (a) => ['UsdClassTransfer', { usd: scaled(a.amount, 6), toPerp: a.toPerp }],
  usdSend: (a) => ['UsdSend', { destination: a.destination, usd: scaled(a.amount, 6) }],
  spotSend: (a, c) => {
    const { index, weiDecimals } = token(c, a.token);
    return [
      'SpotSend',
      { destination: a.destination, token: index, amount: scaled(a.amount, weiDecimals) },
    ];
  },
  createSubAccount: (a) => ['CreateSubAccount', { name: a.name }],
  subAccountTransfer: (a) => [
    'SubAccountTransfer',
    {
      subAccount: a.subAccountUser,
      isDeposit: a.isDeposit,
      isPerp: true,
      token: 0,
      amount: BigInt(a.usd),
    },
  ],
  subAccountSpotTransfer: (a, c) => {
    const { index, weiDecimals } = token(c, a.token);
    return [
      'SubAccountTransfer',
      {
        subAccount: a.subAccountUser,
        isDeposit: a.isDeposit,
        isPerp: false,
        token: index,
        amount: scaled(a.amount, weiDecimals),
      },
    ];
  },
  approveAgent: (a) => [
    'ApproveAgent',
    { agent: a.agentAddress, name: a.agentName ?? '', validUntil: BigInt(a.validUntil ?? 0) },
  ],
  approveBuilderFee: (a) => [
    'ApproveBuilderFee',
    { builder: a.builder, maxFee: Number(scaled(a.maxFeeRate.replace('%', ''), 3)) },
  ],
  setReferrer: (a) => ['SetReferrer', { code: a.code }],
  createVault: (a) => [
    'CreateVault',
    { name: a.name, description: a.description, usd: BigInt(a.initialUsd) },
  ],
  vaultTransfer: (a) => [
    'VaultTransfer',
    { vault: a.vaultAddress, isDeposit: a.isDeposit, usd: BigInt(a.usd) },
  ],
  evmUserModify: (a) => ['EvmUserModify', { usingBigBlocks: a.usingBigBlocks }],
  sealOrder: (a) => ['SealOrder', { commitment: a.commitment }],
  revealOrder: (a, c) => [
    'RevealOrder',
    { commitment: a.commitment, order: orderOf(a.order, c), salt: a.salt },
  ],
  claimRewards: () => ['ClaimRewards', {}],
  noop: () => ['Noop', {}],
  registerReferrer: (a) => ['RegisterReferralCode', { code: a.code }],
};

/**
 * What `sealOrder` commits to (dex.md 19.2). `order` is in wire form, `account` the address it is for and `salt`
 * 32 random bytes that stay secret until `revealOrder`.
 */
export function sealCommitment(order, salt, account, catalog) {
  const hash = hashStruct({ data: orderOf(order, catalog), types: { Order: ORDER }, primaryType: 'Order' });
  const words = [{ type: 'bytes32' }, { type: 'bytes32' }, { type: 'address' }];
  return keccak256(encodeAbiParameters(words, [hash, salt, account]));
}

/** The EIP-712 typed data of an action, as viem's signTypedData takes it. */
export function typedData(action, { catalog, chainId, nonce, account, expiresAfter }) {
  const kind = KINDS[action.type];
  if (!kind) throw new Error(`no action is called ${action.type}`);
  const [primaryType, message] = kind(action, catalog);
  const [own, inner = {}] = STRUCTS[primaryType];
  return {
    domain: { name: 'OpenLiquid', version: '1', chainId },
    types: { [primaryType]: [...fields(own), ...TAIL], ...inner },
    primaryType,
    message: {
      ...message,
      account: account ?? ZERO_ADDRESS,
      nonce: BigInt(nonce),
      expiresAfter: BigInt(expiresAfter ?? 0),
    },
  };
}
