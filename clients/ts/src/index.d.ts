import type { LocalAccount, TypedDataDefinition } from 'viem';

export type Hex = `0x${string}`;
export type Tif = 'Alo' | 'Gtc' | 'Ioc' | 'Fok';

/** An order in wire form; prices and sizes are decimal strings. */
export interface WireOrder {
  a: number;
  b: boolean;
  p: string;
  s: string;
  r: boolean;
  t: { limit: { tif: Tif } } | { trigger: { isMarket: boolean; triggerPx: string; tpsl: 'tp' | 'sl' } };
  c?: Hex;
  stp?: 0 | 1 | 2 | 3;
  goodTil?: number;
}

export type Action =
  | { type: 'order'; orders: WireOrder[]; grouping?: 'na' | 'normalTpsl' | 'positionTpsl'; builder?: { b: Hex; f: number } }
  | { type: 'modify'; oid: number | Hex; order: WireOrder }
  | { type: 'batchModify'; modifies: { oid: number | Hex; order: WireOrder }[] }
  | { type: 'cancel'; cancels: { a: number; o: number }[] }
  | { type: 'cancelByCloid'; cancels: { asset: number; cloid: Hex }[] }
  | { type: 'cancelAll'; asset?: number; side?: 'B' | 'A' | 'both' }
  | { type: 'scheduleCancel'; time?: number }
  | { type: 'twapOrder'; twap: { a: number; b: boolean; s: string; r: boolean; m: number; t: boolean } }
  | { type: 'twapCancel'; a: number; t: number }
  | { type: 'updateLeverage'; asset: number; isCross: boolean; leverage: number }
  | { type: 'updateIsolatedMargin'; asset: number; isBuy?: boolean; ntli: number }
  | { type: 'usdClassTransfer'; amount: string; toPerp: boolean }
  | { type: 'usdSend'; destination: Hex; amount: string }
  | { type: 'spotSend'; destination: Hex; token: string; amount: string }
  | { type: 'createSubAccount'; name: string }
  | { type: 'subAccountTransfer'; subAccountUser: Hex; isDeposit: boolean; usd: number }
  | { type: 'subAccountSpotTransfer'; subAccountUser: Hex; isDeposit: boolean; token: string; amount: string }
  | { type: 'approveAgent'; agentAddress: Hex; agentName?: string; validUntil?: number }
  | { type: 'approveBuilderFee'; builder: Hex; maxFeeRate: string }
  | { type: 'setReferrer'; code: string }
  | { type: 'createVault'; name: string; description: string; initialUsd: number }
  | { type: 'vaultTransfer'; vaultAddress: Hex; isDeposit: boolean; usd: number }
  | { type: 'evmUserModify'; usingBigBlocks: boolean }
  | { type: 'sealOrder'; commitment: Hex }
  | { type: 'revealOrder'; commitment: Hex; order: WireOrder; salt: Hex }
  | { type: 'claimRewards' }
  | { type: 'noop' }
  | { type: 'registerReferrer'; code: string };

export interface Market {
  asset: number;
  name: string;
  szDecimals: number;
  pxDecimals: number;
  tickPx: string;
  lotSz: string;
}
export interface Catalog {
  byAsset: Map<number, Market>;
  byCoin: Map<string, Market>;
  byToken: Map<string, { name: string; index: number; szDecimals: number; weiDecimals: number }>;
}

export interface OrderRequest {
  coin: string;
  isBuy: boolean;
  px: string;
  sz: string;
  tif?: Tif;
  /** Waits for a price; `px` is then the limit, or the worst price of a market order. */
  trigger?: { isMarket: boolean; triggerPx: string; tpsl: 'tp' | 'sl' };
  reduceOnly?: boolean;
  cloid?: Hex;
}
export type OrderStatus =
  | { resting: { oid: number; cloid?: Hex; totalSz?: string; avgPx?: string } }
  | { filled: { oid: number; cloid?: Hex; totalSz: string; avgPx: string } }
  | { waitingForTrigger: { oid: number; cloid?: Hex } }
  | { error: { code: number; name: string; msg: string } };

export interface Fill {
  coin: string;
  px: string;
  sz: string;
  side: 'A' | 'B';
  time: number;
  height: number;
  startPosition: string;
  dir: string;
  closedPnl: string;
  hash: Hex;
  oid: number;
  crossed: boolean;
  fee: string;
  feeToken: string;
  tid: number;
}
export interface BookView {
  coin: string;
  seq: number;
  bids: [string, string][];
  asks: [string, string][];
}

export class ExchangeError extends Error {
  code: number;
}

export class ExchangeClient {
  constructor(options: { url: string; account?: LocalAccount; chainId: number; onBehalfOf?: Hex | null });
  info<T = unknown>(query: { type: string; [key: string]: unknown }): Promise<T>;
  catalog(): Promise<Catalog>;
  sign(action: Action, options?: { nonce?: number; expiresAfter?: number | null }): Promise<unknown>;
  exchange(
    action: Action,
    options?: { nonce?: number; expiresAfter?: number | null; wait?: 'committed' | 'accepted' },
  ): Promise<{ status: 'ok'; response: { type: string; data?: unknown }; hash: Hex; height?: number }>;
  order(...orders: OrderRequest[]): Promise<OrderStatus[]>;
  cancel(coin: string, oid: number): Promise<'success' | { error: { code: number; msg: string } }>;
  cancelAll(): Promise<unknown>;
  /** Commits to an order without showing it; `reveal` it in one of the next five blocks. */
  seal(order: WireOrder): Promise<{ commitment: Hex; order: WireOrder; salt: Hex }>;
  reveal(sealed: { commitment: Hex; order: WireOrder; salt: Hex }): Promise<OrderStatus>;
  dev(request: Record<string, unknown>): Promise<unknown>;
}

export class Feed {
  /** `onError` is told what the node refuses of subscriptions; without it that is printed. */
  constructor(options: { url: string; retryMs?: number; onError?: (error: Error) => void });
  open(): Promise<void>;
  close(): void;
  subscribe(subscription: Record<string, unknown>, onData: (data: any) => void): () => void;
  fills(user: Hex, onFill: (fill: Fill) => void): () => void;
  book(coin: string, onBook: (book: BookView) => void): () => void;
  post(type: 'info' | 'action', payload: unknown): Promise<any>;
}

export const ZERO_ADDRESS: Hex;
export function scaled(text: string, decimals: number): bigint;
/** What `sealOrder` commits to; `account` is the address that the order is for. */
export function sealCommitment(order: WireOrder, salt: Hex, account: Hex, catalog: Catalog): Hex;
export function typedData(
  action: Action,
  options: { catalog: Catalog; chainId: number; nonce: number; account?: Hex | null; expiresAfter?: number | null },
): TypedDataDefinition;
export function loadCatalog(client: ExchangeClient): Promise<Catalog>;
export function crc32c(text: string): number;
export function bookCrc(book: { bids: [string, string][]; asks: [string, string][] }): number;
