/** A tile spans so many levels of the tree, as https://c2sp.org/tlog-tiles has it. */
export const tileHeight = 8
/** A full tile holds so many hashes. */
export const tileWidth = 2 ** tileHeight

/**
 * Where a tile is. Level 0 holds the hashes of the leaves; each hash of a higher level is the root of a full tile of the
 * level below.
 */
export interface TileId {
  readonly level: number
  readonly index: number
}

export interface Tile extends TileId {
  /** Up to 256 hashes of 32 bytes, one after the other. */
  readonly hashes: Uint8Array
}

/** What is to be appended to a tile: its first hash is the tile's hash number `offset`. */
export interface TilePart extends TileId {
  readonly offset: number
  readonly hashes: Buffer
}
