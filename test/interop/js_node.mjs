// js-libp2p nodes as the interoperability tests use them.
import './polyfill.mjs';

import { generateKeyPair } from '@libp2p/crypto/keys';
import { identify, identifyPush } from '@libp2p/identify';
import { noise } from '@libp2p/noise';
import { ping } from '@libp2p/ping';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { createLibp2p } from 'libp2p';

const patience = 60000;
export const echoProtocol = '/echo/1.0.0';

// Noise that lists no muxers, so that both sides negotiate yamux with multistream-select.
function noiseWithoutEarlyMuxer() {
  return (components) => {
    const encrypter = noise()(components);
    for (const method of ['secureInbound', 'secureOutbound']) {
      const secure = encrypter[method].bind(encrypter);
      encrypter[method] = (connection, options) =>
        secure(connection, { ...options, skipStreamMuxerNegotiation: true });
    }
    return encrypter;
  };
}

// Of the tests but the one that looks at js-libp2p's own: a slow machine is no failure.
const patient = {
  connectionManager: {
    reconnectRetries: 0,
    dialTimeout: patience,
    inboundUpgradeTimeout: patience,
    outboundUpgradeTimeout: patience,
    protocolNegotiationTimeout: patience,
    inboundStreamProtocolNegotiationTimeout: patience,
    outboundStreamProtocolNegotiationTimeout: patience,
  },
  connectionMonitor: { enabled: false },
};

/// With `defaults`, all times and the connection monitor are as js-libp2p has them.
export async function startNode({
  keyType = 'Ed25519', earlyMuxer = true, services = {}, defaults = false } = {}) {
  const times = defaults ? {} : { timeout: patience };
  const node = await createLibp2p({
    privateKey: await generateKeyPair(keyType),
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [earlyMuxer ? noise() : noiseWithoutEarlyMuxer()],
    streamMuxers: [yamux()],
    ...(defaults ? {} : patient),
    services: {
      identify: identify(times), identifyPush: identifyPush(times), ping: ping(times), ...services },
  });
  await node.handle(
    echoProtocol,
    async (stream) => {
      for await (const piece of stream) {
        if (!stream.send(piece.slice())) await stream.onDrain();
      }
      await stream.close();
    },
    { maxInboundStreams: 256, maxOutboundStreams: 256 },
  );
  return node;
}

/// Sends `bytes` over a new stream, so many at a time, and returns what came back.
export async function echo(connection, bytes, size = 65536) {
  const stream = await connection.newStream(echoProtocol, { maxOutboundStreams: 256 });
  const pieces = [];
  const reading = (async () => {
    for await (const piece of stream) pieces.push(Buffer.from(piece.slice()));
  })();
  for (let at = 0; at < bytes.length; at += size) {
    if (!stream.send(bytes.subarray(at, at + size))) await stream.onDrain();
  }
  await stream.close();
  await reading;
  return Buffer.concat(pieces);
}

/// What `promise` gives, if it does in time.
export async function within(milliseconds, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not in time: ${what}`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export async function eventually(what, check, milliseconds = 120000) {
  const end = Date.now() + milliseconds;
  while (Date.now() < end) {
    const value = await check();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`not in time: ${what}`);
}
