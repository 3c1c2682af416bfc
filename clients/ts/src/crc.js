const TABLE = Uint32Array.from({ length: 256 }, (_, i) => {
  let rest = i;
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0x82f63b78 : rest >>> 1;
  return rest;
});

/** CRC-32C (Castagnoli) of ASCII text. */
export function crc32c(text) {
  let out = 0xffffffff;
  for (let i = 0; i < text.length; i += 1) out = TABLE[(out ^ text.charCodeAt(i)) & 0xff] ^ (out >>> 8);
  return (out ^ 0xffffffff) >>> 0;
}

/** The checksum of a book: ten bids, then ten asks, best first, "px:sz" joined by "|". */
export function bookCrc({ bids, asks }) {
  return crc32c([...bids.slice(0, 10), ...asks.slice(0, 10)].map((level) => level.join(':')).join('|'));
}
