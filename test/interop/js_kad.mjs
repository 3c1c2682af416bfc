// Kademlia with js-libp2p: js nodes that know only us find each other through us, and our FIND_NODE
// finds our way back to them.
// Usage: node js_kad.mjs OPENLIQUID [devnet]
import assert from 'node:assert/strict';

import { kadDHT, passthroughMapper } from '@libp2p/kad-dht';
import { multiaddr } from '@multiformats/multiaddr';

import { eventually, startNode } from './js_node.mjs';
import { isOfType, openTarget } from './our_node.mjs';

const target = await openTarget(process.argv[2], process.argv[3]);
const protocol = '/openliquid/kad/1.0.0';
const count = 5;

async function findEachOther(ourKey) {
  const ours = await target.start('--ephemeral', ourKey);
  assert.ok(isOfType(ours.peer, ourKey), ours.peer);
  const nodes = [];
  try {
    for (let i = 0; i < count; ++i) {
      const dht = kadDHT({ protocol, clientMode: false, peerInfoMapper: passthroughMapper });
      nodes.push(await startNode({ keyType: i % 2 ? 'secp256k1' : 'Ed25519', services: { dht } }));
    }
    for (const node of nodes) await node.dial(multiaddr(ours.address));
    const ourId = nodes[0].getPeers()[0];
    for (const node of nodes) {
      await eventually('we name the protocol in identify', async () => {
        const peer = await node.peerStore.get(ourId).catch(() => undefined);
        return peer?.protocols.includes(protocol);
      });
    }
    for (const seeker of nodes) {
      for (const sought of nodes) {
        if (seeker === sought) continue;
        const own = sought.getMultiaddrs()[0].toString().split('/p2p/')[0];
        // A peer that has just connected to the seeker may be known without an address for a moment.
        await eventually(`${own} through our table`, async () => {
          const found = await seeker.peerRouting
            .findPeer(sought.peerId, { signal: AbortSignal.timeout(20000) })
            .catch(() => undefined);
          const addresses = found?.multiaddrs.map((a) => a.toString().split('/p2p/')[0]);
          return addresses?.includes(own);
        });
      }
    }
    console.log(`ok ${count} js nodes that knew only us find each other through a ${ourKey} key`);
  } finally {
    for (const node of nodes) await node.stop();
    await ours.stop();
  }
}

// A validator's own key is of one type.
for (const ourKey of target.isNode ? ['ed25519'] : ['ed25519', 'secp256k1']) {
  await findEachOther(ourKey);
}
await target.close();
