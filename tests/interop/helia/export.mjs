// A stranger with Helia: knows an entry point's address and a CID, asks the LAN's DHT who has it, fetches everything
// below it by bitswap, and writes it as a CAR file. Prints what it saw as one line of JSON.
//
//     node --import ./shims.mjs export.mjs '{"entry": "/ip4/…/p2p/…", "cid": "bafy…", "out": "job.car"}'
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { SubgraphExporter, car, depthFirstWalker } from '@helia/car'
import { withBitswap } from '@helia/bitswap'
import { withLibp2pLight } from '@helia/libp2p'
import * as dagCbor from '@ipld/dag-cbor'
import { identify } from '@libp2p/identify'
import { kadDHT, removePublicAddressesMapper } from '@libp2p/kad-dht'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { MemoryBlockstore } from 'blockstore-core'
import { MemoryDatastore } from 'datastore-core'
import { createHeliaLight } from 'helia'
import { base58btc } from 'multiformats/bases/base58'
import { CID } from 'multiformats/cid'

const PATIENCE_MS = 60_000
const given = JSON.parse(process.argv[2])
const cid = CID.parse(given.cid)
const signal = AbortSignal.timeout(PATIENCE_MS)

const [blockstore, datastore] = [new MemoryBlockstore(), new MemoryDatastore()]
const dht = kadDHT({
  protocol: '/ipfs/lan/kad/1.0.0',
  peerInfoMapper: removePublicAddressesMapper,
  clientMode: true
})
const network = {
  datastore,
  addresses: { listen: [] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  services: { identify: identify(), ping: ping(), dht }
}
const bare = createHeliaLight({ blockstore, datastore, codecs: [dagCbor] })
const helia = await withBitswap(withLibp2pLight(bare, network)).start()

// identify tells that the entry point serves the DHT; before that there is nobody to ask
const known = new Promise(resolve => helia.libp2p.addEventListener('peer:identify', resolve, { once: true }))
await helia.libp2p.dial(multiaddr(given.entry), { signal })
await known

// a peer's id as people write it
const name = id => base58btc.baseEncode((id.multihash ?? id.toMultihash()).bytes)
const began = performance.now()
const providers = new Set()
while (providers.size === 0) {
  signal.throwIfAborted()
  for await (const peer of helia.routing.findProviders(cid, { signal })) providers.add(name(peer.id))
}

// in the order of go-car: depth first, each block once
const seen = new Set()
const blockFilter = { has: hash => seen.has(String(hash)), add: hash => seen.add(String(hash)) }
const exporter = new SubgraphExporter({ walker: depthFirstWalker() })
const blocks = car(helia).export(cid, { signal, exporter, blockFilter })
await pipeline(Readable.from(blocks), createWriteStream(given.out))

console.log(JSON.stringify({ providers: [...providers], blocks: seen.size, ms: Math.round(performance.now() - began) }))
await helia.stop()
process.exit(0)
