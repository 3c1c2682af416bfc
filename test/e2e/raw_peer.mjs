// A libp2p dialler that keeps to the rules up to the end of its handshake and then says what an attacker wants:
// docs/protocol/libp2p.md, "A connection" and "Yamux". What streams carry towards it is thrown away.
import crypto from 'node:crypto';
import net from 'node:net';

const WINDOW = 262144; // of a new stream
const NOISE_PLAINTEXT_MAX = 65519;
const DATA = 0, WINDOW_UPDATE = 1, PING = 2;
const SYN = 1, ACK = 2, FIN = 4, RST = 8;
export const yamux = { DATA, WINDOW_UPDATE, PING, SYN, ACK, FIN, RST };

export function uvarint(value) {
  const out = [];
  for (; value > 127; value = Math.floor(value / 128)) out.push((value % 128) | 128);
  return Buffer.from([...out, value]);
}
export const delimited = (bytes) => Buffer.concat([uvarint(bytes.length), bytes]);
export const multistream = (...names) => Buffer.concat(names.map((name) => delimited(Buffer.from(name + '\n'))));
export const bytesField = (number, bytes) => Buffer.concat([uvarint(number * 8 + 2), delimited(Buffer.from(bytes))]);
export const numberField = (number, value) => Buffer.concat([uvarint(number * 8), uvarint(value)]);

/// `length` is what the header says, whatever the body has.
export function frame(type, flags, id, length, body = Buffer.alloc(0)) {
  const header = Buffer.alloc(12);
  header[1] = type;
  header.writeUInt16BE(flags, 2);
  header.writeUInt32BE(id, 4);
  header.writeUInt32BE(length, 8);
  return Buffer.concat([header, body]);
}

export function newIdentity() {
  const { privateKey, publicKey } = crypto.generateKeyPairSync('ed25519');
  return { privateKey, message: Buffer.concat([Buffer.from('08011220', 'hex'), rawKey(publicKey)]) };
}

const rawKey = (key) => key.export({ type: 'spki', format: 'der' }).subarray(-32);
const x25519 = (bytes) =>
  crypto.createPublicKey({ key: Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), bytes]), format: 'der', type: 'spki' });
const agree = (privateKey, theirs) => crypto.diffieHellman({ privateKey, publicKey: x25519(theirs) });
const sized = (bytes) => Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);

/// ChaCha20-Poly1305 with the counter nonces of Noise.
class Cipher {
  constructor(key) {
    [this.key, this.count] = [key, 0n];
  }
  nonce() {
    const out = Buffer.alloc(12);
    out.writeBigUInt64LE(this.count++, 4);
    return out;
  }
  seal(plaintext, data = Buffer.alloc(0)) {
    const cipher = crypto.createCipheriv('chacha20-poly1305', this.key, this.nonce(), { authTagLength: 16 });
    cipher.setAAD(data);
    return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  }
  open(sealed, data = Buffer.alloc(0)) {
    const cipher = crypto.createDecipheriv('chacha20-poly1305', this.key, this.nonce(), { authTagLength: 16 });
    cipher.setAAD(data);
    cipher.setAuthTag(sealed.subarray(-16));
    return Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()]);
  }
}

/// The initiator's side of Noise XX (Noise Protocol Framework, section 5.2).
class Symmetric {
  constructor() {
    this.hash = this.chain = Buffer.from('Noise_XX_25519_ChaChaPoly_SHA256');
    this.mix(Buffer.alloc(0)); // The prologue.
  }
  mix(data) {
    this.hash = crypto.createHash('sha256').update(this.hash).update(data).digest();
    return data;
  }
  derive(secret) {
    const hmac = (key, ...parts) => parts.reduce((h, part) => h.update(part), crypto.createHmac('sha256', key)).digest();
    const master = hmac(this.chain, secret);
    const first = hmac(master, Buffer.from([1]));
    return [first, hmac(master, first, Buffer.from([2]))];
  }
  mixKey(secret) {
    const [chain, key] = this.derive(secret);
    [this.chain, this.cipher] = [chain, new Cipher(key)];
  }
  seal(plaintext) {
    return this.mix(this.cipher.seal(plaintext, this.hash));
  }
  open(sealed) {
    const plaintext = this.cipher.open(sealed, this.hash);
    this.mix(sealed);
    return plaintext;
  }
  split() {
    return this.derive(Buffer.alloc(0)).map((key) => new Cipher(key));
  }
}

export class Closed extends Error {}

export class RawPeer {
  constructor(port, source, identity = newIdentity()) {
    Object.assign(this, { identity, input: Buffer.alloc(0), plaintext: Buffer.alloc(0), streams: new Map() });
    Object.assign(this, { nextId: 1, isClosed: false, waiting: new Set(), said: [] });
    this.socket = net.connect({ host: '127.0.0.1', port, localAddress: source });
    this.socket.setNoDelay(true);
    this.socket.on('error', () => {});
    this.socket.on('drain', () => this.wake());
    this.socket.on('data', (bytes) => this.receive(bytes));
    this.socket.on('close', () => {
      this.isClosed = true;
      this.wake();
    });
  }

  close() {
    this.socket.destroy();
  }

  wake() {
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }

  /// Waits until `condition` holds. Throws Closed if the connection ends before.
  async until(condition) {
    while (!condition()) {
      if (this.isClosed) throw new Closed();
      await new Promise((resolve) => this.waiting.add(resolve));
    }
  }

  /// Waits until the kernel has taken what was said.
  async drained() {
    await new Promise(setImmediate); // Lets others speak.
    if (this.isClosed) throw new Closed();
    await this.until(() => !this.socket.writableNeedDrain);
  }

  /// Waits for so long, or throws Closed as soon as the connection ends.
  async sleep(milliseconds) {
    let over = false;
    const timer = setTimeout(() => {
      over = true;
      this.wake();
    }, milliseconds);
    await this.until(() => over).finally(() => clearTimeout(timer));
  }

  async read(count) {
    await this.until(() => this.input.length >= count);
    const out = this.input.subarray(0, count);
    this.input = this.input.subarray(count);
    return out;
  }

  /// Bytes of the handshake; they are kept, to be said again on another connection.
  sayOpenly(bytes) {
    this.said.push(bytes);
    this.socket.write(bytes);
  }

  async secure() {
    const noise = new Symmetric();
    const [own, ephemeral] = [crypto.generateKeyPairSync('x25519'), crypto.generateKeyPairSync('x25519')];
    const first = noise.mix(rawKey(ephemeral.publicKey));
    noise.mix(Buffer.alloc(0));
    this.sayOpenly(Buffer.concat([multistream('/multistream/1.0.0', '/noise'), sized(first)]));
    for (let name = 0; name < 2; name++) await this.read((await this.read(1))[0]);
    const answer = await this.read((await this.read(2)).readUInt16BE());
    const theirs = noise.mix(answer.subarray(0, 32));
    noise.mixKey(agree(ephemeral.privateKey, theirs));
    noise.mixKey(agree(ephemeral.privateKey, noise.open(answer.subarray(32, 80))));
    noise.open(answer.subarray(80));
    const key = rawKey(own.publicKey);
    const sealedKey = noise.seal(key);
    noise.mixKey(agree(own.privateKey, theirs));
    const signature = crypto.sign(null, Buffer.concat([Buffer.from('noise-libp2p-static-key:'), key]), this.identity.privateKey);
    const extensions = bytesField(2, '/yamux/1.0.0');
    const payload = Buffer.concat([bytesField(1, this.identity.message), bytesField(2, signature), bytesField(4, extensions)]);
    this.sayOpenly(sized(Buffer.concat([sealedKey, noise.seal(payload)])));
    [this.sealer, this.opener] = noise.split();
    this.receive(Buffer.alloc(0));
    return this;
  }

  /// Says Yamux frames, in as few Noise messages as they fit.
  say(...frames) {
    const bytes = Buffer.concat(frames);
    for (let at = 0; at < bytes.length; at += NOISE_PLAINTEXT_MAX) {
      this.lastMessage = sized(this.sealer.seal(bytes.subarray(at, at + NOISE_PLAINTEXT_MAX)));
      this.socket.write(this.lastMessage);
    }
  }

  receive(bytes) {
    this.input = this.input.length > 0 ? Buffer.concat([this.input, bytes]) : bytes;
    const pieces = [this.plaintext];
    while (this.opener && this.input.length >= 2 && this.input.length >= 2 + this.input.readUInt16BE()) {
      const end = 2 + this.input.readUInt16BE();
      pieces.push(this.opener.open(this.input.subarray(2, end)));
      this.input = this.input.subarray(end);
    }
    this.plaintext = Buffer.concat(pieces);
    this.readFrames();
    this.wake();
  }

  readFrames() {
    let at = 0;
    while (this.plaintext.length - at >= 12) {
      const header = this.plaintext.subarray(at, at + 12);
      const [type, flags, id, length] = [header[1], header.readUInt16BE(2), header.readUInt32BE(4), header.readUInt32BE(8)];
      const size = 12 + (type === DATA ? length : 0);
      if (this.plaintext.length - at < size) break;
      at += size;
      this.onFrame(type, flags, id, length);
    }
    this.plaintext = this.plaintext.subarray(at);
  }

  onFrame(type, flags, id, length) {
    if (type === PING && flags & SYN) this.say(frame(PING, ACK, 0, length));
    const stream = this.streams.get(id);
    if (!stream) return;
    if (type === WINDOW_UPDATE) stream.credit += length;
    if (flags & RST) {
      stream.isReset = true;
      this.streams.delete(id);
    } else if (type === DATA && (stream.unread += length) >= WINDOW / 2) {
      this.say(frame(WINDOW_UPDATE, 0, id, stream.unread));
      stream.unread = 0;
    }
  }

  takeId() {
    const id = this.nextId;
    this.nextId += 2;
    return id;
  }

  /// Opens a stream for a protocol the node has, without waiting for its word.
  openStream(protocol) {
    const stream = { id: this.takeId(), credit: WINDOW, unread: 0, isReset: false };
    this.streams.set(stream.id, stream);
    this.put(stream, multistream('/multistream/1.0.0', protocol), SYN);
    return stream;
  }

  put(stream, bytes, flags = 0) {
    stream.credit -= bytes.length;
    this.say(frame(DATA, flags, stream.id, bytes.length, bytes));
  }

  /// Writes within the stream's window. Returns false if the stream is gone.
  async write(stream, bytes) {
    await this.drained();
    await this.until(() => stream.isReset || stream.credit >= bytes.length);
    if (!stream.isReset) this.put(stream, bytes);
    return !stream.isReset;
  }
}
