// `openliquid p2p`, or a validator of `openliquid devnet`, as a child process.
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/// Starts `openliquid p2p listen` and waits for its address.
export async function startOurs(openliquid, ...args) {
  const child = spawn(openliquid, ['p2p', 'listen', '--p2p-test-protocols', ...args]);
  const errors = [];
  child.stderr.on('data', (data) => errors.push(data.toString()));
  const exited = new Promise((resolve) => child.on('exit', resolve));
  const address = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('listening: ')) resolve(line.slice('listening: '.length));
    });
    exited.then((code) => reject(new Error(`exit ${code}: ${errors.join('')}`)));
  });
  return {
    address,
    peer: address.split('/p2p/')[1],
    errors: () => errors.join(''),
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async stop() {
      child.kill('SIGTERM');
      const code = await exited;
      if (code !== 0) throw new Error(`openliquid p2p listen: exit ${code}: ${errors.join('')}`);
    },
  };
}

/// Whether a peer id is of a key of our `type`.
export function isOfType(peer, type) {
  return peer.startsWith({ ed25519: '12D3Koo', secp256k1: '16Uiu2' }[type]);
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/// A port such that it and the one 100 higher are free and below those of outgoing connections. C++
/// tests take theirs from 16384 on (lib/p2p/src/local_ports.cpp).
async function freeBasePort() {
  const range = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8');
  const end = Math.min(16384, Number(range.split(/\s+/)[0])) - 101;
  for (let i = 0; i < 200; ++i) {
    const base = 10000 + Math.floor(Math.random() * (end - 10000));
    if ((await isFree(base)) && (await isFree(base + 100))) return base;
  }
  throw new Error('no free ports');
}

async function startDevnet(openliquid) {
  const home = await mkdtemp(join(tmpdir(), 'openliquid-interop-'));
  const port = await freeBasePort();
  const child = spawn(openliquid, ['devnet', '--validators', '1', '--home', home, '--base-port',
    String(port), '--p2p-test-protocols']);
  // A failed assertion leaves nobody behind.
  process.on('exit', () => child.kill('SIGTERM'));
  const lines = [];
  child.stderr.on('data', (data) => lines.push(data.toString()));
  const exited = new Promise((resolve) => child.on('exit', resolve));
  await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      if (line.startsWith('ready')) resolve();
    });
    exited.then((code) => reject(new Error(`devnet: exit ${code}: ${lines.join('\n')}`)));
  });
  const told = await runOurs(openliquid, 'id', '--home', join(home, 'node0'), '--multiaddr');
  const address = told.stdout.trim();
  return {
    address,
    home,
    peer: address.split('/p2p/')[1],
    async stop() {
      child.kill('SIGTERM');
      const code = await exited;
      if (code !== 0) throw new Error(`devnet: exit ${code}: ${lines.join('\n')}`);
      await rm(home, { recursive: true });
    },
  };
}

function asPeer(address) {
  const [, , ip, , port, , id] = address.split('/');
  return `${id}@${ip}:${port}`;
}

let followers = 0;

/// Starts a node that follows the devnet with a key of `keyType`, dials the multiaddrs `peers` too,
/// and has the chain from them.
async function startFollower(openliquid, devnet, keyType, peers) {
  const home = join(devnet.home, `follower${followers++}`);
  const genesis = join(devnet.home, 'node0', 'genesis.json');
  await run(openliquid, 'init', '--home', home, '--genesis', genesis, '--p2p-key-type', keyType);
  const port = await freeBasePort();
  const env = { ...process.env, OPENLIQUID_P2P_HOST: '127.0.0.1', OPENLIQUID_P2P_PORT: String(port),
    OPENLIQUID_RPC_PORT: String(port + 100),
    OPENLIQUID_P2P_PEERS: [devnet.address, ...peers].map(asPeer).join(',') };
  const child = spawn(openliquid, ['start', '--home', home, '--p2p-test-protocols'], { env });
  process.on('exit', () => child.kill('SIGTERM'));
  const lines = [];
  child.stdout.on('data', (data) => lines.push(data.toString()));
  child.stderr.on('data', (data) => lines.push(data.toString()));
  let ended;
  const exited = new Promise((resolve) => child.on('exit', (code) => resolve((ended = code))));
  const height = async () => {
    const body = '{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}';
    const headers = { 'content-type': 'application/json' };
    return fetch(`http://127.0.0.1:${port + 100}`, { method: 'POST', body, headers })
      .then(async (answer) => Number((await answer.json()).result), () => 0);
  };
  const end = Date.now() + 120000;
  while ((await height()) < 2) {
    if (ended !== undefined || Date.now() > end) {
      throw new Error(`the follower does not follow: ${lines.join('')}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const told = await run(openliquid, 'p2p', 'id', '--home', home);
  const peer = told.stdout.trim();
  return {
    address: `/ip4/127.0.0.1/tcp/${port}/p2p/${peer}`,
    peer,
    errors: () => '',
    async stop() {
      child.kill('SIGTERM');
      const code = await exited;
      if (code !== 0) throw new Error(`follower: exit ${code}: ${lines.join('')}`);
    },
  };
}

/// Where the tests' node comes from: a fresh `openliquid p2p listen` for each, or one validator of a
/// devnet for all of them if `kind` is "devnet". That one has its own key, signs or not as it is
/// asked, and dials nobody it is not configured to; `follower` starts one beside it that has a key of
/// the type and dials the multiaddrs.
export async function openTarget(openliquid, kind) {
  if (kind !== 'devnet') {
    return { isNode: false, start: (...args) => startOurs(openliquid, ...args), close() {} };
  }
  const node = await startDevnet(openliquid);
  const handle = { address: node.address, peer: node.peer, errors: () => '', async stop() {} };
  const follower = (keyType, peers = []) => startFollower(openliquid, node, keyType, peers);
  return { isNode: true, start: async () => handle, follower, close: () => node.stop() };
}

function run(openliquid, ...args) {
  return new Promise((resolve) => {
    execFile(openliquid, args, { timeout: 240000 }, (error, stdout, stderr) => {
      resolve({ code: error ? (error.code ?? 'killed') : 0, stdout, stderr });
    });
  });
}

/// Runs `openliquid p2p ...` to its end.
export function runOurs(openliquid, ...args) {
  return run(openliquid, 'p2p', ...args);
}
