// `openliquid p2p` as a child process.
import { execFile, spawn } from 'node:child_process';
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
    async stop() {
      child.kill('SIGTERM');
      const code = await exited;
      if (code !== 0) throw new Error(`openliquid p2p listen: exit ${code}: ${errors.join('')}`);
    },
  };
}

/// Runs `openliquid p2p ...` to its end.
export function runOurs(openliquid, ...args) {
  return new Promise((resolve) => {
    execFile(openliquid, ['p2p', ...args], { timeout: 240000 }, (error, stdout, stderr) => {
      resolve({ code: error ? (error.code ?? 'killed') : 0, stdout, stderr });
    });
  });
}
