// Helia imports a native WebRTC module, which is not built here: this client speaks TCP.
import { register } from 'node:module'

const hooks = `
  const absent = 'class Absent { constructor () { throw new Error("WebRTC is not built here") } }'
  const names = ['PeerConnection', 'IceUdpMuxListener', 'RTCPeerConnection', 'RTCSessionDescription',
    'RTCIceCandidate', 'DataChannel', 'RTCDataChannel']
  const source = absent + '; export default {}; ' + names.map(n => 'export const ' + n + ' = Absent').join('; ')
  export async function resolve (specifier, context, next) {
    if (!specifier.startsWith('node-datachannel')) return next(specifier, context)
    return { url: 'data:text/javascript,' + encodeURIComponent(source), shortCircuit: true }
  }`

register('data:text/javascript,' + encodeURIComponent(hooks))
